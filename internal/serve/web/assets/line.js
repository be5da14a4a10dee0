// The Line's own key: it acts only while the focus is in the list.

const list = [...document.querySelectorAll("details.placement")];

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
	const at = list.findIndex((placement) => placement.contains(document.activeElement));
	if (at < 0) return;
	if (event.key === "t") {
		const table = list[at].querySelector("details.table");
		if (!table) return;
		list[at].open = true;
		table.open = !table.open;
		table.querySelector("summary").focus();
	}
});

// On a small screen one placement is read at a time: the first that wants a
// look, or else the first.
if (matchMedia("(max-width: 480px)").matches) {
	const wanted = list.find((placement) => placement.querySelector("summary .health:is(.warn, .bad)")) ?? list[0];
	for (const placement of list) placement.open = placement === wanted;
}

// Paper has no closed rows.
let closed = [];
addEventListener("beforeprint", () => {
	closed = list.filter((placement) => !placement.open);
	for (const placement of closed) placement.open = true;
});
addEventListener("afterprint", () => {
	for (const placement of closed) placement.open = false;
});
