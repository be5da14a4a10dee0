package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// registerPeople adds the pages about who works here and what they may do.
func (w *Web) registerPeople(p *routes) {
	if w.People == nil {
		return
	}
	p.page("GET /people", engine.RightRead, w.peoplePage)
	p.page("POST /people", engine.RightPeople, w.invite)
	p.object(throughline.KindPerson, engine.Member, w.personPage)
	p.page("POST /people/{name}/roles", engine.RightPeople, w.saveRoles)
	p.page("POST /people/{name}/link", engine.RightPeople, w.newLink)
	p.page("POST /people/{name}/sign-out", engine.RightPeople, w.signOutPerson)
	p.page("POST /people/{name}/remove", engine.RightPeople, w.removePerson)
	p.page("POST /people/links/{id}/revoke", engine.RightPeople, w.revokeLink)
	p.page("POST /account/password", engine.Member, w.changePassword)
	p.page("POST /account/sessions/{id}/end", engine.Member, w.endSession)
	p.page("POST /account/sign-out", engine.Member, w.signOutEverywhere)
	p.page("GET /tokens", engine.RightOperate, w.tokensPage)
	p.page("POST /tokens", engine.RightOperate, w.createToken)
	p.page("POST /tokens/{name}/revoke", engine.Member, w.revokeToken)
	p.page("GET /audit", engine.RightRead, w.auditPage)
	p.raw("GET /audit.csv", engine.RightRead, w.answer(func(rw http.ResponseWriter, r *http.Request) error { return w.auditCSV(rw, r) }))
	p.command(command{Title: "People", URL: "/people", Right: engine.RightRead, Words: "team roles invite members"})
	p.command(command{Title: "Service tokens", URL: "/tokens", Right: engine.RightOperate, Words: "keys api secrets"})
	p.command(command{Title: "Audit", URL: "/audit", Right: engine.RightRead, Words: "who did what log history"})
}

// peoplePage lists who works here.
type peoplePage struct {
	shell
	// Says answers the page's question.
	Says   string
	People table
	// Teams are who works together, Stewards who answers for what; Begin is where each
	// is begun, for whoever may.
	Teams, Stewards         table
	BeginTeam, BeginSteward string
	Links                   []linkView
	// May says that the viewer may invite; Form is the form to do so.
	May  bool
	Form inviteForm
	// Secret is the link just made for Invited, and Awaits what it waits for; nil
	// for nothing.
	Secret  string
	Invited string
	Awaits  *awaited
	Problem *serve.Fault
}

// linkView is an invitation that is still open.
type linkView struct {
	ID, Person, Name, By, Until string
	Again                       bool
	Awaits                      *awaited
}

// inviteForm is what an invitation asks for.
type inviteForm struct {
	Fields []field
	Roles  []grantRow
	Kinds  []string
}

func (w *Web) peoplePage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showPeople(rw, r, v, http.StatusOK, peoplePage{Form: newInviteForm(nil)})
}

func (w *Web) showPeople(rw http.ResponseWriter, r *http.Request, v viewer, status int, page peoplePage) error {
	members, err := w.People.Members(r.Context())
	if err != nil {
		return err
	}
	page.shell = w.shell(r, v, "People")
	page.Styles, page.Path = []string{"people.css"}, "/people"
	page.Scripts = []string{"people.js"}
	page.Wide = true
	page.May = v.Has(engine.RightPeople)
	page.Says = sayMembers(members)
	page.People = peopleTable(members, time.Now())
	if err := w.ownership(r.Context(), v, members, &page); err != nil {
		return err
	}
	if page.May {
		if page.Links, err = w.openLinks(r.Context()); err != nil {
			return err
		}
	}
	return w.render(rw, r, status, "people", page)
}

// ownership lists who works together, and who answers for what.
func (w *Web) ownership(ctx context.Context, v viewer, members []operate.Member, page *peoplePage) error {
	if w.Library == nil {
		return nil
	}
	names := map[string]string{}
	for _, m := range members {
		names[m.Person] = m.Name
	}
	named := func(people ...string) cell {
		var all []string
		for _, p := range people {
			if p != "" {
				all = append(all, cmp.Or(names[p], p))
			}
		}
		return cell{Text: strings.Join(all, ", ")}
	}
	teams, err := w.Library.List(ctx, throughline.KindTeam)
	if err != nil {
		return err
	}
	page.Teams = table{Caption: "Teams", Columns: []column{{Name: "Team"}, {Name: "People", Long: true}}}
	for _, r := range teams {
		t := r.Spec.(*throughline.Team)
		page.Teams.Rows = append(page.Teams.Rows, row{URL: w.objectURL(r.Ref()), Cells: []cell{{Text: t.Title}, named(t.People...)}})
	}
	stewards, err := w.Library.List(ctx, throughline.KindStewardship)
	if err != nil {
		return err
	}
	page.Stewards = table{Caption: "Who answers for what", Columns: []column{{Name: "What"}, {Name: "Which", Long: true}, {Name: "Answers"}, {Name: "Deputy"}}}
	for _, r := range stewards {
		s := r.Spec.(*throughline.Stewardship)
		page.Stewards.Rows = append(page.Stewards.Rows, row{URL: w.objectURL(r.Ref()), Cells: []cell{{Text: s.Title}, {Text: whichThings(s)}, named(s.Person), named(s.Deputy)}})
	}
	if w.Making != nil && v.Has(engine.RightToChange(throughline.KindTeam)) {
		page.BeginTeam = "/new/team"
	}
	if w.Making != nil && v.Has(engine.RightToChange(throughline.KindStewardship)) {
		page.BeginSteward = "/new/stewardship"
	}
	return nil
}

