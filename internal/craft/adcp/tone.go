package adcp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// How a brand's voice holds what a brand.json keeps apart: a line each.
const (
	traits = "Traits: "
	do     = "Do: "
	dont   = "Don't: "
)

// tone is what a brand.json says of how a brand sounds.
type tone struct {
	Voice      string   `json:"voice,omitempty"`
	Attributes []string `json:"attributes,omitempty"`
	Dos        []string `json:"dos,omitempty"`
	Donts      []string `json:"donts,omitempty"`
}

func (t tone) empty() bool {
	return t.Voice == "" && len(t.Attributes)+len(t.Dos)+len(t.Donts) == 0
}

// text writes a tone as a brand's voice, which toneOf reads.
func (t tone) text() string {
	var lines []string
	if v := strings.TrimSpace(t.Voice); v != "" {
		lines = append(lines, v)
	}
	if len(t.Attributes) > 0 {
		lines = append(lines, traits+strings.Join(t.Attributes, ", "))
	}
	for _, s := range t.Dos {
		lines = append(lines, do+s)
	}
	for _, s := range t.Donts {
		lines = append(lines, dont+s)
	}
	return strings.Join(lines, "\n")
}

// toneOf reads a brand's voice.
func toneOf(voice string) (t tone) {
	var said []string
	for line := range strings.Lines(voice) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, traits); ok {
			for a := range strings.SplitSeq(rest, ",") {
				if a = strings.TrimSpace(a); a != "" {
					t.Attributes = append(t.Attributes, a)
				}
			}
		} else if rest, ok := strings.CutPrefix(line, dont); ok && strings.TrimSpace(rest) != "" {
			t.Donts = append(t.Donts, strings.TrimSpace(rest))
		} else if rest, ok := strings.CutPrefix(line, do); ok && strings.TrimSpace(rest) != "" {
			t.Dos = append(t.Dos, strings.TrimSpace(rest))
		} else if line != "" {
			said = append(said, line)
		}
	}
	t.Voice = strings.Join(said, "\n")
	return t
}

// A sentence that does nothing but refuse words, and perhaps name a better one,
// works as a term: Do not write "log in", "login"; write "sign in".
var (
	refusal = regexp.MustCompile(`^(?i:do not|don['’]t|never|avoid)(?: (?i:say|use|write|saying|using|writing))?(?: (?i:the))?(?: (?i:words?|terms?|phrases?))? (` + quoted + `(?:(?:, (?:or |and )?| or | and )` + quoted + `)*)(?:[;,] (?i:say|use|write) (` + quoted + `)(?: (?i:instead))?)?\.?(?: \(([^()]*)\))?$`)
	within  = regexp.MustCompile(quoted)
)

const quoted = `(?:"[^"“”]+"|“[^"“”]+”)`

// termOf reads a sentence as a term, if it is nothing else.
func termOf(sentence string) (t throughline.Term, ok bool) {
	m := refusal.FindStringSubmatch(sentence)
	if m == nil {
		return t, false
	}
	for _, q := range within.FindAllString(m[1], -1) {
		if w := strings.TrimSpace(strings.Trim(q, `"“”`)); w != "" {
			t.Avoid = append(t.Avoid, w)
		}
	}
	t.Prefer, t.Why = strings.TrimSpace(strings.Trim(m[2], `"“”`)), m[3]
	if slices.ContainsFunc(t.Avoid, func(a string) bool { return strings.EqualFold(a, t.Prefer) }) {
		return t, false
	}
	return t, len(t.Avoid) > 0
}

// sentenceOf writes a term as a sentence that termOf reads; ok is false for one
// whose words cannot be quoted.
func sentenceOf(t throughline.Term) (s string, ok bool) {
	avoid := make([]string, len(t.Avoid))
	for i, a := range t.Avoid {
		avoid[i] = `"` + a + `"`
	}
	s = "Do not write " + strings.Join(avoid, ", ")
	if t.Prefer != "" {
		s += `; write "` + t.Prefer + `"`
	}
	s += "."
	if t.Why != "" {
		s += " (" + t.Why + ")"
	}
	back, ok := termOf(s)
	return s, ok && back.Prefer == t.Prefer && back.Why == t.Why && slices.Equal(back.Avoid, t.Avoid)
}

// tone reads how the brand sounds: the voice, and the sentences that are terms.
func (d *Document) tone() (t tone, terms []throughline.Term) {
	n := d.brand.get("tone")
	if n == nil {
		return t, nil
	}
	if n.kind == words {
		t.Voice = d.string(n)
		return t, nil
	}
	if n = d.group(d.brand, "tone"); n == nil {
		return t, nil
	}
	var ok bool
	if t.Voice, ok = d.localized(n.get("voice")); !ok {
		n.get("voice").leave("it is not given in %s, the language of the file", d.language)
	}
	if a := n.get("attributes"); a != nil {
		t.Attributes = d.lines(a)
	}
	if a := n.get("dos"); a != nil {
		t.Dos = d.lines(a)
	}
	if a := n.get("donts"); a != nil {
		for _, s := range d.lines(a) {
			if term, ok := termOf(s); ok {
				terms = append(terms, term)
			} else {
				t.Donts = append(t.Donts, s)
			}
		}
	}
	return t, terms
}
