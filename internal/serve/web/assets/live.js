// A live page: contents change in place as the engine sends them. The page is
// complete without this; with it, it stays true.

const places = new Map();
for (const place of document.querySelectorAll("[data-live]")) {
	const key = place.dataset.live;
	places.set(key, [...(places.get(key) ?? []), place]);
}

const structure = document.querySelector("[data-structure]")?.dataset.structure;
const reload = document.getElementById("reload");
const state = document.getElementById("live");
const still = matchMedia("(prefers-reduced-motion: reduce)");

function say(name, words) {
	if (!state || state.dataset.state === name) return;
	state.dataset.state = name;
	state.querySelector("[data-words]").textContent = words;
}

// Ages and the time of day change all the while: to light them up would nag.
const quiet = /^as-of$|\/pulse$|\/at$|\/spark$|\/area$|\/bar$|^rows$/;

function put(place, key, html) {
	if (place.innerHTML === html) return;
	place.innerHTML = html;
	if (quiet.test(key) || still.matches) return;
	const flash = getComputedStyle(place).getPropertyValue("--flash");
	place.animate([{ backgroundColor: flash }, { backgroundColor: "transparent" }], { duration: 150, easing: "ease-out" });
}

// A place that somebody stands in is left alone until they leave.
function take({ leaves, structure: now }) {
	for (const [key, html] of Object.entries(leaves)) {
		for (const place of places.get(key) ?? []) {
			if (!place.contains(document.activeElement)) put(place, key, html);
		}
	}
	if (reload && now !== structure) reload.hidden = false;
}

let source;

function listen() {
	source = new EventSource(document.querySelector("[data-stream]")?.dataset.stream ?? "/line/events");
	source.addEventListener("open", () => say("live", "Live"));
	source.addEventListener("error", () => say("lost", "Not live"));
	source.addEventListener("change", (event) => take(JSON.parse(event.data)));
}

// Nobody looks at a hidden page, so it listens to nothing.
document.addEventListener("visibilitychange", () => {
	source?.close();
	if (!document.hidden) listen();
});

if (!document.hidden) listen();
