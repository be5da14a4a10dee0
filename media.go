package throughline

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// MediaPath begins the address of every file that an engine serves.
const MediaPath = "/media/"

// Widths returns the widths in pixels that pictures are served in, ascending.
// Another width gets the next larger one, so that strangers cannot have any
// number of renditions made.
func Widths() []int { return []int{160, 320, 480, 640, 800, 960, 1200, 1600, 2000, 2400} }

// SlotWidth is the width of the rendition that fills a slot, unless a template
// asks for another.
const SlotWidth = 1200

// Address returns the path of a file in a rendition, such as
// /media/hero/0a1b2c3d4e5f6071/w1200.jpeg. It names the asset, because an asset
// that is withdrawn is not served, and the file, because another file has
// another address.
func (f File) Address(asset, rendition string) string {
	return MediaPath + asset + "/" + hex.EncodeToString(f.Digest[:8]) + "/" + rendition
}

// AssetAt returns the name of the asset whose file an Address is, on whatever host;
// empty for any other address.
func AssetAt(address string) string {
	_, rest, ok := strings.Cut(address, MediaPath)
	ok = ok && !strings.ContainsAny(address, " \n")
	for range 2 { // the rendition and the digest
		end := strings.LastIndexByte(rest, '/')
		if !ok || end < 0 {
			return ""
		}
		rest = rest[:end]
	}
	return rest
}

// SlotAddress is the Address of the rendition that fills slots: of a picture
// SlotWidth pixels wide, of anything else the file as it is.
func (f File) SlotAddress(asset string) string {
	if end := f.RenditionExtension(); end != "" {
		return f.Address(asset, "w"+strconv.Itoa(SlotWidth)+end)
	}
	return f.Address(asset, "original"+f.Extension())
}

// RenditionExtension is how the names of a picture's renditions end; empty for a
// file that is only shown as it is.
func (f File) RenditionExtension() string {
	switch f.Type {
	case "image/jpeg", "image/webp", "image/avif", "image/tiff", "image/bmp":
		return ".jpeg"
	case "image/png":
		return ".png"
	}
	return ""
}

// AtWidth returns the address of the same picture in another width; an address
// that has none is returned as it is.
func AtWidth(address string, width int) string {
	before, after, ok := strings.Cut(address, "/w"+strconv.Itoa(SlotWidth)+".")
	if !ok {
		return address
	}
	return before + "/w" + strconv.Itoa(width) + "." + after
}

// Extension is the end of a file's name by its type, and the one it came with
// where the type does not say.
func (f File) Extension() string {
	known := map[string]string{
		"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/avif": ".avif", "image/tiff": ".tif", "image/bmp": ".bmp",
		"image/gif": ".gif", "image/svg+xml": ".svg", "video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov", "video/matroska": ".mkv",
		"text/vtt": ".vtt", "application/pdf": ".pdf",
	}
	if e, ok := known[f.Type]; ok {
		return e
	}
	if i := strings.LastIndexByte(f.Name, '.'); i > 0 {
		return strings.ToLower(f.Name[i:])
	}
	return ""
}
