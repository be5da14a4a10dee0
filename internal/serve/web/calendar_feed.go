package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// The span of a feed around today.
const (
	feedBack  = 90 * 24 * time.Hour
	feedAhead = 400 * 24 * time.Hour
)

// calendarFeed is the calendar as iCalendar (RFC 5545), for programs that show
// calendars. The link says whose it is: it holds what that person may see, when
// it is read.
func (w *Web) calendarFeed(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	if w.Feeds == nil {
		return noPage()
	}
	ctx := r.Context()
	by, err := w.Feeds.CalendarCaller(ctx, r.URL.Query().Get("key"))
	if err != nil {
		return err
	}
	if err := by.Need(engine.RightRead); err != nil {
		return err
	}
	now := time.Now()
	entries, err := w.dates(ctx, by, now.Add(-feedBack), now.Add(feedAhead))
	if err != nil {
		return err
	}
	name := "Throughline"
	if o, err := w.Access.Ownership(ctx); err == nil && o.Engine != "" {
		name = o.Engine
	}
	h := rw.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="releases.ics"`)
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	rw.Write([]byte(iCalendar(name, w.publicURL(r), now, entries))) // a reader who left cannot be told
	return nil
}

// iCalendar writes entries as one calendar.
func iCalendar(name, origin string, now time.Time, entries []content.Entry) string {
	var b strings.Builder
	line := func(s string) { b.WriteString(fold(s) + "\r\n") }
	line("BEGIN:VCALENDAR")
	line("VERSION:2.0")
	line("PRODID:-//Throughline//Releases//EN")
	line("CALSCALE:GREGORIAN")
	line("METHOD:PUBLISH")
	line("X-WR-CALNAME:" + iText(name+", releases"))
	line("REFRESH-INTERVAL;VALUE=DURATION:PT15M")
	host := strings.TrimPrefix(strings.TrimPrefix(origin, "https://"), "http://")
	for _, e := range entries {
		id, at := "release-"+strconv.Itoa(e.Release), releaseURL(e.Release)
		if e.Brief != "" {
			id, at = "brief-"+e.Brief, "/brief/"+e.Brief
		}
		if e.What == dateKey {
			id, at = "key-"+e.Title, "/tokens"
		}
		line("BEGIN:VEVENT")
		line("UID:" + iText(id+"-"+e.What+"@"+host))
		line("DTSTAMP:" + now.UTC().Format("20060102T150405Z"))
		if e.What == content.DateDue {
			line("DTSTART;VALUE=DATE:" + e.At.UTC().Format("20060102"))
		} else {
			line("DTSTART:" + e.At.UTC().Format("20060102T150405Z"))
			line("DURATION:PT0S")
		}
		line("SUMMARY:" + iText(saysEntry(e)))
		if e.State != "" {
			line("DESCRIPTION:" + iText("Release "+strconv.Itoa(e.Release)+" is "+string(e.State)+"."))
		}
		if e.State == throughline.ReleaseProposed {
			line("STATUS:TENTATIVE")
		}
		line("TRANSP:TRANSPARENT")
		line("URL:" + origin + at)
		line("END:VEVENT")
	}
	line("END:VCALENDAR")
	return b.String()
}

// iText escapes a text value (RFC 5545, section 3.3.11); control characters are
// left out.
func iText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
}

// fold breaks a line after 75 bytes, never within a character (RFC 5545, section
// 3.1).
func fold(s string) string {
	const most = 75
	var b strings.Builder
	room := most
	for _, r := range s {
		n := utf8.RuneLen(r)
		if n > room {
			b.WriteString("\r\n ")
			room = most - 1
		}
		b.WriteRune(r)
		room -= n
	}
	return b.String()
}

// calendarLink is the address programs read the viewer's calendar by; empty
// where there is none.
func (w *Web) calendarLink(ctx context.Context, r *http.Request, v viewer) (string, error) {
	if w.Feeds == nil || v.Actor.Kind != throughline.ActorPerson {
		return "", nil
	}
	key, err := w.Feeds.CalendarKey(ctx, v.Person(), false)
	return w.publicURL(r) + "/calendar.ics?key=" + url.QueryEscape(key), err
}

func (w *Web) renewCalendarLink(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if w.Feeds == nil {
		return noPage()
	}
	if _, err := w.Feeds.CalendarKey(r.Context(), v.Person(), true); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "Your calendar has a new link. The old one no longer works."})
	http.Redirect(rw, r, "/calendar", http.StatusSeeOther)
	return nil
}
