package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// auditPage says who did what, and when.
type auditPage struct {
	shell
	Says   string
	Filter []field
	Rows   table
	CSV    string
	// Nothing fits; Further is the page of what comes before, where there is one.
	Nothing bool
	Further string
	// Behind says that the latest is missing.
	Behind string
}

func (w *Web) auditPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	in := r.URL.Query()
	q, err := auditQuery(in)
	if err != nil {
		return err
	}
	q.By = v.Caller
	found, err := w.Audit.Find(r.Context(), q)
	if err != nil {
		return err
	}
	people, err := w.names(r)
	if err != nil {
		return err
	}
	page := auditPage{shell: w.shell(r, v, "Audit"), Filter: auditFilter(in), Nothing: len(found.Rows) == 0}
	page.Styles, page.Scripts, page.Wide = []string{"people.css"}, []string{"people.js"}, true
	page.Rows = auditTable(found.Rows, people)
	filtered := url.Values{}
	for _, name := range []string{"person", "type", "object", "from", "to"} {
		if in.Get(name) != "" {
			filtered.Set(name, in.Get(name))
		}
	}
	page.CSV = "/audit.csv?" + filtered.Encode()
	if q.Before > 0 {
		page.Rows.Pages.First = "/audit?" + filtered.Encode()
	}
	if found.Next > 0 {
		more := url.Values{"before": {strconv.FormatUint(found.Next, 10)}}
		for name, values := range filtered {
			more[name] = values
		}
		page.Further = "/audit?" + more.Encode()
		page.Rows.Pages.Next = page.Further
	}
	page.Says = sayAudit(found, len(filtered) > 0, people)
	page.Behind = sayBehind(found.Behind)
	return w.render(rw, r, http.StatusOK, "audit", page)
}

func sayAudit(page operate.AuditPage, filtered bool, people map[string]string) string {
	rows := page.Rows
	switch {
	case len(rows) == 0 && page.Next > 0:
		return "Nobody did anything like that since " + page.Back.UTC().Format("2 January 2006, 15:04 MST") + "; there is more before."
	case len(rows) == 0:
		return "Nobody did anything like that."
	}
	what := "The latest change"
	if filtered {
		what = "The latest of these"
	}
	return what + ": " + sayActor(rows[0].By, people) + " " + sayDone(rows[0].Type) + ", " + rows[0].At.Format("2 January 2006, 15:04 MST") + "."
}

// sayBehind says that the latest is not there yet; "" where it is.
func sayBehind(events uint64) string {
	if events == 0 {
		return ""
	}
	return "The journal is still read for this page: " + operate.Plural(events, "event at its end is", "events at its end are") + " not looked at yet. Ask again in a moment."
}

// names are what colleagues call the people declared.
func (w *Web) names(r *http.Request) (map[string]string, error) {
	members, err := w.People.Members(r.Context())
	all := make(map[string]string, len(members))
	for _, m := range members {
		all[m.Person] = m.Name
	}
	return all, err
}

func auditQuery(in url.Values) (operate.AuditQuery, error) {
	q := operate.AuditQuery{Person: strings.TrimSpace(in.Get("person")), Type: in.Get("type"), Object: strings.TrimSpace(in.Get("object"))}
	var err error
	if s := in.Get("before"); s != "" {
		if q.Before, err = strconv.ParseUint(s, 10, 64); err != nil {
			return q, throughline.Errorf(throughline.Invalid, "%q is no place in the journal", s).WithFix("start from the first page")
		}
	}
	if q.From, err = auditDay(in.Get("from")); err != nil {
		return q, err
	}
	if q.To, err = auditDay(in.Get("to")); err != nil {
		return q, err
	}
	if !q.To.IsZero() {
		q.To = q.To.AddDate(0, 0, 1) // the day itself is in it
	}
	return q, nil
}

func auditDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return at, throughline.Errorf(throughline.Invalid, "%q is no day", s).WithFix("write it as 2026-05-04")
	}
	return at, nil
}

func auditFilter(in url.Values) []field {
	kinds := []option{{"", "Anything", in.Get("type") == ""}}
	for _, k := range [][2]string{
		{"release", "Releases"},
		{"piece", "Pieces"},
		{"template", "Templates"},
		{"resource", "Other resources"},
		{"person", "Invitations"},
		{"access", "Keys and sign-in"},
		{"stewardship", "Ownership"},
		{"subject", "Erasures"},
		{"import", "Imports"},
	} {
		kinds = append(kinds, option{k[0], k[1], in.Get("type") == k[0]})
	}
	return []field{
		{Name: "person", Label: "Who", Value: in.Get("person"), Mono: true},
		{Name: "type", Label: "What", Kind: "select", Options: kinds},
		{Name: "object", Label: "To what", Value: in.Get("object")},
		{Name: "from", Label: "From", Kind: "date", Value: in.Get("from")},
		{Name: "to", Label: "To", Kind: "date", Value: in.Get("to")},
	}
}

