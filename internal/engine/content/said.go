package content

import (
	"context"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// opinions are what was said of drafts as they stood, by person: checking takes
// a while where there is much, and pages ask again and again.
type opinions struct {
	mu sync.Mutex
	of map[string]opinion
}

// opinion is what was said of one version of a draft over one release.
type opinion struct {
	head     int
	version  int64
	problems throughline.Problems
	findings []throughline.Finding
}

// opinionsKept bounds the people remembered.
const opinionsKept = 64

// Said returns what keeps the caller's draft from being released, and, when
// nothing does, what the checks say of what would then be in force. Without a
// draft they are the findings of what is in force.
func (c *Content) Said(ctx context.Context, by engine.Caller) (throughline.Problems, []throughline.Finding, error) {
	g, err := c.Glance(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	var now opinion
	err = c.with(ctx, func(k *known, r record.Reader) error {
		now.head, now.version = k.head, g.Version
		if g.Items > 0 {
			return nil
		}
		err := c.checked(r, k)
		now.findings = k.findings
		return err
	})
	if err != nil || g.Items == 0 {
		return nil, now.findings, err
	}
	person := draftKey(by.Actor)
	if before, ok := c.opinions.look(person); ok && before.head == now.head && before.version == now.version {
		return before.problems, before.findings, nil
	}
	if now.problems, err = c.Problems(ctx, by); err != nil {
		return nil, nil, err
	}
	if plan, err := c.PlanDraft(ctx, by); err == nil {
		now.findings = plan.Findings
	} else if len(now.problems) == 0 {
		now.problems.Add(err)
	}
	c.opinions.keep(person, now)
	return now.problems, now.findings, nil
}

func (o *opinions) look(person string) (opinion, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	was, ok := o.of[person]
	return was, ok
}

func (o *opinions) keep(person string, now opinion) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil || len(o.of) >= opinionsKept {
		o.of = map[string]opinion{}
	}
	o.of[person] = now
}
