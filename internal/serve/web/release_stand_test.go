package web_test

import (
	"context"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// none panics where a test asks for more than a desk has.
type none interface{ web.Releases }

// desk shows the releases of a stand; what changes any is for a real engine.
type desk struct {
	none
	s *stand
}

func (d desk) Draft(context.Context, engine.Caller) (content.Draft, error) {
	return content.Draft{}, d.s.fail
}

func (d desk) Releases(_ context.Context, _ engine.Caller, f content.ReleaseFilter) (page content.ReleasePage, err error) {
	for _, r := range d.s.released {
		if len(f.States) == 0 || slices.Contains(f.States, r.State) {
			page.Releases = append(page.Releases, r)
		}
	}
	return page, d.s.fail
}

func (d desk) Release(_ context.Context, _ engine.Caller, n int) (throughline.Release, error) {
	for _, r := range d.s.released {
		if r.Number == n {
			return r, nil
		}
	}
	return throughline.Release{}, throughline.Errorf(throughline.NotFound, "there is no release %d", n)
}

func (d desk) Calendar(context.Context, engine.Caller, time.Time, time.Time) ([]content.Entry, error) {
	return nil, d.s.fail
}
