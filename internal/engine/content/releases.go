package content

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// see returns a release, or NotFound for who may not see it: also that there is
// one is secret.
func (c *Content) see(ctx context.Context, by engine.Caller, number int) (throughline.Release, error) {
	return c.seen(ctx, by, number, readRelease)
}

// ReleaseHead returns a release without what it changes, or NotFound.
func (c *Content) ReleaseHead(ctx context.Context, by engine.Caller, number int) (throughline.Release, error) {
	return c.seen(ctx, by, number, readHead)
}

func (c *Content) seen(ctx context.Context, by engine.Caller, number int, read func(record.Reader, int) (throughline.Release, error)) (rel throughline.Release, err error) {
	if by.Stranger() {
		return rel, by.Need(engine.RightRead)
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		rel, err = read(r, number)
		return err
	})
	if err != nil {
		return rel, err
	}
	if !by.MayKnow(rel, c.core.Now()) {
		return throughline.Release{}, noRelease(number)
	}
	return rel, nil
}

// Release returns one release by number.
func (c *Content) Release(ctx context.Context, by engine.Caller, number int) (throughline.Release, error) {
	return c.see(ctx, by, number)
}

// ReleaseFilter says which releases are wanted.
type ReleaseFilter struct {
	// States are those wanted; none means all.
	States []throughline.ReleaseState
	// Author is the id of who made them; empty for anybody.
	Author string
	// Before is the number below which to go on: ReleasePage.Next; 0 starts at the
	// newest.
	Before int
	// Limit is how many at most; 0 means 50.
	Limit int
	// Whole asks for what each of them changes as well, which may be much.
	Whole bool
}

// ReleasePage is some releases, the newest first.
type ReleasePage struct {
	Releases []throughline.Release `json:"releases"`
	// Next is ReleaseFilter.Before of the next page; 0 when this is the last.
	Next int `json:"next,omitempty"`
}

// scanned is how many releases one page looks at before it hands over what it
// has: a filter that fits little must not read everything at once.
const scanned = 2000

// Releases returns the releases somebody may see, by number, the newest first;
// what they change only where the filter asks for it.
func (c *Content) Releases(ctx context.Context, by engine.Caller, f ReleaseFilter) (page ReleasePage, err error) {
	page.Releases = []throughline.Release{}
	if by.Stranger() {
		return page, by.Need(engine.RightRead)
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	now := c.core.Now()
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		n, err := lastNumber(r)
		if err != nil {
			return err
		}
		if f.Before > 0 {
			n = min(n, f.Before-1)
		}
		for last := n - scanned; n > 0 && n > last && len(page.Releases) < f.Limit; n-- {
			rel, err := readHead(r, n)
			if throughline.CodeOf(err) == throughline.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			if !f.takes(rel) || !by.MayKnow(rel, now) {
				continue
			}
			if f.Whole {
				if rel, err = readRelease(r, n); err != nil {
					return err
				}
			}
			page.Releases = append(page.Releases, rel)
		}
		if n > 0 {
			page.Next = n + 1
		}
		return nil
	})
	return page, err
}

func (f ReleaseFilter) takes(rel throughline.Release) bool {
	return (len(f.States) == 0 || slices.Contains(f.States, rel.State)) &&
		(f.Author == "" || rel.Author.ID == f.Author)
}

// ReleaseRights says what somebody may do with a release, so that a page shows
// no button that is refused. Why has the reason of each refusal, by the name of
// the use case: approve, return, withdraw, reschedule, rollback.
type ReleaseRights struct {
	Approve    bool              `json:"approve"`
	Return     bool              `json:"return"`
	Withdraw   bool              `json:"withdraw"`
	Reschedule bool              `json:"reschedule"`
	Rollback   bool              `json:"rollback"`
	Why        map[string]string `json:"why"`
}

