package content_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

const speaksGerman = `
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec: {title: House, voice: Plain and short., locales: {default: en, supported: [de]}}
`

func outgoing(t *testing.T, e *enginetest.Engine, q content.TranslateQuery) (content.Outgoing, string) {
	t.Helper()
	q.To = "de"
	out, err := e.Content.TextsToTranslate(t.Context(), enginetest.Shell(), q)
	if err != nil {
		t.Fatal(err)
	}
	return out, string(out.Text)
}

// answer is a file in which one text is translated.
func answer(id, source, target string) content.File {
	return content.File{Name: "back.xlf", Text: []byte(`<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.1" srcLang="en" trgLang="de"><file id="f1">
<unit id="` + id + `"><segment state="final"><source>` + source + `</source><target>` + target + `</target></segment></unit></file></xliff>`)}
}

func TestTextsGoOutToTranslators(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, speaksGerman)
	t.Run("with what a translator should know", func(t *testing.T) {
		out, text := outgoing(t, e, content.TranslateQuery{})
		if out.Texts != 4 || out.Outdated != 0 || out.Name != "en-de.xlf" {
			t.Errorf("%d texts, %d outdated, %s", out.Texts, out.Outdated, out.Name)
		}
		for _, want := range []string{`id="Fragment:cta-see" name="Fragment/cta-see" slr:sizeRestriction="20"`, `category="role">cta<`, `category="brief">Welcome visitors<`, `category="voice">House: Plain and short.`} {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %s in\n%s", want, text)
			}
		}
	})
	t.Run("narrowed as a sheet is", func(t *testing.T) {
		for want, q := range map[string]content.TranslateQuery{
			"2": {Role: "cta"}, "1": {Text: "see"}, "0": {Brief: "none"}, "4": {Template: "card"},
		} {
			if out, _ := outgoing(t, e, q); string(rune('0'+out.Texts)) != want {
				t.Errorf("%+v has %d texts, want %s", q, out.Texts, want)
			}
		}
	})
	t.Run("and not again once they are translated", func(t *testing.T) {
		e.Apply(t, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-short}\nspec: {role: headline, brief: visit, values: {en: Less work, de: Weniger Arbeit}}")
		if out, _ := outgoing(t, e, content.TranslateQuery{}); out.Texts != 3 {
			t.Errorf("%d texts", out.Texts)
		}
	})
	t.Run("but again when the source changes, with what there was", func(t *testing.T) {
		e.Apply(t, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-short}\nspec: {role: headline, brief: visit, values: {en: Far less work, de: Weniger Arbeit}}")
		out, text := outgoing(t, e, content.TranslateQuery{Text: "less"})
		if out.Texts != 1 || out.Outdated != 1 || !strings.Contains(text, "<source>Less work</source><target>Weniger Arbeit</target>") {
			t.Errorf("%d, %d\n%s", out.Texts, out.Outdated, text)
		}
	})
	t.Run("with the draft over what is in force", func(t *testing.T) {
		base := inForce(t, e, short).Digest()
		save(t, e, enginetest.Shell(), content.Edit{Ref: short, Base: base, Resource: headline(map[string]string{"en": "Far less work", "de": "Viel weniger Arbeit"})})
		if out, _ := outgoing(t, e, content.TranslateQuery{Text: "less", Draft: true}); out.Texts != 0 {
			t.Errorf("a text that the draft translates goes out: %d", out.Texts)
		}
		if out, _ := outgoing(t, e, content.TranslateQuery{Text: "less"}); out.Texts != 1 {
			t.Errorf("the draft counts where nobody asked for it: %d", out.Texts)
		}
	})
	for says, q := range map[string]content.TranslateQuery{"a language that nobody speaks": {To: "fr"}, "none": {}, "the same": {To: "en"}} {
		t.Run("and not into "+says, func(t *testing.T) {
			if _, err := e.Content.TextsToTranslate(t.Context(), enginetest.Shell(), q); throughline.CodeOf(err) != throughline.Invalid {
				t.Error(err)
			}
		})
	}
}

func TestTranslationsComeBack(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, speaksGerman)
	ana := enginetest.Shell()
	back := func(t *testing.T, draft bool, files ...content.File) content.Translation {
		t.Helper()
		got, err := e.Content.TextsTranslated(t.Context(), ana, files, draft)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("as edits of a draft", func(t *testing.T) {
		got := back(t, true, answer("Fragment:cta-see", "See how", "So geht es"), answer("Fragment:cta-try", "Try it", "Probieren"))
		if len(got.Problems) > 0 || got.Base != 2 || len(got.Texts) != 2 || got.Texts[0].Place != "back.xlf:2" || !strings.Contains(got.Manifest, "de: So geht es") {
			t.Fatalf("%+v", got)
		}
		saved := save(t, e, ana, got.Edits...)
		if len(saved.Conflicts) > 0 || len(saved.Items) != 2 || valueOf(saved.Items[0].Resource, "de") != "So geht es" {
			t.Errorf("%+v", saved)
		}
		if again := back(t, true, answer("Fragment:cta-see", "See how", "So geht es")); again.Same != 1 || len(again.Edits) > 0 {
			t.Errorf("%+v", again)
		}
	})
	t.Run("in as far as they fit", func(t *testing.T) {
		got := back(t, false, answer("Fragment:cta-see", "See how", "Ein ganzer Satz darüber, wie es geht"), answer("Fragment:headline-long", "Every piece knows", "x"))
		if len(got.Problems) != 2 || len(got.Edits) > 0 || got.Problems[0].Place != "back.xlf:2" || !strings.Contains(got.Problems[0].Message, "and 20 may be") || !strings.Contains(got.Problems[1].Message, "another text in en now") {
			t.Errorf("%v", got.Problems)
		}
	})
	t.Run("and not at all where they are nothing of the kind", func(t *testing.T) {
		for _, f := range []content.File{{Name: "x", Text: []byte("a")}, {Name: "x", Text: []byte(strings.Replace(string(answer("a", "b", "c").Text), `"de"`, `"fr"`, 1))}} {
			if _, err := e.Content.TextsTranslated(t.Context(), ana, []content.File{f}, false); throughline.CodeOf(err) != throughline.Invalid || !strings.HasPrefix(err.Error(), "x") {
				t.Error(err)
			}
		}
	})
}

// TestManyTextsAreComparedAtOnce has more texts than are looked up one by one.
func TestManyTextsAreComparedAtOnce(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, speaksGerman)
	text := func(i int, source string) string {
		return fmt.Sprintf("---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: many-%04d}\nspec: {role: other, values: {en: %s, de: Satz}}\n", i, source)
	}
	var all strings.Builder
	for i := range 700 {
		all.WriteString(text(i, "Text"))
	}
	e.Apply(t, all.String())
	e.Apply(t, text(3, "Changed first")+text(698, "Changed late"))
	out, file := outgoing(t, e, content.TranslateQuery{})
	if out.Texts != 4+2 || out.Outdated != 2 || !strings.Contains(file, "Fragment:many-0003") || !strings.Contains(file, "Fragment:many-0698") || strings.Count(file, "<source>Text</source><target>Satz</target>") != 2 {
		t.Errorf("%d texts, %d outdated", out.Texts, out.Outdated)
	}
}
