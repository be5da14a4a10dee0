package check

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// claimed holds a text against the claims that its piece makes: whatever reads
// like a claim is covered by one. Bare figures are asked only where a set asks
// for the check.
func (r *run) claimed(x sample, language string) {
	_, strict := r.judge.rule(throughline.CheckClaims, x.spec.Role, x.locale)
	covers := coveredBy(x.text, r.covers(x))
	for _, t := range text.ClaimTriggers(x.text, language) {
		if t.Trigger == text.TriggerNumber && !strict || slices.Contains(covers[t.Span.Start:t.Span.End], true) {
			continue
		}
		r.says(x, throughline.CheckClaims, "", throughline.Finding{
			Span: &t.Span, Got: fmt.Sprintf("%q, which reads like a claim (%s)", x.text[t.Span.Start:t.Span.End], t.Trigger),
			Want: "a claim with evidence that covers it", Fix: "name such a claim in spec.claims, or say it without",
		})
	}
}

// covers are the words that the claims of a piece stand behind now, in small
// letters.
func (r *run) covers(x sample) (all []string) {
	p, _ := throughline.PieceOf(r.pieces[x.name])
	claims := slices.Clone(p.Claims)
	if list, ok := r.pieces[x.name].Spec.(*throughline.Fragment); ok {
		for _, item := range list.Items { // a list says what its items say
			p, _ := throughline.PieceOf(r.pieces[item])
			claims = append(claims, p.Claims...)
		}
	}
	for _, name := range claims {
		c := r.claims[name]
		if c == nil || r.unproven(c) != "" {
			continue
		}
		for _, s := range append(slices.Clone(c.Covers), c.Statements[x.locale], c.Statements[r.brand.Locales.Default]) {
			if s != "" {
				all = append(all, strings.ToLower(s))
			}
		}
	}
	return all
}

// coveredBy marks the bytes of a text where words stand that a claim stands behind.
func coveredBy(s string, covers []string) []bool {
	lower := strings.Map(func(r rune) rune { // a letter whose small one is of another length stays, so that places do
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
	marked := make([]bool, len(s))
	for _, c := range covers {
		for from := 0; ; {
			i := strings.Index(lower[from:], c)
			if i < 0 {
				break
			}
			for at := from + i; at < from+i+len(c); at++ {
				marked[at] = true
			}
			from += i + len(c)
		}
	}
	return marked
}

// unproven says why a claim covers nothing now, or "".
func (r *run) unproven(c *throughline.Claim) string {
	if c.Withdrawn != "" {
		return "is withdrawn: " + c.Withdrawn
	}
	if len(c.Evidence) == 0 {
		return "has no evidence"
	}
	if until, _ := c.Evident(); !until.IsZero() && !r.At.Before(until) {
		return "has no evidence any more since " + day(until)
	}
	if until, _ := c.Validity.Until.Ends(); !until.IsZero() && !r.At.Before(until) {
		return "may not be made any more since " + day(until)
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// claims tells of the claims of a piece that nothing stands behind, and of what
// must be said beside them. One whose evidence has ended stops nothing: what
// makes it is shown to nobody from then on.
func (r *run) claimsOf(x sample, p throughline.Piece) {
	for _, name := range p.Claims {
		ref := throughline.Ref{Kind: throughline.KindClaim, Name: name}
		c := r.claims[name]
		if c == nil {
			continue // declaring tells
		}
		if why := r.unproven(c); why != "" {
			own := throughline.Warn
			if c.Withdrawn != "" || len(c.Evidence) == 0 {
				own = throughline.Block
			}
			r.says(x, throughline.CheckClaims, own, throughline.Finding{
				Rule: ref.String(), Got: fmt.Sprintf("the claim %s, which %s", name, why), Want: "a claim with evidence", Fix: "give it evidence, or leave it out of spec.claims and of the text",
			})
		}
		for _, d := range c.Disclosures {
			if !slices.Contains(r.disclosed, d) {
				r.says(x, throughline.CheckDisclosures, "", throughline.Finding{
					Rule: ref.String() + "#disclosures", Got: fmt.Sprintf("the claim %s without Disclosure/%s beside it", name, d), Want: "a slot of the type disclosure that requires " + d,
					Fix: "add " + d + " to the requires of such a slot, or fill the template without the claim",
				})
			}
		}
	}
}
