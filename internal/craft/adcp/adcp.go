// Package adcp reads and writes the files of the Ad Context Protocol
// (github.com/adcontextprotocol/adcp, version 3.2) that brands and creatives come
// and go by: brand.json, and the manifest of a creative.
//
// Reading is strict about form and lenient about what it does not know. A value
// of the wrong kind is an error with its line; a field that has no place here is
// listed with its JSON path and the reason, so that nobody believes it was taken
// over.
package adcp

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The limits of a file.
const (
	MaxBytes    = 1 << 20 // of a file
	maxDepth    = 32      // of objects and lists in each other
	maxNodes    = 50_000  // values in a file
	maxProblems = 100     // told at once
	maxLeft     = 500     // things listed as not taken over
)

// Schema is the address of the JSON Schema that a written brand.json names.
const Schema = "https://adcontextprotocol.org/schemas/v3/brand.json"

// Left is something that was not taken over.
type Left struct {
	// Path is where it is: a JSON path such as $.logos[0] in a file that was read,
	// a field such as spec.modes in a resource that was written.
	Path string `json:"path"`
	// Why says what to do instead, or that there is no place for it.
	Why string `json:"why"`
}

// Document is one brand of a brand.json.
type Document struct {
	file     string
	src      []byte
	root     *node
	brand    *node
	language string
	problems throughline.Problems
}

