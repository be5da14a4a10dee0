package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestManyChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var all []throughline.Resource
	for i := range 140 {
		all = append(all, caption(i, "Buy it today"))
	}
	rel, err := h.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Message: "Captions", Resources: all})
	if err != nil {
		t.Fatal(err)
	}
	first := h.get(t, "ana", fmt.Sprint("/release/", rel.Number))
	if n := first.doc.Find("details.change").Length(); n != 100 {
		t.Errorf("%d changes are listed", n)
	}
	if !strings.Contains(first.Body.String(), "140 changes") {
		t.Error("the sentence does not count them all")
	}
	next := first.doc.Find(`nav.pages a[rel="next"]`).AttrOr("href", "")
	second := h.get(t, "ana", page(next))
	changes := second.doc.Find("details.change")
	if n := changes.Length(); n != 40 || words(second.doc.Find("nav.pages span")) != "101 to 140 of 140" {
		t.Errorf("%s lists %d changes: %s", next, n, words(second.doc.Find("nav.pages")))
	}
	if got := words(changes.Last()); !strings.Contains(got, "Buy it today") {
		t.Errorf("the last of them does not say what it says: %s", got)
	}
	back := second.doc.Find(`nav.pages a[rel="prev"]`).AttrOr("href", "")
	if n := h.get(t, "ana", page(back)).doc.Find("details.change").Length(); n != 100 {
		t.Errorf("%s lists %d changes", back, n)
	}
	undo := first.doc.Find(".schedule > a").AttrOr("href", "")
	if got := h.get(t, "ana", page(undo)).doc.Find("#back"); got.Find("details.change").Length() != 100 || !strings.Contains(words(got), "and 40 more changes") {
		t.Errorf("%s says %s", undo, words(got))
	}
}

// page is a link without the place on the page that it leads to.
func page(link string) string {
	at, _, _ := strings.Cut(link, "#")
	return at
}
