package live

import (
	"context"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// capped are the pieces of one snapshot that may be shown only so often.
type capped struct {
	snapshot throughline.Digest
	most     map[string]int64
}

// caps reads, once a snapshot, which pieces have a cap.
func (p *publisher) caps(ctx context.Context, digest throughline.Digest) error {
	if p.capped.snapshot == digest {
		return nil
	}
	snapshot, err := engine.LoadSnapshot(ctx, p.core.Record.Blobs, digest)
	if err != nil {
		return err
	}
	next := capped{digest, map[string]int64{}}
	for i := range snapshot.Placements {
		for _, s := range snapshot.Placements[i].Slots {
			for _, c := range s.Choices {
				if c.Bounds != nil && c.Bounds.Impressions > 0 {
					next.most[c.Piece] = int64(c.Bounds.Impressions)
				}
			}
		}
	}
	p.capped = next
	return nil
}

// spent returns, ascending, the pieces that were shown as often as they may, or
// would be before anybody looks again if they went on at their pace. Exposures
// that are told of late may still go beyond a cap.
func (p *publisher) spent() []string {
	if len(p.capped.most) == 0 {
		return nil
	}
	now := make(map[string]int64, len(p.capped.most))
	p.projection.Reported(func(s *report.State) {
		for name := range p.capped.most {
			now[name] = s.Shown(name)
		}
	})
	var names []string
	for name, most := range p.capped.most {
		soon := now[name]
		if before, known := p.before[name]; known {
			soon += now[name] - before
		}
		if now[name] >= most || soon > most {
			names = append(names, name)
		}
	}
	p.before = maps.Clone(now)
	slices.Sort(names)
	return names
}
