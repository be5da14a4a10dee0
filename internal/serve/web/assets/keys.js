// Keys for who stays on the keyboard: they act only while the focus is in the
// list, so that they never take a key from anything else.

const list = [...document.querySelectorAll("details.placement")];

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
	const at = list.findIndex((placement) => placement.contains(document.activeElement));
	if (at < 0) return;
	const step = { j: 1, k: -1 }[event.key];
	if (step) {
		list[at + step]?.querySelector("summary").focus();
		event.preventDefault();
	}
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
