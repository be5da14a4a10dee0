package media_test

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestTextOnAPictureIsMeasured(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	s.Apply(t, enginetest.Workspace)
	plain := func(c color.Color) []byte {
		img := stdimage.NewNRGBA(stdimage.Rect(0, 0, 400, 300))
		draw.Draw(img, img.Bounds(), stdimage.NewUniform(c), stdimage.Point{}, draw.Src)
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	night, day := s.take(t, "night.png", plain(color.NRGBA{0, 0, 40, 255})).Asset, s.take(t, "day.png", plain(color.NRGBA{250, 250, 210, 255})).Asset
	for _, picture := range []throughline.Resource{night, day} {
		s.declare(t, picture, func(a *throughline.Asset) { a.Role = "ground" })
	}
	const banner = `apiVersion: throughline/v1
kind: Template
metadata: {name: banner}
spec:
  title: Banner
  brand: house
  slots: [{name: headline, role: headline, required: true}, {name: ground, role: ground, type: image, required: true}]
  renderings: [{channel: web, html: '<div style="background:#ffffff url({{ground}})"><p style="color:#ffffff">{{headline}}</p></div>'}]
`
	resources, err := content.Read(enginetest.Files(banner))
	if err != nil {
		t.Fatal(err)
	}
	findings, err := s.Content.Check(t.Context(), enginetest.Shell(), content.Change{Resources: resources})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range findings {
		if strings.HasSuffix(f.Rule, "#contrast") && f.Object.Name == "banner" {
			said = append(said, f.Got)
		}
	}
	all := strings.Join(said, "\n")
	if !strings.Contains(all, "/media/day/") || !strings.Contains(all, "under 4.5 on 100 % of it") {
		t.Errorf("white words on a light picture: %s", all)
	}
	for _, got := range said {
		if strings.Contains(got, "/media/night/") && (strings.Contains(got, ", light:") || strings.Contains(got, ", dark:")) {
			t.Errorf("white words on a dark picture: %s", got)
		}
	}
	if strings.Contains(all, "text over") {
		t.Errorf("a picture that was taken in is not known: %s", all)
	}
}
