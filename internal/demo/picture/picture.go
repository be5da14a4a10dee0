// Package picture draws the pictures of the example workspaces: the lake, the
// jetty, the sauna and what else a lido has to show, as flat posters in the
// brand's colours. They are drawn when they are needed, so that the repository
// holds no binary file, and the same name and size always give the same picture.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// The sizes in pixels that a picture can have, and how wide it may be for its
// height.
const (
	Smallest, Largest    = 16, 4096
	Narrowest, Broadest  = 0.75, 2.4
	jpegQuality          = 90
	logicalHeight        = 900.0
	samplesPerCurve      = 14
	samplesPerFullCircle = 96
)

// scenes are the pictures by name. Each draws on a canvas 900 units high and as
// wide as the picture's aspect makes it.
func scenes() map[string]func(*canvas) {
	return map[string]func(*canvas){
		"sunrise": sunrise, "lanes": lanes, "swimmer": swimmer, "jump": jump,
		"tickets": tickets, "sauna": sauna, "ice": ice, "kiosk": kiosk,
		"heron": heron, "towels": towels, "moon": moon, "thermometer": thermometer,
		"paddling": paddling, "rain": rain,
	}
}

// Names returns the name of every picture, ascending.
func Names() []string { return slices.Sorted(maps.Keys(scenes())) }

// Draw draws a picture. It fails for a name that is not one of Names and for a
// size outside of the limits above.
func Draw(name string, width, height int) (*image.RGBA, error) {
	scene, ok := scenes()[name]
	if !ok {
		return nil, throughline.Errorf(throughline.NotFound, "there is no picture named %q", name).WithFix("choose one of %v", Names())
	}
	aspect := float64(width) / float64(max(1, height))
	if min(width, height) < Smallest || max(width, height) > Largest || aspect < Narrowest || aspect > Broadest {
		return nil, throughline.Errorf(throughline.Invalid, "a picture cannot be %d x %d pixels", width, height).
			WithFix("stay between %d and %d pixels, and %.2f to %.1f times as wide as high", Smallest, Largest, Narrowest, Broadest)
	}
	c := newCanvas(width, height)
	scene(c)
	return c.img, nil
}

// JPEG draws a picture as the bytes of a JPEG file.
func JPEG(name string, width, height int) ([]byte, error) {
	img, err := Draw(name, width, height)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality})
	return b.Bytes(), err
}

// PNG draws a picture as the bytes of a PNG file.
func PNG(name string, width, height int) ([]byte, error) {
	img, err := Draw(name, width, height)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// File draws the picture that a file's name asks for: sunrise-1600x900.png, or
// .jpg. It fails for names that say nothing of the kind, and as Draw does.
func File(name string) ([]byte, error) {
	stem, form, _ := strings.Cut(name, ".")
	at := strings.LastIndexByte(stem, '-')
	var width, height int
	if at < 0 || !exactly(stem[at+1:], "%dx%d", &width, &height) || form != "png" && form != "jpg" {
		return nil, throughline.Errorf(throughline.NotFound, "%q is not the name of a drawing", name).WithFix("write the picture, its size and its form, such as sunrise-1600x900.png")
	}
	if form == "jpg" {
		return JPEG(stem[:at], width, height)
	}
	return PNG(stem[:at], width, height)
}

// exactly reports whether a text is of a form, which read it would be again.
func exactly(text, form string, into ...*int) bool {
	var scan, print []any
	for _, n := range into {
		scan = append(scan, n)
	}
	if _, err := fmt.Sscanf(text, form, scan...); err != nil {
		return false
	}
	for _, n := range into {
		print = append(print, *n)
	}
	return fmt.Sprintf(form, print...) == text
}
