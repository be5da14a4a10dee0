package web

import (
	"context"
	"html/template"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// stationLink is a station of the loop as it stands on top of every page.
type stationLink struct {
	// ID is the station's name in lower case, and its address; Letter is its key
	// after g.
	ID, Name, Letter string
	Health           leaf
	// Count is short, Says the same in full for who does not see it.
	Count, Says leaf
}

// loopLinks are the seven stations, in the loop's order, also before any of them
// has something to show.
func loopLinks(v leaves, stations []operate.Station) []stationLink {
	known := make(map[operate.Stage]operate.Station)
	for _, s := range stations {
		known[s.Name] = s
	}
	var links []stationLink
	for _, name := range operate.Stages() {
		s, id := known[name], strings.ToLower(string(name))
		says := operate.SayCount(s.Count) + " " + s.Unit
		if s.Unit == "" {
			says = "nothing yet"
		}
		links = append(links, stationLink{
			ID: id, Name: string(name), Letter: stationKey(id),
			Health: v.html("top/"+id+"/health", healthMark(s.Health)),
			Count: v.html("top/"+id+"/count", template.HTML(`<span aria-hidden="true">`+shortCount(s.Count)+
				`</span><span class="unseen">: `+template.HTMLEscapeString(says)+`</span>`)),
		})
	}
	return links
}

// stationKey is a station's first letter, but where another has it already.
func stationKey(id string) string {
	if id == "deliver" {
		return "e"
	}
	return id[:1]
}

// shortCount writes a count in at most four signs: 312, 18k, 1.2M.
func shortCount(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10)
	case n < 10_000:
		return tenths(n/100) + "k"
	case n < 1_000_000:
		return strconv.FormatInt(n/1000, 10) + "k"
	case n < 10_000_000:
		return tenths(n/100_000) + "M"
	}
	return strconv.FormatInt(n/1_000_000, 10) + "M"
}

// tenths writes a number of tenths: 12 is 1.2, 30 is 3.
func tenths(n int64) string {
	return strings.TrimSuffix(strconv.FormatInt(n/10, 10)+"."+strconv.FormatInt(n%10, 10), ".0")
}

// glance keeps the stations for pages that only glance at them, so that no page
// waits for The Line.
type glance struct {
	mu       sync.Mutex
	stations []operate.Station
	asking   bool
}

const glanceWait = 50 * time.Millisecond

// look returns the stations as they are, or as they last were when the source
// does not say so at once.
func (g *glance) look(ctx context.Context, source LineSource) []operate.Station {
	g.mu.Lock()
	last, asking := g.stations, g.asking
	g.asking = true
	g.mu.Unlock()
	if asking {
		return last
	}
	answer := make(chan []operate.Station, 1)
	go func() {
		l, err := source.Line(context.WithoutCancel(ctx))
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.asking = false; err == nil {
			g.stations = l.Stations
		}
		answer <- g.stations
	}()
	timeout := time.NewTimer(glanceWait)
	defer timeout.Stop()
	select {
	case now := <-answer:
		return now
	case <-timeout.C:
		return last
	}
}
