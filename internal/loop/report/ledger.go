package report

import "github.com/throughline-engine/throughline"

// ledger tells decisions that the journal holds from those known only by their
// exposure: what was in a buffer when a process was killed.
type ledger struct {
	made int64 // distinct decisions
	lost int64

	seen    queue // decisions journaled, the latest keepDecided
	waiting queue // decisions shown whose record has not come yet
	// floor is the recorded time in Unix seconds up to which decisions were
	// forgotten.
	floor int64
}

const (
	// lostAfter is how long, by recorded time, a decision's record may come
	// after its exposure before it counts as lost; milliseconds.
	lostAfter   = 60_000
	keepDecided = 1 << 17
	keepWaiting = 1 << 16
)

func newLedger() ledger { return ledger{seen: newQueue(), waiting: newQueue()} }

// decided takes a decision's record and reports whether it is the first.
func (l *ledger) decided(question uint64, now int64) bool {
	if l.seen.has(question) {
		return false
	}
	l.made++
	l.waiting.drop(question)
	l.seen.push(question, now)
	if l.seen.len() > keepDecided {
		l.floor = l.seen.pop() / 1000
	}
	return true
}

// exposed takes the first exposure of a decision.
func (l *ledger) exposed(t throughline.Token, now int64) {
	if l.seen.has(t.Question) || l.waiting.has(t.Question) {
		return
	}
	// Epochs are numbered by the second they were published in, so a decision of
	// an old one may have been forgotten rather than lost.
	if int64(t.Epoch) <= l.floor {
		return
	}
	l.waiting.push(t.Question, now)
	if l.waiting.len() > keepWaiting {
		l.waiting.pop()
		l.lost++
	}
}

// sweep counts what waited too long.
func (l *ledger) sweep(now int64) {
	for l.waiting.len() > 0 && now-l.waiting.oldest() > lostAfter {
		l.waiting.pop()
		l.lost++
	}
}

// queue is numbers in the order they came, each once, with a time.
type queue struct {
	entries []queued
	first   uint32            // number of entries[0]
	index   map[uint64]uint32 // number of the entry; those dropped are absent
}

type queued struct {
	value uint64
	at    int64
}

func newQueue() queue { return queue{index: map[uint64]uint32{}} }

func (q *queue) len() int { return len(q.index) }

func (q *queue) has(v uint64) bool {
	_, ok := q.index[v]
	return ok
}

func (q *queue) push(v uint64, at int64) {
	if len(q.entries) == cap(q.entries) && len(q.entries) > 2*len(q.index) {
		q.compact()
	}
	q.index[v] = q.first + uint32(len(q.entries))
	q.entries = append(q.entries, queued{v, at})
}

// compact moves the entries that are left to the front of the slice.
func (q *queue) compact() {
	left := q.entries[:0]
	for i, e := range q.entries {
		if q.alive(i) {
			q.index[e.value] = uint32(len(left))
			left = append(left, e)
		}
	}
	q.entries, q.first = left, 0
}

func (q *queue) alive(i int) bool {
	n, ok := q.index[q.entries[i].value]
	return ok && n == q.first+uint32(i)
}

// drop takes a number out, wherever it is.
func (q *queue) drop(v uint64) { delete(q.index, v) }

// skip moves past what was dropped. The queue must not be empty.
func (q *queue) skip() {
	for !q.alive(0) {
		q.entries = q.entries[1:]
		q.first++
	}
}

// oldest returns the time of the first number. The queue must not be empty.
func (q *queue) oldest() int64 {
	q.skip()
	return q.entries[0].at
}

// pop takes the first number out and returns its time. The queue must not be
// empty.
func (q *queue) pop() int64 {
	q.skip()
	e := q.entries[0]
	delete(q.index, e.value)
	q.entries = q.entries[1:]
	q.first++
	return e.at
}
