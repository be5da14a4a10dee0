package shown

import (
	"fmt"
	"image"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Issue is what a measure has to say about a place.
type Issue struct {
	// Rule names the check, such as contrast.dark or link.https.
	Rule string
	Got  string
	Want string
	Fix  string
	// Unknown is set where it could not be told; that is not a pass.
	Unknown bool
	// Line and Column count from 1, or are 0 for the document as a whole.
	Line, Column int
	Slot         string
}

func (p Place) issue(rule, got, want, fix string) Issue {
	return Issue{Rule: rule, Got: got, Want: want, Fix: fix, Line: p.Line, Column: p.Column, Slot: p.Slot}
}

func (i Issue) unknown() Issue {
	i.Unknown = true
	return i
}

// Contrasts holds each text against WCAG 2.2, 1.4.3 in the modes, or in all when
// none is given: 4.5, or 3 from 24 CSS pixels, or from 18.66 in bold. A text over
// a picture is unknown. Hidden text is left out. A pair that fails in the same
// way at several places is told at the first of each slot.
func Contrasts(s Shown, in ...Mode) []Issue {
	if len(in) == 0 {
		in = Modes()
	}
	var out []Issue
	told := map[string]bool{}
	for _, d := range s.doubts {
		out = append(out, d.issue("contrast.rule", "whether the rule "+shorten(d.rule)+" holds", "colours that can be read", "write it with classes alone, so that every client shows the same").unknown())
	}
	for _, t := range s.Texts {
		if t.Hidden {
			continue
		}
		for _, m := range in {
			i, bad := s.contrastOf(&t, m)
			key := i.Rule + i.Got + i.Slot
			if bad && !told[key] {
				told[key] = true
				out = append(out, i)
			}
		}
	}
	return out
}

// Pair is two colours that may not meet, and what people call them.
type Pair struct {
	One, Other         contrast.Color
	OneName, OtherName string
}

// Meet tells of texts in one colour of a pair that stand on the other, in the
// light or in the dark as the mail or page itself sets them.
func Meet(s Shown, pairs []Pair) []Issue {
	var out []Issue
	for i := range s.Texts {
		t := &s.Texts[i]
		for _, m := range []Mode{Light, Dark} {
			l := t.Looks[m]
			if t.Hidden || l.Unsure != "" || l.Picture != "" {
				continue // which contrast tells
			}
			for _, p := range pairs {
				if l.Color == p.One && l.Ground == p.Other || l.Color == p.Other && l.Ground == p.One {
					out = append(out, t.issue("contrast.never", p.OneName+" meets "+p.OtherName+", "+m.String(), "colours that may meet", "give the text or its ground another colour"))
				}
			}
		}
	}
	return out
}

func (s *Shown) contrastOf(t *Text, m Mode) (Issue, bool) {
	l := t.Looks[m]
	rule := "contrast." + [...]string{"light", "dark", "partial", "full"}[m]
	use := contrast.UseOf(l.Size, l.Weight >= 700)
	want := fmt.Sprintf("at least %g", use.Needs())
	switch {
	case l.Unsure != "":
		return t.issue(rule, l.Unsure+" cannot be worked out", want, "write it as a plain colour and a size in px").unknown(), true
	case l.Picture != "":
		if s.open != nil {
			if picture := s.open(l.Picture); picture != nil {
				return overPicture(t, m, rule, use, picture)
			}
		}
		return t.issue(rule, "text over "+shorten(l.Picture), want, "measure the text against the picture, or put a plain colour under it").unknown(), true
	}
	color := l.Color.WithAlpha(l.Color.A * l.Opacity)
	ratio := contrast.Ratio(color, l.Ground)
	if ratio >= use.Needs() {
		return Issue{}, false
	}
	// Cut, not rounded, so that what fails does not look like what is wanted.
	got := fmt.Sprintf("%.2f for %s on %s, %s", float64(int(ratio*100))/100, color.Hex(), l.Ground.Hex(), m)
	fix := "make the text darker or the ground lighter"
	switch {
	case m == Dark:
		fix = "set colours for the dark that go together"
	case m == Partial:
		fix = "set text and ground under [data-ogsc] and [data-ogsb]"
	case m == Full:
		fix = "choose colours that stay apart when both are turned"
	case l.Ground.Luminance() < 0.18:
		fix = "make the text lighter or the ground darker"
	}
	return t.issue(rule, got, want, fix), true
}

// overPicture measures a text on a picture. Where on it the text will stand nobody
// knows before it is laid out: what reads everywhere passes, what reads on less
// than half fails, and what is between cannot be told.
func overPicture(t *Text, m Mode, rule string, use contrast.Use, picture image.Image) (Issue, bool) {
	l := t.Looks[m]
	color := l.Color.WithAlpha(l.Color.A * l.Opacity)
	worst, err := contrast.WorstOver(picture, picture.Bounds(), color, l.Ground, use.Needs())
	if err != nil || worst.Below == 0 {
		return Issue{}, false
	}
	got := fmt.Sprintf("%s over %s, %s: under %g on %.0f %% of it, %.2f at worst on %s", color.Hex(), shorten(l.Picture), m, use.Needs(), math.Ceil(100*worst.Below), float64(int(worst.Ratio*100))/100, worst.Under.Hex())
	i := t.issue(rule, got, fmt.Sprintf("at least %g wherever it stands", use.Needs()), "lay a plain colour between text and picture, or use a picture that is calmer there")
	if worst.Below <= 0.5 {
		i = i.unknown()
	}
	return i, true
}

// Safety tells what could run, load or send when the document is shown.
func Safety(s Shown) []Issue {
	var out []Issue
	for _, r := range s.Risks {
		out = append(out, r.issue("safety."+r.What, r.Got, "nothing that runs, loads or sends", safer(r.What)))
	}
	return out
}

func safer(what string) string {
	switch what {
	case "form":
		return "link to a page with the form"
	case "style":
		return "write the rules into a style element, with fonts that are there"
	case "address":
		return "use an https address"
	}
	return "take it out; mail clients drop it or refuse the mail"
}

// Accessibility tells what keeps people with assistive technology out: pictures
// without an alternative (WCAG 1.1.1) or with a file's name for one, no language
// (3.1.1), no title (2.4.2), headings out of order (1.3.1), tables for layout that
// do not say so, and buttons under 24 CSS pixels (2.5.8).
func Accessibility(s Shown) []Issue {
	var out []Issue
	for _, p := range s.Pictures {
		alt := strings.TrimSpace(p.Alt)
		switch {
		case p.Hidden:
		case !p.HasAlt:
			out = append(out, p.issue("access.alt", "no alt", "the picture in words", `write what the picture says, or alt="" when it says nothing`))
		case isFileName(alt, p.Src):
			out = append(out, p.issue("access.alt", shorten(alt), "the picture in words", "write what the picture says instead of its file's name"))
		case alt == "" && p.Link >= 0 && s.Links[p.Link].Text == "":
			out = append(out, p.issue("access.alt", "a link with nothing but a picture, which says nothing", "where the link leads", "write where the link leads into alt"))
		}
	}
	st := s.Structure
	if st.Whole && st.Lang == "" {
		out = append(out, Issue{Rule: "access.lang", Got: "no lang", Want: "the language of the text", Fix: `write <html lang="en">, or the language it is`})
	}
	if st.Whole && st.Title == "" {
		out = append(out, Issue{Rule: "access.title", Got: "no title", Want: "what the document is about", Fix: "write a title element"})
	}
	out = append(out, headings(st.Headings)...)
	for _, p := range st.Tables {
		out = append(out, p.issue("access.table", "a table without headers or a role", `role="presentation", or header cells`, `write role="presentation" when it only lays out`))
	}
	for _, l := range s.Links {
		switch {
		case l.Height < 0:
			out = append(out, l.issue("access.target", "a button whose height cannot be told", "at least 24 px", "give its padding in px").unknown())
		case l.Height > 0 && l.Height < 24:
			out = append(out, l.issue("access.target", fmt.Sprintf("%.0f px high", l.Height), "at least 24 px", "give it more padding"))
		}
	}
	return out
}

func headings(all []Heading) []Issue {
	var out []Issue
	last := 0
	for _, h := range all {
		switch {
		case h.Text == "":
			out = append(out, h.issue("access.heading", fmt.Sprintf("an empty h%d", h.Level), "words", "take it out or give it words"))
		case last > 0 && h.Level > last+1:
			out = append(out, h.issue("access.heading", fmt.Sprintf("h%d after h%d", h.Level, last), fmt.Sprintf("h%d or less", last+1), "leave no level out"))
		}
		last = h.Level
	}
	return out
}

// isFileName tells an alternative that a program wrote.
func isFileName(alt, src string) bool {
	if alt == "" || strings.ContainsAny(alt, " \u00a0") {
		return false
	}
	name := path.Base(src)
	ending := strings.ToLower(path.Ext(alt))
	known := slices.Contains([]string{".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".bmp"}, ending)
	return known || len(alt) > 4 && strings.EqualFold(strings.TrimSuffix(name, path.Ext(name)), alt) && strings.ContainsAny(alt, "-_0123456789")
}

// GmailClip is the size in bytes over which Gmail cuts a mail off.
const GmailClip = 102_400

// Size holds the bytes against a limit, such as GmailClip.
func Size(s Shown, limit int) []Issue {
	if s.Bytes <= limit {
		return nil
	}
	return []Issue{{
		Rule: "size", Got: fmt.Sprintf("%d bytes", s.Bytes), Want: fmt.Sprintf("at most %d", limit),
		Fix: "take out what can go; Gmail hides what is beyond, the link to unsubscribe first",
	}}
}
