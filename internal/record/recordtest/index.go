package recordtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// runIndex checks what finds things by their words.
func runIndex(t *testing.T, open func(t *testing.T) record.Record) {
	docs := []record.IndexDoc{
		{Key: "a", Name: "red shoe", Text: "worn by the sea", Tags: []string{"kind:asset", "role:hero"}, Data: []byte("A")},
		{Key: "b", Name: "blue hat", Text: "a red shoe is beside it", Tags: []string{"kind:asset", "role:icon"}},
		{Key: "c", Name: "shoe laces", Text: "red", Tags: []string{"kind:fragment", "role:hero", "label:a b=\"c\""}},
		{Key: "d", Name: "手机 机壳", Text: "", Tags: []string{"kind:fragment"}},
	}
	fill := func(t *testing.T) record.Index {
		x := open(t).Index
		apply(t, x, record.IndexChange{To: "1", Put: docs})
		return x
	}
	term := func(words string) []record.IndexTerm { return []record.IndexTerm{{Words: strings.Fields(words)}} }
	begins := func(word string) []record.IndexTerm { return []record.IndexTerm{{Words: []string{word}, Prefix: true}} }
	for name, c := range map[string]struct {
		q    record.IndexQuery
		want string
	}{
		"nothing asked finds everything, the last put first":       {record.IndexQuery{}, "d c b a"},
		"what has the word in its name comes before the others":    {record.IndexQuery{Terms: term("red")}, "a c b"},
		"words that follow each other are a phrase":                {record.IndexQuery{Terms: term("red shoe")}, "a b"},
		"every term must be there":                                 {record.IndexQuery{Terms: append(term("shoe"), term("sea")...)}, "a"},
		"a word is whole":                                          {record.IndexQuery{Terms: term("sho")}, ""},
		"but for one asked for as a beginning":                     {record.IndexQuery{Terms: begins("sho")}, "c a b"},
		"of a group of tags one is enough":                         {record.IndexQuery{All: [][]string{{"role:hero", "role:icon"}}}, "c b a"},
		"of every group there must be one":                         {record.IndexQuery{All: [][]string{{"role:hero"}, {"kind:asset"}}}, "a"},
		"a group without tags is had by nothing":                   {record.IndexQuery{All: [][]string{{}}}, ""},
		"what must not be there leaves things out":                 {record.IndexQuery{Terms: term("red"), None: []string{"kind:asset"}}, "c"},
		"a tag may have any signs":                                 {record.IndexQuery{All: [][]string{{"label:a b=\"c\""}}}, "c"},
		"a tag is not found as a word":                             {record.IndexQuery{Terms: term("hero")}, ""},
		"an operator of some query language is a word like others": {record.IndexQuery{Terms: term("OR")}, ""},
		"a quotation mark ends nothing":                            {record.IndexQuery{Terms: term(`red" OR "blue`)}, ""},
		"scripts without blanks are found":                         {record.IndexQuery{Terms: term("手机")}, "d"},
	} {
		t.Run(name, func(t *testing.T) {
			c.q.Limit = 10
			if diff := cmp.Diff(c.want, keysOf(find(t, fill(t), c.q))); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("pages follow each other without a gap or a repetition", func(t *testing.T) {
		x, q, got := fill(t), record.IndexQuery{Terms: term("red"), Limit: 1}, ""
		for {
			page := find(t, x, q)
			got += keysOf(page) + " "
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff("a c b ", got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a cursor of somebody else's is refused", func(t *testing.T) {
		if _, err := fill(t).Find(t.Context(), record.IndexQuery{After: "x", Limit: 1}); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("got %v, want %s", err, throughline.Invalid)
		}
	})
	t.Run("facets and the total count what fits, and say when they stop", func(t *testing.T) {
		page := find(t, fill(t), record.IndexQuery{Terms: term("red"), Count: 10, Facets: []string{"role"}})
		want := record.IndexPage{Total: 3, Facets: map[string]map[string]int{"role": {"hero": 2, "icon": 1}}}
		if diff := cmp.Diff(want, page); diff != "" {
			t.Error(diff)
		}
		if page := find(t, fill(t), record.IndexQuery{Count: 2}); page.Total != 2 || !page.AtLeast {
			t.Errorf("got %+v, want at least 2", page)
		}
	})
	runIndexChanges(t, fill, term)
}

func runIndexChanges(t *testing.T, fill func(*testing.T) record.Index, term func(string) []record.IndexTerm) {
	t.Run("data come back with a hit", func(t *testing.T) {
		page := find(t, fill(t), record.IndexQuery{Terms: term("sea"), Limit: 1})
		if len(page.Hits) != 1 || string(page.Hits[0].Data) != "A" {
			t.Errorf("got %+v", page)
		}
	})
	t.Run("a thing put again is found by its new words alone", func(t *testing.T) {
		x := fill(t)
		for i := range 3 { // and the same step made again is the same
			apply(t, x, record.IndexChange{From: fmt.Sprint(i + 1), To: fmt.Sprint(i + 2), Put: []record.IndexDoc{{Key: "a", Name: "green shoe"}}})
		}
		if got := keysOf(find(t, x, record.IndexQuery{Terms: term("red"), Limit: 9})); got != "c b" {
			t.Errorf("got %q", got)
		}
		if got := keysOf(find(t, x, record.IndexQuery{Terms: term("green"), Limit: 9})); got != "a" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a thing deleted is found no more, and one that is not there may be deleted", func(t *testing.T) {
		x := fill(t)
		apply(t, x, record.IndexChange{From: "1", To: "2", Delete: []string{"a", "nobody"}})
		if got := keysOf(find(t, x, record.IndexQuery{Limit: 9})); got != "d c b" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("what is put after the newest was deleted has none of its words", func(t *testing.T) {
		x := fill(t)
		apply(t, x, record.IndexChange{From: "1", To: "2", Put: []record.IndexDoc{{Key: "e", Name: "purple"}}})
		apply(t, x, record.IndexChange{From: "2", To: "3", Delete: []string{"e"}, Put: []record.IndexDoc{{Key: "f", Name: "yellow"}, {Key: "g", Name: "yellow"}}})
		apply(t, x, record.IndexChange{From: "3", To: "4", Delete: []string{"g"}})
		apply(t, x, record.IndexChange{From: "4", To: "5", Put: []record.IndexDoc{{Key: "h", Name: "orange"}}})
		for word, want := range map[string]string{"purple": "", "yellow": "f", "orange": "h"} {
			if got := keysOf(find(t, x, record.IndexQuery{Terms: term(word), Limit: 9})); got != want {
				t.Errorf("%s: got %q, want %q", word, got, want)
			}
		}
		if got := keysOf(find(t, x, record.IndexQuery{Limit: 9})); got != "h f d c b a" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a key is asked for like a tag, and never counted", func(t *testing.T) {
		x := fill(t)
		apply(t, x, record.IndexChange{From: "1", To: "2", Put: []record.IndexDoc{{Key: "e", Tags: []string{"role:hero"}, Keys: []string{"role:secret"}}}})
		page := find(t, x, record.IndexQuery{All: [][]string{{"role:secret"}}, Limit: 9, Count: 9, Facets: []string{"role"}})
		if got := keysOf(page); got != "e" || page.Facets["role"]["secret"] != 0 || page.Facets["role"]["hero"] != 1 {
			t.Errorf("got %q and %v", got, page.Facets)
		}
	})
	t.Run("of two things of one key in one change, the last counts", func(t *testing.T) {
		x := fill(t)
		apply(t, x, record.IndexChange{From: "1", To: "2", Put: []record.IndexDoc{{Key: "e", Name: "purple"}, {Key: "e", Name: "yellow"}}})
		if got := keysOf(find(t, x, record.IndexQuery{Terms: term("purple"), Limit: 9})); got != "" {
			t.Errorf("got %q", got)
		}
		if got := keysOf(find(t, x, record.IndexQuery{Terms: term("yellow"), Limit: 9})); got != "e" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("an index cleared begins again", func(t *testing.T) {
		x := fill(t)
		apply(t, x, record.IndexChange{From: "1", To: "2", Clear: true, Put: []record.IndexDoc{{Key: "e", Name: "red"}}})
		if got := keysOf(find(t, x, record.IndexQuery{Terms: term("red"), Limit: 9})); got != "e" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("who stands elsewhere changes nothing", func(t *testing.T) {
		x := fill(t)
		err := x.Apply(t.Context(), record.IndexChange{From: "0", To: "2", Clear: true})
		if throughline.CodeOf(err) != throughline.Conflict {
			t.Errorf("got %v, want %s", err, throughline.Conflict)
		}
		if here, err := x.Position(t.Context()); here != "1" || err != nil {
			t.Errorf("it stands at %q, %v", here, err)
		}
		if got := keysOf(find(t, x, record.IndexQuery{Limit: 9})); got != "d c b a" {
			t.Errorf("got %q", got)
		}
	})
}

func apply(t *testing.T, x record.Index, change record.IndexChange) {
	t.Helper()
	if err := x.Apply(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, x record.Index, q record.IndexQuery) record.IndexPage {
	t.Helper()
	page, err := x.Find(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func keysOf(page record.IndexPage) string {
	var keys []string
	for _, h := range page.Hits {
		keys = append(keys, h.Key)
	}
	return strings.Join(keys, " ")
}
