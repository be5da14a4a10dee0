package web

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// releaseHealth is how a release is to be looked at.
func releaseHealth(r throughline.Release) operate.Health {
	switch {
	case r.Trouble != nil:
		return operate.HealthBad
	case r.State == throughline.ReleaseLive:
		return operate.HealthOK
	case r.State == throughline.ReleaseProposed:
		return operate.HealthWarn
	}
	return operate.HealthNone
}

// releaseListPage is the station Release: what waits, and what went live.
type releaseListPage struct {
	shell
	Health operate.Health
	Says   string
	// Draft is what the reader's own open change set holds; 0 for none.
	Draft int
	// Filter narrows the list.
	States, Authors []option
	Filtered        bool
	// Waiting stand first: they need somebody.
	Waiting *table
	All     table
	Empty   *beginning
}

// waitingMost bounds how many waiting releases stand above the list.
const waitingMost = 50

func waits(r throughline.Release) bool {
	return r.State == throughline.ReleaseProposed || r.State == throughline.ReleaseApproved
}

func (w *Web) releaseList(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := r.URL.Query()
	state, author := throughline.ReleaseState(q.Get("state")), q.Get("by")
	before, _ := strconv.Atoi(q.Get("before")) // what is no number is the start
	people, err := w.people(r.Context())
	if err != nil {
		return err
	}
	page := releaseListPage{shell: w.shell(r, v, "Release"), Filtered: state != "" || author != "" || before > 0}
	page.Station, page.Wide, page.Styles, page.Scripts = "release", true, []string{"release.css"}, []string{"release.js"}
	page.Keys = []keyHint{{"n", "the next releases"}}
	page.States, page.Authors = stateOptions(state), authorOptions(people, author)
	rows := rowsOf{people: people, now: time.Now(), zone: zoneOf(r), web: w}

	waiting, err := w.Releases.Releases(r.Context(), v.Caller, content.ReleaseFilter{
		States: []throughline.ReleaseState{throughline.ReleaseProposed, throughline.ReleaseApproved}, Limit: waitingMost,
	})
	if err != nil {
		return err
	}
	f := content.ReleaseFilter{Author: author, Before: max(0, before), Limit: listRows}
	f.States = []throughline.ReleaseState{state}
	if state == "" {
		f.States = nil
		if !page.Filtered && len(waiting.Releases) > 0 {
			page.Waiting = rows.table("Releases that wait", waiting.Releases)
		}
	}
	all, err := w.Releases.Releases(r.Context(), v.Caller, f)
	if err != nil {
		return err
	}
	list := all.Releases
	if page.Waiting != nil {
		list = slices.DeleteFunc(slices.Clone(list), waits)
	}
	page.All = *rows.table("Releases, the newest first", list)
	page.All.Pages = releasePages(q, all)
	if v.Has("change") {
		d, err := w.Releases.Draft(r.Context(), v.Caller)
		if err != nil {
			return err
		}
		page.Draft = len(d.Items)
	}
	page.Health, page.Says = saysReleases(waiting.Releases, list, rows)
	if len(all.Releases) == 0 && !page.Filtered {
		page.Empty = &beginning{
			Title: "Here you will see what went live, when, and by whom",
			What:  "A release is a set of changes that go live together, with its author, its diff and its risk. It can be rolled back as one.",
			Why:   "What nobody can undo, nobody dares to change.",
			Act:   "Make something", URL: "/make",
		}
	}
	return w.render(rw, r, http.StatusOK, "release-list", page)
}

