package report

import (
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/trial"
	"github.com/throughline-engine/throughline/internal/stat"
)

// Marshal returns the state's bytes, the same for the same events. It never
// fails.
func (s *State) Marshal() ([]byte, error) {
	c := &coder{}
	s.code(c)
	return c.b, nil
}

// Unmarshal replaces the state by what Marshal wrote. Anything else is an error
// with the code Corrupt, and the state is left as it was.
func (s *State) Unmarshal(b []byte) error {
	next := NewState()
	c := &coder{b: b, reading: true}
	next.code(c)
	if c.bad || len(c.b) > 0 || !next.sound() {
		return throughline.Errorf(throughline.Corrupt, "the saved report cannot be read").
			WithFix("rebuild the projection from the journal")
	}
	*s = *next
	return nil
}

func (s *State) code(c *coder) {
	version := Version
	num(c, &version)
	if version != Version {
		c.fail()
		return
	}
	nums(c, &s.now, &s.unplaced, &s.ending)
	table(c, s.paces, func(k *string) { text(c, k) }, func(v **pace) { coded(c, v, (*pace).code) })
	s.codeShelf(c)
	table(c, s.places, func(k *string) { text(c, k) }, func(v **placement) {
		if c.reading {
			*v = newPlacement("")
		}
		(*v).code(c)
	})
	table(c, s.shown, func(k *string) { text(c, k) }, func(n *int64) { num(c, n) })
	table(c, s.rules, func(k *string) { text(c, k) }, func(v **ruleCount) { coded(c, v, (*ruleCount).code) })
	table(c, s.closings, func(k *string) { text(c, k) }, func(v *closing) {
		nums(c, &v.withdrawn, &v.end)
		flag(c, &v.open)
	})
	s.content.code(c)
	s.ledger.code(c)
	s.signals.code(c)
	s.applies.code(c)
}

// coded codes what a pointer points at, which is new when reading.
func coded[T any](c *coder, v **T, code func(*T, *coder)) {
	if c.reading {
		*v = new(T)
	}
	code(*v, c)
}

// sound reports whether positions read back point at something.
func (s *State) sound() bool {
	for _, cat := range s.shelf {
		for _, it := range cat.items {
			p := s.places[it.name]
			if p != nil && it.start < p.start {
				continue // nothing points there any more
			}
			if p == nil || it.start > p.start || len(it.keys) != len(it.variants) || len(it.keys) != len(it.known) {
				return false
			}
			for _, k := range it.known {
				if k < 0 || int(k) > len(p.candidates) {
					return false
				}
			}
		}
	}
	for _, p := range s.places {
		n := len(p.candidates)
		if len(p.position) != n || !p.hours.sound(n) || !p.fine.sound(n) || !p.course.sound() {
			return false
		}
	}
	return true
}

func (s *series) sound(candidates int) bool {
	for i := range s.blocks {
		if len(s.blocks[i].served) > candidates || i > 0 && s.blocks[i].index <= s.blocks[i-1].index {
			return false
		}
	}
	return true
}

func (p *pace) code(c *coder) {
	nums(c, &p.total, &p.latest)
	p.second.code(c)
	p.minute.code(c)
}

func (r *ring) code(c *coder) {
	num(c, &r.head)
	for i := range r.n {
		num(c, &r.n[i])
	}
	if r.head < 0 {
		c.fail()
	}
}

// codeShelf codes each item once, however many snapshots it is in.
func (s *State) codeShelf(c *coder) {
	var items []*item
	number := map[*item]int{}
	for _, k := range s.shelf {
		for _, it := range k.items {
			if _, ok := number[it]; !ok {
				number[it] = len(items)
				items = append(items, it)
			}
		}
	}
	list(c, &items, func(v **item) { coded(c, v, (*item).code) })
	list(c, &s.shelf, func(v **catalogue) {
		coded(c, v, func(k *catalogue, c *coder) {
			snapshot(c, &k.snapshot)
			num(c, &k.release)
			num(c, &k.at)
			list(c, &k.items, func(it **item) {
				n := number[*it]
				num(c, &n)
				if n < 0 || n >= len(items) {
					c.fail()
					return
				}
				*it = items[n]
			})
		})
	})
}

