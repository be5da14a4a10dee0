// The command palette: one field that finds pages, objects and actions. It is
// the search page in a dialog; without this script the page does the same.

const dialog = document.getElementById("palette");
const field = document.getElementById("palette-q");
const list = document.getElementById("palette-list");

let at = 0;
let asked = 0; // the number of the last question
let pending;

export function openPalette() {
	if (!dialog) {
		location.assign("/search");
		return;
	}
	if (dialog.open) {
		dialog.close();
		return;
	}
	field.value = "";
	dialog.showModal();
	ask();
}

const options = () => [...list.querySelectorAll("[role=option]")];

function choose(index) {
	const all = options();
	at = all.length ? (index + all.length) % all.length : 0;
	for (const [i, option] of all.entries()) option.setAttribute("aria-selected", String(i === at));
	if (all[at]) {
		field.setAttribute("aria-activedescendant", all[at].id);
		all[at].scrollIntoView({ block: "nearest" });
	} else {
		field.removeAttribute("aria-activedescendant");
	}
}

function element(tag, className, text) {
	const made = document.createElement(tag);
	made.className = className;
	made.textContent = text;
	made.dir = "auto";
	return made;
}

function show(hits) {
	const made = [];
	let group = "";
	for (const [i, hit] of hits.entries()) {
		if (hit.group !== group) {
			group = hit.group;
			const head = element("li", "group", group);
			head.role = "presentation";
			made.push(head);
		}
		const option = document.createElement("li");
		option.role = "option";
		option.id = `palette-${i}`;
		option.dataset.url = hit.url;
		option.append(element("span", "title", hit.title), element("span", "soft", hit.kind ?? ""));
		if (hit.snippet) option.append(element("span", "soft snippet", hit.snippet));
		made.push(option);
	}
	if (!hits.length) {
		const none = element("li", "none", "Nothing is called so, or says so.");
		none.role = "option";
		none.setAttribute("aria-disabled", "true");
		made.push(none);
	}
	list.replaceChildren(...made);
	choose(0);
}

async function ask() {
	const question = ++asked;
	try {
		const answer = await fetch(`/search?as=json&q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
		if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
		const { hits } = await answer.json();
		if (question === asked) show(hits ?? []);
	} catch {
		if (question === asked) list.replaceChildren(element("li", "none", "The engine cannot be reached."));
	}
}

function go(option, event) {
	if (!option?.dataset.url) return;
	if (event.ctrlKey || event.metaKey) open(option.dataset.url, "_blank", "noopener");
	else location.assign(option.dataset.url);
}

field?.addEventListener("input", () => {
	clearTimeout(pending);
	pending = setTimeout(ask, 80);
});

field?.addEventListener("keydown", (event) => {
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	if (step) {
		event.preventDefault();
		choose(at + step);
	}
	if (event.key === "Enter") {
		event.preventDefault();
		go(options()[at], event);
	}
});

list?.addEventListener("click", (event) => go(event.target.closest("[role=option]"), event));
list?.addEventListener("pointermove", (event) => {
	const option = event.target.closest("[role=option]");
	if (option?.dataset.url && option.getAttribute("aria-selected") !== "true") choose(options().indexOf(option));
});

// A click beside the dialog closes it.
dialog?.addEventListener("click", (event) => {
	if (event.target === dialog) dialog.close();
});
