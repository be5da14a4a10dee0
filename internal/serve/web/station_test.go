package web_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestEachStationHasTheButtonThatStartsIt(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	for address, want := range map[string]string{
		"/brief": "/new/brief", "/make": "/new/fragment", "/make?kind=template": "/new/template", "/make?kind=brand": "/new/brand",
		"/check?kind=guardrail": "/new/guardrail", "/decide": "/new/placement", "/decide?kind=audience": "/new/audience", "/decide?kind=goal": "/new/goal",
		"/deliver?kind=channel": "/new/channel",
	} {
		t.Run(address, func(t *testing.T) {
			acts := m.page(address).Find("main a.act")
			if href, _ := acts.Attr("href"); acts.Length() != 1 || href != want {
				t.Errorf("%d buttons, the first to %q; want one to %s", acts.Length(), href, want)
			}
		})
	}
}

func TestTheFormOfAFragmentBeginsWithItsTexts(t *testing.T) {
	m := newMaker(t, enginetest.Workspace, `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-now}
spec: {role: cta, values: {en: Shop now}}
`)
	doc := m.page("/fragment/cta-now")
	first := doc.Find("form[data-make] fieldset.all > [data-path]").First()
	if path, _ := first.Attr("data-path"); path != "spec.values" {
		t.Errorf("it begins with %q", path)
	}
	if hint, _ := first.Find("[data-more] input.key").Attr("placeholder"); hint != "Another language" {
		t.Errorf("the empty row says %q", hint)
	}
	bar := func(doc *goquery.Document) *goquery.Selection { return doc.Find("[data-review]") }
	if bar(doc).HasClass("act") || doc.Find("[data-changes][hidden]").Length() != 1 {
		t.Error("without a change, the way to review is offered as the next thing to do, or its count is said twice")
	}
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: "cta-now"}
	form := formOf(doc)
	form.Set("spec.values[0]", "Buy now")
	form.Set("do", "save")
	m.send("POST", "/edit/fragment/cta-now", form, "text/html")
	doc = m.page(address(ref))
	if !bar(doc).HasClass("act") || doc.Find("[data-changes][hidden]").Length() != 0 {
		t.Errorf("with a change, the way to review is not offered")
	}
}

func TestAFilterStandsWhereThereIsSomethingToNarrow(t *testing.T) {
	m := newMaker(t, `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Main, owner: ana}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Kim}
`)
	full := newMaker(t, enginetest.Workspace)
	for _, address := range []string{"/make", "/make/copy"} {
		if n := m.page(address).Find(".bar-form").Length(); n != 0 {
			t.Errorf("%s of an empty engine has %d filters", address, n)
		}
		for _, q := range []string{"", "?q=cta", "?q=nothing-says-this"} {
			if n := full.page(address + q).Find(".bar-form").Length(); n != 1 {
				t.Errorf("%s%s has %d filters", address, q, n)
			}
		}
	}
}
