package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

// TestChangingASetUpInPlace changes how a placement chooses on the page that
// shows it.
func TestChangingASetUpInPlace(t *testing.T) {
	t.Parallel()
	s := newSeen(t)
	ref := throughline.Ref{Kind: throughline.KindPlacement, Name: "home.hero"}
	placement := func() *throughline.Placement {
		t.Helper()
		visit, err := s.Access.Visit(t.Context(), s.cookie)
		if err != nil {
			t.Fatal(err)
		}
		o, err := s.Content.Object(t.Context(), visit.Caller, ref)
		if err != nil {
			t.Fatal(err)
		}
		if o.Draft != nil {
			return o.Draft.Resource.Spec.(*throughline.Placement)
		}
		return o.Resource.Spec.(*throughline.Placement)
	}
	before := *placement()
	page := s.page(t, "/placement/home.hero")
	t.Run("the page leads to it, and does not make it unasked", func(t *testing.T) {
		if href, _ := page.Find(".setup .change a").Attr("href"); href != "/placement/home.hero?change=1#set-up" || page.Find(".set-up").Length() != 0 {
			t.Errorf("it leads to %q", href)
		}
	})
	// sent is the form of the page as a browser would send it.
	sent := func() url.Values {
		doc := s.page(t, "/placement/home.hero?change=1")
		out := url.Values{"do": {"save"}}
		for _, in := range doc.Find(".set-up form input[name], .set-up form textarea[name]").EachIter() {
			if in.AttrOr("type", "") != "checkbox" || in.AttrOr("checked", "no") != "no" {
				out.Add(in.AttrOr("name", ""), in.AttrOr("value", strings.TrimPrefix(in.Text(), "\n")))
			}
		}
		for _, in := range doc.Find(".set-up form select[name]").EachIter() {
			out.Set(in.AttrOr("name", ""), in.Find("option[selected]").AttrOr("value", ""))
		}
		if doc.Find(".set-up [name='spec.title'], .set-up [name='spec.template']").Length() > 0 {
			t.Error("it asks for more than the set-up")
		}
		return out
	}
	post := func(form url.Values) *httpAnswer {
		w := s.ask(http.MethodPost, "/edit/placement/home.hero", s.cookie, form)
		return &httpAnswer{w.Code, w.Header().Get("Location"), w.Body.String()}
	}
	t.Run("what is not in it stays as it is", func(t *testing.T) {
		form := sent()
		form.Set("spec.policy.kind", "uniform")
		form.Set("spec.holdout.share", "0.25")
		if a := post(form); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/placement/home.hero?change=1") {
			t.Fatalf("%d %q %s", a.status, a.location, a.body)
		}
		now := placement()
		if now.Policy.Kind != throughline.Uniform || now.Holdout == nil || now.Holdout.Share != 0.25 {
			t.Errorf("%+v %+v", now.Policy, now.Holdout)
		}
		if now.Title != before.Title || now.Template != before.Template || now.Channel != before.Channel || len(now.Fallback) != len(before.Fallback) {
			t.Errorf("%+v, was %+v", now, before)
		}
	})
	t.Run("then the page says that the draft changes it", func(t *testing.T) {
		doc := s.page(t, "/placement/home.hero?change=1")
		if !strings.Contains(words(doc.Find(".set-up")), "Your draft changes this placement") || doc.Find("[name='spec.policy.kind'] option[selected]").AttrOr("value", "") != "uniform" {
			t.Errorf("%s", words(doc.Find(".set-up")))
		}
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
	})
	t.Run("a stale form is merged, or shown side by side", func(t *testing.T) {
		stale := sent()
		other := sent()
		other.Set("spec.sticky", "none")
		if a := post(other); a.status != http.StatusSeeOther {
			t.Fatalf("%d", a.status)
		}
		merged := url.Values{}
		for k, v := range stale {
			merged[k] = v
		}
		merged.Set("spec.policy.floor", "0.5")
		if a := post(merged); a.status != http.StatusSeeOther || placement().Sticky != throughline.StickyNone || placement().Policy.Floor != 0.5 {
			t.Errorf("%d: %+v", a.status, placement())
		}
		stale.Set("spec.sticky", "recipient")
		if a := post(stale); a.status != http.StatusConflict || !strings.Contains(a.body, "Two people changed the same") {
			t.Errorf("%d", a.status)
		}
	})
	t.Run("a value that cannot be read is kept and said", func(t *testing.T) {
		form := sent()
		form.Set("spec.holdout.share", "a lot")
		if a := post(form); a.status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if got := words(s.page(t, "/placement/home.hero?change=1").Find(".set-up")); !strings.Contains(got, "share") {
			t.Error(got)
		}
	})
}

// httpAnswer is what a form got.
type httpAnswer struct {
	status         int
	location, body string
}
