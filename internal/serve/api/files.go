package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/serve"
)

type fileInput struct {
	Name string `query:"name" required:"true" maxLength:"400" doc:"what the file is called where it comes from" example:"lake.jpg"`
}

// registerFiles adds the operation that takes files in. Its body is the file as
// it is, of any length, and is never held.
func (a *API) registerFiles() {
	const route = "/api/v1/files"
	op := a.operation(http.MethodPost, route, "takeFile", "Take in a picture, a video or another file")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	op.Responses["200"] = &huma.Response{Description: "What was taken in", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.schemaOf(reflect.TypeFor[media.Intake]())},
	}}
	a.manage.needs, a.manage.body = engine.RightMake, media.MaxBytes+1 // one more, for Take to say which file it was
	defer func() { a.manage.body = 0 }()
	huma.Register(a.huma, op, func(_ context.Context, in *fileInput) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			control := http.NewResponseController(w)
			control.SetReadDeadline(time.Time{}) // a large file takes its time
			control.SetWriteDeadline(time.Time{})
			taken, err := a.media.Take(r.Context(), serve.CallerOf(r.Context()), in.Name, r.Body)
			if err != nil {
				a.problem(w, r, err)
				return
			}
			writeJSON(w, http.StatusOK, taken)
		}}, nil
	})
	documentErrors(op)
}

// mediaLife is for how long a picture may be shown without asking again: whoever
// withdraws it waits no longer.
const mediaLife = throughline.MaxValid

// serveMedia shows a file at its address. Everybody may see what is in force.
func (a *API) serveMedia(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-store")
	f, err := a.media.Open(r.Context(), r.PathValue("asset"), r.PathValue("digest"), r.PathValue("rendition"))
	if err != nil {
		a.problem(w, r, err)
		return
	}
	defer f.Close()
	h.Set("Cache-Control", "public, max-age="+strconv.Itoa(int(mediaLife.Seconds())))
	if f.Draft {
		h.Set("Cache-Control", "private, no-cache")
		h.Set("X-Robots-Tag", "noindex")
	}
	serve.SendFile(w, r, serve.File{
		ReadSeeker: f, Type: f.Type, Tag: f.Tag,
		Name: r.PathValue("asset") + strings.TrimPrefix(r.PathValue("rendition"), "original"),
	})
}
