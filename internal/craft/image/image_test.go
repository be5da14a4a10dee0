package image_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	stdimage "image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HugoSmits86/nativewebp"
	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
)

// photo is a JPEG of a drawn picture.
func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, drawn(w, h, 3), &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// logo is a drawn picture with transparency.
func logo(w, h int) *stdimage.NRGBA {
	m := stdimage.NewNRGBA(stdimage.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if dx, dy := x-w/2, y-h/2; dx*dx+dy*dy < w*h/8 {
				m.SetNRGBA(x, y, color.NRGBA{200, uint8(x), uint8(y), 255})
			}
		}
	}
	return m
}

func logoPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, logo(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func logoWebP(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := nativewebp.Encode(&b, logo(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func animation(t testing.TB) []byte {
	t.Helper()
	palette := color.Palette{color.Black, color.White, color.Transparent}
	g := gif.GIF{LoopCount: 3}
	for i := range 3 {
		frame := stdimage.NewPaletted(stdimage.Rect(0, 0, 40, 30), palette)
		frame.Pix[i] = 1
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tiff is EXIF with an orientation, a place, a camera's number and its owner.
func tiff(orientation int) []byte {
	type tag struct {
		id, kind uint16
		value    []byte
	}
	short := func(id uint16, v int) tag { return tag{id, 3, []byte{byte(v >> 8), byte(v), 0, 0}} }
	text := func(id uint16, s string) tag { return tag{id, 2, append([]byte(s), 0)} }
	long := func(id uint16, v int) tag { return tag{id, 4, binary.BigEndian.AppendUint32(nil, uint32(v))} }
	b := []byte("MM\x00*\x00\x00\x00\x08")
	directory := func(at int, tags []tag) {
		data := at + 2 + 12*len(tags) + 4
		b = binary.BigEndian.AppendUint16(b, uint16(len(tags)))
		var values []byte
		for _, g := range tags {
			size := map[uint16]int{2: 1, 3: 2, 4: 4, 5: 8}[g.kind]
			count := len(g.value) / size
			if g.kind == 3 {
				count = 1
			}
			b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, g.id), g.kind)
			b = binary.BigEndian.AppendUint32(b, uint32(count))
			if len(g.value) <= 4 {
				b = append(b, append(bytes.Clone(g.value), make([]byte, 4-len(g.value))...)...)
				continue
			}
			b = binary.BigEndian.AppendUint32(b, uint32(data+len(values)))
			values = append(values, g.value...)
		}
		b = append(append(b, 0, 0, 0, 0), values...)
	}
	const exifAt, gpsAt = 200, 400
	directory(8, []tag{short(0x0112, orientation), {0x011a, 5, []byte{0, 0, 1, 0x2c, 0, 0, 0, 1}}, text(0x013b, "Ana Roth"), text(0x8298, "(c) Ana Roth"), long(0x8769, exifAt), long(0x8825, gpsAt)})
	b = append(b, make([]byte, exifAt-len(b))...)
	directory(exifAt, []tag{text(0x9003, "2026:03:04 05:06:07"), text(0xa430, "Secret Owner"), text(0xa431, "SN-12345678")})
	b = append(b, make([]byte, gpsAt-len(b))...)
	degrees := bytes.Repeat([]byte{0, 0, 0, 7, 0, 0, 0, 1}, 3)
	directory(gpsAt, []tag{text(1, "N"), {2, 5, degrees}, text(3, "E"), {4, 5, degrees}})
	return b
}

// segment is one of a JPEG.
func segment(marker byte, parts ...string) []byte {
	data := strings.Join(parts, "")
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data...)
}

// tagged is a JPEG with all that a camera and an agency write.
func tagged(t testing.TB, orientation int) []byte {
	t.Helper()
	plain := photo(t, 120, 80)
	iptc := func(set byte, s string) string { return string([]byte{0x1c, 2, set, 0, byte(len(s))}) + s }
	fields := iptc(5, "A beach") + iptc(25, "sea") + iptc(25, "sand") + iptc(110, "Photo AG") + iptc(118, "call me")
	block := "8BIM\x04\x04\x00\x00" + string(binary.BigEndian.AppendUint32(nil, uint32(len(fields)))) + fields
	xmp := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""` +
		` xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"` +
		` Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture">` +
		`<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">Only in spring &amp; autumn</rdf:li></rdf:Alt></xmpRights:UsageTerms>` +
		`<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Hidden Person</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta>`
	return bytes.Join([][]byte{
		plain[:2],
		segment(0xe1, "Exif\x00\x00", string(tiff(orientation))),
		segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00", xmp),
		segment(0xe2, "ICC_PROFILE\x00\x01\x01", string(profile("Wide Colours"))),
		segment(0xed, "Photoshop 3.0\x00", block),
		segment(0xfe, "written by Hidden Person"),
		plain[2:], []byte("appended Hidden Person"),
	}, nil)
}

// profile is the least ICC profile with a name.
func profile(name string) []byte {
	b := make([]byte, 144)
	copy(b[16:], "RGB XYZ ")
	copy(b[36:], "acsp")
	binary.BigEndian.PutUint32(b[128:], 1)
	copy(b[132:], "desc")
	binary.BigEndian.PutUint32(b[136:], 144)
	desc := append([]byte("desc\x00\x00\x00\x00"), binary.BigEndian.AppendUint32(nil, uint32(len(name)+1))...)
	desc = append(append(desc, name...), 0)
	binary.BigEndian.PutUint32(b[140:], uint32(len(desc)))
	b = append(b, desc...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// chunk is one of a PNG.
func chunk(name string, data []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), name...)
	b = append(b, data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// bomb is zeros of a size, packed.
func bomb(size int) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(make([]byte, size))
	z.Close()
	return b.Bytes()
}

func header(w, h uint32) []byte {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return chunk("IHDR", append(b, 8, 6, 0, 0, 0))
}

func pngOf(chunks ...[]byte) []byte {
	return append([]byte("\x89PNG\r\n\x1a\n"), bytes.Join(chunks, nil)...)
}

func inspect(b []byte) (image.Facts, error) {
	return image.Inspect(bytes.NewReader(b), int64(len(b)))
}

func TestInspect(t *testing.T) {
	t.Run("a file is known by its content, with size, depth, transparency and motion", func(t *testing.T) {
		for name, c := range map[string]struct {
			file []byte
			want image.Facts
		}{
			"jpeg": {photo(t, 64, 48), image.Facts{Format: image.JPEG, Width: 64, Height: 48, Orientation: 1, Depth: 8, Model: image.YCbCr}},
			"png":  {logoPNG(t, 50, 40), image.Facts{Format: image.PNG, Width: 50, Height: 40, Orientation: 1, Depth: 8, Model: image.RGB, Alpha: true}},
			"webp": {logoWebP(t, 50, 40), image.Facts{Format: image.WebP, Width: 50, Height: 40, Orientation: 1, Depth: 8, Model: image.RGB, Alpha: true}},
			"gif":  {animation(t), image.Facts{Format: image.GIF, Width: 40, Height: 30, Orientation: 1, Depth: 8, Model: image.Indexed, Alpha: true, Animated: true}},
			"svg":  {[]byte(`<?xml version="1.0"?><!-- made --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 12"/>`), image.Facts{Format: image.SVG, Width: 24, Height: 12, Orientation: 1, Model: image.RGB, Alpha: true}},
			"tiff": {[]byte("II*\x00\x08\x00\x00\x00"), image.Facts{Format: image.TIFF, Orientation: 1}},
		} {
			got, err := inspect(c.file)
			c.want.Bytes = int64(len(c.file))
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", name, err, diff)
			}
		}
	})
	t.Run("what a camera and an agency wrote is read, and what is personal is named without its value", func(t *testing.T) {
		got, err := inspect(tagged(t, 6))
		if err != nil {
			t.Fatal(err)
		}
		want := image.Notice{
			Title: "A beach", Creator: []string{"Ana Roth"}, Rights: "(c) Ana Roth", Credit: "Photo AG", Usage: "Only in spring & autumn",
			Keywords: []string{"sea", "sand"}, SourceType: throughline.DigitalCapture, Captured: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		}
		if diff := cmp.Diff(want, got.Notice); diff != "" {
			t.Error(diff)
		}
		if got.Width != 80 || got.Height != 120 || got.Orientation != 6 || got.Profile != "Wide Colours" || got.DPI != 300 {
			t.Errorf("upright it is %d x %d, orientation %d, profile %q, %v dpi", got.Width, got.Height, got.Orientation, got.Profile, got.DPI)
		}
		kinds := map[image.Kind]bool{}
		for _, p := range got.Personal {
			kinds[p.Kind] = true
			if strings.Contains(p.Where, "Secret") || strings.Contains(p.Where, "Hidden") || strings.Contains(p.Where, "7") {
				t.Errorf("%q holds a value", p.Where)
			}
		}
		for _, k := range []image.Kind{image.Location, image.Device, image.Owner, image.Shown, image.Contact, image.Comment} {
			if !kinds[k] {
				t.Errorf("%s was not found in %v", k, got.Personal)
			}
		}
	})
	t.Run("a file larger than memory is looked at where its headers are", func(t *testing.T) {
		head := photo(t, 64, 48)
		r := &sparse{head: head, size: 1 << 40}
		if _, err := image.Inspect(r, r.size); err != nil {
			t.Fatal(err)
		}
		if r.read > 1<<16 {
			t.Errorf("%d bytes were read", r.read)
		}
	})
}

// sparse is a file that is zeros after its head, and counts what is read.
type sparse struct {
	head       []byte
	size, read int64
}

func (s *sparse) ReadAt(b []byte, off int64) (int, error) {
	s.read += int64(len(b))
	clear(b)
	if off < int64(len(s.head)) {
		copy(b, s.head[off:])
	}
	return len(b), nil
}

func TestRefusals(t *testing.T) {
	jpg, whole := photo(t, 64, 48), logoPNG(t, 50, 40)
	long := bytes.Clone(jpg)
	binary.BigEndian.PutUint16(long[4:], 0xffff)
	none := bytes.Clone(jpg)
	binary.BigEndian.PutUint16(none[4:], 1)
	sum := bytes.Clone(whole)
	sum[18]++
	for name, c := range map[string]struct {
		file []byte
		code throughline.Code
		say  string
	}{
		"a PNG of 50,000 x 50,000":        {pngOf(header(50_000, 50_000)), throughline.TooLarge, "50000 x 50000"},
		"a PNG of 2^31 x 2^31":            {pngOf(header(1<<31, 1<<31)), throughline.Invalid, "pixels"},
		"a PNG of no width":               {pngOf(header(0, 10)), throughline.Invalid, "0 x 10"},
		"a bomb in a colour profile":      {pngOf(header(10, 10), chunk("iCCP", append([]byte("x\x00\x00"), bomb(64<<20)...))), throughline.TooLarge, "iCCP"},
		"a bomb in zTXt":                  {pngOf(header(10, 10), chunk("zTXt", append([]byte("x\x00\x00"), bomb(64<<20)...))), throughline.TooLarge, "zTXt"},
		"a bomb in iTXt":                  {pngOf(header(10, 10), chunk("iTXt", append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), bomb(64<<20)...))), throughline.TooLarge, "iTXt"},
		"a chunk longer than the file":    {whole[:len(whole)-20], throughline.Invalid, "bytes long"},
		"a header with a wrong checksum":  {sum, throughline.Invalid, "checksum"},
		"a segment longer than the file":  {long, throughline.Invalid, "ends inside"},
		"a segment shorter than its size": {none, throughline.Invalid, "its length alone"},
		"a WebP cut off":                  {logoWebP(t, 50, 40)[:60], throughline.Invalid, "bytes long"},
		"a text":                          {[]byte("hello, this is no picture"), throughline.Invalid, "no picture"},
		"nothing":                         {nil, throughline.Invalid, "no picture"},
	} {
		t.Run(name+" is refused with a place and a fix", func(t *testing.T) {
			_, err := inspect(c.file)
			e, ok := err.(*throughline.Error)
			if !ok || e.Code != c.code || !strings.Contains(e.Message, c.say) || e.Place == "" || e.Fix == "" {
				t.Errorf("%#v", err)
			}
		})
	}
}

func strip(t testing.TB, b []byte, n image.Notice) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := image.Strip(&out, bytes.NewReader(b), int64(len(b)), n); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestStrip(t *testing.T) {
	t.Run("nothing personal is left in the bytes, and the notice, profile and orientation are", func(t *testing.T) {
		file := tagged(t, 6)
		before, _ := inspect(file)
		out := strip(t, file, image.Notice{})
		for _, secret := range []string{"Secret", "SN-123", "Hidden", "call me", "GPS", "Photoshop 3.0", "PersonInImage"} {
			if bytes.Contains(out, []byte(secret)) {
				t.Errorf("%q is still there", secret)
			}
		}
		after, err := inspect(out)
		if err != nil || len(after.Personal) > 0 {
			t.Errorf("%v, %v", after.Personal, err)
		}
		if diff := cmp.Diff(before.Notice, after.Notice); diff != "" {
			t.Error(diff)
		}
		if after.Orientation != 6 || after.Profile != "Wide Colours" {
			t.Errorf("orientation %d, profile %q", after.Orientation, after.Profile)
		}
	})
	t.Run("the pixels of each format stay as they were, animation too", func(t *testing.T) {
		notice := image.Notice{Rights: "© Ana <Roth> & Söhne", DerivedFrom: throughline.DigestOf([]byte("x"))}
		for name, file := range map[string][]byte{"jpeg": tagged(t, 1), "png": logoPNG(t, 50, 40), "webp": logoWebP(t, 50, 40)} {
			out := strip(t, file, notice)
			if got, err := inspect(out); err != nil || !cmp.Equal(got.Notice, notice) {
				t.Errorf("%s: %v, %+v", name, err, got.Notice)
			}
			if !bytes.Equal(samples(t, file), samples(t, out)) {
				t.Errorf("%s: the pixels differ", name)
			}
			if again := strip(t, out, image.Notice{}); !bytes.Equal(again, out) {
				t.Errorf("%s: stripping twice differs from stripping once", name)
			}
		}
		g, err := gif.DecodeAll(bytes.NewReader(strip(t, animation(t), notice)))
		if err != nil || len(g.Image) != 3 || g.LoopCount != 3 {
			t.Errorf("gif: %v", err)
		}
	})
	t.Run("a progressive JPEG keeps its scans", func(t *testing.T) {
		vips, err := exec.LookPath("vips")
		if err != nil {
			t.Skip("vips is not installed; it writes progressive JPEG")
		}
		dir := t.TempDir()
		from, to := filepath.Join(dir, "a.jpg"), filepath.Join(dir, "b.jpg")
		if err := os.WriteFile(from, tagged(t, 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(vips, "jpegsave", from, to, "--interlace").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		file, err := os.ReadFile(to)
		if err != nil {
			t.Fatal(err)
		}
		facts, _ := inspect(file)
		if out := strip(t, file, image.Notice{}); !facts.Progressive || !bytes.Equal(samples(t, file), samples(t, out)) {
			t.Errorf("progressive %v, or the pixels differ", facts.Progressive)
		}
	})
	t.Run("another reader of metadata reads the same notice", func(t *testing.T) {
		tool, err := exec.LookPath("exiftool")
		if err != nil {
			t.Skip("exiftool is not installed")
		}
		notice := image.Notice{
			Title: "Dünen", Creator: []string{"Ana Roth", "Bo & Co"}, Rights: "© 2026 <Ana>", Credit: "Photo AG", Usage: "web only",
			Keywords: []string{"sea", "sand"}, SourceType: throughline.WithTrained, DerivedFrom: throughline.DigestOf([]byte("original")),
		}
		for name, file := range map[string][]byte{"a.jpg": tagged(t, 8), "a.png": logoPNG(t, 50, 40), "a.webp": logoWebP(t, 50, 41)} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, strip(t, file, notice), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(tool, "-j", "-struct", "-warning", "-error", "-XMP:all", "-n", "-orientation", path).Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var read []map[string]any
			if err := json.Unmarshal(out, &read); err != nil {
				t.Fatal(err)
			}
			for key, want := range map[string]any{
				"Title": "Dünen", "Creator": []any{"Ana Roth", "Bo & Co"}, "Rights": "© 2026 <Ana>", "Credit": "Photo AG", "UsageTerms": "web only",
				"Subject": []any{"sea", "sand"}, "DigitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia",
				"DerivedFrom": map[string]any{"DocumentID": "sha256:" + notice.DerivedFrom.String()},
				"Warning":     nil, "Error": nil,
			} {
				if !cmp.Equal(read[0][key], want) {
					t.Errorf("%s: %s is %v, not %v", name, key, read[0][key], want)
				}
			}
			if name == "a.jpg" && read[0]["Orientation"] != 8.0 {
				t.Errorf("the orientation is %v", read[0]["Orientation"])
			}
		}
	})
}

// samples are the decoded pixels of a file.
func samples(t testing.TB, file []byte) []byte {
	t.Helper()
	p, err := image.Decode(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	switch m := p.Image(0, 0).(type) {
	case *stdimage.RGBA:
		return m.Pix
	case *stdimage.YCbCr:
		return bytes.Join([][]byte{m.Y, m.Cb, m.Cr}, nil)
	}
	t.Fatal("an unknown kind of pixels")
	return nil
}

func FuzzInspect(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		facts, err := inspect(file)
		if err == nil && facts.Format == "" {
			t.Error("a file was accepted without a format")
		}
	})
}

func FuzzStrip(f *testing.F) {
	for _, file := range seeds(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var out bytes.Buffer
		before, err := image.Strip(&out, bytes.NewReader(file), int64(len(file)), image.Notice{})
		if err != nil {
			return
		}
		after, err := inspect(out.Bytes())
		if err != nil {
			t.Fatalf("a stripped file is refused: %v", err)
		}
		if len(after.Personal) > 0 {
			t.Errorf("%v is left", after.Personal)
		}
		if before.Width != after.Width || before.Height != after.Height {
			t.Errorf("%d x %d became %d x %d", before.Width, before.Height, after.Width, after.Height)
		}
		if err := copyAgain(out.Bytes()); err != nil {
			t.Errorf("a stripped file cannot be stripped: %v", err)
		}
	})
}

func copyAgain(b []byte) error {
	_, err := image.Strip(io.Discard, bytes.NewReader(b), int64(len(b)), image.Notice{})
	return err
}

func seeds(t testing.TB) [][]byte {
	return [][]byte{
		tagged(t, 6), logoPNG(t, 20, 10), logoWebP(t, 20, 10), animation(t), pngOf(header(50_000, 50_000)),
		strip(t, logoPNG(t, 20, 10), image.Notice{Rights: "me"}), strip(t, logoWebP(t, 20, 10), image.Notice{Rights: "me"}),
		pngOf(header(10, 10), chunk("iCCP", append([]byte("x\x00\x00"), bomb(100)...)), chunk("zTXt", append([]byte("x\x00\x00"), bomb(100)...)), chunk("eXIf", tiff(3)), chunk("IEND", nil)),
	}
}
