package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/serve"
)

const twoLanguages = `
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec: {title: House, locales: {default: en, supported: [de]}}
`

// upload sends files as a browser does.
func (m *maker) upload(address string, files map[string]string) *httptest.ResponseRecorder {
	m.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, text := range files {
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			m.t.Fatal(err)
		}
		part.Write([]byte(text))
	}
	form.Close()
	r := httptest.NewRequest(http.MethodPost, address, &body)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: m.cookie})
	rw := httptest.NewRecorder()
	m.mux.ServeHTTP(rw, r)
	return rw
}

func TestTranslatorsOnTheCopyGrid(t *testing.T) {
	t.Parallel()
	m := newMaker(t, enginetest.Workspace)
	m.engine.Apply(t, twoLanguages)
	grid := m.page("/make/copy?role=cta")
	if to := grid.Find("#send-out select[name=to] option").Text(); to != "de" {
		t.Errorf("texts are sent out into %q", to)
	}
	if role, _ := grid.Find("#send-out input[name=role]").Attr("value"); role != "cta" {
		t.Errorf("the filter does not go along: %q", role)
	}
	out := m.send(http.MethodGet, "/make/copy.xlf?to=de&role=cta", nil, "*/*")
	if got := out.Header().Get("Content-Disposition"); got != `attachment; filename="en-de.xlf"` {
		t.Errorf("the file is sent as %s", got)
	}
	back := out.Body.String()
	for source, target := range map[string]string{"See how": "So geht es", "Try it": "Ein viel zu langer Satz, der hier steht"} {
		back = strings.Replace(back, "<source>"+source+"</source>", "<source>"+source+"</source><target>"+target+"</target>", 1)
	}

	rw := m.upload("/make/copy/xlf", map[string]string{"back.xlf": back})
	page, err := goquery.NewDocumentFromReader(rw.Body)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("what came back is shown before it is saved", func(t *testing.T) {
		if says := page.Find(".sentence").Text(); rw.Code != http.StatusOK || !strings.HasPrefix(says, "1 text in de would change. Nothing is saved yet.") || !strings.Contains(says, "1 text cannot be taken.") {
			t.Errorf("%d: %q", rw.Code, says)
		}
		if name := page.Find(".diff .name a").Text(); name != "cta-see" {
			t.Errorf("it shows %q", name)
		}
		if said := page.Find("[role=alert]").Text(); !strings.Contains(said, "back.xlf:") || !strings.Contains(said, "Fragment/cta-try has 39 characters, and 20 may be. Shorten it by 19.") {
			t.Errorf("it says %q", said)
		}
		if draft := m.page("/make/copy?changed=1").Find("tbody tr").Length(); draft != 0 {
			t.Errorf("%d are in the draft", draft)
		}
	})
	t.Run("and saved with one press", func(t *testing.T) {
		form := url.Values{"do": {"save"}}
		page.Find("form.import input[name=name], form.import textarea[name=text]").Each(func(_ int, s *goquery.Selection) {
			name, _ := s.Attr("name")
			value, _ := s.Attr("value")
			if s.Is("textarea") {
				value = strings.ReplaceAll(strings.TrimPrefix(s.Text(), "\n"), "\n", "\r\n")
			}
			form.Add(name, value)
		})
		if rw := m.send(http.MethodPost, "/make/copy/xlf", form, "text/html"); rw.Code != http.StatusSeeOther {
			t.Fatalf("%d\n%s", rw.Code, rw.Body)
		}
		if text := m.page("/make/copy?changed=1").Find(`textarea[lang=de]`).First().Text(); strings.TrimSpace(text) != "So geht es" {
			t.Errorf("the draft has %q", text)
		}
	})
	t.Run("what is translated does not go out again", func(t *testing.T) {
		if out := m.send(http.MethodGet, "/make/copy.xlf?to=de&q=see", nil, "text/html"); out.Code != http.StatusSeeOther || out.Header().Get("Location") != "/make/copy?q=see" {
			t.Errorf("%d to %s", out.Code, out.Header().Get("Location"))
		}
	})
	t.Run("a file that is none is told, and nothing can be saved", func(t *testing.T) {
		rw := m.upload("/make/copy/xlf", map[string]string{"back.xlf": "<tmx/>"})
		if rw.Code != http.StatusUnprocessableEntity || !strings.Contains(rw.Body.String(), "This is not XLIFF") || strings.Contains(rw.Body.String(), `value="save"`) {
			t.Errorf("%d\n%s", rw.Code, rw.Body)
		}
	})
	t.Run("no file is told", func(t *testing.T) {
		if rw := m.upload("/make/copy/xlf", nil); rw.Code != http.StatusBadRequest {
			t.Errorf("%d", rw.Code)
		}
	})
}
