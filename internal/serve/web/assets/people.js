// Moments in the reader's own zone; their title stays in UTC.
const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[data-local]")) {
	time.textContent = shown.format(new Date(time.dateTime));
}
