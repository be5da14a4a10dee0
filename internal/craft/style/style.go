// Package style holds prose against rules in the format of Vale, so that a brand
// brings the styles it has. A rule is one YAML file. Of the format's extension
// points it does existence, substitution, occurrence, repetition, consistency,
// conditional, capitalization, readability and metric. It refuses, by name and
// line, what it cannot do: script, sequence and spelling, a rule that extends
// another rule, and patterns with look-around or back references, since its
// regular expressions are RE2, which takes linear time on any text. Nothing is
// passed over: a rule that cannot be read is an error, and one that cannot judge
// a text says so.
package style

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Level is how much a rule matters to those who wrote it.
type Level string

// The levels.
const (
	Suggestion Level = "suggestion"
	Warning    Level = "warning" // the default of the format
	Error      Level = "error"
)

// Text is what is held against rules.
type Text struct {
	// Body is plain text. Spans count its bytes.
	Body string
	// Scope is what the text is: heading, heading.h1, paragraph, list, link, alt
	// and so on, as the format calls it; empty is paragraph.
	Scope string
	// Language is that of the text, such as "de": sentences and syllables depend
	// on it.
	Language string
}

// Found is a place where a rule speaks.
type Found struct {
	Rule    string
	Level   Level
	Message string
	// Span is the place; that of a rule about the whole text is all of it.
	Span throughline.Span
	// Instead are what could stand there, the likeliest first, where a rule says.
	Instead []string
	// Link leads to more about the rule, where it gives one.
	Link string
}

// Unknown is a rule that could not judge a text, which is not the same as having
// nothing to say.
type Unknown struct {
	Rule, Why string
	// Fix is what to do about it, where something can be done.
	Fix string
	// Level is how much that matters; empty is little.
	Level Level
}

// Result is what rules say of a text.
type Result struct {
	Found   []Found
	Unknown []Unknown
}

// Rule is a rule that was read. It is safe for concurrent use.
type Rule struct {
	name    string
	kind    string
	level   Level
	message string
	link    string
	scopes  []scope
	limit   int
	replace bool // the action is to replace
	program int  // how many instructions one look for its patterns takes for each byte
	size    int  // how many instructions it is kept as
	check   func(*run)
}

// Name returns the name the rule was read under.
func (r *Rule) Name() string { return r.name }

// Size returns how large the rule is, in instructions of its patterns. Whoever reads
// many rules adds them up, to MaxSize.
func (r *Rule) Size() int { return r.size }

// Kind returns the extension point: existence, substitution and so on.
func (r *Rule) Kind() string { return r.kind }

// Level returns the rule's level.
func (r *Rule) Level() Level { return r.level }

// Check holds a text against the rules: by place, then in the rules' order.
func Check(rules []*Rule, t Text) Result {
	var all Result
	steps := 0
	for _, r := range rules {
		if steps += r.program * len(t.Body); r.program > 0 && (steps > maxSteps || len(t.Body) > maxText) {
			all.Unknown = append(all.Unknown, Unknown{
				Rule: r.name, Why: fmt.Sprintf("the text has %d bytes, which is too many for its patterns", len(t.Body)),
				Fix: "write a shorter text, or a rule with fewer patterns", Level: r.level,
			})
			continue
		}
		one := r.apply(t)
		all.Found, all.Unknown = append(all.Found, one.Found...), append(all.Unknown, one.Unknown...)
	}
	slices.SortStableFunc(all.Found, func(a, b Found) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return all
}

// run is one rule at work on one part of a text.
type run struct {
	*Rule
	text     string // the part
	offset   int    // where it starts in the whole
	language string
	result   Result
}

func (r *Rule) apply(t Text) Result {
	if strings.TrimSpace(t.Body) == "" {
		return Result{}
	}
	parts := []throughline.Span{}
	for _, s := range r.scopes {
		if !s.holds(t.Scope) {
			continue
		}
		if !s.sentences() {
			parts = []throughline.Span{{Start: 0, End: len(t.Body)}}
			break
		}
		parts = text.Sentences(t.Body, t.Language)
	}
	var all Result
	for _, p := range parts {
		one := &run{Rule: r, text: t.Body[p.Start:p.End], offset: p.Start, language: t.Language}
		r.check(one)
		all.Found, all.Unknown = append(all.Found, one.result.Found...), append(all.Unknown, one.result.Unknown...)
	}
	if r.limit > 0 && len(all.Found) > r.limit {
		all.Found = all.Found[:r.limit]
	}
	return all
}

// add speaks of a place in the part, with what the message's %s stand for.
func (r *run) add(start, end int, instead []string, values ...string) {
	r.result.Found = append(r.result.Found, Found{
		Rule: r.name, Level: r.level, Message: fill(r.message, values), Link: r.link, Instead: instead,
		Span: throughline.Span{Start: r.offset + start, End: r.offset + end},
	})
}

func (r *run) unknown(why string) {
	r.result.Unknown = append(r.result.Unknown, Unknown{Rule: r.name, Why: why})
}

// fill puts values where a message has %s or %d, in turn, or by number as in
// %[2]s. A place without a value stays empty, and %% is a percent sign.
func fill(message string, values []string) string {
	var out strings.Builder
	next := 0
	for i := 0; i < len(message); i++ {
		if message[i] != '%' || i+1 == len(message) {
			out.WriteByte(message[i])
			continue
		}
		at := next
		rest := message[i+1:]
		if len(rest) > 3 && rest[0] == '[' && rest[1] >= '1' && rest[1] <= '9' && rest[2] == ']' {
			at, rest, i = int(rest[1]-'1'), rest[3:], i+3
		}
		switch rest[0] {
		case 's', 'd', 'v', 'q':
			if at < len(values) {
				out.WriteString(values[at])
			}
			next = at + 1
			i++
		case '%':
			out.WriteByte('%')
			i++
		default:
			out.WriteByte('%')
		}
	}
	return out.String()
}

// scope is what a rule applies to: names that must all hold, as in
// "heading & ~heading.h1".
type scope []string

// known are the scopes of the format that a text here can have, and those that
// are every text or each sentence.
func known(name string) bool {
	switch name {
	case "text", "raw", "summary", "sentence", "paragraph", "heading", "list", "table", "blockquote", "alt", "link", "strong", "emphasis", "code", "figure", "title":
		return true
	}
	return false
}

func (s scope) holds(what string) bool {
	if what == "" {
		what = "paragraph"
	}
	for _, name := range s {
		bare, negated := strings.CutPrefix(name, "~")
		is := bare == what || strings.HasPrefix(what, bare+".")
		switch bare {
		case "text", "raw", "summary", "sentence":
			is = true
		}
		if is == negated {
			return false
		}
	}
	return true
}

func (s scope) sentences() bool { return slices.Contains(s, "sentence") }
