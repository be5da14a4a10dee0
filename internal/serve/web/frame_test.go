package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// pathsWithoutPage answer with something else than a page for people;
// docs/pages.md says so below its table.
var pathsWithoutPage = []string{"/events/start", "/captions/served/{release}", "/make/copy.csv", "/make/copy.xlf", "/make/names", "/make/preview/{kind}/{name...}", "/look/{name...}", "/audit.csv", "/journal.csv", "/journal.jsonl", "/events/journal", "/events/placement/{name...}", "/sign-in/oidc", "/calendar.ics", "/draft/rendering/{at}/{side}", "/release/{number}/rendering/{at}/{side}", "/line/events", "/assets/{version}/{file...}", "/enter/{secret}", "/shared/{secret}/list.csv", "/shared/{secret}/list.json", "/shared/{secret}/media/{piece}/{rendition}"}

// undocumented returns the pages among routes that a table of pages lacks, and
// the rows that lead nowhere.
func undocumented(routes []serve.Route, doc string) (missing, gone []string) {
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| `([^`]+)`").FindAllStringSubmatch(doc, -1)
	listed := map[string]bool{}
	for _, m := range rows {
		listed[m[1]] = true
	}
	for _, r := range routes {
		path, ok := strings.CutPrefix(r.Pattern, "GET ")
		path = strings.TrimSuffix(path, "{$}")
		if !ok || slices.Contains(pathsWithoutPage, path) {
			continue
		}
		if !listed[path] {
			missing = append(missing, path)
		}
		delete(listed, path)
	}
	for path := range listed {
		gone = append(gone, path)
	}
	return missing, gone
}

func TestEveryPageHasItsRow(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/pages.md")
	if err != nil {
		t.Fatal(err)
	}
	mux, _ := newStand(samples()["full"]).mux(t, everyDoor)
	missing, gone := undocumented(mux.Routes(), string(doc))
	if len(missing) > 0 {
		t.Errorf("docs/pages.md has no row for %q", missing)
	}
	if len(gone) > 0 {
		t.Errorf("docs/pages.md has rows for %q, which no route serves", gone)
	}
	planted := []serve.Route{{Pattern: "GET /nowhere/{name}"}}
	if missing, _ := undocumented(planted, string(doc)); !slices.Equal(missing, []string{"/nowhere/{name}"}) {
		t.Errorf("a page without a row is not noticed: %q", missing)
	}
}

func TestEveryTermOnAPageIsDefined(t *testing.T) {
	files, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	use := regexp.MustCompile(`\{\{term "([^"]+)"`)
	used := 0
	for _, f := range files {
		text, err := os.ReadFile("templates/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range use.FindAllStringSubmatch(string(text), -1) {
			used++
			if !defines(throughline.Glossary(), m[1]) {
				t.Errorf("templates/%s: docs/glossary.md does not define %q", f.Name(), m[1])
			}
		}
	}
	if used < 15 {
		t.Errorf("only %d terms were found", used)
	}
	if defines(throughline.Glossary(), "flurb") {
		t.Error("a word that nobody defines counts as defined")
	}
}

// defines reports whether the text has an entry for a word or its singular.
func defines(text, word string) bool {
	for _, w := range []string{word, strings.TrimSuffix(word, "s"), strings.TrimSuffix(word, "ies") + "y"} {
		if regexp.MustCompile(`(?mi)^\*\*([^*]+, )?` + regexp.QuoteMeta(w) + `(, [^*]+)?\.\*\*`).MatchString(text) {
			return true
		}
	}
	return false
}

