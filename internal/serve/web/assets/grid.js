// The copy grid: fragments down, languages across, with the keys of a
// spreadsheet. Rows come from the server by cursor and only those in view are in
// the page. The table it replaces works without a script.

import { say } from "./frame.js";
import { outside } from "./measure.js";
import { parse, write } from "./table.js";
import { Keeper } from "./keeper.js";
import { bulk } from "./bulk.js";

const holder = document.querySelector("[data-grid]");
const rowHeight = 36;
const spare = 8; // rows drawn beyond what is in view
const pasteCells = 50_000;
const pasteBytes = 16 << 20;
const page = 12; // rows that Page Down goes

const el = (tag, props = {}, ...children) => {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) node.setAttribute(name, value);
	node.append(...children);
	return node;
};

class Grid {
	rows = [];
	drawn = new Map();
	at = { r: 0, c: 0 };
	from = { r: 0, c: 0 };
	said = new Map();
	undone = [];
	done = [];
	loading = null;

	constructor(holder) {
		this.holder = holder;
		this.readonly = "readonly" in holder.dataset;
		this.locales = [...holder.querySelectorAll("thead [data-locale]")].map((th) => th.dataset.locale);
		this.total = Number(holder.dataset.total);
		this.keeper = new Keeper(this);
	}

	async start() {
		await this.load("");
		this.build();
		this.listen();
		this.keeper.restore();
		this.draw();
		this.check();
	}

	// Rows

	async load(after) {
		const answer = await fetch(`${this.holder.dataset.rowsAt}&after=${encodeURIComponent(after)}`, { headers: { Accept: "application/json" } });
		if (!answer.ok) throw new Error(answer.statusText);
		const sheet = await answer.json();
		this.bounds = sheet.bounds ?? {};
		this.next = sheet.next ?? "";
		for (const row of sheet.rows) {
			row.values ??= {};
			this.rows.push(row);
		}
	}

	/** Reads on when the end comes near. One reading at a time. */
	more() {
		if (!this.next || this.loading) return this.loading;
		this.loading = this.load(this.next)
			.then(() => this.space())
			.catch(() => say("More rows could not be read. Scroll on to try again.", { bad: true }))
			.finally(() => (this.loading = null));
		return this.loading;
	}

	text(r, c) {
		return this.rows[r]?.values[this.locales[c]] ?? "";
	}

	// Drawing

	build() {
		const columns = `minmax(200px, 260px) repeat(${this.locales.length}, minmax(200px, 1fr))`;
		this.root = el("div", { class: "grid", role: "grid", "aria-label": "Copy", "aria-colcount": this.locales.length + 1, "aria-multiselectable": "true", "aria-readonly": String(this.readonly) });
		this.root.style.setProperty("--columns", columns);
		this.root.style.setProperty("--narrow", columns.replace("minmax(200px, 260px)", "124px"));
		const top = el("div", { class: "grid-top", role: "row", "aria-rowindex": 1 }, el("div", { role: "columnheader", "aria-colindex": 1 }, "Fragment"));
		this.locales.forEach((l, c) => top.append(el("div", { role: "columnheader", "aria-colindex": c + 2 }, el("code", {}, l))));
		top.style.position = "sticky";
		this.body = el("div", { class: "grid-space", role: "rowgroup" });
		this.root.append(el("div", { role: "rowgroup" }, top), this.body);
		this.root.firstChild.style.cssText = "position: sticky; top: 0; z-index: 3;";
		this.foot = el("div", { class: "grid-foot" }, el("p", { role: "status", "data-about": "" }), el("p", { class: "far", "data-far": "" }));
		this.holder.replaceChildren(this.root, this.foot);
		this.holder.style.overflow = "visible";
		this.space();
	}

	space() {
		this.body.style.height = `${this.rows.length * rowHeight + (this.next ? rowHeight : 0)}px`;
		this.root.setAttribute("aria-rowcount", (this.next ? this.total : this.rows.length) + 1);
		this.foot.querySelector("[data-far]").textContent = this.next ? `${this.rows.length} of ${this.total} read` : `${this.rows.length} rows`;
		this.draw();
	}

	draw() {
		if (!this.body) return;
		const first = Math.max(0, Math.floor(this.root.scrollTop / rowHeight) - spare);
		const last = Math.min(this.rows.length, Math.ceil((this.root.scrollTop + this.root.clientHeight) / rowHeight) + spare);
		for (const [r, node] of this.drawn) {
			if ((r < first || r >= last) && r !== this.at.r) {
				node.remove();
				this.drawn.delete(r);
			}
		}
		for (let r = first; r < last; r++) this.row(r);
		if (this.rows[this.at.r]) this.row(this.at.r);
		if (last > this.rows.length - 100) this.more();
	}

