package demo

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throughline-engine/throughline"
)

var seeds = flag.Int("seeds", 2, "how many worlds the learnability test visits")

// visit runs the simulator against a fake engine in fake time.
func visit(t *testing.T, seed uint64, duration time.Duration, plant func(*fakeEngine)) (r Result, e *fakeEngine) {
	t.Helper()
	resources := lido(t)
	synctest.Test(t, func(t *testing.T) {
		var s *Simulator
		s, e = simulator(t, Config{
			Resources: resources, Seed: seed, Rate: HeadlessRate, Duration: duration, ProbeEvery: 3 * time.Second,
			ReadBack: func(_ context.Context, message, decision func(string)) error { return e.readBack(message, decision) },
		})
		plant(e)
		var err error
		if r, err = s.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.Strange > 0 {
			t.Errorf("%d decisions showed texts that nobody declared", r.Strange)
		}
	})
	return r, e
}

// simulator makes one and the fake engine it visits.
func simulator(t *testing.T, c Config) (*Simulator, *fakeEngine) {
	t.Helper()
	var e *fakeEngine
	c.BaseURL, c.ReadKey, c.WriteKey, c.Token = "http://engine.example/", "read", "write", "token"
	c.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return e.RoundTrip(r) })}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	e = newFakeEngine(s.Truth())
	return s, e
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// within reports whether two rates differ by less than four standard errors.
func within(a, b Measure, na, nb int64) bool {
	p := float64(a+b) / 2
	return math.Abs(float64(a-b)) < 4*math.Sqrt(p*(1-p)*(1/float64(na)+1/float64(nb)))
}

func TestVerdictOnAnEngine(t *testing.T) {
	t.Run("one that draws evenly learns nothing, and the verdict says so", func(t *testing.T) {
		r, _ := visit(t, 1, 30*time.Second, func(*fakeEngine) {})
		if !within(r.LearnedRate, r.HoldoutRate, r.LearnedExposures, r.HoldoutExposures) {
			t.Errorf("learned %.4f, holdout %.4f of %d", r.LearnedRate, r.HoldoutRate, r.HoldoutExposures)
		}
		if r.OracleRate < 1.8*r.HoldoutRate {
			t.Errorf("the best possible is only %.4f, holdout %.4f", r.OracleRate, r.HoldoutRate)
		}
	})
	t.Run("one that knows the truth reaches the oracle, and no one can pass it", func(t *testing.T) {
		r, _ := visit(t, 1, 30*time.Second, func(e *fakeEngine) { e.choose = cheat })
		if !within(r.LearnedRate, r.OracleRate, r.LearnedExposures, 1<<40) {
			t.Errorf("learned %.4f, oracle %.4f", r.LearnedRate, r.OracleRate)
		}
	})
	t.Run("one that loses nothing has everything in its journal", func(t *testing.T) {
		r, e := visit(t, 2, 5*time.Second, func(e *fakeEngine) { e.refuseEvery = 4 })
		if float64(r.Journaled) != float64(r.Acknowledged) || r.Acknowledged != r.Exposures+r.Outcomes || r.DecisionsLost != 0 {
			t.Errorf("acknowledged %d of %d, journaled %.0f, lost %.0f", r.Acknowledged, r.Exposures+r.Outcomes, r.Journaled, r.DecisionsLost)
		}
		if e.doubled > 0 || r.Failures == 0 {
			t.Errorf("%d messages came twice after %d refusals", e.doubled, r.Failures)
		}
	})
	t.Run("one that drops every 50th acknowledged event is caught", func(t *testing.T) {
		r, _ := visit(t, 2, 5*time.Second, func(e *fakeEngine) { e.loseEvery = 50 })
		lost := float64(r.Acknowledged) - float64(r.Journaled)
		if want := float64(r.Acknowledged / 50); lost != want {
			t.Errorf("found %.0f events missing, want %.0f", lost, want)
		}
		if r.DecisionsLost == 0 {
			t.Error("found no decision missing")
		}
	})
	t.Run("one that refuses messages by name has not acknowledged them", func(t *testing.T) {
		r, _ := visit(t, 2, 5*time.Second, func(e *fakeEngine) { e.rejectFirst = true })
		if float64(r.Journaled) != float64(r.Acknowledged) || r.Acknowledged+r.Failures != r.Exposures+r.Outcomes {
			t.Errorf("acknowledged %d of %d, journaled %.0f, %d failures", r.Acknowledged, r.Exposures+r.Outcomes, r.Journaled, r.Failures)
		}
	})
	t.Run("one that considers outcomes two seconds late is measured", func(t *testing.T) {
		r, _ := visit(t, 2, 10*time.Second, func(e *fakeEngine) { e.delay = 2 * time.Second })
		if r.SignalToDecision < 2 || r.SignalToDecision > 2.5 {
			t.Errorf("signal to decision %.3f s", r.SignalToDecision)
		}
	})
	t.Run("one that never considers an outcome does not look fast", func(t *testing.T) {
		r, _ := visit(t, 2, 10*time.Second, func(e *fakeEngine) { e.delay = time.Hour })
		if r.SignalToDecision < 8 {
			t.Errorf("signal to decision %.3f s", r.SignalToDecision)
		}
	})
	t.Run("one that serves a release 400 ms late is measured", func(t *testing.T) {
		r, _ := visit(t, 2, 10*time.Second, func(e *fakeEngine) { e.rollout = 400 * time.Millisecond })
		if r.ApplyToServed < 400 || r.ApplyToServed > 420 {
			t.Errorf("apply to served %.0f ms", r.ApplyToServed)
		}
	})
	t.Run("one that is down ends the run with its last words", func(t *testing.T) {
		s, err := New(Config{Resources: lido(t), HTTP: &http.Client{
			Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }),
		}})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			if r, err := s.Run(t.Context()); err == nil || r.Failures < mostStrikes {
				t.Errorf("got %v after %d failures", err, r.Failures)
			}
		})
	})
}

