// Package trial joins exposures and outcomes by the decision both name, and
// says exactly once that a trial began and exactly once that it succeeded.
// Learning and reporting both count with it, so they cannot disagree about what
// a trial is:
//
//   - A trial is a decision that was shown. Showing it again is not another.
//   - It succeeds when an outcome occurred at most the goal's window after the
//     recipient saw it. A second outcome changes nothing.
//   - Neither order nor repetition matters while the decision is remembered:
//     the outcome may reach the record before the exposure, or hours after it.
//
// A decision is remembered for the window plus [Late], counted from the moment
// its first event was recorded, so that a phone that was offline for days and
// then sends both events is still joined. Shown again after that, it is a new
// trial. Times are those in the events: the same events always give the same
// answers and the same bytes.
package trial

import (
	"math"
	"time"
)

const (
	// Late is how much longer than the goal's window a decision is remembered,
	// so that outcomes that were slow to arrive still count.
	Late = time.Hour
	// DefaultLimit is how many decisions a Matcher remembers unless told
	// otherwise; each takes about 60 bytes.
	DefaultLimit = 1 << 20
)

// Match says what one event changed.
type Match struct {
	// Trial is true when the event began a trial, Success when it made one a
	// success. Both are true for an exposure whose outcome was recorded first.
	Trial, Success bool
	// At is when the trial's first recorded exposure occurred, to the
	// millisecond; zero while none is known. A success belongs to that moment.
	At time.Time
}

// Matcher joins the events of one goal. The zero Matcher is not usable: see New.
type Matcher struct {
	window time.Duration
	limit  int
	now    int64 // the latest recorded time seen, Unix milliseconds
	counts Counts

	// ring holds the entries in the order they were first recorded; entry s is
	// at ring[s&(len(ring)-1)] for head <= s < tail, all modulo 2^32.
	ring       []entry
	head, tail uint32
	index      map[uint64]uint32
}

// entry is one remembered decision. Times are Unix milliseconds.
type entry struct {
	question uint64
	shown    int64 // when the first recorded exposure occurred, or never
	reached  int64 // when the earliest outcome occurred, never or done
	// recorded is when the first event was recorded, in Unix seconds.
	recorded uint32
	// again is how long after shown the latest exposure occurred.
	again uint32
}

const (
	never = math.MaxInt64
	done  = math.MinInt64 // the success was already told
)

// Counts are totals since the first event.
type Counts struct {
	Trials, Successes uint64
	// Unshown counts decisions forgotten with an outcome but no exposure.
	Unshown uint64
	// Evicted counts decisions forgotten before their time because the limit was
	// reached; outcomes that come for them later are not counted.
	Evicted uint64
}

// New returns a Matcher for a goal's window that remembers at most limit
// decisions; limit 0 means DefaultLimit.
func New(window time.Duration, limit int) *Matcher {
	if limit <= 0 {
		limit = DefaultLimit
	}
	return &Matcher{window: window, limit: min(limit, math.MaxInt32), index: map[uint64]uint32{}}
}

// SetWindow changes the window for everything that is matched from now on.
func (m *Matcher) SetWindow(window time.Duration) { m.window = window }

// Counts returns the totals.
func (m *Matcher) Counts() Counts { return m.counts }

// Open returns how many decisions are remembered now.
func (m *Matcher) Open() int { return int(m.tail - m.head) }

// Exposure takes an exposure of the decision with that Token.Question, which
// occurred and was recorded at these times.
func (m *Matcher) Exposure(question uint64, occurred, recorded time.Time) Match {
	e := m.remember(question, recorded)
	at := occurred.UnixMilli()
	began := e.shown == never
	if began {
		e.shown = at
		m.counts.Trials++
	} else if later := at - e.shown; later > int64(e.again) {
		e.again = uint32(min(later, math.MaxUint32))
	}
	return Match{Trial: began, Success: m.succeed(e), At: time.UnixMilli(e.shown).UTC()}
}

// Outcome takes an outcome that reaches the goal, for the decision with that
// Token.Question, which occurred and was recorded at these times.
func (m *Matcher) Outcome(question uint64, occurred, recorded time.Time) Match {
	e := m.remember(question, recorded)
	if e.reached != done {
		e.reached = min(e.reached, occurred.UnixMilli())
	}
	if e.shown == never {
		return Match{}
	}
	return Match{Success: m.succeed(e), At: time.UnixMilli(e.shown).UTC()}
}

// succeed reports whether e became a success just now. It compares the earliest
// outcome with the latest exposure, so no order of arrival can change the
// answer. An outcome that seems to precede the exposure counts: it names the
// decision, so the recipient had it, and two machines' clocks differ.
func (m *Matcher) succeed(e *entry) bool {
	if e.reached == done || e.reached == never {
		return false
	}
	if e.reached-e.shown-int64(e.again) > m.window.Milliseconds() {
		return false
	}
	e.reached = done
	m.counts.Successes++
	return true
}

// remember returns the entry of a decision, making one if it is new. The entry
// is valid until the next call.
func (m *Matcher) remember(question uint64, recorded time.Time) *entry {
	m.now = max(m.now, recorded.UnixMilli())
	m.forget()
	if s, ok := m.index[question]; ok {
		return m.at(s)
	}
	if m.Open() >= m.limit {
		m.counts.Evicted++
		m.drop()
	}
	if m.Open() == len(m.ring) {
		m.grow()
	}
	s := m.tail
	m.tail++
	m.index[question] = s
	e := m.at(s)
	*e = entry{question: question, shown: never, reached: never, recorded: uint32(m.now / 1000)}
	return e
}

// forget drops the decisions whose time is over.
func (m *Matcher) forget() {
	oldest := (m.now - (m.window + Late).Milliseconds()) / 1000
	for m.head != m.tail && int64(m.at(m.head).recorded) < oldest {
		m.drop()
	}
}

// drop removes the oldest entry.
func (m *Matcher) drop() {
	e := m.at(m.head)
	if e.shown == never {
		m.counts.Unshown++
	}
	delete(m.index, e.question)
	m.head++
}

func (m *Matcher) at(s uint32) *entry { return &m.ring[s&uint32(len(m.ring)-1)] }

// grow doubles the ring. Its length stays a power of two.
func (m *Matcher) grow() {
	bigger := make([]entry, max(16, 2*len(m.ring)))
	for s := m.head; s != m.tail; s++ {
		bigger[s&uint32(len(bigger)-1)] = *m.at(s)
	}
	m.ring = bigger
}
