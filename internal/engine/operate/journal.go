package operate

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Journal is the record as people browse it: the newest first, as far back as
// they go. It keeps nothing of the events in memory but, for each stretch it has
// read, which types are in it, so that looking for something rare passes over
// most of the rest.
type Journal struct {
	core *engine.Core

	mu sync.Mutex
	// kinds are the types in a stretch that was read whole, by its number; numbers
	// stands for each type's bit.
	kinds   map[uint64]uint64
	numbers map[throughline.EventType]uint
}

// NewJournal returns the browser of an engine's record.
func NewJournal(core *engine.Core) *Journal {
	return &Journal{core: core, kinds: map[uint64]uint64{}, numbers: map[throughline.EventType]uint{}}
}

const (
	// stretch is how many events are read at once.
	stretch = 4096
	// browsed is how many events one page looks at before it shows what it has and
	// where to go on: they take less than a tenth of a second.
	browsed = 24_000
	// followed is how many events are looked at for what came of a decision.
	followed = 24_000
)

// JournalQuery says which events are wanted. The zero query is the latest of all.
type JournalQuery struct {
	// Type is an event type, or the beginning of one, such as release.
	Type string
	// Actor is part of an actor's name, Object of the type/id of what it is about.
	Actor, Object string
	// About is exactly one thing it is about, by type and id; nil for anything.
	About *throughline.Object
	// Subject is the recipient it is about.
	Subject throughline.ID
	// From and To bound when it was recorded; To is not in it.
	From, To time.Time
	// Before is the cursor: only events of a lower number.
	Before uint64
	// Limit is at most how many; 0 for 50. Look is at most how many are looked at;
	// 0 for as many as take about a tenth of a second.
	Limit, Look int
	// May tells whether the asker may see an event; nil lets them see all.
	May func(throughline.Event) bool
}

// JournalPage is some of what a query asks for, the newest first.
type JournalPage struct {
	Events []throughline.Event
	// Next is the cursor of what comes before these; 0 when there is nothing.
	Next uint64
	// Head is the end of the journal, Back the moment down to which it was looked
	// through.
	Head record.Head
	Back time.Time
	// Full is true where the page has as many as were wanted; without, and with a
	// Next, there may be more further back.
	Full bool
}

// Find returns the events of a query, the newest first.
func (j *Journal) Find(ctx context.Context, q JournalQuery) (page JournalPage, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	if q.Look <= 0 {
		q.Look = browsed
	}
	if page.Head, err = j.core.Record.Journal.Head(ctx); err != nil {
		return page, err
	}
	end := page.Head.Seq + 1 // the first that is not wanted
	if q.Before > 0 {
		end = min(end, q.Before)
	}
	if !q.To.IsZero() {
		first, err := j.firstSince(ctx, q.To, end)
		if err != nil {
			return page, err
		}
		end = min(end, first)
	}
	began := false
	for left := q.Look; end > 1; {
		if left <= 0 {
			page.Next = end
			return page, nil
		}
		from := (end - 2) / stretch * stretch // the stretch of the event before end
		if !j.lacks(from/stretch, q.Type) {
			if few := 4 * uint64(q.Limit); !began && end-1-from > few {
				from, began = end-1-few, true // most often the page is full of these
			} else {
				left -= stretch
			}
			if err := j.findIn(ctx, q, from, end, &page); err != nil || page.Full {
				return page, err
			}
		}
		if !page.Back.IsZero() && page.Back.Before(q.From) {
			return page, nil
		}
		end = from + 1
	}
	return page, nil
}

// findIn adds to a page what a stretch holds, from the event after from to the one
// before end, and to a full page where to go on.
func (j *Journal) findIn(ctx context.Context, q JournalQuery, from, end uint64, page *JournalPage) error {
	events, err := j.read(ctx, from, end)
	if err != nil || len(events) == 0 {
		return err
	}
	for _, e := range slices.Backward(events) {
		if e.RecordedAt.Before(q.From) {
			break
		}
		if !q.wants(e) || q.May != nil && !q.May(e) {
			continue
		}
		if len(page.Events) == q.Limit {
			page.Full, page.Next = true, page.Events[len(page.Events)-1].Seq
			return nil
		}
		page.Events = append(page.Events, e)
	}
	page.Back = events[0].RecordedAt
	return nil
}

