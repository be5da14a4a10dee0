package activate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func resource(name string, spec throughline.Spec) throughline.Resource {
	return throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: spec.Kind(),
		Metadata: throughline.Metadata{Name: name}, Spec: spec,
	}
}

func choice(fragment, audience string) throughline.Choice {
	if fragment == "" {
		return throughline.Choice{}
	}
	return throughline.Choice{
		Piece: fragment, Level: throughline.Level(fragment + "@1"), Audience: audience,
		Digest: throughline.DigestOf([]byte(fragment)), Text: map[string]string{"en": "the words of " + fragment},
	}
}

// release is a card with a required headline of three and an optional button of
// two, less one combination, at two placements.
func release() Input {
	card := throughline.Assembly{
		Template: "card", Channel: "web", Total: 9,
		Slots: []throughline.SnapshotSlot{
			{Name: "headline", Role: "headline", Choices: []throughline.Choice{choice("hello", ""), choice("hi", ""), choice("hi-pro", "pro")}},
			{Name: "button", Role: "cta", Choices: []throughline.Choice{choice("", ""), choice("buy", ""), choice("try", "new")}},
		},
		Candidates: [][]uint16{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}},
		Excluded:   []throughline.ExcludedCount{{Rule: "no-try-for-pro", Count: 1}},
	}
	placement := func() *throughline.Placement {
		return &throughline.Placement{
			Title: "A card", Channel: "web", Template: "card", Goal: "signup",
			Fallback: throughline.Filling{"headline": "hello"},
		}
	}
	return Input{
		Engine: "engine-1", Release: 4,
		Resources: []throughline.Resource{
			resource("engine", &throughline.Engine{Title: "Demo", Owner: "ada", PublicDecisions: true}),
			resource("acme", &throughline.Brand{Title: "Acme", Tokens: map[string]string{"accent": "#123456"}, Locales: throughline.Locales{Default: "en"}}),
			resource("card", &throughline.Template{Brand: "acme"}),
			resource("signup", &throughline.Goal{Event: "signed_up", Window: throughline.Duration(24 * time.Hour)}),
			resource("pro", &throughline.Audience{Rule: `context.plan == "pro"`}),
			resource("new", &throughline.Audience{Rule: `context.visits < 2`}),
			resource("unused", &throughline.Audience{Rule: `context.nobody`}),
			resource("side", placement()),
			resource("main", placement()),
		},
		Assemblies: map[string]throughline.Assembly{"main": card, "side": card},
		Owner:      func(throughline.Resource) string { return "Ada Lovelace" },
	}
}

// edit changes the placement main.
func edit(in Input, change func(*throughline.Placement)) Input {
	for _, r := range in.Resources {
		if p, ok := r.Spec.(*throughline.Placement); ok && r.Metadata.Name == "main" {
			change(p)
		}
	}
	return in
}

func build(t *testing.T, in Input) *throughline.Snapshot {
	t.Helper()
	s, err := Snapshot(in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	s := build(t, release())
	main := s.Placements[0]

	t.Run("placements and audiences are by name, unused audiences are not there", func(t *testing.T) {
		t.Parallel()
		if main.Name != "main" || s.Placements[1].Name != "side" {
			t.Errorf("placements %s, %s", main.Name, s.Placements[1].Name)
		}
		want := []throughline.SnapshotAudience{{Name: "new", Rule: `context.visits < 2`}, {Name: "pro", Rule: `context.plan == "pro"`}}
		if diff := cmp.Diff(want, s.Audiences); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("engine, release, goal, brand and owner are resolved", func(t *testing.T) {
		t.Parallel()
		if s.Engine != "engine-1" || s.Release != 4 || !s.PublicDecisions {
			t.Errorf("%s %d %v", s.Engine, s.Release, s.PublicDecisions)
		}
		if main.Owner != "Ada Lovelace" || main.Event != "signed_up" || main.Window.String() != "1d" || main.Locales.Default != "en" {
			t.Errorf("%+v", main)
		}
	})
	t.Run("defaults are filled in", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(throughline.Policy{Kind: throughline.Learned, Floor: 0.02}, main.Policy); diff != "" {
			t.Error(diff)
		}
		if main.Sticky != throughline.StickySession || main.Holdout != nil {
			t.Errorf("sticky %s, holdout %v", main.Sticky, main.Holdout)
		}
		in := edit(release(), func(p *throughline.Placement) {
			p.Policy.Kind, p.Holdout = throughline.ExploreThenCommit, &throughline.Holdout{Share: 0.1}
		})
		got := build(t, in).Placements[0]
		if diff := cmp.Diff(throughline.Policy{Kind: throughline.ExploreThenCommit, Explore: 1000}, got.Policy); diff != "" {
			t.Error(diff)
		}
		want := &throughline.Holdout{Share: 0.1, Serve: throughline.ServeUniform, Scope: throughline.ScopePlacement}
		if diff := cmp.Diff(want, got.Holdout); diff != "" {
			t.Error(diff)
		}
		edit(in, func(p *throughline.Placement) {
			if p.Holdout.Serve != "" {
				t.Error("the declared resource was changed")
			}
		})
	})
	t.Run("what is declared stays", func(t *testing.T) {
		t.Parallel()
		want := throughline.Policy{Kind: throughline.Learned, Floor: 0.3, Explore: 7}
		got := build(t, edit(release(), func(p *throughline.Placement) { p.Policy, p.Sticky = want, throughline.StickyNone })).Placements[0]
		if diff := cmp.Diff(want, got.Policy); diff != "" || got.Sticky != throughline.StickyNone {
			t.Error(diff, got.Sticky)
		}
	})
	t.Run("a fallback leaves optional slots unfilled and need not be a candidate", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff([]uint16{0, 0}, main.Fallback); diff != "" {
			t.Error(diff)
		}
		in := edit(release(), func(p *throughline.Placement) { p.Fallback = throughline.Filling{"headline": "hi", "button": "buy"} })
		in.Blocked = map[string][]int{"main": {4}}
		got := build(t, in).Placements[0]
		if diff := cmp.Diff([]uint16{1, 1}, got.Fallback); diff != "" || len(got.Candidates) != 7 {
			t.Error(diff, len(got.Candidates))
		}
	})
	t.Run("fixed and control are positions among what is left", func(t *testing.T) {
		t.Parallel()
		in := edit(release(), func(p *throughline.Placement) {
			p.Policy = throughline.Policy{Kind: throughline.Fixed, Fixed: throughline.Filling{"headline": "hi", "button": "buy"}}
			p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeControl, Control: throughline.Filling{"headline": "hi"}}
		})
		in.Blocked = map[string][]int{"main": {0, 1}}
		got := build(t, in).Placements[0]
		if got.Fixed != 2 || got.Control != 1 {
			t.Errorf("fixed %d, control %d of %v", got.Fixed, got.Control, got.Candidates)
		}
		if main.Fixed != -1 || main.Control != -1 {
			t.Errorf("without either they are %d and %d", main.Fixed, main.Control)
		}
	})
}

