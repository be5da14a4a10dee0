package api_test

import (
	"net/http"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestARevisionIsReadByItsDigest(t *testing.T) {
	d := openLive(t, enginetest.Options{})
	object := read[content.Object](t, d.manage(t, http.MethodGet, "/api/v1/objects/Brand/house", nil), http.StatusOK)
	path := "/api/v1/objects/Brand/house/revisions/" + object.Digest.String()
	got := read[throughline.Resource](t, d.manage(t, http.MethodGet, path, nil), http.StatusOK)
	if got.Ref().String() != "Brand/house" || got.Digest() != object.Digest {
		t.Errorf("it answers with %s", got.Canonical())
	}
	fault(t, d.manage(t, http.MethodGet, "/api/v1/objects/Brand/other/revisions/"+object.Digest.String(), nil), http.StatusNotFound)
}