func TestRunEnds(t *testing.T) {
	t.Run("when the context ends: at once, without error, and nobody's reaction is lost", func(t *testing.T) {
		resources := lido(t)
		synctest.Test(t, func(t *testing.T) {
			s, e := simulator(t, Config{Resources: resources, Rate: 200})
			ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
			defer stop()
			began := time.Now()
			r, err := s.Run(ctx)
			if took := time.Since(began); err != nil || took > 3100*time.Millisecond {
				t.Errorf("took %v: %v", took, err)
			}
			if r.Outcomes == 0 || r.Acknowledged != r.Exposures+r.Outcomes || len(e.journal) != int(r.Acknowledged) {
				t.Errorf("%d exposures and %d outcomes, %d acknowledged", r.Exposures, r.Outcomes, r.Acknowledged)
			}
			if r.Journaled.Known() || r.ApplyToServed.Known() {
				t.Errorf("journaled %v, apply to served %v; nobody looked", r.Journaled, r.ApplyToServed)
			}
		})
	})
	t.Run("at once also when the engine goes down with it", func(t *testing.T) {
		resources := lido(t)
		synctest.Test(t, func(t *testing.T) {
			s, e := simulator(t, Config{Resources: resources, Rate: 200})
			ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
			defer stop()
			e.down = ctx
			began := time.Now()
			r, err := s.Run(ctx)
			if took := time.Since(began); err != nil || took > 3100*time.Millisecond || r.Failures > 0 {
				t.Errorf("took %v with %d failures: %v", took, r.Failures, err)
			}
		})
	})
	t.Run("and asked for no more than the rate", func(t *testing.T) {
		resources := lido(t)
		synctest.Test(t, func(t *testing.T) {
			var told int
			s, _ := simulator(t, Config{Resources: resources, Rate: 50, Duration: 10500 * time.Millisecond, Progress: func(Result) { told++ }})
			r, err := s.Run(t.Context())
			if err != nil || r.Decisions < 490 || r.Decisions > 530 || told != 10 {
				t.Errorf("%d decisions in ten seconds, told %d times: %v", r.Decisions, told, err)
			}
		})
	})
}

