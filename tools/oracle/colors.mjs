// Writes what colorjs.io makes of colours in every space of the DTCG color
// module, and what the published formula of Outlook's web editor makes of some
// with the library it is written for: the truth for internal/craft/contrast.
// Needs Node and
//
//	npm install --no-save colorjs.io@0.7.1 color@3.2.1
//
// and is run from anywhere:
//
//	node tools/oracle/colors.mjs > internal/craft/contrast/testdata/colors.json
import Color from "colorjs.io";
import Darkened from "color";

// A small generator with a seed (mulberry32), so that two runs write the same.
let seed = 20251028;
const random = () => {
	seed = (seed + 0x6d2b79f5) | 0;
	let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const between = (low, high) => Number((low + random() * (high - low)).toFixed(4));

const unit = [[0, 1], [0, 1], [0, 1]];
const spaces = {
	"srgb": unit,
	"srgb-linear": unit,
	"hsl": [[0, 360], [0, 100], [0, 100]],
	"hwb": [[0, 360], [0, 100], [0, 100]],
	"lab": [[0, 100], [-110, 110], [-110, 110]],
	"lch": [[0, 100], [0, 140], [0, 360]],
	"oklab": [[0, 1], [-0.35, 0.35], [-0.35, 0.35]],
	"oklch": [[0, 1], [0, 0.37], [0, 360]],
	"display-p3": unit,
	"a98-rgb": unit,
	"prophoto-rgb": unit,
	"rec2020": unit,
	"xyz-d65": [[0, 0.95], [0, 1], [0, 1.08]],
	"xyz-d50": [[0, 0.96], [0, 1], [0, 0.82]],
};
const ids = { "display-p3": "p3", "a98-rgb": "a98rgb", "prophoto-rgb": "prophoto" };

const cases = [];
const add = (space, components) => {
	const color = new Color(ids[space] ?? space, components).to("srgb");
	const inside = color.inGamut("srgb", { epsilon: 0.0001 });
	const rgb = color.toGamut({ space: "srgb", method: "css" }).coords.map((c) => Number(Math.min(1, Math.max(0, c)).toFixed(5)));
	cases.push({ space, components, inside, rgb });
};
for (const [space, ranges] of Object.entries(spaces)) {
	for (const at of [0, 0.5, 1]) {
		add(space, ranges.map(([low, high]) => low + at * (high - low)));
	}
	for (let i = 0; i < 60; i++) {
		add(space, ranges.map(([low, high]) => between(low, high)));
	}
}
const pairs = [];
for (let i = 0; i < 40; i++) {
	const [a, b] = [0, 1].map(() => "#" + Math.floor(random() * 0x1000000).toString(16).padStart(6, "0"));
	pairs.push({ a, b, ratio: Number(new Color(a).contrast(new Color(b), "WCAG21").toFixed(4)) });
}
const dark = [];
for (let i = 0; i < 40; i++) {
	const from = "#" + Math.floor(random() * 0x1000000).toString(16).padStart(6, "0");
	const [l, a, b] = Darkened(from).lab().array();
	dark.push({ from, to: Darkened.lab(100 - (l * (100 - 21.247)) / 100, a, b).rgb().round().array() });
}
const lines = (list) => list.map((c) => "\t\t" + JSON.stringify(c)).join(",\n");
console.log(`{\n\t"by": "colorjs.io 0.7.1",\n\t"colors": [\n${lines(cases)}\n\t],\n\t"pairs": [\n${lines(pairs)}\n\t],\n\t"dark": [\n${lines(dark)}\n\t]\n}`);
