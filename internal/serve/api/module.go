package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/throughline-engine/throughline"
)

// The browser module, and what it asks for: one decision, drawn. A drawing is
// sent as a tree of elements and texts rather than as markup, so that the module
// builds it node by node: no page has to allow inline styles, nor a policy for
// trusted types, and no text can become anything but text.
//
// docs/embed.md is the contract.

//go:embed module/throughline.js
var module []byte

// drawing answers a request to draw a placement.
type drawing struct {
	Key        string                 `json:"key"`
	DecisionID throughline.DecisionID `json:"decisionId"`
	Variant    throughline.VariantID  `json:"variant,omitempty"`
	Locale     string                 `json:"locale,omitempty"`
	Arm        throughline.Arm        `json:"arm"`
	Nodes      []any                  `json:"nodes,omitempty"`
	Fields     map[string]string      `json:"fields,omitempty"`
}

// serveModule sends the module. Its tag is of its bytes, so that pages get a new
// one as soon as there is one and wait for nothing otherwise.
func serveModule() http.HandlerFunc {
	sum := sha256.Sum256(module)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")
		h.Set("ETag", tag)
		if sameETag(r.Header.Values("If-None-Match"), strings.Trim(tag, `"`)) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(module)
	}
}

// draw decides one placement as evaluateFlag does, and answers with how it looks.
func (a *API) draw(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	w.Header().Set("Cache-Control", "no-store")
	d, err := a.evaluate(w, r, key)
	if err != nil {
		a.refuse(w, r, key, err)
		return
	}
	out := drawing{Key: key, DecisionID: d.ID, Variant: d.Variant, Locale: d.Locale, Arm: d.Arm}
	drawn, err := a.renderer.Render(r.Context(), &d)
	if err == nil {
		out.Fields = drawn.Fields
		out.Nodes, err = treeOf(drawn.HTML)
	}
	if err != nil {
		a.refuse(w, r, key, err)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

// treeOf takes markup apart as a browser would: a text is a string, an element a
// list of its name, its attributes and what is in it.
func treeOf(markup string) ([]any, error) {
	if markup == "" {
		return nil, nil
	}
	parsed, err := html.ParseFragment(strings.NewReader(markup), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return nil, throughline.Errorf(throughline.Internal, "the rendering cannot be read: %w", err)
	}
	var nodes []any
	for _, n := range parsed {
		nodes = appendNode(nodes, n)
	}
	return nodes, nil
}

func appendNode(to []any, n *html.Node) []any {
	if n.Type == html.TextNode {
		return append(to, n.Data)
	}
	if n.Type != html.ElementNode || active(n.Data) {
		return to
	}
	attributes := map[string]string{}
	for _, at := range n.Attr {
		if at.Namespace == "" && harmless(at.Key, at.Val) {
			attributes[at.Key] = at.Val
		}
	}
	element := []any{n.Data, attributes}
	for c := range n.ChildNodes() {
		element = appendNode(element, c)
	}
	return append(to, element)
}

// active reports whether an element could run code or change the page it stands
// in. A declaration with one is refused long before; this is the last look.
func active(element string) bool {
	switch element {
	case "script", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe",
		"base", "meta", "link", "form", "template", "foreignobject", "foreignObject", "animate", "set", "use", "math":
		return true
	}
	return false
}

func harmless(attribute, value string) bool {
	if strings.HasPrefix(attribute, "on") || attribute == "srcdoc" || attribute == "formaction" || attribute == "is" || attribute == "nonce" {
		return false
	}
	squeezed := strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, strings.ToLower(value))
	return !strings.HasPrefix(squeezed, "javascript:") && !strings.HasPrefix(squeezed, "vbscript:") &&
		(!strings.HasPrefix(squeezed, "data:") || strings.HasPrefix(squeezed, "data:image/"))
}