func (q JournalQuery) wants(e throughline.Event) bool {
	switch {
	case q.Type != "" && !strings.HasPrefix(string(e.Type), q.Type):
		return false
	case !q.Subject.IsZero() && e.Subject != q.Subject:
		return false
	case q.Actor != "" && !strings.Contains(strings.ToLower(string(e.Actor.Kind)+" "+e.Actor.ID+" "+e.Actor.OnBehalfOf), strings.ToLower(q.Actor)):
		return false
	}
	if q.About != nil && !slices.ContainsFunc(e.Objects, func(o throughline.Object) bool { return o.Type == q.About.Type && o.ID == q.About.ID }) {
		return false
	}
	return q.Object == "" || slices.ContainsFunc(e.Objects, func(o throughline.Object) bool {
		return strings.Contains(strings.ToLower(o.Type+"/"+o.ID), strings.ToLower(q.Object))
	})
}

// read returns the events after from and before end, and notes which types a
// stretch read whole has.
func (j *Journal) read(ctx context.Context, from, end uint64) ([]throughline.Event, error) {
	events := make([]throughline.Event, 0, min(stretch, end-from))
	for batch, err := range j.core.Record.Journal.Read(ctx, from) {
		if err != nil {
			return nil, err
		}
		for _, e := range batch {
			if e.Seq < end {
				events = append(events, e)
			}
		}
		if len(batch) > 0 && batch[len(batch)-1].Seq >= end-1 {
			break
		}
	}
	if len(events) == stretch && from%stretch == 0 {
		j.note(from/stretch, events)
	}
	return events, nil
}

// note keeps which types a stretch has. The 64th type and those after it share a
// bit.
func (j *Journal) note(number uint64, events []throughline.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var kinds uint64
	for _, e := range events {
		n, ok := j.numbers[e.Type]
		if !ok {
			n = min(63, uint(len(j.numbers)))
			j.numbers[e.Type] = n
		}
		kinds |= 1 << n
	}
	j.kinds[number] = kinds
}

// lacks reports whether a stretch is known to have nothing of a type.
func (j *Journal) lacks(number uint64, prefix string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	kinds, ok := j.kinds[number]
	if !ok || prefix == "" {
		return false
	}
	for t, n := range j.numbers {
		if kinds&(1<<n) != 0 && (n == 63 || strings.HasPrefix(string(t), prefix)) {
			return false
		}
	}
	return true
}

