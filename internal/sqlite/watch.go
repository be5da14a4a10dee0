package sqlite

import (
	"context"
	"sync"
	"time"
)

// pollInterval is how often a change by another process is looked for.
const pollInterval = 250 * time.Millisecond

// watchers are the channels of Watch by bucket.
type watchers struct {
	mu      sync.Mutex
	byName  map[string]map[chan struct{}]bool
	version func() (int64, error)
	quit    chan struct{}
	polling sync.WaitGroup
	started bool
}

func (w *watchers) start(version func() (int64, error)) {
	w.byName = map[string]map[chan struct{}]bool{}
	w.version = version
	w.quit = make(chan struct{})
}

// add returns a channel that is told of the bucket's changes until ctx ends or
// the store is closed. The first one starts the poll for other processes.
func (w *watchers) add(ctx context.Context, bucket string) <-chan struct{} {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byName[bucket] == nil {
		w.byName[bucket] = map[chan struct{}]bool{}
	}
	w.byName[bucket][ch] = true
	if !w.started {
		w.started = true
		w.polling.Go(w.poll)
	}
	go func() {
		select {
		case <-ctx.Done():
		case <-w.quit:
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byName[bucket], ch)
		close(ch)
	}()
	return ch
}

// tell wakes the watchers of the buckets.
func (w *watchers) tell(buckets map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for b := range buckets {
		wake(w.byName[b])
	}
}

// tellAll wakes everyone: another process does not say what it changed.
func (w *watchers) tellAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, channels := range w.byName {
		wake(channels)
	}
}

func wake(channels map[chan struct{}]bool) {
	for ch := range channels {
		select {
		case ch <- struct{}{}:
		default: // it has not yet taken the last one, which will do
		}
	}
}

func (w *watchers) poll() {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	seen, err := w.version()
	for {
		select {
		case <-tick.C:
		case <-w.quit:
			return
		}
		now, again := w.version()
		// A version that could not be read may hide a change: tell once too often.
		if again == nil && (err != nil || now != seen) {
			w.tellAll()
		}
		seen, err = now, again
	}
}

func (w *watchers) stop() {
	close(w.quit)
	w.polling.Wait()
}
