package content

import (
	"bytes"
	"context"
	stdimage "image"
	"image/png"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// grounds returns what shows the pictures behind texts, as small as they are kept:
// nil for one that was never taken in, or whose address is elsewhere.
func (c *Content) grounds() func(address string) stdimage.Image {
	seen := map[string]stdimage.Image{}
	return func(address string) stdimage.Image {
		_, rest, ok := strings.Cut(address, throughline.MediaPath)
		parts := strings.Split(rest, "/")
		if !ok || len(parts) != 3 || c.core.Record.State == nil {
			return nil
		}
		digest := parts[1]
		if img, known := seen[digest]; known {
			return img
		}
		var small []byte
		err := c.core.Record.State.View(context.Background(), func(r record.Reader) (err error) {
			small, err = engine.GroundOf(r, digest)
			return err
		})
		img, bad := png.Decode(bytes.NewReader(small))
		if err != nil || bad != nil { // it could not be told, which is what nil says
			img = nil
		}
		seen[digest] = img
		return img
	}
}
