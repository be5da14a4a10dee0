package main

import (
	"cmp"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// variantStory is a variant as --json prints it: its story, and its numbers.
type variantStory struct {
	content.Story
	Deliveries int64              `json:"deliveries"`
	Outcomes   int64              `json:"outcomes"`
	Rate       throughline.Number `json:"rate"`
}

// isVariant reports whether an id is that of a variant: ten bytes in hex, which
// no decision's is.
func isVariant(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 10
}

// story tells of a variant.
func (c *explainCmd) story(s *shell, engine *client) error {
	var v variantStory
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/variants/"+string(c.Decision)+"/story", nil, &v.Story); err != nil {
		return err
	}
	var numbers operate.Variant
	err := engine.call(s.ctx, http.MethodGet, "/api/v1/variants/"+string(c.Decision), nil, &numbers)
	if err != nil && throughline.CodeOf(err) != throughline.NotFound { // not in use yet: a release is a moment old
		return err
	}
	v.Deliveries, v.Outcomes, v.Rate = numbers.Deliveries, numbers.Outcomes, numbers.Rate
	if c.JSON {
		return s.printJSON(v)
	}
	s.printf("Variant %s of Template/%s in %s\n", v.ID, v.Template.Ref.Name, v.Locale)
	for _, p := range v.Pieces {
		s.printPiece(p)
	}
	s.printf("Drawn with\n")
	for _, m := range []content.Made{v.Template, v.Brand} {
		s.printf("  %s\n", m.Ref)
		s.printMade(m)
	}
	s.printf("Checks: %s\n", sumUp(len(v.Findings), blocking(v.Findings)))
	s.printFindings(v.Findings)
	s.printf("Live with release %d:", v.Release)
	for _, p := range v.Places {
		s.printf(" Placement/%s (%s)", p.Placement, p.Channel)
	}
	s.printf("\n%s, %s\n", operate.Plural(int(v.Deliveries), "exposure", "exposures"), operate.Plural(int(v.Outcomes), "outcome", "outcomes"))
	return nil
}

func (s *shell) printPiece(p content.MadePiece) {
	s.printf("  %-12s %s: %s\n", p.Slot, p.Level, p.Text)
	may := "may be shown at any time, everywhere"
	switch {
	case !p.Open:
		may = "may NOT be shown now" + bounded(p.Bounds)
	case p.Bounds != nil:
		may = "may be shown" + bounded(p.Bounds)
	}
	s.printf("    %s\n", may)
	for _, g := range p.Rights {
		s.printf("    rights of %s: %s to %s\n", g.Holder, cmp.Or(string(g.From), "any time"), cmp.Or(string(g.Until), "any time"))
	}
	for _, claim := range p.Claims {
		var evidence []string
		for _, e := range claim.Evidence {
			evidence = append(evidence, e.Title)
		}
		s.printf("    claims %s, shown by %s\n", claim.Name, cmp.Or(strings.Join(evidence, "; "), "nothing"))
	}
	if p.Provenance != nil && p.Provenance.DigitalSourceType != "" {
		s.printf("    made as %s\n", p.Provenance.DigitalSourceType)
	}
	s.printMade(p.Made)
}

// printMade prints where a resource came from, the newest revision first.
func (s *shell) printMade(m content.Made) {
	for _, r := range m.Revisions {
		s.printf("    release %d, %s, by %s", r.Release, r.At.UTC().Format(time.DateTime), r.Author.ID)
		if by, ok := m.Approved[r.Release]; ok {
			s.printf(", approved by %s", by.ID)
		}
		if !r.Digest.IsZero() {
			s.printf(": %.12s", r.Digest)
		}
		s.printf("\n")
	}
}

// bounded says what bounds a piece.
func bounded(b *throughline.Bounds) string {
	var out string
	if b.From > 0 {
		out += " from " + time.UnixMilli(b.From).UTC().Format(time.DateTime)
	}
	if b.Until > 0 {
		out += " until " + time.UnixMilli(b.Until).UTC().Format(time.DateTime)
	}
	for _, markets := range b.Markets {
		out += " in " + strings.Join(markets, ", ")
	}
	return out
}
