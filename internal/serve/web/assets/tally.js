// How many changes the draft has, in the bar below a page that makes some. With
// none there is nothing to review, and the way there is not offered as the next
// thing to do.

export function tally(bar, items) {
	const words = bar.querySelector("[data-changes]");
	words.textContent = items === 1 ? "1 change" : `${items} changes`;
	words.hidden = items === 0;
	const review = bar.querySelector("[data-review]");
	review.classList.toggle("act", items > 0);
	review.classList.toggle("button", items === 0);
}
