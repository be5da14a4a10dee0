package decide

import (
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
)

// SessionIdle is how long a session lasts without a request.
const SessionIdle = 30 * time.Minute

// Held knows earlier decisions. Deciding asks it for one and tells it of a new
// one; explaining only peeks. [Holds] is the one in memory.
type Held interface {
	// Get returns the decision held for the key and counts as a request at that
	// moment. An idle above 0 ends what had no request for longer than that.
	Get(key HoldKey, at time.Time, idle time.Duration) (Hold, bool)
	// Peek is Get without counting as a request.
	Peek(key HoldKey, at time.Time, idle time.Duration) (Hold, bool)
	// Put holds a decision made at that moment in place of any before.
	Put(key HoldKey, hold Hold, at time.Time)
}

// HoldKey says for whom and where a decision is held.
type HoldKey struct {
	// Unit is the UnitHash of the unit.
	Unit uint64
	// Placement is its name.
	Placement string
}

// Hold is a decision that stands for later requests.
type Hold struct {
	// Token is the decision's. Repeats return it and so its id: they are the same
	// trial.
	Token throughline.Token
	// Key names the candidate by its levels, as Arms.Key does: it finds the
	// candidate again in snapshots other than the token's.
	Key string
	// Slots are the weights of its levels by slot, in parts of WeightOne; nil
	// where only the token was left to restore the hold from. Repeats then come
	// without slot propensities.
	Slots []uint32
}

// holding returns the key under which a consideration is held and for how long,
// or false where nothing is.
func (c *consideration) holding() (key HoldKey, idle time.Duration, sticky bool) {
	if c.eligible == nil || c.placement.Sticky == throughline.StickyNone {
		return HoldKey{}, 0, false
	}
	if c.placement.Sticky != throughline.StickyRecipient {
		idle = SessionIdle
	}
	return HoldKey{c.unit, c.placement.Name}, idle, true
}

// holdShards spreads the locks; a unit's holds are all in one shard.
const holdShards = 64

// Holds keeps decisions in memory, at most as many as its capacity. When it is
// full, the hold that had no request for longest among its neighbours gives way
// and is counted; its recipient is decided for anew, as a first-time visitor
// would be. It is safe for concurrent use.
//
// After a restart it is filled again from the journal: Put, for each
// decision.made event in order, the event's token under its moment.
type Holds struct {
	shards [holdShards]holdShard
	limit  int // of one shard
}

// NewHolds returns an empty store for capacity holds, at least one per shard.
func NewHolds(capacity int) *Holds {
	h := &Holds{limit: max(1, (capacity+holdShards-1)/holdShards)}
	for i := range h.shards {
		h.shards[i].index = make(map[HoldKey]int32)
		h.shards[i].free = -1
		h.shards[i].oldest, h.shards[i].newest = -1, -1
	}
	return h
}

// Get returns the hold of a key; see [Held].
func (h *Holds) Get(key HoldKey, at time.Time, idle time.Duration) (Hold, bool) {
	s := h.shard(key.Unit)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(key, at, idle)
	if !ok {
		return Hold{}, false
	}
	s.touch(i, at)
	return s.entries[i].hold, true
}

// Peek returns the hold of a key without counting as a request.
func (h *Holds) Peek(key HoldKey, at time.Time, idle time.Duration) (Hold, bool) {
	s := h.shard(key.Unit)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.find(key, at, idle)
	if !ok {
		return Hold{}, false
	}
	return s.entries[i].hold, true
}

// Put keeps a hold under its key.
func (h *Holds) Put(key HoldKey, hold Hold, at time.Time) {
	s := h.shard(key.Unit)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(key, hold, at, h.limit)
}

// PutIfAbsent keeps a hold unless its key has one, and reports whether it did.
// What is restored must not take the place of what was decided meanwhile.
func (h *Holds) PutIfAbsent(key HoldKey, hold Hold, at time.Time) bool {
	s := h.shard(key.Unit)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.index[key]; ok {
		return false
	}
	s.put(key, hold, at, h.limit)
	return true
}

func (s *holdShard) put(key HoldKey, hold Hold, at time.Time, limit int) {
	i, ok := s.index[key]
	if !ok {
		if len(s.index) >= limit {
			s.remove(s.oldest)
			s.evicted++
		}
		i = s.add(key)
	}
	s.entries[i].hold = hold
	s.touch(i, at)
}

// Forget drops all that is held for a unit and returns how much it was.
func (h *Holds) Forget(unit uint64) (dropped int) {
	s := h.shard(unit)
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, i := range s.index {
		if key.Unit == unit {
			s.remove(i)
			dropped++
		}
	}
	return dropped
}

// Len returns how many holds there are, ended sessions that nobody asked for
// again included, and how many gave way to others since the start.
func (h *Holds) Len() (held int, evicted int64) {
	for i := range h.shards {
		s := &h.shards[i]
		s.mu.Lock()
		held += len(s.index)
		evicted += s.evicted
		s.mu.Unlock()
	}
	return held, evicted
}

func (h *Holds) shard(unit uint64) *holdShard { return &h.shards[unit%holdShards] }

// holdShard is a map whose entries are also linked by when they were last asked
// for. Links are positions, so that the garbage collector has no list to walk.
type holdShard struct {
	mu             sync.Mutex
	index          map[HoldKey]int32
	entries        []holdEntry
	oldest, newest int32
	free           int32 // the first entry to use again, linked by newer
	evicted        int64
	_              [64]byte // a cache line of its own
}

type holdEntry struct {
	key          HoldKey
	hold         Hold
	last         int64 // Unix nanoseconds of the last request
	older, newer int32
}

// find returns the entry of a key, unless its session has ended.
func (s *holdShard) find(key HoldKey, at time.Time, idle time.Duration) (int32, bool) {
	i, ok := s.index[key]
	if !ok {
		return 0, false
	}
	if idle > 0 && at.UnixNano()-s.entries[i].last > int64(idle) {
		s.remove(i)
		return 0, false
	}
	return i, true
}

func (s *holdShard) add(key HoldKey) int32 {
	i := s.free
	if i >= 0 {
		s.free = s.entries[i].newer
	} else {
		i = int32(len(s.entries))
		s.entries = append(s.entries, holdEntry{})
	}
	s.entries[i] = holdEntry{key: key, older: -1, newer: -1}
	s.index[key] = i
	s.append(i)
	return i
}

func (s *holdShard) remove(i int32) {
	delete(s.index, s.entries[i].key)
	s.unlink(i)
	s.entries[i] = holdEntry{older: -1, newer: s.free}
	s.free = i
}

// touch makes an entry the newest. Requests may come in another order than
// their times; a session lasts from the latest.
func (s *holdShard) touch(i int32, at time.Time) {
	e := &s.entries[i]
	e.last = max(e.last, at.UnixNano())
	if s.newest != i {
		s.unlink(i)
		s.append(i)
	}
}

func (s *holdShard) append(i int32) {
	e := &s.entries[i]
	e.older, e.newer = s.newest, -1
	if s.newest >= 0 {
		s.entries[s.newest].newer = i
	} else {
		s.oldest = i
	}
	s.newest = i
}

func (s *holdShard) unlink(i int32) {
	e := &s.entries[i]
	if e.older >= 0 {
		s.entries[e.older].newer = e.newer
	} else {
		s.oldest = e.newer
	}
	if e.newer >= 0 {
		s.entries[e.newer].older = e.older
	} else {
		s.newest = e.older
	}
}
