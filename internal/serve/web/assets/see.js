// Pages that show what happens: one key opens the data of every chart.

document.addEventListener("keydown", (event) => {
	if (event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, dialog")) return;
	const tables = [...document.querySelectorAll("figure details.table")];
	if (tables.length === 0) return;
	const open = tables.some((table) => !table.open);
	for (const table of tables) table.open = open;
	if (open) tables[0].querySelector("summary").focus();
});
