package web

import (
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// fileFace is what an asset's file shows.
type fileFace struct {
	// Picture and Film are the addresses of what is shown; empty for none.
	Picture, Film, Poster string
	// Original is where the file itself is, and Alt what is to be seen on it.
	Original, Alt string
	Width, Height int
	Type, Size    string
	// Captions are a film's, Missing what it waits for.
	Captions []captionsTrack
	Missing  []string
}

// wantedOf returns a thing as the draft has it, or as it is in force; nil where it is
// not to be read.
func wantedOf(o content.Object) *throughline.Resource {
	if o.Draft != nil && o.Draft.Resource != nil {
		return o.Draft.Resource
	}
	return o.Resource
}

// faceOf returns the file of an asset as the draft has it, or as it is in force.
func (w *Web) faceOf(o content.Object) *fileFace {
	res := wantedOf(o)
	if res == nil || !w.routed["GET "+throughline.MediaPath+"{asset}/{digest}/{rendition}"] {
		return nil
	}
	a, ok := res.Spec.(*throughline.Asset)
	if !ok || a.File.Digest.IsZero() {
		return nil
	}
	f := &fileFace{
		Original: a.File.Address(o.Ref.Name, "original"), Picture: w.thumb(o.Ref.Name, a.File, 640),
		Width: a.File.Width, Height: a.File.Height, Type: a.File.Type, Size: sizeOf(a.File),
	}
	for _, locale := range slices.Backward(slices.Sorted(maps.Keys(a.Alt))) {
		f.Alt = a.Alt[locale]
	}
	if a.File.IsFilm() {
		f.Film = f.Original
	}
	return f
}
