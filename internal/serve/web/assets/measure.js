// How long a text is, as people count.

const segmenter = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

/** The length of a text in graphemes, columns (width) or code units (utf16). */
export function measure(text, unit) {
	if (unit === "utf16" || !segmenter) return text.length;
	if (/^[ -~]*$/.test(text)) return text.length;
	let n = 0;
	for (const { segment } of segmenter.segment(text)) n += unit === "width" && wide.test(segment) ? 2 : 1;
	return n;
}

/** Whether a text is longer or shorter than it may be; an empty one never is. */
export function outside(text, { min = 0, max = 0, unit = "grapheme" } = {}) {
	if (!text) return false;
	const n = measure(text, unit);
	return (max > 0 && n > max) || n < min;
}
