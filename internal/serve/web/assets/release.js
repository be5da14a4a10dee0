// Releases and their calendar: what a script adds. All of it works without one.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const told = document.cookie.split("; ").find((c) => c.startsWith("throughline_zone="));

// The server writes times in this zone from the next page on.
if (told !== `throughline_zone=${zone}`) {
	const secure = location.protocol === "https:" ? "; Secure" : "";
	document.cookie = `throughline_zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
	const near = document.querySelector("[data-zone-now]");
	if (near && near.dataset.zoneNow !== zone && !told) location.reload();
	for (const time of document.querySelectorAll("[data-when]")) {
		const at = new Date(time.dateTime);
		if (Number.isNaN(at.valueOf())) continue;
		const words = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: zone }).format(at).replace(" at ", ", ");
		const name = document.createElement("span");
		name.className = "soft";
		name.textContent = zone;
		time.replaceChildren(`${words} `, name);
		const yours = time.closest("[data-not]");
		if (yours?.dataset.not === zone) yours.hidden = true; // it says so already
	}
}

// Every zone the browser knows can be found, and the reader's stands first.
for (const input of document.querySelectorAll("[data-zone]")) {
	const touched = [...input.form.querySelectorAll("[type=datetime-local]")].some((field) => field.value);
	if (!touched && input.value === "UTC") input.value = zone;
	const list = input.list;
	const known = new Set([...list.options].map((option) => option.value));
	for (const name of [zone, ...(Intl.supportedValuesOf?.("timeZone") ?? [])]) {
		if (known.has(name)) continue;
		known.add(name);
		const option = document.createElement("option");
		option.value = name;
		list.append(option);
	}
}

// Days are walked with the arrow keys.
const month = document.querySelector("[data-calendar]");

function days() {
	return [...month.querySelectorAll("[data-day]")];
}

function enter(day) {
	for (const other of days()) other.tabIndex = other === day ? 0 : -1;
	day.focus();
}

if (month) {
	const all = days();
	for (const day of all) day.tabIndex = -1;
	(month.querySelector('[aria-current="date"]') ?? all[0]).tabIndex = 0;
	month.addEventListener("keydown", (event) => {
		const day = event.target.closest("[data-day]");
		if (!day || event.ctrlKey || event.metaKey || event.altKey) return;
		const at = all.indexOf(day);
		const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 7, ArrowDown: at + 7, Home: at - (at % 7), End: at - (at % 7) + 6 }[event.key];
		if (event.key === "Enter" && event.target === day) day.querySelector("a")?.click();
		if (to === undefined) return;
		event.preventDefault();
		if (all[to]) enter(all[to]);
		else document.querySelector(`[data-month="${to < 0 ? "before" : "after"}"]`)?.click();
	});
}

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select")) return;
	const to = { "[": "before", "]": "after" }[event.key];
	if (to) document.querySelector(`[data-month="${to}"]`)?.click();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (!form.closest(".decide")) return;
	if (form.dataset.sent) event.preventDefault();
	form.dataset.sent = "";
	setTimeout(() => delete form.dataset.sent, 4000);
});
