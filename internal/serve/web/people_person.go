package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// personPage is one person: what they may do, and for themselves where they are
// signed in.
type personPage struct {
	shell
	Member operate.Member
	Says   string
	// Self is the viewer's own page; May lets them change roles and make links.
	Self, May   bool
	HasPassword bool
	Roles       []grantRow
	Kinds       []string
	Sessions    []sessionView
	Tokens      table
	// Link is a one-time link just made, shown once.
	Link    string
	Problem *serve.Fault
}

type sessionView struct {
	ID, Agent, Created, Seen string
	Current                  bool
}

func (w *Web) personPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showPerson(rw, r, v, r.PathValue("name"), http.StatusOK, personPage{})
}

func (w *Web) showPerson(rw http.ResponseWriter, r *http.Request, v viewer, name string, status int, page personPage) error {
	page.Self = v.Person() == name
	if !page.Self {
		if err := v.Need(engine.RightRead); err != nil {
			return w.whoCan(r.Context(), err)
		}
	}
	member, err := w.member(r.Context(), name)
	if err != nil {
		return w.lensGone(rw, r, v, throughline.Ref{Kind: throughline.KindPerson, Name: name}, err)
	}
	page.shell = w.shell(r, v, member.Name, crumb{Name: "People", URL: "/people"})
	page.Styles, page.Scripts, page.Path = []string{"people.css"}, []string{"people.js"}, personURL(name)
	page.Member, page.Says, page.May = member, sayMember(member, time.Now()), v.Has(engine.RightPeople)
	page.Kinds = kindNames()
	if page.Roles == nil {
		page.Roles = grantRows(member.Roles)
	}
	if page.Self {
		if page.HasPassword, err = w.People.HasPassword(r.Context(), name); err != nil {
			return err
		}
		if page.Sessions, err = w.sessionsOf(r.Context(), v); err != nil {
			return err
		}
	}
	if page.Self || v.Has(engine.RightOperate) {
		tokens, err := w.People.Tokens(r.Context())
		if err != nil {
			return err
		}
		page.Tokens = tokensTable(tokens, name)
	}
	return w.render(rw, r, status, "person", page)
}

func (w *Web) member(ctx context.Context, name string) (operate.Member, error) {
	all, err := w.People.Members(ctx)
	if err != nil {
		return operate.Member{}, err
	}
	for _, m := range all {
		if m.Person == name {
			return m, nil
		}
	}
	return operate.Member{}, throughline.Errorf(throughline.NotFound, "there is no Person/%s", name).WithFix("look at the list of people")
}

func sayMember(m operate.Member, now time.Time) string {
	s := m.Name + " may do "
	roles := sayRoles(m)
	switch roles {
	case "nothing":
		s += "nothing here yet"
	default:
		s = m.Name + " is " + roles
	}
	switch {
	case m.In:
		s += "; seen " + saySeen(m.Seen, now)
	case !m.Invited.IsZero():
		s += "; invited, and not here yet"
	default:
		s += "; not invited yet"
	}
	return s + "."
}

func (w *Web) sessionsOf(ctx context.Context, v viewer) ([]sessionView, error) {
	all, err := w.People.Sessions(ctx, v.Person(), v.Session)
	if err != nil {
		return nil, err
	}
	var views []sessionView
	for _, s := range all {
		agent := s.Agent
		if agent == "" {
			agent = "A browser"
		}
		views = append(views, sessionView{s.ID, agent, s.Created.Format("2 Jan 2006"), saySeen(s.Seen, time.Now()), s.Current})
	}
	return views, nil
}

// saveRoles changes what a person may do, as a release.
func (w *Web) saveRoles(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	name := r.PathValue("name")
	before, rel, err := w.changeRoles(r.Context(), v.Caller, name, grantsOf(r.PostForm))
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError || f.Status == http.StatusNotFound {
			return err
		}
		return w.showPerson(rw, r, v, name, f.Status, personPage{Problem: &f, Roles: grantRows(grantsOf(r.PostForm))})
	}
	fields := map[string]string{}
	for _, g := range grantRows(before) {
		for _, o := range g.Roles {
			if o.On {
				n := strconv.Itoa(g.N)
				fields["role."+n], fields["markets."+n], fields["brands."+n], fields["kinds."+n] = o.Value, g.Markets, g.Brands, g.Kinds
			}
		}
	}
	w.toast(rw, r, staffed(rel, toast{Text: "The roles are changed.", Undo: &undo{URL: "/people/" + url.PathEscape(name) + "/roles", Fields: fields}}))
	http.Redirect(rw, r, personURL(name), http.StatusSeeOther)
	return nil
}

