package web

import (
	"html/template"
	"strings"
	"unicode"
)

// diffMost bounds the words compared one by one: beyond it all of what differs
// is shown as one change, since nobody reads more in pieces.
const diffMost = 600

// diffText shows what changed between two texts, word by word: what went as del,
// what came as ins.
func diffText(before, after string) template.HTML {
	a, b := splitWords(before), splitWords(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var d diffWriter
	d.write("", strings.Join(a[:head], ""))
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	d.write("", strings.Join(a[len(a)-tail:], ""))
	return d.html()
}

// splitWords cuts a text into words and what is between them, so that joined
// they are the text again.
func splitWords(s string) (words []string) {
	from, kind := 0, -1
	for i, r := range s {
		k := 0
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			k = 1
		case unicode.IsSpace(r):
			k = 2
		}
		if i > from && (k != kind || k == 0) {
			words = append(words, s[from:i])
			from = i
		}
		kind = k
	}
	if from < len(s) {
		words = append(words, s[from:])
	}
	return words
}

// diffWriter joins neighbours of one kind.
type diffWriter struct {
	out  strings.Builder
	kind string
	run  strings.Builder
}

func (d *diffWriter) write(kind, s string) {
	if s == "" {
		return
	}
	if kind != d.kind {
		d.flush()
		d.kind = kind
	}
	d.run.WriteString(s)
}

func (d *diffWriter) flush() {
	text := template.HTMLEscapeString(d.run.String())
	d.run.Reset()
	if text == "" {
		return
	}
	if d.kind != "" {
		text = "<" + d.kind + ">" + text + "</" + d.kind + ">"
	}
	d.out.WriteString(text)
}

func (d *diffWriter) html() template.HTML {
	d.flush()
	return template.HTML(d.out.String())
}

// middle writes the longest common subsequence of what is left, found by dynamic
// programming from the end.
func (d *diffWriter) middle(a, b []string) {
	if len(a)*len(b) > diffMost*diffMost {
		d.write("del", strings.Join(a, ""))
		d.write("ins", strings.Join(b, ""))
		return
	}
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			d.write("", a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			d.write("del", a[i])
			i++
		default:
			d.write("ins", b[j])
			j++
		}
	}
}
