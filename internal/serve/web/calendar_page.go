package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// calendarPage is a month of what goes live, ends, is no longer secret, and is
// due.
type calendarPage struct {
	shell
	Says string
	// Month is its name, At its first day as 2006-01.
	Month, At string
	// Before, After and Today lead to other months.
	Before, After, Today string
	Views                []tab
	Agenda               bool
	Zone                 string
	Weekdays             []string
	Weeks                [][]calendarDay
	Days                 []calendarDay
	Link                 string
	Empty                *beginning
}

// calendarDay is one day with what happens on it.
type calendarDay struct {
	ID, Name, Long string
	Number         int
	// Today marks it; Outside days belong to the months around.
	Today, Outside bool
	Entries        []calendarEntry
	// More counts those that do not fit a square of the month.
	More int
}

// calendarEntry is one date.
type calendarEntry struct {
	Time, Stamp, Says, URL string
	Health                 operate.Health
	State                  string
}

// squareMost is how many entries a day of the month has room for.
const squareMost = 3

func (w *Web) calendar(rw http.ResponseWriter, r *http.Request, v viewer) error {
	zone, q := zoneOf(r), r.URL.Query()
	now := time.Now().In(zone)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	if t, err := time.ParseInLocation("2006-01", q.Get("month"), zone); err == nil && t.Year() > 1970 && t.Year() < 9999 {
		first = t
	}
	from := first.AddDate(0, 0, -(int(first.Weekday())+6)%7) // weeks begin on Monday (ISO 8601)
	to := first.AddDate(0, 1, 0)
	for to.Weekday() != time.Monday {
		to = to.AddDate(0, 0, 1)
	}
	// Due days are midnights of UTC, whatever the reader's zone.
	entries, err := w.dates(r.Context(), v.Caller, from.Add(-24*time.Hour), to.Add(24*time.Hour))
	if err != nil {
		return err
	}
	page := calendarPage{
		shell: w.shell(r, v, "Calendar", crumb{Name: "Release", URL: "/release"}), Month: first.Format("January 2006"), At: first.Format("2006-01"),
		Zone: zone.String(), Agenda: q.Get("view") == "agenda", Weekdays: []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	}
	page.Station, page.Wide, page.Styles, page.Scripts = "release", true, []string{"release.css"}, []string{"release.js"}
	page.Keys = []keyHint{{"←↑↓→", "another day, once one has the focus"}, {"[ ]", "the month before and after"}}
	page.links(first, now, q)
	shown := page.lay(first, from, to, now, entries, w)
	page.Says = saysCalendar(page.Month, shown)
	if page.Link, err = w.calendarLink(r.Context(), r, v); err != nil {
		return err
	}
	if len(shown) == 0 {
		page.Empty = &beginning{
			Title: "Nothing happens in " + page.Month,
			What:  "Here you will see when releases go live, end and are no longer secret, and when briefs are due.",
			Why:   "Who sees the same dates need not ask each other for them.",
			Act:   "Schedule your draft", URL: "/draft",
		}
	}
	return w.render(rw, r, http.StatusOK, "calendar", page)
}

// links lead to the months around, and between month and agenda.
func (p *calendarPage) links(first, now time.Time, q url.Values) {
	at := func(month, view string) string {
		keep := url.Values{}
		if month != "" {
			keep.Set("month", month)
		}
		if view != "" {
			keep.Set("view", view)
		}
		if len(keep) == 0 {
			return "/calendar"
		}
		return "/calendar?" + keep.Encode()
	}
	view := ""
	if p.Agenda {
		view = "agenda"
	}
	p.Before, p.After = at(first.AddDate(0, -1, 0).Format("2006-01"), view), at(first.AddDate(0, 1, 0).Format("2006-01"), view)
	if first.Year() != now.Year() || first.Month() != now.Month() {
		p.Today = at("", view)
	}
	month := q.Get("month")
	if p.Today == "" {
		month = ""
	}
	p.Views = []tab{{Name: "Month", URL: at(month, ""), On: !p.Agenda}, {Name: "Agenda", URL: at(month, "agenda"), On: p.Agenda}}
}