// firstSince returns the number of the first event recorded at a moment or later,
// below end; end when there is none.
func (j *Journal) firstSince(ctx context.Context, at time.Time, end uint64) (uint64, error) {
	low, high := uint64(1), end
	for low < high {
		middle := (low + high) / 2
		e, err := j.one(ctx, middle)
		if err != nil {
			return 0, err
		}
		if e.RecordedAt.Before(at) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

func (j *Journal) one(ctx context.Context, seq uint64) (throughline.Event, error) {
	if seq > 0 {
		for batch, err := range j.core.Record.Journal.Read(ctx, seq-1) {
			if err != nil {
				return throughline.Event{}, err
			}
			if len(batch) > 0 && batch[0].Seq == seq {
				return batch[0], nil
			}
			break
		}
	}
	return throughline.Event{}, throughline.Errorf(throughline.NotFound, "the journal has no event %d", seq).WithFix("it ends earlier; see the newest at /journal")
}

// Event returns the event of a number, and how many bytes of it are sealed: with
// erased set they can never be read again.
func (j *Journal) Event(ctx context.Context, seq uint64) (e throughline.Event, erased bool, err error) {
	if e, err = j.one(ctx, seq); err != nil || len(e.Sealed) == 0 {
		return e, false, err
	}
	_, readable, err := j.core.Vault().Reveal(ctx, e)
	return e, err == nil && !readable, err
}

// DecisionID returns the signed id of the token in an event; "" where it has none.
func (j *Journal) DecisionID(e throughline.Event) throughline.DecisionID {
	t, ok := tokenOf(e)
	if !ok {
		return ""
	}
	return t.Sign(j.core.Secret())
}

// Told is a decision as its record tells it, without a word of who asked.
type Told struct {
	Seq       uint64
	ID        throughline.DecisionID
	At        time.Time
	Placement string
	Variant   throughline.VariantID
	// Label is the variant's while Snapshot is in force; the first eight bytes of
	// its digest in hex.
	Label      string
	Snapshot   string
	Arm        throughline.Arm
	Propensity float64
	// Sealed is false for a recipient who was forgotten before it was recorded.
	Sealed bool
}

// Tell returns what a decision's record tells, and false for another event.
func (j *Journal) Tell(e throughline.Event) (Told, bool) {
	if e.Type != throughline.EventDecisionMade {
		return Told{}, false
	}
	token, ok := tokenOf(e)
	if !ok {
		return Told{}, false
	}
	t := Told{
		Seq: e.Seq, ID: token.Sign(j.core.Secret()), At: e.OccurredAt, Label: VariantLabel(int(token.Candidate)),
		Snapshot: hex.EncodeToString(token.Snapshot[:]), Arm: token.Arm, Propensity: token.Propensity(), Sealed: len(e.Sealed) > 0,
	}
	if token.Candidate == throughline.FallbackCandidate {
		t.Label = "fallback"
	}
	for _, o := range e.Objects {
		switch o.Type {
		case "placement":
			t.Placement = o.ID
		case "variant":
			t.Variant = throughline.VariantID(o.ID)
		}
	}
	return t, true
}

func tokenOf(e throughline.Event) (throughline.Token, bool) {
	var t throughline.Token
	var err error
	switch e.Type {
	case throughline.EventDecisionMade:
		var m throughline.DecisionMade
		m, err = throughline.DecodeData[throughline.DecisionMade](e)
		t = m.Token
	case throughline.EventExposureConfirmed:
		var m throughline.ExposureConfirmed
		m, err = throughline.DecodeData[throughline.ExposureConfirmed](e)
		t = m.Token
	case throughline.EventOutcomeReceived:
		var m throughline.OutcomeReceived
		m, err = throughline.DecodeData[throughline.OutcomeReceived](e)
		t = m.Token
	default:
		return t, false
	}
	return t, err == nil
}

// Followed is what came of a decision.
type Followed struct {
	Events []throughline.Event
	// All is false where the journal goes on beyond what was looked at, which ends
	// at Until.
	All   bool
	Until time.Time
}

// Following returns the exposures and outcomes that name a decision, in their
// order. It looks from a little before the decision's own event on: decisions wait
// in a buffer for the journal, and an exposure may be faster. Look is at most how many
// events are looked at; 0 for as many as take less than a tenth of a second.
func (j *Journal) Following(ctx context.Context, id throughline.DecisionID, after uint64, look int) (Followed, error) {
	token, err := throughline.OpenDecisionID(j.core.Secret(), id)
	if err != nil {
		return Followed{}, err
	}
	if look <= 0 {
		look = followed
	}
	f := Followed{All: true}
	looked := 0
	for batch, err := range j.core.Record.Journal.Read(ctx, after-min(after, stretch)) {
		if err != nil {
			return f, err
		}
		for _, e := range batch {
			if e.Type == throughline.EventDecisionMade {
				continue
			}
			if t, ok := tokenOf(e); ok && t == token {
				f.Events = append(f.Events, e)
			}
		}
		if looked += len(batch); looked >= look {
			f.All, f.Until = false, batch[len(batch)-1].RecordedAt
			return f, nil
		}
	}
	return f, nil
}
