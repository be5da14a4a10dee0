package api

import (
	"context"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

// ScheduleBody is when a release goes live, ends and is no longer secret.
type ScheduleBody struct {
	Zone    string `json:"zone,omitempty" doc:"an IANA time zone" example:"Europe/Zurich"`
	GoLive  string `json:"goLive,omitempty" doc:"a time on the wall of the zone; empty for at once" example:"2026-11-30T09:00"`
	End     string `json:"end,omitempty" doc:"when what was before comes back; empty for never"`
	Embargo string `json:"embargo,omitempty" doc:"until when only its author and those who approve see it"`
}

func (b ScheduleBody) schedule() throughline.Schedule {
	return throughline.Schedule{Zone: b.Zone, GoLive: b.GoLive, End: b.End, Embargo: b.Embargo}
}

// ProposalBody is what somebody wants to go live, and when.
type ProposalBody struct {
	ChangeBody
	Draft    bool         `json:"draft,omitempty" doc:"release your draft instead of the files"`
	Only     []string     `json:"only,omitempty" doc:"only these items of the draft"`
	Schedule ScheduleBody `json:"schedule,omitempty"`
}

func (b ProposalBody) proposal() (content.Proposal, error) {
	change, err := b.change()
	if err != nil {
		return content.Proposal{}, err
	}
	p := content.Proposal{Draft: b.Draft, Change: change, Message: b.Message, Schedule: b.Schedule.schedule()}
	p.Only, err = refsOf(b.Only)
	return p, err
}

type reasonInput struct {
	Number int `path:"number" minimum:"1" example:"12"`
	Body   struct {
		Reason string `json:"reason,omitempty" doc:"what its author should know"`
	}
}

func (a *API) registerReleases() {
	register(a, engine.RightChange, http.MethodPost, "/api/v1/releases", "propose", "Make a release of your draft or a change, now or later",
		func(ctx context.Context, in *struct{ Body ProposalBody }) (throughline.Release, error) {
			p, err := in.Body.proposal()
			if err != nil {
				return throughline.Release{}, err
			}
			return a.content.Propose(ctx, serve.CallerOf(ctx), p)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/releases/{number}/rights", "releaseRights", "What you may do with a release",
		func(ctx context.Context, in *numberInput) (content.ReleaseRights, error) {
			return a.content.May(ctx, serve.CallerOf(ctx), in.Number)
		})
	register(a, engine.RightApprove, http.MethodPost, "/api/v1/releases/{number}/approve", "approve", "Let somebody else's release go live",
		func(ctx context.Context, in *numberInput) (throughline.Release, error) {
			return a.content.Approve(ctx, serve.CallerOf(ctx), in.Number)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/releases/{number}/return", "returnRelease", "Give a release back to its author",
		func(ctx context.Context, in *reasonInput) (throughline.Release, error) {
			return a.content.Return(ctx, serve.CallerOf(ctx), in.Number, in.Body.Reason)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/releases/{number}/withdraw", "withdraw", "Take back a release that is not live yet",
		func(ctx context.Context, in *reasonInput) (throughline.Release, error) {
			return a.content.Withdraw(ctx, serve.CallerOf(ctx), in.Number, in.Body.Reason)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/releases/{number}/schedule", "reschedule", "Change when a release goes live and ends",
		func(ctx context.Context, in *struct {
			Number int `path:"number" minimum:"1" example:"12"`
			Body   ScheduleBody
		},
		) (throughline.Release, error) {
			return a.content.Reschedule(ctx, serve.CallerOf(ctx), in.Number, in.Body.schedule())
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/calendar", "calendar", "When releases go live and end, and briefs are due",
		func(ctx context.Context, in *struct {
			From time.Time `query:"from" doc:"the default is 30 days ago"`
			To   time.Time `query:"to" doc:"the default is in 90 days"`
		},
		) ([]content.Entry, error) {
			const day = 24 * time.Hour
			now := a.core.Now()
			if in.From.IsZero() {
				in.From = now.Add(-30 * day)
			}
			if in.To.IsZero() {
				in.To = now.Add(90 * day)
			}
			return a.content.Calendar(ctx, serve.CallerOf(ctx), in.From, in.To)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/previews", "previews", "What your draft or a release changes, as people see it",
		func(ctx context.Context, in *struct {
			Release   int    `query:"release" minimum:"0" doc:"a release; 0 is your draft"`
			Placement string `query:"placement" doc:"only this one"`
			Locale    string `query:"locale" doc:"in this language; those that change when left out"`
		},
		) ([]Pair, error) {
			rev, err := a.content.Review(ctx, serve.CallerOf(ctx), content.ReviewInput{Draft: in.Release == 0, Release: in.Release, Locale: in.Locale})
			return pairsOf(rev, in.Placement), err
		})
}

// Pair is one variant of a placement as people see it before and after a change,
// enough of them to see each change once.
type Pair struct {
	Placement string              `json:"placement"`
	Title     string              `json:"title,omitempty"`
	Channel   string              `json:"channel"`
	Surface   throughline.Surface `json:"surface"`
	Locale    string              `json:"locale"`
	// Filling is the fragment by slot.
	Filling throughline.Filling `json:"filling"`
	// Before and After are absent where there is nothing to show.
	Before *content.Shown `json:"before,omitempty"`
	After  *content.Shown `json:"after,omitempty"`
}

// pairsOf returns the pairs of a review, at one placement where it is named.
func pairsOf(rev content.Review, placement string) []Pair {
	all := []Pair{}
	for _, t := range rev.Touched {
		if placement != "" && placement != t.Placement {
			continue
		}
		for _, c := range t.Pairs {
			p := Pair{t.Placement, t.Title, t.Channel, t.Surface, c.Locale, throughline.Filling{}, c.Before, c.After}
			for _, slot := range c.Slots {
				p.Filling[slot.Slot] = slot.Fragment
			}
			all = append(all, p)
		}
	}
	return all
}
