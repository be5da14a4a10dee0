package api_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestAFileIsTakenInAndShown(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 900, 600))); err != nil {
		t.Fatal(err)
	}
	manage := http.Header{"Authorization": {"Bearer " + d.keys[operate.ScopeManage]}}
	taken := d.do(t, ask{method: "POST", path: "/api/v1/files?name=lake.png", body: picture.String(), header: manage})
	if taken.status != http.StatusOK {
		t.Fatal(taken.status, taken.body)
	}
	var got struct{ Asset throughline.Resource }
	if err := json.Unmarshal(taken.body, &got); err != nil {
		t.Fatal(err)
	}
	spec := got.Asset.Spec.(*throughline.Asset)
	spec.Alt = map[string]string{"en": "A lake"}
	if _, err := d.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{got.Asset}}); err != nil {
		t.Fatal(err)
	}
	shown := d.do(t, ask{method: "GET", path: spec.File.SlotAddress("lake")})
	h := shown.header
	if shown.status != http.StatusOK || h.Get("Content-Type") != "image/png" || h.Get("Cache-Control") != "public, max-age=60" ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", shown.status, h)
	}
	again := d.do(t, ask{method: "GET", path: spec.File.SlotAddress("lake"), header: http.Header{"If-None-Match": {h.Get("ETag")}}})
	if again.status != http.StatusNotModified || len(again.body) > 0 {
		t.Errorf("%d %q", again.status, again.body)
	}
	for path, want := range map[string]int{
		"/media/lake/0000000000000000/w640.png":      http.StatusNotFound,
		spec.File.Address("lake", "w640.exe"):        http.StatusNotFound,
		spec.File.Address("lake", "w-1.png"):         http.StatusNotFound,
		spec.File.Address("other", "w640.png"):       http.StatusOK, // a draft's, by who knows the digest
		spec.File.Address("..%2F..%2Fx", "w640.png"): http.StatusOK,
	} {
		if got := d.do(t, ask{method: "GET", path: path}); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if stranger := d.do(t, ask{method: "POST", path: "/api/v1/files?name=lake.png", body: picture.String()}); stranger.status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", stranger.status)
	}
	if bad := d.do(t, ask{method: "POST", path: "/api/v1/files?name=a.png", body: "no picture", header: manage}); bad.status != http.StatusBadRequest || !strings.Contains(string(bad.body), "no file that the engine knows") {
		t.Errorf("%d %s", bad.status, bad.body)
	}
}