// whichThings says what a stewardship is about.
func whichThings(s *throughline.Stewardship) string {
	kinds := make([]string, len(s.Kinds))
	for i, k := range s.Kinds {
		kinds[i] = strings.ToLower(kindPlural(k))
	}
	if len(s.Names) == 0 {
		return "all " + andWords(kinds)
	}
	return andWords(kinds) + " called " + strings.Join(s.Names, ", ")
}

func (w *Web) openLinks(ctx context.Context) ([]linkView, error) {
	open, err := w.People.Invitations(ctx)
	if err != nil {
		return nil, err
	}
	var views []linkView
	for _, inv := range open {
		view := linkView{inv.ID, inv.Person, inv.Name, inv.By.Name, inv.Expires.Format("2 Jan 2006, 15:04 MST"), inv.Again, nil}
		if inv.Awaits > 0 {
			view.Awaits = &awaited{Release: inv.Awaits, URL: releaseURL(inv.Awaits)}
		}
		views = append(views, view)
	}
	return views, nil
}

// sayMembers is the page's answer in one sentence.
func sayMembers(all []operate.Member) string {
	in, invited, owner := 0, 0, ""
	for _, m := range all {
		switch {
		case m.In:
			in++
		case !m.Invited.IsZero():
			invited++
		}
		if m.Owner {
			owner = m.Name
		}
	}
	s := operate.Plural(in, "person works", "people work") + " with this engine"
	if invited > 0 {
		s += ", " + operate.Plural(invited, "is invited", "are invited")
	}
	if rest := len(all) - in - invited; rest > 0 {
		s += ", " + operate.Plural(rest, "is declared and not invited yet", "are declared and not invited yet")
	}
	if owner == "" {
		return s + ". Nobody has accepted to own it yet."
	}
	return s + ". " + owner + " owns it."
}

func peopleTable(all []operate.Member, now time.Time) table {
	t := table{Caption: "People", Columns: []column{{Name: "Name"}, {Name: "Signs in as"}, {Name: "Discipline"}, {Name: "May"}, {Name: "Last seen"}, {Name: "Stands"}}}
	for _, m := range all {
		t.Rows = append(t.Rows, row{ID: m.Person, URL: personURL(m.Person), Cells: []cell{
			{Text: m.Name},
			{HTML: template.HTML("<code>" + template.HTMLEscapeString(m.Person) + "</code>")},
			{Text: string(m.Discipline), Soft: true},
			{Text: sayRoles(m)},
			{Text: saySeen(m.Seen, now), Soft: m.Seen.IsZero()},
			{HTML: standing(m)},
		}})
	}
	return t
}

func personURL(name string) string {
	return refPath(throughline.Ref{Kind: throughline.KindPerson, Name: name})
}

// standing says whether a person can come in, by shape and word.
func standing(m operate.Member) template.HTML {
	switch {
	case m.In:
		return "<span>" + healthShape(operate.HealthOK) + " active</span>"
	case !m.Invited.IsZero():
		return "<span>" + healthShape(operate.HealthWarn) + template.HTML(" invited until "+m.Invited.Format("2 Jan")+"</span>")
	}
	return `<span class="soft">` + healthShape("") + ` not invited</span>`
}

// sayRoles says what a member may do.
func sayRoles(m operate.Member) string {
	var all []string
	if m.Owner {
		all = append(all, "owner: everything")
	}
	if m.Named {
		all = append(all, "would own, has not accepted")
	}
	for _, g := range m.Roles {
		all = append(all, operate.SayGrant(g))
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, "; ")
}

func joinWords[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = string(word)
	}
	return strings.Join(all, ", ")
}

// saySeen is coarse: nobody is watched by the minute.
func saySeen(at, now time.Time) string {
	days := int(now.Sub(at).Hours() / 24)
	switch {
	case at.IsZero():
		return "never, or long ago"
	case now.Sub(at) < time.Hour:
		return "within the hour"
	case days == 0:
		return "today"
	case days == 1:
		return "yesterday"
	}
	return fmt.Sprintf("%d days ago", days)
}

// grantRow is one grant of a form. A row without a role is no grant.
type grantRow struct {
	N                      int
	Roles                  []option
	Markets, Brands, Kinds string
	Problem                string
}

// spareGrants is how many empty rows a form has.
const spareGrants = 1

// maxGrants bounds the rows a form may send.
const maxGrants = 30

