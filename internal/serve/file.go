package serve

import (
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// File is one that strangers gave, to be sent as what it is.
type File struct {
	io.ReadSeeker
	// Type is its media type, Tag of its bytes.
	Type, Tag string
	// Name is what it is called where it is kept and not shown.
	Name string
}

// SendFile answers with a file, or the part of it that was asked for. Nothing in
// it runs: a browser neither guesses what it is nor lets it load anything. How long
// it may be kept is for the caller to say.
func SendFile(w http.ResponseWriter, r *http.Request, f File) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("ETag", `"`+f.Tag+`"`)
	h.Set("Content-Type", f.Type)
	if !strings.HasPrefix(f.Type, "image/") && !strings.HasPrefix(f.Type, "video/") && f.Type != "text/vtt" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	}
	http.ServeContent(w, r, "", time.Time{}, patient{f, http.NewResponseController(w)})
}

// patience is for how long somebody may take nothing of a file that is sent.
const patience = time.Minute

// patient sends a file for as long as somebody takes of it.
type patient struct {
	io.ReadSeeker
	control *http.ResponseController
}

// Read reads on, and gives more time to whoever took what was read before.
func (p patient) Read(b []byte) (int, error) {
	p.control.SetWriteDeadline(time.Now().Add(patience))
	return p.ReadSeeker.Read(b)
}