// lay puts entries on their days, and returns those of the month itself.
func (p *calendarPage) lay(first, from, to, now time.Time, entries []content.Entry, w *Web) (shown []content.Entry) {
	byDay := map[string][]content.Entry{}
	for _, e := range entries {
		at := e.At.In(first.Location())
		if e.What == content.DateDue {
			at = e.At.UTC()
		}
		byDay[at.Format(time.DateOnly)] = append(byDay[at.Format(time.DateOnly)], e)
	}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		d := calendarDay{
			ID: day.Format(time.DateOnly), Name: day.Format("Mon 2"), Long: day.Format("Monday 2 January 2006"), Number: day.Day(),
			Today: day.Format(time.DateOnly) == now.Format(time.DateOnly), Outside: day.Month() != first.Month(),
		}
		for _, e := range byDay[d.ID] {
			d.Entries = append(d.Entries, w.newCalendarEntry(e, first.Location()))
		}
		d.More = max(0, len(d.Entries)-squareMost)
		if day.Weekday() == time.Monday {
			p.Weeks = append(p.Weeks, nil)
		}
		p.Weeks[len(p.Weeks)-1] = append(p.Weeks[len(p.Weeks)-1], d)
		if !d.Outside {
			shown = append(shown, byDay[d.ID]...)
			if len(d.Entries) > 0 || d.Today {
				p.Days = append(p.Days, d)
			}
		}
	}
	return shown
}

// First are the entries that fit a square.
func (d calendarDay) First() []calendarEntry { return d.Entries[:len(d.Entries)-d.More] }

func (w *Web) newCalendarEntry(e content.Entry, zone *time.Location) calendarEntry {
	c := calendarEntry{Time: e.At.In(zone).Format("15:04"), Stamp: e.At.UTC().Format(time.RFC3339), Says: saysEntry(e), State: string(e.State), Health: entryHealth(e)}
	switch {
	case e.Release > 0:
		c.URL = releaseURL(e.Release)
	case e.What == dateKey:
		c.URL = "/tokens"
	default:
		c.Time, c.Stamp, c.URL = "", e.At.Format(time.DateOnly), w.briefURL(e.Brief)
	}
	return c
}

func entryHealth(e content.Entry) operate.Health {
	switch {
	case e.Trouble:
		return operate.HealthBad
	case e.What == content.DateLive:
		return operate.HealthOK
	case e.State == "proposed", e.What == dateKey:
		return operate.HealthWarn
	}
	return operate.HealthNone
}

// saysEntry is a date in words.
func saysEntry(e content.Entry) string {
	title := cmp.Or(e.Title, "Release "+strconv.Itoa(e.Release))
	switch e.What {
	case content.DateLive:
		return title + " went live"
	case content.DateGoLive:
		if e.State == "proposed" {
			return title + " goes live, if approved"
		}
		return title + " goes live"
	case content.DateEnd:
		return title + " ends"
	case content.DateEmbargo:
		return title + " is no longer secret"
	case content.DateDue:
		return title + " is due"
	case dateKey:
		return "The key " + title + " ends"
	}
	return title
}

// saysCalendar counts what a month holds.
func saysCalendar(month string, entries []content.Entry) string {
	counts := map[string]int{}
	trouble := 0
	for _, e := range entries {
		counts[e.What]++
		if e.Trouble {
			trouble++
		}
	}
	var parts []string
	for _, p := range []struct{ what, one, many string }{
		{content.DateLive, "release went live", "releases went live"},
		{content.DateGoLive, "goes live", "go live"},
		{content.DateEnd, "ends", "end"},
		{content.DateEmbargo, "is no longer secret", "are no longer secret"},
		{content.DateDue, "brief is due", "briefs are due"},
		{dateKey, "key ends", "keys end"},
	} {
		if n := counts[p.what]; n > 0 {
			parts = append(parts, operate.Plural(n, p.one, p.many))
		}
	}
	switch {
	case len(parts) == 0:
		return "Nothing happens in " + month
	case trouble > 0:
		return sentence(andList(parts)) + " in " + month + "; " + operate.Plural(trouble, "date is", "dates are") + " in trouble"
	}
	return sentence(andList(parts)) + " in " + month
}

// briefURL leads to a brief: its own page, or where briefs are.
func (w *Web) briefURL(name string) string {
	return cmp.Or(w.objectURL(throughline.Ref{Kind: throughline.KindBrief, Name: name}), "/brief?q="+url.QueryEscape(name))
}