func TestTheFrameIsOnEveryPage(t *testing.T) {
	s := newStand(samples()["full"])
	s.declared = declared(3)
	mux, _ := s.mux(t)
	for _, r := range mux.Routes() {
		path, ok := strings.CutPrefix(r.Pattern, "GET ")
		if !ok || strings.ContainsAny(path, "{") && path != "/{$}" || r.Open != "" || path == "/line/events" {
			continue
		}
		path = strings.TrimSuffix(path, "{$}")
		t.Run(path, func(t *testing.T) {
			w := get(t, mux, path)
			doc := parse(t, w)
			if got := faults(doc); w.Code != http.StatusOK || len(got) > 0 {
				t.Fatalf("%d, faults: %q", w.Code, got)
			}
			if got := strings.Join(texts(doc.Find(".stations .name")), " "); got != "Brief Make Check Release Decide Deliver Learn" {
				t.Errorf("stations are %q", got)
			}
			on := doc.Find(".stations [aria-current]")
			if station := doc.Find(`.stations [href="` + path + `"]`); station.Length() == 1 && on.AttrOr("href", "") != path || on.Length() > 1 {
				t.Errorf("%d stations are filled", on.Length())
			}
			if doc.Find("#palette [role=combobox]").Length() != 1 || doc.Find("#keys").Length() != 1 || doc.Find(".crumbs [aria-current]").Length() != 1 {
				t.Error("the palette, the keys or the crumbs are missing")
			}
		})
	}
}

// declared makes so many fragments and a brief.
func declared(n int) (all []throughline.Resource) {
	all = append(all, throughline.Resource{Kind: throughline.KindBrief, Metadata: throughline.Metadata{Name: "autumn"}, Spec: &throughline.Brief{Title: "Autumn sale"}})
	for i := range n {
		all = append(all, throughline.Resource{
			Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: fmt.Sprintf("cta-%06d", i)},
			Spec: &throughline.Fragment{Role: "cta", Values: map[string]string{"en": `Buy <b>"now"`, "de": "Kaufen"}},
		})
	}
	return all
}

func TestStations(t *testing.T) {
	s := newStand(samples()["full"])
	s.declared = declared(120)
	mux, _ := s.mux(t)
	t.Run("a list goes on from its last name to its end", func(t *testing.T) {
		seen, target := map[string]bool{}, "/make"
		for pages := 0; target != "" && pages < 5; pages++ {
			doc := parse(t, get(t, mux, target))
			for _, name := range texts(doc.Find("[data-row] th")) {
				if seen[name] {
					t.Errorf("%s is listed twice", name)
				}
				seen[name] = true
			}
			target = doc.Find(`[rel="next"]`).AttrOr("href", "")
		}
		if len(seen) != 120 {
			t.Errorf("%d of 120 are listed", len(seen))
		}
	})
	t.Run("a filter keeps its words, and says when nothing is called so", func(t *testing.T) {
		doc := parse(t, get(t, mux, "/make?q=00011"))
		if got := doc.Find("[data-row]").Length(); got != 11 || doc.Find("[name=q]").AttrOr("value", "") != "00011" {
			t.Errorf("%d rows", got)
		}
		if got := words(parse(t, get(t, mux, "/make?q="+url.QueryEscape(`"><i>`))).Find(".pager")); !strings.Contains(got, "None says") {
			t.Errorf("says %q", got)
		}
	})
	t.Run("what people wrote is shown as they wrote it", func(t *testing.T) {
		if got := words(parse(t, get(t, mux, "/make")).Find(`td[data-label="Says"]`).First()); got != `Buy <b>"now"` {
			t.Errorf("shows %q", got)
		}
	})
	t.Run("outcomes that no goal knows are named where they arrive, and lead to the goal that was meant", func(t *testing.T) {
		l := samples()["full"]
		l.Unheard = operate.Unheard{Others: 3, Events: []operate.UnheardEvent{{Event: "<signed_up>", Count: 2, Goal: "sign-up", Meant: "Signed Up"}}}
		mistaken := newStand(l)
		mux, _ := mistaken.mux(t)
		doc := parse(t, get(t, mux, "/deliver"))
		if got := texts(doc.Find(".banner")); len(got) != 2 || !strings.Contains(got[0], "<signed_up>") || !strings.Contains(got[1], "3 more") {
			t.Errorf("says %q", got)
		}
		if doc = parse(t, get(t, mux, "/decide")); doc.Find(".banner.warn").Length() > 0 {
			t.Error("another station says so too")
		}
	})
	t.Run("an empty station says what will be here", func(t *testing.T) {
		empty, _ := newStand(samples()["empty"]).mux(t)
		for _, path := range []string{"/brief", "/make", "/check", "/release", "/decide", "/deliver", "/learn"} {
			if got := words(parse(t, get(t, empty, path)).Find(".beginning h2")); got == "" {
				t.Errorf("%s says nothing", path)
			}
		}
	})
}