func grantRows(grants []throughline.Grant) []grantRow {
	rows := make([]grantRow, 0, len(grants)+spareGrants)
	for i, g := range slices.Concat(grants, make([]throughline.Grant, spareGrants)) {
		r := grantRow{N: i, Markets: joinWords(g.Markets), Brands: joinWords(g.Brands), Kinds: joinWords(g.Kinds)}
		r.Roles = []option{{Value: "", Label: "no role", On: g.Role == ""}}
		for _, role := range throughline.Roles() {
			r.Roles = append(r.Roles, option{string(role), sayRole(role), g.Role == role})
		}
		rows = append(rows, r)
	}
	return rows
}

// sayRole says what a role is for.
func sayRole(r throughline.Role) string {
	switch r {
	case throughline.Steward:
		return "steward: all but the engine"
	case throughline.Maker:
		return "maker: content"
	case throughline.Operator:
		return "operator: delivery, keys"
	case throughline.Approver:
		return "approver: releases"
	case throughline.Viewer:
		return "viewer: reads"
	}
	return string(r)
}

// grantsOf reads the rows of a form: role.0, markets.0, brands.0, kinds.0 ...
func grantsOf(form url.Values) []throughline.Grant {
	grants := []throughline.Grant{}
	for i := range maxGrants {
		at := fmt.Sprintf(".%d", i)
		g := throughline.Grant{Role: throughline.Role(form.Get("role" + at))}
		if g.Role == "" {
			continue
		}
		g.Markets, g.Brands = splitList(form.Get("markets"+at)), splitList(form.Get("brands"+at))
		for _, k := range splitList(form.Get("kinds" + at)) {
			g.Kinds = append(g.Kinds, throughline.Kind(k))
		}
		grants = append(grants, g)
	}
	return grants
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' })
}

func newInviteForm(form url.Values) inviteForm {
	f := inviteForm{Roles: grantRows([]throughline.Grant{{Role: throughline.Maker}}), Kinds: kindNames()}
	if form != nil {
		f.Roles = grantRows(grantsOf(form))
	}
	life := form.Get("life")
	f.Fields = []field{
		{Name: "display", Label: "Name", Value: form.Get("display"), Required: true, Max: 120, Hint: "As colleagues call them, such as Cleo Marsh.", Autocomplete: "off"},
		{Name: "name", Label: "Signs in as", Value: form.Get("name"), Required: true, Mono: true, Max: 80, Hint: "Short and lower case, such as cleo. Somebody who is declared already keeps what they have.", Autocomplete: "off"},
		{Name: "email", Label: "E-mail", Kind: "email", Value: form.Get("email"), Max: 254, Hint: "They may sign in with it too.", Autocomplete: "off"},
		{Name: "discipline", Label: "Discipline", Kind: "select", Options: []option{
			{"creative", "Creative", form.Get("discipline") == "creative"}, {"operations", "Operations", form.Get("discipline") == "operations"}, {"other", "Other", form.Get("discipline") == "other"},
		}, Required: true},
		{Name: "life", Label: "The link is open for", Kind: "select", Options: []option{
			{"1", "a day", life == "1"}, {"3", "three days", life == "3" || life == ""}, {"7", "a week", life == "7"},
		}, Required: true},
	}
	return f
}

func kindNames() []string {
	var all []string
	for _, k := range throughline.Kinds() {
		all = append(all, string(k))
	}
	return all
}

// lifeOf reads how many days a link is open.
func lifeOf(form url.Values) time.Duration {
	days := map[string]int{"1": 1, "3": 3, "7": 7}[form.Get("life")]
	return time.Duration(days) * 24 * time.Hour
}

// invite makes a one-time link for somebody, whom it declares first where nobody
// has. The link is shown once.
func (w *Web) invite(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	page := peoplePage{Form: newInviteForm(r.PostForm)}
	made, err := w.inviteBy(r.Context(), v.Caller, r.PostForm)
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError {
			return err
		}
		page.Problem = &f
		return w.showPeople(rw, r, v, f.Status, page)
	}
	page = peoplePage{Form: newInviteForm(nil), Secret: w.publicURL(r) + "/welcome/" + made.Secret, Invited: r.PostForm.Get("display")}
	if made.Waits {
		page.Awaits = &awaited{Release: made.Release, URL: releaseURL(made.Release), Approvers: cmp.Or(orList(made.Approvers), "somebody who may")}
	}
	return w.showPeople(rw, r, v, http.StatusOK, page)
}

// awaited is a release that has to be approved before something holds.
type awaited struct {
	Release        int
	URL, Approvers string
}

func (w *Web) inviteBy(ctx context.Context, by engine.Caller, form url.Values) (operate.Invited, error) {
	return w.People.InviteGuest(ctx, by, w.Staff, operate.Guest{
		Name: strings.TrimSpace(form.Get("name")), Life: lifeOf(form),
		Person: throughline.Person{
			Name: strings.TrimSpace(form.Get("display")), Email: strings.TrimSpace(form.Get("email")),
			Discipline: throughline.Discipline(form.Get("discipline")), Roles: grantsOf(form),
		},
	})
}

func (w *Web) revokeLink(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := w.People.RevokeInvitation(r.Context(), v.Caller, r.PathValue("id")); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "The link is over."})
	http.Redirect(rw, r, "/people", http.StatusSeeOther)
	return nil
}
