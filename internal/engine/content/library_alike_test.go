package content_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/record"
)

// shelfPicture is an asset whose file has a print, as one that was taken in has.
func shelfPicture(t *testing.T, e *enginetest.Engine, name string, p engine.Print) throughline.Resource {
	t.Helper()
	d := throughline.DigestOf([]byte(name))
	err := e.Core.Record.State.Update(t.Context(), func(tx record.Tx) error {
		return engine.PutJSON(tx, engine.BucketPrints, d.String(), p, record.AnyVersion)
	})
	if err != nil {
		t.Fatal(err)
	}
	return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindAsset, Metadata: throughline.Metadata{Name: name}, Spec: &throughline.Asset{
		Title: name, Role: "shelf-picture", File: throughline.File{Digest: d, Name: name + ".jpg", Type: "image/jpeg", Bytes: 1000, Width: 800, Height: 600},
	}}
}

func TestLibraryAlike(t *testing.T) {
	e := enginetest.Open(t, enginetest.Options{})
	by := enginetest.Shell()
	e.Apply(t, enginetest.Workspace)
	boat := engine.Print{P: 0x0f1e2d3c4b5a6978, D: 0x123456789abcdef0}
	say := func(name, en string) throughline.Resource {
		return shelfFragment(name, throughline.Fragment{Role: "shelf-head", Values: map[string]string{"en": en}})
	}
	_, err := e.Content.Apply(t.Context(), by, content.Change{Resources: []throughline.Resource{
		shelfPicture(t, e, "boat", boat),
		shelfPicture(t, e, "boat-small", engine.Print{P: boat.P ^ 1<<3 ^ 1<<40, D: boat.D ^ 1<<20}),
		shelfPicture(t, e, "other", engine.Print{P: boat.P ^ 0xffffffff, D: boat.D}),
		shelfPicture(t, e, "sky", engine.Print{P: boat.P}),
		shelfPicture(t, e, "sky-again", engine.Print{P: boat.P}),
		say("first", "The sauna opens at seven for everyone who swims early"),
		say("second", "For everyone who swims early, the sauna opens at six"),
		say("third", "The water is cold and the coffee is hot on the terrace"),
		say("short", "Book now"),
		say("shorter", "Book today"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	alike := func(name string) string {
		t.Helper()
		page, err := e.Content.Library(t.Context(), by, content.LibraryQuery{Text: "role:shelf-picture", Limit: 20})
		if strings.HasPrefix(name, "f/") {
			page, err = e.Content.Library(t.Context(), by, content.LibraryQuery{Text: "role:shelf-head", Limit: 20})
		}
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(page.Cards, func(c content.Card) bool { return c.Ref.Name == strings.TrimPrefix(name, "f/") })
		var names []string
		for _, ref := range page.Cards[at].Alike {
			names = append(names, ref.Name)
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for name, c := range map[string][2]string{
		"a picture looks like one whose hashes differ in few bits":               {"boat", "boat-small"},
		"and not like one that has one hash alone in common":                     {"other", ""},
		"one of almost nothing but a colour looks like none":                     {"sky", ""},
		"a text reads like one of nearly the same words, whatever their order":   {"f/first", "second"},
		"and not like one of other words":                                        {"f/third", ""},
		"a text of three words or fewer says too little to be compared by words": {"f/short", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c[1], alike(c[0])); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("what lies in the asker's own draft is compared as well", func(t *testing.T) {
		_, err := e.Content.Save(t.Context(), by, content.SaveInput{Edits: []content.Edit{{
			Ref:  throughline.Ref{Kind: throughline.KindFragment, Name: "mine"},
			Text: "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: mine}\nspec:\n  role: shelf-head\n  values: {en: The sauna opens at eight for everyone who swims early}\n",
		}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := alike("f/first"); got != "mine second" {
			t.Errorf("got %q", got)
		}
		page, err := e.Content.Library(t.Context(), by, content.LibraryQuery{Text: "state:draft", Limit: 9})
		if err != nil || len(page.Cards) != 1 || len(page.Cards[0].Alike) != 2 {
			t.Errorf("got %+v, %v", page.Cards, err)
		}
	})
}

func TestLibraryFits(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	e := enginetest.Open(t, enginetest.Options{Clock: func() time.Time { return now }})
	by := enginetest.Shell()
	e.Apply(t, enginetest.Workspace)
	brief := func(name string, b throughline.Brief) throughline.Resource {
		return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindBrief, Metadata: throughline.Metadata{Name: name}, Spec: &b}
	}
	en := func(s string) map[string]string { return map[string]string{"en": s} }
	audience := func(name string) throughline.Resource {
		return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindAudience, Metadata: throughline.Metadata{Name: name}, Spec: &throughline.Audience{Rule: "true"}}
	}
	_, err := e.Content.Apply(t.Context(), by, content.Change{Resources: []throughline.Resource{
		{APIVersion: throughline.APIVersion, Kind: throughline.KindGoal, Metadata: throughline.Metadata{Name: "swum"}, Spec: &throughline.Goal{Event: "swum", Window: throughline.Duration(time.Hour)}},
		audience("early"), audience("late"),
		brief("sauna", throughline.Brief{Title: "Sauna in the dark", Want: "More people come before nine", Audience: "early", Goal: "swum"}),
		brief("lanes", throughline.Brief{Title: "Lanes", Goal: "swum"}),
		brief("nothing", throughline.Brief{Title: "Quarterly shareholders"}),
		shelfFragment("said", throughline.Fragment{Role: "shelf-head", Values: en("The dark sauna waits")}),
		shelfFragment("one-common-word", throughline.Fragment{Role: "shelf-head", Values: en("People like us")}),
		shelfFragment("of-the-goal", throughline.Fragment{Role: "shelf-head", Brief: "lanes", Values: en("Swim where it is quiet")}),
		shelfFragment("of-the-brief", throughline.Fragment{Role: "shelf-head", Brief: "sauna", Audience: "early", Values: en("Warm first")}),
		shelfFragment("for-others", throughline.Fragment{Role: "shelf-head", Audience: "late", Values: en("A sauna in the dark for night owls")}),
		shelfFragment("over", throughline.Fragment{Role: "shelf-head", Values: en("A sauna in the dark"), Validity: throughline.Validity{Until: "2026-11-01"}}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(brief string, limit int) (names []string, page content.LibraryPage) {
		t.Helper()
		page, err := e.Content.Library(t.Context(), by, content.LibraryQuery{Brief: brief, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Cards {
			names = append(names, c.Ref.Name)
		}
		return names, page
	}
	t.Run("what was made for the brief comes first, then words and the goal; one common word is too little, and others' audience and what has ended never", func(t *testing.T) {
		names, page := ask("sauna", 12)
		if diff := cmp.Diff([]string{"of-the-brief", "said", "of-the-goal"}, names); diff != "" {
			t.Fatal(diff)
		}
		want := [][]string{
			{"was made for this brief", "is for the same audience"},
			{"says “sauna”, “dark”"},
			{"was made for lanes, a brief with the same goal"},
		}
		for i, c := range page.Cards {
			if diff := cmp.Diff(want[i], c.Why); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("only the best are sent, and it is said that there are more", func(t *testing.T) {
		if names, page := ask("sauna", 1); len(names) != 1 || !page.AtLeast {
			t.Errorf("got %v, %v", names, page.AtLeast)
		}
	})
	t.Run("one kind alone may be asked for", func(t *testing.T) {
		page, err := e.Content.Library(t.Context(), by, content.LibraryQuery{Brief: "sauna", Kind: throughline.KindAsset, Limit: 12})
		if err != nil || len(page.Cards) != 0 {
			t.Errorf("got %v, %v", page.Cards, err)
		}
	})
	t.Run("nothing fits is an answer", func(t *testing.T) {
		if names, _ := ask("nothing", 12); len(names) != 0 {
			t.Errorf("got %v", names)
		}
	})
}

func TestLibraryFollowsALargeRelease(t *testing.T) {
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ask := func(q string) content.LibraryPage {
		t.Helper()
		page, err := e.Content.Library(t.Context(), enginetest.Shell(), content.LibraryQuery{Text: q, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	ask("before")
	const pieces = 2*2000 + 37 // two steps and a bit
	if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: shelfPieces(0, pieces)}); err != nil {
		t.Fatal(err)
	}
	t.Run("every piece of it is found once all steps are made", func(t *testing.T) {
		if page := ask("label:season"); page.Total != pieces || page.Behind {
			t.Errorf("found %d of %d, behind %v", page.Total, pieces, page.Behind)
		}
	})
	t.Run("and what comes after it as well", func(t *testing.T) {
		if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: shelfPieces(pieces, 1)}); err != nil {
			t.Fatal(err)
		}
		if page := ask("label:season"); page.Total != pieces+1 || page.Behind {
			t.Errorf("found %d of %d, behind %v", page.Total, pieces+1, page.Behind)
		}
	})
}
