package text_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

func ids(found []text.Found) (all []string) {
	for _, f := range found {
		all = append(all, f.ID)
	}
	return all
}

func TestFinder(t *testing.T) {
	t.Parallel()
	var f text.Finder
	f.Put("cta", "cta-shop-now", "Jetzt kaufen", "Shop now")
	f.Put("hello", "hello-winter", "Grüezi im Schnee")
	f.Put("shoes", "winter-shoes", "Shop for shoes")
	f.Put("street", "street", "Die Straße ist frei")
	for query, want := range map[string][]string{
		"shop":          {"cta", "shoes"}, // by name before by text
		"winter":        {"hello", "shoes"},
		"wint":          {"hello", "shoes"},
		"wintre":        {"hello", "shoes"}, // swapped
		"wimter":        {"hello", "shoes"}, // wrong
		"grueezi":       nil,
		"gruezi":        {"hello"},
		"GRÜEZI schnee": {"hello"},
		"strasse":       {"street"},
		"winter shop":   {"shoes"},
		"kaufem":        nil, // a slip counts in names only
		"":              nil,
		"--":            nil,
	} {
		t.Run("the query "+query, func(t *testing.T) {
			if got := ids(f.Find(query, 10)); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
	t.Run("what was replaced or dropped is not found by what it said", func(t *testing.T) {
		var f text.Finder
		f.Put("a", "old-name", "old text")
		f.Put("a", "new-name", "new text")
		f.Put("b", "gone")
		f.Drop("b")
		if got := append(f.Find("old", 5), f.Find("gone", 5)...); len(got) > 0 || len(f.Find("new", 5)) != 1 || f.Len() != 1 {
			t.Errorf("%v", got)
		}
	})
	t.Run("no more than the limit is returned, and always the same", func(t *testing.T) {
		var f text.Finder
		for i := range 1000 {
			f.Put(fmt.Sprintf("%04d", i), fmt.Sprintf("same-%d", i))
		}
		got := ids(f.Find("same", 3))
		if want := []string{"0000", "0001", "0002"}; !slices.Equal(got, want) {
			t.Error(got)
		}
	})
}

func FuzzFold(f *testing.F) {
	f.Add("Für Straße İ ﬁ")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range text.Words(s) {
			if again := text.Words(w); len(again) != 1 || again[0] != w {
				t.Errorf("%q is folded again to %q", w, again)
			}
		}
	})
}

func BenchmarkFinder(b *testing.B) {
	var f text.Finder
	for i := range 100_000 {
		f.Put(fmt.Sprint(i), fmt.Sprintf("cta-%06d-shop", i), fmt.Sprintf("Buy the %d today and save", i%5000))
	}
	f.Find("warm", 20)
	for _, query := range []string{"cta-054321", "shop", "sohp 04", "today save"} {
		b.Run(query, func(b *testing.B) {
			for b.Loop() {
				f.Find(query, 20)
			}
		})
	}
}
