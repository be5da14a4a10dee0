package serve

import (
	"sync"

	"github.com/throughline-engine/throughline"
)

// Streams counts the connections that stay open, so that there are not more of
// them than a process bears, and so that nobody takes them all.
type Streams struct {
	all, each int

	mu   sync.Mutex
	open int
	of   map[string]int
}

// NewStreams allows so many streams in all, and so many to each who holds some.
func NewStreams(all, each int) *Streams {
	return &Streams{all: all, each: each, of: map[string]int{}}
}

// Enter takes a stream for somebody; leave gives it back. Where there is none
// left, the error has the code Exhausted.
func (s *Streams) Enter(who string) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.of[who] >= s.each:
		return nil, throughline.Errorf(throughline.Exhausted, "%d streams are open to you already", s.each).WithFix("close some: each page that is live holds one")
	case s.open >= s.all:
		return nil, throughline.Errorf(throughline.Exhausted, "too many streams are open").WithFix("come back in a moment, or ask without a stream")
	}
	s.open++
	s.of[who]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
		if s.of[who]--; s.of[who] == 0 {
			delete(s.of, who)
		}
	}, nil
}
