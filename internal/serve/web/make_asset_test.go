package web_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

const filmed = `
apiVersion: throughline/v1
kind: Asset
metadata: {name: still}
spec: {role: hero, alt: {en: A lake}, file: {name: a.jpg, digest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, type: image/jpeg, bytes: 9000, width: 1600, height: 900}}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: said}
spec: {role: captions, decorative: true, file: {name: a.vtt, digest: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, type: text/vtt, bytes: 90}}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: film}
spec:
  role: video
  alt: {en: A lake}
  poster: still
  captions: {en: said}
  file: {name: a.mp4, digest: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc, type: video/mp4, bytes: 90000, width: 640, height: 360, duration: 5.04s, sound: true}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: bare}
spec:
  role: video
  alt: {en: A lake}
  file: {name: a.mov, digest: dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd, type: video/quicktime, bytes: 90000, width: 640, height: 360, duration: 5s, sound: true}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: gone}
spec:
  role: video
  withdrawn: the lake asked us to
  file: {name: b.mp4, digest: eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee, type: video/mp4, bytes: 90000, width: 640, height: 360}
`

func TestAnAssetIsSeenBesideItsForm(t *testing.T) {
	m := newMaker(t, enginetest.Workspace, filmed)
	door, err := web.New(web.Config{
		Lines: m.engine.Operate, Previews: m.engine.Operate, Access: m.engine.Access, Library: m.engine.Content, Making: m.engine.Content,
		Shelf: m.engine.Content, Counts: m.engine.Operate, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.mux = serve.NewMux()
	m.mux.Handle(serve.Route{Pattern: "GET /media/{asset}/{digest}/{rendition}", Open: "files are elsewhere"}, http.NotFoundHandler())
	door.Register(m.mux)
	t.Run("a film plays with its poster and its captions", func(t *testing.T) {
		film := m.page("/edit/Asset/film").Find(".file-face video")
		for attr, want := range map[string]string{
			"src": "/media/film/cccccccccccccccc/original", "poster": "/media/still/aaaaaaaaaaaaaaaa/w640.jpeg", "aria-label": "A lake", "preload": "metadata",
		} {
			if got, _ := film.Attr(attr); got != want {
				t.Errorf("%s is %q, want %q", attr, got, want)
			}
		}
		track := film.Find("track")
		if src, _ := track.Attr("src"); track.Length() != 1 || src != "/media/said/bbbbbbbbbbbbbbbb/original.vtt" || track.AttrOr("srclang", "") != "en" {
			t.Error(track.Length(), src)
		}
		if got := words(m.page("/edit/Asset/film").Find(".file-face")); !strings.Contains(got, "video/mp4, 5s, 640 × 360, 88 KB") || strings.Contains(got, "no captions") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("one that waits for something says for what", func(t *testing.T) {
		if got := words(m.page("/edit/Asset/bare").Find(".file-face")); !strings.Contains(got, "no poster") || !strings.Contains(got, "no captions") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a picture is seen, and a withdrawn film plays no more", func(t *testing.T) {
		if src, _ := m.page("/edit/Asset/still").Find(".file-face img").Attr("src"); src != "/media/still/aaaaaaaaaaaaaaaa/w640.jpeg" {
			t.Error(src)
		}
		if m.page("/edit/Asset/gone").Find("video").Length() != 0 {
			t.Error("it is")
		}
	})
}
