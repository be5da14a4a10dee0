package decide

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func TestEligibility(t *testing.T) {
	t.Parallel()
	table := compile(t, world(nil), nil)
	for _, c := range []struct {
		sentence string
		context  map[string]any
		eligible int
		against  string // a reason among the exclusions
	}{
		{"a recipient of all audiences may get everything", everyone(), 4 * 4 * 3 * 3, "null"},
		{"an audience that does not match takes its pieces out", map[string]any{"plan": "pro", "visits": 9}, 4 * 3 * 3 * 3, "audience mobile of Fragment/piece-1-2 does not match"},
		{"a field the request does not carry makes a rule false", map[string]any{"device": "phone", "visits": 9}, 3 * 4 * 3 * 3, "audience pro of Fragment/piece-0-1 does not match"},
		{"no context at all matches no audience", nil, 3 * 3 * 3 * 3, "audience pro of Fragment/piece-0-1 does not match"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			x, err := table.Explain(ask("u", c.context), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(x.Options) != c.eligible || len(x.Options)+len(x.Excluded) != 144 {
				t.Errorf("%d eligible and %d excluded, want %d of 144 eligible", len(x.Options), len(x.Excluded), c.eligible)
			}
			if got, _ := json.Marshal(x.Excluded); !strings.Contains(string(got), c.against) {
				t.Errorf("no exclusion says %q", c.against)
			}
		})
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	table := compile(t, world(nil), nil)
	decide(t, table, ask("u", map[string]any{"locale": "de"}), nil) // its texts may not serve the others
	for _, c := range []struct{ asked, got, text string }{
		{"", "en", "english"},
		{"en", "en", "english"},
		{"de", "de", "deutsch"},
		{"de-AT", "de-AT", "deutsch"},
		{"de-CH", "de", "deutsch"},
		{"fr-FR", "en", "english"},
		{"en-", "en", "english"},
	} {
		t.Run("a request for "+c.asked+" is served in "+c.got, func(t *testing.T) {
			t.Parallel()
			for i := range 50 {
				context := map[string]any{"locale": c.asked}
				d := decide(t, table, ask(unit(i), context), nil)
				if d.Locale != c.got || !strings.HasPrefix(d.Values["slot0"], c.text) {
					t.Fatalf("got locale %q with %q", d.Locale, d.Values["slot0"])
				}
			}
		})
	}
}

func TestDecideAnswers(t *testing.T) {
	t.Parallel()
	s := world(nil)
	table := compile(t, s, learnedEpoch(s, 5))
	d := decide(t, table, ask("u1", everyone()), nil)

	t.Run("the id opens to the token", func(t *testing.T) {
		t.Parallel()
		token, err := throughline.OpenDecisionID(testKey, d.ID)
		if err != nil || token != d.Token {
			t.Errorf("opened %+v, %v; want %+v", token, err, d.Token)
		}
	})
	t.Run("the variant's id names what the token names", func(t *testing.T) {
		t.Parallel()
		p := &table.Placements()[0]
		if want := p.VariantID(p.Candidates[d.Token.Candidate], "en"); d.Variant != want {
			t.Errorf("variant %s, want %s", d.Variant, want)
		}
		if r := table.Variant(d.Variant); len(r) == 0 || r[0].Candidate != int(d.Token.Candidate) || r[0].Placement != "home" {
			t.Errorf("the variant is found as %+v", r)
		}
	})
	t.Run("the same question has the same answer", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(d, decide(t, table, ask("u1", everyone()), nil)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("another context is another question with the same variant", func(t *testing.T) {
		t.Parallel()
		context := everyone()
		context["visits"] = 5
		other := decide(t, table, ask("u1", context), nil)
		if other.ID == d.ID || other.Variant != d.Variant {
			t.Errorf("id %s and variant %s, were %s and %s", other.ID, other.Variant, d.ID, d.Variant)
		}
	})
	t.Run("another epoch is another question", func(t *testing.T) {
		t.Parallel()
		next, err := table.With(learnedEpoch(s, 6))
		if err != nil {
			t.Fatal(err)
		}
		if other := decide(t, next, ask("u1", everyone()), nil); other.Token.Question == d.Token.Question {
			t.Error("two epochs number a question alike")
		}
	})
	t.Run("another key asks the same and numbers it otherwise", func(t *testing.T) {
		t.Parallel()
		foreign, err := Compile(s, learnedEpoch(s, 5), []byte("another key"))
		if err != nil {
			t.Fatal(err)
		}
		other := decide(t, foreign, ask("u1", everyone()), nil)
		if other.Variant != d.Variant || other.Token.Question == d.Token.Question {
			t.Error("the key changed the choice, or did not change the question")
		}
	})
	t.Run("the placement and its owner are found by the token", func(t *testing.T) {
		t.Parallel()
		if name, owner := table.PlacementOf(d.Token); name != "home" || owner != "Ada Lovelace" {
			t.Errorf("found %q of %q", name, owner)
		}
		if name, _ := table.PlacementOf(throughline.Token{Placement: 0}); name != "" {
			t.Errorf("a token of another snapshot is taken for %q", name)
		}
	})
	t.Run("it carries epoch, release, policy and moment", func(t *testing.T) {
		t.Parallel()
		if d.Epoch != 5 || d.AsOf != 5000 || d.Release != 3 || d.Policy != throughline.Learned || d.Snapshot != table.Digest() {
			t.Errorf("%+v", d)
		}
	})
}

func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	table := compile(t, world(nil), nil)
	for _, c := range []struct {
		sentence string
		req      throughline.Request
		code     throughline.Code
		fix      string
	}{
		{"an unknown placement is told the nearest", throughline.Request{Placement: "hme", Unit: "u"}, throughline.NotFound, "did you mean home?"},
		{"a placement like no other is told none", throughline.Request{Placement: "checkout.footer", Unit: "u"}, throughline.NotFound, "declare it"},
		{"a request says who it is for", throughline.Request{Placement: "home"}, throughline.Invalid, "targeting key"},
		{"a unit is short", throughline.Request{Placement: "home", Unit: strings.Repeat("x", 257)}, throughline.Invalid, "hash"},
		{"a unit is UTF-8", throughline.Request{Placement: "home", Unit: "\xff"}, throughline.Invalid, "hexadecimal"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			_, err := table.Decide(c.req, nil)
			if throughline.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.fix) {
				t.Errorf("got %v, want code %s and a fix with %q", err, c.code, c.fix)
			}
		})
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sentence string
		change   func(*throughline.SnapshotPlacement)
		context  map[string]any
		locale   string
		values   int
	}{
		{"who is not of the placement's audience gets the fallback", func(p *throughline.SnapshotPlacement) { p.Audience = "pro" }, nil, "en", 4},
		{
			"nothing eligible gets the fallback",
			func(p *throughline.SnapshotPlacement) { p.Candidates = [][]uint16{{1, 0, 0, 0}, {1, 2, 0, 0}} },
			map[string]any{"locale": "de"},
			"de", 4,
		},
		{
			"a fallback with nothing in it is empty and still a decision",
			func(p *throughline.SnapshotPlacement) {
				p.Audience = "pro"
				for s := range p.Slots {
					p.Slots[s].Choices = append(p.Slots[s].Choices, throughline.Choice{})
					p.Fallback[s] = uint16(len(p.Slots[s].Choices) - 1)
				}
			}, nil, "en", 0,
		},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			held := NewHolds(10)
			table := compile(t, world(func(p *throughline.SnapshotPlacement) {
				p.Sticky = throughline.StickySession
				c.change(p)
			}), nil)
			d := decide(t, table, ask("u", c.context), held)
			if d.Arm != throughline.ArmFallback || d.Propensity != 1 || d.Token.Candidate != throughline.FallbackCandidate {
				t.Errorf("arm %s, propensity %v, candidate %d", d.Arm, d.Propensity, d.Token.Candidate)
			}
			if d.Locale != c.locale || len(d.Values) != c.values || d.Variant == "" {
				t.Errorf("locale %q, values %v, variant %q", d.Locale, d.Values, d.Variant)
			}
			if n, _ := held.Len(); n != 0 {
				t.Error("a fallback is held")
			}
			if x, err := table.Explain(ask("u", c.context), nil); err != nil || !strings.HasPrefix(x.Reason, "The fallback, because ") {
				t.Errorf("explained as %q, %v", x.Reason, err)
			}
		})
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	served := func(t *testing.T, change func(*throughline.SnapshotPlacement), context map[string]any) map[uint16]float64 {
		s := world(change)
		table := compile(t, s, learnedEpoch(s, 1))
		got := map[uint16]float64{}
		for i := range 400 {
			d := decide(t, table, ask(unit(i), context), nil)
			got[d.Token.Candidate] = d.Propensity
		}
		return got
	}
	fixed := func(p *throughline.SnapshotPlacement) {
		p.Policy, p.Fixed = throughline.Policy{Kind: throughline.Fixed}, 40
	}
	t.Run("fixed always serves its filling, whatever the epoch says", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(map[uint16]float64{40: 1}, served(t, fixed, everyone())); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("fixed serves evenly where its filling is not eligible", func(t *testing.T) {
		t.Parallel()
		if got := served(t, fixed, nil); got[40] != 0 || len(got) < 50 {
			t.Errorf("%d candidates were served, the fixed one with %v", len(got), got[40])
		}
	})
	t.Run("uniform ignores the epoch", func(t *testing.T) {
		t.Parallel()
		got := served(t, func(p *throughline.SnapshotPlacement) { p.Policy.Kind = throughline.Uniform }, nil)
		for c, p := range got {
			if p < 1./81-1e-6 || p > 1./81+1e-6 {
				t.Errorf("candidate %d has propensity %v of 81", c, p)
			}
		}
	})
	t.Run("a control is served to those held out", func(t *testing.T) {
		t.Parallel()
		s := world(func(p *throughline.SnapshotPlacement) {
			p.Holdout, p.Control = &throughline.Holdout{Share: 0.5, Serve: throughline.ServeControl}, 40
		})
		table := compile(t, s, learnedEpoch(s, 1))
		for i := range 200 {
			d := decide(t, table, ask(unit(i), everyone()), nil)
			if d.Arm == throughline.ArmHoldout && (d.Token.Candidate != 40 || d.Propensity != 1) {
				t.Fatalf("held out and served candidate %d with %v", d.Token.Candidate, d.Propensity)
			}
			d = decide(t, table, ask(unit(i), nil), nil)
			if d.Arm == throughline.ArmHoldout && d.Propensity > 0.02 {
				t.Fatalf("the control is not eligible, and candidate %d is served with %v", d.Token.Candidate, d.Propensity)
			}
		}
	})
}

