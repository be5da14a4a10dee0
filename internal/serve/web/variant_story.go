package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Stories answer for variants.
type Stories interface {
	// Story tells what a live variant is made of, what lets it be shown, what the
	// checks say and who made it.
	Story(ctx context.Context, by engine.Caller, id throughline.VariantID) (content.Story, error)
}

// storyView is a variant as somebody who has to answer for it asks.
type storyView struct {
	Says     string
	Pieces   table
	Made     table
	Findings []findingView
}

// storyOf asks for the story of a variant.
func (w *Web) storyOf(ctx context.Context, v viewer, id throughline.VariantID) (*storyView, error) {
	s, err := w.Sight.Stories.Story(ctx, v.Caller, id)
	if err != nil {
		return nil, err
	}
	out := &storyView{
		Pieces: table{Caption: "What lets each piece be shown", Columns: []column{{Name: "Slot"}, {Name: "May be shown"}, {Name: "Rights"}, {Name: "Claims"}, {Name: "Made"}}},
		Made:   table{Caption: "Who made it", Columns: []column{{Name: "What"}, {Name: "Last changed"}, {Name: "By"}, {Name: "Approved by"}, {Name: "Digest"}}},
	}
	closed := 0
	made := []content.Made{s.Template, s.Brand}
	for _, p := range s.Pieces {
		if !p.Open {
			closed++
		}
		out.Pieces.Rows = append(out.Pieces.Rows, row{URL: w.objectURL(p.Ref), Cells: []cell{
			{Text: p.Slot},
			mayBeShown(p),
			{Text: cmp.Or(sayRights(p.Rights), "none declared"), Soft: len(p.Rights) == 0},
			{Text: cmp.Or(sayClaims(p.Claims), "none"), Soft: len(p.Claims) == 0},
			{Text: cmp.Or(sayMade(p.Provenance), "not said"), Soft: p.Provenance == nil},
		}})
		made = append(made, p.Made)
	}
	for _, m := range made {
		out.Made.Rows = append(out.Made.Rows, w.madeRow(m))
	}
	for _, f := range distinct(s.Findings) {
		out.Findings = append(out.Findings, w.findingOf(f))
	}
	out.Says = "Everything in it may be shown now"
	if closed > 0 {
		out.Says = operate.Plural(closed, "piece", "pieces") + " of it may not be shown now, so nobody sees it"
	}
	out.Says += fmt.Sprintf("; the checks have %s. Live with release %d.", operate.Plural(len(out.Findings), "thing to say", "things to say"), s.Release)
	if len(out.Findings) == 0 {
		out.Says = strings.Replace(out.Says, "0 things to say", "nothing to say", 1)
	}
	return out, nil
}

// mayBeShown says when and where a piece may be shown.
func mayBeShown(p content.MadePiece) cell {
	var parts []string
	if b := p.Bounds; b != nil {
		day := func(ms int64) string { return time.UnixMilli(ms).UTC().Format("2 January 2006") }
		if b.From > 0 {
			parts = append(parts, "from "+day(b.From))
		}
		if b.Until > 0 {
			parts = append(parts, "until "+day(b.Until-1))
		}
		for _, markets := range b.Markets {
			parts = append(parts, "in "+strings.Join(markets, ", "))
		}
	}
	when := cmp.Or(strings.Join(parts, ", "), "always, everywhere")
	if !p.Open {
		return cell{HTML: badge(operate.HealthBad, "not now").HTML + template.HTML(" "+template.HTMLEscapeString(when))}
	}
	return cell{Text: when}
}

func sayRights(rights []throughline.RightsGrant) string {
	var parts []string
	for _, g := range rights {
		part := g.Holder
		if g.Until != "" {
			part += ", until " + string(g.Until)
		}
		if len(g.Channels) > 0 {
			part += ", on " + strings.Join(g.Channels, ", ")
		}
		if len(g.Markets) > 0 {
			part += ", in " + strings.Join(g.Markets, ", ")
		}
		if g.Impressions > 0 {
			part += ", " + operate.SayCount(int64(g.Impressions)) + " times"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func sayClaims(claims []content.MadeClaim) string {
	var parts []string
	for _, c := range claims {
		var by []string
		for _, e := range c.Evidence {
			by = append(by, e.Title)
		}
		part := cmp.Or(c.Title, c.Name) + ", shown by " + cmp.Or(strings.Join(by, " and "), "nothing")
		if c.Withdrawn != "" {
			part += ", withdrawn: " + c.Withdrawn
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func sayMade(p *throughline.Provenance) string {
	if p == nil {
		return ""
	}
	words := map[throughline.SourceType]string{
		throughline.DigitalCapture: "with a camera", throughline.DigitalArt: "by people with software", throughline.HumanEdits: "changed by people", throughline.Composite: "put together of several",
		throughline.Trained: "by a trained model", throughline.WithTrained: "partly by a trained model", throughline.Algorithmic: "by a program",
	}
	said := cmp.Or(words[p.DigitalSourceType], string(p.DigitalSourceType))
	if p.Source != "" {
		said = strings.TrimPrefix(said+", from "+p.Source, ", ")
	}
	return said
}

// madeRow says who changed a thing last, and who let that go live.
func (w *Web) madeRow(m content.Made) row {
	r := row{URL: w.objectURL(m.Ref), Cells: []cell{{Text: m.Ref.String()}, {Text: "–", Soft: true}, {Text: "–", Soft: true}, {Text: "nobody had to", Soft: true}, {Text: fmt.Sprintf("%.12s", m.Digest), Soft: true}}}
	if len(m.Revisions) == 0 {
		return r
	}
	last := m.Revisions[0]
	r.Cells[1] = cell{Text: fmt.Sprintf("release %d, %s", last.Release, last.At.UTC().Format("2 January 2006, 15:04"))}
	r.Cells[2] = cell{Text: last.Author.ID}
	if by, ok := m.Approved[last.Release]; ok {
		r.Cells[3] = cell{Text: by.ID}
	}
	return r
}
