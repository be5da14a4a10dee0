package web

import (
	"bytes"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	// Dark shows it on a dark ground.
	Dark bool
	// Card is an app rendering's; nil on the web.
	Card *card
}

// card is an app's rendering as a card. Which field is what is told by its name
// and text: an app's own drawing is not known here.
type card struct {
	// Fields are what people read, in the order they read it in.
	Fields []cardField
	// Back and Front are colours as #rgb or #rrggbb; empty for the page's own.
	Back, Front string
}

type cardField struct {
	Name, Text string
	// Kind is image, badge, title, text or button.
	Kind string
	// URL is the address of an image.
	URL template.URL
}

// preview shows one variant as people see it. A variant's id hashes all that
// its rendering is made of, so an address never changes its content.
func (w *Web) preview(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	p, err := w.Previews.Preview(r.Context(), r.PathValue("placement"), r.PathValue("variant"))
	if err != nil {
		return err
	}
	page := previewPage{Title: p.Title, Locale: p.Locale}
	if !p.Surface.HTML() {
		page.Card = newCard(p)
	} else {
		page.HTML = template.HTML(p.HTML)
	}
	return w.writePreview(rw, r, page, "private, max-age=86400")
}

// wholePage is how a rendering begins that is a document of its own.
const wholePage = "<!doctype"

// writePreview answers with a rendering as a document that can do nothing.
func (w *Web) writePreview(rw http.ResponseWriter, r *http.Request, page previewPage, keep string) error {
	var body bytes.Buffer
	if html := string(page.HTML); len(html) >= len(wholePage) && strings.EqualFold(html[:len(wholePage)], wholePage) {
		body.WriteString(html) // a mail is a document already
	} else if err := w.pages["preview"].ExecuteTemplate(&body, "preview.html", page); err != nil {
		return throughline.Errorf(throughline.Internal, "the preview cannot be written: %w", err)
	}
	h := rw.Header()
	h.Set("Content-Security-Policy", previewPolicy)
	h.Del("Cross-Origin-Opener-Policy") // browsers refuse it together with sandbox
	h.Set("Cache-Control", keep)
	return writeHTML(rw, r, http.StatusOK, body.Bytes())
}

// newCard orders an app's fields as a card reads: picture, badge, title, text,
// button; fields of one kind by name. Colours paint the card and targets lead
// somewhere, so neither is shown as text.
func newCard(p operate.Preview) *card {
	rank := map[string]int{"image": 0, "badge": 1, "title": 2, "text": 3, "button": 4}
	c := new(card)
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		text := p.Fields[name]
		switch f := newField(name, text); {
		case text == "" || f.Kind == "target":
		case f.Kind != "colour":
			c.Fields = append(c.Fields, f)
		case named(name, "foreground", "ink", "text"):
			c.Front = text
		case c.Back == "" || named(name, "background"):
			c.Back = text
		}
	}
	if c.Front == "" && c.Back != "" {
		c.Front = readableOn(c.Back)
	}
	slices.SortStableFunc(c.Fields, func(a, b cardField) int { return rank[a.Kind] - rank[b.Kind] })
	return c
}

// newField marks the address of an image as one, which fieldKind has checked.
func newField(name, text string) cardField {
	f := cardField{Name: name, Text: text, Kind: fieldKind(name, text)}
	if f.Kind == "image" {
		f.URL = template.URL(text)
	}
	return f
}

// fieldKind returns a cardField's kind, or colour or target for a text that
// nobody reads.
func fieldKind(name, text string) string {
	target := !strings.ContainsAny(text, " \t\n") && (strings.HasPrefix(text, "/") || strings.Contains(text, "://"))
	picture := strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "data:image/")
	switch {
	case isColour(text):
		return "colour"
	case named(name, "image", "picture", "icon") && picture:
		return "image"
	case target:
		return "target"
	case named(name, "title", "headline"):
		return "title"
	case named(name, "cta", "button", "action"):
		return "button"
	case named(name, "badge", "label", "tag"):
		return "badge"
	}
	return "text"
}

// named reports whether a field's name has one of some words in it.
func named(name string, words ...string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

// isColour reports whether a text is #rgb or #rrggbb.
func isColour(text string) bool {
	digits, ok := strings.CutPrefix(text, "#")
	return ok && (len(digits) == 3 || len(digits) == 6) && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// readableOn returns near-black or white, whichever stands out more from a
// colour by its luma (ITU-R BT.601).
func readableOn(colour string) string {
	digits := colour[1:]
	if len(digits) == 3 {
		digits = strings.Join([]string{digits[:1], digits[:1], digits[1:2], digits[1:2], digits[2:], digits[2:]}, "")
	}
	rgb, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || 299*(rgb>>16)+587*(rgb>>8&0xff)+114*(rgb&0xff) > 140_000 {
		return "#1c1d20"
	}
	return "#ffffff"
}
