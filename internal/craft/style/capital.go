package style

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// capitalization wants a text in one case: $title, $sentence, $lower, $upper or
// a pattern.
func (r *reader) capitalization() {
	except := r.exceptions()
	threshold := r.number("threshold", 0)
	if threshold == 0 {
		threshold = 0.8
	}
	var indicators []string
	for _, i := range r.list("indicators") {
		indicators = append(indicators, i.text)
	}
	chicago := false
	if s := r.get("style"); s != nil {
		chicago = s.Value == "Chicago"
		if s.Value != "AP" && s.Value != "Chicago" {
			r.problem(s, "the rule %s has the style %q", r.name, s.Value).WithFix("use AP or Chicago")
		}
	}
	var prefix *regexp.Regexp
	if p := r.get("prefix"); p != nil {
		prefix = r.regexp(p.Value, p)
	}
	match := r.text("match", "")
	c := &caser{except: except, threshold: threshold, indicators: indicators, chicago: chicago, prefix: prefix}
	var right func(string) (string, bool)
	switch match {
	case "$title":
		right = c.title
	case "$sentence":
		right = c.sentence
	case "$lower":
		right = func(s string) (string, bool) { return strings.ToLower(s), strings.ToLower(s) == s }
	case "$upper":
		right = func(s string) (string, bool) { return strings.ToUpper(s), strings.ToUpper(s) == s }
	case "":
		r.problem(r.root, "the rule %s has no match", r.name).WithFix("write match: $title, $sentence, $lower, $upper or a pattern")
		return
	default:
		m := r.compile(match, false, false, r.get("match"))
		right = func(s string) (string, bool) { return match, m.finds(s) }
	}
	cased := match == "$title" || match == "$sentence"
	r.rule.check = func(run *run) {
		want, ok := right(run.text)
		if ok || !cased && except.words.finds(run.text) {
			return
		}
		var instead []string
		if cased && run.replace {
			instead = []string{want}
		}
		run.add(0, len(run.text), instead, run.text, want)
	}
}

// caser holds words against title and sentence case.
type caser struct {
	except     exceptions
	threshold  float64
	indicators []string
	chicago    bool
	prefix     *regexp.Regexp
}

func caseWords() *regexp.Regexp { return regexp.MustCompile(`[\p{N}\p{L}*]+[^\s]*`) }

// kept reports whether a word is an exception, with the way it is written.
func (c *caser) kept(word string) (string, bool) {
	bare := strings.TrimRightFunc(word, unicode.IsPunct)
	for _, x := range c.except.list {
		if strings.EqualFold(x, bare) {
			return x + word[len(bare):], true
		}
	}
	return word, c.except.words.finds(word)
}

// title is the case of headlines: AP leaves articles, conjunctions and
// prepositions of up to three letters small, Chicago all prepositions, and both
// none that is first or last. "to" is right in either case: which it is depends
// on what it does in the sentence.
func (c *caser) title(s string) (want string, ok bool) {
	small := strings.Fields("a an and as at but by en for if in nor of on or per the to vs vs. via v v.")
	if c.chicago {
		small = append(small, strings.Fields("with from into during including until against among throughout despite towards upon concerning about over through before between after since without under within along following across beyond around down near above")...)
	}
	rest := c.rest(s)
	places := caseWords().FindAllStringIndex(rest, -1)
	var out strings.Builder
	right, last := 0, 0
	for i, at := range places {
		word := rest[at[0]:at[1]]
		as, is := c.kept(word)
		lower := strings.ToLower(word)
		afterColon := i > 0 && strings.HasSuffix(rest[places[i-1][0]:places[i-1][1]], ":")
		if !is {
			as = upperFirst(word)
			if i > 0 && i < len(places)-1 && slices.Contains(small, lower) && !afterColon {
				as = lower
			}
		}
		if word == as || is || lower == "to" || word == strings.ToUpper(word) {
			right++
		}
		out.WriteString(rest[last:at[0]] + as)
		last = at[1]
	}
	want = s[:len(s)-len(rest)] + out.String() + rest[last:]
	return want, len(places) == 0 || float64(right)/float64(len(places)) >= c.threshold
}

// sentence is the case of sentences: the first word begins with a capital, and
// no other.
func (c *caser) sentence(s string) (want string, ok bool) {
	rest := c.rest(s)
	places := caseWords().FindAllStringIndex(rest, -1)
	var out strings.Builder
	right, last, wrong := 0, 0, false
	for i, at := range places {
		word := rest[at[0]:at[1]]
		as, is := c.kept(word)
		if !is {
			as = strings.ToLower(word)
			if i == 0 || c.begins(rest[places[i-1][0]:places[i-1][1]]) {
				as = upperFirst(as)
			}
		}
		switch {
		case word == as || is:
			right++
		case i == 0 && word != upperFirst(strings.ToLower(word)):
			wrong = true
		}
		out.WriteString(rest[last:at[0]] + as)
		last = at[1]
	}
	want = s[:len(s)-len(rest)] + out.String() + rest[last:]
	return want, len(places) == 0 || !wrong && float64(right)/float64(len(places)) >= c.threshold
}

// begins reports whether the word after this one begins anew.
func (c *caser) begins(before string) bool {
	for _, i := range c.indicators {
		if strings.HasSuffix(before, i) {
			return true
		}
	}
	return false
}

// rest is the text without the prefix that a rule leaves be.
func (c *caser) rest(s string) string {
	if c.prefix == nil {
		return s
	}
	return strings.TrimPrefix(s, c.prefix.FindString(s))
}