func auditTable(rows []operate.Audited, people map[string]string) table {
	t := table{Caption: "Who did what", Compact: true, Columns: []column{{Name: "When"}, {Name: "Who"}, {Name: "Did"}, {Name: "To what"}, {Name: "Event", Number: true}}}
	for _, r := range rows {
		seq := strconv.FormatUint(r.Seq, 10)
		t.Rows = append(t.Rows, row{ID: seq, URL: "/journal/" + seq, Cells: []cell{
			{HTML: localTime(r.At) + template.HTML(`<span class="unseen">, event `+seq+`</span>`)},
			{Text: sayActor(r.By, people)},
			{Text: sayDone(r.Type)},
			{Text: sayObjects(r.Objects, 3)},
			{Text: seq, Soft: true},
		}})
	}
	return t
}

// localTime is a moment that a script shows in the reader's zone; without one it
// is in UTC, which the title always is.
func localTime(at time.Time) template.HTML {
	utc := at.UTC()
	return template.HTML(`<time data-local datetime="` + utc.Format(time.RFC3339) + `" title="` + utc.Format("2006-01-02 15:04:05") + ` UTC">` + utc.Format("2 Jan 2006, 15:04") + ` UTC</time>`)
}

// sayActor says who did something, and for whom.
func sayActor(by throughline.Actor, people map[string]string) string {
	name := func(id string) string {
		if user, ok := strings.CutPrefix(id, "os/"); ok {
			return user + ", from a shell"
		}
		if n, ok := people[id]; ok {
			return n
		}
		return id
	}
	switch by.Kind {
	case throughline.ActorPerson, "":
		return name(by.ID)
	case throughline.ActorSystem:
		if by.ID != "" {
			return "the engine, for " + by.ID
		}
		return "the engine"
	case throughline.ActorRecipient:
		return "a recipient"
	}
	s := string(by.Kind) + " " + by.ID
	if by.OnBehalfOf != "" {
		s += " for " + name(by.OnBehalfOf)
	}
	return s
}

// sayDone says what an event is, as it reads after a name.
func sayDone(t throughline.EventType) string {
	switch t {
	case throughline.EventEngineCreated:
		return "made the engine"
	case throughline.EventOwnerAccepted:
		return "accepted ownership"
	case throughline.EventAccessGranted:
		return "made a key"
	case throughline.EventAccessRevoked:
		return "ended a key or a link"
	case throughline.EventAccessRefused:
		return "made somebody wait who tried passwords"
	case throughline.EventPersonInvited:
		return "made a link for somebody"
	case throughline.EventPersonAccepted:
		return "came in by a link"
	case throughline.EventShareMade:
		return "shared pieces by a link"
	case throughline.EventShareExtended:
		return "extended a share link"
	case throughline.EventShareEnded:
		return "ended a share link"
	case throughline.EventShareOpened:
		return "saw a share link opened, the first time that day"
	case throughline.EventPieceVersioned:
		return "changed a piece"
	case throughline.EventTemplateVersioned:
		return "changed a template"
	case throughline.EventResourceVersioned:
		return "changed a resource"
	case throughline.EventReleasePublished:
		return "made a release live"
	case throughline.EventReleaseRolledBack:
		return "rolled a release back"
	case throughline.EventSubjectErased:
		return "erased a recipient"
	case throughline.EventImportBatch:
		return "imported events"
	}
	return strings.NewReplacer(".", " ", "_", " ").Replace(string(t))
}

func sayObjects(all []throughline.Object, most int) string {
	var words []string
	for i, o := range all {
		if i == most {
			words = append(words, "and "+strconv.Itoa(len(all)-most)+" more")
			break
		}
		words = append(words, strings.TrimPrefix(o.Type+" "+o.ID, " "))
	}
	return strings.Join(words, ", ")
}

// auditRows bounds an export.
const auditRows = 100_000

// auditCSV is the same rows for a spreadsheet.
func (w *Web) auditCSV(rw http.ResponseWriter, r *http.Request) error {
	q, err := auditQuery(r.URL.Query())
	if err != nil {
		return err
	}
	q.Limit, q.By = auditRows, serve.CallerOf(r.Context())
	rows, err := w.auditedRows(r.Context(), q)
	if err != nil {
		return err
	}
	h := rw.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="audit.csv"`)
	h.Set("Cache-Control", "no-store")
	table := [][]string{{"event", "at", "actor kind", "actor", "on behalf of", "type", "objects"}}
	for _, a := range rows {
		table = append(table, []string{
			strconv.FormatUint(a.Seq, 10), a.At.UTC().Format(time.RFC3339Nano), string(a.By.Kind), a.By.ID, a.By.OnBehalfOf,
			string(a.Type), sayObjects(a.Objects, len(a.Objects)),
		})
	}
	sendCSV(rw, table)
	return nil
}

// auditedRows gathers the rows of a query, at most auditRows.
func (w *Web) auditedRows(ctx context.Context, q operate.AuditQuery) (rows []operate.Audited, err error) {
	for {
		page, err := w.Audit.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Rows...)
		if q.Before, q.Limit = page.Next, auditRows-len(rows); q.Before == 0 || q.Limit <= 0 {
			return rows, nil
		}
	}
}
