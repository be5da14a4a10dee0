package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// ask sends a request of Ada's browser, or of a stranger's.
func ask(t testing.TB, h http.Handler, method, target string, signedIn bool, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html,*/*")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if signedIn {
		r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(t testing.TB, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, h, http.MethodGet, target, true, nil)
}

func parse(t testing.TB, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func lineDoc(t testing.TB, l operate.Line) *goquery.Document {
	t.Helper()
	mux, _ := newStand(l).mux(t)
	w := get(t, mux, "/")
	if w.Code != http.StatusOK {
		t.Fatalf("the page answers %d: %s", w.Code, w.Body)
	}
	return parse(t, w)
}

// words returns the text of a selection with single spaces.
func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// faults returns what is wrong with a page whatever it shows: references that
// lead nowhere, ids given twice, styles or scripts inline, controls without a
// name.
func faults(doc *goquery.Document) (found []string) {
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			found = append(found, "id twice: "+id)
		}
		ids[id] = true
	})
	for _, attr := range []string{"popovertarget", "for", "aria-labelledby", "aria-describedby"} {
		doc.Find("[" + attr + "]").Each(func(_ int, s *goquery.Selection) {
			for _, id := range strings.Fields(s.AttrOr(attr, "")) {
				if !ids[id] {
					found = append(found, attr+" leads nowhere: "+id)
				}
			}
		})
	}
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				found = append(found, "inline "+a.Key)
			}
			if strings.Contains(a.Val, "ZgotmplZ") {
				found = append(found, "refused value in "+a.Key)
			}
		}
	})
	doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		if !strings.HasPrefix(s.AttrOr("src", ""), "/assets/") || s.Text() != "" {
			found = append(found, "script of somebody else")
		}
	})
	if n := doc.Find("style").Length(); n > 0 {
		found = append(found, "inline style element")
	}
	if n := doc.Find("h1").Length(); n != 1 {
		found = append(found, fmt.Sprintf("%d h1", n))
	}
	doc.Find("button, a[href], summary, iframe").Each(func(_ int, s *goquery.Selection) {
		if words(s) == "" && s.AttrOr("aria-label", "") == "" && s.AttrOr("title", "") == "" {
			found = append(found, "control without a name: "+goquery.NodeName(s))
		}
	})
	doc.Find("input:not([type=hidden]):not([hidden])").Each(func(_ int, s *goquery.Selection) {
		id, named := s.Attr("id")
		named = named && doc.Find(`label[for="`+id+`"]`).Length() == 1
		if !named && s.Closest("label").Length() == 0 && s.AttrOr("aria-label", "") == "" {
			found = append(found, "field without a label: "+s.AttrOr("name", ""))
		}
	})
	return found
}

func TestTheCheckOfPagesCatchesEachFault(t *testing.T) {
	for fault, page := range map[string]string{
		"id twice: a":                          `<h1>x</h1><p id="a"></p><p id="a"></p>`,
		"popovertarget leads nowhere: b":       `<h1>x</h1><button popovertarget="b">x</button>`,
		"inline style":                         `<h1 style="color:red">x</h1>`,
		"inline onclick":                       `<h1 onclick="x()">x</h1>`,
		"script of somebody else":              `<h1>x</h1><script>alert(1)</script>`,
		"0 h1":                                 `<p>x</p>`,
		"control without a name: button":       `<h1>x</h1><button></button>`,
		"field without a label: q":             `<h1>x</h1><input id="q" name="q">`,
		"refused value in href":                `<h1>x</h1><a href="#ZgotmplZ">x</a>`,
		"inline style element":                 `<h1>x</h1><style>p{}</style>`,
		"aria-describedby leads nowhere: gone": `<h1 aria-describedby="gone">x</h1>`,
	} {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if got := faults(doc); !slices.Contains(got, fault) {
			t.Errorf("%s: found %q, want %q", page, got, fault)
		}
	}
}

func TestEverySampleIsAWholePage(t *testing.T) {
	for name, l := range samples() {
		t.Run(name, func(t *testing.T) {
			doc := lineDoc(t, l)
			if got := faults(doc); len(got) > 0 {
				t.Errorf("faults: %q", got)
			}
			var stations []string
			doc.Find(".station .name .term").Each(func(_ int, s *goquery.Selection) { stations = append(stations, words(s)) })
			if got := strings.Join(stations, " "); got != "Brief Make Check Release Decide Deliver Learn" {
				t.Errorf("stations are %s", got)
			}
			if got := words(doc.Find(".sentence")); !strings.Contains(got, l.Sentence) {
				t.Errorf("the answer is %q, want %q", got, l.Sentence)
			}
			if got, want := doc.Find("details.placement").Length(), len(l.Placements); got != want {
				t.Errorf("%d placements, want %d", got, want)
			}
			doc.Find(".health").Each(func(_ int, s *goquery.Selection) {
				if words(s.Next()) == "" {
					t.Error("a health is a colour alone, without a word")
				}
			})
		})
	}
}

func TestAPlacementShowsWhatItEarns(t *testing.T) {
	doc := lineDoc(t, samples()["full"])
	hero := doc.Find("#placement-home\\.hero")
	for selector, want := range map[string]string{
		".gain":                   "Uplift over holdout: +31 % [+20, +43]",
		".top-share":              "Most served: B 90 %",
		".state":                  "Choosing pays: +31 % [+20, +43] against the holdout; variant B gets 90 % of the traffic.",
		"summary > .owner":        "AK",
		".charts .rates":          "0 6 % learned 5.1 % [4.8, 5.4] holdout 3.9 % [3.0, 4.8]",
		".tag":                    "leads",
		".missing":                "",
		".facts dd:first-of-type": "learned",
	} {
		got := strings.ReplaceAll(words(hero.Find(selector).First()), "\u202f", " ")
		if selector == ".charts .rates" {
			got = strings.Join(texts(hero.Find(selector+" text")), " ")
		}
		if got != want {
			t.Errorf("%s is %q, want %q", selector, got, want)
		}
	}
	hero.Find("iframe").Each(func(_ int, s *goquery.Selection) {
		if v, ok := s.Attr("sandbox"); !ok || v != "" || s.AttrOr("loading", "") != "lazy" || s.AttrOr("tabindex", "") != "-1" {
			t.Errorf("a rendering is not lazy, fully sandboxed and out of the keyboard's way")
		}
	})
	if got := hero.Find("iframe").Length(); got != 4 {
		t.Errorf("%d renderings, want 4", got)
	}
	if got := hero.Find(".area .band").Length(); got != 4 {
		t.Errorf("%d bands, want 4", got)
	}
	if got := words(doc.Find(".banner")); !strings.Contains(got, "made up by the demo") {
		t.Errorf("simulated traffic is not said: %q", got)
	}
}

func texts(s *goquery.Selection) []string {
	return s.Map(func(_ int, s *goquery.Selection) string { return strings.ReplaceAll(words(s), "\u202f", " ") })
}

func TestStatesOfTheLine(t *testing.T) {
	all := samples()
	t.Run("an empty engine says what will be here and how to begin", func(t *testing.T) {
		doc := lineDoc(t, all["empty"])
		if got := texts(doc.Find(".beginning pre")); !slices.Equal(got, []string{"throughline init my-engine", "throughline apply my-engine"}) {
			t.Errorf("commands are %q", got)
		}
		if got := words(doc.Find(".banner.warn")); !strings.Contains(got, "has not accepted") {
			t.Errorf("that nobody accepted is not said: %q", got)
		}
	})
	t.Run("thin data give cases and what is missing, no rate", func(t *testing.T) {
		p := lineDoc(t, all["thin"]).Find(".placement")
		if got := strings.Join(texts(p.Find(".rates .c-value")), ", "); got != "14 of 371, 1 of 41" {
			t.Errorf("rates are %q", got)
		}
		if p.Find(".rates .provisional").Length() != 2 {
			t.Error("provisional intervals are not dashed")
		}
		if got := strings.ReplaceAll(words(p.Find(".missing")), "\u202f", " "); got != "holdout: 34 of 85 outcomes, comparison possible in about 3 h" {
			t.Errorf("missing is %q", got)
		}
	})
	t.Run("one delivery leads to no percentage and to no leader", func(t *testing.T) {
		doc := lineDoc(t, all["first"])
		if got := words(doc.Find(".state, .gain, .top-share, .thumbs, .table")); strings.Contains(strings.ReplaceAll(got, "\u202f", " "), "100 %") || doc.Find(".tag").Length() > 0 {
			t.Errorf("the page says %q", got)
		}
		if got := texts(doc.Find(".thumb .now")); got[0] != "1 of 1" {
			t.Errorf("shares are %q", got)
		}
		if got := texts(doc.Find(".area text")); !slices.Equal(got, []string{"drawn from 50 deliveries on, 1 so far"}) {
			t.Errorf("the chart says %q", got)
		}
	})
	t.Run("what every variant shows tells none from another, and is left out", func(t *testing.T) {
		l := lineOf(learning("home.hero", 4, 0.3))
		for v := range l.Placements[0].Variants {
			same := &l.Placements[0].Variants[v].Slots[0]
			same.Text, same.Level = "The logo", "logo@1"
		}
		doc := lineDoc(t, l)
		if got := words(doc.Find(".says, .filled")); got == "" || strings.Contains(got, "The logo") {
			t.Errorf("the page says %q", got)
		}
	})
	t.Run("variants with the leader's headline are told apart by what differs", func(t *testing.T) {
		l := lineOf(learning("home.hero", 4, 0.3))
		fill := func(v int, headline, body, cta string) {
			for i, text := range []string{headline, body, cta} {
				l.Placements[0].Variants[v].Slots[i].Text = text
			}
		}
		fill(0, "Calm", "By hand", "Look")
		fill(1, "Calm", "By hand", "")
		fill(2, "Calm", "In oak", "Buy")
		fill(3, "Loud", "In oak", "")
		if got := texts(lineDoc(t, l).Find(".says")); !slices.Equal(got, []string{"Calm", "no cta", "cta: Buy", "Loud"}) {
			t.Errorf("captions are %q", got)
		}
		for v, colour := range []string{"#243447", "#3c5240"} {
			fill(v, "Calm", "By hand", colour)
			l.Placements[0].Variants[v].Slots[2].Level = "theme-night@3"
		}
		if got := texts(lineDoc(t, l).Find(".says")); got[1] != "theme-night" {
			t.Errorf("another colour is said as %q", got[1])
		}
		fill(0, "Calm", "By hand", "Look")
		fill(1, "Calm", "By hand", "")
		fill(2, "Loud", "By hand", "Look")
		fill(3, "Loud", "By hand", "")
		if got := texts(lineDoc(t, l).Find(".says")); !slices.Equal(got, []string{"Calm", "no cta", "Loud", "no cta · Loud"}) {
			t.Errorf("where no slot is alone, captions are %q", got)
		}
	})
	t.Run("a release names its person", func(t *testing.T) {
		if got := words(lineDoc(t, all["one"]).Find(".release")); !strings.Contains(got, "by Cem Maras:") {
			t.Errorf("it says %q", got)
		}
	})
	t.Run("trouble is the first thing said, with its owner", func(t *testing.T) {
		doc := lineDoc(t, all["bad"])
		if got := words(doc.Find(".sentence")); !strings.HasPrefix(got, "needs action 3 things need action: Learn, no new epoch for 4 min (AK); home.hero does worse") {
			t.Errorf("the answer is %q", got)
		}
	})
	t.Run("of many placements the grave ones are open and first", func(t *testing.T) {
		doc := lineDoc(t, all["many"])
		if got := doc.Find(".placement[open]").Length(); got != 3 {
			t.Errorf("%d open, want 3", got)
		}
		doc.Find(".placement[open] > summary").Each(func(_ int, s *goquery.Selection) {
			if s.Find(".health.bad").Length() != 1 {
				t.Errorf("%s is open before a grave one", words(s.Find("h3")))
			}
		})
	})
	t.Run("a number without an owner is not shown", func(t *testing.T) {
		l := fullLine()
		l.Placements[0].Uplift.Owner, l.Placements[0].Learned.Owner, l.Placements[0].Variants[0].Rate.Owner, l.Figures[0].Number.Owner = "", "", "", ""
		doc := lineDoc(t, l)
		hero := doc.Find("#placement-home\\.hero")
		for place, s := range map[string]*goquery.Selection{"uplift": hero.Find(".gain"), "variant": hero.Find(".thumb .rate").First(), "figure": doc.Find(".figure .value").First()} {
			if got := words(s); !strings.Contains(got, "nobody answers for it") {
				t.Errorf("%s shows %q", place, got)
			}
		}
		if got := texts(hero.Find(".rates .c-value")); len(got) != 1 {
			t.Errorf("the chart shows %q", got)
		}
	})
	t.Run("names in any script have their own direction", func(t *testing.T) {
		doc := lineDoc(t, all["long"])
		for _, s := range []string{"h3", ".says", ".filled", ".state", ".sentence", ".station .note"} {
			if doc.Find(s).First().AttrOr("dir", "") != "auto" {
				t.Errorf("%s takes the page's direction", s)
			}
		}
	})
}

// poison puts s into every text of a value and returns how many there were.
func poison(v reflect.Value, s string) (n int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
		return 1
	case reflect.Pointer:
		if !v.IsNil() {
			n += poison(v.Elem(), s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			n += poison(v.Index(i), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				n += poison(v.Field(i), s)
			}
		}
	}
	return n
}

func TestNoTextOfTheEngineBecomesMarkup(t *testing.T) {
	nasty := map[string]string{
		"a script":         `<script>alert(1)</script>`,
		"an attribute":     `" onmouseover="alert(1)" x="`,
		"a single quote":   `' onfocus='alert(1)' autofocus='`,
		"a closing title":  `</title></span></svg></iframe><img src=x onerror=alert(1)>`,
		"a javascript url": `javascript:alert(1)`,
		"a template":       `{{.Owner}}` + "`${alert(1)}`",
		"right to left":    "\u202eمرحبا\u0000<b>",
		"very long":        strings.Repeat("word ", 4000),
		"not UTF-8":        "a\xff\xfe<i>",
	}
	for name, s := range nasty {
		t.Run(name, func(t *testing.T) {
			l := fullLine()
			l.Placements = l.Placements[:1]
			if n := poison(reflect.ValueOf(&l), s); n < 50 {
				t.Fatalf("only %d texts were poisoned", n)
			}
			doc := lineDoc(t, l)
			var got []string
			for _, f := range faults(doc) {
				if !strings.HasPrefix(f, "id twice") { // the same name everywhere
					got = append(got, f)
				}
			}
			if len(got) > 0 {
				t.Errorf("faults: %.400q", got)
			}
			if n := doc.Find("img, b b, i, object, embed").Length(); n > 0 {
				t.Error("an element came out of a text")
			}
			doc.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
				if href := s.AttrOr("href", ""); !strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "#") {
					t.Errorf("a link leads to %q", href)
				}
			})
		})
	}
}

func TestEveryAnswerIsStrict(t *testing.T) {
	l := samples()["full"]
	mux, _ := newStand(l).mux(t)
	strictly := serve.Secure(mux) // as cmd serves it
	variant := "/preview/home.hero/" + string(l.Placements[0].Variants[0].ID)
	const strict = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for target, policy := range map[string]string{
		"/": strict, "/sign-in": strict, "/welcome/one-time": strict, "/welcome/used": strict, "/nothing/here": strict,
		variant: "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox",
	} {
		h := get(t, strictly, target).Header()
		if got := h.Get("Content-Security-Policy"); got != policy {
			t.Errorf("%s: policy %q", target, got)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", target, h)
		}
	}
}

func TestStrangersSeeOnlyTheDoors(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	for target, want := range map[string]string{
		"/":                "/sign-in",
		"/preview/a/b?c=d": "/sign-in?next=%2Fpreview%2Fa%2Fb%3Fc%3Dd",
	} {
		w := ask(t, mux, http.MethodGet, target, false, nil)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s leads to %d %s", target, w.Code, w.Header().Get("Location"))
		}
	}
	if w := ask(t, mux, http.MethodGet, "/line/events", false, nil); w.Code != http.StatusUnauthorized {
		t.Errorf("the stream answers a stranger with %d", w.Code)
	}
	for _, target := range []string{"/sign-in", "/nothing"} {
		if body := ask(t, mux, http.MethodGet, target, false, nil).Body.String(); strings.Contains(body, "Nordlys") || strings.Contains(body, "Kowalska") {
			t.Errorf("%s tells a stranger whose engine it is", target)
		}
	}
}

func TestSignIn(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	t.Run("the form is whole", func(t *testing.T) {
		doc := parse(t, ask(t, mux, http.MethodGet, "/sign-in?next=/x", false, nil))
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
		if got := doc.Find("[name=next]").First().AttrOr("value", ""); got != "/x" {
			t.Errorf("comes back to %q", got)
		}
	})
	t.Run("a wrong password says so, keeps the name and not the password", func(t *testing.T) {
		w := ask(t, mux, http.MethodPost, "/sign-in", false, url.Values{"person": {`ada"><b>`}, "password": {"guess-me-not"}})
		doc := parse(t, w)
		if got := faults(doc); w.Code != http.StatusUnauthorized || len(got) > 0 {
			t.Errorf("%d, faults: %q", w.Code, got)
		}
		if got := words(doc.Find("[role=alert]")); got != "Name and password do not match. Check both." {
			t.Errorf("says %q", got)
		}
		if got := doc.Find("#person").AttrOr("value", ""); got != `ada"><b>` || strings.Contains(w.Body.String(), "guess-me-not") {
			t.Errorf("keeps %q", got)
		}
	})
	t.Run("the right one leaves a cookie no script can read and goes on", func(t *testing.T) {
		right := url.Values{"person": {"ada"}, "password": {"correct horse battery"}, "next": {"/preview/a/b?c=d"}}
		w := ask(t, mux, http.MethodPost, "/sign-in", false, right)
		c := w.Result().Cookies()[0]
		if c.Value != cookieOfAda || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure {
			t.Errorf("cookie %v", c)
		}
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/preview/a/b?c=d" {
			t.Errorf("goes to %d %s", w.Code, w.Header().Get("Location"))
		}
		secure, _ := newStand(samples()["full"]).mux(t, func(c *web.Config) { c.HTTPS = true })
		if c := ask(t, secure, http.MethodPost, "/sign-in", false, right).Result().Cookies()[0]; !c.Secure {
			t.Error("behind TLS the cookie is not marked Secure")
		}
	})
	t.Run("nobody is sent to another site", func(t *testing.T) {
		for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "javascript:alert(1)", "evil", "", "/%5cevil\\x", "http:evil"} {
			w := ask(t, mux, http.MethodPost, "/sign-in", false, url.Values{"person": {"ada"}, "password": {"correct horse battery"}, "next": {next}})
			if got := w.Header().Get("Location"); got != "/" {
				t.Errorf("%q leads to %q", next, got)
			}
		}
	})
	t.Run("who is signed in needs no form, and signing out forgets the cookie", func(t *testing.T) {
		if w := get(t, mux, "/sign-in"); w.Header().Get("Location") != "/" {
			t.Errorf("sign-in answers %d", w.Code)
		}
		c := ask(t, mux, http.MethodPost, "/sign-out", true, nil).Result().Cookies()[0]
		if c.Value != "" || c.MaxAge >= 0 {
			t.Errorf("cookie %v", c)
		}
	})
}

func TestWelcome(t *testing.T) {
	mux, _ := newStand(samples()["empty"]).mux(t)
	t.Run("the link says what is offered and what owning means", func(t *testing.T) {
		w := ask(t, mux, http.MethodGet, "/welcome/one-time", false, nil)
		doc := parse(t, w)
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
		if got := words(doc.Find("h1")); got != "You would own Nordlys" {
			t.Errorf("headline %q", got)
		}
		if got := words(doc.Find("button.act")); got != "Accept ownership" || doc.Find(".door li").Length() != 3 {
			t.Errorf("button %q", got)
		}
	})
	t.Run("a short password is told why, and the link still works", func(t *testing.T) {
		w := ask(t, mux, http.MethodPost, "/welcome/one-time", false, url.Values{"password": {"short"}})
		doc := parse(t, w)
		if got := words(doc.Find("[role=alert]")); w.Code != http.StatusBadRequest || !strings.Contains(got, "10 to 256") {
			t.Errorf("%d %q", w.Code, got)
		}
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
	})
	t.Run("accepting signs in", func(t *testing.T) {
		w := ask(t, mux, http.MethodPost, "/welcome/one-time", false, url.Values{"password": {"a longer password"}})
		if w.Code != http.StatusSeeOther || w.Result().Cookies()[0].Value != cookieOfAda {
			t.Errorf("%d %v", w.Code, w.Result().Cookies())
		}
	})
	t.Run("a used link leads to where one signs in", func(t *testing.T) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			w := ask(t, mux, method, "/welcome/used", false, url.Values{"password": {"a longer password"}})
			doc := parse(t, w)
			if got := words(doc.Find(".says")); w.Code != http.StatusConflict || !strings.Contains(got, "used already") || doc.Find("form[action='/sign-in']").Length() != 1 {
				t.Errorf("%s: %d %q", method, w.Code, got)
			}
		}
	})
}

func TestChangesComeFromOurOwnPages(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	for _, target := range []string{"/sign-in", "/sign-out", "/welcome/one-time", "/theme"} {
		r := httptest.NewRequest(http.MethodPost, target, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s answers another site with %d", target, w.Code)
		}
	}
	if w := ask(t, mux, http.MethodPost, "/sign-in", false, url.Values{"person": {strings.Repeat("x", 3<<20)}}); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of three megabytes is answered with %d", w.Code)
	}
}

func TestErrors(t *testing.T) {
	s := newStand(samples()["full"])
	mux, _ := s.mux(t)
	t.Run("what is not there has a page for people and a problem for programs", func(t *testing.T) {
		w := get(t, mux, "/nothing/here")
		doc := parse(t, w)
		if got := faults(doc); w.Code != http.StatusNotFound || len(got) > 0 || words(doc.Find("h1")) != "There is nothing here." {
			t.Errorf("%d, %q, faults %q", w.Code, words(doc.Find("h1")), got)
		}
		r := httptest.NewRequest(http.MethodGet, "/nothing/here", nil)
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		if rec.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(rec.Body.String(), `"code":"not_found"`) {
			t.Errorf("a program gets %s", rec.Body)
		}
	})
	t.Run("a defect shows nothing of itself", func(t *testing.T) {
		s.fail = fmt.Errorf("disk /secret/path is on fire")
		defer func() { s.fail = nil }()
		w := get(t, mux, "/")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("what may not be done is said as such", func(t *testing.T) {
		s.fail = throughline.Errorf(throughline.Forbidden, "viewers may not see costs").WithFix("ask AK")
		defer func() { s.fail = nil }()
		w := get(t, mux, "/")
		if got := words(parse(t, w).Find("main")); w.Code != http.StatusForbidden || !strings.Contains(got, "Viewers may not see costs. What to do: ask AK.") {
			t.Errorf("%d %q", w.Code, got)
		}
	})
	t.Run("demo links exist only in the demo", func(t *testing.T) {
		if w := ask(t, mux, http.MethodGet, "/enter/x", false, nil); w.Code != http.StatusNotFound {
			t.Errorf("answers %d", w.Code)
		}
	})
}

func TestTheme(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	for choice, want := range map[string]string{"dark": "dark", "light": "light", "system": "", `"><script>`: ""} {
		w := ask(t, mux, http.MethodPost, "/theme", true, url.Values{"theme": {choice}, "next": {"/"}})
		c := w.Result().Cookies()[0]
		if c.Value != want {
			t.Errorf("%s leaves %q", choice, c.Value)
		}
		r := httptest.NewRequest(http.MethodGet, "/sign-in", nil)
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		if got := parse(t, rec).Find("html").AttrOr("data-theme", ""); got != want {
			t.Errorf("%s shows %q", choice, got)
		}
	}
}

var assetPath = regexp.MustCompile(`/assets/[0-9a-f]+/[a-z.]+`)

func TestAssets(t *testing.T) {
	mux, _ := newStand(samples()["full"]).mux(t)
	page := get(t, mux, "/").Body.String()
	paths := slices.Compact(slices.Sorted(slices.Values(assetPath.FindAllString(page, -1))))
	if len(paths) != 7 {
		t.Fatalf("the page names %q", paths)
	}
	for _, p := range paths {
		w := get(t, mux, p)
		if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", p, w.Code, w.Header())
		}
		if body := w.Body.String(); strings.Contains(body, "http://") && !strings.Contains(p, ".svg") || strings.Contains(body, "https://") {
			t.Errorf("%s names another host", p)
		}
	}
	if w := get(t, mux, "/assets/000000000000/throughline.css"); w.Code != http.StatusNotFound {
		t.Errorf("another version answers %d", w.Code)
	}
}

// TestEveryPageIsLight measures a page with all it needs but the renderings, as
// a browser gets it.
func TestEveryPageIsLight(t *testing.T) {
	const most = 150 << 10
	all := samples()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		mux, _ := newStand(all[name]).mux(t)
		fetch := func(target string) int {
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
			r.Header.Set("Accept-Encoding", "gzip")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			size := w.Body.Len()
			if z, err := gzip.NewReader(w.Body); err != nil || z.Close() != nil {
				t.Fatalf("%s is not compressed: %v", target, err)
			}
			return size
		}
		total := fetch("/")
		for _, p := range slices.Compact(slices.Sorted(slices.Values(assetPath.FindAllString(get(t, mux, "/").Body.String(), -1)))) {
			total += fetch(p)
		}
		t.Logf("%s: %d kB", name, total>>10)
		if total > most {
			t.Errorf("%s weighs %d bytes, at most %d", name, total, most)
		}
	}
}

func TestTheLogNeverHoldsASecret(t *testing.T) {
	mux, _ := newStand(samples()["empty"]).mux(t)
	var out bytes.Buffer
	h := serve.Log(textLog(&out), mux)
	ask(t, h, http.MethodGet, "/welcome/one-time?trait=pregnant", false, nil)
	ask(t, h, http.MethodPost, "/sign-in", true, url.Values{"person": {"ada"}, "password": {"hunter2hunter2"}})
	for _, secret := range []string{"one-time", "pregnant", "hunter2", cookieOfAda, "ada"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is in the log: %s", secret, out.String())
		}
	}
	if !strings.Contains(out.String(), `route="GET /welcome/{secret}"`) {
		t.Errorf("the route is not in the log: %s", out.String())
	}
}
