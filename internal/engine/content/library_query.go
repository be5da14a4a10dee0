package content

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/record"
)

// The bounds of what somebody may ask the library.
const (
	libraryBytes = 400
	libraryTerms = 16
	expiresMost  = 3650 // days
)

// asked is a question to the library as its index takes it.
type asked struct {
	terms []record.IndexTerm
	all   [][]string
	none  []string
	// drafts asks for what only the asker sees.
	drafts bool
}

// readQuery reads a question: words, "phrases", and key:value to filter, of
// which - in front makes the opposite. The last word may be the beginning of
// one, from two letters on. What is no filter that we know is words. Concepts are those narrower than
// what is asked for as well.
func readQuery(q string, now time.Time, narrower func(concept string) []string) (asked, error) {
	var a asked
	if len(q) > libraryBytes {
		return a, throughline.Errorf(throughline.TooLarge, "the question has %d bytes, more than %d", len(q), libraryBytes).WithFix("ask for less at once")
	}
	parts := splitQuery(q)
	if len(parts) > libraryTerms {
		return a, throughline.Errorf(throughline.TooLarge, "the question has %d parts, more than %d", len(parts), libraryTerms).WithFix("ask for less at once")
	}
	for i, part := range parts {
		known, err := a.filter(part, now, narrower)
		if err != nil {
			return a, err
		}
		if known {
			continue
		}
		open := i == len(parts)-1 && len(part) > 1 && !strings.HasPrefix(part, `"`) && !strings.HasSuffix(q, " ")
		if words := indexWords(part); len(words) > 0 {
			a.terms = append(a.terms, record.IndexTerm{Words: words, Prefix: open || short(words)})
		}
	}
	if len(a.none) > 0 && len(a.terms)+len(a.all) == 0 {
		a.all = [][]string{{"kind:asset", "kind:fragment"}}
	}
	return a, nil
}

// splitQuery cuts a question at blanks that are not in quotation marks.
func splitQuery(q string) (parts []string) {
	var b strings.Builder
	quoted := false
	for _, r := range q {
		if r == '"' {
			quoted = !quoted
		}
		if !unicode.IsSpace(r) || quoted {
			b.WriteRune(r)
		} else if b.Len() > 0 {
			parts = append(parts, b.String())
			b.Reset()
		}
	}
	if b.Len() > 0 {
		parts = append(parts, b.String())
	}
	return parts
}

// short reports whether one sign of a script without blanks was asked for, which
// stands in the index only as the beginning of two.
func short(words []string) bool {
	r := []rune(words[0])
	return len(words) == 1 && len(r) == 1 && dense(r[0])
}

// filter adds a part of a question that is a filter, and reports whether it was.
func (a *asked) filter(part string, now time.Time, narrower func(string) []string) (bool, error) {
	not := strings.HasPrefix(part, "-")
	part = strings.TrimPrefix(part, "-")
	if days, ok := strings.CutPrefix(part, "expires<"); ok {
		part = "expires:" + days
	}
	key, value, ok := strings.Cut(part, ":")
	value = strings.ToLower(strings.Trim(value, `"`))
	if !ok || value == "" {
		return false, nil
	}
	var tags []string
	switch key = strings.ToLower(key); key {
	case "kind", "role", "label", "locale", "type", "source", "owner", "brief", "holder":
		tags = []string{key + ":" + value}
	case "channel":
		tags = []string{"channel:" + value, "channel:*"}
	case "concept":
		for _, c := range narrower(value) {
			tags = append(tags, "concept:"+c)
		}
	case "missing":
		tags, not = []string{"locale:" + value}, !not
	case "expires":
		days, err := strconv.Atoi(strings.TrimSuffix(value, "d"))
		if err != nil || days < 0 || days > expiresMost {
			return true, throughline.Errorf(throughline.Invalid, "expires: got %q, want a number of days up to %d", value, expiresMost).WithFix("write, for example, expires<30d")
		}
		tags = daysBetween(now, now.AddDate(0, 0, days))
	case "state":
		return true, a.state(value, not, now)
	default:
		return false, nil
	}
	a.add(tags, not)
	return true, nil
}

func (a *asked) add(tags []string, not bool) {
	if not {
		a.none = append(a.none, tags...)
		return
	}
	a.all = append(a.all, tags)
}

// long ago is before anything that may have ended.
const longAgo = 2000

func (a *asked) state(value string, not bool, now time.Time) error {
	over := daysBetween(time.Date(longAgo, 1, 1, 0, 0, 0, 0, time.UTC), now.AddDate(0, 0, -1))
	const withdrawn = "state:withdrawn"
	switch {
	case value == "draft" && !not:
		a.drafts = true
	case value == "live" && !not:
		a.none = append(a.none, append(over, withdrawn)...)
	case value == "live":
		a.add(append(over, withdrawn), false)
	case value == "expired":
		a.add(over, not)
	case value == "withdrawn":
		a.add([]string{withdrawn}, not)
	default:
		return throughline.Errorf(throughline.Invalid, "state: got %q, want live, draft, withdrawn or expired", value).WithFix("write, for example, state:live")
	}
	return nil
}

// untilTags are the year, the month and the day of a last day, so that a span of
// time is few of them.
func untilTags(last time.Time) []string {
	d := last.UTC()
	return []string{"until:" + d.Format("2006"), "until:" + d.Format("200601"), "until:" + d.Format("20060102")}
}

// daysBetween covers the days from one to another, both included, in years,
// months and days.
func daysBetween(from, to time.Time) (tags []string) {
	day := func(t time.Time) time.Time {
		y, m, d := t.UTC().Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	for at, end := day(from), day(to).AddDate(0, 0, 1); at.Before(end); {
		form, next := "20060102", at.AddDate(0, 0, 1)
		if month := at.AddDate(0, 1, 0); at.Day() == 1 && !month.After(end) {
			form, next = "200601", month
		}
		if year := at.AddDate(1, 0, 0); at.YearDay() == 1 && !year.After(end) {
			form, next = "2006", year
		}
		tags, at = append(tags, "until:"+at.Format(form)), next
	}
	return tags
}

// indexWords cuts a text into the words that the index compares. Scripts that
// write without blanks are cut into every two signs that follow each other.
func indexWords(s string) (words []string) {
	for _, w := range text.Words(s) {
		run := []rune{}
		flush := func() {
			if len(run) > 0 && !dense(run[0]) || len(run) == 1 {
				words = append(words, string(run))
			} else {
				for i := 0; i+1 < len(run); i++ {
					words = append(words, string(run[i:i+2]))
				}
			}
			run = run[:0]
		}
		for _, r := range w {
			if len(run) > 0 && dense(run[0]) != dense(r) {
				flush()
			}
			run = append(run, r)
		}
		flush()
	}
	return words
}

// dense reports whether a letter is of a script that writes without blanks.
func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// narrowerOf expands a concept of a question to those within it. The concept is
// vocabulary#name, or a name of any vocabulary.
func narrowerOf(all []throughline.Resource) func(string) []string {
	return func(concept string) []string {
		vocabulary, name, exact := strings.Cut(concept, "#")
		if !exact {
			vocabulary, name = "", concept
		}
		found := []string{concept}
		for _, res := range all {
			v, ok := res.Spec.(*throughline.Vocabulary)
			if !ok || exact && strings.ToLower(res.Metadata.Name) != vocabulary {
				continue
			}
			for _, c := range v.Concepts {
				if v.Within(c.Name, name) {
					found = append(found, strings.ToLower(fmt.Sprintf("%s#%s", res.Metadata.Name, c.Name)))
				}
			}
		}
		return found
	}
}
