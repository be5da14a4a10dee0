package content_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// staff adds people with roles, in an engine whose releases wait.
const staff = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana, releases: approved}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: mia}
spec: {name: Mia Maker, roles: [{role: maker}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ali}
spec: {name: Ali Approver, roles: [{role: approver}]}
`

func mia() engine.Caller {
	return enginetest.Person("mia", throughline.Grant{Role: throughline.Maker})
}

func ali() engine.Caller {
	return enginetest.Person("ali", throughline.Grant{Role: throughline.Approver})
}

// morning is a Monday morning in November.
func morning() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

func propose(t testing.TB, e *enginetest.Engine, by engine.Caller, s throughline.Schedule, manifest string) throughline.Release {
	t.Helper()
	rel, err := e.Content.Propose(t.Context(), by, content.Proposal{Change: change(t, 0, manifest), Schedule: s})
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

func english1(t testing.TB, e *enginetest.Engine) string {
	t.Helper()
	r := inForce(t, e, short)
	return valueOf(&r, "en")
}

func TestApproval(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Run(t)
	e.Serves(t, e.Apply(t, staff).Number)
	rel, err := e.Content.Apply(t.Context(), mia(), change(t, 0, enginetest.Headline("Hello")))
	if err != nil || rel.State != throughline.ReleaseProposed || rel.Number != 3 {
		t.Fatalf("%+v, %v", rel, err)
	}
	t.Run("what is proposed is not in force", func(t *testing.T) {
		if got := english1(t, e); got != "Less work" {
			t.Error(got)
		}
		if d := e.Decide(t, "home.hero", "v", nil); d.Release == rel.Number {
			t.Error("it is served")
		}
	})
	t.Run("its author may not approve it, and is told who may", func(t *testing.T) {
		both := enginetest.Person("mia", throughline.Grant{Role: throughline.Maker}, throughline.Grant{Role: throughline.Approver})
		_, err := e.Content.Approve(t.Context(), both, rel.Number)
		if throughline.CodeOf(err) != throughline.Forbidden || !strings.Contains(err.Error(), "Ali Approver") {
			t.Error(err)
		}
	})
	t.Run("nor may somebody without the role", func(t *testing.T) {
		viewer := enginetest.Person("vic", throughline.Grant{Role: throughline.Viewer})
		if _, err := e.Content.Approve(t.Context(), viewer, rel.Number); throughline.CodeOf(err) != throughline.Forbidden {
			t.Error(err)
		}
	})
	t.Run("buttons are shown to who may press them", func(t *testing.T) {
		his, err := e.Content.May(t.Context(), ali(), rel.Number)
		if err != nil || !his.Approve || !his.Return || his.Rollback {
			t.Errorf("%+v, %v", his, err)
		}
		hers, err := e.Content.May(t.Context(), mia(), rel.Number)
		if err != nil || hers.Approve || !hers.Withdraw || hers.Why["approve"] == "" {
			t.Errorf("%+v, %v", hers, err)
		}
	})
	t.Run("returned, it is in its author's draft with a reason", func(t *testing.T) {
		back, err := e.Content.Return(t.Context(), ali(), rel.Number, "too short")
		if err != nil || back.State != throughline.ReleaseWithdrawn || back.Reason != "too short" {
			t.Fatalf("%+v, %v", back, err)
		}
		d := draft(t, e, mia())
		if len(d.Items) != 1 || valueOf(d.Items[0].Resource, "en") != "Hello" || d.Undo == "" {
			t.Errorf("%+v", d)
		}
	})
	t.Run("approved by another, it goes live with that name on it", func(t *testing.T) {
		again, err := e.Content.Propose(t.Context(), mia(), content.Proposal{Draft: true})
		if err != nil {
			t.Fatal(err)
		}
		live, err := e.Content.Approve(t.Context(), ali(), again.Number)
		if err != nil || live.State != throughline.ReleaseLive || live.ApprovedBy.ID != "ali" || live.SelfApproved || english1(t, e) != "Hello" {
			t.Fatalf("%+v, %v", live, err)
		}
		if live.After != 2 {
			t.Errorf("it came after release %d", live.After)
		}
		if _, err := e.Content.Approve(t.Context(), ali(), again.Number); throughline.CodeOf(err) != throughline.Conflict {
			t.Error(err)
		}
	})
	t.Run("a rollback waits for nobody", func(t *testing.T) {
		rel, err := e.Content.Rollback(t.Context(), mia(), 4)
		if err != nil || rel.State != throughline.ReleaseLive || english1(t, e) != "Less work" {
			t.Errorf("%+v, %v", rel, err)
		}
	})
}

func TestAnOwnerAloneApprovesAndItSaysSo(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, strings.Split(staff, "---")[0])
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), change(t, 0, enginetest.Headline("Hello")))
	if err != nil || rel.State != throughline.ReleaseProposed {
		t.Fatalf("%+v, %v", rel, err)
	}
	if rel, err = e.Content.Approve(t.Context(), enginetest.Shell(), rel.Number); err != nil || !rel.SelfApproved || rel.State != throughline.ReleaseLive {
		t.Errorf("%+v, %v", rel, err)
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	schedule, err := content.NewSchedule(e.Content, content.ScheduleConfig{})
	if err != nil {
		t.Fatal(err)
	}
	act := func(t *testing.T, turn time.Duration) {
		t.Helper()
		clock.Turn(turn)
		if _, err := content.RunOnce(schedule, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s := throughline.Schedule{Zone: "Europe/Zurich", GoLive: "2026-11-23T11:00", End: "2026-11-23T12:00", Embargo: "2026-11-23T10:30"}
	rel := propose(t, e, mia(), s, enginetest.Headline("For an hour"))
	if rel.State != throughline.ReleaseApproved || !rel.Schedule.GoLiveAt.Equal(morning().Add(time.Hour)) {
		t.Fatalf("%+v", rel)
	}
	viewer := enginetest.Person("vic", throughline.Grant{Role: throughline.Viewer})
	t.Run("before its embargo only its author and those who approve see it, anywhere", func(t *testing.T) {
		if _, err := e.Content.Release(t.Context(), viewer, rel.Number); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
		page, _ := e.Content.Releases(t.Context(), viewer, content.ReleaseFilter{})
		entries, _ := e.Content.Calendar(t.Context(), viewer, morning(), morning().Add(24*time.Hour))
		hits, _ := e.Content.Search(t.Context(), viewer, "hour", 10)
		if len(page.Releases) != 1 || len(hits) != 0 || slices.ContainsFunc(entries, func(e content.Entry) bool { return e.Release == rel.Number }) {
			t.Errorf("%+v, %+v, %+v", page, entries, hits)
		}
		for _, by := range []engine.Caller{mia(), ali(), enginetest.Shell()} {
			if _, err := e.Content.Release(t.Context(), by, rel.Number); err != nil {
				t.Errorf("%s: %v", by.Actor.ID, err)
			}
		}
		for _, ev := range e.Events(t) {
			if strings.Contains(string(ev.Data), "For an hour") {
				t.Errorf("%s tells of it", ev.Type)
			}
		}
	})
	act(t, 45*time.Minute)
	t.Run("after its embargo everybody sees it, and it is not in force", func(t *testing.T) {
		if _, err := e.Content.Release(t.Context(), viewer, rel.Number); err != nil || english1(t, e) != "Less work" {
			t.Error(err)
		}
	})
	act(t, 15*time.Minute)
	t.Run("at its time it is in force", func(t *testing.T) {
		if got := english1(t, e); got != "For an hour" {
			t.Error(got)
		}
	})
	t.Run("the calendar has its dates", func(t *testing.T) {
		entries, err := e.Content.Calendar(t.Context(), viewer, morning(), morning().Add(24*time.Hour))
		var what []string
		for _, en := range entries {
			if en.Release == rel.Number {
				what = append(what, en.What)
			}
		}
		if err != nil || !slices.Equal(what, []string{content.DateEmbargo, content.DateLive, content.DateEnd}) && !slices.Equal(what, []string{content.DateLive, content.DateEnd}) {
			t.Errorf("%v, %v", what, err)
		}
	})
	e.Apply(t, strings.Replace(enginetest.Headline("For an hour"), `"}}`, `", de: "Eine Stunde"}}`, 1))
	act(t, time.Hour)
	t.Run("at its end what was before is back, and what others changed stays", func(t *testing.T) {
		r := inForce(t, e, short)
		if valueOf(&r, "en") != "Less work" || valueOf(&r, "de") != "Eine Stunde" {
			t.Errorf("%s", r.Canonical())
		}
		ended, err := e.Content.Release(t.Context(), viewer, rel.Number)
		if err != nil || ended.State != throughline.ReleaseEnded {
			t.Errorf("%+v, %v", ended, err)
		}
	})
}

// TestWhatWasApprovedWasApprovedWithItsTimes moves the go-live of a release that
// somebody else approved.
func TestWhatWasApprovedWasApprovedWithItsTimes(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, staff)
	at := func(hour string) throughline.Schedule {
		return throughline.Schedule{Zone: "Europe/Zurich", GoLive: "2026-11-23T" + hour}
	}
	approved := func(text string) int {
		t.Helper()
		rel := propose(t, e, mia(), at("15:00"), enginetest.Headline(text))
		if rel, err := e.Content.Approve(t.Context(), ali(), rel.Number); err != nil || rel.State != throughline.ReleaseApproved {
			t.Fatalf("%+v, %v", rel, err)
		}
		return rel.Number
	}
	t.Run("moved or let go by its author, it waits for approval again", func(t *testing.T) {
		for _, s := range []throughline.Schedule{at("18:00"), {}} {
			rel, err := e.Content.Reschedule(t.Context(), mia(), approved("Moved"), s)
			if err != nil || rel.State != throughline.ReleaseProposed || rel.ApprovedBy != nil || english1(t, e) != "Less work" {
				t.Errorf("%+v, %v", rel, err)
			}
		}
	})
	t.Run("moved by who may approve it, it stays approved", func(t *testing.T) {
		rel, err := e.Content.Reschedule(t.Context(), ali(), approved("Held"), at("18:00"))
		if err != nil || rel.State != throughline.ReleaseApproved || rel.ApprovedBy.ID != "ali" {
			t.Errorf("%+v, %v", rel, err)
		}
	})
}

func TestWhatStandsInTheWayOfAGoLive(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	schedule, err := content.NewSchedule(e.Content, content.ScheduleConfig{})
	if err != nil {
		t.Fatal(err)
	}
	rel := propose(t, e, mia(), throughline.Schedule{Zone: "UTC", GoLive: "2026-11-23T10:00"}, enginetest.Headline("Later"))
	e.Apply(t, enginetest.Headline("Sooner"))
	clock.Turn(time.Hour)
	if _, err := content.RunOnce(schedule, t.Context()); err != nil {
		t.Fatal(err)
	}
	rel, err = e.Content.Release(t.Context(), mia(), rel.Number)
	if err != nil || rel.State != throughline.ReleaseApproved || rel.Trouble == nil || rel.Trouble.Object != short || rel.Trouble.Field != "spec.values.en" || rel.Trouble.Fix == "" {
		t.Fatalf("%+v, %v", rel.Trouble, err)
	}
	if got := english1(t, e); got != "Sooner" {
		t.Error(got)
	}
	t.Run("once it is out of the way, it goes live", func(t *testing.T) {
		e.Apply(t, enginetest.Headline("Less work"))
		if _, err := content.RunOnce(schedule, t.Context()); err != nil {
			t.Fatal(err)
		}
		rel, err := e.Content.Release(t.Context(), mia(), rel.Number)
		if err != nil || rel.State != throughline.ReleaseLive || rel.Trouble != nil || english1(t, e) != "Later" {
			t.Errorf("%+v, %v", rel, err)
		}
	})
	t.Run("an unapproved release of a later number never was before it", func(t *testing.T) {
		if _, err := e.Content.Rollback(t.Context(), enginetest.Shell(), rel.Number); err != nil || english1(t, e) != "Less work" {
			t.Error(err, english1(t, e))
		}
	})
}

func TestAScheduleSurvivesARestart(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	propose(t, e, mia(), throughline.Schedule{Zone: "UTC", GoLive: "2026-11-23T10:00"}, enginetest.Headline("Later"))
	e.Close()
	clock.Turn(3 * time.Hour)
	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder, Clock: clock.Now})
	var schedules []*content.Schedule
	for range 2 { // one process is one too many
		s, err := content.NewSchedule(again.Content, content.ScheduleConfig{})
		if err != nil {
			t.Fatal(err)
		}
		schedules = append(schedules, s)
	}
	for _, s := range schedules {
		if _, err := content.RunOnce(s, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := english1(t, again); got != "Later" {
		t.Error(got)
	}
	if releases, err := newest(t, again, 10); err != nil || len(releases) != 2 {
		t.Errorf("%d releases, %v", len(releases), err)
	}
}

func TestTheScheduleActsWithinASecond(t *testing.T) {
	t.Parallel()
	// The clock runs, and shows half a second before ten.
	ten, began := morning().Add(time.Hour), time.Now()
	e := enginetest.Open(t, enginetest.Options{Clock: func() time.Time { return ten.Add(time.Since(began) - 500*time.Millisecond) }})
	e.Apply(t, enginetest.Workspace)
	s, err := content.NewSchedule(e.Content, content.ScheduleConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := make(chan error, 1)
	go func() { stop <- s.Run(ctx) }()
	rel, err := e.Content.Propose(t.Context(), mia(), content.Proposal{
		Change: change(t, 0, enginetest.Headline("Later")), Schedule: throughline.Schedule{Zone: "UTC", GoLive: "2026-11-23T10:00"},
	})
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Eventually(t, "it is live", func() bool {
		rel, err = e.Content.Release(t.Context(), mia(), rel.Number)
		return err == nil && rel.State == throughline.ReleaseLive
	})
	if late := rel.LiveAt.Sub(ten); late < 0 || late > time.Second {
		t.Errorf("it went live %v after its time", late)
	}
	cancel()
	if err := <-stop; err != nil {
		t.Error(err)
	}
}

func TestInstantsOfAZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ zone, wall, want string }{
		"an ordinary time":                               {"Europe/Zurich", "2026-11-23T09:00", "2026-11-23T08:00:00Z"},
		"a time the clocks skip is an hour later":        {"Europe/Zurich", "2026-03-29T02:30", "2026-03-29T01:30:00Z"},
		"a time they pass twice is the first":            {"Europe/Zurich", "2026-10-25T02:30", "2026-10-25T00:30:00Z"},
		"the first minute after the skip":                {"Europe/Zurich", "2026-03-29T03:00", "2026-03-29T01:00:00Z"},
		"west of Greenwich, skipped":                     {"America/New_York", "2026-03-08T02:15", "2026-03-08T07:15:00Z"},
		"west of Greenwich, twice":                       {"America/New_York", "2026-11-01T01:15", "2026-11-01T05:15:00Z"},
		"a zone that changes its clocks by half an hour": {"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z"},
		"a zone a day ahead":                             {"Pacific/Kiritimati", "2026-11-23T09:00", "2026-11-22T19:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			wall, err := time.Parse("2006-01-02T15:04", c.wall)
			if err != nil {
				t.Fatal(err)
			}
			if got := content.Instant(wall, zone).UTC().Format(time.RFC3339); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
	for name, s := range map[string]throughline.Schedule{
		"zone":    {Zone: "Mars/Olympus", GoLive: "2026-11-24T09:00"},
		"goLive":  {Zone: "UTC", GoLive: "tomorrow"},
		"end":     {Zone: "UTC", GoLive: "2026-11-24T09:00", End: "2026-11-24T08:00"},
		"embargo": {Zone: "UTC", GoLive: "2026-11-24T09:00", Embargo: "2026-11-25T09:00"},
	} {
		t.Run("a wrong "+name+" is refused by its name", func(t *testing.T) {
			t.Parallel()
			_, err := content.Resolve(s, morning())
			var problems throughline.Problems
			problems.Add(err)
			if len(problems) != 1 || problems[0].Field != name || problems[0].Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnAuthorWhoMayNoLongerMake(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	rel := propose(t, e, mia(), throughline.Schedule{}, enginetest.Headline("Of better days"))
	end := throughline.Schedule{Zone: "Europe/Zurich", End: "2026-11-23T12:00"}
	t.Run("does not end what is live", func(t *testing.T) {
		demoted := enginetest.Person("mia", throughline.Grant{Role: throughline.Viewer})
		if _, err := e.Content.Reschedule(t.Context(), demoted, rel.Number, end); throughline.CodeOf(err) != throughline.Forbidden {
			t.Errorf("%v, want forbidden", err)
		}
	})
	t.Run("one who may still does", func(t *testing.T) {
		if _, err := e.Content.Reschedule(t.Context(), mia(), rel.Number, end); err != nil {
			t.Error(err)
		}
	})
}
