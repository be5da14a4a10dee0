package media

import (
	"bytes"
	"io"
	"testing"

	"github.com/throughline-engine/throughline"
)

// lying are bytes under a digest.
type lying struct{ *bytes.Reader }

// Close has nothing to give back.
func (lying) Close() error { return nil }

func TestTheEndOfDamagedBytesIsNeverGiven(t *testing.T) {
	body := bytes.Repeat([]byte("a film by a lake "), 9000)
	right, wrong := throughline.DigestOf(body), throughline.DigestOf(nil)
	for _, c := range []struct {
		sentence string
		digest   throughline.Digest
		from     int64
		whole    bool
	}{
		{"sound bytes are read to the end", right, 0, true},
		{"damaged ones are not", wrong, 0, false},
		{"a part cannot be told from another", wrong, 100, true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			r := newReading(lying{bytes.NewReader(body)}, c.digest)
			defer r.Close()
			if _, err := r.Seek(0, io.SeekEnd); err != nil { // as who asks for the size
				t.Fatal(err)
			}
			if _, err := r.Seek(c.from, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			_, err := io.Copy(&out, r)
			if c.whole && (err != nil || !bytes.Equal(out.Bytes(), body[c.from:])) {
				t.Errorf("%d bytes, %v", out.Len(), err)
			}
			if !c.whole && (throughline.CodeOf(err) != throughline.Corrupt || out.Len() >= len(body)) {
				t.Errorf("%d bytes, %v", out.Len(), err)
			}
		})
	}
}
