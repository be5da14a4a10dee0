package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// journalPage is the record, the newest first.
type journalPage struct {
	shell
	Says          string
	Filter        []field
	Rows          leaf
	Any           bool
	Pages         pager
	CSV, Lines    string
	Stream        string
	Tail, TailURL string
	Empty         *beginning
	Ends          string
}

// journalFilters are the parts of an address that narrow the journal.
func journalFilters() []string { return []string{"type", "object", "actor", "from", "to"} }

// exportRows is how many events an export has at most, exportLook how many are
// looked at for them.
const (
	exportRows = 10_000
	exportLook = 2_000_000
)

func (w *Web) journal(rw http.ResponseWriter, r *http.Request, v viewer) error {
	in := r.URL.Query()
	found, err := w.findEvents(r, v, 50, 0)
	if err != nil {
		return err
	}
	keep := filtersOf(in)
	page := journalPage{
		shell: w.shell(r, v, "Journal"), Filter: journalFields(in), Any: len(found.Events) > 0,
		Rows: leaves{}.html("rows", w.journalRows(found.Events)), Says: saysJournal(found, len(keep) > 0),
		CSV: "/journal.csv?" + keep.Encode(), Lines: "/journal.jsonl?" + keep.Encode(), Ends: short(found.Head.Hash),
	}
	before, _ := strconv.ParseUint(in.Get("before"), 10, 64)
	page.Pages = pagerOf("/journal", keep, before, found)
	page.TailURL, page.Tail = "/journal?"+with(keep, "live", "1").Encode(), "Follow it live"
	if in.Get("live") != "" && before == 0 {
		page.TailURL, page.Tail = "/journal?"+keep.Encode(), "Stop following"
		page.Live, page.Stream = true, "/events/journal?"+keep.Encode()
	}
	if !page.Any && len(keep) == 0 {
		page.Empty = &beginning{
			Title: "Here you will see everything that happened",
			What:  "Every release, decision, exposure and outcome is one event of the journal, in the order in which it was recorded. Nothing in it can be changed without being noticed.",
		}
	}
	page.Wide, page.Styles, page.Scripts = true, []string{"see.css"}, []string{"see.js"}
	return w.render(rw, r, http.StatusOK, "journal", page)
}

// journalLeaves reads the first page again for who follows it live.
func (w *Web) journalLeaves(r *http.Request, v viewer) (leaves, string, error) {
	found, err := w.findEvents(r, v, 50, 16_000)
	if err != nil {
		return nil, "", err
	}
	now := leaves{}
	now.html("rows", w.journalRows(found.Events))
	now.text("answer", saysJournal(found, len(filtersOf(r.URL.Query())) > 0))
	return now, "", nil
}

// findEvents finds what the address asks for, and the viewer may see.
func (w *Web) findEvents(r *http.Request, v viewer, limit, look int) (operate.JournalPage, error) {
	in := r.URL.Query()
	q := operate.JournalQuery{
		Type: strings.TrimSpace(in.Get("type")), Object: strings.TrimSpace(in.Get("object")), Actor: strings.TrimSpace(in.Get("actor")),
		Limit: limit, Look: look, May: w.mayOf(r, v),
	}
	var err error
	if q.From, err = moment0(in.Get("from")); err != nil {
		return operate.JournalPage{}, err
	}
	if q.To, err = moment0(in.Get("to")); err != nil {
		return operate.JournalPage{}, err
	}
	if before := in.Get("before"); before != "" {
		if q.Before, err = strconv.ParseUint(before, 10, 64); err != nil {
			return operate.JournalPage{}, throughline.Errorf(throughline.Invalid, "%q is no place in the journal", before).WithFix("start from the newest at /journal")
		}
	}
	return w.Sight.Journal.Find(r.Context(), q)
}

// moment0 reads what a form says of a time, in UTC; empty is the zero time.
func moment0(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, throughline.Errorf(throughline.Invalid, "%q is no time", s).WithFix("write it as 2026-11-23 or 2026-11-23T15:04")
}

