package email

import "strings"

// writer builds HTML. It writes no blanks between tables, of which the reference
// writes many and which count towards what Gmail shows.
type writer struct {
	buf []byte
}

func (w *writer) text(parts ...string) {
	for _, s := range parts {
		w.buf = append(w.buf, s...)
	}
}

// pair is an attribute of HTML or a declaration of a style; it is written unless
// it is absent. A style's value is its declarations, and a pair without a name is
// several.
type pair struct {
	name   string
	value  string
	absent bool
	many   []pair
}

func is(name, value string) pair { return pair{name: name, value: value} }

// when returns the pair only when it holds.
func when(holds bool, name, value string) pair {
	return pair{name: name, value: value, absent: !holds}
}

func style(declarations ...pair) pair {
	return pair{name: "style", many: declarations}
}

func several(pairs ...pair) pair { return pair{many: pairs} }

// open writes a start tag.
func (w *writer) open(tag string, attributes ...pair) {
	w.text("<", tag)
	w.attributes(attributes)
	w.text(">")
}

// void writes a tag that holds nothing.
func (w *writer) void(tag string, attributes ...pair) {
	w.text("<", tag)
	w.attributes(attributes)
	w.text(" />")
}

func (w *writer) attributes(attributes []pair) {
	for _, a := range attributes {
		switch {
		case a.absent:
			continue
		case a.name == "":
			w.attributes(a.many)
			continue
		}
		w.text(" ", a.name, `="`)
		w.text(a.value)
		w.declarations(a.many)
		w.text(`"`)
	}
}

func (w *writer) declarations(all []pair) {
	for _, d := range all {
		switch {
		case d.absent:
		case d.name == "":
			w.declarations(d.many)
		default:
			w.text(d.name, ":", d.value, ";")
		}
	}
}

// table opens a table that lays out.
func (w *writer) table(attributes ...pair) {
	w.text(`<table border="0" cellpadding="0" cellspacing="0" role="presentation"`)
	w.attributes(attributes)
	w.text(">")
}

const (
	forOutlook = "<!--[if mso | IE]>"
	toAll      = "<![endif]-->"
)

// outlook begins what only Outlook reads, or goes on with it where it just ended.
func (w *writer) outlook() {
	end := len(w.buf)
	for end > 0 && (w.buf[end-1] == '\n' || w.buf[end-1] == ' ') {
		end--
	}
	if before := string(w.buf[max(0, end-len(ending)):end]); strings.HasSuffix(before, toAll) && before != ending {
		w.buf = w.buf[:end-len(toAll)]
		return
	}
	w.text(forOutlook)
}

// all ends it.
func (w *writer) all() { w.text(toAll, "\n") }

// suffixed puts the suffix behind each of the classes.
func suffixed(classes, suffix string) string {
	if classes == "" {
		return ""
	}
	return strings.ReplaceAll(classes, " ", "-"+suffix+" ") + "-" + suffix
}
