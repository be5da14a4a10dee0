package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// puts saves resources, written as YAML, into somebody's draft, and deletions.
func (h *house) puts(t testing.TB, who, text string, deleted ...throughline.Ref) {
	t.Helper()
	visit, err := h.Access.Visit(t.Context(), h.cookies[who])
	if err != nil {
		t.Fatal(err)
	}
	in := content.SaveInput{}
	all, err := content.Read([]content.File{{Name: "part.yaml", Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	base := func(ref throughline.Ref) throughline.Digest {
		if now, err := h.Content.Get(t.Context(), ref); err == nil {
			return now.Digest()
		}
		return throughline.Digest{}
	}
	for i := range all {
		in.Edits = append(in.Edits, content.Edit{Ref: all[i].Ref(), Base: base(all[i].Ref()), Resource: &all[i]})
	}
	for _, ref := range deleted {
		in.Edits = append(in.Edits, content.Edit{Ref: ref, Base: base(ref), Deleted: true})
	}
	saved, err := h.Content.Save(t.Context(), visit.Caller, in)
	if err != nil || len(saved.Conflicts) > 0 {
		t.Fatal(err, saved.Conflicts)
	}
}

const parts = `
apiVersion: throughline/v1
kind: Brief
metadata: {name: spring}
spec: {title: Spring}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-spring}
spec: {role: headline, brief: spring, values: {en: Spring is here}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-short}
spec: {role: headline, brief: visit, values: {en: Less to do}}
`

func TestReleasingAPartOfADraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.puts(t, "ana", parts)
	choose := func(refs ...string) string { return "/draft?" + url.Values{"only": refs}.Encode() }
	t.Run("all is chosen at first, and any of it can be left out without a script", func(t *testing.T) {
		doc := h.get(t, "ana", "/draft").doc
		boxes := doc.Find(`input[type=checkbox][name=only][form=choose]`)
		if boxes.Length() != 3 || boxes.FilterFunction(func(_ int, s *goquery.Selection) bool { _, on := s.Attr("checked"); return on }).Length() != 3 || doc.Find(`form#choose[method=get]`).Length() != 1 {
			t.Errorf("%d boxes", boxes.Length())
		}
		if doc.Find(".part").Length() > 0 {
			t.Error("it says that a part is chosen")
		}
	})
	t.Run("what needs something left out is named, and cannot go", func(t *testing.T) {
		page := h.get(t, "ana", choose("Fragment/headline-spring"))
		why := words(page.doc.Find(".why-not"))
		_, disabled := page.doc.Find(`button[value=release]`).Attr("disabled")
		if !strings.Contains(why, "Fragment/headline-spring cannot go without Brief/spring") || !disabled {
			t.Errorf("%q, disabled %t", why, disabled)
		}
	})
	t.Run("a part is looked at alone", func(t *testing.T) {
		page := h.get(t, "ana", choose("Fragment/headline-short"))
		if got := words(page.doc.Find(".part")); !strings.Contains(got, "1 of 3 changes; the other 2 stay in your draft") {
			t.Errorf("%q", got)
		}
		if got := texts(page.doc.Find(".change summary b")); !slices.Equal(got, []string{"headline-short"}) {
			t.Errorf("it shows %q", got)
		}
		src, _ := page.doc.Find(".pair iframe").Last().Attr("src")
		if w := h.get(t, "ana", src); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Less to do") {
			t.Errorf("%s: %d %s", src, w.Code, w.Body)
		}
		look, _ := page.doc.Find(".looks a").Last().Attr("href")
		if !strings.Contains(look, "only=Fragment%2Fheadline-short") {
			t.Errorf("another way to look forgets the part: %s", look)
		}
	})
	t.Run("a choice that cannot be read is refused, and is not all of the draft", func(t *testing.T) {
		many := slices.Repeat([]string{"Fragment/headline-short"}, 201)
		for text, refs := range map[string][]string{"no ref": {"headline-short"}, "no kind": {"Slogan/headline-short"}, "no name": {""}, "too many": many} {
			if w := h.get(t, "ana", choose(refs...)); w.Code < 400 || w.Code >= 500 {
				t.Errorf("%s: it shows %d", text, w.Code)
			}
			form := h.get(t, "ana", "/draft").form("/draft", "do", "release", "message", "mine")
			form["only"] = refs
			if w := h.post(t, "ana", "/draft", form); w.Code < 400 || w.Code >= 500 || w.Code == http.StatusConflict {
				t.Errorf("%s: releasing it answers %d", text, w.Code)
			}
		}
		if w := h.post(t, "ana", "/draft", url.Values{"do": {"discard"}, "ref": {"headline-short"}}); w.Code != http.StatusBadRequest {
			t.Errorf("discarding what is none answers %d", w.Code)
		}
	})
	t.Run("what changed meanwhile is refused, and the part stays chosen", func(t *testing.T) {
		page := h.get(t, "ana", choose("Fragment/headline-short"))
		form := page.form("/draft", "do", "release", "message", "mine", "only", "Fragment/headline-short")
		form.Set("reviewed", strings.Repeat("0", 63)+"1")
		again := h.post(t, "ana", "/draft", form)
		if again.Code != http.StatusConflict || again.doc.Find(`input[type=hidden][name=only]`).Length() != 1 {
			t.Errorf("%d %s", again.Code, words(again.doc.Find("main")))
		}
	})
	t.Run("it goes live, and the rest stays in the draft", func(t *testing.T) {
		page := h.get(t, "ana", choose("Fragment/headline-short"))
		only, _ := page.doc.Find(`form[action="/draft"] input[type=hidden][name=only]`).Attr("value")
		done := h.post(t, "ana", "/draft", page.form("/draft", "do", "release", "message", "a part", "only", only))
		if done.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", done.Code, words(done.doc.Find("main")))
		}
		doc := h.get(t, "ana", "/draft").doc
		if got := texts(doc.Find(".draft-items p a, .draft-items p b")); len(got) != 2 || slices.Contains(got, "headline-short") {
			t.Errorf("in the draft are %q", got)
		}
		now, err := h.Content.Get(t.Context(), throughline.Ref{Kind: throughline.KindFragment, Name: "headline-short"})
		if err != nil || now.Spec.(*throughline.Fragment).Values["en"] != "Less to do" {
			t.Errorf("%+v, %v", now.Spec, err)
		}
	})
	t.Run("both that belong together can go", func(t *testing.T) {
		page := h.get(t, "ana", choose("Fragment/headline-spring", "Brief/spring"))
		if page.doc.Find(".part, .why-not").Length() > 0 { // it is all there is
			t.Errorf("%s", words(page.doc.Find("main")))
		}
	})
	t.Run("what still names something that is deleted is named too", func(t *testing.T) {
		brief := throughline.Ref{Kind: throughline.KindBrief, Name: "visit"}
		h.puts(t, "ben", strings.ReplaceAll(parts[strings.LastIndex(parts, "---")+4:], "brief: visit, ", ""), brief)
		page := h.get(t, "ben", choose("Brief/visit"))
		if why := words(page.doc.Find(".why-not")); !strings.Contains(why, "Brief/visit cannot go without Fragment/headline-short") {
			t.Errorf("%q", why)
		}
	})
	t.Run("a part of what is not in the draft is all of it", func(t *testing.T) {
		if a := h.get(t, "ana", choose("Fragment/nothing")); a.Code != http.StatusOK || a.doc.Find(".part").Length() > 0 {
			t.Errorf("%d", a.Code)
		}
		if a := h.get(t, "ana", choose("<script>/x")); a.Code != http.StatusBadRequest || strings.Contains(a.Body.String(), "<script>/x") {
			t.Errorf("%d", a.Code)
		}
	})
}
