package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// toast is what a change has to say once it is done: one sentence on the next
// page, and how to undo it where that is possible.
type toast struct {
	// Text is the sentence. Bad says that something went wrong.
	Text string `json:"t"`
	Bad  bool   `json:"b,omitempty"`
	Undo *undo  `json:"u,omitempty"`
}

// undo is the form that takes a change back.
type undo struct {
	// URL is one of the door's own; Fields are what it is sent.
	URL    string            `json:"a"`
	Fields map[string]string `json:"f,omitempty"`
	// Label is what the button says; empty for Undo.
	Label string `json:"l,omitempty"`
}

const (
	toastCookie = "throughline_toast"
	toastBytes  = 3 << 10 // browsers keep 4 KB of a cookie
	toastLife   = time.Minute
)

// toast leaves a sentence for the next page that is shown. One too long for a
// cookie loses its undo, which is then in the page itself, and its end.
func (w *Web) toast(rw http.ResponseWriter, r *http.Request, t toast) {
	value := packToast(t)
	if len(value) > toastBytes {
		t.Undo, t.Text = nil, shortened(t.Text, toastBytes/2)
		value = packToast(t)
	}
	c := w.cookie(r, toastCookie, value)
	c.MaxAge = int(toastLife.Seconds())
	http.SetCookie(rw, c)
}

// shortened is the beginning of a text in at most so many bytes, cut between
// characters.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

func packToast(t toast) string {
	b, err := json.Marshal(t)
	if err != nil { // strings alone always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// toastOf returns what was left for this page. A cookie is a stranger: what it
// cannot say is not said, and an undo leads nowhere but here.
func toastOf(r *http.Request) *toast {
	c, err := r.Cookie(toastCookie)
	if err != nil {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	var t toast
	if err := json.Unmarshal(b, &t); err != nil || t.Text == "" {
		return nil
	}
	if t.Undo != nil {
		t.Undo.URL = localPath(t.Undo.URL)
	}
	return &t
}

// dropToast forgets the toast, once it is on a page.
func (w *Web) dropToast(rw http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(toastCookie); err != nil {
		return
	}
	c := w.cookie(r, toastCookie, "")
	c.MaxAge = -1
	http.SetCookie(rw, c)
}
