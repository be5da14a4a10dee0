// Tables as text: what spreadsheets put on the clipboard.

/**
 * Reads cells separated by tabs, rows by line ends. A cell in quotes may hold
 * both, and its quotes doubled. Stops at `most` cells and says so.
 */
export function parse(text, most) {
	const rows = [[]];
	let at = 0;
	let cells = 0;
	while (at <= text.length) {
		if (++cells > most) return { rows, cut: true };
		let cell;
		const closes = text[at] === '"' ? close(text, at) : -1;
		if (closes > 0) {
			cell = text.slice(at + 1, closes).replaceAll('""', '"');
			at = closes + 1;
		} else {
			const end = next(text, at);
			cell = text.slice(at, end);
			at = end;
		}
		rows.at(-1).push(cell.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
		if (at >= text.length) break;
		if (text[at] === "\t") {
			at++;
			continue;
		}
		at += text.startsWith("\r\n", at) ? 2 : 1;
		if (at >= text.length) break; // a line end after the last row
		rows.push([]);
	}
	return { rows, cut: false };
}

function next(text, from) {
	let at = from;
	while (at < text.length && !"\t\n\r".includes(text[at])) at++;
	return at;
}

/** Where a quoted cell closes, or -1 when its quote is only part of the text. */
function close(text, from) {
	for (let at = text.indexOf('"', from + 1); at > 0; at = text.indexOf('"', at + 1)) {
		if (text[at + 1] === '"') {
			at++;
			continue;
		}
		return at + 1 === text.length || "\t\n\r".includes(text[at + 1]) ? at : -1;
	}
	return -1;
}

/** Writes rows so that parse, and a spreadsheet, reads them as they are. */
export function write(rows) {
	const quoted = (cell) => (/["\t\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
	return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}
