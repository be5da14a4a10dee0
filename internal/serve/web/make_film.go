package web

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// captionsTrack are the captions of a film in one language.
type captionsTrack struct {
	URL, Locale string
}

// mostTracks is how many languages of captions a page plays.
const mostTracks = 20

// filmOf finds what goes with a film, and says what it waits for.
func (w *Web) filmOf(ctx context.Context, v viewer, o content.Object, face *fileFace) {
	a := assetOf(o)
	if face == nil || face.Film == "" || a == nil {
		return
	}
	if a.Withdrawn != "" {
		face.Film = "" // it plays nowhere any more
		return
	}
	if f, ok := w.fileOf(ctx, v, a.Poster); ok {
		face.Poster = throughline.AtWidth(f.SlotAddress(a.Poster), 640)
	}
	for _, locale := range slices.Sorted(maps.Keys(a.Captions)) {
		if f, ok := w.fileOf(ctx, v, a.Captions[locale]); ok && len(face.Captions) < mostTracks {
			face.Captions = append(face.Captions, captionsTrack{f.SlotAddress(a.Captions[locale]), locale})
		}
	}
	if a.Poster == "" {
		face.Missing = append(face.Missing, "It has no poster: a picture that is shown before it plays.")
	}
	if a.File.Sound && len(a.Captions) == 0 {
		face.Missing = append(face.Missing, "It has sound and no captions: whoever cannot hear it is not told what is said.")
	}
}

// fileOf returns the file of another asset that may be shown.
func (w *Web) fileOf(ctx context.Context, v viewer, name string) (throughline.File, bool) {
	if name == "" {
		return throughline.File{}, false
	}
	o, err := w.Making.Object(ctx, v.Caller, throughline.Ref{Kind: throughline.KindAsset, Name: name})
	if err != nil {
		return throughline.File{}, false // gone: the form says so
	}
	a := assetOf(o)
	if a == nil || a.Withdrawn != "" {
		return throughline.File{}, false
	}
	return a.File, true
}

// assetOf returns an asset as the viewer's draft has it, or else as it is in force.
func assetOf(o content.Object) *throughline.Asset {
	res := o.Resource
	if o.Draft != nil && o.Draft.Resource != nil {
		res = o.Draft.Resource
	}
	if res == nil {
		return nil
	}
	a, _ := res.Spec.(*throughline.Asset)
	return a
}

// saysLength says how long a film is, to a tenth of a second.
func saysLength(d throughline.Duration) string {
	return throughline.Duration(d.Std().Round(100 * time.Millisecond)).String()
}
