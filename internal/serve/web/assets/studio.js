// A template as people see it. A setting changes the rendering and the address,
// and never moves the page; what an edit does is asked for again after each save.

const form = document.querySelector("[data-see]");
const panes = document.querySelector("[data-panes]");
const standard = { audience: "", data: "real", mode: "light", width: "375", with: "" };

/** The settings as an address carries them. */
function settings() {
	const all = new URLSearchParams();
	for (const [name, value] of new FormData(form)) {
		if (standard[name] !== value) all.set(name, value);
	}
	return all;
}

/** The address of a rendering with the settings and one that differs. */
function look(other) {
	const all = new FormData(form);
	const query = new URLSearchParams();
	for (const name of ["channel", "audience", "locale", "data", "mode"]) query.set(name, all.get(name) ?? "");
	if (other) query.set(...pair(other));
	return `${form.dataset.see}?${query}`;
}

const pair = (text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];

const chosen = (name) => form.elements[name]?.selectedOptions?.[0]?.textContent ?? "";

const upper = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

function title() {
	const all = [chosen("channel"), chosen("locale")];
	if (form.elements.audience?.value) all.push(chosen("audience"));
	if (form.elements.data.value !== "real") all.push("nasty data");
	return all.join(", ");
}

function show() {
	const beside = form.elements.with.value;
	const first = panes.firstElementChild;
	let second = first.nextElementSibling;
	if (!beside) second?.remove();
	else if (!second) {
		second = first.cloneNode(true);
		panes.append(second);
		sizes.observe(second.querySelector(".pane"));
	}
	fill(first, title(), look());
	if (beside) fill(second, upper(chosen("with")), look(beside));
	const address = `${location.pathname}?${settings()}`;
	history.replaceState(history.state, "", address);
	for (const field of document.querySelectorAll("[data-next]")) field.value = address;
	document.querySelector("[data-see-link]").href = `${address}#see`;
	for (const pane of panes.querySelectorAll(".pane")) scale(pane);
	clearTimeout(timer);
	timer = setTimeout(refresh, quiet);
}

function fill(figure, text, url) {
	figure.querySelector("figcaption").textContent = text;
	figure.querySelector(".pane").ariaLabel = text;
	const frame = figure.querySelector("iframe");
	frame.className = `w${form.elements.width.value}`;
	frame.title = text;
	if (frame.getAttribute("src") !== url) frame.src = url;
}

/** Draws a device that is wider than its place smaller, as it is from afar. */
function scale(pane) {
	const frame = pane.querySelector("iframe");
	const wide = Number(frame.className.slice(1));
	const by = Math.min(1, pane.clientWidth / wide);
	pane.classList.add("scaled");
	frame.style.height = `${pane.clientHeight / by}px`;
	frame.style.transform = by < 1 ? `scale(${by})` : "";
	frame.style.marginInline = by < 1 ? "0" : "";
}

const sizes = new ResizeObserver((entries) => entries.forEach((entry) => scale(entry.target)));

/** Takes over what the server says anew of slots, faults and what the edit does. */
let asked = 0;
let timer;
const quiet = 400; // milliseconds without another setting before the rest follows

async function refresh() {
	const mine = ++asked;
	const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } }).catch(() => null);
	if (!answer?.ok || mine !== asked) return;
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	const typing = document.activeElement?.closest("[data-make]");
	const top = typing?.getBoundingClientRect().top;
	for (const part of document.querySelectorAll("[data-fresh]")) {
		const now = page.querySelector(`[data-fresh="${part.dataset.fresh}"]`);
		if (!now || now.innerHTML === part.innerHTML) continue;
		const open = part.querySelector("details[data-keep]")?.open;
		part.replaceChildren(...[...now.childNodes].map((node) => document.adoptNode(node)));
		const kept = part.querySelector("details[data-keep]");
		if (kept) kept.open = Boolean(open);
	}
	if (typing) scrollBy({ top: typing.getBoundingClientRect().top - top, behavior: "instant" }); // what is typed stays where it is
}

document.addEventListener("checked", () => {
	if (form) for (const frame of panes.querySelectorAll("iframe")) frame.src = frame.getAttribute("src");
	refresh();
});

if (form) {
	for (const pane of panes.querySelectorAll(".pane")) sizes.observe(pane);
	form.addEventListener("change", show);
	form.addEventListener("submit", (event) => event.preventDefault());
	document.addEventListener("keydown", (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
		if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select")) return;
		const field = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
		if (!field) return;
		event.preventDefault();
		step(field);
		show();
	});
}

/** Goes on to a setting's next answer, and from the last to the first. */
function step(field) {
	if (field.matches("select")) {
		field.selectedIndex = (field.selectedIndex + 1) % field.length;
		return;
	}
	const all = [...form.elements[field.name]];
	all[(all.findIndex((one) => one.checked) + 1) % all.length].checked = true;
}
