package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Releases is what people do to let content go live, and to take it back.
type Releases interface {
	// Draft returns the caller's open change set.
	Draft(ctx context.Context, by engine.Caller) (content.Draft, error)
	// Discard takes items out of it; without refs all of them.
	Discard(ctx context.Context, by engine.Caller, refs ...throughline.Ref) (content.Draft, error)
	// Undo takes the last step back.
	Undo(ctx context.Context, by engine.Caller) (content.Draft, error)
	// Redo does it again.
	Redo(ctx context.Context, by engine.Caller) (content.Draft, error)
	// Review returns a draft, a release or a rollback as people judge it.
	Review(ctx context.Context, by engine.Caller, in content.ReviewInput) (content.Review, error)
	// Propose makes a release, live or waiting.
	Propose(ctx context.Context, by engine.Caller, p content.Proposal) (throughline.Release, error)
	// Releases returns those the caller may see, the newest first.
	Releases(ctx context.Context, by engine.Caller, f content.ReleaseFilter) (content.ReleasePage, error)
	// Release returns one, or NotFound for what the caller may not know of.
	Release(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
	// ReleaseHead returns it without what it changes.
	ReleaseHead(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
	// May says which of the methods below are allowed, and why not the rest.
	May(ctx context.Context, by engine.Caller, number int) (content.ReleaseRights, error)
	// Approve lets a release go live that somebody else made.
	Approve(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
	// Return gives a waiting one back to its author with a reason.
	Return(ctx context.Context, by engine.Caller, number int, reason string) (throughline.Release, error)
	// Withdraw takes a waiting one back.
	Withdraw(ctx context.Context, by engine.Caller, number int, reason string) (throughline.Release, error)
	// Reschedule changes its dates.
	Reschedule(ctx context.Context, by engine.Caller, number int, s throughline.Schedule) (throughline.Release, error)
	// Rollback makes a release that puts back what was before.
	Rollback(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
	// Calendar returns the dates from one instant until before another, in order.
	Calendar(ctx context.Context, by engine.Caller, from, to time.Time) ([]content.Entry, error)
}

// Feeds lets programs read a person's calendar by a link.
type Feeds interface {
	// CalendarKey returns the key of a person's link; a fresh one ends the others.
	CalendarKey(ctx context.Context, person string, fresh bool) (string, error)
	// CalendarCaller returns whose a key is, or an error with the code NotFound.
	CalendarCaller(ctx context.Context, key string) (engine.Caller, error)
}

// registerReleases adds the draft, the releases and their calendar.
func (w *Web) registerReleases(p *routes) {
	p.page("GET /draft", engine.RightChange, w.draft)
	p.page("POST /draft", engine.RightChange, w.changeDraft)
	p.page("GET /draft/rendering/{at}/{side}", engine.RightChange, w.draftRendering)
	p.page("GET /release", engine.RightRead, w.releaseList)
	p.page("GET /release/{number}", engine.RightRead, w.release)
	p.page("GET /release/{number}/rendering/{at}/{side}", engine.RightRead, w.releaseRendering)
	p.page("POST /release/{number}/approve", engine.RightApprove, w.approve)
	// An author may take back and reschedule what is theirs, an approver anything:
	// the use case knows who is which.
	p.page("POST /release/{number}/return", engine.RightRead, w.giveBack)
	p.page("POST /release/{number}/withdraw", engine.RightRead, w.withdraw)
	p.page("POST /release/{number}/reschedule", engine.RightRead, w.reschedule)
	p.page("POST /release/{number}/rollback", engine.RightChange, w.rollback)
	p.page("GET /calendar", engine.RightRead, w.calendar)
	p.page("POST /calendar/link", engine.RightRead, w.renewCalendarLink)
	p.open("GET /calendar.ics", "calendars read it by a link that names its person and is signed", w.calendarFeed)
	p.command(command{Title: "Your draft", URL: "/draft", Right: engine.RightChange, Words: "review release changes propose"})
	p.command(command{Title: "Calendar", URL: "/calendar", Right: engine.RightRead, Words: "schedule embargo due dates month agenda"})
}

// numberOf reads a release's number from the address.
func numberOf(r *http.Request) (int, error) {
	text := r.PathValue("number")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || len(text) > 9 || text[0] == '0' || text[0] == '+' {
		return 0, noPage()
	}
	return n, nil
}

func releaseURL(n int) string { return "/release/" + strconv.Itoa(n) }

// andList joins words as people do: a, b and c.
func andList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// actorOf is what colleagues call an actor.
func actorOf(people map[string]operate.Owner, a throughline.Actor) operate.Owner {
	id := cmp.Or(a.OnBehalfOf, a.ID)
	id = strings.TrimPrefix(id, "person/")
	o, ok := people[id]
	if !ok {
		o = operate.Owner{Person: id, Name: id, Initials: initials(id)}
	}
	switch {
	case a.Kind == throughline.ActorSystem:
		return operate.Owner{Name: "the schedule", Initials: "–"}
	case a.Kind == throughline.ActorService && a.OnBehalfOf != "":
		o.Name += ", with the key " + a.ID
	}
	return o
}

// saysChanges is what a change is about, in a few words: the message of a
// release whose author writes none.
func saysChanges(changes []throughline.Change) string {
	verbs := map[throughline.Action]string{throughline.Create: "Add", throughline.Update: "Change", throughline.Delete: "Delete"}
	byVerb := map[string][]throughline.Change{}
	for _, ch := range changes {
		byVerb[verbs[ch.Action]] = append(byVerb[verbs[ch.Action]], ch)
	}
	var parts []string
	for _, verb := range []string{"Change", "Add", "Delete"} {
		if of := byVerb[verb]; len(of) > 0 {
			parts = append(parts, verb+" "+saysObjects(of))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToLower(parts[i][:1]) + parts[i][1:]
	}
	return andList(parts)
}

func saysObjects(changes []throughline.Change) string {
	const named = 3
	var names []string
	kinds := map[throughline.Kind]int{}
	for _, ch := range changes {
		names = append(names, ch.Ref.Name)
		kinds[ch.Ref.Kind]++
	}
	if len(names) == 1 {
		return names[0] + languages(changes[0])
	}
	if len(names) <= named {
		return andList(names)
	}
	var parts []string
	for _, k := range throughline.Kinds() {
		if kinds[k] > 0 {
			word := strings.ToLower(string(k))
			parts = append(parts, operate.Plural(kinds[k], word, manyOf(word)))
		}
	}
	return andList(parts)
}

// manyOf is the plural of a kind.
func manyOf(word string) string {
	if word == "person" {
		return "people"
	}
	return word + "s"
}

// languages says which languages alone a change is about.
func languages(ch throughline.Change) string {
	var locales []string
	for _, f := range ch.Fields {
		l, ok := strings.CutPrefix(f.Path, "spec.values.")
		if !ok || ch.Action != throughline.Update {
			return ""
		}
		locales = append(locales, l)
	}
	if len(locales) == 0 {
		return ""
	}
	return " (" + strings.Join(locales, ", ") + ")"
}

// saysReview is the answer of a review: how much, where, how risky, and what is
// in the way.
func saysReview(rev content.Review) string {
	if n := inTheWay(rev); n > 0 {
		return saysExtent(rev) + ", " + operate.Plural(n, "thing", "things") + " in the way"
	}
	return saysExtent(rev) + ", nothing in the way"
}

// saysExtent is how much a review is about, where it shows and how risky it is.
func saysExtent(rev content.Review) string {
	out := operate.Plural(len(rev.Plan.Changes), "change", "changes")
	switch n := len(rev.Plan.Touches); {
	case n > 0:
		out += " to " + operate.Plural(n, "placement", "placements")
	case len(rev.Problems) == 0:
		out += " that no placement shows"
	}
	if rev.Plan.Risk.Level != "" {
		out += ", " + string(rev.Plan.Risk.Level) + " risk"
	}
	return out
}

func inTheWay(rev content.Review) int {
	n := len(rev.Problems)
	for _, f := range distinct(rev.Plan.Findings) {
		if blocks(f) {
			n++
		}
	}
	return n
}

// distinct leaves out findings that say the same of the same thing at another
// template or channel: what is mended once is told once.
func distinct(findings []throughline.Finding) []throughline.Finding {
	type saying struct {
		object                        throughline.Ref
		rule, locale, got, want, over string
		span                          throughline.Span
		severity                      throughline.Severity
	}
	told := map[saying]bool{}
	var all []throughline.Finding
	for _, f := range findings {
		s := saying{object: f.Object, rule: f.Rule, locale: f.Locale, got: f.Got, want: f.Want, severity: f.Severity}
		if f.Object.Kind == throughline.KindTemplate { // which looks different on each channel
			s.over = f.Channel + " " + f.Slot
		}
		if f.Span != nil {
			s.span = *f.Span
		}
		if !told[s] {
			told[s] = true
			all = append(all, f)
		}
	}
	return all
}

// blocks reports whether a finding stops a release: one of a rule between slots
// takes out combinations, and lets the rest go live.
func blocks(f throughline.Finding) bool {
	return f.Severity == throughline.Block && f.Variants == 0
}

// zoneCookie keeps the time zone of the reader's browser, which a script tells.
const zoneCookie = "throughline_zone"

// zoneOf is the zone that times are shown in: the reader's, or UTC.
func zoneOf(r *http.Request) *time.Location {
	c, err := r.Cookie(zoneCookie)
	if err != nil {
		return time.UTC
	}
	return zoneNamed(strings.ReplaceAll(c.Value, "%2F", "/"))
}

// zoneNamed returns a zone by its IANA name, or UTC.
func zoneNamed(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" || len(name) > 64 {
		return time.UTC
	}
	return zone
}

// when is an instant as a page shows it.
type when struct {
	// Words are in the reader's zone, which Zone names; Stamp is for machines.
	Words, Zone, Stamp string
}

func whenIn(t time.Time, zone *time.Location) when {
	if t.IsZero() {
		return when{}
	}
	return when{Words: t.In(zone).Format("2 January 2006, 15:04"), Zone: zone.String(), Stamp: t.UTC().Format(time.RFC3339)}
}

// String is the instant with its zone.
func (w when) String() string { return fmt.Sprintf("%s %s", w.Words, w.Zone) }
