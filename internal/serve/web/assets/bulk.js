// Changes of many cells of the grid at once.

const shown = 100;

/** Wires find and replace, and the setting of a label, to what is selected. */
export function bulk(grid) {
	replace(grid, document.getElementById("replace"));
	label(grid, document.getElementById("label"));
}

/** The cells selected; all that are read when only one is. */
function where(grid) {
	const box = grid.box();
	if (box.top !== box.bottom || box.left !== box.right) return grid.cells();
	const all = [];
	grid.rows.forEach((_, r) => grid.locales.forEach((_, c) => all.push({ r, c })));
	return all;
}

function open(grid, dialog, what) {
	const box = grid.box();
	const some = box.top !== box.bottom || box.left !== box.right;
	dialog.querySelector("[data-where]").textContent = some ? `In the ${what(grid)} selected.` : `In all ${grid.rows.length} rows that are read. Select cells to narrow it.`;
	dialog.showModal();
}

function replace(grid, dialog) {
	if (!dialog) return;
	const find = dialog.querySelector("#r-find");
	const by = dialog.querySelector("#r-with");
	const exact = dialog.querySelector("#r-case");
	const list = dialog.querySelector("[data-preview]");
	const act = dialog.querySelector("[data-replace]");
	let edits = [];
	const preview = () => {
		const pattern = find.value && new RegExp(find.value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), exact.checked ? "gu" : "giu");
		edits = !pattern ? [] : where(grid).map((at) => ({ ...at, was: grid.text(at.r, at.c), to: grid.text(at.r, at.c).replace(pattern, () => by.value) })).filter((e) => e.was !== e.to);
		list.replaceChildren(...edits.slice(0, shown).map((e) => line(grid, e)));
		if (edits.length > shown) list.append(Object.assign(document.createElement("p"), { textContent: `and ${edits.length - shown} more` }));
		act.textContent = `Replace in ${edits.length} ${edits.length === 1 ? "cell" : "cells"}`;
		act.disabled = !edits.length;
	};
	for (const field of [find, by, exact]) field.addEventListener("input", preview);
	document.querySelector("[data-replace-open]")?.addEventListener("click", () => {
		open(grid, dialog, (g) => `${g.cells().length} cells`);
		preview();
		find.focus();
	});
	act.addEventListener("click", () => {
		grid.change(edits);
		dialog.close();
	});
}

function line(grid, edit) {
	const p = document.createElement("p");
	const del = document.createElement("del");
	const ins = document.createElement("ins");
	del.textContent = edit.was;
	ins.textContent = edit.to;
	p.append(`${grid.rows[edit.r].name} ${grid.locales[edit.c]}: `, del, " ", ins);
	return p;
}

function label(grid, dialog) {
	if (!dialog) return;
	document.querySelector("[data-label-open]")?.addEventListener("click", () => open(grid, dialog, (g) => `${g.box().bottom - g.box().top + 1} rows`));
	dialog.querySelector("[data-label-set]").addEventListener("click", () => {
		const name = dialog.querySelector("#l-name").value.trim();
		if (!name) return dialog.querySelector("#l-name").focus();
		const names = [...new Set(where(grid).map((at) => grid.rows[at.r].name))];
		grid.keeper.label(names, name, dialog.querySelector("#l-value").value.trim());
		dialog.close();
	});
}
