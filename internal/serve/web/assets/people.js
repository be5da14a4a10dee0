// Moments in the reader's own zone; their title stays in UTC.
const shown = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
for (const time of document.querySelectorAll("time[data-local]")) {
	time.textContent = shown.format(new Date(time.dateTime));
}
