package declare_test

import (
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

const placed = `apiVersion: throughline/v1
kind: Fragment
metadata: {name: hello}
spec:
  role: headline
  values:
    en: "Größe counts twice"
    de-CH: |
      Zwei Zeilen,
      und eine zählt
    fr: >
      plié
      ici
---
apiVersion: throughline/v1
kind: Template
metadata:
  name: card
spec:
  brand: b
  slots:
    - {name: headline, role: headline}
    - name: cta
      role: cta
  renderings:
    - channel: web
      html: x
`

func TestPlacesOfFindings(t *testing.T) {
	t.Parallel()
	var places declare.Places
	places.Add("a.yaml", []byte(placed))
	hello, card := throughline.Ref{Kind: throughline.KindFragment, Name: "hello"}, throughline.Ref{Kind: throughline.KindTemplate, Name: "card"}
	for name, c := range map[string]struct {
		f    throughline.Finding
		want declare.Place
	}{
		"words in quotes":                      {throughline.Finding{Object: hello, Locale: "en", Span: &throughline.Span{Start: 8, End: 14}}, declare.Place{File: "a.yaml", Line: 7, Column: 16, EndLine: 7, EndColumn: 22}},
		"words in the second line of a block":  {throughline.Finding{Object: hello, Locale: "de-CH", Span: &throughline.Span{Start: 22, End: 28}}, declare.Place{File: "a.yaml", Line: 10, Column: 16, EndLine: 10, EndColumn: 21}},
		"words in a folded text are its text":  {throughline.Finding{Object: hello, Locale: "fr", Span: &throughline.Span{Start: 6, End: 9}}, declare.Place{File: "a.yaml", Line: 11, Column: 9}},
		"a language that is not written":       {throughline.Finding{Object: hello, Locale: "it"}, declare.Place{File: "a.yaml", Line: 7, Column: 5}},
		"a slot":                               {throughline.Finding{Object: card, Slot: "cta"}, declare.Place{File: "a.yaml", Line: 23, Column: 13}},
		"a rendering":                          {throughline.Finding{Object: card, Channel: "web"}, declare.Place{File: "a.yaml", Line: 26, Column: 16}},
		"a resource":                           {throughline.Finding{Object: card}, declare.Place{File: "a.yaml", Line: 18, Column: 9}},
		"a span that the text does not have":   {throughline.Finding{Object: hello, Locale: "en", Span: &throughline.Span{Start: 8, End: 99}}, declare.Place{File: "a.yaml", Line: 7, Column: 9}},
		"a slot that the template has not got": {throughline.Finding{Object: card, Slot: "none"}, declare.Place{File: "a.yaml", Line: 22, Column: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := places.Of(c.f); !ok || got != c.want {
				t.Errorf("it is at %+v, %v; want %+v", got, ok, c.want)
			}
		})
	}
	if _, ok := places.Of(throughline.Finding{Object: throughline.Ref{Kind: throughline.KindBrand, Name: "b"}}); ok {
		t.Error("what is not in the manifests has a place")
	}
}

func FuzzPlaces(f *testing.F) {
	f.Add([]byte(placed), "spec.values.en", 3, 9)
	f.Add([]byte("kind: Fragment\nmetadata: {name: hello}\nspec: &a {values: {en: *a}}\n"), "spec.values.en.values[1]", 0, 1)
	f.Fuzz(func(t *testing.T, data []byte, field string, start, end int) {
		var places declare.Places
		places.Add("f", data)
		hello := throughline.Ref{Kind: throughline.KindFragment, Name: "hello"}
		if p, ok := places.Field(hello, field); ok && (p.Line < 1 || p.Column < 1) {
			t.Errorf("%+v", p)
		}
		places.Of(throughline.Finding{Object: hello, Locale: "en", Span: &throughline.Span{Start: start, End: end}})
	})
}