func (it *item) code(c *coder) {
	text(c, &it.name, &it.event, &it.fallback)
	num(c, &it.start)
	list(c, &it.keys, func(s *string) { text(c, s) })
	list(c, &it.variants, func(s *string) { text(c, s) })
	list(c, &it.known, func(n *int32) { num(c, n) })
}

func snapshot(c *coder, s *[8]byte) {
	for i := range s {
		num(c, &s[i])
	}
}

func (p *placement) code(c *coder) {
	text(c, &p.name, &p.owner, &p.goal, &p.template, &p.measure)
	num(c, &p.start)
	text(c, &p.policy)
	flag(c, &p.live)
	list(c, &p.slots, func(s *string) { text(c, s) })
	list(c, &p.changed, func(m *mark) {
		num(c, &m.release)
		num(c, &m.at)
	})
	c.blob(
		func(b []byte) []byte { b, _ = p.trials.AppendBinary(b); return b },
		func(b []byte) error { p.trials = trial.New(0, 0); return p.trials.UnmarshalBinary(b) },
	)
	tallies(c, &p.arms)
	list(c, &p.candidates, func(k *candidate) {
		text(c, &k.key, &k.variant)
		tallies(c, &k.arms)
	})
	if c.reading {
		for i := range p.candidates {
			k := &p.candidates[i]
			k.filling = levels(k.key)
			p.position[k.key] = i
		}
	}
	p.hours.code(c)
	p.fine.code(c)
	p.course.code(c)
}

func tallies(c *coder, a *[arms]tally) {
	for i := range a {
		nums(c, &a[i].deliveries, &a[i].outcomes)
	}
}

func (s *series) code(c *coder) {
	list(c, &s.blocks, func(b *block) {
		num(c, &b.index)
		tallies(c, &b.arms)
		list(c, &b.served, func(n *int64) { num(c, n) })
	})
}

func (k *content) code(c *coder) {
	num(c, &k.total)
	list(c, &k.releases, func(r *Release) { r.code(c) })
	table(c, k.kinds, func(v *throughline.Kind) { text(c, v) }, func(n *int64) { num(c, n) })
	table(c, k.touched, func(v *string) { text(c, v) }, func(v *[]int) { list(c, v, func(n *int) { num(c, n) }) })
}

func (r *Release) code(c *coder) {
	nums(c, &r.Number, &r.Changes, &r.RollsBack)
	text(c, &r.Author.Kind)
	text(c, &r.Author.ID, &r.Author.Team, &r.Author.OnBehalfOf, &r.Message)
	text(c, &r.Risk)
	at := r.At.UnixMicro()
	num(c, &at)
	r.At = time.UnixMicro(at).UTC()
}

func (l *ledger) code(c *coder) {
	nums(c, &l.made, &l.lost, &l.floor)
	l.seen.code(c)
	l.waiting.code(c)
}

// code leaves out what was dropped, so that two queues that hold the same have
// the same bytes.
func (q *queue) code(c *coder) {
	var entries []queued
	for i, e := range q.entries {
		if q.alive(i) {
			entries = append(entries, e)
		}
	}
	list(c, &entries, func(e *queued) {
		num(c, &e.value)
		num(c, &e.at)
	})
	if c.reading {
		for _, e := range entries {
			q.push(e.value, e.at)
		}
	}
}

func histogram(c *coder, h *stat.Histogram) {
	c.blob(func(b []byte) []byte { b, _ = h.AppendBinary(b); return b }, h.UnmarshalBinary)
}

func (r *reaction) code(c *coder) {
	histogram(c, &r.hist)
	num(c, &r.newest)
	list(c, &r.answers, func(a *answer) { a.code(c) })
	list(c, &r.waiting, func(s *signal) {
		num(c, &s.seq)
		num(c, &s.at)
	})
	list(c, &r.early, func(u *use) { u.code(c) })
}

func (a *answer) code(c *coder) {
	num(c, &a.epoch)
	num(c, &a.through)
	num(c, &a.at)
	flag(c, &a.stale)
}

func (u *use) code(c *coder) {
	num(c, &u.epoch)
	snapshot(c, &u.snapshot)
	num(c, &u.at)
}

func (a *applies) code(c *coder) {
	histogram(c, &a.hist)
	num(c, &a.release)
	num(c, &a.at)
	a.ready.code(c)
	list(c, &a.early, func(u *use) { u.code(c) })
}
