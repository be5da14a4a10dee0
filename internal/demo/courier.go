package demo

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

const (
	// postEvery is how often the courier leaves, mostInBatch what one call
	// carries; Segment's clients do much the same.
	postEvery   = 200 * time.Millisecond
	mostInBatch = 250
	// postAttempts is how often one batch is tried before it is given up.
	postAttempts = 8
	// mostWaiting is how many messages may wait before visitors are slowed down.
	mostWaiting = 20_000
	// grace is how long the last messages may take once a run has ended.
	grace = 5 * time.Second
)

// courier carries messages to the engine, each when its time has come, in
// order: an outcome never overtakes its exposure.
type courier struct {
	doors  *doors
	ledger *ledger
	now    func() time.Time
	hurry  bool // the run was interrupted; set once it has ended

	mu    sync.Mutex
	queue outbox
	sent  int // numbers messages of the same moment
}

// letter is a message and when it is sent.
type letter struct {
	message
	due time.Time
	seq int
}

// hand gives the courier a message to send at a moment. It waits when too many
// are waiting already.
func (c *courier) hand(ctx context.Context, m message, due time.Time) {
	for c.full() {
		if !pause(ctx, postEvery) {
			break // the run ends; the message is still sent
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent++
	heap.Push(&c.queue, letter{m, due, c.sent})
}

func (c *courier) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) >= mostWaiting
}

// run posts what is due until the context ends.
func (c *courier) run(ctx context.Context) {
	for pause(ctx, postEvery) {
		c.post(ctx, c.now())
	}
}

// finish posts everything that is left, due or not: whoever was about to act
// acts now. Where the run was interrupted the engine may be on its way out as
// well, so nothing is tried twice.
func (c *courier) finish(ctx context.Context) {
	c.hurry = ctx.Err() != nil
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer stop()
	c.post(ctx, c.now().Add(time.Hour))
}

// post sends what is due by a moment, in as many batches as it takes.
func (c *courier) post(ctx context.Context, by time.Time) {
	for {
		messages := c.take(by)
		if len(messages) == 0 {
			return
		}
		if c.deliver(ctx, messages) {
			continue
		}
		if c.hurry {
			return
		}
		if ctx.Err() != nil {
			c.putBack(messages, by)
			return
		}
	}
}

func (c *courier) take(by time.Time) []message {
	c.mu.Lock()
	defer c.mu.Unlock()
	var messages []message
	for len(c.queue) > 0 && len(messages) < mostInBatch && !c.queue[0].due.After(by) {
		m := heap.Pop(&c.queue).(letter).message
		if now := c.now().UTC(); m.Timestamp.After(now) { // in a hurry, nobody acts in the future
			m.Timestamp = now
		}
		messages = append(messages, m)
	}
	return messages
}

func (c *courier) putBack(messages []message, due time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, m := range messages {
		heap.Push(&c.queue, letter{m, due.Add(-time.Hour), i})
	}
}

// deliver tries a batch until it is acknowledged or refused. The message ids
// stay the same, so that an engine that took it and lost its voice takes it once.
func (c *courier) deliver(ctx context.Context, messages []message) bool {
	for n := range postAttempts {
		acknowledged, err := c.doors.send(ctx, batch{Batch: messages, SentAt: c.now().UTC()})
		c.ledger.acknowledged(acknowledged, c.now())
		if err == nil {
			return true
		}
		if !passing(err) { // an answer all the same: what it took is not sent again
			c.ledger.failed(err)
			return true
		}
		if ctx.Err() != nil || c.hurry {
			return false
		}
		c.ledger.failed(err)
		if !pause(ctx, patience(err, n)) {
			return false
		}
	}
	return false
}

// outbox is letters by due time, then by the order they were handed in.
type outbox []letter

// Len, Less, Swap, Push and Pop make it a heap.
func (o outbox) Len() int { return len(o) }

// Less orders by due time.
func (o outbox) Less(i, j int) bool {
	if o[i].due.Equal(o[j].due) {
		return o[i].seq < o[j].seq
	}
	return o[i].due.Before(o[j].due)
}

// Swap swaps two letters.
func (o outbox) Swap(i, j int) { o[i], o[j] = o[j], o[i] }

// Push adds a letter.
func (o *outbox) Push(x any) { *o = append(*o, x.(letter)) }

// Pop removes the last letter.
func (o *outbox) Pop() any {
	old := *o
	last := old[len(old)-1]
	*o = old[:len(old)-1]
	return last
}
