package report_test

import (
	"cmp"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

var (
	noon   = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	first  = throughline.DigestOf([]byte("the first snapshot"))
	second = throughline.DigestOf([]byte("the second snapshot"))
)

const (
	heroWindow = 30 * time.Minute
	signedUp   = "Signed Up"
)

// journal makes the events of a story, numbered as a journal would.
type journal struct {
	events []throughline.Event
	// listed has releases name their changes, as they once did.
	listed bool
}

// add appends an event that occurred and was recorded at offsets from noon.
func (j *journal) add(t throughline.EventType, payload any, occurred, recorded time.Duration) {
	j.events = append(j.events, throughline.Event{
		Type: t, Version: 1, Seq: uint64(len(j.events) + 1),
		OccurredAt: noon.Add(occurred), RecordedAt: noon.Add(recorded),
		Data: throughline.EncodeData(payload),
	})
}

func (j *journal) last() uint64 { return uint64(len(j.events)) }

func (j *journal) decided(t throughline.Token, at time.Duration) {
	j.add(throughline.EventDecisionMade, throughline.DecisionMade{Token: t}, at, at)
}

func (j *journal) shown(t throughline.Token, at time.Duration) {
	j.add(throughline.EventExposureConfirmed, throughline.ExposureConfirmed{Token: t}, at, at)
}

func (j *journal) reached(t throughline.Token, name string, at time.Duration) {
	j.add(throughline.EventOutcomeReceived, throughline.OutcomeReceived{Token: t, Name: name}, at, at)
}

// release publishes a release and its snapshot.
func (j *journal) release(number int, snapshot throughline.Digest, at time.Duration, changes ...throughline.Change) {
	rel := throughline.Release{
		Number: number, State: throughline.ReleaseLive, Snapshot: snapshot, Changes: changes,
		Author: throughline.Actor{Kind: throughline.ActorPerson, ID: "mara"}, Message: "why",
		Risk: throughline.Risk{Level: throughline.RiskLow},
	}
	published := throughline.ReleasePublished{Release: rel, Counts: map[throughline.Kind]map[throughline.Action]int{}}
	for _, ch := range changes {
		of := map[throughline.Kind]throughline.EventType{throughline.KindFragment: throughline.EventPieceVersioned, throughline.KindTemplate: throughline.EventTemplateVersioned}
		j.add(cmp.Or(of[ch.Ref.Kind], throughline.EventResourceVersioned), throughline.ResourceVersioned{Change: ch, Release: number}, at, at)
		if published.Counts[ch.Ref.Kind] == nil {
			published.Counts[ch.Ref.Kind] = map[throughline.Action]int{}
		}
		published.Counts[ch.Ref.Kind][ch.Action]++
	}
	if !j.listed {
		published.Release.Changes = nil
	} else {
		published.Counts = nil
	}
	j.add(throughline.EventReleasePublished, published, at, at)
	j.add(throughline.EventSnapshotPublished, catalogue(number, snapshot), at, at)
}

// catalogue has two placements: app.card with one variant and home.hero with
// three. Release 2 leaves out the third.
func catalogue(number int, snapshot throughline.Digest) throughline.SnapshotPublished {
	hero := throughline.CataloguedPlacement{
		Name: "home.hero", Owner: "Mara Lind", Template: "hero", Goal: "signup", Event: signedUp,
		Window: throughline.Duration(heroWindow), Policy: throughline.Policy{Kind: throughline.Learned},
		Arms: throughline.Arms{
			Slots:      []string{"headline", "badge"},
			Levels:     [][]throughline.Level{{"hello@1", "hi@2"}, {"", "new@1"}},
			Candidates: [][]uint16{{0, 0}, {1, 0}, {1, 1}},
		},
		Variants: []throughline.VariantID{"v0", "v1", "v2"},
	}
	if number > 1 {
		hero.Arms.Candidates, hero.Variants = hero.Arms.Candidates[:2], hero.Variants[:2]
	}
	card := throughline.CataloguedPlacement{
		Name: "app.card", Owner: "Jo Ash", Template: "card", Goal: "open", Event: "Opened", Window: throughline.Duration(time.Hour),
		Arms: throughline.Arms{
			Slots: []string{"title"}, Levels: [][]throughline.Level{{"hello@1"}}, Candidates: [][]uint16{{0}},
		},
		Variants: []throughline.VariantID{"c0"},
	}
	return throughline.SnapshotPublished{Snapshot: snapshot, Release: number, Placements: []throughline.CataloguedPlacement{card, hero}}
}

// hero is a token for a candidate of home.hero in the first snapshot.
func hero(question uint64, candidate uint16, arm throughline.Arm, epoch uint32) throughline.Token {
	t := throughline.Token{Placement: 1, Candidate: candidate, Arm: arm, Epoch: epoch, Question: question, Weight: 1 << 22}
	copy(t.Snapshot[:], first[:])
	return t
}

func fold(t testing.TB, events []throughline.Event) *report.State {
	t.Helper()
	s := report.NewState()
	for _, e := range events {
		if err := report.Step(s, e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func bytesOf(t testing.TB, s *report.State) []byte {
	t.Helper()
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func change(action throughline.Action, kind throughline.Kind, name string) throughline.Change {
	return throughline.Change{Ref: throughline.Ref{Kind: kind, Name: name}, Action: action}
}

// randomJournal is a long story with everything in it: two releases, epochs,
// lost decisions, repeated, early, late and foreign events.
func randomJournal(r *rand.Rand, n int) *journal {
	j := &journal{}
	j.release(1, first, 0, change(throughline.Create, throughline.KindBrief, "spring"), change(throughline.Create, throughline.KindFragment, "hello"))
	epoch := uint32(noon.Unix())
	at := time.Second
	var open []throughline.Token
	for i := range n {
		at += time.Duration(r.Int64N(int64(4 * time.Second)))
		if i == n/2 {
			j.release(2, second, at, change(throughline.Update, throughline.KindFragment, "hello"))
		}
		if i%50 == 49 {
			through := j.last()
			epoch = uint32(noon.Add(at).Unix())
			j.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: epoch, Snapshot: first, Through: through}, at, at)
		}
		t := hero(r.Uint64(), uint16(r.IntN(3)), throughline.Arm(r.IntN(2)), epoch)
		if i > n/2 && r.IntN(2) == 0 {
			copy(t.Snapshot[:], second[:])
			t.Candidate %= 2
		}
		if r.IntN(20) == 0 {
			t.Candidate, t.Arm = throughline.FallbackCandidate, throughline.ArmFallback
		}
		if r.IntN(30) == 0 {
			t.Snapshot[0]++
		}
		if r.IntN(50) > 0 {
			j.decided(t, at)
		}
		j.shown(t, at+time.Duration(r.Int64N(int64(time.Second))))
		open = append(open, t)
		old := open[r.IntN(len(open))]
		switch r.IntN(6) {
		case 0, 1:
			j.reached(old, signedUp, at)
		case 2:
			j.reached(old, "Something Else", at)
		case 3:
			j.shown(old, at)
		case 4:
			j.add(throughline.EventExposureCounted, throughline.ExposureCounted{
				Placement: "app.card", Key: "hello@1", Exposures: r.Int64N(100), Outcomes: r.Int64N(9),
			}, at, at)
		case 5:
			j.add(throughline.EventSignalObserved, throughline.SignalObserved{Kind: "page"}, at, at)
		}
	}
	return j
}
