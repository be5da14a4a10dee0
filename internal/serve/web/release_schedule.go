package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// scheduleForm asks when a release goes live, ends and is no longer secret.
type scheduleForm struct {
	Zone                 field
	GoLive, End, Embargo field
	// Zones are offered before a script knows all of them.
	Zones []string
	// Open shows it without being asked.
	Open bool
	// Live is true for a release that is live: it can only end.
	Live bool
}

// offeredZones are some zones of each part of the world.
func offeredZones() []string {
	return strings.Fields(`UTC Europe/Zurich Europe/Berlin Europe/Vienna Europe/Paris Europe/Madrid Europe/Rome Europe/Amsterdam
		Europe/London Europe/Lisbon Europe/Dublin Europe/Stockholm Europe/Warsaw Europe/Athens Europe/Istanbul Europe/Kyiv
		America/New_York America/Chicago America/Denver America/Los_Angeles America/Toronto America/Mexico_City America/Bogota
		America/Sao_Paulo America/Argentina/Buenos_Aires Africa/Cairo Africa/Lagos Africa/Nairobi Africa/Johannesburg
		Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Bangkok Asia/Singapore Asia/Shanghai Asia/Hong_Kong Asia/Tokyo Asia/Seoul
		Australia/Perth Australia/Sydney Pacific/Auckland Pacific/Honolulu`)
}

// newScheduleForm holds a schedule; without a zone of its own it is in the
// reader's.
func newScheduleForm(s throughline.Schedule, reader *time.Location) scheduleForm {
	zone := cmp.Or(s.Zone, reader.String())
	f := scheduleForm{
		Zone:    field{Name: "zone", Label: "Time zone", Value: zone, Required: true, Autocomplete: "off", Hint: "Type to search, such as Zurich."},
		GoLive:  field{Name: "goLive", Label: "Goes live", Kind: "datetime-local", Value: s.GoLive, Hint: "Empty is at once."},
		End:     field{Name: "end", Label: "Ends", Kind: "datetime-local", Value: s.End, Hint: "What was before is then back. Empty is never."},
		Embargo: field{Name: "embargo", Label: "Secret until", Kind: "datetime-local", Value: s.Embargo, Hint: "Until then only you, approvers and the owner see it."},
		Zones:   offeredZones(),
	}
	if !slices.Contains(f.Zones, zone) {
		f.Zones = append([]string{zone}, f.Zones...)
	}
	return f
}

// scheduleFrom reads what the form sent.
func scheduleFrom(r *http.Request) throughline.Schedule {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	wall := func(name string) string {
		v := value(name)
		if len(v) > len("2006-01-02T15:04") && strings.HasSuffix(v, ":00") {
			v = strings.TrimSuffix(v, ":00") // some browsers send seconds
		}
		return v
	}
	return throughline.Schedule{Zone: value("zone"), GoLive: wall("goLive"), End: wall("end"), Embargo: wall("embargo")}
}

// blame puts the problems of an error at the fields they are about, and returns
// whether all of them found one.
func (f *scheduleForm) blame(err error) bool {
	var problems throughline.Problems
	problems.Add(err)
	all := true
	for _, p := range problems {
		at := map[string]*field{"zone": &f.Zone, "goLive": &f.GoLive, "end": &f.End, "embargo": &f.Embargo}[p.Field]
		if at == nil {
			all = false
			continue
		}
		at.Problem = sentence(p.Message) + "."
		if p.Fix != "" {
			at.Problem += " " + sentence(p.Fix) + "."
		}
		f.Open = true
	}
	return all
}

// dateView is one date of a schedule: in the zone it was made in, and in the
// reader's.
type dateView struct {
	Name string
	// Words are on the wall of the schedule's zone.
	Words, Zone string
	// Yours is the same for the reader.
	Yours when
	// Note says what the clocks do then, where it is unusual.
	Note string
}

// datesOf lists a schedule's dates.
func datesOf(s *throughline.Schedule, reader *time.Location) (dates []dateView) {
	if s == nil {
		return nil
	}
	zone := zoneNamed(s.Zone)
	for _, d := range []struct {
		name, wall string
		at         time.Time
	}{{"Goes live", s.GoLive, s.GoLiveAt}, {"Ends", s.End, s.EndAt}, {"Secret until", s.Embargo, s.EmbargoAt}} {
		if d.wall == "" {
			continue
		}
		dates = append(dates, dateView{
			Name: d.name, Words: d.at.In(zone).Format("Mon 2 January 2006, 15:04"), Zone: s.Zone,
			Yours: whenIn(d.at, reader), Note: clockNote(d.wall, d.at, zone),
		})
	}
	return dates
}

// clockNote explains a time that the clocks skip or pass twice; empty for others.
func clockNote(wall string, at time.Time, zone *time.Location) string {
	const form = "2006-01-02T15:04"
	there := at.In(zone)
	asked := wall
	if t, err := time.Parse(form, wall); err == nil {
		asked = t.Format("15:04")
	}
	if there.Format(form) != wall {
		return fmt.Sprintf("The clocks in %s skip %s that night, so it is %s.", zone, asked, there.Format("15:04"))
	}
	for _, shift := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if later := at.Add(shift).In(zone); later.Format(form) == wall {
			return fmt.Sprintf("The clocks in %s pass %s twice that night; this is the first time (%s).", zone, asked, there.Format("MST"))
		}
	}
	return ""
}

// saysDates is a schedule in a sentence, for a toast.
func saysDates(s *throughline.Schedule) string {
	zone := zoneNamed(s.Zone)
	at := func(t time.Time) string { return t.In(zone).Format("Mon 2 January 2006, 15:04") + " " + s.Zone }
	switch {
	case !s.GoLiveAt.IsZero() && !s.EndAt.IsZero():
		return "goes live on " + at(s.GoLiveAt) + " and ends on " + at(s.EndAt)
	case !s.GoLiveAt.IsZero():
		return "goes live on " + at(s.GoLiveAt)
	}
	return "ends on " + at(s.EndAt)
}

// isProblem reports whether an error is about what was sent, so that the form is
// shown again with it.
func isProblem(err error) bool {
	switch throughline.CodeOf(err) {
	case throughline.Invalid, throughline.Conflict, throughline.TooLarge, throughline.NotFound, throughline.Forbidden:
		return true
	}
	var problems throughline.Problems
	return errors.As(err, &problems)
}
