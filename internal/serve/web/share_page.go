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
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
)

// Shares are the links by which people outside see pieces.
type Shares interface {
	// Pick returns the pieces that a link would hold.
	Pick(ctx context.Context, by engine.Caller, ask share.Request) ([]throughline.Ref, error)
	// Make makes a link.
	Make(ctx context.Context, by engine.Caller, ask share.Request) (share.Made, error)
	// Extend lets a link hold so long from now on.
	Extend(ctx context.Context, by engine.Caller, id string, life time.Duration) (share.Link, error)
	// End ends a link at once.
	End(ctx context.Context, by engine.Caller, id string) (share.Link, error)
	// List returns the links, those that hold first.
	List(ctx context.Context, by engine.Caller) ([]share.Link, error)
	// Open returns what a link shows to whoever holds its secret.
	Open(ctx context.Context, look share.Look) (share.Opened, error)
	// File returns which file of a link an address names.
	File(ctx context.Context, look share.Look, number int, rendition string) (asset, digest string, err error)
}

func (w *Web) registerShares(p *routes) {
	if w.Shares == nil {
		return
	}
	p.page("GET /shares", share.Right, w.sharesPage)
	p.page("GET /shares/new", share.Right, w.newSharePage)
	p.page("POST /shares", share.Right, w.makeShare)
	p.page("POST /shares/{id}/extend", share.Right, w.extendShare)
	p.page("POST /shares/{id}/end", share.Right, w.endShare)
	p.command(command{Title: "Share links", URL: "/shares", Right: share.Right, Words: "agency agencies outside external send hand over expiring"})
	p.registerShared()
}

// sharesPage lists the links that hold, and those that are over.
type sharesPage struct {
	shell
	Says       string
	Held, Over table
	Empty      *beginning
	// Link is one just made, shown once; For and Made are what it is.
	Link, For, Made string
}

func (w *Web) sharesPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showShares(rw, r, v, sharesPage{})
}

func (w *Web) showShares(rw http.ResponseWriter, r *http.Request, v viewer, page sharesPage) error {
	all, err := w.Shares.List(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	page.shell = w.shell(r, v, "Share links", crumb{Name: "Make", URL: "/make"}, crumb{Name: "Library", URL: "/library"})
	page.Station, page.Path, page.Wide, page.Styles, page.Scripts = "make", "/shares", true, []string{"people.css", "share.css"}, []string{"people.js"}
	now := time.Now()
	columns := []column{{Name: "For"}, {Name: "Pieces", Number: true}, {Name: "Gives"}, {Name: "Shared by"}, {Name: "Until"}, {Name: "Opened"}}
	page.Held = table{Caption: "Links that hold", Columns: append(columns, column{Name: "Hold longer"}, column{Name: "End it"})}
	page.Over = table{Caption: "Links that are over", Columns: columns}
	for _, s := range all {
		t := &page.Over
		cells := shareCells(s)
		if s.Holds(now) {
			t = &page.Held
			cells = append(cells, cell{HTML: extendForm(s)}, cell{HTML: endForm(s)})
		}
		t.Rows = append(t.Rows, row{ID: s.ID, Cells: cells})
	}
	page.Says = operate.Plural(len(page.Held.Rows), "link shows", "links show") + " pieces to people outside."
	if len(page.Held.Rows) == 0 {
		page.Says = "Nobody outside sees anything."
	}
	if len(all) == 0 {
		page.Empty = &beginning{
			Title: "No link yet", What: "Here stand the links by which an agency or a printer sees pieces without coming in: for whom, how many, until when, and whether they looked.",
			Why: "A link ends by itself, shows nothing that was withdrawn, and gives nothing else of this engine.", Act: "Pick pieces in the library", URL: "/library",
		}
	}
	return w.render(rw, r, http.StatusOK, "shares", page)
}

func shareCells(s share.Link) []cell {
	gives := "renditions"
	if s.Originals {
		gives = "renditions and originals"
	}
	until := localTime(s.Until)
	if !s.Ended.IsZero() {
		until = template.HTML("ended ") + localTime(s.Ended)
	}
	opened := cell{Text: "never", Soft: true}
	if s.Opened > 0 {
		times := "once"
		if s.Opened > 1 {
			times = operate.SayCount(int64(s.Opened)) + " times"
		}
		opened = cell{HTML: template.HTML(times+", last ") + localTime(s.LastOpened)}
	}
	return []cell{
		{Text: s.For},
		{Text: operate.SayCount(int64(s.Pieces))},
		{Text: gives},
		{Text: strings.TrimPrefix(s.By, "os/"), Soft: true},
		{HTML: until},
		opened,
	}
}

// shareLives are the spans that forms offer, in days.
func shareLives() []option {
	return []option{{Value: "7", Label: "7 days"}, {Value: "14", Label: "14 days", On: true}, {Value: "30", Label: "30 days"}, {Value: "90", Label: "90 days"}}
}

func extendForm(s share.Link) template.HTML {
	who := template.HTMLEscapeString(s.For)
	var options strings.Builder
	for _, o := range shareLives() {
		selected := ""
		if o.On {
			selected = " selected"
		}
		options.WriteString(`<option value="` + o.Value + `"` + selected + `>` + o.Label + `</option>`)
	}
	return template.HTML(`<form method="post" action="/shares/` + url.PathEscape(s.ID) + `/extend" class="longer"><select name="life" aria-label="From today, for ` + who + `">` +
		options.String() + `</select><button class="button">From today<span class="unseen"> on for ` + who + `</span></button></form>`)
}

func endForm(s share.Link) template.HTML {
	return template.HTML(`<form method="post" action="/shares/` + url.PathEscape(s.ID) + `/end"><button class="danger">End now<span class="unseen"> for ` + template.HTMLEscapeString(s.For) + `</span></button></form>`)
}

// newSharePage is the form that makes a link.
type newSharePage struct {
	shell
	Says string
	Form []field
	// Pieces and Question are what it would hold; First are some of the pieces, More
	// how many besides.
	Pieces   []string
	Question string
	First    []link
	More     int
	Problem  *serve.Fault
	Empty    *beginning
}

// sharedFirst is how many pieces the form names.
const sharedFirst = 24

func (w *Web) newSharePage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showNewShare(rw, r, v, http.StatusOK, r.URL.Query(), nil)
}