func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(in Input) throughline.Digest { return throughline.DigestOf(build(t, in).Encode()) }
	want := digest(release())
	t.Run("the order of resources does not matter", func(t *testing.T) {
		t.Parallel()
		in := release()
		for seed := range uint64(5) {
			rng := rand.New(rand.NewPCG(seed, 0))
			rng.Shuffle(len(in.Resources), func(i, j int) { in.Resources[i], in.Resources[j] = in.Resources[j], in.Resources[i] })
			if got := digest(in); got != want {
				t.Fatalf("digest %s, was %s", got.Short(), want.Short())
			}
		}
	})
	t.Run("a token changes variants, a voice does not", func(t *testing.T) {
		t.Parallel()
		variant := func(change func(*throughline.Brand)) throughline.VariantID {
			in := release()
			for _, r := range in.Resources {
				if b, ok := r.Spec.(*throughline.Brand); ok {
					change(b)
				}
			}
			p := &build(t, in).Placements[0]
			return p.VariantID(p.Candidates[0], "en")
		}
		was := variant(func(*throughline.Brand) {})
		if variant(func(b *throughline.Brand) { b.Tokens["accent"] = "#000000" }) == was {
			t.Error("a new accent left the variant what it was")
		}
		if variant(func(b *throughline.Brand) { b.Voice = "loud" }) != was {
			t.Error("a new voice made another variant")
		}
	})
}

