package content

import (
	"context"
	"errors"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// ScheduleConfig tunes a Schedule. The zero ScheduleConfig has the defaults.
type ScheduleConfig struct {
	// Lease is for how long one process may act before another takes over; the
	// default is 10 s, the least 1 s.
	Lease time.Duration
	// Look is how long it waits at most before it looks at the clock again, which
	// somebody may set; the default is half a second, the most 1 s.
	Look time.Duration
}

func (c *ScheduleConfig) validate() error {
	if c.Lease == 0 {
		c.Lease = 10 * time.Second
	}
	if c.Look == 0 {
		c.Look = 500 * time.Millisecond
	}
	if c.Lease < time.Second || c.Look < 0 || c.Look > time.Second {
		return throughline.Errorf(throughline.Invalid, "a schedule with a lease of %v that looks every %v cannot keep time", c.Lease, c.Look).
			WithFix("use a lease of at least a second, and look at least every second")
	}
	return nil
}

// Schedule lets releases go live and end when their time comes, within a second
// of it. Of all processes on one record one acts; what was due while none ran is
// done when one does. All it knows is in the record.
type Schedule struct {
	content *Content
	config  ScheduleConfig
	holder  string
}

// NewSchedule returns the schedule of an engine.
func NewSchedule(c *Content, config ScheduleConfig) (*Schedule, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Schedule{content: c, config: config, holder: engine.RandomText(12)}, nil
}

const leaseSchedule = "schedule"

// Run acts until ctx ends. What fails is logged and tried again.
func (s *Schedule) Run(ctx context.Context) error {
	core := s.content.core
	changed := core.Record.State.Watch(ctx, engine.BucketReleases)
	defer func() { // another process need not wait for the lease to end
		if err := core.Release(context.WithoutCancel(ctx), leaseSchedule, s.holder); err != nil {
			core.Log.Debug("the schedule's lease was not given back", "error", err)
		}
	}()
	for ctx.Err() == nil {
		next, err := s.runOnce(ctx)
		if err != nil && ctx.Err() == nil {
			core.Log.Error("the schedule could not act; it tries again", "error", err)
		}
		timer := time.NewTimer(s.wait(next, err))
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// wait is how long to sleep until the next date.
func (s *Schedule) wait(next time.Time, err error) time.Duration {
	const idle = 30 * time.Second // with nothing due, what changes wakes it
	switch {
	case err != nil:
		return s.config.Look
	case next.IsZero():
		return idle
	}
	return min(max(time.Millisecond, next.Sub(s.content.core.Clock())), s.config.Look)
}

// runOnce does what is due and returns when something is next.
func (s *Schedule) runOnce(ctx context.Context) (next time.Time, err error) {
	due, next, err := s.due(ctx)
	if err != nil || len(due) == 0 {
		return next, err
	}
	held, err := s.content.core.Lease(ctx, leaseSchedule, s.holder, s.config.Lease)
	if err != nil || !held {
		return s.content.core.Now().Add(s.config.Look), err
	}
	var problems []error
	for _, d := range due {
		switch d.what {
		case DateGoLive:
			_, err = s.content.goLive(ctx, d.number)
		case DateEnd:
			_, err = s.content.end(ctx, d.number)
		}
		// Somebody may have withdrawn it, or another process been faster.
		if throughline.CodeOf(err) != throughline.Conflict {
			problems = append(problems, err)
		}
	}
	return next, errors.Join(problems...)
}

// due returns what should have happened by now and can, in order, and when
// something else will.
func (s *Schedule) due(ctx context.Context) (due []date, next time.Time, err error) {
	now := s.content.core.Now()
	err = s.content.core.Record.State.View(ctx, func(r record.Reader) error {
		head, err := headRelease(r)
		if err != nil {
			return err
		}
		for e, err := range r.List(bucketDue, "", "") {
			if err != nil {
				return err
			}
			d, err := parseDate(e.Key)
			if err != nil {
				return err
			}
			if d.at.After(now) {
				next = d.at
				return nil
			}
			rel, err := readHead(r, d.number)
			if err != nil {
				return err
			}
			// What stood in its way still does while the same release is in force.
			if rel.Trouble == nil || rel.Trouble.Head != head.Number {
				due = append(due, d)
			}
		}
		return nil
	})
	return due, next, err
}
