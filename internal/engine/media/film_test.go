package media_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// filmOf writes the smallest film of two seconds with sound there is, and where it
// was, unless that is empty.
func filmOf(brand string, w, h uint32, where string) []byte {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	words := func(n ...uint32) (b []byte) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	box := func(name string, parts ...[]byte) []byte {
		body := join(parts...)
		return join(words(uint32(8+len(body))), []byte(name), body)
	}
	trak := func(handler, codec string, w, h uint32) []byte {
		return box("trak",
			box("tkhd", words(1, 0, 0, 1, 0, 2000), make([]byte, 16), words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000), words(w<<16, h<<16)),
			box("mdia", box("hdlr", words(0, 0), []byte(handler), make([]byte, 13)), box("minf", box("stbl", box("stsd", words(0, 1), box(codec, make([]byte, 78)))))),
		)
	}
	var place []byte
	if where != "" {
		place = box("udta", box("\xa9xyz", []byte("\x00\x12\x15\xc7"+where)))
	}
	return join(box("ftyp", []byte(brand), words(0)), box("mdat", make([]byte, 3000)),
		box("moov", box("mvhd", words(0, 0, 0, 1000, 2000), make([]byte, 80)), trak("vide", "avc1", w, h), trak("soun", "mp4a", 0, 0), place))
}

func TestAFilmOnItsWay(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	const where = "+46.0037+008.9511/"
	source := filmOf("iso6", 640, 360, where)
	taken := s.take(t, "lake.mp4", source)
	spec := taken.Asset.Spec.(*throughline.Asset)
	t.Run("it suggests an asset with its size, its length and that it has sound", func(t *testing.T) {
		want := throughline.File{
			Name: "lake.mp4", Digest: spec.File.Digest, Type: "video/mp4", Bytes: len(source), Width: 640, Height: 360,
			Duration: throughline.Duration(2 * time.Second), Sound: true,
		}
		if diff := cmp.Diff(want, spec.File); diff != "" || spec.Role != "video" {
			t.Error(spec.Role, diff)
		}
	})
	t.Run("where it was is told of, and not kept", func(t *testing.T) {
		_, b, err := s.see(t, spec.File.SlotAddress("lake"))
		if err != nil || bytes.Contains(b, []byte(where)) || len(b) != len(source) {
			t.Errorf("%d bytes of %d, %v", len(b), len(source), err)
		}
		if diff := cmp.Diff([]string{"location (moov/udta/©xyz)"}, taken.Removed); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("one of a telephone keeps its type, and a note says who may not play it", func(t *testing.T) {
		taken := s.take(t, "lake.mov", filmOf("qt  ", 640, 360, ""))
		file := taken.Asset.Spec.(*throughline.Asset).File
		if file.Type != "video/quicktime" || !strings.HasSuffix(file.SlotAddress("lake"), "original.mov") || !strings.Contains(strings.Join(taken.Notes, "; "), "not every browser plays video/quicktime") {
			t.Error(file, taken.Notes)
		}
	})
	t.Run("captions name a line that is wrong", func(t *testing.T) {
		_, err := s.Take(t.Context(), enginetest.Shell(), "lake.vtt", strings.NewReader("WEBVTT\n\n00:00,000 --> 00:01.000\nHello\n"))
		if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "line 3") {
			t.Error(err)
		}
	})
	t.Run("a film that was cut off is refused, with the byte", func(t *testing.T) {
		_, err := s.Take(t.Context(), enginetest.Shell(), "lake.mp4", bytes.NewReader(source[:2000]))
		if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "byte 16") {
			t.Error(err)
		}
	})
}
