package video_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/video"
)

const here = "+46.0037+008.9511/"

// films are of a kind each, with what is to be read of them.
func films() map[string]struct {
	film []byte
	want video.Facts
} {
	type one = struct {
		film []byte
		want video.Facts
	}
	facts := func(kind string, w, h int, codecs ...string) video.Facts {
		return video.Facts{Type: kind, Width: w, Height: h, Duration: 2 * time.Second, Codecs: codecs, Sound: len(codecs) > 1}
	}
	tells := func(f video.Facts, p ...video.Personal) video.Facts { f.Personal = p; return f }
	picture, sound := trak("vide", "avc1", 640, 360, upright), trak("soun", "mp4a", 0, 0, upright)
	size := join(elUint(0xb0, 640), elUint(0xba, 360))
	length := el(0x1549a966, elUint(0x2ad7b1, 1_000_000), elFloat(0x4489, 2000))
	webm := func(tags []byte, shape ...[]byte) []byte {
		return join(matroskaHeader("webm"), el(0x18538067, length, el(0x1654ae6b, matroskaTrack(1, "V_VP9", shape...)), el(0x1f43b675, make([]byte, 99)), tags))
	}
	return map[string]one{
		"an MP4 with pictures and sound": {
			join(ftyp("isom"), box("moov", mvhd(2000), picture, sound), box("mdat", make([]byte, 99))), facts("video/mp4", 640, 360, "avc1", "mp4a"),
		},
		"an MP4 whose index lies at its end": {
			join(ftyp("mp42"), box("free"), be32(1), []byte("mdat"), be32(0, 16+5000), make([]byte, 5000), box("moov", picture, mvhd(2000))),
			facts("video/mp4", 640, 360, "avc1"),
		},
		"a film in fragments": {
			join(ftyp("iso6"), box("moov", mvhd(0), bytes.Replace(picture, be32(90000, 180000), be32(90000, 0), 1), box("mvex", box("trex", be32(0, 1, 1, 3000, 0, 0)))),
				box("moof", box("traf", box("tfhd", be32(0, 1)), box("tfdt", be32(0, 0)), box("trun", be32(0, 30)))),
				box("moof", box("traf", box("tfhd", be32(8, 1, 500)), box("tfdt", be32(0, 90000)), box("trun", be32(0x300, 2, 60000, 1, 30000, 1))))),
			facts("video/mp4", 640, 360, "avc1"),
		},
		"a film that lies on its side": {
			join(ftyp("isom"), box("moov", mvhd(2000), trak("vide", "hvc1", 640, 360, turned))), facts("video/mp4", 360, 640, "hvc1"),
		},
		"a film whose index says its length only of its track": {
			join(ftyp("isom"), box("moov", mvhd(0), picture)), facts("video/mp4", 640, 360, "avc1"),
		},
		"a film of a telephone, with where it was": {
			join(ftyp("qt  "), box("moov", mvhd(2000), picture, quicktimeMeta("com.apple.quicktime.make", "Pear", "com.apple.quicktime.location.ISO6709", here))),
			tells(facts("video/quicktime", 640, 360, "avc1"), video.Personal{Kind: video.Location, Where: "moov/meta/ilst/com.apple.quicktime.location.ISO6709"}),
		},
		"a film with where it was in the words of three makers": {
			join(ftyp("isom"), box("moov", mvhd(2000), picture,
				box("udta", box("\xa9xyz", []byte("\x00\x12\x15\xc7"+here)), box("loci", []byte(here)),
					box("meta", be32(0), box("hdlr", be32(0, 0), []byte("mdir"), make([]byte, 13)),
						box("ilst", item("\xa9xyz", here), box("----", box("mean", be32(0), []byte("com.a")), box("name", be32(0), []byte("GPS")), box("data", be32(1, 0), []byte(here))), item("\xa9nam", "Lido"))),
					be32(0)))),
			tells(facts("video/mp4", 640, 360, "avc1"), video.Personal{Kind: video.Location, Where: "moov/udta/©xyz"}, video.Personal{Kind: video.Location, Where: "moov/udta/loci"},
				video.Personal{Kind: video.Location, Where: "moov/udta/meta/ilst/©xyz"}, video.Personal{Kind: video.Location, Where: "moov/udta/meta/ilst/GPS"}),
		},
		"a film with a place in XMP": {
			join(ftyp("isom"), box("moov", mvhd(2000), picture), box("uuid", []byte("\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac<x:xmpmeta exif:GPSLatitude='"+here+"'/>"))),
			tells(facts("video/mp4", 640, 360, "avc1"), video.Personal{Kind: video.Location, Where: "uuid (XMP)"}),
		},
		"a WebM": {webm(nil, size), facts("video/webm", 640, 360, "V_VP9")},
		"a WebM that is shown wider than it is, and turned": {
			webm(nil, size, elUint(0x54b0, 480), elUint(0x54ba, 360), el(0x7670, elFloat(0x7675, -90))), facts("video/webm", 360, 480, "V_VP9"),
		},
		"a WebM with a shape in no pixels": {webm(nil, size, elUint(0x54b0, 4), elUint(0x54ba, 3), elUint(0x54b2, 3)), facts("video/webm", 480, 360, "V_VP9")},
		"a WebM with where it was, under a checksum": {
			webm(el(0x1254c367, el(0xbf, be32(1)), el(0x7373, simpleTag("TITLE", "Lido"), simpleTag("LOCATION", here))), size),
			tells(facts("video/webm", 640, 360, "V_VP9"), video.Personal{Kind: video.Location, Where: "Tags/LOCATION"}),
		},
	}
}