// May returns what somebody may do with a release as it stands.
func (c *Content) May(ctx context.Context, by engine.Caller, number int) (ReleaseRights, error) {
	m := ReleaseRights{Why: map[string]string{}}
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return m, err
	}
	note := func(may *bool, name string, err error) {
		if *may = err == nil; err != nil {
			var problems throughline.Problems
			problems.Add(err)
			m.Why[name] = problems[0].Message
			if fix := problems[0].Fix; fix != "" {
				m.Why[name] += "; " + fix
			}
		}
	}
	state := func(err error, states ...throughline.ReleaseState) error {
		if !slices.Contains(states, rel.State) {
			return wrongState(rel, "change", states...)
		}
		return err
	}
	var approve error
	if rel.State == throughline.ReleaseProposed { // it takes a look at everything
		_, approve = c.approver(ctx, by, rel)
	}
	mine := c.authorOrApprover(ctx, by, rel)
	before, after, err := c.sets(ctx, rel)
	if err != nil {
		return m, err
	}
	note(&m.Approve, "approve", state(approve, throughline.ReleaseProposed))
	note(&m.Return, "return", state(mine, throughline.ReleaseProposed, throughline.ReleaseApproved))
	note(&m.Withdraw, "withdraw", state(mine, throughline.ReleaseProposed, throughline.ReleaseApproved))
	note(&m.Reschedule, "reschedule", state(mine, throughline.ReleaseProposed, throughline.ReleaseApproved, throughline.ReleaseLive, throughline.ReleaseSuperseded))
	rollback := c.authorise(ctx, by, before, after, rel.Changes)
	note(&m.Rollback, "rollback", state(rollback, throughline.ReleaseLive, throughline.ReleaseSuperseded))
	return m, nil
}

// Entry is one date of the calendar.
type Entry struct {
	At   time.Time `json:"at"`
	What string    `json:"what" enum:"live,go-live,end,embargo,due"`
	// Release is the number of a release, or Brief the name of a brief.
	Release int                      `json:"release,omitempty"`
	State   throughline.ReleaseState `json:"state,omitempty"`
	Brief   string                   `json:"brief,omitempty"`
	Title   string                   `json:"title"`
	// Trouble is true where something stands in the release's way.
	Trouble bool `json:"trouble,omitempty"`
}

// Calendar returns what happens from one instant until before another, in order:
// when releases went live and will, end, and are no longer secret, and the days
// briefs are due, at midnight UTC.
func (c *Content) Calendar(ctx context.Context, by engine.Caller, from, to time.Time) (entries []Entry, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return nil, err
	}
	entries = []Entry{}
	now := c.core.Now()
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		for e, err := range r.List(bucketDates, "", from.UTC().Format(dateForm)) {
			if err != nil {
				return err
			}
			d, err := parseDate(e.Key)
			if err != nil {
				return err
			}
			if !d.at.Before(to) {
				break
			}
			rel, err := readHead(r, d.number)
			if err != nil {
				return err
			}
			if by.MayKnow(rel, now) {
				entries = append(entries, Entry{At: d.at, What: d.what, Release: rel.Number, State: rel.State, Title: rel.Message, Trouble: rel.Trouble != nil})
			}
		}
		briefs, err := dueBriefs(r, from, to)
		entries = append(entries, briefs...)
		return err
	})
	slices.SortStableFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries, err
}

func dueBriefs(r record.Reader, from, to time.Time) (entries []Entry, err error) {
	for res, err := range engine.InForce(r, throughline.KindBrief) {
		if err != nil {
			return nil, err
		}
		spec := res.Spec.(*throughline.Brief)
		day, err := time.Parse(time.DateOnly, spec.Due)
		if err != nil || day.Before(from) || !day.Before(to) {
			continue // a brief without a day
		}
		title := spec.Title
		if strings.TrimSpace(title) == "" {
			title = res.Metadata.Name
		}
		entries = append(entries, Entry{At: day, What: DateDue, Brief: res.Metadata.Name, Title: title})
	}
	return entries, nil
}
