package email

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed tags.txt
var tagsText string

// vocabulary is the tags that the renderer knows, by name.
type vocabulary map[string]*tag

// tag is one of them.
type tag struct {
	name       string
	content    bool // its inside is text or HTML, not MJML
	in         []string
	attributes []*attr // in the order of tags.txt
	types      map[string]*attr
	defaults   map[string]string
}

// attr is an attribute that a tag may have.
type attr struct {
	name    string
	is      form
	words   []string // of an enumeration, with "" among them when it may be empty
	units   []string // of a length
	most    int      // lengths at once
	told    string   // the type as in tags.txt
	initial string   // the default as written; "" when there is none
}

// form is what kind of value an attribute takes.
type form uint8

const (
	anyText form = iota
	colour
	wholeNumber
	trueFalse
	oneOf
	length
	signedLength
)

// words returns the vocabulary, read once.
var words = sync.OnceValue(func() vocabulary {
	all := vocabulary{}
	var t *tag
	for line := range strings.Lines(tagsText) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '\t':
			t = newTag(line)
			all[t.name] = t
		default:
			t.add(strings.Split(line[1:], "\t"))
		}
	}
	return all
})

// newTag reads "mj-text content in mj-column mj-hero".
func newTag(line string) *tag {
	head, in, _ := strings.Cut(line, " in ")
	name, more, _ := strings.Cut(head, " ")
	return &tag{name: name, content: more == "content", in: strings.Fields(in), types: map[string]*attr{}, defaults: map[string]string{}}
}

// add reads the columns name, type and default.
func (t *tag) add(columns []string) {
	a := newAttr(columns[0], columns[1])
	if len(columns) > 2 {
		a.initial = columns[2]
		t.defaults[a.name] = strings.Trim(columns[2], `"`)
	}
	t.attributes = append(t.attributes, a)
	t.types[a.name] = a
}

func newAttr(name, told string) *attr {
	a := &attr{name: name, told: told, most: 1}
	kind, inside, bracket := strings.Cut(told, "(")
	switch {
	case bracket:
		a.is = length
		if kind == "signed" {
			a.is = signedLength
		}
		units, most, _ := strings.Cut(inside, ")")
		a.units = strings.Split(units, ",")
		if n, err := strconv.Atoi(strings.TrimPrefix(most, "*")); err == nil {
			a.most = n
		}
	case told == "text":
		a.is = anyText
	case told == "color":
		a.is = colour
	case told == "integer":
		a.is = wholeNumber
	case told == "boolean":
		a.is = trueFalse
	default:
		a.is = oneOf
		for word := range strings.SplitSeq(told, "|") {
			a.words = append(a.words, strings.Trim(word, `"`))
		}
	}
	return a
}

// body reports whether the tag is drawn, so that mj-attributes may set defaults
// for it and it may have a css-class.
func (t *tag) body() bool {
	switch t.name {
	case "mjml", "mj-head", "mj-title", "mj-preview", "mj-attributes", "mj-all", "mj-class", "mj-style", "mj-font",
		"mj-breakpoint", "mj-html-attributes", "mj-selector", "mj-html-attribute":
		return false
	}
	return true
}

// later are the tags of MJML that the renderer does not draw.
func later(name string) string {
	switch name {
	case "mj-include":
		return "put the file's content here: a source is one text, so that it has one digest"
	case "mj-carousel", "mj-carousel-image":
		return "use mj-image; few mail clients turn pictures"
	}
	return ""
}
