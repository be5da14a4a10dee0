package main

import (
	"encoding/json"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

type schemaCmd struct {
	Kind string `arg:"" optional:"" help:"A kind, such as Placement. Without one, the kinds are listed."`
	JSON bool   `help:"Print one line of JSON."`
}

// Run prints the JSON Schema of a kind, which editors and forms read, or says
// what kinds there are. It needs no engine.
func (c *schemaCmd) Run(s *shell) error {
	if c.Kind == "" {
		return c.list(s)
	}
	kind := throughline.Kind(c.Kind)
	about := schema.Of(kind)
	if about == nil {
		return noKind(c.Kind)
	}
	if c.JSON {
		return s.printJSON(about)
	}
	out := json.NewEncoder(s.out)
	out.SetIndent("", "  ")
	return out.Encode(about)
}

func (c *schemaCmd) list(s *shell) error {
	var all []*schema.Schema
	t := s.table("KIND", "WHAT IT IS")
	for _, kind := range throughline.Kinds() {
		about := schema.Of(kind)
		all = append(all, about)
		t.row(string(kind), about.Description)
	}
	if c.JSON {
		return s.printJSON(all)
	}
	t.end()
	return nil
}

func noKind(name string) error {
	var kinds []string
	for _, k := range throughline.Kinds() {
		kinds = append(kinds, string(k))
	}
	e := throughline.Errorf(throughline.NotFound, "there is no kind %q", name).WithFix("throughline schema lists the kinds")
	if near := text.Nearest(name, kinds); near != "" {
		e.WithFix("did you mean %s?", near)
	}
	return e
}
