package web_test

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/serve"
)

// drawn is a picture of rings around a place.
func drawn(t *testing.T, x, y, width int, shade uint8) string {
	t.Helper()
	img := stdimage.NewNRGBA(stdimage.Rect(0, 0, width, 300))
	for py := range 300 {
		for px := range width {
			d := (px-x)*(px-x) + (py-y)*(py-y)
			img.Set(px, py, color.NRGBA{uint8(d / 97), shade, uint8(d / 311), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sendFile sends one file as the page's script does.
func (m *maker) sendFile(name, body string, more url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	m.t.Helper()
	q := url.Values{"name": {name}}
	for key, values := range more {
		q[key] = values
	}
	r := httptest.NewRequest(http.MethodPost, "/library/add/file?"+q.Encode(), strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: m.cookie})
	rw := httptest.NewRecorder()
	m.mux.ServeHTTP(rw, r)
	row, err := goquery.NewDocumentFromReader(bytes.NewReader(rw.Body.Bytes()))
	if err != nil {
		m.t.Fatal(err)
	}
	return rw, row
}

func TestFilesAreDropped(t *testing.T) {
	t.Parallel()
	m := newMaker(t, enginetest.Workspace)
	by := engine.Caller{Actor: enginetest.Ana(), Owner: true}
	rings := drawn(t, 90, 80, 400, 60)
	asset := func(name string) *throughline.Asset {
		t.Helper()
		draft, err := m.engine.Content.Draft(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range draft.Items {
			if item.Ref.String() == "Asset/"+name {
				return item.Resource.Spec.(*throughline.Asset)
			}
		}
		return nil
	}

	t.Run("a file becomes an asset of the draft, with what was said of all", func(t *testing.T) {
		rw, row := m.sendFile("../Rings of June.png", rings, url.Values{"role": {"hero"}, "holder": {"Studio Nine"}, "source": {"digitalCapture"}})
		if rw.Code != http.StatusOK || row.Find("li.add-row").Length() != 1 || !strings.Contains(row.Text(), "In your draft.") {
			t.Fatalf("%d %s", rw.Code, rw.Body)
		}
		a := asset("rings-of-june")
		if a == nil || a.Role != "hero" || a.Rights[0].Holder != "Studio Nine" || a.Provenance.DigitalSourceType != "digitalCapture" || a.File.Width != 400 {
			t.Errorf("the draft has %+v", a)
		}
	})
	t.Run("sent again it is the same one", func(t *testing.T) {
		if _, row := m.sendFile("other.png", rings, nil); !strings.Contains(row.Text(), "It was in your draft already.") || asset("other") != nil {
			t.Errorf("%s", row.Text())
		}
	})
	t.Run("one that looks like it is offered too, before either is in force", func(t *testing.T) {
		_, row := m.sendFile("Smaller rings.png", drawn(t, 90, 80, 401, 60), nil)
		if !strings.Contains(row.Text(), "alike, in your draft") || asset("smaller-rings") != nil {
			t.Errorf("%s", row.Text())
		}
	})
	t.Run("another file of the name gets another name", func(t *testing.T) {
		m.sendFile("Rings of June.png", drawn(t, 300, 20, 350, 200), nil)
		if asset("rings-of-june-2") == nil {
			t.Error("it is not there")
		}
	})
	t.Run("what is no picture says why and adds nothing", func(t *testing.T) {
		for name, body := range map[string]string{"a.png": rings[:200], "b.txt": "hello", "c.png": ""} {
			rw, row := m.sendFile(name, body, nil)
			if rw.Code != http.StatusOK || row.Find("li.bad .wrong-text").Length() != 1 {
				t.Errorf("%s: %d %s", name, rw.Code, rw.Body)
			}
		}
	})
	t.Run("a form without a script takes several at once", func(t *testing.T) {
		rw := m.upload("/library/add", map[string]string{"one.png": drawn(t, 20, 250, 380, 10), "two.txt": "hello"})
		page, err := goquery.NewDocumentFromReader(rw.Body)
		if err != nil {
			t.Fatal(err)
		}
		if says := page.Find(".sentence").Text(); !strings.HasPrefix(says, "1 file is in your draft. 1 file could not be taken.") || asset("one") == nil {
			t.Errorf("%d %q", rw.Code, says)
		}
	})
	t.Run("words are written for several", func(t *testing.T) {
		rw := m.send(http.MethodPost, "/library/add/words", url.Values{"locale": {"en"}, "alt.one": {" Rings in blue "}, "alt.rings-of-june": {"Rings"}, "alt.nobody": {"x"}}, "text/html")
		if rw.Code != http.StatusSeeOther || asset("one").Alt["en"] != "Rings in blue" || asset("rings-of-june").Alt["en"] != "Rings" {
			t.Errorf("%d %v", rw.Code, asset("one"))
		}
		if rw := m.send(http.MethodPost, "/library/add/words", url.Values{"locale": {"xx"}, "alt.one": {"x"}}, "text/html"); rw.Code != http.StatusBadRequest {
			t.Errorf("a language that no brand speaks: %d", rw.Code)
		}
	})
	t.Run("what looks like a picture in force is offered before a second is made", func(t *testing.T) {
		draft, err := m.engine.Content.Draft(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		var change content.Change
		for _, item := range draft.Items {
			change.Resources = append(change.Resources, *item.Resource)
		}
		if _, err := m.engine.Content.Apply(t.Context(), enginetest.Shell(), change); err != nil {
			t.Fatal(err)
		}
		_, row := m.sendFile("Copy of rings.png", drawn(t, 90, 80, 401, 60), nil)
		both, ok := row.Find("[data-both]").Attr("formaction")
		if !ok || !strings.Contains(row.Text(), "rings-of-june") || asset("copy-of-rings") != nil {
			t.Fatalf("%s", row.Text())
		}
		if _, row := m.sendFile("Same.png", rings, nil); !strings.Contains(row.Text(), "This very file is there already.") || asset("same") != nil {
			t.Errorf("%s", row.Text())
		}
		rw := m.send(http.MethodPost, both, url.Values{}, "text/html")
		if rw.Code != http.StatusOK || asset("copy-of-rings") == nil {
			t.Errorf("both: %d, %v", rw.Code, asset("copy-of-rings"))
		}
	})
}
