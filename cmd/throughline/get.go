package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type getCmd struct {
	What string `arg:"" optional:"" default:"resources" help:"resources (default), a kind, Kind/name, releases, release/N, placement/NAME, variant/ID, line, or status."`
	JSON bool   `help:"Print one line of JSON."`
}

// Run shows what was asked for.
func (c *getCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	head, name, named := strings.Cut(c.What, "/")
	switch {
	case c.What == "status":
		return show(s, c, engine, "/api/v1/status", s.printStatus)
	case c.What == "line":
		return show(s, c, engine, "/api/v1/line", s.printLine)
	case c.What == "releases":
		return show(s, c, engine, "/api/v1/releases", s.printReleases)
	case head == "release" && named:
		return show(s, c, engine, "/api/v1/releases/"+url.PathEscape(name), func(r throughline.Release) {
			s.printReleases([]throughline.Release{r})
			s.printChanges(r.Changes)
			s.printFindings(r.Findings)
		})
	case head == "placement" && named:
		return show(s, c, engine, "/api/v1/placements/"+url.PathEscape(name), s.printPlacement)
	case head == "variant" && named:
		return show(s, c, engine, "/api/v1/variants/"+url.PathEscape(name), s.printVariant)
	case named:
		return show(s, c, engine, "/api/v1/resources/"+url.PathEscape(head)+"/"+url.PathEscape(name), s.printResource)
	case c.What == "resources":
		return show(s, c, engine, "/api/v1/resources", s.printResources)
	}
	return show(s, c, engine, "/api/v1/resources?kind="+url.QueryEscape(c.What), s.printResources)
}

// show reads a T and prints it, for people or as JSON.
func show[T any](s *shell, c *getCmd, engine *client, path string, print func(T)) error {
	var v T
	if err := engine.call(s.ctx, http.MethodGet, path, nil, &v); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(v)
	}
	print(v)
	return nil
}

func (s *shell) printResources(all []throughline.Resource) {
	if len(all) == 0 {
		s.printf("Nothing is declared. Start with: throughline init my-workspace\n")
	}
	for _, r := range all {
		owner := r.Metadata.Owner
		if owner == "" {
			owner = "-"
		}
		s.printf("%-44s %s  %s\n", r.Ref(), r.Digest().Short(), owner)
	}
}

func (s *shell) printResource(r throughline.Resource) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // it came as JSON
		return
	}
	s.printf("%s\n", b)
}

func (s *shell) printReleases(all []throughline.Release) {
	if len(all) == 0 {
		s.printf("There is no release yet.\n")
	}
	for _, r := range all {
		s.printf("%4d  %-11s %s  %s, risk %s, by %s  %s\n", r.Number, r.State, r.CreatedAt.Format("2006-01-02 15:04:05Z"),
			count(len(r.Changes), "change", "changes"), r.Risk.Level, r.Author.ID, r.Message)
	}
}

func (s *shell) printStatus(st operate.Status) {
	owner := "nobody yet"
	if st.Owner.Person != "" {
		owner = st.Owner.Name
		if !st.Owner.Accepted {
			owner += " (has not accepted)"
		}
	}
	serves := "serves decisions"
	if !st.Ready {
		serves = "has nothing live to serve"
	}
	s.printf("%s %s. Owner: %s.\n", orText(st.Title, "This engine"), serves, owner)
	if st.Trouble != "" {
		s.printf("Nothing new is learned: %s\n", st.Trouble)
	}
	s.printf("Journal: %d events, %d of them in the numbers.\n", st.Journal.Seq, st.Folded)
	s.printf("Decisions since start: %d journaled, %d dropped; %d known only from their exposure.\n", st.DecisionsJournaled, st.DecisionsDropped, st.DecisionsLost)
	s.printf("Outcome to changed decision: %s. Apply to served: %s.\n", operate.SayNumber(st.SignalToDecision), operate.SayNumber(st.ApplyToServed))
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func (s *shell) printLine(l operate.Line) {
	s.printf("%s\n", l.Sentence)
	for _, st := range l.Stations {
		s.printf("  %-8s %-14s %8d  %s  %s\n", st.Name, st.Unit, st.Count, st.Owner.Initials, st.Note)
	}
	for _, p := range l.Placements {
		s.printf("  %s: %s\n", p.Name, p.State)
	}
}

func (s *shell) printPlacement(p operate.Placement) {
	s.printf("%s (%s, %s): %s\n", p.Line.Name, p.Line.Channel, p.Line.Owner.Name, p.Line.State)
	for _, v := range p.Line.Variants {
		s.printf("  %-3s %s %5.1f %% of traffic, %d deliveries, rate %s\n", v.Label, v.ID, 100*v.Share, v.Deliveries, operate.SayRatio(v.Rate))
		for _, slot := range v.Slots {
			s.printf("        %-12s %-32s %s\n", slot.Slot, slot.Level, slot.Text)
		}
	}
}

func (s *shell) printVariant(v operate.Variant) {
	s.printf("Variant %s of %s, owner %s\n", v.ID, v.Placement, v.Owner.Name)
	s.printf("  template %s, brief %s, in releases %v\n", v.Template, orText(v.Brief, "none"), v.Releases)
	for _, slot := range v.Slots {
		s.printf("  %-12s %-32s %s\n", slot.Slot, slot.Level, slot.Text)
	}
	s.printf("  %d deliveries, rate %s\n", v.Deliveries, operate.SayRatio(v.Rate))
}
