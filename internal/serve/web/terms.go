package web

import (
	"bytes"
	"html/template"
	"regexp"
	"slices"
	"strings"
)

// definition is a word of ours and what it means. Every such word on a page
// opens it.
type definition struct {
	// ID is the word in lower case with dashes, Word how it is written.
	ID, Word string
	// Means is what the glossary says, without its emphasis.
	Means string
}

// glossary is what docs/glossary.md defines. Pages take their words from there,
// so that a word means the same in both.
type glossary struct {
	all  []definition
	byID map[string]definition
}

var (
	defines  = regexp.MustCompile(`(?m)^\*\*([^*]+)\.\*\* (.+)$`)
	emphasis = regexp.MustCompile("[*`]|\\[([^]]*)\\]\\([^)]*\\)")
)

// newGlossary reads the entries of a text: a paragraph each, that begins with
// the words it defines in bold.
func newGlossary(text string) *glossary {
	g := &glossary{byID: make(map[string]definition)}
	for _, m := range defines.FindAllStringSubmatch(text, -1) {
		for word := range strings.SplitSeq(m[1], ", ") {
			d := definition{ID: termID(word), Word: word, Means: emphasis.ReplaceAllString(m[2], "$1")}
			g.all = append(g.all, d)
			g.byID[d.ID] = d
		}
	}
	return g
}

func termID(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), " ", "-")
}

// find returns the definition of a word, which may be in the plural.
func (g *glossary) find(word string) (definition, bool) {
	id := termID(word)
	for _, singular := range []string{id, strings.TrimSuffix(id, "s"), strings.TrimSuffix(id, "ies") + "y"} {
		if d, ok := g.byID[singular]; ok {
			return d, true
		}
	}
	return definition{}, false
}

// button writes a word that opens the definition of a term; text is how the word
// reads where it stands. It works by pointer and keyboard, without scripts. A
// word that the glossary lacks stays a word.
func (g *glossary) button(term, text string) template.HTML {
	d, ok := g.find(term)
	if !ok {
		return template.HTML(template.HTMLEscapeString(text))
	}
	return template.HTML(`<button type="button" class="term" popovertarget="` + cardID(d) + `">` + template.HTMLEscapeString(text) + `</button>`)
}

func cardID(d definition) string { return "term-" + d.ID }

var opener = regexp.MustCompile(`popovertarget="term-([a-z-]+)"`)

// define puts the definitions of the words that a page opens at its end.
func (g *glossary) define(page []byte) []byte {
	end := bytes.LastIndex(page, []byte("</body>"))
	if end < 0 {
		return page
	}
	var ids []string
	for _, m := range opener.FindAllSubmatch(page, -1) {
		ids = append(ids, string(m[1]))
	}
	slices.Sort(ids)
	var cards []byte
	for _, id := range slices.Compact(ids) {
		if d, ok := g.byID[id]; ok {
			cards = append(cards, `<div id="`+cardID(d)+`" class="float term-card" popover><dfn>`+template.HTMLEscapeString(d.Word)+`</dfn> `+template.HTMLEscapeString(d.Means)+"</div>\n"...)
		}
	}
	return slices.Insert(page, end, cards...)
}