	row(r) {
		if (this.drawn.has(r)) return;
		const row = this.rows[r];
		const node = el("div", { role: "row", "aria-rowindex": r + 2 });
		node.style.top = `${r * rowHeight}px`;
		const link = el("a", { href: `/fragment/${row.name}`, tabindex: "-1" }, row.name);
		node.append(el("div", { role: "rowheader", "aria-colindex": 1 }, link, " ", el("span", { class: "soft" }, row.role)));
		this.locales.forEach((locale, c) => node.append(el("div", { role: "gridcell", "aria-colindex": c + 2, lang: locale, dir: "auto", tabindex: "-1" })));
		this.drawn.set(r, node);
		const after = [...this.drawn.keys()].filter((k) => k > r).sort((a, b) => a - b)[0];
		this.body.insertBefore(node, after === undefined ? null : this.drawn.get(after));
		this.locales.forEach((_, c) => this.paint(r, c));
	}

	cell(r, c) {
		return this.drawn.get(r)?.children[c + 1];
	}

	paint(r, c) {
		const node = this.cell(r, c);
		if (!node || node.classList.contains("editing")) return;
		const row = this.rows[r];
		const text = this.text(r, c);
		node.textContent = text;
		const notes = this.said.get(`${row.name}\n${this.locales[c]}`) ?? [];
		const over = outside(text, this.bounds[row.role]);
		const wrong = over || notes.some((n) => n.wrong);
		node.className = [!text && "empty", wrong && "over", !wrong && notes.length && "noted", this.keeper.state(row.name, this.locales[c])].filter(Boolean).join(" ");
		if (!text) node.dataset.empty = row.unreadable ? "cannot be read" : "–";
		if (wrong) node.setAttribute("aria-invalid", "true");
		else node.removeAttribute("aria-invalid");
		node.setAttribute("aria-selected", String(this.selected(r, c) && (this.from.r !== this.at.r || this.from.c !== this.at.c)));
		node.tabIndex = r === this.at.r && c === this.at.c ? 0 : -1;
	}

	repaint(range) {
		for (const r of this.drawn.keys()) {
			if (range && (r < range.top || r > range.bottom)) continue;
			for (let c = 0; c < this.locales.length; c++) this.paint(r, c);
		}
	}

	// Where one is

	box() {
		return {
			top: Math.min(this.at.r, this.from.r),
			bottom: Math.max(this.at.r, this.from.r),
			left: Math.min(this.at.c, this.from.c),
			right: Math.max(this.at.c, this.from.c),
		};
	}

	selected(r, c) {
		const b = this.box();
		return r >= b.top && r <= b.bottom && c >= b.left && c <= b.right;
	}

	async go(r, c, select) {
		while (r >= this.rows.length && this.next) await this.more();
		const old = this.box();
		const before = this.at;
		this.at = { r: Math.max(0, Math.min(this.rows.length - 1, r)), c: Math.max(0, Math.min(this.locales.length - 1, c)) };
		if (!select) this.from = this.at;
		const top = this.at.r * rowHeight;
		if (top < this.root.scrollTop) this.root.scrollTop = top;
		else if (top + rowHeight + 34 > this.root.scrollTop + this.root.clientHeight) this.root.scrollTop = top + rowHeight + 34 - this.root.clientHeight;
		this.draw();
		const now = this.box();
		this.repaint({ top: Math.min(old.top, now.top, before.r), bottom: Math.max(old.bottom, now.bottom, before.r) });
		const node = this.cell(this.at.r, this.at.c);
		node?.focus({ preventScroll: true });
		node?.scrollIntoView({ block: "nearest", inline: "nearest" });
		this.about();
	}

	/** Says below the grid what there is to know of the cell one is at. */
	about() {
		const row = this.rows[this.at.r];
		if (!row) return;
		const locale = this.locales[this.at.c];
		const place = this.foot.querySelector("[data-about]");
		const box = this.box();
		const many = (box.bottom - box.top + 1) * (box.right - box.left + 1);
		const notes = (this.said.get(`${row.name}\n${locale}`) ?? []).map((n) => n.text);
		const bound = this.bounds[row.role];
		if (!notes.length && outside(this.text(this.at.r, this.at.c), bound)) notes.unshift(`Its length should be ${bound.min ? `${bound.min} to ` : "at most "}${bound.max || "more"}.`);
		place.replaceChildren(many > 1 ? `${many} cells selected` : `${row.name}, ${locale}. ${notes.join(" ")}`);
		const theirs = this.keeper.theirs(row.name, locale);
		if (theirs === undefined) return;
		const take = el("button", { class: "plain", type: "button" }, "Take theirs");
		take.addEventListener("click", () => this.keeper.settle(this.at.r, this.at.c, theirs, false));
		const keep = el("button", { class: "plain", type: "button" }, "Keep mine");
		keep.addEventListener("click", () => this.keeper.settle(this.at.r, this.at.c, theirs, true));
		place.append(` Somebody made it “${theirs}” meanwhile. `, take, " ", keep);
	}

