package xliff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Translated is a text that may be taken in.
type Translated struct {
	Ref throughline.Ref
	// Text is the translation; Line is where it is in the file.
	Text string
	Line int
}

// Checked is what a file comes to.
type Checked struct {
	Taken []Translated
	// Same counts those that say what is there already, Open those that nobody has
	// translated.
	Same, Open int
	// Problems are the texts that are not taken, each with its line.
	Problems throughline.Problems
	// More counts problems beyond those told.
	More int
}

// Check holds a file against the texts that there are now, those of the order it
// answers. An order in another language is refused as a whole.
func (f *File) Check(o Order) (Checked, error) {
	var c Checked
	switch {
	case f.To == "":
		return c, f.wrong(1, "the file does not say into which language it is translated").WithFix("have the tool name the target language, %s", o.To)
	case f.To != o.To:
		return c, f.wrong(1, "the file is in %s, and not in %s", short(f.To), o.To).WithFix("send the file of that language")
	case f.From != o.From:
		return c, f.wrong(1, "the file is translated from %s, and not from %s", short(f.From), o.From).WithFix("translate from the language it was sent out in")
	}
	texts := map[throughline.Ref]Text{}
	for _, t := range o.Texts {
		texts[t.Ref] = t
	}
	seen := map[string]int{}
	for _, u := range f.units {
		err := f.judge(u, texts, o, seen, &c)
		switch {
		case err == nil:
		case len(c.Problems) < maxProblems:
			c.Problems = append(c.Problems, err)
		default:
			c.More++
		}
	}
	return c, nil
}

// judge takes one text in, or says why not.
func (f *File) judge(u unit, texts map[throughline.Ref]Text, o Order, seen map[string]int, c *Checked) *throughline.Error {
	ref, ok := refOf(u.id)
	if !ok {
		return f.wrong(u.line, "%q is no text of ours", short(u.id)).WithFix("keep the ids of the file that was sent out")
	}
	if first, twice := seen[u.id]; twice {
		return f.wrong(u.line, "%s is on line %d already", ref, first).WithFix("keep one of them")
	}
	seen[u.id] = u.line
	t, ok := texts[ref]
	if !ok {
		return f.wrong(u.line, "%s is not there any more, or has no text in %s", ref, o.From).WithFix("leave it out").In(ref, "")
	}
	known := codes(parse(t.Source, t.Rich))
	source, ok := u.text(known, false)
	if !ok || source != t.Source {
		return f.wrong(u.line, "%s has another text in %s now than the one that was translated", ref, o.From).WithFix("take it out again and have it translated anew").In(ref, "")
	}
	if lang := u.foreign(o.To); lang != "" {
		return f.wrong(u.line, "the translation of %s is in %s, and not in %s", ref, short(lang), o.To).WithFix("translate it into %s", o.To).In(ref, "")
	}
	switch u.done() {
	case 0:
		c.Open++
		return nil
	case 1:
		return f.wrong(u.line, "only a part of %s is translated", ref).WithFix("translate all its segments").In(ref, "")
	}
	said, ok := u.text(known, true)
	switch {
	case !ok:
		return f.wrong(u.line, "the translation of %s has a code that its source has not", ref).WithFix("use only the codes of the source").In(ref, "")
	case strings.TrimSpace(said) == "":
		c.Open++
		return nil
	case said == t.Target:
		c.Same++
		return nil
	}
	if err := f.sound(u, t, said, o); err != nil {
		return err
	}
	c.Taken = append(c.Taken, Translated{ref, said, u.line})
	return nil
}