// Open reads a brand.json: a brand's own document, or one brand of a house's
// portfolio. Of several brands id names the one that is meant.
func Open(file string, data []byte, id string) (*Document, error) {
	root, err := parse(file, data)
	if err != nil {
		return nil, err
	}
	d := &Document{file: file, src: data, root: root, language: "en"}
	if root.kind != object {
		return nil, d.wrong(root, "the file is %s, and a brand.json is an object", root.kind)
	}
	for _, name := range []string{"$schema", "version", "last_updated"} { // say how the file is made, and nothing of the brand
		root.get(name).taken()
	}
	if err := d.choose(id); err != nil {
		return nil, err
	}
	if n := root.get("default_language"); n != nil {
		d.language = d.locale(n, d.string(n))
	}
	d.identity()
	if err := d.problems.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// choose finds the brand in the forms that a brand.json may have.
func (d *Document) choose(id string) error {
	r := d.root
	switch {
	case r.get("authoritative_location") != nil:
		return d.wrong(r.get("authoritative_location"), "the file only says that the brand is declared elsewhere: %s", short(r.get("authoritative_location").text)).
			WithFix("fetch that file and import it")
	case r.get("names") != nil || r.get("id") != nil:
		d.brand = r
	case r.get("brands") != nil:
		return d.ofHouse(id)
	case r.get("house") != nil && r.get("house").kind == words:
		return d.wrong(r.get("house"), "the file only names the house that declares the brand: %s", short(r.get("house").text)).
			WithFix("fetch the brand.json of that house and import it")
	case r.get("brand_agent") != nil || r.get("agents") != nil:
		return d.wrong(r, "the file only names an agent that knows the brand").WithFix("ask the agent for the brand, and import what it answers")
	default:
		return d.wrong(r, "the file has neither id and names of a brand nor brands").WithFix("import a brand.json as adcontextprotocol.org describes it")
	}
	return nil
}

func (d *Document) ofHouse(id string) error {
	list := d.root.get("brands")
	if list.kind != array || len(list.items) == 0 {
		return d.wrong(list, "%s is %s, and should be a list of brands", list.path, list.kind)
	}
	var ids []string
	for _, b := range list.items {
		if b.kind != object || b.get("id") == nil || b.get("id").kind != words {
			return d.wrong(b, "%s has no id", b.path).WithFix("every brand of a house has one")
		}
		ids = append(ids, b.get("id").text)
		if b.get("id").text == id || id == "" && len(list.items) == 1 {
			d.brand = b
		}
	}
	for _, b := range list.items { // the others are not what was asked for
		b.read = b.read || d.brand != nil && b != d.brand
	}
	switch {
	case d.brand != nil:
		return nil
	case id == "":
		return d.wrong(list, "the file declares %d brands", len(ids)).WithFix("say with --id which is meant: %s", short(strings.Join(ids, ", ")))
	}
	return d.wrong(list, "there is no brand %q in the file", id).WithFix("it has %s", short(strings.Join(ids, ", ")))
}

var brandID = regexp.MustCompile(`^[a-z0-9_]+$`)

// identity reads what every brand has.
func (d *Document) identity() {
	if id := d.text(d.brand, "id"); !brandID.MatchString(id) {
		d.problem(d.brand.get("id"), d.brand, "the id of the brand is %q", short(id)).WithFix(`write small letters, digits and "_"`)
	}
	if names := d.list(d.brand, "names"); len(names) == 0 {
		d.problem(d.brand.get("names"), d.brand, "the brand has no names").WithFix(`give it one: "names": [{"en": "Acme"}]`)
	}
}

// Name is what the brand would be called here, made of its id.
func (d *Document) Name() string {
	name := strings.Trim(strings.ReplaceAll(d.brand.get("id").text, "_", "-"), "-")
	if !throughline.ValidName(name) {
		return "brand"
	}
	return name
}

// locale reads a language tag in either of the ways that files write it, en_US
// and en-US.
func (d *Document) locale(n *node, tag string) string {
	parsed, err := language.Raw.Parse(strings.ReplaceAll(tag, "_", "-"))
	if err != nil || parsed.String() == "und" {
		d.problem(n, d.brand, "%q is not a language", short(tag)).WithFix("write a BCP 47 tag, such as en, de-AT or pt-BR")
		return "en"
	}
	return parsed.String()
}

// localized reads a text that is given once, or by language; of the latter it
// takes the document's own.
func (d *Document) localized(n *node) (string, bool) {
	if n == nil {
		return "", false
	}
	if n.kind == words {
		return d.string(n), true
	}
	for locale, value := range d.byLanguage(n) {
		if locale == d.language && value.kind == words {
			return d.string(value), true
		}
	}
	return "", false
}

// lines reads texts that are given once, or all of them by language.
func (d *Document) lines(n *node) (out []string) {
	if n == nil || n.kind != array {
		if n != nil {
			d.problem(n, nil, "%s is %s, and should be a list", n.path, n.kind)
		}
		return nil
	}
	items := n.items
	if len(items) > 0 && items[0].kind == object {
		items = nil
		for locale, value := range d.byLanguage(n) {
			if locale == d.language && value.kind == array {
				items = value.items
			}
		}
	}
	for _, item := range items {
		if s := strings.Join(strings.Fields(d.string(item)), " "); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// byLanguage reads a list of objects with one language each.
func (d *Document) byLanguage(n *node) map[string]*node {
	out := map[string]*node{}
	if n.kind != array {
		d.problem(n, nil, "%s is %s, and should be a text or a list by language", n.path, n.kind)
		return out
	}
	for _, item := range n.items {
		if item.kind != object || len(item.names) != 1 {
			d.problem(item, nil, `%s should be one text by its language, such as {"en": "Acme"}`, item.path)
			continue
		}
		locale := d.locale(item, item.names[0])
		if out[locale] == nil {
			out[locale] = item.get(item.names[0])
		}
	}
	return out
}

// wrong is a failure at a node.
func (d *Document) wrong(n *node, format string, args ...any) *throughline.Error {
	line, column := text.Position(d.src, n.at)
	return throughline.Errorf(throughline.Invalid, format, args...).
		At(d.file + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(column)).WithFix("see adcontextprotocol.org for the form of a brand.json")
}

// problem notes a failure at a node, or at another where there is none.
func (d *Document) problem(n, or *node, format string, args ...any) *throughline.Error {
	if n == nil {
		n = or
	}
	err := d.wrong(n, format, args...)
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, err)
	}
	return err
}

// string reads a text.
func (d *Document) string(n *node) string {
	n.taken()
	if n.kind != words {
		d.problem(n, nil, "%s is %s, and should be a text", n.path, n.kind)
		return ""
	}
	return n.text
}

// text reads a member that is a text; "" where there is none.
func (d *Document) text(n *node, name string) string {
	if m := n.get(name); m != nil {
		return d.string(m)
	}
	return ""
}

// list reads a member that is a list; nil where there is none.
func (d *Document) list(n *node, name string) []*node {
	m := n.get(name)
	if m == nil {
		return nil
	}
	if m.kind != array {
		m.taken()
		d.problem(m, nil, "%s is %s, and should be a list", m.path, m.kind)
		return nil
	}
	return m.items
}

// group reads a member that is an object; nil where there is none.
func (d *Document) group(n *node, name string) *node {
	m := n.get(name)
	if m != nil && m.kind != object {
		m.taken()
		d.problem(m, nil, "%s is %s, and should be an object", m.path, m.kind)
		return nil
	}
	return m
}

// short keeps what a stranger wrote from filling a message.
func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