func (w *Web) changeRoles(ctx context.Context, by engine.Caller, name string, roles []throughline.Grant) (before []throughline.Grant, rel throughline.Release, err error) {
	res, err := w.Staff.Get(ctx, throughline.Ref{Kind: throughline.KindPerson, Name: name})
	if err != nil {
		return nil, rel, err
	}
	person := *res.Spec.(*throughline.Person)
	for _, g := range person.Roles { // who may more than the caller is not theirs to change
		if !by.MayGrant(g) {
			return nil, rel, throughline.Errorf(throughline.Forbidden, "%s has the role %s, which is not yours to take away", person.Name, operate.SayGrant(g)).WithFix("ask the owner")
		}
	}
	before, person.Roles = person.Roles, roles
	rel, err = operate.DeclarePerson(ctx, w.Staff, by, name, person, "roles of "+name)
	return before, rel, err
}

// staffed is what to say of a change to people: what was done, or that it waits.
func staffed(rel throughline.Release, done toast) toast {
	if rel.State == throughline.ReleaseLive {
		return done
	}
	return released(rel)
}

// newLink makes a one-time link, for a first or a new password.
func (w *Web) newLink(rw http.ResponseWriter, r *http.Request, v viewer) error {
	name := r.PathValue("name")
	secret, err := w.People.Invite(r.Context(), v.Caller, name, 3*24*time.Hour)
	if err != nil {
		return err
	}
	return w.showPerson(rw, r, v, name, http.StatusOK, personPage{Link: w.publicURL(r) + "/welcome/" + secret})
}

func (w *Web) signOutPerson(rw http.ResponseWriter, r *http.Request, v viewer) error {
	name := r.PathValue("name")
	if err := w.People.EndSessionsOf(r.Context(), v.Caller, name); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "Signed out everywhere."})
	http.Redirect(rw, r, personURL(name), http.StatusSeeOther)
	return nil
}

// removePerson takes a person out, as a release that can be rolled back. Their
// sessions end at once.
func (w *Web) removePerson(rw http.ResponseWriter, r *http.Request, v viewer) error {
	name := r.PathValue("name")
	ref := throughline.Ref{Kind: throughline.KindPerson, Name: name}
	rel, err := w.Staff.Apply(r.Context(), v.Caller, content.Change{Delete: []throughline.Ref{ref}, Message: "remove " + name})
	if err != nil {
		return err
	}
	w.toast(rw, r, staffed(rel, toast{Text: name + " is out.", Undo: &undo{URL: releaseURL(rel.Number) + "/rollback"}}))
	http.Redirect(rw, r, "/people", http.StatusSeeOther)
	return nil
}

func (w *Web) changePassword(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	visit := operate.Visit{Caller: v.Caller, Session: v.Session}
	err := w.People.ChangePassword(r.Context(), visit, r.PostFormValue("old"), r.PostFormValue("password"), w.origin(r))
	if err != nil {
		f := serve.FaultOf(err)
		if f.Status >= http.StatusInternalServerError {
			return err
		}
		return w.showPerson(rw, r, v, v.Person(), f.Status, personPage{Problem: &f})
	}
	w.toast(rw, r, toast{Text: "The password is changed, and your other sessions are over."})
	http.Redirect(rw, r, personURL(v.Person()), http.StatusSeeOther)
	return nil
}

func (w *Web) endSession(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := w.People.EndSession(r.Context(), v.Person(), r.PathValue("id")); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "That session is over."})
	http.Redirect(rw, r, personURL(v.Person()), http.StatusSeeOther)
	return nil
}

func (w *Web) signOutEverywhere(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := w.People.EndSessions(r.Context(), v.Person(), v.Session); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: "You are signed out everywhere else."})
	http.Redirect(rw, r, personURL(v.Person()), http.StatusSeeOther)
	return nil
}