// mayOf returns which events the viewer may see: those about a release that is
// not live yet only where they may see the release.
func (w *Web) mayOf(r *http.Request, v viewer) func(throughline.Event) bool {
	known := map[string]bool{}
	return func(e throughline.Event) bool {
		for _, o := range e.Objects {
			if o.Type != "release" {
				continue
			}
			may, ok := known[o.ID]
			if !ok {
				number, err := strconv.Atoi(o.ID)
				if err == nil {
					_, err = w.Sight.Exclusions.ReleaseHead(r.Context(), v.Caller, number)
				}
				may = err == nil
				known[o.ID] = may
			}
			if !may {
				return false
			}
		}
		return true
	}
}

func filtersOf(in url.Values) url.Values {
	keep := url.Values{}
	for _, name := range journalFilters() {
		if v := strings.TrimSpace(in.Get(name)); v != "" {
			keep.Set(name, v)
		}
	}
	return keep
}

func with(v url.Values, name, value string) url.Values {
	more := url.Values{name: {value}}
	for n, values := range v {
		more[n] = values
	}
	return more
}

func journalFields(in url.Values) []field {
	return []field{
		{Name: "type", Label: "What happened", Value: in.Get("type"), Kind: "search", Hint: ""},
		{Name: "object", Label: "To what", Value: in.Get("object"), Kind: "search"},
		{Name: "actor", Label: "By whom", Value: in.Get("actor"), Kind: "search"},
		{Name: "from", Label: "From, UTC", Value: in.Get("from"), Kind: "datetime-local"},
		{Name: "to", Label: "Until, UTC", Value: in.Get("to"), Kind: "datetime-local"},
	}
}

func saysJournal(found operate.JournalPage, filtered bool) string {
	whole := operate.Plural(found.Head.Seq, "event", "events")
	switch {
	case found.Head.Seq == 0:
		return "Nothing has happened yet."
	case len(found.Events) == 0:
		return "None of the events looked through is like that, of " + whole + " in all."
	case filtered:
		return "The latest of these, of " + whole + " in all: " + saysEvent(found.Events[0]) + ", " + exact(found.Events[0].RecordedAt) + " UTC."
	}
	return whole + ", the latest: " + saysEvent(found.Events[0]) + ", " + exact(found.Events[0].RecordedAt) + " UTC."
}

// saysEvent says what happened, as it reads inside a sentence.
func saysEvent(e throughline.Event) string {
	name := ""
	for _, o := range e.Objects {
		if name == "" || o.Type == "placement" {
			name = o.ID
		}
	}
	said := map[throughline.EventType]string{
		throughline.EventDecisionMade: "a decision at", throughline.EventExposureConfirmed: "an exposure", throughline.EventExposureCounted: "counted elsewhere",
		throughline.EventOutcomeReceived: "outcome", throughline.EventSignalObserved: "signal",
		throughline.EventEpochPublished: "what was learned went live", throughline.EventSnapshotPublished: "snapshot",
		throughline.EventReleasePublished: "went live: release", throughline.EventReleaseRolledBack: "rolled back by release",
		throughline.EventSubjectErased: "a recipient was forgotten", throughline.EventEngineCreated: "the engine was made",
	}[e.Type]
	switch e.Type {
	case throughline.EventOutcomeReceived:
		if o, err := throughline.DecodeData[throughline.OutcomeReceived](e); err == nil {
			return "the outcome " + o.Name
		}
	case throughline.EventDecisionMade, throughline.EventReleasePublished, throughline.EventReleaseRolledBack:
		return strings.TrimSpace(said + " " + name)
	}
	return cmp.Or(said, strings.TrimSpace(strings.NewReplacer(".", " ", "_", " ").Replace(string(e.Type))+" "+name))
}

// actorWords is who did something.
func actorWords(a throughline.Actor) string {
	if a.ID == "" {
		return string(a.Kind)
	}
	if a.OnBehalfOf != "" {
		return a.ID + " for " + a.OnBehalfOf
	}
	return a.ID
}

// journalRows are the rows of the journal.
func (w *Web) journalRows(events []throughline.Event) template.HTML {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, `<tr data-row><th scope="row"><a href="/journal/%d"><span class="unseen">Event </span>%s</a></th><td data-label="When"><time datetime="%s">%s</time></td><td data-label="Type"><code>%s</code></td><td data-label="About" dir="auto">`,
			e.Seq, operate.SayCount(int64(e.Seq)), stamp(e.RecordedAt), esc(exact(e.RecordedAt)), esc(string(e.Type)))
		for i, o := range e.Objects[:min(3, len(e.Objects))] {
			if i > 0 {
				b.WriteString(`, `)
			}
			b.WriteString(string(w.objectLink(o)))
		}
		fmt.Fprintf(&b, `</td><td data-label="By" dir="auto">%s</td></tr>`, esc(actorWords(e.Actor)))
	}
	return template.HTML(b.String())
}