func TestRunOverRealSockets(t *testing.T) {
	before := runtime.NumGoroutine()
	var e *fakeEngine
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.ServeHTTP(w, r) }))
	s, err := New(Config{
		BaseURL: server.URL, ReadKey: "read", WriteKey: "write", Token: "token",
		Resources: lido(t), Rate: HeadlessRate, Duration: 400 * time.Millisecond, ProbeEvery: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	e = newFakeEngine(s.Truth())
	r, err := s.Run(t.Context())
	server.Close()
	if err != nil || r.Decisions == 0 || r.Failures > 0 || r.Acknowledged != r.Exposures+r.Outcomes || !r.ApplyToServed.Known() {
		t.Errorf("got %+v, %v", r, err)
	}
	for range 100 { // connections close in their own time
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestPeopleNeverRunOut(t *testing.T) {
	t.Run("an hour after the demo began there are still new people, and who comes back was here lately", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, _ := simulator(t, Config{Resources: lido(t)})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			visits := make(chan int)
			go s.begin(http.DefaultClient, nil).pace(ctx, visits)
			newest, lastNew := -1, time.Now()
			for n := range visits {
				switch {
				case n == newest+1:
					newest, lastNew = n, time.Now()
				case n > newest || n < newest-lately:
					t.Fatalf("visitor %d came after %d", n, newest)
				}
				if time.Since(lastNew) > time.Minute {
					t.Fatalf("nobody new came for a minute after visitor %d", newest)
				}
			}
			if newest < 100_000 {
				t.Errorf("only %d people came in an hour", newest)
			}
		})
	})
	t.Run("the account of who was seen is exact and bounded", func(t *testing.T) {
		l, hero, now := newLedger(false), new(site), time.Unix(0, 0)
		for n := range 3 * remembered {
			if !l.exposure(visitor{n, hero}, armPolicy, 0, false, now) {
				t.Fatalf("visitor %d, who is new, was taken for another", n)
			}
			if l.exposure(visitor{max(0, n-lately), hero}, armPolicy, 0, false, now) {
				t.Fatalf("the one %d before visitor %d was forgotten", lately, n)
			}
		}
		if len(l.lastSeen) != remembered {
			t.Errorf("%d are remembered", len(l.lastSeen))
		}
	})
}

func TestRecipientsBelieveTheirEyes(t *testing.T) {
	truth, err := NewTruth(1, lido(t))
	if err != nil {
		t.Fatal(err)
	}
	notice := truth.sites[slices.IndexFunc(truth.sites, func(s *site) bool { return s.name == "gate.notice" })]
	show := func(button string) answer {
		return answer{
			Value:    map[string]string{"news": "Der Reiher ist vor dir da", "detail": "And the showers are warmer still.", "button": button},
			Metadata: map[string]any{"level.button": "button-new@2", "level.news": "news-22@1"},
		}
	}
	tests := []struct {
		name, button string
		want         throughline.Level
		strange      bool
	}{
		{"a text tells its level in any language, whatever the answer claims", "Freie Zeiten", "button-times@1", false},
		{"no text is the empty level", "", "", false},
		{"a text that was edited meanwhile is what the answer says it is", "Come in", "button-new@2", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, strange := notice.read(show(tt.button))
			want := []throughline.Level{"news-heron@1", "detail-shower@1", tt.want}
			if !slices.Equal(got, want) || strange != tt.strange {
				t.Errorf("got %q, strange %v", got, strange)
			}
			if own, best := truth.rate(notice, got, 0); own <= 0 || own > best {
				t.Errorf("its rate is %.4f, the best %.4f", own, best)
			}
		})
	}
}

// cheat serves the best eligible filling.
func cheat(e *fakeEngine, s *site, who mask, _ []int) int { return e.truth.ratesOf(s, who).bestOf }

func TestSomebodyCanLearnIt(t *testing.T) {
	var sum float64
	for seed := range *seeds {
		r, _ := visit(t, uint64(seed+1), 40*time.Second, func(e *fakeEngine) { e.choose = perSlot })
		t.Logf("seed %d: learned %.4f holdout %.4f oracle %.4f: %.2f of the gap", seed+1, r.LearnedRate, r.HoldoutRate, r.OracleRate, r.GapClosed())
		sum += float64(r.GapClosed()) / float64(*seeds)
	}
	if sum < 0.4 {
		t.Errorf("a policy that looks at each slot alone closes %.2f of the gap in 40 s, want 0.4", sum)
	}
}

