package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Event is something that happened: an exposure, an outcome, or anything else a
// team tracks.
type Event struct {
	// MessageID makes the event unique, so that sending it again changes nothing;
	// empty means a new one.
	MessageID string
	// Unit is who; what the decision was asked for with.
	Unit string
	// Name is what: the event of a goal, or Exposure.
	Name string
	// At is when; zero means now.
	At time.Time
	// DecisionID is the decision it is about; empty where it is about none.
	DecisionID string
	// Value is what it is worth in the engine's currency.
	Value float64
	// Properties are anything else. They are kept sealed.
	Properties map[string]any
}

// Exposure is the name of the event that says that a decision was seen.
const Exposure = "Throughline Exposure"

// ErrFull is returned while more events wait than the queue may hold.
var ErrFull = errors.New("throughline: more events wait to be sent than the queue may hold")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("throughline: the client is closed")

// The most that one request carries. The engine takes 2,500 messages and 500 kB.
const (
	batchEvents = 500
	batchBytes  = 400 << 10
	eventBytes  = 32 << 10
)

// Exposed says that a unit saw a decision.
func (c *Client) Exposed(unit, decisionID string) error {
	return c.Track(Event{Unit: unit, Name: Exposure, DecisionID: decisionID})
}

// Track puts an event into the queue and returns at once. It fails when the event
// says too little or too much, when the queue is full, and after Close.
func (c *Client) Track(e Event) error {
	if e.Unit == "" || e.Name == "" {
		return errors.New("throughline: an event needs a unit and a name")
	}
	if e.MessageID == "" {
		e.MessageID = newID()
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	text, err := json.Marshal(e.message())
	if err != nil {
		return fmt.Errorf("throughline: the event cannot be written: %w", err)
	}
	if len(text) > eventBytes {
		return fmt.Errorf("throughline: the event has %d bytes; %d are allowed", len(text), eventBytes)
	}
	return c.queue.put(text)
}

func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// message is the event as the tracking API reads it.
func (e *Event) message() map[string]any {
	properties := map[string]any{}
	for name, v := range e.Properties {
		properties[name] = v
	}
	if e.DecisionID != "" {
		properties["decisionId"] = e.DecisionID
	}
	if e.Value != 0 {
		properties["value"] = e.Value
	}
	return map[string]any{
		"type": "track", "messageId": e.MessageID, "anonymousId": e.Unit, "event": e.Name,
		"timestamp": e.At.UTC().Format(time.RFC3339Nano), "properties": properties,
	}
}

// Flush waits until everything that was tracked before is sent or given up, and
// returns the last failure among it.
func (c *Client) Flush(ctx context.Context) error { return c.queue.flush(ctx) }

// Close flushes and ends the client. What is not sent when ctx ends is lost, and
// Config.Failed is told.
func (c *Client) Close(ctx context.Context) error { return c.queue.close(ctx) }

// Lost returns how many events could not be sent.
func (c *Client) Lost() int {
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	return c.queue.lost
}

// queue holds what waits to be sent. One goroutine sends, in order, so that an
// exposure arrives before its outcome.
type queue struct {
	client *Client
	ctx    context.Context // ends with the client
	cancel context.CancelFunc
	wake   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	waiting []json.RawMessage
	flushes []chan error
	last    error // since the last flush
	lost    int
	closed  bool
}

func (q *queue) start(c *Client) {
	q.client, q.wake, q.ended = c, make(chan struct{}, 1), make(chan struct{})
	q.ctx, q.cancel = context.WithCancel(context.Background())
	go q.run()
}

func (q *queue) put(text json.RawMessage) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case len(q.waiting) >= q.client.config.Queue:
		return ErrFull
	}
	q.waiting = append(q.waiting, text)
	if len(q.waiting) >= batchEvents {
		q.nudge()
	}
	return nil
}

func (q *queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) run() {
	defer close(q.ended)
	every := time.NewTicker(q.client.config.FlushEvery)
	defer every.Stop()
	for {
		select {
		case <-q.wake:
		case <-every.C:
		case <-q.ctx.Done():
		}
		q.sendAll()
		if q.ctx.Err() != nil {
			return
		}
	}
}

// sendAll sends what waits, and then tells whoever waited for that.
func (q *queue) sendAll() {
	q.mu.Lock()
	flushes := q.flushes
	q.flushes = nil
	q.mu.Unlock()
	for {
		batch := q.next()
		if len(batch) == 0 {
			break
		}
		if lost, err := q.client.sendBatch(q.ctx, batch); err != nil {
			q.fail(lost, err)
		}
	}
	q.mu.Lock()
	last := q.last
	if len(flushes) > 0 {
		q.last = nil
	}
	q.mu.Unlock()
	for _, done := range flushes {
		done <- last
	}
}

func (q *queue) fail(lost int, err error) {
	q.mu.Lock()
	q.last = err
	q.lost += lost
	q.mu.Unlock()
	if q.client.config.Failed != nil {
		q.client.config.Failed(lost, err)
	}
}

// next takes as many events as fit into one request.
func (q *queue) next() []json.RawMessage {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, bytes := 0, 0
	for n < len(q.waiting) && n < batchEvents && bytes+len(q.waiting[n]) <= batchBytes {
		bytes += len(q.waiting[n])
		n++
	}
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return batch
}

func (q *queue) flush(ctx context.Context) error {
	done := make(chan error, 1)
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return ErrClosed
	}
	q.flushes = append(q.flushes, done)
	q.mu.Unlock()
	q.nudge()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *queue) close(ctx context.Context) error {
	err := q.flush(ctx)
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.cancel()
	<-q.ended
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// sendBatch sends events as one request, and returns how many of them are lost.
// Sent twice they count once: each has its message id.
func (c *Client) sendBatch(ctx context.Context, batch []json.RawMessage) (lost int, err error) {
	a, err := c.send(ctx, request{
		method: http.MethodPost, path: "/v1/batch", key: c.config.WriteKey,
		body: map[string]any{"batch": batch, "sentAt": time.Now().UTC().Format(time.RFC3339Nano)},
	})
	if err != nil {
		return len(batch), err
	}
	said, err := decode[struct{ Rejected []json.RawMessage }](a)
	if err == nil && len(said.Rejected) > 0 {
		return len(said.Rejected), fmt.Errorf("throughline: %d of %d events were refused, the first as %s", len(said.Rejected), len(batch), said.Rejected[0])
	}
	return 0, nil // whatever it said, it took them
}
