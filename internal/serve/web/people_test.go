package web_test

import (
	"encoding/csv"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// office is the door on a real engine, with people in it.
type office struct {
	*enginetest.Engine
	mux *serve.Mux
	t   testing.TB
}

func openOffice(t testing.TB) *office {
	t.Helper()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: steve}\nspec: {name: Steve Ward, roles: [{role: steward}]}\n---\napiVersion: throughline/v1\nkind: Person\nmetadata: {name: mia}\nspec: {name: Mia Bell, roles: [{role: maker}]}\n")
	if err := e.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	w, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, People: e.Access, Staff: e.Content, Audit: operate.NewAudit(e.Core),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{Engine: e, mux: serve.NewMux(), t: t}
	w.Register(o.mux)
	return o
}

// as asks for a page as a person, or as a stranger.
func (o *office) as(person, method, target string, form url.Values) *httptest.ResponseRecorder {
	o.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if person != "" {
		cookie, _, err := o.Access.StartSession(o.t.Context(), person)
		if err != nil {
			o.t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: cookie})
	}
	w := httptest.NewRecorder()
	o.mux.ServeHTTP(w, r)
	return w
}

func invitation(name string, more ...string) url.Values {
	v := url.Values{"display": {"Cleo Marsh"}, "name": {name}, "discipline": {"creative"}, "life": {"3"}, "role.0": {"maker"}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func TestInvitingFromThePage(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	t.Run("a steward invites somebody new, who joins by the link", func(t *testing.T) {
		w := o.as("steve", http.MethodPost, "/people", invitation("cleo", "markets.0", "de, CH"))
		doc := parse(t, w)
		link := words(doc.Find(".once code"))
		if w.Code != http.StatusOK || !strings.HasPrefix(link, "http://example.com/welcome/") {
			t.Fatalf("%d %q %s", w.Code, link, words(doc.Find("[role=alert]")))
		}
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
		if again := o.as("steve", http.MethodGet, "/people", nil); strings.Contains(again.Body.String(), link) {
			t.Error("the link is shown a second time")
		}
		in := o.as("", http.MethodPost, strings.TrimPrefix(link, "http://example.com"), url.Values{"password": {"four plain words"}})
		if in.Code != http.StatusSeeOther || len(in.Result().Cookies()) < 2 {
			t.Fatalf("%d %v", in.Code, in.Result().Cookies())
		}
		visit, err := o.Access.Visit(t.Context(), in.Result().Cookies()[0].Value)
		if err != nil || visit.Who.Name != "Cleo Marsh" || !visit.Caller.May(engine.RightMake, engine.Area{Kind: throughline.KindFragment, Markets: []string{"de-AT"}}) ||
			visit.Caller.May(engine.RightMake, engine.Area{Kind: throughline.KindFragment, Markets: []string{"fr"}}) {
			t.Errorf("%+v, %v", visit, err)
		}
	})
	t.Run("what is wrong is said, and what was typed stays", func(t *testing.T) {
		for name, form := range map[string]url.Values{
			"a market":   invitation("dora", "markets.0", "<script>"),
			"a name":     invitation("Dora <b>"),
			"no name":    invitation("dora", "display", " "),
			"a brand":    invitation("dora", "brands.0", "nowhere"),
			"a life":     invitation("dora", "life", "99"),
			"a kind":     invitation("dora", "kinds.0", "Secret"),
			"at a shell": invitation("os/root"),
		} {
			w := o.as("steve", http.MethodPost, "/people", form)
			doc := parse(t, w)
			if w.Code != http.StatusBadRequest || doc.Find("[role=alert]").Length() != 1 {
				t.Errorf("%s: %d %s", name, w.Code, words(doc.Find("[role=alert]")))
			}
			if got, _ := doc.Find("#f-name").Attr("value"); got != form.Get("name") {
				t.Errorf("%s: the name is %q now", name, got)
			}
			if strings.Contains(w.Body.String(), "<script>") || strings.Contains(w.Body.String(), "Dora <b>") {
				t.Errorf("%s: it is not text any more", name)
			}
		}
	})
	t.Run("a maker may not, and the roles of a steward are not a steward's to lose alone", func(t *testing.T) {
		if w := o.as("mia", http.MethodPost, "/people", invitation("dora")); w.Code != http.StatusForbidden {
			t.Errorf("%d", w.Code)
		}
		if w := o.as("mia", http.MethodPost, "/people/mia/roles", url.Values{"role.0": {"steward"}}); w.Code != http.StatusForbidden {
			t.Errorf("%d", w.Code)
		}
		if w := o.as("steve", http.MethodPost, "/people/ana/link", url.Values{}); w.Code != http.StatusForbidden {
			t.Errorf("a steward makes a link for the owner: %d", w.Code)
		}
	})
}

func TestASessionThatEndsWhileOneTypes(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	secret, err := o.Access.Invite(t.Context(), engine.AtShell(enginetest.Ana()), "steve", 24*60*60*1e9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Access.Accept(t.Context(), secret, "four plain words", operate.Origin{}); err != nil {
		t.Fatal(err)
	}
	typed := url.Values{"role.0": {"viewer"}, "markets.0": {`de "<x>`}, "role.1": {"maker"}}
	w := o.as("", http.MethodPost, "/people/mia/roles", typed)
	doc := parse(t, w)
	sealed, _ := doc.Find("input[name=resume]").Attr("value")
	if w.Code != http.StatusUnauthorized || sealed == "" || strings.Contains(sealed, "viewer") {
		t.Fatalf("%d, sealed %q", w.Code, sealed)
	}
	t.Run("it is not taken", func(t *testing.T) {
		res, err := o.Content.Get(t.Context(), throughline.Ref{Kind: throughline.KindPerson, Name: "mia"})
		if err != nil || res.Spec.(*throughline.Person).Roles[0].Role != throughline.Maker {
			t.Errorf("%+v, %v", res.Spec, err)
		}
	})
	t.Run("a wrong password keeps it", func(t *testing.T) {
		w := o.as("", http.MethodPost, "/sign-in", url.Values{"person": {"steve"}, "password": {"wrong"}, "resume": {sealed}})
		if got, _ := parse(t, w).Find("input[name=resume]").Attr("value"); got != sealed {
			t.Error("it is gone")
		}
	})
	t.Run("signing in gives back every field, to be sent", func(t *testing.T) {
		w := o.as("", http.MethodPost, "/sign-in", url.Values{"person": {"steve"}, "password": {"four plain words"}, "resume": {sealed}})
		doc := parse(t, w)
		if action, _ := doc.Find(".door form").First().Attr("action"); action != "/people/mia/roles" {
			t.Errorf("it goes to %q", action)
		}
		for name, values := range typed {
			if got, _ := doc.Find(fmt.Sprintf("input[name='%s']", name)).Attr("value"); got != values[0] {
				t.Errorf("%s is %q", name, got)
			}
		}
	})
	t.Run("a forged one signs in and sends nothing", func(t *testing.T) {
		w := o.as("", http.MethodPost, "/sign-in", url.Values{"person": {"steve"}, "password": {"four plain words"}, "resume": {sealed[:len(sealed)-4] + "AAAA"}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" {
			t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
		}
	})
}

func TestAudit(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	evil := engine.AtShell(throughline.Actor{Kind: throughline.ActorPerson, ID: `=HYPERLINK("http://evil.example")`})
	if _, err := o.Access.CreateToken(t.Context(), evil, operate.TokenRequest{Name: "site", Scope: operate.ScopeRead}); err != nil {
		t.Fatal(err)
	}
	t.Run("it says who did what, the latest first, page by page", func(t *testing.T) {
		seen, next := map[string]bool{}, "/audit"
		for pages := 0; next != ""; pages++ {
			doc := parse(t, o.as("mia", http.MethodGet, next, nil))
			for _, row := range doc.Find("tbody tr").EachIter() {
				n := words(row.Find("td").Last())
				if seen[n] {
					t.Fatalf("event %s comes twice", n)
				}
				seen[n] = true
			}
			next, _ = doc.Find("a[rel=next]").Attr("href")
			if pages > 20 {
				t.Fatal("it does not end")
			}
		}
		want := 0
		for _, ev := range o.Events(t) {
			if ev.Type != throughline.EventSnapshotPublished && ev.Type != throughline.EventEpochPublished {
				want++
			}
		}
		if len(seen) != want {
			t.Errorf("%d rows of %d events", len(seen), want)
		}
	})
	t.Run("a filter finds", func(t *testing.T) {
		doc := parse(t, o.as("mia", http.MethodGet, "/audit?type=access&object=site", nil))
		if doc.Find("tbody tr").Length() != 1 {
			t.Errorf("%d rows", doc.Find("tbody tr").Length())
		}
		for _, bad := range []string{"/audit?from=yesterday", "/audit?before=x", "/audit?to=2026-13-01"} {
			if w := o.as("mia", http.MethodGet, bad, nil); w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", bad, w.Code)
			}
		}
	})
	t.Run("what is far back is a page away, and in the CSV at once", func(t *testing.T) {
		by := throughline.Actor{Kind: throughline.ActorPerson, ID: "mia"}
		for range 7 {
			var batch []throughline.Event
			for range 3000 {
				batch = append(batch, o.Core.NewEvent(throughline.EventPieceVersioned, throughline.ResourceVersioned{}, by, ""))
			}
			if _, err := o.Core.Record.Journal.Append(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		doc := parse(t, o.as("mia", http.MethodGet, "/audit?type=access&object=site", nil))
		for asked := 0; doc.Find("p.notes[role=status]").Length() > 0; asked++ { // the journal is still read
			if asked > 20 {
				t.Fatal("it is never read to its end")
			}
			doc = parse(t, o.as("mia", http.MethodGet, "/audit?type=access&object=site", nil))
		}
		further, ok := doc.Find("a[rel=next]").Attr("href")
		if !ok || doc.Find("tbody tr").Length() != 0 || !strings.Contains(words(doc.Find(".sentence")), "there is more before") {
			t.Fatalf("%s", words(doc.Find("main")))
		}
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
		for looks := 1; doc.Find("tbody tr").Length() == 0 && ok; looks++ {
			if doc = parse(t, o.as("mia", http.MethodGet, further, nil)); looks > 5 {
				t.Fatal("it is not found in 5 looks")
			}
			further, ok = doc.Find("a[rel=next]").Attr("href")
		}
		if doc.Find("tbody tr").Length() != 1 {
			t.Errorf("further back: %s", words(doc.Find("main")))
		}
		rows, err := csv.NewReader(o.as("mia", http.MethodGet, "/audit.csv?type=access&object=site", nil).Body).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
	t.Run("its CSV runs nothing in a spreadsheet", func(t *testing.T) {
		w := o.as("mia", http.MethodGet, "/audit.csv", nil)
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) < 10 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		found := false
		for _, row := range rows {
			for _, c := range row {
				found = found || c == `'=HYPERLINK("http://evil.example")`
				if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r") {
					t.Errorf("a formula: %q", c)
				}
			}
		}
		if !found {
			t.Error("the search for formulas is blind")
		}
	})
}