	// Changing

	/** Changes cells, as one step that can be undone. */
	change(edits, { step = true } = {}) {
		const real = edits.filter((e) => !this.readonly && this.rows[e.r] && !this.rows[e.r].unreadable && this.text(e.r, e.c) !== e.to);
		for (const e of real) {
			e.from = this.text(e.r, e.c);
			const row = this.rows[e.r];
			if (e.to) row.values[this.locales[e.c]] = e.to;
			else delete row.values[this.locales[e.c]];
			this.keeper.put(row.name, this.locales[e.c], e.from, e.to, e.r, e.c);
			this.paint(e.r, e.c);
		}
		if (step && real.length) {
			this.done.push(real);
			this.undone = [];
		}
		return real.length;
	}

	undo() {
		const step = this.done.pop();
		if (!step) return document.querySelector("[data-undo]:not(:disabled)")?.click();
		const original = step.map((e) => ({ ...e }));
		this.change(step.map((e) => ({ r: e.r, c: e.c, to: e.from })), { step: false });
		this.undone.push(original);
		this.go(step[0].r, step[0].c);
	}

	redo() {
		const step = this.undone.pop();
		if (!step) return document.querySelector("[data-redo]:not(:disabled)")?.click();
		this.change(step.map((e) => ({ r: e.r, c: e.c, to: e.to })), { step: false });
		this.done.push(step);
		this.go(step[0].r, step[0].c);
	}

	edit(text) {
		const { r, c } = this.at;
		const node = this.cell(r, c);
		if (this.readonly || !node || this.rows[r].unreadable || node.classList.contains("editing")) return;
		const before = this.text(r, c);
		node.classList.add("editing");
		const area = el("textarea", { "aria-label": `${this.rows[r].name} in ${this.locales[c]}`, dir: "auto", lang: this.locales[c] });
		area.value = text ?? before;
		node.replaceChildren(area);
		area.focus();
		area.setSelectionRange(area.value.length, area.value.length);
		let over = false;
		const end = (keep) => {
			if (over) return;
			over = true;
			node.classList.remove("editing");
			if (!keep || !this.change([{ r, c, to: area.value }])) this.paint(r, c);
		};
		area.addEventListener("blur", () => end(true));
		area.addEventListener("keydown", (event) => {
			event.stopPropagation();
			if (event.isComposing) return;
			const next = { Enter: [event.shiftKey ? -1 : 1, 0], Tab: [0, event.shiftKey ? -1 : 1] }[event.key];
			if (event.key === "Enter" && (event.altKey || event.ctrlKey)) {
				area.setRangeText("\n", area.selectionStart, area.selectionEnd, "end");
				event.preventDefault();
			} else if (event.key === "Escape" || next) {
				event.preventDefault();
				end(event.key !== "Escape");
				this.go(r + (next?.[0] ?? 0), c + (next?.[1] ?? 0));
			}
		});
	}

	/** What is selected, as a table. */
	table() {
		const b = this.box();
		const rows = [];
		for (let r = b.top; r <= b.bottom; r++) {
			rows.push(this.locales.slice(b.left, b.right + 1).map((_, i) => this.text(r, b.left + i)));
		}
		return rows;
	}

	cells() {
		const b = this.box();
		const all = [];
		for (let r = b.top; r <= b.bottom; r++) for (let c = b.left; c <= b.right; c++) all.push({ r, c });
		return all;
	}

	clear() {
		this.change(this.cells().map((at) => ({ ...at, to: "" })));
	}

	fillDown() {
		const b = this.box();
		const top = b.top === b.bottom ? b.top - 1 : b.top;
		if (top < 0) return;
		this.change(this.cells().filter((at) => at.r > top).map((at) => ({ ...at, to: this.text(top, at.c) })));
	}

