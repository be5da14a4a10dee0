package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// tokensPage lists the keys by which services come in.
type tokensPage struct {
	shell
	Says   string
	Tokens table
	Form   []field
	Roles  []grantRow
	Kinds  []string
	// Manages says that the viewer may make keys that manage.
	Manages bool
	// Secret is a key just made, shown once.
	Secret, Named string
	Problem       *serve.Fault
}

func (w *Web) tokensPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showTokens(rw, r, v, http.StatusOK, tokensPage{Form: tokenForm(nil, v.Has(engine.RightOwn)), Roles: grantRows(nil)})
}

func (w *Web) showTokens(rw http.ResponseWriter, r *http.Request, v viewer, status int, page tokensPage) error {
	tokens, err := w.People.Tokens(r.Context())
	if err != nil {
		return err
	}
	page.shell = w.shell(r, v, "Service tokens")
	page.Styles, page.Scripts, page.Path, page.Wide = []string{"people.css"}, []string{"people.js"}, "/tokens", true
	page.Tokens, page.Manages, page.Kinds = tokensTable(tokens, ""), v.Has(engine.RightOwn), kindNames()
	page.Says = operate.Plural(len(page.Tokens.Rows), "key opens", "keys open") + " this engine to services."
	return w.render(rw, r, status, "tokens", page)
}

// tokensTable shows the keys of one person, or everybody's. The command line's
// own is made at each start and stays out of it.
func tokensTable(all []operate.Token, by string) table {
	t := table{Caption: "Service tokens", Columns: []column{{Name: "Name"}, {Name: "May"}, {Name: "Made by"}, {Name: "Made"}, {Name: "Last used"}, {Name: "Holds until"}, {Name: "End it"}}}
	for _, k := range all {
		if k.Name == operate.CommandLine || by != "" && k.CreatedBy != by {
			continue
		}
		until := "it is revoked"
		if !k.ExpiresAt.IsZero() {
			until = k.ExpiresAt.Format("2 Jan 2006")
		}
		end := `<form method="post" action="/tokens/` + url.PathEscape(k.Name) + `/revoke"><button class="danger">Revoke<span class="unseen"> ` + template.HTMLEscapeString(k.Name) + `</span></button></form>`
		t.Rows = append(t.Rows, row{ID: k.Name, Cells: []cell{
			{HTML: template.HTML("<code>" + template.HTMLEscapeString(k.Name) + "</code>")},
			{Text: sayScope(k)},
			{Text: k.CreatedBy},
			{Text: k.CreatedAt.Format("2 Jan 2006"), Soft: true},
			{Text: sayUsed(k.LastUsed), Soft: k.LastUsed == ""},
			{Text: until},
			{HTML: template.HTML(end)},
		}})
	}
	return t
}

// sayUsed is the last day a key was used.
func sayUsed(day string) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "never"
	}
	return at.Format("2 Jan 2006")
}

// dateKey is what happens in the calendar when a key ends.
const dateKey = "key"

// keyEnds are the days that keys end, for who may see them.
func (w *Web) keyEnds(ctx context.Context, by engine.Caller, from, to time.Time) (all []content.Entry, err error) {
	if w.People == nil || by.Need(engine.RightOperate) != nil {
		return nil, nil
	}
	tokens, err := w.People.Tokens(ctx)
	for _, k := range tokens {
		if !k.ExpiresAt.IsZero() && !k.ExpiresAt.Before(from) && k.ExpiresAt.Before(to) {
			all = append(all, content.Entry{At: k.ExpiresAt, What: dateKey, Title: k.Name})
		}
	}
	return all, err
}

// dates are everything in the calendar from one instant until before another.
func (w *Web) dates(ctx context.Context, by engine.Caller, from, to time.Time) ([]content.Entry, error) {
	entries, err := w.Releases.Calendar(ctx, by, from, to)
	if err != nil {
		return nil, err
	}
	keys, err := w.keyEnds(ctx, by, from, to)
	if err != nil {
		return nil, err
	}
	entries = append(entries, keys...)
	slices.SortStableFunc(entries, func(a, b content.Entry) int { return a.At.Compare(b.At) })
	return entries, nil
}

// sayScope says what a key may do.
func sayScope(k operate.Token) string {
	s := map[operate.Scope]string{
		operate.ScopeRead: "ask for decisions", operate.ScopeWrite: "send events", operate.ScopeManage: "manage",
	}[k.Scope]
	for i, g := range k.Limits {
		if i == 0 {
			s += ", at most as "
		} else {
			s += "; "
		}
		s += operate.SayGrant(g)
	}
	return s
}

func tokenForm(form url.Values, owner bool) []field {
	scopes := []option{
		{"read", "ask for decisions (read)", form.Get("scope") == "read"},
		{"write", "send events (write)", form.Get("scope") == "write"},
	}
	if owner {
		scopes = append(scopes, option{"manage", "manage, within the limits below (manage)", form.Get("scope") == "manage"})
	}
	life := form.Get("life")
	return []field{
		{Name: "name", Label: "Name", Value: form.Get("name"), Required: true, Mono: true, Max: 80, Hint: "What it is for, such as website.", Autocomplete: "off"},
		{Name: "scope", Label: "May", Kind: "select", Options: scopes, Required: true},
		{Name: "life", Label: "Holds for", Kind: "select", Required: true, Options: []option{
			{"30", "30 days", life == "30"}, {"90", "90 days", life == "90"}, {"365", "a year", life == "365" || life == ""}, {"0", "until it is revoked", life == "0"},
		}},
	}
}

func (w *Web) createToken(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	days, err := strconv.Atoi(r.PostFormValue("life"))
	if err != nil {
		return formError(err)
	}
	ask := operate.TokenRequest{
		Name: r.PostFormValue("name"), Scope: operate.Scope(r.PostFormValue("scope")),
		Life: time.Duration(days) * 24 * time.Hour, Limits: grantsOf(r.PostForm),
	}
	owner := v.Has(engine.RightOwn)
	secret, err := w.People.CreateToken(r.Context(), v.Caller, ask)
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError {
			return err
		}
		return w.showTokens(rw, r, v, f.Status, tokensPage{Form: tokenForm(r.PostForm, owner), Roles: grantRows(ask.Limits), Problem: &f})
	}
	return w.showTokens(rw, r, v, http.StatusOK, tokensPage{Form: tokenForm(nil, owner), Roles: grantRows(nil), Secret: secret, Named: ask.Name})
}

func (w *Web) revokeToken(rw http.ResponseWriter, r *http.Request, v viewer) error {
	name := r.PathValue("name")
	if err := w.People.RevokeToken(r.Context(), v.Caller, name); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "The key " + name + " no longer opens anything."})
	http.Redirect(rw, r, "/tokens", http.StatusSeeOther)
	return nil
}
