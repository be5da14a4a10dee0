package assemble_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// workspace reads the example workspace that declare is tested with.
func workspace(t testing.TB) declare.Set {
	t.Helper()
	archive, err := txtar.ParseFile("../declare/testdata/workspace.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []throughline.Resource
	for _, f := range archive.Files {
		more, err := declare.Decode(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, more...)
	}
	return declare.NewSet(all)
}

func input(t testing.TB, template, channel string) assemble.Input {
	set := workspace(t)
	r, ok := set.Get(throughline.Ref{Kind: throughline.KindTemplate, Name: template})
	if !ok {
		t.Fatalf("no template %s", template)
	}
	return assemble.Input{Template: r, Brand: declare.Spec[*throughline.Brand](set, "corner"), Channel: channel, Pieces: set.All()}
}

func TestCombineTheWorkspace(t *testing.T) {
	a, err := assemble.Combine(input(t, "card", "web"))
	if err != nil {
		t.Fatal(err)
	}
	var fits []string
	for _, s := range a.Slots {
		var names []string
		for _, c := range s.Choices {
			names = append(names, c.Piece)
		}
		fits = append(fits, s.Name+": "+strings.Join(names, " "))
	}
	want := []string{"headline: for-regulars hello-rye new-rye", "body:  body-facts body-oven", "image:  loaf slices", "cta: cta-order cta-reserve"}
	if diff := cmp.Diff(want, fits); diff != "" {
		t.Error(diff)
	}
	// Three headlines, and for each no body or the body of its tone; 3 pictures, 2 calls.
	if a.Total != 54 || len(a.Candidates) != 3*2*3*2 {
		t.Errorf("%d of %d", len(a.Candidates), a.Total)
	}
	if diff := cmp.Diff([]throughline.ExcludedCount{{Rule: "same-tone", Why: "A loud headline over a quiet text reads like two people talking.", Count: 18}}, a.Excluded); diff != "" {
		t.Error(diff)
	}
	if !slices.IsSortedFunc(a.Candidates, slices.Compare[[]uint16]) {
		t.Error("the candidates are not in lexical order")
	}
	hello := a.Slots[0].Choices[1]
	if diff := cmp.Diff(map[string]string{"en": "Rye, still warm", "de": "Roggenbrot, noch warm", "de-AT": "Roggenbrot, noch warm"}, hello.Text); diff != "" {
		t.Error(diff)
	}
	if fresh := a.Slots[0].Choices[2]; fresh.Level != "new-rye@2" || fresh.Text["de"] != "New this week: rye" {
		t.Errorf("%+v", fresh)
	}
	if a.Slots[0].Choices[0].Audience != "regulars" || hello.Digest.IsZero() {
		t.Errorf("%+v", a.Slots[0].Choices)
	}
}

func TestFragmentsOfOtherChannelsDoNotFit(t *testing.T) {
	a, err := assemble.Combine(input(t, "card", "app"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(a.Slots[2].Choices); got != 1 {
		t.Errorf("%d choices for the picture, want only none", got)
	}
}

func TestExplainNamesEveryReason(t *testing.T) {
	tests := []struct {
		name    string
		channel string
		filling throughline.Filling
		want    []assemble.Reason
	}{
		{"a candidate has none", "web", throughline.Filling{"headline": "hello-rye", "cta": "cta-order"}, nil},
		{"another role", "web", throughline.Filling{"headline": "cta-order", "cta": "cta-order"}, []assemble.Reason{{Slot: "headline", Why: "cta-order has the role cta, and the slot takes headline"}}},
		{"a label that is missing", "web", throughline.Filling{"headline": "hello-rye", "cta": "cta-plain"}, []assemble.Reason{{Slot: "cta", Why: "the slot takes pieces labelled kind: action, and cta-plain is not"}}},
		{"another channel", "app", throughline.Filling{"headline": "hello-rye", "image": "loaf", "cta": "cta-order"}, []assemble.Reason{{Slot: "image", Why: "loaf may appear on web, and not on app"}}},
		{"a required slot that is empty", "web", throughline.Filling{"headline": "hello-rye"}, []assemble.Reason{{Slot: "cta", Why: "the slot is required and not filled"}}},
		{"a fragment that is not there", "web", throughline.Filling{"headline": "hello", "cta": "cta-order"}, []assemble.Reason{{Slot: "headline", Why: "there is no piece hello"}}},
		{"a slot that is not there", "web", throughline.Filling{"headline": "hello-rye", "cta": "cta-order", "hero": "loaf"}, []assemble.Reason{{Slot: "hero", Why: "the template has no such slot"}}},
		{"a constraint, with its reason and what it found", "web", throughline.Filling{"headline": "hello-rye", "body": "body-facts", "cta": "cta-order"}, []assemble.Reason{{
			Rule: "same-tone",
			Why:  `A loud headline over a quiet text reads like two people talking; headline.labels.tone == body.labels.tone fails: body.labels.tone is "crisp", headline.labels.tone is "warm"`,
		}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := assemble.Explain(input(t, "card", tt.channel), tt.filling)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsWithdrawnFillsNothing(t *testing.T) {
	in := input(t, "card", "web")
	in.Pieces = slices.Clone(in.Pieces)
	for i, r := range in.Pieces {
		if f, ok := r.Spec.(*throughline.Fragment); ok && r.Metadata.Name == "hello-rye" {
			gone := *f
			gone.Withdrawn = "the price was wrong"
			in.Pieces[i].Spec = &gone
		}
	}
	a, err := assemble.Combine(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Slots[0].Choices {
		if c.Piece == "hello-rye" {
			t.Error("it competes")
		}
	}
	got, err := assemble.Explain(in, throughline.Filling{"headline": "hello-rye", "cta": "cta-order"})
	if want := []assemble.Reason{{Slot: "headline", Why: "hello-rye is withdrawn: the price was wrong"}}; err != nil || !cmp.Equal(want, got) {
		t.Errorf("%+v, %v", got, err)
	}
}

// made is a template with slots a, b, c... and fragments a0, a1... for each,
// labelled n: their number.
func made(sizes []int, optional []bool, constraints ...throughline.Constraint) assemble.Input {
	spec := &throughline.Template{Constraints: constraints}
	in := assemble.Input{Channel: "web", Brand: &throughline.Brand{Locales: throughline.Locales{Default: "en"}}}
	for i, n := range sizes {
		name := string(rune('a' + i))
		spec.Slots = append(spec.Slots, throughline.Slot{Name: name, Role: name, Required: i >= len(optional) || !optional[i]})
		for k := range n {
			in.Pieces = append(in.Pieces, throughline.Resource{
				Kind:     throughline.KindFragment,
				Metadata: throughline.Metadata{Name: fmt.Sprintf("%s%05d", name, k), Labels: map[string]string{"n": fmt.Sprint(k)}},
				Spec:     &throughline.Fragment{Role: name, Values: map[string]string{"en": strings.Repeat("x", k+1)}},
			})
		}
	}
	in.Template = throughline.Resource{Kind: throughline.KindTemplate, Metadata: throughline.Metadata{Name: "t"}, Spec: spec}
	return in
}

func TestTooMuchAndTooLittleAreRefused(t *testing.T) {
	never := throughline.Constraint{Name: "never", Assert: `a.text == ""`}
	var all []throughline.Constraint
	for i := range 11 {
		all = append(all, throughline.Constraint{Name: fmt.Sprint("all-", i), Assert: `a.text != b.text || b.text != c.text`})
	}
	crowd := made([]int{1}, nil, never)
	for i := range 65_535 {
		more := crowd.Pieces[0]
		more.Metadata.Name = fmt.Sprint("more-", i)
		crowd.Pieces = append(crowd.Pieces, more)
	}
	rarely := throughline.Constraint{Name: "rarely", Assert: `b.labels.n == "0"`}
	tests := []struct {
		name string
		in   assemble.Input
		code throughline.Code
		want string
	}{
		{"too many combinations", made([]int{200, 200, 200}, nil), throughline.TooLarge, "more than 2000000 combinations, and that is the limit: a 200 x b 200 x c 200 (narrow a slot"},
		{"too many candidates", made([]int{300, 300}, nil), throughline.TooLarge, "more than 65000 variants"},
		{"twenty slots of a hundred", made(slices.Repeat([]int{100}, 20), nil), throughline.TooLarge, "more than 2000000 combinations"},
		{"more pieces in a slot than a filling can count", crowd, throughline.TooLarge, "65536 pieces fill the slot a on the channel web, at most 65535 may (narrow the slot"},
		{"constraints that are asked too often", made([]int{125, 125, 125}, nil, all...), throughline.TooLarge, "asked more than 20000000 times on the channel web, and that is the limit; all-0 alone 1953125 times (let constraints read fewer slots"},
		{"constraints that exclude everything", made([]int{3, 4}, nil, rarely, never), throughline.Invalid, "of 12, the constraint never alone excludes 12 (relax the constraint never"},
		{"a required slot that nothing fits", made([]int{3, 0}, nil), throughline.Invalid, "nothing fits the required slot b on the channel web (declare a fragment with the role b and a text in en)"},
		{"a constraint that does not compile", made([]int{1}, nil, throughline.Constraint{Name: "k", Assert: "a.txt == ''"}), throughline.Invalid, "Template/t constraint k"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := assemble.Combine(tt.in)
			if throughline.CodeOf(err) != tt.code || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %s: %v\nwant %s with %q", throughline.CodeOf(err), err, tt.code, tt.want)
			}
		})
	}
}

// laws are constraints and the same in Go, so that what Combine says can be
// compared with what plain loops find.
func laws() map[string]func(a, b, c int) bool { // -1 is an empty slot
	return map[string]func(a, b, c int) bool{
		`a.empty || size(a.text) != 2`:                            func(a, b, c int) bool { return a != 1 },
		`a.labels.n == b.labels.n`:                                func(a, b, c int) bool { return a >= 0 && a == b },
		`a.empty || c.empty || size(a.text) <= size(c.text)`:      func(a, b, c int) bool { return a < 0 || c < 0 || a <= c },
		`!(b.empty && c.empty)`:                                   func(a, b, c int) bool { return b >= 0 || c >= 0 },
		`c.name != "c00001" || b.labels.n != "0" || locale == ""`: func(a, b, c int) bool { return c != 1 || b > 0 },
		`channel == "web"`:                                        func(a, b, c int) bool { return true },
	}
}

func TestCombineAgreesWithPlainLoops(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for text := range laws() {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	for range 60 {
		sizes := []int{1 + rng.IntN(4), 1 + rng.IntN(4), 1 + rng.IntN(4)}
		optional := []bool{rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(2) == 0}
		var constraints []throughline.Constraint
		for _, text := range texts {
			if rng.IntN(3) == 0 {
				constraints = append(constraints, throughline.Constraint{Name: text, Assert: text})
			}
		}
		in := made(sizes, optional, constraints...)
		var want [][]uint16
		excluded := map[string]int{}
		from := func(i int) int {
			if optional[i] {
				return -1
			}
			return 0
		}
		for a := from(0); a < sizes[0]; a++ {
			for b := from(1); b < sizes[1]; b++ {
				for c := from(2); c < sizes[2]; c++ {
					ok := true
					for _, k := range constraints {
						if !laws()[k.Name](a, b, c) {
							ok = false
							excluded[k.Name]++
						}
					}
					if ok {
						want = append(want, []uint16{uint16(a - from(0)), uint16(b - from(1)), uint16(c - from(2))})
					}
					checkExplain(t, in, []int{a, b, c}, ok)
				}
			}
		}
		got, err := assemble.Combine(in)
		if len(want) == 0 {
			if throughline.CodeOf(err) != throughline.Invalid {
				t.Fatal("nothing is left, and the error is", err)
			}
		} else if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Candidates); diff != "" {
			t.Fatalf("%v: %s", constraints, diff)
		}
		counted := map[string]int{}
		for _, e := range got.Excluded {
			counted[e.Rule] = e.Count
		}
		if diff := cmp.Diff(excluded, counted); diff != "" {
			t.Fatal(diff)
		}
	}
}

// checkExplain holds Explain against the same loops: it has reasons exactly for
// what is no candidate.
func checkExplain(t *testing.T, in assemble.Input, at []int, candidate bool) {
	t.Helper()
	filling := throughline.Filling{}
	for i, k := range at {
		if k >= 0 {
			filling[string(rune('a'+i))] = fmt.Sprintf("%c%05d", 'a'+i, k)
		}
	}
	reasons, err := assemble.Explain(in, filling)
	if err != nil {
		t.Fatal(err)
	}
	if candidate != (len(reasons) == 0) {
		t.Fatalf("%v: candidate %v, reasons %v", filling, candidate, reasons)
	}
}

// BenchmarkCombine compares a template whose constraint leaves few of many
// combinations with one that has no constraint and as many candidates.
func BenchmarkCombine(b *testing.B) {
	pairs := throughline.Constraint{Name: "pairs", Assert: "a.labels.n == b.labels.n"}
	for _, bench := range []struct {
		name string
		in   assemble.Input
	}{
		{"1,000 of 1,000", made([]int{10, 10, 10}, nil)},
		{"1,000 of 10,000 by a constraint", made([]int{10, 10, 100}, nil, pairs)},
		{"64,000 of 1,600,000 by a constraint", made([]int{25, 25, 2560}, nil, pairs)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var n int
			for b.Loop() {
				a, err := assemble.Combine(bench.in)
				if err != nil {
					b.Fatal(err)
				}
				n = len(a.Candidates)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/candidate")
		})
	}
}
