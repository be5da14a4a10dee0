// The form of one object: saved while you type, checked where it is wrong. It
// is the same form that works without a script.

import { own, say, send } from "./frame.js";
import { measure } from "./measure.js";
import { tally } from "./tally.js";

const form = document.querySelector("[data-make]");
const bar = document.querySelector("[data-draft-bar]");
const quiet = 800; // milliseconds without a key before a save
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select");

// How the draft stands

function show(answer) {
	if (!bar) return;
	tally(bar, answer.items);
	for (const name of ["undo", "redo"]) {
		const button = bar.querySelector(`[data-${name}]`);
		button.disabled = !answer[name];
		button.title = answer[name] ?? "";
	}
}

function state(text) {
	const at = bar?.querySelector("[data-state]");
	if (at && at.textContent !== text) at.textContent = text;
}

// Saving

let timer;
let saving = false;
let again = false;
let stopped = false;
const kept = own(`throughline-typed:${location.pathname}${location.search}`);

/** What the form would send, without what asks for something else. */
function data() {
	const all = new FormData(form);
	all.delete("do");
	return new URLSearchParams(all);
}

let last = form ? data().toString() : "";

function later() {
	if (stopped) return;
	state("Typing");
	clearTimeout(timer);
	timer = setTimeout(save, quiet);
}

async function save() {
	if (saving) {
		again = true;
		return;
	}
	const body = data();
	if (body.toString() === last || stopped) return state("Saved in your draft");
	saving = true;
	state("Saving");
	try {
		const answer = await send(form.action, body);
		last = body.toString();
		sessionStorage.removeItem(kept);
		take(answer);
	} catch (error) {
		failed(error);
	} finally {
		saving = false;
		if (again) {
			again = false;
			later();
		}
	}
}

function take(answer) {
	show(answer);
	if (answer.clash) {
		stopped = true;
		state("Not saved");
		say("Somebody changed the same meanwhile. What you typed is still here.", { bad: true, act: { label: "Compare", run: () => form.requestSubmit(form.querySelector('[value="save"]')) } });
		return;
	}
	if (answer.base) form.elements.base.value = answer.base;
	last = data().toString();
	state(answer.text ? "Kept as typed, and not ready yet" : "Saved in your draft");
	if (answer.merged) say("Somebody changed other parts of it meanwhile. Both are saved; reload to see theirs.", { act: { label: "Reload", run: () => location.reload() } });
	check();
}

function failed(error) {
	state("Not saved");
	sessionStorage.setItem(kept, data().toString());
	if (error.status === 401) {
		say("You are signed out. What you typed is kept in this tab: sign in again and it is back.", {
			bad: true,
			act: {
				label: "Sign in",
				run: () => {
					stopped = true; // it is kept: leaving asks nobody
					location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
				},
			},
		});
		return;
	}
	if (!error.status || error.status >= 500) timer = setTimeout(save, 5000);
}

/** Puts back what was typed when the session ended or the engine was away. */
function restore() {
	const text = sessionStorage.getItem(kept);
	if (!text || !form || text === last) return;
	for (const [name, value] of new URLSearchParams(text)) {
		const field = form.elements[name];
		if (name === "base" || !field || field.type === "hidden") continue;
		if (field.type === "checkbox") field.checked = value === field.value;
		else field.value = value;
		if (field.matches?.("textarea, input")) field.dispatchEvent(new Event("input", { bubbles: true }));
	}
	say("What you typed before is back.");
}

// What is wrong, and what is worth a look

let asked = 0;

async function check() {
	const mine = ++asked;
	const answer = await fetch(`${form.dataset.saidAt ? form.dataset.saidAt.replace("as=yaml", "as=said") : `${formURL()}?as=said`}`, { headers: { Accept: "application/json" } }).catch(() => null);
	if (!answer?.ok || mine !== asked) return;
	const { said, tried } = await answer.json();
	for (const place of form.querySelectorAll("[data-said]")) place.replaceChildren();
	for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
	const rest = [];
	for (const one of said) {
		if (!put(one)) rest.push(one);
	}
	const top = document.querySelector("[data-top]");
	top.className = rest.length ? "problem" : "";
	top.replaceChildren(...rest.map((one) => line(one, "p")));
	retry(tried);
	for (const frame of document.querySelectorAll("[data-shown] iframe")) frame.src = frame.getAttribute("src");
	document.dispatchEvent(new Event("checked"));
}

const formURL = () => document.querySelector('[data-lens="form"]').getAttribute("href");