func (w *Web) showNewShare(rw http.ResponseWriter, r *http.Request, v viewer, status int, form url.Values, problem *serve.Fault) error {
	page := newSharePage{
		shell: w.shell(r, v, "Share", crumb{Name: "Make", URL: "/make"}, crumb{Name: "Library", URL: "/library"}, crumb{Name: "Share links", URL: "/shares"}),
		Form:  shareForm(form), Problem: problem,
	}
	page.Station, page.Path, page.Styles = "make", "/library", []string{"people.css", "share.css"}
	ask, err := shareRequest(form)
	if err == nil && (ask.Question != "" || len(ask.Pieces) > 0) {
		var refs []throughline.Ref
		if refs, err = w.Shares.Pick(r.Context(), v.Caller, ask); err == nil {
			page.tell(w, ask, refs)
		}
	}
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError {
			return err
		}
		if problem == nil {
			page.Problem, status = &f, f.Status
		}
	}
	if len(page.First) == 0 {
		page.Says = "Nothing is picked yet."
		page.Empty = &beginning{Title: "Nothing is picked", What: "Tick pieces in the library, or search for what they have in common, and share what is found.", Act: "Pick pieces in the library", URL: "/library"}
	}
	return w.render(rw, r, status, "share-new", page)
}

// tell says what a link would hold.
func (p *newSharePage) tell(w *Web, ask share.Request, refs []throughline.Ref) {
	p.Question = ask.Question
	for i, ref := range refs {
		if ask.Question == "" {
			p.Pieces = append(p.Pieces, ref.String())
		}
		if i < sharedFirst {
			p.First = append(p.First, link{ref.Name, w.objectURL(ref)})
		}
	}
	p.More = len(refs) - len(p.First)
	p.Says = "A link to " + operate.Plural(len(refs), "piece", "pieces") + "."
}

func shareForm(form url.Values) []field {
	lives := shareLives()
	if life := form.Get("life"); life != "" {
		for i := range lives {
			lives[i].On = lives[i].Value == life
		}
	}
	return []field{
		{Name: "for", Label: "For whom", Value: form.Get("for"), Required: true, Max: 120, Hint: "As you will look for it later, such as Agency North. Whoever opens the link sees it.", Autocomplete: "off"},
		{Name: "life", Label: "It holds for", Kind: "select", Options: lives, Required: true, Hint: "It ends by itself, and can be extended or ended before."},
		{Name: "originals", Label: "Originals may be downloaded too", Kind: "check", On: form.Get("originals") != "", Hint: "Without this, pictures come in widths up to 2,400 pixels, and other files not at all."},
	}
}

// shareRequest reads a form: for whom, how many days, and the pieces or a search.
func shareRequest(form url.Values) (share.Request, error) {
	ask := share.Request{For: form.Get("for"), Question: strings.TrimSpace(form.Get("q")), Originals: form.Get("originals") != ""}
	if len(form["piece"]) > share.MostPieces {
		return ask, throughline.Errorf(throughline.TooLarge, "more than %d pieces are picked", share.MostPieces).WithFix("make several links")
	}
	for _, name := range form["piece"] {
		ref, err := throughline.ParseRef(name)
		if err != nil {
			return ask, err
		}
		ask.Pieces = append(ask.Pieces, ref)
	}
	life, err := shareLife(form)
	ask.Life = life
	return ask, err
}

func shareLife(form url.Values) (time.Duration, error) {
	if form.Get("life") == "" {
		return share.UsualLife, nil
	}
	days, err := strconv.Atoi(form.Get("life"))
	if err != nil || days < 1 || days > 90 {
		return 0, throughline.Errorf(throughline.Invalid, "a link holds 1 to 90 days").WithFix("choose one of the spans").At("life")
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

func (w *Web) makeShare(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	ask, err := shareRequest(r.PostForm)
	var made share.Made
	if err == nil {
		made, err = w.Shares.Make(r.Context(), v.Caller, ask)
	}
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError {
			return err
		}
		return w.showNewShare(rw, r, v, f.Status, r.PostForm, &f)
	}
	return w.showShares(rw, r, v, sharesPage{
		Link: w.publicURL(r) + "/shared/" + made.Secret, For: made.For,
		Made: "It shows " + operate.Plural(made.Pieces, "piece", "pieces") + " until " + made.Until.Format("2 January 2006, 15:04 MST") + ". What is made later is not added.",
	})
}

func (w *Web) extendShare(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	life, err := shareLife(r.PostForm)
	if err != nil {
		return err
	}
	s, err := w.Shares.Extend(r.Context(), v.Caller, r.PathValue("id"), life)
	if err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "The link for " + s.For + " holds until " + s.Until.Format("2 January 2006, 15:04 MST") + "."})
	http.Redirect(rw, r, "/shares", http.StatusSeeOther)
	return nil
}

func (w *Web) endShare(rw http.ResponseWriter, r *http.Request, v viewer) error {
	s, err := w.Shares.End(r.Context(), v.Caller, r.PathValue("id"))
	if err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "The link for " + s.For + " shows nothing any more."})
	http.Redirect(rw, r, "/shares", http.StatusSeeOther)
	return nil
}