	/** Pastes a table from where one is on; in pieces, so that the page lives on. */
	async paste(text) {
		if (text.length > pasteBytes) return say(`That is ${Math.round(text.length / 1e6)} MB, and 16 MB can be pasted at once. Bring it in as a file, or in parts.`, { bad: true });
		const { rows, cut } = parse(text, pasteCells);
		if (cut) return say(`That is more than ${pasteCells} cells, which is the most that can be pasted at once. Nothing was changed. Bring it in as a file.`, { bad: true });
		const b = this.box();
		if (rows.length === 1 && rows[0].length === 1) {
			this.change(this.cells().map((at) => ({ ...at, to: rows[0][0] })));
			return;
		}
		const far = b.top + rows.length;
		while (this.next && this.rows.length < far) await this.more();
		const edits = [];
		let lost = 0;
		rows.forEach((row, i) => row.forEach((cell, j) => {
			if (b.top + i < this.rows.length && b.left + j < this.locales.length) edits.push({ r: b.top + i, c: b.left + j, to: cell });
			else lost++;
		}));
		const step = [];
		for (let i = 0; i < edits.length; i += 500) {
			const part = edits.slice(i, i + 500);
			this.change(part, { step: false });
			step.push(...part.filter((e) => e.from !== undefined));
			this.keeper.says(`Pasting, ${Math.round((100 * (i + part.length)) / edits.length)} %`);
			await new Promise(requestAnimationFrame);
		}
		if (step.length) this.done.push(step);
		this.undone = [];
		this.from = { r: b.top, c: b.left };
		await this.go(Math.min(far, this.rows.length) - 1, Math.min(b.left + rows[0].length, this.locales.length) - 1, true);
		if (lost) say(`${lost} cells had no place in the grid and were left out: there are ${this.rows.length} rows and ${this.locales.length} languages.`, { bad: true });
	}

	// What the checks say

	async check() {
		const answer = await fetch("/make/copy?as=said", { headers: { Accept: "application/json" } }).catch(() => null);
		if (!answer?.ok) return;
		this.said.clear();
		for (const one of await answer.json()) {
			const key = `${one.name}\n${one.locale}`;
			this.said.set(key, [...(this.said.get(key) ?? []), one]);
		}
		this.repaint();
		this.about();
	}

	// Listening

	listen() {
		this.root.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
		this.root.addEventListener("keydown", (event) => this.key(event));
		let pulling = false;
		const place = (event) => {
			const node = event.target.closest?.('[role="gridcell"]');
			if (!node || node.classList.contains("editing")) return null;
			return { r: Number(node.parentElement.getAttribute("aria-rowindex")) - 2, c: Number(node.getAttribute("aria-colindex")) - 2 };
		};
		this.root.addEventListener("pointerdown", (event) => {
			const to = place(event);
			if (!to || event.button) return;
			if (document.activeElement?.matches(".grid textarea")) document.activeElement.blur();
			event.preventDefault();
			pulling = event.pointerType === "mouse";
			this.go(to.r, to.c, event.shiftKey);
		});
		this.root.addEventListener("pointerover", (event) => {
			const to = pulling && place(event);
			if (to) this.go(to.r, to.c, true);
		});
		addEventListener("pointerup", () => (pulling = false));
		this.root.addEventListener("dblclick", (event) => place(event) && this.edit());
		for (const name of ["copy", "cut", "paste"]) {
			document.addEventListener(name, (event) => {
				if (!document.activeElement?.matches('.grid [role="gridcell"]')) return;
				event.preventDefault();
				if (name === "paste") return void this.paste(event.clipboardData.getData("text/plain"));
				event.clipboardData.setData("text/plain", write(this.table()));
				if (name === "cut") this.clear();
			});
		}
	}

	key(event) {
		if (event.isComposing || !event.target.matches('[role="gridcell"]')) return;
		const { r, c } = this.at;
		const control = event.ctrlKey || event.metaKey;
		const end = { r: this.rows.length - 1, c: this.locales.length - 1 };
		const to = {
			ArrowUp: [control ? 0 : r - 1, c], ArrowDown: [control ? end.r : r + 1, c], ArrowLeft: [r, control ? 0 : c - 1], ArrowRight: [r, control ? end.c : c + 1],
			PageUp: [r - page, c], PageDown: [r + page, c], Home: [control ? 0 : r, 0], End: [control ? end.r : r, end.c],
		}[event.key];
		const tab = event.key === "Tab" ? c + (event.shiftKey ? -1 : 1) : -1;
		if (to) this.go(to[0], to[1], event.shiftKey);
		else if (event.key === "Tab" && tab >= 0 && tab <= end.c) this.go(r, tab);
		else if (event.key === "Enter" && control) location.assign(this.drawn.get(r).querySelector("a").href);
		else if (event.key === "Enter" || event.key === "F2") this.edit();
		else if (event.key === "Delete" || event.key === "Backspace") this.clear();
		else if (event.key === "Escape") this.go(r, c);
		else if (control && event.key.toLowerCase() === "d") this.fillDown();
		else if (control && event.key.toLowerCase() === "a") {
			this.from = { r: 0, c: 0 };
			this.go(end.r, end.c, true);
		} else if (control && event.key.toLowerCase() === "z") event.shiftKey ? this.redo() : this.undo();
		else if (control && event.key.toLowerCase() === "y") this.redo();
		else if (!control && !event.altKey && event.key.length === 1) this.edit(event.key);
		else return;
		event.preventDefault();
		event.stopPropagation();
	}
}

if (holder) {
	const grid = new Grid(holder);
	grid.start().then(() => bulk(grid), () => say("The grid could not be opened. The table below works too.", { bad: true }));
}