/** Shows one sentence at the field it is about, or the nearest around it. */
function put(one) {
	for (let path = one.path; path; path = path.replace(/[.[][^.[]*$/, "")) {
		const place = form.querySelector(`[data-path="${CSS.escape(path)}"]`);
		if (!place) {
			if (!/[.[]/.test(path)) break;
			continue;
		}
		place.querySelector("[data-said]")?.append(line(one, "p"));
		const control = place.querySelector(":scope > :is(input, textarea, select), :scope > .value > :is(input, textarea, select)");
		if (one.wrong) control?.setAttribute("aria-invalid", "true");
		for (let group = place.closest("details"); group; group = group.parentElement.closest("details")) group.open = true;
		return true;
	}
	return false;
}

function line(one, tag) {
	const p = document.createElement(tag);
	p.className = one.wrong ? "wrong-text" : "note-text";
	p.textContent = one.text;
	return p;
}

function retry(tried) {
	const section = document.querySelector("[data-tried]");
	if (!section) return;
	const list = document.createElement(tried?.length ? "ul" : "p");
	list.className = tried?.length ? "tried" : "soft";
	if (tried?.length) list.append(...tried.map((one) => line(one, "li")));
	else list.textContent = "Nothing: all text there is passes.";
	section.querySelector("ul, p").replaceWith(list);
}

// Length, as people count

function count(field) {
	const at = document.getElementById(`${field.id}-count`);
	if (!at) return;
	const n = measure(field.value, field.dataset.unit);
	const { least, most } = field.dataset;
	at.querySelector("[data-count]").textContent = n;
	at.classList.toggle("over", n > 0 && ((most > 0 && n > most) || n < least));
}

// Another empty line below the last

function more(field) {
	const row = field.closest("[data-more]");
	if (!row || !field.value) return;
	const next = row.cloneNode(true);
	delete row.dataset.more;
	const from = Number(/\[(\d+)\]=?$/.exec(field.name)?.[1] ?? /\[(\d+)\]/.exec(field.name)?.[1]);
	for (const part of next.querySelectorAll("[name], [id], [for]")) {
		for (const name of ["name", "id", "for", "aria-describedby"]) {
			const text = part.getAttribute(name);
			if (text) part.setAttribute(name, text.replace(`[${from}]`, `[${from + 1}]`).replace(new RegExp(`-${from}(?=$|-)`), `-${from + 1}`));
		}
		if ("value" in part && part.type !== "hidden") part.value = "";
	}
	next.dataset.path = "";
	row.after(next);
}

if (form && bar) {
	form.addEventListener("input", (event) => {
		if (event.target.dataset.unit) count(event.target);
		if (event.target.dataset.suggest) suggest(event.target);
		more(event.target);
		number();
		later();
	});
	form.addEventListener("change", later);
	// A button that rearranges sends the form: nothing may be saved meanwhile.
	form.addEventListener("submit", () => {
		stopped = true;
		clearTimeout(timer);
		sessionStorage.removeItem(kept);
	});
	addEventListener("beforeunload", (event) => {
		if (!stopped && data().toString() !== last) {
			navigator.sendBeacon?.(form.action, data());
			if (bar.querySelector("[data-state]").textContent === "Not saved") event.preventDefault();
		}
	});
	// Back to a page that the browser kept shows what is saved now.
	addEventListener("pageshow", (event) => event.persisted && location.reload());
	restore();
	if (document.querySelector("[data-later]")) check();
}

// Names to choose from

async function suggest(field) {
	const kind = field.dataset.suggest;
	if (!/^[A-Z]/.test(kind)) return;
	const answer = await fetch(`/make/names?kind=${kind}&q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } }).catch(() => null);
	if (!answer?.ok) return;
	field.list?.replaceChildren(...(await answer.json()).map((name) => Object.assign(document.createElement("option"), { value: name })));
}

// Lines of YAML

function number() {
	const lines = document.querySelector("[data-lines]");
	const area = document.getElementById("yaml");
	if (!lines || !area) return;
	const n = area.value.split("\n").length;
	while (lines.children.length < n) lines.append(document.createElement("li"));
	while (lines.children.length > n) lines.lastChild.remove();
}
number();

// Keys

document.addEventListener("keydown", async (event) => {
	if (event.isComposing || document.querySelector("dialog[open]")) return;
	const control = event.ctrlKey || event.metaKey;
	if (control && event.key.toLowerCase() === "s") {
		event.preventDefault();
		clearTimeout(timer);
		if (form && bar) save();
		return;
	}
	if (typing(event.target)) return;
	if (control && ["z", "y"].includes(event.key.toLowerCase())) {
		event.preventDefault();
		const redo = event.shiftKey || event.key.toLowerCase() === "y";
		bar?.querySelector(redo ? "[data-redo]" : "[data-undo]")?.click();
		return;
	}
	if (control || event.altKey) return;
	if (event.key === "y") document.querySelector(".lens a:not([aria-current])")?.click();
	if (event.key === "e") {
		event.preventDefault();
		form?.querySelector("input:not([type=hidden]), textarea, select")?.focus();
	}
});
