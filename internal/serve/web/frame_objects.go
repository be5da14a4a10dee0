package web

import (
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// object adds the page of one kind of resource at /kind/name: one object, one
// address, one name. From then on every mention of such an object leads there.
func (p *routes) object(kind throughline.Kind, right engine.Right, h handler) {
	p.page("GET /"+strings.ToLower(string(kind))+"/{name...}", right, h)
	p.objects[kind] = true
}

// objectURL returns the address of an object's page, empty where its kind has
// none.
func (w *Web) objectURL(ref throughline.Ref) string {
	if !w.objects[ref.Kind] {
		return ""
	}
	return refPath(ref)
}

// refPath writes a ref as addresses have it: /kind/name, the kind in lower case.
func refPath(ref throughline.Ref) string {
	return "/" + strings.ToLower(string(ref.Kind)) + "/" + (&url.URL{Path: ref.Name}).EscapedPath()
}

// command is something the palette offers by name: a page to go to, or an action
// that begins on one.
type command struct {
	Title, URL string
	// Right is what it needs; without it the palette does not offer it.
	Right engine.Right
	// Words are other names that find it.
	Words string
}

// command adds to what the palette offers.
func (p *routes) command(c command) { p.commands = append(p.commands, c) }
