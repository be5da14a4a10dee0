// The captions of the demo: . and , walk them, Escape closes them.

const caption = document.querySelector("[data-caption]");
const form = caption?.querySelector("[data-caption-close]");

function close() {
	const held = caption.contains(document.activeElement);
	const data = new URLSearchParams(new FormData(form));
	data.set("do", "close");
	fetch(form.action, { method: "POST", body: data, redirect: "manual", keepalive: true }).catch(() => {}); // it only comes back
	caption.remove();
	if (held) document.getElementById("main").focus({ preventScroll: true });
}

form?.addEventListener("submit", (event) => {
	event.preventDefault();
	close();
});

document.addEventListener("keydown", (event) => {
	if (!caption?.isConnected || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
	if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
	if (document.querySelector("dialog[open], [popover]:popover-open")) return;
	if (event.key === "Escape") close();
	const to = { ".": "next", ",": "back" }[event.key];
	if (!to) return;
	event.preventDefault(); // the key is not typed where it leads
	caption.querySelector(`[data-caption-${to}]`)?.click();
});
