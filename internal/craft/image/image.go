// Package image reads, strips, renders and compares pictures.
//
// A picture comes from a stranger. [Inspect] looks at its structure and nothing
// else, so that a size that cannot be afforded is refused before anything is
// decoded; it reads through an io.ReaderAt and never holds the file. [Strip]
// copies a picture without what is personal and keeps what is owed: who made it,
// who owns it, how it came to be. [Decode] and [Picture.Render] make renditions,
// many of them from one decoding. [Hash] finds the same picture again, and
// [CheckSVG] says what in a drawing could run or load.
//
// Colours are resampled as they are stored, not in linear light, and measured as
// sRGB; another colour profile travels into the rendition, so that it looks as it
// did.
package image

import (
	"math"

	"github.com/throughline-engine/throughline"
)

// Format is a file format, by content and never by the name of the file.
type Format string

// The formats that are told apart.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	GIF  Format = "gif"
	WebP Format = "webp"
	SVG  Format = "svg"
	AVIF Format = "avif"
	HEIC Format = "heic"
	TIFF Format = "tiff"
	BMP  Format = "bmp"
)

// MediaType returns the format's media type, such as image/jpeg.
func (f Format) MediaType() string {
	if f == SVG {
		return "image/svg+xml"
	}
	return "image/" + string(f)
}

// The limits, all of them kept before a picture is decoded.
const (
	MaxPixels  = 100_000_000 // width times height
	MaxMemory  = 640 << 20   // bytes that decoding takes, by estimate
	MaxProfile = 4 << 20     // bytes of an unpacked colour profile
	MaxNotice  = 1 << 20     // bytes of one unpacked block of EXIF, XMP or IPTC
	maxParts   = 1 << 17     // segments or chunks of a file
)

// Model is how the colours of a picture are stored.
type Model string

// The models.
const (
	Gray    Model = "gray"
	RGB     Model = "rgb"
	YCbCr   Model = "ycbcr"
	CMYK    Model = "cmyk"
	Indexed Model = "indexed"
)

// Facts are what a file says of its picture.
type Facts struct {
	Format Format
	Bytes  int64
	// Width and Height are in pixels, upright; 0 where the format does not say.
	Width, Height int
	// Orientation is EXIF's, from 1 to 8; 1 is upright.
	Orientation int
	// Depth is bits per channel; 0 where the format does not say.
	Depth int
	Model Model
	// Alpha reports whether a pixel may be transparent.
	Alpha bool
	// Animated reports whether there is more than one frame.
	Animated bool
	// Progressive reports whether it is stored in passes.
	Progressive bool
	// DPI is dots per inch across; 0 when not said.
	DPI float64
	// Profile is the name of the colour profile; empty when there is none, and
	// then colours are taken as sRGB.
	Profile string
	// Notice is who made it, who owns it and how it came to be.
	Notice Notice
	// Personal is what tells of people, by kind and place and never by value.
	Personal []Personal
	// Signed reports whether there is a C2PA manifest. Nothing here verifies it,
	// and no rendition keeps it: its signature is over the original bytes.
	Signed bool
	// Oddities are faults that do not stand in the way, in sentences.
	Oddities []string
}

// Aspect returns width divided by height; 0 where the format does not say.
func (f Facts) Aspect() float64 {
	if f.Height == 0 {
		return 0
	}
	return float64(f.Width) / float64(f.Height)
}

// memory estimates the bytes that decoding takes.
func (f Facts) memory() int64 {
	pixels := int64(f.Width) * int64(f.Height)
	switch {
	case f.Format == JPEG && f.Model == CMYK && f.Progressive:
		return pixels * 24
	case f.Format == JPEG && f.Progressive:
		return pixels * 15 // coefficients of four bytes wait for the last pass
	case f.Format == JPEG && f.Model == CMYK:
		return pixels * 8
	case f.Format == JPEG:
		return pixels * 3
	case f.Depth == 16:
		return pixels * 12
	default:
		return pixels * 5
	}
}

// afford refuses a picture that is too large to decode.
func (f Facts) afford(place string) error {
	if f.Width <= 0 || f.Height <= 0 {
		return throughline.Errorf(throughline.Invalid, "the %s picture is %d x %d pixels", f.Format, f.Width, f.Height).
			At(place).WithFix("export the picture again")
	}
	if float64(f.Width)*float64(f.Height) > MaxPixels {
		side := int(math.Sqrt(MaxPixels * float64(f.Width) / float64(f.Height)))
		return throughline.Errorf(throughline.TooLarge, "the %s picture is %d x %d pixels, over the limit of %d million", f.Format, f.Width, f.Height, MaxPixels/1_000_000).
			At(place).WithFix("scale it to at most %d pixels wide", max(1, side))
	}
	if need := f.memory(); need > MaxMemory {
		return throughline.Errorf(throughline.TooLarge, "decoding the %s picture of %d x %d pixels would take %d MB, over the limit of %d", f.Format, f.Width, f.Height, need>>20, MaxMemory>>20).
			At(place).WithFix("save it with 8 bits a channel, as baseline JPEG, or smaller")
	}
	return nil
}

// Decodable returns why the pixels cannot be read, or nil.
func (f Facts) Decodable() error {
	switch f.Format {
	case JPEG, PNG, GIF:
		return nil
	case WebP:
		if !f.Animated {
			return nil
		}
		return throughline.Errorf(throughline.Invalid, "an animated WebP is not decoded here").WithFix("save the frame to show as PNG or JPEG")
	case SVG:
		return throughline.Errorf(throughline.Invalid, "an SVG is a drawing and has no pixels").WithFix("serve it as it is, or export it as PNG")
	}
	return throughline.Errorf(throughline.Invalid, "%s is not decoded here", f.Format).WithFix("save the picture as JPEG, PNG, GIF or WebP")
}
