package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Players ask for parts of a film, jump in it, and come back for it.
func TestAFilmIsServedInParts(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	film := smallFilm(200_000)
	manage := http.Header{"Authorization": {"Bearer " + d.keys[operate.ScopeManage]}}
	taken := d.do(t, ask{method: "POST", path: "/api/v1/files?name=lake.mp4", body: string(film), header: manage})
	if taken.status != http.StatusOK {
		t.Fatal(taken.status, string(taken.body))
	}
	var got struct{ Asset throughline.Resource }
	if err := json.Unmarshal(taken.body, &got); err != nil {
		t.Fatal(err)
	}
	declare := func(change func(*throughline.Asset)) *throughline.Asset {
		t.Helper()
		spec := *got.Asset.Spec.(*throughline.Asset)
		change(&spec)
		r := got.Asset
		r.Spec = &spec
		if _, err := d.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{r}}); err != nil {
			t.Fatal(err)
		}
		return &spec
	}
	address := declare(func(*throughline.Asset) {}).File.SlotAddress("lake")
	whole := d.do(t, ask{method: "GET", path: address})
	tag := whole.header.Get("ETag")
	if !bytes.Equal(whole.body, film) || tag == "" {
		t.Fatal(whole.status, len(whole.body), whole.header)
	}
	for _, c := range []struct {
		sentence string
		method   string
		header   http.Header
		status   int
		body     []byte
		says     string // of Content-Range
	}{
		{"all of it", "GET", nil, 200, film, ""},
		{"its head alone", "HEAD", nil, 200, nil, ""},
		{"a part", "GET", http.Header{"Range": {"bytes=1000-1999"}}, 206, film[1000:2000], "bytes 1000-1999/"},
		{"from a place on", "GET", http.Header{"Range": {"bytes=150000-"}}, 206, film[150_000:], "bytes 150000-"},
		{"the end", "GET", http.Header{"Range": {"bytes=-100"}}, 206, film[len(film)-100:], "bytes "},
		{"a part of what it still is", "GET", http.Header{"Range": {"bytes=0-9"}, "If-Range": {tag}}, 206, film[:10], "bytes 0-9/"},
		{"a part of what it was", "GET", http.Header{"Range": {"bytes=0-9"}, "If-Range": {`"another"`}}, 200, film, ""},
		{"a part behind its end", "GET", http.Header{"Range": {"bytes=999999-"}}, 416, nil, "bytes */"},
		{"a part in no unit that is known", "GET", http.Header{"Range": {"seconds=1-2"}}, 416, nil, ""},
		{"what one has", "GET", http.Header{"If-None-Match": {tag}}, 304, nil, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			got := d.do(t, ask{method: c.method, path: address, header: c.header})
			h := got.header
			if got.status != c.status || c.status < 300 && !bytes.Equal(got.body, c.body) || !strings.HasPrefix(h.Get("Content-Range"), c.says) {
				t.Errorf("%d, %d bytes, %v", got.status, len(got.body), h)
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%v", h)
			}
			if c.status < 300 && (h.Get("Content-Type") != "video/mp4" || h.Get("Accept-Ranges") != "bytes" || h.Get("Cache-Control") != "public, max-age=60" || h.Get("ETag") != tag) {
				t.Errorf("%v", h)
			}
		})
	}
	t.Run("withdrawn, no part of it is served", func(t *testing.T) {
		declare(func(a *throughline.Asset) { a.Withdrawn = "the lake asked us to" })
		for _, h := range []http.Header{nil, {"Range": {"bytes=0-9"}}, {"If-None-Match": {tag}}} {
			if got := d.do(t, ask{method: "GET", path: address, header: h}); got.status != http.StatusNotFound || got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%v: %d %v", h, got.status, got.header)
			}
		}
	})
}

// smallFilm is a film of a second, whose pictures are n bytes that nobody decodes.
func smallFilm(n int) []byte {
	box := func(name string, parts ...string) string {
		body := strings.Join(parts, "")
		size := len(body) + 8
		return string([]byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}) + name + body
	}
	zeros := func(n int) string { return strings.Repeat("\x00", n) }
	pictures := make([]byte, n)
	for i := range pictures {
		pictures[i] = byte(i * i >> 3)
	}
	return []byte(box("ftyp", "isom", zeros(4)) + box("mdat", string(pictures)) + box("moov",
		box("mvhd", zeros(12), "\x00\x00\x03\xe8\x00\x00\x03\xe8", zeros(80)),
		box("trak",
			box("tkhd", "\x00\x00\x00\x01", zeros(72), "\x02\x80\x00\x00\x01\x68\x00\x00"),
			box("mdia", box("hdlr", zeros(8), "vide", zeros(13)), box("minf", box("stbl", box("stsd", zeros(4), "\x00\x00\x00\x01", box("avc1", zeros(78)))))),
		)))
}

func TestAFilmMayBeLargerThanOtherRequests(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	manage := http.Header{"Authorization": {"Bearer " + d.keys[operate.ScopeManage]}}
	film := string(smallFilm(65 << 20))
	if taken := d.do(t, ask{method: "POST", path: "/api/v1/files?name=long.mp4", body: film, header: manage}); taken.status != http.StatusOK {
		t.Errorf("%d %s", taken.status, taken.body)
	}
	if other := d.do(t, ask{method: "POST", path: "/api/v1/plan", body: film, header: manage}); other.status < 400 {
		t.Errorf("%d", other.status)
	}
}
