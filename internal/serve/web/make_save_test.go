package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

var try = throughline.Ref{Kind: throughline.KindFragment, Name: "cta-try"}

// fragment is the text of a fragment as the draft, or else the engine, has it.
func (m *maker) fragment(name, locale string) string {
	m.t.Helper()
	sheet, err := m.engine.Content.Sheet(m.t.Context(), enginetest.Shell(), content.SheetQuery{Names: []string{name}})
	if err != nil || len(sheet.Rows) != 1 {
		m.t.Fatalf("%d rows of %s, %v", len(sheet.Rows), name, err)
	}
	return sheet.Rows[0].Values[locale]
}

func (m *maker) ok(rw *httptest.ResponseRecorder, want int) *goquery.Document {
	m.t.Helper()
	if rw.Code != want {
		m.t.Fatalf("%d, want %d: %s", rw.Code, want, rw.Body)
	}
	doc, err := goquery.NewDocumentFromReader(rw.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return doc
}

func TestTwoWindowsOfOnePerson(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	one, two := formOf(m.page(address(try))), formOf(m.page(address(try)))
	t.Run("changes of different fields are joined", func(t *testing.T) {
		one.Set("spec.title", "Title of one")
		two.Set("spec.values[0]", "Text of two")
		m.ok(m.save(try, one), http.StatusSeeOther)
		m.ok(m.save(try, two), http.StatusSeeOther)
		f := m.draft().Items[0].Resource.Spec.(*throughline.Fragment)
		if f.Title != "Title of one" || f.Values["en"] != "Text of two" {
			t.Errorf("the draft has %+v", f)
		}
	})
	t.Run("changes of one field stand side by side, and either can be chosen", func(t *testing.T) {
		late := formOf(m.page(address(try)))
		first := formOf(m.page(address(try)))
		first.Set("spec.values[0]", "First")
		late.Set("spec.values[0]", "Late")
		late.Set("spec.title", "Late title")
		m.ok(m.save(try, first), http.StatusSeeOther)
		doc := m.ok(m.save(try, late), http.StatusConflict)
		if text := doc.Find(".choice").Text(); !strings.Contains(text, "First") || !strings.Contains(text, "Late") {
			t.Fatalf("to choose from: %q", text)
		}
		if m.fragment("cta-try", "en") != "First" {
			t.Error("a clash was saved")
		}
		form := url.Values{"do": {"settle"}}
		doc.Find(".clash [name]").Each(func(_ int, s *goquery.Selection) {
			name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
			if s.Is("textarea") {
				value = s.Text()
			}
			if name != "do" && name != "theirs" {
				form.Add(name, value)
			}
		})
		form.Add("theirs", "spec.values.en")
		m.ok(m.send(http.MethodPost, "/edit/fragment/cta-try", form, "text/html"), http.StatusSeeOther)
		f := m.draft().Items[0].Resource.Spec.(*throughline.Fragment)
		if f.Title != "Late title" || f.Values["en"] != "First" {
			t.Errorf("after choosing theirs for the text, the draft has %+v", f)
		}
	})
}

func TestWhatCannotBeReadIsKept(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	broken := "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: cta-try}\nspec: {role: cta, valuez: {en: [}\n"
	m.ok(m.send(http.MethodPost, "/edit/fragment/cta-try", url.Values{"yaml": {broken}, "do": {"save"}}, "text/html"), http.StatusSeeOther)
	doc := m.page(address(try))
	if got := doc.Find("#yaml").Text(); strings.TrimPrefix(got, "\n") != broken {
		t.Errorf("the text is %q", got)
	}
	if top := doc.Find("[data-top]").Text(); !strings.Contains(top, "Line 4") {
		t.Errorf("it says %q, without the line", top)
	}
	t.Run("a number that is none stays in its field, with what is wrong beside it", func(t *testing.T) {
		m.ok(m.send(http.MethodPost, "/edit/fragment/cta-try", url.Values{"do": {"discard"}}, "text/html"), http.StatusSeeOther)
		form := formOf(m.page(address(try)))
		form.Set("spec.meaning", "two")
		m.ok(m.save(try, form), http.StatusSeeOther)
		field := m.page(address(try)).Find(`[data-path="spec.meaning"]`)
		if field.Find("input").AttrOr("value", "") != "two" || !strings.Contains(field.Find(".wrong-text").Text(), "whole number") {
			t.Errorf("the field is %s", field.Text())
		}
	})
}

func TestDeletingWithTheWayBack(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	m.ok(m.send(http.MethodPost, "/edit/fragment/cta-see", url.Values{"do": {"delete"}}, "text/html"), http.StatusSeeOther)
	if !strings.Contains(m.page("/fragment/cta-see").Find("main").Text(), "Your draft deletes this") {
		t.Error("the page does not say that the draft deletes it")
	}
	late := url.Values{"do": {"save"}, "spec.role": {"cta"}, "spec.values[0]=": {"en"}, "spec.values[0]": {"Typed on"}}
	rw := m.send(http.MethodPost, "/edit/fragment/cta-see", late, "text/html")
	if rw.Code != http.StatusConflict && rw.Code != http.StatusSeeOther {
		t.Errorf("saving a page from before the deletion: %d", rw.Code)
	}
	m.ok(m.send(http.MethodPost, "/make/undo", url.Values{"do": {"undo"}, "next": {"//evil.example"}}, "text/html"), http.StatusSeeOther)
	if _, err := m.engine.Content.Object(t.Context(), enginetest.Shell(), throughline.Ref{Kind: throughline.KindFragment, Name: "cta-see"}); err != nil {
		t.Error(err)
	}
}

func TestSlotsWithoutAScript(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	card := throughline.Ref{Kind: throughline.KindTemplate, Name: "card"}
	press := func(do string) {
		form := formOf(m.page(address(card)))
		form.Set("do", do)
		m.ok(m.send(http.MethodPost, "/edit/template/card", form, "text/html"), http.StatusSeeOther)
	}
	names := func() (all []string) {
		m.page(address(card)).Find(`[name^="spec.slots["][name$="].name"]`).Each(func(_ int, s *goquery.Selection) { all = append(all, s.AttrOr("value", "")) })
		return all
	}
	for _, c := range []struct{ do, want string }{
		{"add spec.slots", "headline cta "},
		{"up spec.slots[2]", "headline  cta"},
		{"down spec.slots[0]", " headline cta"},
		{"remove spec.slots[0]", "headline cta"},
		{"up spec.slots[0]", "headline cta"},
		{"remove spec.slots[9]", "headline cta"},
		{"add spec.slots[0].nothing[3]", "headline cta"},
		{"remove", "headline cta"},
	} {
		press(c.do)
		if got := strings.Join(names(), " "); got != c.want {
			t.Errorf("after %q the slots are %q, want %q", c.do, got, c.want)
		}
	}
}

func TestNewThingsOfEveryKind(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	for _, kind := range throughline.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			ref := throughline.Ref{Kind: kind, Name: "made-here"}
			form := url.Values{"name": {ref.Name}, "do": {"example"}}
			m.ok(m.send(http.MethodPost, "/new/"+strings.ToLower(string(kind)), form, "text/html"), http.StatusSeeOther)
			o, err := m.engine.Content.Object(t.Context(), enginetest.Shell(), ref)
			if err != nil || o.Draft.Text != "" {
				t.Errorf("the example is no resource: %v %+v", err, o.Draft)
			}
			m.page(address(ref))
			m.ok(m.send(http.MethodPost, "/new/"+strings.ToLower(string(kind)), form, "text/html"), http.StatusUnprocessableEntity)
		})
	}
	m.ok(m.send(http.MethodPost, "/new/fragment", url.Values{"name": {"No Name"}}, "text/html"), http.StatusUnprocessableEntity)
}