// sound checks what a translation must have kept, and its length.
func (f *File) sound(u unit, t Text, said string, o Order) *throughline.Error {
	want, got := kept(t.Source, t.Rich), kept(said, t.Rich)
	for _, p := range slices.Sorted(maps.Keys(want)) {
		switch {
		case got[p] == 0:
			return f.wrong(u.line, "the translation of %s has lost %s", t.Ref, short(p)).WithFix("put it where it belongs").In(t.Ref, "")
		case got[p] != want[p]:
			return f.wrong(u.line, "the translation of %s has %s %d times, and its source %d times", t.Ref, short(p), got[p], want[p]).WithFix("keep it as often as the source has it").In(t.Ref, "")
		}
	}
	for _, p := range slices.Sorted(maps.Keys(got)) {
		if want[p] == 0 {
			return f.wrong(u.line, "the translation of %s has %s, which its source has not", t.Ref, short(p)).WithFix("take it out").In(t.Ref, "")
		}
	}
	if t.Length == nil {
		return nil
	}
	n := text.Measure(longest(said, o.Personal), t.Length.Unit)
	switch {
	case t.Length.Max > 0 && n > t.Length.Max:
		return f.wrong(u.line, "the translation of %s has %d %s, and %d may be", t.Ref, n, text.Unit(n, t.Length.Unit), t.Length.Max).WithFix("shorten it by %d", n-t.Length.Max).In(t.Ref, "")
	case n < t.Length.Min:
		return f.wrong(u.line, "the translation of %s has %d %s, and %d are asked for", t.Ref, n, text.Unit(n, t.Length.Unit), t.Length.Min).WithFix("lengthen it").In(t.Ref, "")
	}
	return nil
}

// done says how much of a unit is translated: 0 nothing, 1 a part, 2 all. A
// target in the initial state counts if it says something else than the source:
// not every tool sets states.
func (u unit) done() int {
	has, all := false, true
	for _, s := range u.segments {
		if s.between {
			continue
		}
		if s.target != nil && shape(s.target) != "" && (s.state != initial || shape(s.target) != shape(s.source)) {
			has = true
		} else {
			all = false
		}
	}
	switch {
	case !has:
		return 0
	case !all:
		return 1
	}
	return 2
}

// shape is an element's text with its codes by their ids.
func shape(e *elem) string {
	var b strings.Builder
	flat(&b, e, func(k *elem, end bool) (string, bool) {
		return "\x00" + cmp.Or(k.attr("id"), k.attr("rid"), k.attr("startRef")) + "\x00", true
	})
	return b.String()
}

// foreign returns the language that a target says it is in, if it is another.
func (u unit) foreign(to string) string {
	for _, s := range u.segments {
		if s.target != nil && s.target.lang() != "" && tag(s.target.lang()) != to {
			return s.target.lang()
		}
	}
	return ""
}

// text writes the source or the target of a unit with its codes as they are in
// the text; ok is false where a code is none of the source's.
func (u unit) text(known map[string]part, target bool) (string, bool) {
	segments := slices.Clone(u.segments)
	if target {
		slices.SortStableFunc(segments, func(a, b segment) int { return cmp.Compare(a.order, b.order) })
	}
	var b strings.Builder
	starts := map[string]string{} // the codes that sc and bx began, by their id
	for _, s := range segments {
		e := s.source
		if target && s.target != nil {
			e = s.target
		}
		if !flat(&b, e, func(k *elem, end bool) (string, bool) { return u.say(k, end, known, starts) }) {
			return "", false
		}
	}
	return b.String(), true
}

// say returns what stands for a code: what the file says it is, or the code of
// that id in the source there is.
func (u unit) say(k *elem, end bool, known map[string]part, starts map[string]string) (string, bool) {
	id := cmp.Or(k.attr("id"), k.attr("rid"))
	switch k.name {
	case "ph", "x", "it":
		return u.data1(k, "dataRef", known[id].open)
	case "pc", "g":
		if end {
			return u.data1(k, "dataRefEnd", known[id].close)
		}
		return u.data1(k, "dataRefStart", known[id].open)
	case "sc", "bx", "bpt":
		starts[id] = known[id].close
		return u.data1(k, "dataRef", known[id].open)
	case "ec", "ex", "ept":
		of := cmp.Or(k.attr("startRef"), k.attr("rid"), id)
		return u.data1(k, "dataRef", cmp.Or(starts[of], known[of].close))
	}
	return "", false
}

// data1 returns what a code is: by the data it names, by the words in it as in
// XLIFF 1.2, or else as the source has it.
func (u unit) data1(k *elem, ref, or string) (string, bool) {
	if d, ok := u.data[k.attr(ref)]; ok {
		return d, true
	}
	if k.name == "ph" || k.name == "it" || k.name == "bpt" || k.name == "ept" {
		if s := words(k); s != "" {
			return s, true
		}
	}
	return or, or != ""
}
