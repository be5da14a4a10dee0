package demo

import (
	"context"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

const (
	// lookEvery is how often a change is looked for, lookFor how long.
	lookEvery, lookFor = 5 * time.Millisecond, 10 * time.Second
	// probeRecipients numbers the people who look; nobody else has such numbers.
	probeRecipients = 1 << 40
)

// probe is the smallest real change there is: a full stop goes, or comes back.
// The meaning number stays, so learning goes on as if nothing had happened.
type probe struct {
	versions [2]throughline.Resource // as declared, and without the stop
	site     *site                   // where it is looked for
}

// newProbe finds a text that ends with a full stop and that everybody may see.
func newProbe(t *Truth, resources []throughline.Resource) (*probe, error) {
	for _, r := range resources {
		f, ok := r.Spec.(*throughline.Fragment)
		if !ok || f.Audience != "" {
			continue
		}
		edited := *f
		edited.Values = make(map[string]string, len(f.Values))
		var changes int
		for locale, text := range f.Values {
			shorter, stopped := strings.CutSuffix(text, ".")
			edited.Values[locale] = shorter
			if stopped {
				changes++
			}
		}
		if changes == 0 {
			continue
		}
		if s := t.teach(throughline.LevelOf(r.Metadata.Name, f.Meaning), edited.Values); s != nil {
			changed := r
			changed.Spec = &edited
			return &probe{[2]throughline.Resource{r, changed}, s}, nil
		}
	}
	return nil, throughline.Errorf(throughline.NotFound, "no text in the workspace can be probed").
		WithFix("give one fragment without audience a text that ends with a full stop, or do not probe")
}

// teach makes more texts known for a level wherever it may appear, and returns
// the last such place, or nil.
func (t *Truth) teach(level throughline.Level, texts map[string]string) (at *site) {
	for _, s := range t.sites {
		for _, sl := range s.slots {
			for i, c := range sl.choices {
				if c.level != level {
					continue
				}
				for _, text := range texts {
					sl.byText[text] = uint16(i)
				}
				at = s
			}
		}
	}
	return at
}

// probing changes the text now and then and measures until somebody new sees
// the release. What was changed is changed back by the next probe.
func (r *run) probing(ctx context.Context) {
	people := probeRecipients
	for n := 1; pause(ctx, r.config.ProbeEvery); n++ {
		sent := r.config.Now()
		release, err := r.doors.apply(ctx, r.probe.versions[n%2])
		if err != nil {
			if ctx.Err() == nil {
				r.ledger.failed(err)
			}
			continue
		}
		for {
			people++
			if r.reached(ctx, people, release) || r.config.Now().Sub(sent) > lookFor {
				r.ledger.served(r.config.Now().Sub(sent))
				break
			}
			if !pause(ctx, lookEvery) {
				return // cut short, and no measurement
			}
		}
	}
}

// reached reports whether somebody new gets the release or a later one. It asks
// in somebody else's name each time, because people keep what they saw first.
func (r *run) reached(ctx context.Context, person, release int) bool {
	a, err := r.ask(ctx, r.probe.site, recipient(r.config.Seed, person).context())
	return err == nil && a.number("release") >= int64(release)
}
