// Writes what Primer's own build makes of its tokens, from the style sheets that
// its package holds: the truth for internal/craft/token. Needs Node and
//
//	npm install --no-save @primer/primitives@11.10.0
//
// and is run with the package's folder. The file it writes is somebody else's
// data and stays out of the repository; the test reads it where
// THROUGHLINE_PRIMER says:
//
//	node tools/oracle/primer.mjs node_modules/@primer/primitives > primer.json
//	THROUGHLINE_PRIMER=$PWD/primer.json go test ./internal/craft/token
import fs from "node:fs";
import path from "node:path";

const root = path.join(process.argv[2], "dist");
const read = (file) => {
	const found = {};
	// A token is a custom property; a theme's second copy of them is the same.
	for (const [, name, value] of fs.readFileSync(file, "utf8").matchAll(/^\s*--([\w-]+):\s*([^;]+);/gm)) {
		found[name] ??= value.trim();
	}
	return found;
};
const merged = (...files) => Object.assign({}, ...files.filter((f) => fs.existsSync(f)).map(read));
const common = fs
	.readdirSync(path.join(root, "css"), { recursive: true })
	.filter((f) => f.endsWith(".css") && !/themes|primitives\.css|size-(coarse|fine)|viewport/.test(f))
	.map((f) => path.join(root, "css", f));
const themes = {};
for (const file of fs.readdirSync(path.join(root, "internalCss")).filter((f) => f.endsWith(".css"))) {
	const all = merged(...common, path.join(root, "internalCss", file), path.join(root, "css", "functional", "themes", file));
	const value = (text, depth = 0) =>
		depth > 20 ? text : text.replace(/var\(--([\w-]+)\)/g, (whole, name) => (name in all ? value(all[name], depth + 1) : whole));
	themes[file.replace(".css", "")] = Object.fromEntries(Object.entries(all).map(([name, text]) => [name, value(text)]));
}
console.log(JSON.stringify(themes));
