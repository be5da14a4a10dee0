package content

import (
	"time"

	"github.com/throughline-engine/throughline"
)

// wallForm is how a schedule writes a time on the wall.
const wallForm = "2006-01-02T15:04"

// resolve fills in the instants of a schedule, and refuses one that cannot be
// kept: an unknown zone, a time that is none, an end before its beginning, an
// embargo that ends after the go-live it should cover.
func resolve(s throughline.Schedule, now time.Time) (*throughline.Schedule, error) {
	if s.IsZero() {
		return nil, nil
	}
	if s.Zone == "" || s.Zone == "Local" {
		return nil, throughline.Errorf(throughline.Invalid, "the schedule names no time zone").In(throughline.Ref{}, "zone").
			WithFix("name one, such as Europe/Zurich or UTC")
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "there is no time zone %q", s.Zone).In(throughline.Ref{}, "zone").
			WithFix("name one of the IANA list, such as Europe/Zurich or America/New_York")
	}
	s.GoLiveAt, s.EndAt, s.EmbargoAt = time.Time{}, time.Time{}, time.Time{}
	var problems throughline.Problems
	for _, f := range []struct {
		field, wall string
		at          *time.Time
	}{{"goLive", s.GoLive, &s.GoLiveAt}, {"end", s.End, &s.EndAt}, {"embargo", s.Embargo, &s.EmbargoAt}} {
		if f.wall == "" {
			continue
		}
		wall, err := time.Parse(wallForm, f.wall)
		if err != nil || wall.Year() < 1970 {
			problems.Add(throughline.Errorf(throughline.Invalid, "%q is not a time", f.wall).In(throughline.Ref{}, f.field).
				WithFix("write it as 2026-11-30T09:00"))
			continue
		}
		*f.at = instant(wall, zone)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &s, inOrder(s, now)
}

func inOrder(s throughline.Schedule, now time.Time) error {
	from := now
	if !s.GoLiveAt.IsZero() {
		from = s.GoLiveAt
	}
	switch {
	case !s.EndAt.IsZero() && !s.EndAt.After(from):
		return throughline.Errorf(throughline.Invalid, "it would end %s, before it goes live", s.End).In(throughline.Ref{}, "end").
			WithFix("choose a later end")
	case !s.EmbargoAt.IsZero() && s.GoLiveAt.IsZero():
		return throughline.Errorf(throughline.Invalid, "a release that goes live at once cannot be secret").In(throughline.Ref{}, "embargo").
			WithFix("say when it goes live, or leave the embargo out")
	case s.EmbargoAt.After(s.GoLiveAt):
		return throughline.Errorf(throughline.Invalid, "it would go live before its embargo ends").In(throughline.Ref{}, "embargo").
			WithFix("end the embargo at the go-live, or before it")
	}
	return nil
}

// instant returns the moment of a time on the wall of a zone. A time that the
// clocks skip is read with the offset before the jump, so 02:30 becomes 03:30; a
// time they pass twice is the first of the two. Source: RFC 5545, section 3.3.5.
func instant(wall time.Time, zone *time.Location) time.Time {
	utc := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, time.UTC)
	offset := func(at time.Time) time.Duration {
		_, seconds := at.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	const day = 24 * time.Hour // no zone changes its clocks twice in two days
	before, after := offset(utc.Add(-day)), offset(utc.Add(day))
	first, second := utc.Add(-before), utc.Add(-after)
	switch {
	case offset(first) == before:
		return first
	case offset(second) == after:
		return second
	}
	return first // skipped
}