func TestAWatcherSeesItWithinAMinute(t *testing.T) {
	resources := lido(t)
	synctest.Test(t, func(t *testing.T) {
		s, e := simulator(t, Config{Resources: resources, Seed: 1, Rate: WatchedRate, Duration: time.Minute})
		e.choose = perSlot
		r, err := s.Run(t.Context())
		if err != nil || r.LearnedRate < 1.3*r.HoldoutRate {
			t.Errorf("learned %.4f, holdout %.4f: %v", r.LearnedRate, r.HoldoutRate, err)
		}
	})
}

func TestResultIsOneObjectWithExactlyTheseFields(t *testing.T) {
	r := newLedger(false).result(time.Time{}, false)
	r.Decisions, r.LearnedRate = 12, Measure(1.0/3)
	got, err := json.Marshal(r)
	want := `{"decisions":12,"exposures":0,"outcomes":0,"acknowledged":0,"journaled":null,"decisions_lost":null,` +
		`"learned_rate":0.333333,"holdout_rate":null,"oracle_rate":null,"signal_to_decision_p95_s":null,"apply_to_served_p99_ms":null}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestQuantileCountsThoseWhoStillWait(t *testing.T) {
	s := func(seconds ...int) (list []time.Duration) {
		for _, n := range seconds {
			list = append(list, time.Duration(n)*time.Second)
		}
		return list
	}
	tests := []struct {
		name        string
		ended, open []time.Duration
		p           float64
		want        time.Duration
	}{
		{"all have ended", s(4, 1, 3, 2), nil, 0.5, 2 * time.Second},
		{"the slowest counts", s(4, 1, 3, 2), nil, 0.95, 4 * time.Second},
		{"those who wait longer push it up", s(1, 2, 3, 4), s(9, 9, 9, 9), 0.5, 4 * time.Second},
		{"those who have only begun to wait say little", s(1, 2, 3, 4), s(0, 0, 0, 0), 0.5, 2 * time.Second},
		{"where most still wait it is the longest wait so far", s(1), s(9, 9, 9), 0.95, 9 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := quantile(tt.ended, tt.open, tt.p); !ok || got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	if _, ok := quantile(nil, nil, 0.95); ok {
		t.Error("no wait has no quantile")
	}
}

func TestTruthIsTheSeedsAlone(t *testing.T) {
	resources := lido(t)
	one, err := NewTruth(3, resources)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := NewTruth(3, resources)
	if one.String() != again.String() {
		t.Error("the same seed made another world")
	}
	other, _ := NewTruth(4, resources)
	if one.String() == other.String() {
		t.Error("another seed made the same world")
	}
	for _, s := range one.sites {
		t.Run(s.name+" has an even mix at its base rate and a best filling well above it", func(t *testing.T) {
			groups := one.score(s)
			if even := evenRate(groups, s.spread, s.intercept); math.Abs(even-s.base) > 1e-4 || s.base < lowestBase || s.base > highestBase {
				t.Errorf("an even mix does %.4f, base %.4f", even, s.base)
			}
			lift := bestRate(groups, s.spread, s.intercept) / s.base
			if lift < lowestLift-0.01 || lift > highestLift+0.01 {
				t.Errorf("the best does %.2f times as well", lift)
			}
		})
	}
}

func TestAWorkspaceThatDoesNotFit(t *testing.T) {
	resources := lido(t)
	without := func(k throughline.Kind) (rest []throughline.Resource) {
		for _, r := range resources {
			if r.Kind != k {
				rest = append(rest, r)
			}
		}
		return rest
	}
	for _, k := range []throughline.Kind{throughline.KindPlacement, throughline.KindTemplate, throughline.KindGoal, throughline.KindChannel, throughline.KindBrand} {
		t.Run("without a "+string(k)+" it is refused in words", func(t *testing.T) {
			if _, err := New(Config{Resources: without(k)}); throughline.CodeOf(err) != throughline.Invalid {
				t.Errorf("got %v", err)
			}
		})
	}
}
