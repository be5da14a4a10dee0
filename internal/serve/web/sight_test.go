package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// seen is a real engine behind the door, with Ana signed in.
type seen struct {
	*enginetest.Engine
	mux    *serve.Mux
	cookie string
}

func newSeen(t testing.TB, more ...string) *seen {
	t.Helper()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, more...)
	return behind(t, e)
}

func behind(t testing.TB, e *enginetest.Engine) *seen {
	t.Helper()
	s := &seen{Engine: e, mux: serve.NewMux()}
	w, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, Library: e.Content, Making: e.Content, Releases: e.Content, PublicURL: "https://engine.example", Log: slog.New(slog.DiscardHandler),
		Sight: &web.Sight{
			Stands: e.Operate, Decisions: e.Plane, Exclusions: e.Content, Stories: e.Content,
			Journal: operate.NewJournal(e.Core), Lookup: operate.NewLookup(e.Core),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Register(s.mux)
	if err := e.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	s.cookie = s.signIn(t, "ana")
	return s
}

func (s *seen) signIn(t testing.TB, person string) string {
	t.Helper()
	cookie, _, err := s.Access.StartSession(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

func (s *seen) ask(method, target, cookie string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html,*/*")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: cookie})
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	return w
}

// page returns a page that is whole.
func (s *seen) page(t testing.TB, target string) *goquery.Document {
	t.Helper()
	w := s.ask(http.MethodGet, target, s.cookie, nil)
	if w.Code != http.StatusOK {
		t.Fatalf("%s answers %d: %s", target, w.Code, w.Body)
	}
	doc := parse(t, w)
	if found := faults(doc); len(found) > 0 {
		t.Errorf("%s: faults %q", target, found)
	}
	return doc
}

func told(unit string, id throughline.DecisionID, event string) string {
	return fmt.Sprintf(`{"messageId": %q, "userId": %q, "event": %q, "properties": {"decisionId": %q}}`, string(id)+event, unit, event, id)
}

// lived is an engine that decided for sixty visitors, was seen by all and reached
// its goal with every third.
func lived(t testing.TB) (*seen, throughline.Decision) {
	t.Helper()
	s := newSeen(t)
	var last throughline.Decision
	for i := range 60 {
		unit := fmt.Sprintf("visitor-%d", i)
		last = s.Decide(t, "home.hero", unit, map[string]any{"plan": "secret-plan"})
		s.Observe(t, "track", told(unit, last.ID, "Throughline Exposure"))
		if i%3 == 2 {
			s.Observe(t, "track", told(unit, last.ID, "Signed Up"))
		}
	}
	s.Recorded(t, 60)
	enginetest.Eventually(t, "the exposures are counted", func() bool {
		stand, err := s.Operate.Stand(t.Context(), "home.hero", 0, 1)
		return err == nil && stand.Line.Deliveries >= 60
	})
	return s, last
}

func TestThePagesThatShowWhatHappens(t *testing.T) {
	t.Parallel()
	s, d := lived(t)
	t.Run("a placement answers in a sentence, with its variants, effects and last decisions", func(t *testing.T) {
		doc := s.page(t, "/placement/home.hero")
		if says := words(doc.Find(".sentence")); !strings.Contains(says, "holdout") {
			t.Errorf("it says %q", says)
		}
		if n := doc.Find("#variants tbody tr").Length(); n != 4 {
			t.Errorf("%d variants, want 4", n)
		}
		if n := doc.Find(".effects tbody tr").Length(); n != 4 {
			t.Errorf("%d effects, want one for each of 4 pieces", n)
		}
		if n := doc.Find(`[data-live="rows"] tr`).Length(); n != 20 {
			t.Errorf("%d decisions, want the last 20", n)
		}
		if !strings.Contains(doc.Text(), "https://engine.example/ofrep/v1/evaluate/flags/home.hero") {
			t.Error("there is no snippet to ask it where people reach the engine")
		}
	})
	t.Run("no page shows a trait or a recipient's id", func(t *testing.T) {
		event := fmt.Sprintf("/journal/%d", s.Events(t)[len(s.Events(t))-1].Seq)
		for _, target := range []string{"/placement/home.hero", "/decision/" + string(d.ID), "/journal", event, "/journal.jsonl", "/variant/home.hero/" + string(d.Variant)} {
			if body := s.ask(http.MethodGet, target, s.cookie, nil).Body.String(); strings.Contains(body, "secret-plan") || strings.Contains(body, "visitor-59") {
				t.Errorf("%s tells of the recipient", target)
			}
		}
	})
	t.Run("a variant shows its way from brief to outcomes", func(t *testing.T) {
		doc := s.page(t, "/variant/home.hero/"+string(d.Variant))
		if way := strings.Join(texts(doc.Find(".way > li > .soft:first-child")), " "); way != "Brief Template Pieces Variant Releases Exposures Outcomes" {
			t.Errorf("its way is %q", way)
		}
		if doc.Find("#answers").Length() != 1 || strings.Contains(doc.Text(), "Approved by") {
			t.Error("what lets it be shown is not asked for, or asked for though nobody wants it")
		}
		told := s.page(t, "/variant/home.hero/"+string(d.Variant)+"?answers=1")
		if says := told.Find("#answers").Parent().Text(); !strings.Contains(says, "Everything in it may be shown now; the checks have nothing to say. Live with release") || !strings.Contains(says, "Template/card") || !strings.Contains(says, "always, everywhere") {
			t.Errorf("what lets it be shown: %s", says)
		}
		if doc.Find(".stage iframe").AttrOr("sandbox", "none") != "" {
			t.Error("the rendering can run something")
		}
		if w := s.ask(http.MethodGet, "/variant/home.hero/0123456789abcdef0123", s.cookie, nil); w.Code != http.StatusNotFound {
			t.Errorf("a variant that never was answers %d", w.Code)
		}
	})
	t.Run("a decision says why, what else there was, and what came of it", func(t *testing.T) {
		doc := s.page(t, "/decision/"+string(d.ID))
		if says := words(doc.Find(".sentence")); !strings.HasPrefix(says, "This person saw variant ") {
			t.Errorf("it says %q", says)
		}
		if got := words(doc.Find(".timeline")); !strings.Contains(got, "Decided") || !strings.Contains(got, "An exposure") || !strings.Contains(got, "Signed Up") {
			t.Errorf("what came of it is %q", got)
		}
		if n := doc.Find(".side").Length(); n != 3 {
			t.Errorf("%d sides, want then, today and the rendering", n)
		}
	})
	t.Run("an id of nobody's is said beside the field that keeps it", func(t *testing.T) {
		w := s.ask(http.MethodGet, "/inspect?decision=nonsense", s.cookie, nil)
		doc := parse(t, w)
		if w.Code != http.StatusUnprocessableEntity || doc.Find(`[name="decision"]`).AttrOr("value", "") != "nonsense" || doc.Find(".wrong-text").Length() != 1 {
			t.Errorf("%d: %s", w.Code, words(doc.Find("main")))
		}
	})
}

func TestARecipientIsNeverInAnAddress(t *testing.T) {
	t.Parallel()
	s, _ := lived(t)
	ask := func(unit string) string {
		w := s.ask(http.MethodPost, "/inspect", s.cookie, url.Values{"unit": {unit}})
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
		return w.Header().Get("Location")
	}
	to := ask("visitor-7")
	if strings.Contains(to, "visitor-7") {
		t.Errorf("the address names the recipient: %s", to)
	}
	doc := s.page(t, to)
	if got := doc.Find("tbody tr").Length(); got < 2 || !strings.Contains(words(doc.Find("table")), "home.hero") {
		t.Errorf("%d rows: %s", got, words(doc.Find("main")))
	}
	t.Run("who was never seen is said to be unknown", func(t *testing.T) {
		if says := words(s.page(t, ask("nobody")).Find(".sentence")); !strings.Contains(says, "never decided") {
			t.Errorf("it says %q", says)
		}
	})
	t.Run("who was forgotten is said to be forgotten, and the address of before has nothing any more but sealed events", func(t *testing.T) {
		if _, err := s.Recipients.Forget(t.Context(), enginetest.Ana(), "visitor-7"); err != nil {
			t.Fatal(err)
		}
		if says := words(s.page(t, ask("visitor-7")).Find(".sentence")); !strings.Contains(says, "forgotten") {
			t.Errorf("it says %q", says)
		}
	})
	t.Run("another person cannot use the address, nor can anybody change it", func(t *testing.T) {
		s.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: omar}\nspec: {name: Omar, roles: [{role: operator}]}\n")
		if w := s.ask(http.MethodGet, to, s.signIn(t, "omar"), nil); w.Code != http.StatusNotFound {
			t.Errorf("another person is answered %d", w.Code)
		}
		if w := s.ask(http.MethodGet, to[:len(to)-3]+"AAA", s.cookie, nil); w.Code != http.StatusNotFound {
			t.Errorf("a changed address is answered %d", w.Code)
		}
	})
	t.Run("who may only read may not ask by recipient", func(t *testing.T) {
		s.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: vera}\nspec: {name: Vera, roles: [{role: viewer}]}\n")
		vera := s.signIn(t, "vera")
		if w := s.ask(http.MethodPost, "/inspect", vera, url.Values{"unit": {"visitor-8"}}); w.Code != http.StatusForbidden {
			t.Errorf("the form answers %d", w.Code)
		}
		if doc := parse(t, s.ask(http.MethodGet, "/inspect", vera, nil)); doc.Find(`[name="unit"]`).Length() != 0 || doc.Find(`[name="decision"]`).Length() != 1 {
			t.Error("the page offers what the viewer may not do")
		}
	})
}

func TestTheJournal(t *testing.T) {
	t.Parallel()
	s, _ := lived(t)
	all := s.Events(t)
	t.Run("pages lead through every event once", func(t *testing.T) {
		got := map[string]bool{}
		for at := "/journal"; at != ""; {
			doc := s.page(t, at)
			doc.Find("tbody th a").Each(func(_ int, a *goquery.Selection) {
				href := a.AttrOr("href", "")
				if got[href] {
					t.Errorf("%s twice", href)
				}
				got[href] = true
			})
			at = doc.Find(`[rel="next"]`).AttrOr("href", "")
		}
		if len(got) < len(all) {
			t.Errorf("%d events shown, %d are there", len(got), len(all))
		}
	})
	for _, f := range []struct{ query, want string }{
		{"type=exposure", "exposure.confirmed"}, {"object=placement/home.hero", "decision.made"}, {"type=release.published", "release.published"},
	} {
		t.Run("narrowed by "+f.query+" it shows that alone", func(t *testing.T) {
			types := texts(s.page(t, "/journal?"+f.query).Find("tbody code"))
			if len(types) == 0 {
				t.Fatal("nothing is shown")
			}
			for _, got := range types {
				if got != f.want {
					t.Errorf("it shows a %s", got)
				}
			}
		})
	}
	t.Run("a time that is none is said, and a time to come has nothing", func(t *testing.T) {
		if w := s.ask(http.MethodGet, "/journal?from=yesterday", s.cookie, nil); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusBadRequest {
			t.Errorf("it answers %d", w.Code)
		}
		if n := s.page(t, "/journal?from=2099-01-01").Find("tbody tr").Length(); n != 0 {
			t.Errorf("%d events of the year 2099", n)
		}
	})
	t.Run("one event shows its payload, what is sealed, and its neighbours", func(t *testing.T) {
		for _, e := range all {
			if e.Type != throughline.EventDecisionMade {
				continue
			}
			doc := s.page(t, fmt.Sprintf("/journal/%d", e.Seq))
			if got := words(doc.Find("main")); !strings.Contains(got, `"propensity"`) || !strings.Contains(got, "sealed under the recipient's own key") {
				t.Errorf("it shows %q", got)
			}
			return
		}
	})
	t.Run("an embargoed release is there for its author, and for nobody who may not see it", func(t *testing.T) {
		s.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: vera}\nspec: {name: Vera, roles: [{role: viewer}]}\n")
		resources, err := content.Read(enginetest.Files(enginetest.Headline("Embargoed words")))
		if err != nil {
			t.Fatal(err)
		}
		rel, err := s.Content.Propose(t.Context(), enginetest.Shell(), content.Proposal{
			Change:   content.Change{Resources: resources},
			Schedule: throughline.Schedule{Zone: "UTC", GoLive: "2098-01-01T10:00", Embargo: "2098-01-01T10:00"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Core.RelayNow(t.Context()); err != nil {
			t.Fatal(err)
		}
		object := fmt.Sprintf("/journal?object=release/%d", rel.Number)
		if n := s.page(t, object).Find("tbody tr").Length(); n == 0 {
			t.Error("its author sees nothing of it")
		}
		vera := s.signIn(t, "vera")
		if n := parse(t, s.ask(http.MethodGet, object, vera, nil)).Find("tbody tr").Length(); n != 0 {
			t.Errorf("a viewer sees %d events of it", n)
		}
		for _, e := range s.Events(t) {
			if len(e.Objects) > 0 && e.Objects[0].Type == "release" && e.Objects[0].ID == fmt.Sprint(rel.Number) {
				if w := s.ask(http.MethodGet, fmt.Sprintf("/journal/%d", e.Seq), vera, nil); w.Code != http.StatusNotFound {
					t.Errorf("event %d answers a viewer with %d", e.Seq, w.Code)
				}
			}
		}
		if body := s.ask(http.MethodGet, "/journal.jsonl?object=release/"+fmt.Sprint(rel.Number), vera, nil).Body.String(); body != "" {
			t.Errorf("the export has %s", body)
		}
	})
	t.Run("no cell of the CSV runs in a spreadsheet", func(t *testing.T) {
		for line := range strings.SplitSeq(s.ask(http.MethodGet, "/journal.csv", s.cookie, nil).Body.String(), "\n") {
			for _, c := range strings.Split(line, ",") {
				if c != "" && strings.ContainsRune("=+-@", rune(strings.Trim(c, `"`+" ")[0])) {
					t.Errorf("cell %q", c)
				}
			}
		}
	})
}
