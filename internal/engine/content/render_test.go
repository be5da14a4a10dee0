package content_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestATemplateIsDrawn(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	rel := e.Apply(t, enginetest.Workspace, mail)
	defer e.Run(t)()
	e.Serves(t, rel.Number)
	draw := func(change content.Change, in content.RenderInput) (content.RenderedTemplate, error) {
		return e.Content.Render(t.Context(), enginetest.Shell(), change, in)
	}
	usual, err := draw(content.Change{}, content.RenderInput{Template: "news"})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("as the placement falls back, where nothing is asked for", func(t *testing.T) {
		if usual.Filling["headline"] != "headline-short" || usual.Fields["subject"] == "" || !strings.Contains(usual.Text, usual.Fields["subject"]) {
			t.Errorf("%+v", usual)
		}
	})
	t.Run("as the variant with an id, in the language of the id", func(t *testing.T) {
		d := e.Decide(t, "mail.news", "somebody", nil)
		got, err := draw(content.Change{}, content.RenderInput{Template: "news", Variant: d.Variant})
		if err != nil {
			t.Fatal(err)
		}
		if got.Locale != d.Locale || got.Fields["subject"] != d.Values["headline"] {
			t.Errorf("it is %+v, and %v was decided", got, d.Values)
		}
	})
	t.Run("with a change that nobody applied", func(t *testing.T) {
		got, err := draw(change(t, 0, enginetest.Headline("Said later")), content.RenderInput{Template: "news"})
		if err != nil || got.Fields["subject"] != "Said later" {
			t.Fatalf("%+v, %v", got.Fields, err)
		}
		if again, _ := draw(content.Change{}, content.RenderInput{Template: "news"}); again.HTML != usual.HTML {
			t.Error("drawing it changed what is in force")
		}
	})
	t.Run("not at all for what does not fit, with what does", func(t *testing.T) {
		for name, in := range map[string]content.RenderInput{
			"piece":    {Template: "news", Pieces: throughline.Filling{"headline": "cta-try"}},
			"nothing":  {Template: "news", Pieces: throughline.Filling{"headline": ""}},
			"slot":     {Template: "news", Pieces: throughline.Filling{"picture": "cta-try"}},
			"locale":   {Template: "news", Locale: "xx"},
			"channel":  {Template: "news", Channel: "xx"},
			"template": {Template: "xx"},
			"variant":  {Template: "news", Variant: "00112233445566778899"},
		} {
			var problems throughline.Problems
			if _, err := draw(content.Change{}, in); err == nil {
				t.Errorf("%s: it is drawn", name)
			} else if problems.Add(err); problems[0].Fix == "" || throughline.CodeOf(err) == throughline.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
