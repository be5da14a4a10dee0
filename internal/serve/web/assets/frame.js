// The frame around every page: keys, toasts, and what forms gain from a script.
// Every page works without it.

import { openPalette } from "./palette.js";

const root = document.documentElement;
root.dataset.scripts = "";

// Keys. None is taken while somebody types, or from the browser.

const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

function rows() {
	return [...document.querySelectorAll("[data-row], details.placement")].filter((row) => row.checkVisibility());
}

const handle = (row) => row.querySelector("th a, summary, a, button") ?? row;

function walk(step) {
	const all = rows();
	const at = all.findIndex((row) => row.contains(document.activeElement));
	const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
	if (!next) return;
	handle(next).focus();
	next.scrollIntoView({ block: "nearest" });
}

function goTo(letter) {
	const station = letter === "h" ? "/" : document.querySelector(`[data-station="${CSS.escape(letter)}"]`)?.href;
	if (station) location.assign(station);
}

const keys = {
	j: () => walk(1),
	k: () => walk(-1),
	n: () => document.querySelector('[data-key="n"]')?.click(),
	"/": () => (document.querySelector("[data-search]") ?? { focus: () => openPalette() }).focus(),
	"?": () => document.getElementById("keys")?.togglePopover(),
};

let leads = -Infinity; // when g was pressed

document.addEventListener("keydown", (event) => {
	if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
		event.preventDefault();
		openPalette();
		return;
	}
	if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || document.querySelector("dialog[open]")) return;
	if (event.timeStamp - leads < 1500) {
		leads = -Infinity;
		goTo(event.key);
		return;
	}
	if (event.key === "g") {
		leads = event.timeStamp;
		return;
	}
	if (!Object.hasOwn(keys, event.key)) return;
	event.preventDefault();
	keys[event.key]();
});

for (const link of document.querySelectorAll("[data-palette]")) {
	link.addEventListener("click", (event) => {
		if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
		event.preventDefault();
		openPalette();
	});
}

// Toasts

const toasts = document.getElementById("toasts");
const toastLife = 8000;

function living(toast) {
	let timer;
	const end = () => toast.remove();
	const start = () => (timer = setTimeout(end, toastLife));
	const stop = () => clearTimeout(timer);
	toast.querySelector("[data-close]")?.addEventListener("click", end);
	if (toast.classList.contains("bad")) return; // stays until it is read
	for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
	for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
	start();
}

toasts?.querySelectorAll("[data-toast]").forEach(living);

/** The name under which this tab keeps what this person typed: whoever signs in
 * here next has another. */
export function own(name) {
	return `${name} ${document.body.dataset.person ?? ""}`;
}

/**
 * Says one sentence at the edge of the page. A bad one stays until it is closed.
 * act is a button beside it: {label, run}.
 */
export function say(text, { bad = false, act } = {}) {
	const toast = document.createElement("div");
	toast.className = bad ? "toast bad" : "toast";
	toast.dataset.toast = "";
	const p = document.createElement("p");
	p.textContent = text;
	toast.append(p);
	if (act) {
		const button = document.createElement("button");
		button.className = "plain";
		button.textContent = act.label;
		button.addEventListener("click", () => {
			toast.remove();
			act.run();
		});
		toast.append(button);
	}
	const close = document.createElement("button");
	close.className = "close";
	close.dataset.close = "";
	close.setAttribute("aria-label", "Close this message");
	close.textContent = "×";
	toast.append(close);
	toasts.replaceChildren(toast);
	living(toast);
}

/**
 * Sends a form or form data as a page would, and returns the answer's JSON. When
 * it cannot be sent it says so, keeps what was typed, and throws.
 */
export async function send(url, data) {
	let answer;
	try {
		answer = await fetch(url, { method: "POST", body: new URLSearchParams(data), headers: { Accept: "application/json" } });
	} catch (error) {
		say("Not saved: the engine cannot be reached. What you typed is still here.", { bad: true });
		throw error;
	}
	const said = await answer.json().catch(() => ({}));
	if (!answer.ok) {
		say(`Not saved: ${said.detail ?? answer.statusText}. ${said.fix ?? "What you typed is still here."}`, { bad: true });
		throw Object.assign(new Error(said.detail), { status: answer.status, problem: said });
	}
	return said;
}

// A form that cannot be sent keeps what was typed: the browser would leave for a
// page of its own.
document.addEventListener("submit", (event) => {
	if (event.target.method !== "post" || navigator.onLine) return;
	event.preventDefault();
	say("You are offline. Nothing was sent, and what you typed is still here.", { bad: true });
});

// Form controls

function fit(area) {
	if (CSS.supports("field-sizing", "content")) return;
	area.style.height = "auto";
	area.style.height = `${area.scrollHeight + 2}px`;
}

document.addEventListener("input", (event) => {
	if (event.target.matches("textarea")) fit(event.target);
	const blank = event.target.closest("[data-blank]");
	if (!blank || !event.target.value) return;
	const next = blank.cloneNode(true); // the line below is always empty
	next.querySelector("input").value = "";
	delete blank.dataset.blank;
	blank.after(next);
});

document.addEventListener("change", (event) => {
	if (!event.target.matches("[data-all]")) return;
	for (const box of event.target.closest("table").querySelectorAll('[name="row"]')) box.checked = event.target.checked;
});

document.addEventListener("click", async (event) => {
	const target = event.target.closest?.("[data-copy], [data-less], [data-dialog], [data-close-dialog]");
	if (!target) return;
	if ("less" in target.dataset) {
		const entry = target.closest(".entry");
		if ("blank" in entry.dataset) entry.querySelector("input").value = "";
		else entry.remove();
	}
	if ("dialog" in target.dataset) document.getElementById(target.dataset.dialog)?.showModal();
	if ("closeDialog" in target.dataset) target.closest("dialog")?.close();
	if ("copy" in target.dataset) await copy(target);
});

async function copy(button) {
	const words = button.querySelector("[data-words]");
	try {
		await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
		words.textContent = "Copied";
	} catch {
		getSelection().selectAllChildren(button.parentElement.querySelector("code"));
		words.textContent = "Selected";
	}
	setTimeout(() => (words.textContent = "Copy"), 2000);
}
