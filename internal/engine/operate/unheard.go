package operate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Unheard are outcomes that came with a decision and count for nothing, because
// no goal knows the name of their event.
type Unheard struct {
	// Events are the most frequent first, at most as many as a process tells
	// apart; Others counts what came under further names.
	Events []UnheardEvent `json:"events,omitempty"`
	Others int64          `json:"others,omitempty"`
}

// UnheardEvent is one name that no goal knows.
type UnheardEvent struct {
	Event string `json:"event"`
	Count int64  `json:"count"`
	// Goal is the goal that was probably meant, and Meant its event; empty when
	// none is near.
	Goal  string `json:"goal,omitempty"`
	Meant string `json:"meant,omitempty"`
}

// heard is Unheard as it stands.
func (o *Operate) heard(ctx context.Context) (Unheard, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Unheard{}, err
	}
	return o.unheard(d), nil
}

// unheard leaves out the events of goals that are declared and of no placement:
// somebody knows those.
func (o *Operate) unheard(d *declared) Unheard {
	byName, others := o.plane.Unheard()
	u := Unheard{Others: others}
	written := make(map[string]string, len(d.events)) // in small letters -> as the goal has it
	for event := range d.events {
		written[strings.ToLower(event)] = event
	}
	small := make([]string, 0, len(written))
	for s := range written {
		small = append(small, s)
	}
	slices.Sort(small) // of two equally near the same one each time
	for name, count := range byName {
		if _, known := d.events[name]; known {
			continue
		}
		e := UnheardEvent{Event: name, Count: count, Meant: written[text.Nearest(strings.ToLower(name), small)]}
		e.Goal = d.events[e.Meant]
		u.Events = append(u.Events, e)
	}
	slices.SortFunc(u.Events, func(a, b UnheardEvent) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Event, b.Event))
	})
	return u
}

// Says is the event in a sentence, with what to do about it.
func (e UnheardEvent) Says() string {
	times := "outcomes are"
	if e.Count == 1 {
		times = "outcome is"
	}
	s := fmt.Sprintf("%s %s called “%s”, which no goal knows, so nothing learns from it", SayCount(e.Count), times, e.Event)
	if e.Goal == "" {
		return s + ". Track a goal's event, or declare a goal for this one."
	}
	return s + fmt.Sprintf(". The goal %s waits for “%s”.", e.Goal, e.Meant)
}

// SaysOthers is what is known of the names that are not told apart; empty when
// there are none.
func (u Unheard) SaysOthers() string {
	if u.Others == 0 {
		return ""
	}
	return fmt.Sprintf("%s more came under other names that no goal knows.", SayCount(u.Others))
}
