package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestPreview(t *testing.T) {
	l := samples()["full"]
	l.Placements[0].Name = "shop/hero"
	mux, _ := newStand(l).mux(t)
	doc := lineDoc(t, l)
	t.Run("every rendering on the page can be fetched", func(t *testing.T) {
		doc.Find("iframe").Each(func(_ int, s *goquery.Selection) {
			if w := get(t, mux, s.AttrOr("src", "")); w.Code != http.StatusOK {
				t.Errorf("%s answers %d", s.AttrOr("src", ""), w.Code)
			}
		})
	})
	t.Run("the web's markup is untouched, an app's texts are escaped", func(t *testing.T) {
		w := get(t, mux, doc.Find("iframe").First().AttrOr("src", ""))
		if !strings.Contains(w.Body.String(), `style="background:`) || w.Header().Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("markup was changed: %s", w.Body)
		}
		app := get(t, mux, doc.Find("#placement-app\\.banner iframe").First().AttrOr("src", ""))
		if got := words(parse(t, app).Find(".app-title")); got != headlines[1] {
			t.Errorf("title is %q", got)
		}
	})
	t.Run("an app's colours paint its card and its targets are not read", func(t *testing.T) {
		s := newStand(l)
		s.fields = map[string]string{
			"title": "Running low?", "text": "Order tonight.", "badge": "New crop", "button": "Order a bag",
			"background": "#243447", "foreground": "#fbf6ec", "action": "/shop", "link": "https://example.org/x", "icon": "/cup.svg",
		}
		mux, _ := s.mux(t)
		card := parse(t, get(t, mux, lineDoc(t, l).Find("#placement-app\\.banner iframe").First().AttrOr("src", ""))).Find(".app-card")
		if got := texts(card.Find("p")); !slices.Equal(got, []string{"New crop", "Running low?", "Order tonight.", "Order a bag"}) {
			t.Errorf("it reads %q", got)
		}
		if got := card.AttrOr("style", ""); got != "background:#243447;color:#fbf6ec" {
			t.Errorf("it is painted %q", got)
		}
		if card.Find("img[src='/cup.svg']").Length() != 1 {
			t.Error("its picture is missing")
		}
	})
	t.Run("a variant that is not there is said so", func(t *testing.T) {
		if w := get(t, mux, "/preview/home.hero/nope"); w.Code != http.StatusNotFound {
			t.Errorf("answers %d", w.Code)
		}
	})
}
