package image

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bep/imagemeta"

	"github.com/throughline-engine/throughline"
)

// Notice is what goes with a picture wherever it is shown: who made it, who owns
// it, how it came to be. It is read from XMP, then IPTC, then EXIF, and is kept
// by Strip and written into every rendition.
type Notice struct {
	Title    string
	Creator  []string
	Rights   string // the copyright line
	Credit   string // the line to print beside it
	Usage    string // the terms of use
	Keywords []string
	// SourceType says how it was made, in IPTC's words.
	SourceType throughline.SourceType
	// Captured is when it was taken, as it was written; the zone is often not
	// known, and then UTC is set. The zero time when it is not said.
	Captured time.Time
	// DerivedFrom is the digest of the original; zero for an original.
	DerivedFrom throughline.Digest
}

// Personal says that there is something about a person, and where.
type Personal struct {
	Kind  Kind
	Where string // such as "EXIF GPSLatitude"; never a value
}

// Kind is a kind of personal data in a file.
type Kind string

// The kinds of personal data.
const (
	Location Kind = "location" // where it was taken
	Device   Kind = "device"   // a number that tells one camera from all others
	Owner    Kind = "owner"    // whose camera or computer it was
	Shown    Kind = "shown"    // who is in it
	Contact  Kind = "contact"  // how to reach somebody
	Preview  Kind = "preview"  // a small copy, which may show what was cut away
	Comment  Kind = "comment"  // free text, which may say anything
	Maker    Kind = "maker"    // a block that only the camera's maker can read
)

// sensitive says what a tag tells of people.
func sensitive(source imagemeta.Source, tag string) Kind {
	switch {
	case strings.HasPrefix(tag, "GPS") && tag != "GPSVersionID":
		return Location
	case tag == "Location" || tag == "City" || tag == "Sub-location" || tag == "LocationCreated" || tag == "LocationShown":
		return Location
	case strings.HasSuffix(tag, "SerialNumber") || tag == "ImageUniqueID" || tag == "CameraSerialNumber":
		return Device
	case tag == "CameraOwnerName" || tag == "OwnerName" || tag == "HostComputer":
		return Owner
	case tag == "PersonInImage" || tag == "PersonInImageWDetails" || strings.HasPrefix(tag, "Region"):
		return Shown
	case tag == "Contact" || strings.HasPrefix(tag, "Ci") && source == imagemeta.XMP || tag == "CreatorContactInfo":
		return Contact
	case strings.HasPrefix(tag, "Thumbnail") || tag == "JPEGInterchangeFormat" || tag == "PreviewImage":
		return Preview
	case tag == "UserComment" || tag == "ImageDescription" || tag == "Caption-Abstract" || tag == "XPComment":
		return Comment
	case tag == "MakerNote" || tag == "MakerNoteApple":
		return Maker
	}
	return ""
}

// describe reads the metadata that was found. What cannot be read is an oddity:
// a picture with broken EXIF is still a picture.
func (l *layout) describe() {
	read := map[imagemeta.Source]map[string]any{imagemeta.EXIF: {}, imagemeta.IPTC: {}, imagemeta.XMP: {}}
	for _, block := range []struct {
		source imagemeta.Source
		format imagemeta.ImageFormat
		what   string
		data   []byte
	}{
		{imagemeta.EXIF, imagemeta.TIFF, "EXIF", l.exif},
		{imagemeta.IPTC, imagemeta.JPEG, "IPTC", inJPEG(l.iptc)},
		{imagemeta.XMP, imagemeta.WebP, "XMP", inWebP(l.xmp)},
	} {
		if len(block.data) == 0 {
			continue
		}
		_, err := imagemeta.Decode(imagemeta.Options{
			R: bytes.NewReader(block.data), ImageFormat: block.format, Sources: block.source, LimitNumTags: 2000,
			ShouldHandleTag: func(imagemeta.TagInfo) bool { return true },
			Warnf:           func(string, ...any) {},
			HandleTag: func(tag imagemeta.TagInfo) error {
				if kind := sensitive(tag.Source, tag.Tag); kind != "" {
					l.personal(kind, block.what+" "+tag.Tag)
				}
				if _, have := read[tag.Source][tag.Tag]; !have && !strings.HasSuffix(tag.Namespace, "IFD1") {
					read[tag.Source][tag.Tag] = tag.Value
				}
				return nil
			},
		})
		if err != nil {
			l.odd("the %s is damaged; what could be read of it was", block.what)
		}
	}
	l.structured()
	slices.SortFunc(l.Personal, func(a, b Personal) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Where, b.Where))
	})
	l.orient(read[imagemeta.EXIF]["Orientation"])
	l.resolution(read[imagemeta.EXIF])
	l.Notice = noticeOf(read[imagemeta.XMP], read[imagemeta.IPTC], read[imagemeta.EXIF])
	l.Notice.DerivedFrom = derivedFrom(l.xmp)
}

