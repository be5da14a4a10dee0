package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// later publishes a snapshot of home.hero as change leaves it.
func (j *journal) later(number int, at time.Duration, change func(*throughline.CataloguedPlacement)) throughline.Digest {
	var digest throughline.Digest
	digest[0], digest[1], digest[2] = byte(number), byte(number>>8), 0xbb
	c := catalogue(1, digest)
	c.Release = number
	change(&c.Placements[1])
	j.add(throughline.EventSnapshotPublished, c, at, at)
	return digest
}

func issuedFor(t throughline.Token, snapshot throughline.Digest) throughline.Token {
	copy(t.Snapshot[:], snapshot[:])
	return t
}

func TestWhatIsMeasuredOtherwiseStartsAnew(t *testing.T) {
	same := func(*throughline.CataloguedPlacement) {}
	held := func(share float64, serve throughline.HoldoutServe) func(*throughline.CataloguedPlacement) {
		return func(p *throughline.CataloguedPlacement) {
			p.Holdout = &throughline.Holdout{Share: share, Serve: serve, Scope: throughline.ScopePlacement}
		}
	}
	control := func(fragment string) func(*throughline.CataloguedPlacement) {
		return func(p *throughline.CataloguedPlacement) {
			held(0.1, throughline.ServeControl)(p)
			p.Holdout.Control = throughline.Filling{"headline": fragment, "badge": "new"}
		}
	}
	tests := []struct {
		name          string
		before, after func(*throughline.CataloguedPlacement)
		keeps         bool
	}{
		{"another goal", same, func(p *throughline.CataloguedPlacement) { p.Event = "Bought" }, false},
		{"a holdout where there was none", same, held(0.1, throughline.ServeUniform), false},
		{"a larger holdout", held(0.1, throughline.ServeUniform), held(0.2, throughline.ServeUniform), false},
		{"a holdout that gets something else", held(0.1, throughline.ServeUniform), held(0.1, throughline.ServeControl), false},
		{"a holdout whose control is filled otherwise", control("a"), control("b"), false},
		{"another owner", same, func(p *throughline.CataloguedPlacement) { p.Owner = "Jo Ash" }, true},
		{"the same again", held(0.1, throughline.ServeUniform), held(0.1, throughline.ServeUniform), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := &journal{}
			old := j.later(1, 0, tt.before)
			first := issuedFor(hero(1, 0, policy, 1), old)
			j.shown(first, time.Second)
			now := j.later(2, 2*time.Second, tt.after)
			// An old decision that is shown again, one of the old kind, and a new one.
			j.shown(first, 3*time.Second)
			j.shown(issuedFor(hero(2, 1, policy, 1), old), 4*time.Second)
			j.shown(issuedFor(hero(3, 1, policy, 1), now), 5*time.Second)
			want := report.Tally{Deliveries: 1}
			if tt.keeps {
				want.Deliveries = 3
			}
			s := fold(t, j.events)
			p, _ := s.Placement("home.hero", noon.Add(time.Minute))
			if diff := cmp.Diff(want, p.Total); diff != "" {
				t.Error(diff)
			}
			back := report.NewState()
			if err := back.Unmarshal(bytesOf(t, s)); err != nil {
				t.Fatal(err)
			}
			if diff := report.Difference(s, back); diff != "" {
				t.Errorf("it comes back otherwise: %s", diff)
			}
		})
	}
}

func TestAnOldDecisionStillCounts(t *testing.T) {
	j := &journal{}
	old := j.later(1, 0, func(*throughline.CataloguedPlacement) {})
	for n := 2; n < 500; n++ {
		j.later(n, time.Duration(n)*time.Second, func(*throughline.CataloguedPlacement) {})
	}
	j.shown(issuedFor(hero(1, 1, policy, 1), old), 600*time.Second)
	s := fold(t, j.events)
	p, _ := s.Placement("home.hero", noon.Add(time.Hour))
	if p.Total.Deliveries != 1 {
		t.Errorf("%d deliveries after 500 releases, want 1", p.Total.Deliveries)
	}
	if b := bytesOf(t, s); len(b) > 64<<10 {
		t.Errorf("500 releases that changed nothing take %d bytes", len(b))
	}
}
