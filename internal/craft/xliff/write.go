package xliff

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The namespaces of a file.
const (
	core  = "urn:oasis:names:tc:xliff:document:2.0" // of 2.1 as well
	core1 = "urn:oasis:names:tc:xliff:document:1.2"
	sizes = "urn:oasis:names:tc:xliff:sizerestriction:2.0"
	match = "urn:oasis:names:tc:xliff:matches:2.0"
)

// Write writes an order as a file of XLIFF 2.1. A length in characters or UTF-16
// units is a size restriction; one that the standard has no profile for is said
// in a note. A character is a code point there and what a reader takes for one
// here, so that a text that keeps to the file's bound keeps to ours.
func Write(o Order) []byte {
	w := &writer{personal: o.Personal}
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.raw(`<xliff xmlns="` + core + `" xmlns:slr="` + sizes + `" xmlns:mtc="` + match + `" version="2.1"`)
	w.attr("srcLang", o.From)
	w.attr("trgLang", o.To)
	w.raw(">\n<file id=\"f1\" original=\"throughline\" xml:space=\"preserve\">\n")
	w.raw(`<slr:profiles generalProfile="xliff:codepoints" storageProfile="xliff:utf16"/>` + "\n")
	w.notes(o.Notes)
	for _, t := range o.Texts {
		w.unit(t)
	}
	w.raw("</file>\n</xliff>\n")
	return []byte(w.out.String())
}

type writer struct {
	out      strings.Builder
	personal map[string]throughline.PersonalField
	data     map[string]string // of the unit, what a code is, to its id
}

func (w *writer) raw(s string) { w.out.WriteString(s) }

func (w *writer) attr(name, value string) {
	w.raw(" " + name + `="`)
	xml.EscapeText(&w.out, []byte(value)) // a builder does not fail
	w.raw(`"`)
}

func (w *writer) unit(t Text) {
	parts := parse(t.Source, t.Rich)
	before, old := []part(nil), []part(nil)
	if t.Target != "" && t.Before != "" {
		before, old = parse(t.Before, t.Rich), parse(t.Target, t.Rich)
		renumber(before, parts)
		renumber(old, parts)
	}
	w.data = map[string]string{}
	w.raw("<unit")
	w.attr("id", idOf(t.Ref))
	w.attr("name", t.Ref.String())
	told := w.bound(t.Length)
	w.raw(">\n")
	order := w.collect(parts, before, old)
	if before != nil {
		w.raw("<mtc:matches><mtc:match ref=\"#s1\"")
		w.attr("origin", "the translation there is, of the text as it was")
		w.raw("><source>")
		w.parts(before)
		w.raw("</source><target>")
		w.parts(old)
		w.raw("</target></mtc:match></mtc:matches>\n")
	}
	w.notes(append(slices.Clone(t.Notes), told...))
	if len(order) > 0 {
		w.raw("<originalData>")
		for _, d := range order {
			w.raw("<data")
			w.attr("id", w.data[d])
			w.raw(">")
			w.words(d)
			w.raw("</data>")
		}
		w.raw("</originalData>\n")
	}
	w.raw(`<segment id="s1"><source>`)
	w.parts(parts)
	w.raw("</source></segment>\n</unit>\n")
}

// renumber gives codes the ids of those in the source that are the same, so that
// a tool can take a match over; others are counted on.
func renumber(parts, source []part) {
	free := codes(source)
	next := len(free)
	var walk func([]part)
	walk = func(parts []part) {
		for i := range parts {
			p := &parts[i]
			if p.mark != plain {
				p.id = ""
				for n := 1; n <= len(codes(source)) && p.id == ""; n++ {
					if id := strconv.Itoa(n); free[id].open == p.open && free[id].close == p.close && free[id].mark == p.mark {
						p.id = id
						delete(free, id)
					}
				}
				if p.id == "" {
					next++
					p.id = strconv.Itoa(next)
				}
			}
			walk(p.parts)
		}
	}
	walk(parts)
}