// structured finds in XMP what the reader of flat properties passes over.
func (l *layout) structured() {
	for name, kind := range map[string]Kind{
		"CreatorContactInfo": Contact, "PersonInImageWDetails": Shown, "mwg-rs:Regions": Shown, "MPReg:": Shown,
		"LocationCreated": Location, "LocationShown": Location, "xmp:Thumbnails": Preview,
	} {
		if bytes.Contains(l.xmp, []byte(name)) {
			l.personal(kind, "XMP "+strings.Trim(name, ":"))
		}
	}
}

func (l *layout) orient(value any) {
	if value == nil {
		return
	}
	n := 0
	if _, err := fmt.Sscan(fmt.Sprint(value), &n); err != nil || n < 1 || n > 8 {
		l.odd("the orientation is not one of 1 to 8, and 1 is taken")
		return
	}
	l.Orientation = n
}

// resolution takes EXIF's where the format did not say one.
func (l *layout) resolution(exif map[string]any) {
	x, ok := exif["XResolution"].(interface{ Float64() float64 })
	if !ok || l.DPI > 0 || !(x.Float64() > 0 && x.Float64() < 65535) {
		return
	}
	l.DPI = x.Float64()
	if fmt.Sprint(exif["ResolutionUnit"]) == "3" { // per centimetre
		l.DPI *= 2.54
	}
}

// noticeOf puts a notice together: XMP before IPTC before EXIF.
func noticeOf(xmp, iptc, exif map[string]any) Notice {
	n := Notice{
		Title:    first(xmp["Title"], iptc["ObjectName"], iptc["Headline"]),
		Creator:  all(20, 200, xmp["Creator"], iptc["By-line"], exif["Artist"]),
		Rights:   first(xmp["Rights"], iptc["CopyrightNotice"], exif["Copyright"]),
		Credit:   first(xmp["Credit"], iptc["Credit"]),
		Usage:    first(xmp["UsageTerms"]),
		Keywords: all(100, 100, xmp["Subject"], iptc["Keywords"]),
	}
	kind := first(xmp["DigitalSourceType"])
	n.SourceType = throughline.SourceType(kind[strings.LastIndex(kind, "/")+1:])
	if strings.ContainsFunc(string(n.SourceType), func(r rune) bool { return r > 'z' || !unicode.IsLetter(r) }) {
		n.SourceType = ""
	}
	for _, at := range []string{first(exif["DateTimeOriginal"]), first(xmp["DateTimeOriginal"]), first(xmp["DateCreated"]), first(xmp["CreateDate"]), first(iptc["DateCreated"])} {
		for _, layout := range []string{"2006:01:02 15:04:05", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006:01:02", time.DateOnly} {
			if t, err := time.Parse(layout, at); err == nil && n.Captured.IsZero() && t.Year() > 1800 {
				n.Captured = t
			}
		}
	}
	return n
}

// first returns the first value that says something, as one line of at most 1000
// runes.
func first(values ...any) string {
	for _, v := range values {
		if list := all(1, 1000, v); len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

// all returns the texts of the first value that has any.
func all(count, length int, values ...any) []string {
	for _, v := range values {
		var texts []string
		switch v := v.(type) {
		case nil:
			continue
		case []string:
			texts = v
		case []any:
			for _, e := range v {
				texts = append(texts, fmt.Sprint(e))
			}
		default:
			texts = []string{fmt.Sprint(v)}
		}
		var out []string
		for _, t := range texts {
			if t = clean(t, length); t != "" && len(out) < count {
				out = append(out, t)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// clean makes one line of a text: valid UTF-8, no control characters, cut at a
// number of runes.
func clean(s string, length int) string {
	if len(s) > 4*length {
		s = s[:4*length]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || r == 0:
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > length {
		s = strings.TrimSpace(string(r[:length]))
	}
	return s
}

// inWebP wraps XMP into the least file that a reader of WebP takes, whose chunks
// may be longer than a JPEG's segments.
func inWebP(xmp []byte) []byte {
	if len(xmp) == 0 {
		return nil
	}
	b := []byte("RIFF\x00\x00\x00\x00WEBP")
	b = appendChunk(b, "VP8X", []byte{webpXMP, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	b = appendChunk(b, "XMP ", xmp)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// inJPEG wraps the resource blocks of IPTC into the least file that a reader of
// JPEG takes. What does not fit a segment is left out.
func inJPEG(iptc []byte) []byte {
	if len(iptc) == 0 {
		return nil
	}
	return append(appendSegment([]byte{0xff, 0xd8}, 0xed, iptcHead, iptc[:min(len(iptc), 65_000)]), 0xff, 0xd9)
}

// appendSegment appends a segment of a JPEG, of at most 65,533 bytes.
func appendSegment(b []byte, marker byte, head string, data []byte) []byte {
	b = append(b, 0xff, marker)
	b = binary.BigEndian.AppendUint16(b, uint16(2+len(head)+len(data)))
	return append(append(b, head...), data...)
}
