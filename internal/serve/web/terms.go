package web

import (
	"html/template"
	"strings"
)

// definition is a word of ours and what it means. Every such word on a page
// opens it.
type definition struct {
	// ID is the word in lower case with dashes, Word how it is written.
	ID, Word string
	Means    string
}

// definitions returns the words that pages explain.
func definitions() []definition {
	all := []definition{
		{Word: "Brief", Means: "What is wanted, for whom, why and by when. Everything made for it leads back to it."},
		{Word: "Make", Means: "Templates and pieces meet here and become variants: every filling of a template's slots that its constraints allow."},
		{Word: "Check", Means: "Guardrails read every variant before it may go live, and say what they found, where, and how to mend it."},
		{Word: "Release", Means: "A set of changes that goes live together, with its author, its diff and its risk. It can be rolled back as one."},
		{Word: "Decide", Means: "Each request is answered with one variant, chosen by the placement's policy among those the recipient may see."},
		{Word: "Deliver", Means: "A delivery is an exposure that was confirmed: a recipient really saw the variant. It is what every rate is counted over."},
		{Word: "Learn", Means: "Outcomes change what the policy believes of each piece, and from the next epoch on its choices change with it."},
		{Word: "placement", Means: "A named point where content is asked for, with its channel, who may see it, how it chooses and what it falls back to."},
		{Word: "variant", Means: "One filling of a template's slots, in one language. The same filling has the same id wherever it appears."},
		{Word: "slots", Means: "A slot is a typed place in a template, such as the headline. Learning counts what each filling of a slot does."},
		{Word: "holdout", Means: "The share of recipients kept away from the policy, always the same ones, so that what choosing is worth can be told."},
		{Word: "uplift", Means: "How much higher the rate is where the policy chose than in the holdout. Its interval holds whenever you look, not only at the end."},
		{Word: "interval", Means: "The range, in brackets, that the true value lies in with 95 % confidence. A wide one means few cases."},
		{Word: "rate", Means: "Outcomes that reached the goal within its window, per delivery."},
		{Word: "policy", Means: "How a placement chooses: learned, uniform, explore-then-commit or fixed."},
		{Word: "goal", Means: "The outcome that counts for a placement, and how long after an exposure it does."},
		{Word: "deliveries", Means: "Confirmed exposures: a recipient really saw the variant. What was decided but never seen is not counted."},
		{Word: "simulated", Means: "The recipients are made up by the demo. They use the same doors as real ones, and their true preferences are known, so what the engine learned can be checked."},
		{Word: "owner", Means: "The one person who accepted to answer for the engine. Parts of it may have their own owner; what has none is theirs."},
		{Word: "sticky", Means: "For how long a recipient keeps the first variant they were served."},
	}
	for i := range all {
		all[i].ID = termID(all[i].Word)
	}
	return all
}

func termID(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), " ", "-")
}

// termButtons returns what writes a word that opens the definition of a term;
// text is how the word reads where it stands. It works by pointer and keyboard,
// without scripts. A word that we do not define stays a word.
func termButtons() func(term, text string) template.HTML {
	known := make(map[string]string)
	for _, d := range definitions() {
		known[d.Word] = d.ID
	}
	return func(term, text string) template.HTML {
		id, ok := known[term]
		if !ok {
			return template.HTML(template.HTMLEscapeString(text))
		}
		return template.HTML(`<button type="button" class="term" popovertarget="term-` + id + `">` + template.HTMLEscapeString(text) + `</button>`)
	}
}