// objectLink names an object of an event, and leads to its page where it has one.
func (w *Web) objectLink(o throughline.Object) template.HTML {
	name := `<span class="soft">` + esc(strings.ToLower(o.Type)) + `</span> ` + esc(o.ID)
	if to := w.kindURL(o); to != "" {
		return template.HTML(`<a href="` + esc(to) + `">` + name + `</a>`)
	}
	return template.HTML(name)
}

// eventPage is one event.
type eventPage struct {
	shell
	throughline.Event
	Says, Payload, Sealed string
	Objects               []template.HTML
	Decision              string
	Facts                 []setting
	Trace, Before, After  string
	Chain                 string
}

func (w *Web) journalEvent(rw http.ResponseWriter, r *http.Request, v viewer) error {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		return noPage()
	}
	e, erased, err := w.Sight.Journal.Event(r.Context(), seq)
	if err != nil {
		return err
	}
	if !w.mayOf(r, v)(e) {
		return throughline.Errorf(throughline.NotFound, "the journal has no event %d for you", seq).WithFix("it may be about a release that is not public yet")
	}
	latest, err := w.Sight.Journal.Find(r.Context(), operate.JournalQuery{Limit: 1, Look: 1})
	if err != nil {
		return err
	}
	number := operate.SayCount(int64(seq))
	page := eventPage{shell: w.shell(r, v, "Event "+number, crumb{Name: "Journal", URL: "/journal"}), Event: e, Says: sentence(saysEvent(e)) + ", " + e.OccurredAt.UTC().Format("2 January 2006, 15:04:05.000") + " UTC."}
	page.Payload = payloadOf(e)
	for _, o := range e.Objects {
		page.Objects = append(page.Objects, w.objectLink(o))
	}
	if id := w.Sight.Journal.DecisionID(e); id != "" {
		page.Decision = decisionURL(id)
	}
	page.Sealed = saysSealed(e, erased)
	page.Facts = []setting{
		{"", "Type", fmt.Sprintf("%s, version %d", e.Type, e.Version)},
		{"", "By", actorWords(e.Actor)},
		{"", "Recorded", e.RecordedAt.UTC().Format("2 Jan 2006 15:04:05.000")},
		{"", "Source", cmp.Or(e.Source, "–")},
		{"", "Id", e.ID.String()},
	}
	if !e.Cause.IsZero() {
		page.Facts = append(page.Facts, setting{"", "Because of", "event " + e.Cause.String()})
	}
	if e.Trace != "" {
		page.Facts = append(page.Facts, setting{"", "Trace", e.Trace})
	}
	if seq > 1 {
		page.Before = "/journal/" + strconv.FormatUint(seq-1, 10)
	}
	if seq < latest.Head.Seq {
		page.After = "/journal/" + strconv.FormatUint(seq+1, 10)
	}
	page.Chain = fmt.Sprintf("Event %s of %s. Each batch of the journal has the hash of the one before; the chain ends in %s…, and throughline verify proves all of it.",
		number, operate.SayCount(int64(latest.Head.Seq)), short(latest.Head.Hash))
	page.Styles = []string{"see.css"}
	return w.render(rw, r, http.StatusOK, "event", page)
}

func saysSealed(e throughline.Event, erased bool) string {
	switch {
	case len(e.Sealed) == 0:
		return ""
	case erased:
		return fmt.Sprintf("%s sealed, and erased: the recipient was forgotten, and with them the key.", operate.Plural(len(e.Sealed), "byte", "bytes"))
	}
	return fmt.Sprintf("%s sealed under the recipient's own key. What a recipient is and sent is not shown here.", operate.Plural(len(e.Sealed), "byte", "bytes"))
}

// payloadOf writes what an event says, as people read it.
func payloadOf(e throughline.Event) string {
	raw := jsonPayload(e)
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		return fmt.Sprintf("%d bytes that are not text", len(e.Data))
	}
	return out.String()
}

