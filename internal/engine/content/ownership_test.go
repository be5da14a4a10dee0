package content_test

import (
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestAStewardAnswersWhereverAThingIsShown(t *testing.T) {
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	hero := throughline.Ref{Kind: throughline.KindPlacement, Name: "home.hero"}
	was, err := e.Content.Object(t.Context(), enginetest.Shell(), hero)
	if err != nil {
		t.Fatal(err)
	}
	e.Apply(t, `apiVersion: throughline/v1
kind: Person
metadata: {name: stew}
spec: {name: Stew Ward, roles: [{role: operator}]}
---
apiVersion: throughline/v1
kind: Stewardship
metadata: {name: places}
spec: {title: Where we are asked, kinds: [Placement, Audience], person: stew}
`)
	o, err := e.Content.Object(t.Context(), enginetest.Shell(), hero)
	if err != nil {
		t.Fatal(err)
	}
	page, err := e.Content.Objects(t.Context(), enginetest.Shell(), content.ObjectQuery{Kind: throughline.KindPlacement})
	if err != nil {
		t.Fatal(err)
	}
	row := ""
	for _, r := range page.Rows {
		if r.Ref == hero {
			row = r.Answers
		}
	}
	if was.OwnedBy == content.OwnedBySteward || was.Owner.Name != "ana" {
		t.Errorf("before, it was %s's by %q", was.Owner.Name, was.OwnedBy)
	}
	if o.OwnedBy != content.OwnedBySteward || o.Stewardship != "places" || o.OwnerName != "Stew Ward" || row != "stew" {
		t.Errorf("%+v by %s, %s; in a list %s", o.Owner, o.OwnedBy, o.Stewardship, row)
	}
}