// saysReleases answers what waits for somebody, or else what is in force.
func saysReleases(waiting, others []throughline.Release, rows rowsOf) (operate.Health, string) {
	proposed, trouble := 0, 0
	for _, r := range waiting {
		if r.State == throughline.ReleaseProposed {
			proposed++
		}
		if r.Trouble != nil {
			trouble++
		}
	}
	scheduled := len(waiting) - proposed
	var parts []string
	if proposed > 0 {
		parts = append(parts, operate.Plural(proposed, "release waits", "releases wait")+" to be approved")
	}
	if scheduled > 0 {
		parts = append(parts, operate.Plural(scheduled, "waits", "wait")+" for its time")
	}
	switch {
	case trouble > 0:
		return operate.HealthBad, sentence(andList(parts)) + "; something stands in the way of " + strconv.Itoa(trouble)
	case len(parts) > 0:
		return operate.HealthWarn, sentence(andList(parts))
	}
	for _, r := range others {
		if r.State == throughline.ReleaseLive {
			return operate.HealthOK, "Release " + strconv.Itoa(r.Number) + " is in force, live " + operate.SayAge(r.LiveAt, rows.now) + "; nothing waits"
		}
	}
	return operate.HealthNone, "Nothing has been released yet"
}

func stateOptions(on throughline.ReleaseState) []option {
	options := []option{{Label: "every state", On: on == ""}}
	for _, s := range throughline.ReleaseStates() {
		options = append(options, option{Value: string(s), Label: string(s), On: s == on})
	}
	return options
}

func authorOptions(people map[string]operate.Owner, on string) []option {
	options := []option{{Label: "everybody", On: on == ""}}
	known := false
	for _, name := range slices.Sorted(maps.Keys(people)) {
		options = append(options, option{Value: name, Label: people[name].Name, On: name == on})
		known = known || name == on
	}
	if !known && on != "" {
		options = append(options, option{Value: on, Label: on, On: true})
	}
	return options
}

func releasePages(q url.Values, page content.ReleasePage) (p pager) {
	keep := url.Values{}
	for _, name := range []string{"state", "by"} {
		if v := q.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	if q.Get("before") != "" {
		p.First = "/release?" + keep.Encode()
	}
	if page.Next > 0 {
		keep.Set("before", strconv.Itoa(page.Next))
		p.Next = "/release?" + keep.Encode()
	}
	if len(page.Releases) == 0 {
		p.Says = "No release is so."
		if page.Next > 0 {
			p.Says = "None of the latest is so; older ones may be."
		}
	}
	return p
}

// rowsOf writes releases as rows.
type rowsOf struct {
	people map[string]operate.Owner
	now    time.Time
	zone   *time.Location
	web    *Web
}

func (o rowsOf) table(caption string, releases []throughline.Release) *table {
	t := &table{Caption: caption, Columns: []column{{Name: "Release"}, {Name: "State"}, {Name: "Why"}, {Name: "Placements"}, {Name: "Risk"}, {Name: "Author"}, {Name: "When"}}}
	for _, r := range releases {
		number := strconv.Itoa(r.Number)
		author := actorOf(o.people, r.Author)
		t.Rows = append(t.Rows, row{ID: number, URL: releaseURL(r.Number), Cells: []cell{
			{Text: "Release " + number},
			badge(releaseHealth(r), string(r.State)),
			{Text: cmp.Or(r.Message, "–"), Soft: r.Message == ""},
			touchesCell(r),
			badge(riskHealth(r.Risk.Level), cmp.Or(string(r.Risk.Level), "unknown")), madeBy(author), o.when(r),
		}})
	}
	return t
}

func madeBy(o operate.Owner) cell {
	c := ownerOf(o)
	c.Text = o.Name
	return c
}

func touchesCell(r throughline.Release) cell {
	switch n := len(r.Touches); {
	case n == 0:
		return cell{Text: "none", Soft: true}
	case n <= 2:
		return cell{Text: strings.Join(r.Touches, ", ")}
	default:
		return cell{Text: r.Touches[0] + " and " + strconv.Itoa(n-1) + " more"}
	}
}

// when is the date that matters: of what waits, when it goes live.
func (o rowsOf) when(r throughline.Release) cell {
	if waits(r) && r.Schedule != nil && !r.Schedule.GoLiveAt.IsZero() {
		return cell{Text: "goes live " + r.Schedule.GoLiveAt.In(o.zone).Format("2 Jan 2006, 15:04 MST")}
	}
	at := r.LiveAt
	if at.IsZero() {
		at = r.CreatedAt
	}
	return cell{Text: operate.SayAge(at, o.now), Soft: true}
}