// jsonPayload returns an event's payload as JSON, also where it is kept in fewer
// bytes.
func jsonPayload(e throughline.Event) []byte {
	type token struct {
		Snapshot   string  `json:"snapshot"`
		Epoch      uint32  `json:"epoch"`
		Placement  uint16  `json:"placement"`
		Candidate  uint16  `json:"candidate"`
		Arm        string  `json:"arm"`
		Propensity float64 `json:"propensity"`
		Name       string  `json:"name,omitempty"`
		Value      float64 `json:"value,omitempty"`
	}
	say := func(t throughline.Token, name string, value float64) []byte {
		b, err := json.Marshal(token{fmt.Sprintf("%x", t.Snapshot), t.Epoch, t.Placement, t.Candidate, t.Arm.String(), t.Propensity(), name, value})
		if err != nil {
			return nil // plain data
		}
		return b
	}
	switch e.Type {
	case throughline.EventDecisionMade:
		if m, err := throughline.DecodeData[throughline.DecisionMade](e); err == nil {
			return say(m.Token, "", 0)
		}
	case throughline.EventExposureConfirmed:
		if m, err := throughline.DecodeData[throughline.ExposureConfirmed](e); err == nil {
			return say(m.Token, "", 0)
		}
	case throughline.EventOutcomeReceived:
		if m, err := throughline.DecodeData[throughline.OutcomeReceived](e); err == nil {
			return say(m.Token, m.Name, m.Value)
		}
	}
	return e.Data
}

// exportLine is one event of an export.
type exportLine struct {
	Seq        uint64                `json:"seq"`
	ID         throughline.ID        `json:"id"`
	Type       throughline.EventType `json:"type"`
	OccurredAt time.Time             `json:"occurredAt"`
	RecordedAt time.Time             `json:"recordedAt"`
	Actor      throughline.Actor     `json:"actor"`
	Objects    []throughline.Object  `json:"objects,omitempty"`
	Source     string                `json:"source,omitempty"`
	Trace      string                `json:"trace,omitempty"`
	Cause      throughline.ID        `json:"cause,omitzero"`
	Subject    throughline.ID        `json:"subject,omitzero"`
	SealedSize int                   `json:"sealedBytes,omitempty"`
	Data       json.RawMessage       `json:"data,omitempty"`
}

// export answers with up to ten thousand events that the address asks for.
func (w *Web) export(write func(http.ResponseWriter, []throughline.Event) error) http.Handler {
	return w.answer(func(rw http.ResponseWriter, r *http.Request) error {
		v, err := w.who(r)
		if err != nil {
			return err
		}
		found, err := w.findEvents(r, v, exportRows, exportLook)
		if err != nil {
			return err
		}
		rw.Header().Set("Cache-Control", "no-store")
		return write(rw, found.Events)
	})
}

func writeEventLines(rw http.ResponseWriter, events []throughline.Event) error {
	rw.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	rw.Header().Set("Content-Disposition", `attachment; filename="journal.jsonl"`)
	out := json.NewEncoder(rw)
	for _, e := range events {
		data := jsonPayload(e)
		if !json.Valid(data) {
			data = nil
		}
		if out.Encode(exportLine{e.Seq, e.ID, e.Type, e.OccurredAt, e.RecordedAt, e.Actor, e.Objects, e.Source, e.Trace, e.Cause, e.Subject, len(e.Sealed), data}) != nil {
			return nil // the reader left
		}
	}
	return nil
}

func writeEventsCSV(rw http.ResponseWriter, events []throughline.Event) error {
	rw.Header().Set("Content-Type", "text/csv; charset=utf-8")
	rw.Header().Set("Content-Disposition", `attachment; filename="journal.csv"`)
	table := [][]string{{"seq", "recorded_at", "type", "actor", "objects", "source", "id"}}
	for _, e := range events {
		var objects []string
		for _, o := range e.Objects {
			objects = append(objects, o.Type+"/"+o.ID)
		}
		table = append(table, []string{strconv.FormatUint(e.Seq, 10), e.RecordedAt.UTC().Format(time.RFC3339Nano), string(e.Type), actorWords(e.Actor), strings.Join(objects, " "), e.Source, e.ID.String()})
	}
	sendCSV(rw, table)
	return nil
}