// collect gives what codes are in the text an id, in order.
func (w *writer) collect(texts ...[]part) (order []string) {
	take := func(s string) {
		if _, ok := w.data[s]; !ok && s != "" {
			w.data[s] = "d" + strconv.Itoa(len(order)+1)
			order = append(order, s)
		}
	}
	var walk func([]part)
	walk = func(parts []part) {
		for _, p := range parts {
			take(p.open)
			take(p.close)
			walk(p.parts)
		}
	}
	for _, parts := range texts {
		walk(parts)
	}
	return order
}

// bound writes a length as a restriction, and returns it as a note.
func (w *writer) bound(l *throughline.Length) []Note {
	if l == nil || l.Min == 0 && l.Max == 0 {
		return nil
	}
	is := strconv.Itoa(l.Max)
	if l.Min > 0 {
		is = strconv.Itoa(l.Min) + "," + is
	}
	switch {
	case l.Max == 0:
	case l.Unit == "" || l.Unit == throughline.Grapheme:
		w.attr("slr:sizeRestriction", is)
	case l.Unit == throughline.UTF16:
		w.attr("slr:storageRestriction", is)
	}
	says := counted("at most", l.Max, l.Unit)
	switch {
	case l.Max == 0:
		says = counted("at least", l.Min, l.Unit)
	case l.Min > 0:
		says = counted(fmt.Sprintf("from %d to", l.Min), l.Max, l.Unit)
	}
	return []Note{{"length", says}}
}

func counted(before string, n int, unit throughline.LengthUnit) string {
	return fmt.Sprintf("%s %d %s", before, n, text.Unit(n, unit))
}

func (w *writer) notes(notes []Note) {
	if len(notes) == 0 {
		return
	}
	w.raw("<notes>")
	for i, n := range notes {
		w.raw("<note")
		w.attr("id", "n"+strconv.Itoa(i+1))
		w.attr("category", n.About)
		w.raw(">")
		w.attrText(n.Text)
		w.raw("</note>")
	}
	w.raw("</notes>\n")
}

// attrText writes text where no code may stand: what XML cannot hold is left out.
func (w *writer) attrText(s string) {
	xml.EscapeText(&w.out, []byte(strings.Map(func(r rune) rune {
		if !legal(r) {
			return -1
		}
		return r
	}, s)))
}

// words writes a text; a character that XML cannot hold is a code point.
func (w *writer) words(s string) {
	from := 0
	for i, r := range s {
		if legal(r) {
			continue
		}
		xml.EscapeText(&w.out, []byte(s[from:i]))
		fmt.Fprintf(&w.out, `<cp hex="%04X"/>`, r)
		from = i + len(string(r))
	}
	xml.EscapeText(&w.out, []byte(s[from:]))
}

// legal reports whether XML 1.0 may hold a character.
func legal(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
}

func (w *writer) parts(parts []part) {
	for _, p := range parts {
		switch p.mark {
		case plain:
			w.words(p.text)
		case placeholder, bullet:
			w.alone(p)
		case bold, italic, link:
			w.pair(p)
		}
	}
}

func (w *writer) alone(p part) {
	w.raw("<ph")
	w.attr("id", p.id)
	w.attr("dataRef", w.data[p.open])
	if p.mark == placeholder {
		w.raw(` canCopy="no" canDelete="no"`)
		w.attr("disp", p.open)
		if most := mostOf(p.open, w.personal); most > 0 {
			w.attr("slr:sizeInfo", strconv.Itoa(most))
		}
	} else {
		w.attr("equiv", p.open)
	}
	w.raw("/>")
}

func (w *writer) pair(p part) {
	w.raw("<pc")
	w.attr("id", p.id)
	w.attr("dataRefStart", w.data[p.open])
	w.attr("dataRefEnd", w.data[p.close])
	switch p.mark {
	case bold:
		w.raw(` type="fmt" subType="xlf:b"`)
	case italic:
		w.raw(` type="fmt" subType="xlf:i"`)
	default:
		w.raw(` canCopy="no" canDelete="no" type="link"`)
		w.attr("dispEnd", p.close)
	}
	w.raw(">")
	w.parts(p.parts)
	w.raw("</pc>")
}