func TestTables(t *testing.T) {
	t.Parallel()
	s := world(func(p *throughline.SnapshotPlacement) {
		p.Holdout = &throughline.Holdout{Share: 0.2, Serve: throughline.ServeUniform}
	})
	e := learnedEpoch(s, 2)
	a := compile(t, s, e)
	t.Run("two tables of the same bytes decide alike", func(t *testing.T) {
		t.Parallel()
		b := compile(t, recoded(t, s), recoded(t, e))
		for i := range 500 {
			req := ask(unit(i), map[string]any{"device": "phone", "n": i % 7})
			if diff := cmp.Diff(decide(t, a, req, nil), decide(t, b, req, nil)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
	t.Run("a decision is replayed from what JSON keeps of its request", func(t *testing.T) {
		t.Parallel()
		context := map[string]any{"device": "phone", "n": int64(7), "tags": []string{"a", "b"}, "deep": map[string]any{"x": []any{1, "two", nil, true}}, "odd": "a\xffb"}
		for i := range 200 {
			d := decide(t, a, ask(unit(i), context), nil)
			req := ask(unit(i), *recoded(t, &context))
			got, err := compile(t, s, e).Explain(req, nil)
			if err != nil || got.Decision.Token != d.Token || got.DecisionID != d.ID || got.Variant != d.Variant {
				t.Fatalf("replayed as %+v (%v), was %+v", got.Decision.Token, err, d.Token)
			}
		}
	})
	t.Run("a replay with another context is not the same", func(t *testing.T) {
		t.Parallel()
		d := decide(t, a, ask("u", nil), nil)
		if x, err := a.Explain(ask("u", everyone()), nil); err != nil || x.Decision.Token == d.Token {
			t.Errorf("replayed as %+v, %v", x.Decision.Token, err)
		}
	})
	t.Run("a replay in another epoch is not the same", func(t *testing.T) {
		t.Parallel()
		d := decide(t, compile(t, s, nil), ask("u", nil), nil)
		if x, err := a.Explain(ask("u", nil), nil); err != nil || x.Decision.Token == d.Token {
			t.Errorf("replayed as %+v, %v", x.Decision.Token, err)
		}
	})
	t.Run("an epoch of another snapshot is refused", func(t *testing.T) {
		t.Parallel()
		other := learnedEpoch(s, 3)
		other.Snapshot[0]++
		if _, err := a.With(other); throughline.CodeOf(err) != throughline.Conflict {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an epoch with too few placements is refused", func(t *testing.T) {
		t.Parallel()
		other := learnedEpoch(s, 3)
		other.Placements = nil
		if _, err := a.With(other); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an epoch that ranks candidates that are not there serves all the same", func(t *testing.T) {
		t.Parallel()
		other := learnedEpoch(s, 3)
		other.Placements[0] = throughline.NewRankings([][]uint16{{9999, 3}, {65535, 65535}})
		next, err := a.With(other)
		if err != nil {
			t.Fatal(err)
		}
		decide(t, next, ask("u", nil), nil)
	})
	t.Run("a snapshot that does not hold together is refused", func(t *testing.T) {
		t.Parallel()
		for name, spoil := range map[string]func(*throughline.SnapshotPlacement){
			"no candidate":      func(p *throughline.SnapshotPlacement) { p.Candidates = nil },
			"a short candidate": func(p *throughline.SnapshotPlacement) { p.Candidates[3] = []uint16{0} },
			"a wild position":   func(p *throughline.SnapshotPlacement) { p.Candidates[3] = []uint16{0, 0, 0, 9} },
			"no fallback":       func(p *throughline.SnapshotPlacement) { p.Fallback = nil },
			"no such audience":  func(p *throughline.SnapshotPlacement) { p.Slots[0].Choices[0].Audience = "nobody" },
			"no text":           func(p *throughline.SnapshotPlacement) { delete(p.Slots[2].Choices[1].Text, "de-AT") },
			"no fixed":          func(p *throughline.SnapshotPlacement) { p.Policy.Kind = throughline.Fixed },
			"no control": func(p *throughline.SnapshotPlacement) {
				p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeControl}
			},
		} {
			if _, err := Compile(world(spoil), nil, testKey); throughline.CodeOf(err) != throughline.Corrupt {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
	t.Run("a rule that does not compile names its audience", func(t *testing.T) {
		t.Parallel()
		bad := world(nil)
		bad.Audiences[1].Rule = "context.plan =="
		if _, err := Compile(bad, nil, testKey); throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "Audience/pro") {
			t.Errorf("got %v", err)
		}
	})
}

func TestManyReaders(t *testing.T) {
	t.Parallel()
	s := world(func(p *throughline.SnapshotPlacement) { p.Sticky = throughline.StickySession })
	table := compile(t, s, learnedEpoch(s, 1))
	want := make([]throughline.Decision, 200)
	for i := range want {
		want[i] = decide(t, compile(t, s, learnedEpoch(s, 1)), ask(unit(i), everyone()), nil)
	}
	held := NewHolds(1000)
	var readers sync.WaitGroup
	for r := range 8 {
		readers.Go(func() {
			for i := range want {
				i = (i + 31*r) % len(want)
				d, err := table.Decide(ask(unit(i), everyone()), held)
				if err != nil || d.ID != want[i].ID || d.Variant != want[i].Variant {
					t.Errorf("unit %d got %s, want %s: %v", i, d.ID, want[i].ID, err)
				}
				if _, err := table.With(learnedEpoch(s, uint32(2+i%2))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
}

func FuzzOpenDecisionID(f *testing.F) {
	s := world(nil)
	table := compile(f, s, nil)
	issued := map[throughline.DecisionID]bool{}
	for i := range 3 {
		d := decide(f, table, ask(unit(i), nil), nil)
		issued[d.ID] = true
		f.Add(string(d.ID))
		f.Add(string(d.ID[1:]))
		f.Add("A" + string(d.ID[1:57]) + "A")
		f.Add(string(d.Token.Sign([]byte("a forger's key"))))
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, id string) {
		token, err := throughline.OpenDecisionID(testKey, throughline.DecisionID(id))
		if issued[throughline.DecisionID(id)] != (err == nil) {
			t.Fatalf("%q opens to %+v, %v", id, token, err)
		}
		table.PlacementOf(token)
	})
}