func TestWhatAFilmSaysOfItself(t *testing.T) {
	for name, c := range films() {
		t.Run(name, func(t *testing.T) {
			got, err := video.Inspect(bytes.NewReader(c.film), int64(len(c.film)))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestWhatTellsOfPeopleIsTakenOut(t *testing.T) {
	for name, c := range films() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			was, err := video.Strip(&out, bytes.NewReader(c.film), int64(len(c.film)))
			if diff := cmp.Diff(c.want, was); diff != "" || err != nil {
				t.Fatal(diff, err)
			}
			if out.Len() != len(c.film) {
				t.Errorf("%d bytes became %d", len(c.film), out.Len())
			}
			if len(c.want.Personal) == 0 && !bytes.Equal(out.Bytes(), c.film) {
				t.Error("a film that tells of nobody was changed")
			}
			if bytes.Contains(out.Bytes(), []byte(here)) {
				t.Error("the place is still in it")
			}
			if strings.Contains(string(c.film), "Lido") != strings.Contains(out.String(), "Lido") {
				t.Error("the title is gone")
			}
			want := c.want
			want.Personal = nil
			got, err := video.Inspect(bytes.NewReader(out.Bytes()), int64(out.Len()))
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
		})
	}
}

func TestWhatCannotBeTakenOutIsTold(t *testing.T) {
	film := join(ftyp("isom"), box("moov", mvhd(2000), trak("vide", "avc1", 640, 360, upright), trak("meta", "gpmd", 0, 0, upright)))
	got, err := video.Inspect(bytes.NewReader(film), int64(len(film)))
	if diff := cmp.Diff([]video.Personal{{Kind: video.Location, Where: "gpmd, track 2", Fixed: true}}, got.Personal); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// Every error names the box and the byte.
func TestDamagedFilms(t *testing.T) {
	picture := trak("vide", "avc1", 640, 360, upright)
	deep := picture
	for range 40 {
		deep = box("udta", deep)
	}
	head := matroskaHeader("webm")
	tests := map[string]struct {
		film  []byte
		says  string
		place string
	}{
		"nothing":                              {nil, "no film", "byte 0"},
		"a picture":                            {[]byte("\x89PNG\r\n\x1a\nand so on"), "no film", "byte 0"},
		"an upload that was cut off":           {join(ftyp("isom"), box("mdat", make([]byte, 500))[:100]), "mdat is 508 bytes long, and the file has 100 more", "byte 20"},
		"a film without an index":              {join(ftyp("isom"), box("mdat", make([]byte, 500))), "without moov", "byte 528"},
		"an index without a track":             {join(ftyp("isom"), box("moov", mvhd(2000))), "no picture track", "byte 0"},
		"sound alone":                          {join(ftyp("isom"), box("moov", mvhd(2000), trak("soun", "mp4a", 0, 0, upright))), "no picture track", "byte 0"},
		"a box that is longer than its parent": {join(ftyp("isom"), box("moov", be32(900), []byte("trak"))), "moov/trak is 900 bytes long, and moov has 8 more", "byte 28"},
		"a box that is shorter than its head":  {join(ftyp("isom"), box("moov", be32(4), []byte("trak"))), "moov/trak is 4 bytes long", "byte 28"},
		"a length of 64 bits":                  {join(ftyp("isom"), be32(1), []byte("moov"), be32(0xffffffff, 0xffffffff)), "longer than any file", "byte 20"},
		"time in no unit":                      {join(ftyp("isom"), box("moov", box("mvhd", be32(0, 0, 0, 0, 9), make([]byte, 80)), picture)), "moov/mvhd counts time in no unit", "byte 28"},
		"a header that is too short":           {join(ftyp("isom"), box("moov", box("mvhd", be32(0)))), "moov/mvhd holds 4 bytes", "byte 28"},
		"boxes in boxes":                       {join(ftyp("isom"), box("moov", mvhd(1), deep)), "more than 12 boxes deep", ""},
		"a film of a million boxes":            {join(ftyp("isom"), bytes.Repeat(box("free"), video.MaxBoxes+1)), "more than 200000 boxes", ""},
		"no pixels":                            {join(ftyp("isom"), box("moov", mvhd(2000), trak("vide", "avc1", 0, 0, upright))), "0 by 0 pixels", ""},
		"more pixels than there are":           {join(ftyp("isom"), box("moov", mvhd(2000), trak("vide", "avc1", 65535, 9, upright))), "65535 by 9 pixels", ""},
		"a WebM without a film":                {head, "without a segment", ""},
		"a WebM that was cut off":              {join(head, el(0x18538067, make([]byte, 500))[:100]), "18538067 is 500 bytes long, and the file has 88 more", ""},
		"a WebM whose id is no id":             {join(head, el(0x18538067, []byte{0, 0, 0})), "begins with 0x00", ""},
		"a WebM with a number of three bytes":  {join(head, el(0x18538067, el(0x1549a966, el(0x4489, []byte{1, 2, 3})))), "4489 is a number of 3 bytes", ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := video.Inspect(bytes.NewReader(c.film), int64(len(c.film)))
			var all throughline.Problems
			all.Add(err)
			if len(all) != 1 || !strings.Contains(all[0].Message, c.says) || c.place != "" && all[0].Place != c.place || all[0].Place == "" || all[0].Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

// Whatever a stranger sends, it ends soon, and what was stripped once has nothing
// more to strip.
func fuzz(f *testing.F, belongs func(string) bool) {
	for name, c := range films() {
		if belongs(name) {
			f.Add(c.film)
		}
	}
	f.Fuzz(func(t *testing.T, film []byte) {
		facts, err := video.Inspect(bytes.NewReader(film), int64(len(film)))
		if err != nil {
			if c := throughline.CodeOf(err); c != throughline.Invalid && c != throughline.TooLarge {
				t.Fatal(err)
			}
			return
		}
		if facts.Width < 1 || facts.Height < 1 || facts.Duration < 0 {
			t.Fatalf("%+v", facts)
		}
		var out bytes.Buffer
		if _, err := video.Strip(&out, bytes.NewReader(film), int64(len(film))); err != nil || out.Len() != len(film) {
			t.Fatalf("%d bytes became %d: %v", len(film), out.Len(), err)
		}
		again, err := video.Inspect(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range again.Personal {
			if !p.Fixed {
				t.Fatalf("%+v is left", p)
			}
		}
	})
}

func FuzzMP4(f *testing.F) {
	fuzz(f, func(name string) bool { return !strings.Contains(name, "WebM") })
}

func FuzzMatroska(f *testing.F) {
	fuzz(f, func(name string) bool { return strings.Contains(name, "WebM") })
}

func TestALargeFilmIsNotRead(t *testing.T) {
	index := box("moov", mvhd(2000), trak("vide", "avc1", 640, 360, upright))
	const hole = 1 << 34
	r := &sparse{head: join(ftyp("isom"), be32(1), []byte("mdat"), be32((hole+16)>>32, (hole+16)&0xffffffff)), hole: hole, tail: index}
	got, err := video.Inspect(r, r.size())
	if err != nil || got.Width != 640 {
		t.Fatal(got, err)
	}
	if r.read > 10_000 {
		t.Errorf("of 16 GiB, %d bytes were read", r.read)
	}
}

// sparse is a file with nothing in its middle.
type sparse struct {
	head, tail []byte
	hole, read int64
}

func (s *sparse) size() int64 { return int64(len(s.head)) + s.hole + int64(len(s.tail)) }

// ReadAt reads from either end.
func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	s.read += int64(len(p))
	if off < int64(len(s.head)) {
		return bytes.NewReader(s.head).ReadAt(p, off)
	}
	if tail := off - int64(len(s.head)) - s.hole; tail >= 0 {
		return bytes.NewReader(s.tail).ReadAt(p, tail)
	}
	clear(p)
	return len(p), nil
}

var _ io.ReaderAt = (*sparse)(nil)
