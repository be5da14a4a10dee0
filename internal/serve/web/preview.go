package web

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// previewPolicy is the Content-Security-Policy of a rendering: it may bring its
// own styles and pictures, and can do nothing. Only our own pages may frame it.
const previewPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"

// previewPath returns the address of a variant's rendering.
func previewPath(placement string, variant throughline.VariantID) string {
	return "/preview/" + url.PathEscape(placement) + "/" + url.PathEscape(string(variant))
}

// previewPage is a rendering as a document of its own.
type previewPage struct {
	Title, Locale string
	// HTML is the web rendering's markup, unescaped: the response's policy is
	// what keeps it harmless.
	HTML template.HTML
	// Fields are an app rendering's, the order people read them in.
	Fields []previewField
}

type previewField struct {
	Name, Text string
	// Kind is title, image, action or text.
	Kind string
	// URL is the address of an image.
	URL template.URL
}

// preview shows one variant as people see it. A variant's id hashes all that
// its rendering is made of, so an address never changes its content.
func (w *Web) preview(rw http.ResponseWriter, r *http.Request) error {
	p, err := w.Previews.Preview(r.Context(), r.PathValue("placement"), r.PathValue("variant"))
	if err != nil {
		return err
	}
	page := previewPage{Title: p.Title, Locale: p.Locale}
	if p.Surface == throughline.App {
		page.Fields = appFields(p)
	} else {
		page.HTML = template.HTML(p.HTML)
	}
	var body bytes.Buffer
	if err := w.pages["preview"].ExecuteTemplate(&body, "preview.html", page); err != nil {
		return throughline.Errorf(throughline.Internal, "the preview cannot be written: %w", err)
	}
	h := rw.Header()
	h.Set("Content-Security-Policy", previewPolicy)
	h.Del("Cross-Origin-Opener-Policy") // browsers refuse it together with sandbox
	h.Set("Cache-Control", "private, max-age=86400")
	return writeHTML(rw, r, http.StatusOK, body.Bytes())
}

// appFields orders an app's fields as a card reads: picture, title, text,
// action; fields of one kind by name.
func appFields(p operate.Preview) []previewField {
	rank := map[string]int{"image": 0, "title": 1, "text": 2, "action": 3}
	var fields []previewField
	for name, text := range p.Fields {
		if text != "" {
			fields = append(fields, newField(name, text))
		}
	}
	slices.SortFunc(fields, func(a, b previewField) int {
		if d := rank[a.Kind] - rank[b.Kind]; d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return fields
}

// newField marks the address of an image as one, which fieldKind has checked.
func newField(name, text string) previewField {
	f := previewField{Name: name, Text: text, Kind: fieldKind(name, text)}
	if f.Kind == "image" {
		f.URL = template.URL(text)
	}
	return f
}

func fieldKind(name, text string) string {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(name), w) })
	}
	picture := strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "data:image/")
	switch {
	case has("image", "picture", "icon") && picture:
		return "image"
	case has("title", "headline"):
		return "title"
	case has("cta", "button", "action"):
		return "action"
	}
	return "text"
}
