// Saves the cells of the grid while one works, and loses none: what could not be
// saved is tried again, and kept in this tab across a sign-in.

import { own, say } from "./frame.js";
import { tally } from "./tally.js";

const quiet = 800; // milliseconds without a change before a save
const rowsAtOnce = 400;
const stash = own("throughline-cells");
const bar = document.querySelector("[data-draft-bar]");

export class Keeper {
	waiting = new Map();
	states = new Map();
	others = new Map();
	busy = false;
	leaving = false;

	constructor(grid) {
		this.grid = grid;
		addEventListener("beforeunload", (event) => {
			if (!this.waiting.size && !this.busy) return;
			this.keep();
			if (!this.leaving) event.preventDefault();
		});
	}

	state(name, locale) {
		return this.states.get(`${name}\n${locale}`) ?? "";
	}

	theirs(name, locale) {
		return this.others.get(`${name}\n${locale}`);
	}

	says(text) {
		const at = bar?.querySelector("[data-state]");
		if (at && at.textContent !== text) at.textContent = text;
	}

	/** Notes one changed cell; from is what the server has of it. */
	put(name, locale, from, to, r, c) {
		const key = `${name}\n${locale}`;
		const before = this.waiting.get(key);
		this.waiting.set(key, { name, locale, from: before ? before.from : from, to, r, c });
		this.states.set(key, "saving");
		this.others.delete(key);
		this.says("Typing");
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.save(), quiet);
	}

	/** Sets a label on fragments; it is saved as cells are. */
	label(names, label, to) {
		names.forEach((name) => this.waiting.set(`${name}\n\n${label}`, { name, locale: "", label, from: "", to }));
		return this.save();
	}

	/** Saves what waits, so many fragments at a time. */
	async save() {
		if (this.busy) return;
		this.busy = true;
		clearTimeout(this.timer);
		const all = this.waiting.size;
		try {
			while (this.waiting.size) {
				const part = this.part();
				this.says(all > rowsAtOnce ? `Saving, ${all - this.waiting.size} of ${all}` : "Saving");
				if (!(await this.send(part))) return;
			}
			this.says("Saved in your draft");
			sessionStorage.removeItem(stash);
			this.grid.check();
		} finally {
			this.busy = false;
		}
	}

	/** Takes from what waits the cells of some fragments. */
	part() {
		const names = new Set();
		const part = [];
		for (const [key, edit] of this.waiting) {
			if (!names.has(edit.name) && names.size === rowsAtOnce) continue;
			names.add(edit.name);
			part.push([key, edit]);
			this.waiting.delete(key);
		}
		return part;
	}

	async send(part) {
		const body = JSON.stringify({ edits: part.map(([, { name, locale, from, to, label }]) => ({ name, locale, from, to, label })) });
		let answer;
		try {
			answer = await fetch("/make/copy", { method: "POST", body, headers: { "Content-Type": "application/json", Accept: "application/json" } });
		} catch {
			return this.failed(part, "the engine cannot be reached", true);
		}
		const said = await answer.json().catch(() => ({}));
		if (!answer.ok) return this.failed(part, said.detail ?? answer.statusText, answer.status >= 500, answer.status);
		const refused = new Map(said.cells.map((cell) => [`${cell.name}\n${cell.locale}`, cell]));
		for (const [key, edit] of part) this.settled(key, edit, refused.get(`${edit.name}\n${edit.locale}`));
		this.show(said.draft);
		return true;
	}

	settled(key, edit, refused) {
		if (this.waiting.has(key)) {
			this.waiting.get(key).from = refused ? (refused.theirs ?? edit.from) : edit.to; // typed on meanwhile
			return;
		}
		this.states.set(key, refused ? "failed" : "saved");
		if (refused?.theirs !== undefined) this.others.set(key, refused.theirs);
		if (refused) {
			const why = refused.problem ?? `somebody made it “${refused.theirs}” meanwhile`;
			say(`${edit.name} in ${edit.locale} was not saved: ${why}.`, { bad: true });
		}
		if (edit.r !== undefined) this.grid.paint(edit.r, edit.c);
		this.grid.about();
	}

	/** Puts cells back to wait, and tries again where that can help. */
	failed(part, why, later, status) {
		for (const [key, edit] of part) {
			const newer = this.waiting.get(key);
			this.waiting.set(key, newer ? { ...newer, from: edit.from } : edit);
			this.states.set(key, "failed");
			if (edit.r !== undefined) this.grid.paint(edit.r, edit.c);
		}
		this.keep();
		this.says(`Not saved: ${this.waiting.size} cells wait`);
		if (later) this.timer = setTimeout(() => this.save(), 5000);
		const act = status === 401 ? { label: "Sign in", run: () => this.signIn() } : { label: "Try again", run: () => this.save() };
		say(`Not saved: ${why}. What you typed is kept in this tab.`, { bad: true, act });
		return false;
	}

	/** Goes to sign in: what waits is kept, so leaving asks nobody. */
	signIn() {
		this.leaving = true;
		location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
	}

	keep() {
		try {
			sessionStorage.setItem(stash, JSON.stringify([...this.waiting.values()].slice(0, 20_000)));
		} catch {
			// the tab's store is full: the cells are still here, and leaving asks first
		}
	}

	/** Puts back what could not be saved before the page was left. */
	restore() {
		let cells = [];
		try {
			cells = JSON.parse(sessionStorage.getItem(stash) ?? "[]");
		} catch {
			return;
		}
		sessionStorage.removeItem(stash);
		if (!cells.length || this.grid.readonly) return;
		for (const cell of cells) {
			const r = this.grid.rows.findIndex((row) => row.name === cell.name);
			const c = this.grid.locales.indexOf(cell.locale);
			if (r >= 0 && c >= 0) this.grid.rows[r].values[cell.locale] = cell.to;
			this.put(cell.name, cell.locale, cell.from, cell.to, r < 0 ? undefined : r, c);
		}
		say(`${cells.length} cells that you typed before are back.`);
	}

	/** Chooses between what somebody else made of a cell and mine. */
	settle(r, c, theirs, mine) {
		const name = this.grid.rows[r].name;
		const locale = this.grid.locales[c];
		const key = `${name}\n${locale}`;
		this.others.delete(key);
		if (mine) {
			this.put(name, locale, theirs, this.grid.text(r, c), r, c);
		} else {
			this.grid.rows[r].values[locale] = theirs;
			this.states.set(key, "saved");
		}
		this.grid.paint(r, c);
		this.grid.go(r, c);
	}

	show(draft) {
		if (!bar || !draft) return;
		tally(bar, draft.items);
		for (const name of ["undo", "redo"]) {
			const button = bar.querySelector(`[data-${name}]`);
			button.disabled = !draft[name];
			button.title = draft[name] ?? "";
		}
	}
}