func TestCellsOfTheGrid(t *testing.T) {
	m := newMaker(t, enginetest.Workspace)
	post := func(was, is string) {
		form := url.Values{"name[0]": {"cta-try"}, "was[0][en]": {was}, "cell[0][en]": {is}}
		m.ok(m.send(http.MethodPost, "/make/copy", form, "text/html"), http.StatusSeeOther)
	}
	post("Try it", "Try it now")
	if got := m.fragment("cta-try", "en"); got != "Try it now" {
		t.Errorf("the text is %q", got)
	}
	t.Run("a cell that somebody else changed meanwhile is not overwritten", func(t *testing.T) {
		post("Try it", "Overwritten")
		if got := m.fragment("cta-try", "en"); got != "Try it now" {
			t.Errorf("the text is %q", got)
		}
	})
	t.Run("an empty cell has no text", func(t *testing.T) {
		post("Try it now", "")
		if got := m.fragment("cta-try", "en"); got != "" {
			t.Errorf("the text is %q", got)
		}
	})
}

func TestCopyGoesOutAndComesBack(t *testing.T) {
	m := newMaker(t, everything)
	out := m.send(http.MethodGet, "/make/copy.csv", nil, "*/*").Body.String()
	bring := func(text, do string) *httptest.ResponseRecorder {
		return m.send(http.MethodPost, "/make/copy/csv", url.Values{"text": {text}, "do": {do}}, "text/html")
	}
	t.Run("unchanged it changes nothing", func(t *testing.T) {
		doc := m.ok(bring(out, ""), http.StatusOK)
		if n := doc.Find(".diff").Length(); n > 0 {
			t.Errorf("%d changes: %s", n, doc.Find(".diff").First().Text())
		}
	})
	t.Run("it shows its changes, and saves them when told to", func(t *testing.T) {
		text := "name;role;en;de\r\ncta-try;cta;Go on;Weiter\r\ncta-new;cta;'=SUM(1);\r\n"
		doc := m.ok(bring(text, ""), http.StatusOK)
		if n := doc.Find(".diff").Length(); n != 3 || len(m.draft().Items) != 0 {
			t.Errorf("%d changes shown, %d saved unasked", n, len(m.draft().Items))
		}
		m.ok(bring(text, "save"), http.StatusSeeOther)
		if got := m.fragment("cta-try", "de") + m.fragment("cta-new", "en"); got != "Weiter=SUM(1)" {
			t.Errorf("saved: %q", got)
		}
	})
	t.Run("rows that cannot be taken name their line, and nothing is saved", func(t *testing.T) {
		doc := m.ok(bring("name,en\ncta-try,x\ncta-try,y\nBad Name,z\nno-role,w\nshort\n", "save"), http.StatusUnprocessableEntity)
		for _, line := range []string{"Line 3.", "Line 4.", "Line 5.", "Line 6."} {
			if !strings.Contains(doc.Find(".problem").Text(), line) {
				t.Errorf("%s is not named: %s", line, doc.Find(".problem").Text())
			}
		}
	})
}
