package media

import (
	"bytes"
	"path"
	"strings"

	"github.com/throughline-engine/throughline"
)

// kindOf returns the media type of a file by its first bytes, and refuses what an
// engine has no use for. The name only tells apart what has no mark of its own.
func kindOf(name string, head []byte) (string, error) {
	starts := func(mark string) bool { return bytes.HasPrefix(head, []byte(mark)) }
	brand := ""
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		brand = string(head[8:12])
	}
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case starts("\xff\xd8\xff"):
		return "image/jpeg", nil
	case starts("\x89PNG\r\n\x1a\n"):
		return "image/png", nil
	case starts("GIF87a"), starts("GIF89a"):
		return "image/gif", nil
	case starts("RIFF") && len(head) >= 12 && string(head[8:12]) == "WEBP":
		return "image/webp", nil
	case starts("II*\x00"), starts("MM\x00*"):
		return "image/tiff", nil
	case starts("BM"):
		return "image/bmp", nil
	case brand == "avif" || brand == "avis":
		return "image/avif", nil
	case brand == "heic" || brand == "heix" || brand == "mif1":
		return "image/heic", nil
	case brand != "":
		return "video/mp4", nil
	case starts("\x1a\x45\xdf\xa3"):
		return "video/webm", nil
	case starts("%PDF-"):
		return "application/pdf", nil
	case bytes.HasPrefix(trimmed, []byte("WEBVTT")):
		return "text/vtt", nil
	case bytes.HasPrefix(trimmed, []byte("<svg")), strings.EqualFold(path.Ext(name), ".svg") && bytes.HasPrefix(trimmed, []byte("<")):
		return "image/svg+xml", nil
	}
	return "", throughline.Errorf(throughline.Invalid, "this is no file that the engine knows").At(name).
		WithFix("send a picture (JPEG, PNG, GIF, WebP, SVG), a video (MP4, WebM), captions (WebVTT) or a PDF")
}