func TestSearch(t *testing.T) {
	s := newStand(samples()["full"])
	s.declared = declared(3)
	mux, _ := s.mux(t)
	ask := func(q string) (hits []map[string]string) {
		r := httptest.NewRequest(http.MethodGet, "/search?as=json&q="+url.QueryEscape(q), nil)
		r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		var answer struct{ Hits []map[string]string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%q: %v in %s", q, err, w.Body)
		}
		return answer.Hits
	}
	t.Run("no question offers the pages", func(t *testing.T) {
		if got := ask(""); len(got) < 9 || got[0]["url"] != "/" {
			t.Errorf("%v", got)
		}
	})
	t.Run("pages come before objects", func(t *testing.T) {
		got := ask("lea")
		if len(got) == 0 || got[0]["title"] != "Learn" || got[0]["url"] != "/learn" {
			t.Errorf("%v", got)
		}
	})
	t.Run("objects are found by name", func(t *testing.T) {
		if got := ask("cta-000001"); len(got) != 1 || got[0]["kind"] != "Fragment" {
			t.Errorf("%v", got)
		}
	})
	t.Run("nasty questions are answered", func(t *testing.T) {
		for _, q := range []string{"\x00", "a\xff", strings.Repeat("ä", 5000), `"><script>`} {
			ask(q)
			if w := get(t, mux, "/search?q="+url.QueryEscape(q)); w.Code != http.StatusOK || len(faults(parse(t, w))) > 0 {
				t.Errorf("%.20q: %d", q, w.Code)
			}
		}
	})
	t.Run("strangers and scripts of theirs are told to sign in", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, "/search?as=json", nil)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%d", w.Code)
		}
	})
}

func TestErrorPagesHelp(t *testing.T) {
	s := newStand(samples()["full"])
	s.declared = declared(3)
	mux, _ := s.mux(t)
	t.Run("a mistyped address offers what is called nearly so", func(t *testing.T) {
		got := texts(parse(t, get(t, mux, "/fragments/cta-00000")).Find(".door li"))
		if len(got) != 3 || got[0] != "cta-000000 Fragment" {
			t.Errorf("%q", got)
		}
	})
	t.Run("who lacks a right reads which, and who gives it", func(t *testing.T) {
		s.grants = []throughline.Grant{}
		defer func() { s.grants = nil }()
		w := get(t, mux, "/make")
		got := words(parse(t, w).Find("main"))
		if w.Code != http.StatusForbidden || !strings.Contains(got, engine.RightRead.Words()) || !strings.Contains(got, "viewer") || !strings.Contains(got, "Ada Kowalska") {
			t.Errorf("%d %q", w.Code, got)
		}
	})
}

func TestToasts(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	show := func(value string) (*goquery.Document, *http.Response) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
		r.AddCookie(&http.Cookie{Name: "throughline_toast", Value: value})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return parse(t, w), w.Result()
	}
	t.Run("a toast is said once, and its undo leads nowhere but here", func(t *testing.T) {
		// {"t":"<b>Done</b>","u":{"a":"https://evil.example/x","f":{"n":"1"}}}
		doc, answer := show("eyJ0IjoiPGI-RG9uZTwvYj4iLCJ1Ijp7ImEiOiJodHRwczovL2V2aWwuZXhhbXBsZS94IiwiZiI6eyJuIjoiMSJ9fX0")
		if got := words(doc.Find(".toast p")); got != "<b>Done</b>" {
			t.Errorf("says %q", got)
		}
		if got := doc.Find(".toast form").AttrOr("action", ""); got != "/" {
			t.Errorf("undo leads to %q", got)
		}
		if c := answer.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
			t.Errorf("the toast stays: %v", c)
		}
	})
	t.Run("a cookie of nonsense says nothing", func(t *testing.T) {
		for _, value := range []string{"x", "e30", strings.Repeat("A", 4000)} {
			if doc, _ := show(value); doc.Find(".toast").Length() > 0 {
				t.Errorf("%.10q is a toast", value)
			}
		}
	})
}