func TestSnapshotRefuses(t *testing.T) {
	t.Parallel()
	filling := func(pairs ...string) throughline.Filling {
		f := throughline.Filling{}
		for i := 0; i < len(pairs); i += 2 {
			f[pairs[i]] = pairs[i+1]
		}
		return f
	}
	with := func(change func(*throughline.Placement)) Input { return edit(release(), change) }
	assembly := func(change func(*throughline.Assembly)) Input {
		in := release()
		a := in.Assemblies["main"]
		a.Slots = slices.Clone(a.Slots)
		change(&a)
		in.Assemblies["main"] = a
		return in
	}
	for _, c := range []struct {
		sentence string
		in       Input
		code     throughline.Code
		says     []string
	}{
		{
			"a placement needs a fallback", with(func(p *throughline.Placement) { p.Fallback = nil }), throughline.Invalid,
			[]string{"Placement/main: the placement has no fallback", "spec.fallback"},
		},
		{
			"a fallback fills required slots", with(func(p *throughline.Placement) { p.Fallback = filling("button", "buy") }), throughline.Invalid,
			[]string{"fallback: slot headline is required", "what fits: hello, hi, hi-pro"},
		},
		{
			"a fallback fits", with(func(p *throughline.Placement) { p.Fallback = filling("headline", "buy") }), throughline.Invalid,
			[]string{"buy does not fit slot headline"},
		},
		{
			"a fallback names slots that are there", with(func(p *throughline.Placement) { p.Fallback["footer"] = "x" }), throughline.Invalid,
			[]string{`template card has no slot "footer"`, "its slots are headline, button"},
		},
		{
			"a fallback is for everyone", with(func(p *throughline.Placement) { p.Fallback = filling("headline", "hi-pro") }), throughline.Invalid,
			[]string{"only audience pro may see Fragment/hi-pro"},
		},
		{
			"a control is not excluded by a constraint", with(func(p *throughline.Placement) {
				p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeControl, Control: filling("headline", "hi-pro", "button", "try")}
			}), throughline.Invalid, []string{"holdout.control: the filling button=try, headline=hi-pro is excluded by a constraint"},
		},
		{
			"a control is not blocked by a check", func() Input {
				in := with(func(p *throughline.Placement) {
					p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeControl, Control: filling("headline", "hello")}
				})
				in.Blocked = map[string][]int{"main": {0}}
				return in
			}(), throughline.Invalid, []string{"headline=hello is excluded by a check"},
		},
		{
			"a control is named", with(func(p *throughline.Placement) {
				p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeControl}
			}), throughline.Invalid, []string{"holdout.control names no filling"},
		},
		{
			"a fixed policy has a filling", with(func(p *throughline.Placement) { p.Policy.Kind = throughline.Fixed }), throughline.Invalid,
			[]string{"policy.fixed names no filling"},
		},
		{
			"checks leave something", func() Input {
				in := release()
				in.Blocked = map[string][]int{"main": {0, 1, 2, 3, 4, 5, 6, 7}}
				return in
			}(), throughline.Invalid, []string{"Placement/main", "checks refuse all 8"},
		},
		{
			"constraints leave something", assembly(func(a *throughline.Assembly) { a.Candidates = nil }), throughline.Invalid,
			[]string{"constraints exclude all 9 combinations (no-try-for-pro)"},
		},
		{
			"every slot has something to fill it", assembly(func(a *throughline.Assembly) { a.Slots[1].Choices, a.Candidates = nil, nil }), throughline.Invalid,
			[]string{"nothing fits the slot button", `role "cta"`},
		},
		{
			"something was assembled", assembly(func(a *throughline.Assembly) { *a = throughline.Assembly{} }), throughline.Invalid,
			[]string{"nothing was assembled"},
		},
		{
			"a goal exists", with(func(p *throughline.Placement) { p.Goal = "sale" }), throughline.NotFound,
			[]string{"Placement/main: there is no Goal/sale"},
		},
		{
			"an audience exists", with(func(p *throughline.Placement) { p.Audience = "vip" }), throughline.NotFound,
			[]string{"Placement/main: there is no Audience/vip"},
		},
		{
			"somebody answers for it", func() Input {
				in := release()
				in.Owner = func(throughline.Resource) string { return "" }
				return in
			}(), throughline.Invalid, []string{"nobody answers for the placement"},
		},
		{
			"audiences fit into a word", assembly(func(a *throughline.Assembly) {
				for i := range 65 {
					a.Slots[0].Choices = append(a.Slots[0].Choices, choice(fmt.Sprintf("f%d", i), fmt.Sprintf("a%d", i)))
				}
			}), throughline.NotFound, []string{"name 67 audiences, at most 64", "join audiences"},
		},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			s, err := Snapshot(c.in)
			if err == nil || s != nil {
				t.Fatal("it was not refused")
			}
			var all throughline.Problems
			all.Add(err)
			if !slices.ContainsFunc(all, func(e *throughline.Error) bool { return e.Code == c.code }) {
				t.Errorf("no problem has the code %s: %v", c.code, err)
			}
			for _, says := range c.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("nothing says %q:\n%v", says, err)
				}
			}
		})
	}
	t.Run("all problems come at once", func(t *testing.T) {
		t.Parallel()
		_, err := Snapshot(with(func(p *throughline.Placement) { p.Fallback, p.Goal, p.Audience = nil, "sale", "vip" }))
		if got := strings.Count(err.Error(), "\n") + 1; got != 3 {
			t.Errorf("%d problems:\n%v", got, err)
		}
	})
}

// TestAudienceLimit has exactly as many audiences as fit, then one more.
func TestAudienceLimit(t *testing.T) {
	t.Parallel()
	in := release()
	a := in.Assemblies["main"]
	a.Slots = slices.Clone(a.Slots)
	in.Assemblies["main"] = a
	add := func(name string) {
		in.Resources = append(in.Resources, resource(name, &throughline.Audience{Rule: "context.x"}))
		a.Slots[0].Choices = append(a.Slots[0].Choices, choice("f-"+name, name))
	}
	for i := range throughline.MaxAudiences - 2 { // pro and new are there
		add(fmt.Sprintf("a%d", i))
	}
	if s := build(t, in); len(s.Audiences) != throughline.MaxAudiences {
		t.Errorf("%d audiences", len(s.Audiences))
	}
	add("one-more")
	if _, err := Snapshot(in); throughline.CodeOf(err) != throughline.TooLarge {
		t.Errorf("got %v", err)
	}
}
