// Package shown reads the HTML of a mail or a page and says what people see of
// it: each text with its colour, its ground, its size and weight, in the light,
// in the dark and in clients that invert colours by themselves; the links, the
// pictures, the structure, what could run or load, and which features of HTML
// and CSS it leans on. On top stand measures that hold this against a limit and
// give Issues. An Issue that could not be told is Unknown, which is not a pass.
//
// It lays nothing out. Colours and sizes follow the cascade of CSS for what mails
// use: style elements with type, class, id, attribute, child and sibling
// selectors, media queries, style attributes, inheritance and the old attributes
// of HTML. What stands on what is told from nesting, so text that is positioned
// over something else is judged on what it is nested in.
package shown

import (
	"bytes"
	"image"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// The bounds of a document: far above what a mail client shows.
const (
	MaxBytes = 2 << 20
	maxRules = 20_000
	maxTries = 20_000_000 // selectors held against elements
)

// Mode is how a client shows a document.
type Mode int

// The modes. Partial is what Outlook.com does, with the rules for [data-ogsc]
// and [data-ogsb] in force; Full is Outlook on Windows and Gmail on iOS; see
// contrast.Invert.
const (
	Light Mode = iota
	Dark
	Partial
	Full
	modes
)

// Modes returns every mode.
func Modes() []Mode { return []Mode{Light, Dark, Partial, Full} }

// String returns the name of the mode.
func (m Mode) String() string {
	return [...]string{"light", "dark", "partly inverted", "fully inverted"}[m]
}

// Place is where something stands in the source. Line and Column count from 1,
// a column being a character; Start and End are bytes; Slot is the slot whose
// value stands there, "" when none of Options.Slots does.
type Place struct {
	Line, Column int
	Start, End   int
	Slot         string
}

// Look is how a text is seen in a mode.
type Look struct {
	Color contrast.Color
	// Ground is opaque: what lies under the text, down to the canvas.
	Ground contrast.Color
	// Picture is the address of a picture under the text, or the gradient; what
	// can be read on it cannot be told from Ground.
	Picture string
	// Opacity, from 0 to 1, is that of the elements around the text.
	Opacity float64
	Size    float64 // CSS pixels
	Weight  int     // 1 to 1000
	// Unsure says what of the style could not be worked out.
	Unsure string
}

// Text is a run of text between two tags.
type Text struct {
	Place
	Text    string // white space folded
	Element string // the tag it stands in
	Link    int    // the index in Shown.Links, or -1
	Hidden  bool   // in the light, such as a preheader
	Looks   [modes]Look
}

// Link is an a or area element with an href.
type Link struct {
	Place
	Href string
	// Text is what it says: its words, the alt texts in it, or its aria-label.
	Text string
	// Height in CSS pixels when it is drawn as a button of its own; 0 when it
	// stands in a text, -1 when it cannot be told.
	Height float64
}

// Picture is an img element.
type Picture struct {
	Place
	Src           string
	Alt           string
	HasAlt        bool
	Width, Height float64 // CSS pixels, 0 when not said in pixels
	Ground        [modes]Look
	Link          int // the index in Shown.Links, or -1
	Hidden        bool
	// Clear is the free space above, right, below and left.
	Clear [4]Space
}

// Heading is one of h1 to h6.
type Heading struct {
	Place
	Level int
	Text  string
}

// Structure is what a document says of itself.
type Structure struct {
	// Whole is false for a piece of a page, which has no html element.
	Whole       bool
	Lang, Title string
	Headings    []Heading
	// Tables are those without role="presentation" and without header cells.
	Tables []Place
}

// Risk is something that could run, load or send.
type Risk struct {
	Place
	What string // script, handler, address, form, frame, style, refresh, base, object
	Got  string
}

// Feature is a feature of HTML, CSS or pictures under the name that
// caniemail.com gives it, such as css-border-radius, with the first place.
type Feature struct {
	Place
	Name string
}

// Shown is what is seen of a document.
type Shown struct {
	Bytes     int
	Texts     []Text
	Links     []Link
	Pictures  []Picture
	Structure Structure
	Risks     []Risk
	Features  []Feature // by name

	open   func(address string) image.Image
	doubts []doubt
}

// doubt is a rule about how texts look of which nobody can say whether it holds.
type doubt struct {
	Place
	rule string
}

// mostDoubts is how many of them are told.
const mostDoubts = 8

// Options say how a document is looked at.
type Options struct {
	// Width of the window in CSS pixels, for media queries; 0 is 800.
	Width int
	// Slots are the values that were filled in, by name, so that places can say
	// whose they are. Of several that fit, the longest value wins.
	Slots map[string]string
	// Open returns the picture behind an address, of any size, for texts that stand
	// on it; nil where it is not known, as all are where Open is nil.
	Open func(address string) image.Image
}

// Read reads a document. It fails on what is too large or too deep to be shown.
func Read(source []byte, o Options) (Shown, error) {
	if len(source) > MaxBytes {
		return Shown{}, throughline.Errorf(throughline.Invalid, "the document has %d bytes, more than %d", len(source), MaxBytes).
			WithFix("make it smaller; mail clients cut off far below this")
	}
	if o.Width == 0 {
		o.Width = 800
	}
	marked, whole, quirks := mark(source)
	doc, err := html.ParseWithOptions(bytes.NewReader(marked), html.ParseOptionEnableScripting(false))
	if err != nil {
		return Shown{}, throughline.Errorf(throughline.Invalid, "the document cannot be read: %v", err).
			WithFix("nest elements less deeply")
	}
	r := newReader(source, o, quirks && whole)
	r.shown.Structure.Whole = whole
	r.styles(doc)
	if r.err == nil {
		r.walk(doc, r.root(), -1)
	}
	if r.err != nil {
		return Shown{}, r.err
	}
	r.spaces()
	r.shown.open = o.Open
	sort.Slice(r.shown.Features, func(i, j int) bool { return r.shown.Features[i].Name < r.shown.Features[j].Name })
	return r.shown, nil
}

// at is the attribute that carries where a tag stands through the parser, which
// keeps no places: its first byte and the one behind it. A text has a comment
// before it.
const at = "data-shown-at"

// mark writes places into the source and tells whether it is a whole document,
// and one that browsers show in quirks mode.
func mark(source []byte) (marked []byte, whole, quirks bool) {
	z := html.NewTokenizer(bytes.NewReader(source))
	marked = make([]byte, 0, len(source)*3/2+64)
	pos, raw := 0, false
	quirks = true
	for {
		kind := z.Next()
		b := z.Raw()
		start := pos
		pos += len(b)
		switch kind {
		case html.ErrorToken:
			return append(marked, b...), whole, quirks
		case html.StartTagToken, html.SelfClosingTagToken:
			n := 1 + nameLength(b[1:])
			marked = append(marked, b[:n]...)
			marked = append(marked, " "+at+"=\""...)
			marked = strconv.AppendInt(marked, int64(start), 10)
			marked = append(marked, ',')
			marked = strconv.AppendInt(marked, int64(pos), 10)
			marked = append(marked, "\" "...)
			marked = append(marked, b[n:]...)
			name := strings.ToLower(string(b[1:n]))
			raw = isRaw(name)
			whole = whole || name == "html" || name == "body"
			continue
		case html.TextToken:
			if !raw && len(bytes.TrimSpace(b)) > 0 {
				marked = append(marked, "<!--@"...)
				marked = strconv.AppendInt(marked, int64(start), 10)
				marked = append(marked, "-->"...)
			}
		case html.DoctypeToken:
			quirks = isQuirky(strings.ToLower(string(b)))
		}
		marked = append(marked, b...)
		raw = false
	}
}

func isQuirky(doctype string) bool {
	if strings.Contains(doctype, "html 4.01 ") && (strings.Contains(doctype, "transitional") || strings.Contains(doctype, "frameset")) {
		return !strings.Contains(doctype, ".dtd")
	}
	return strings.Contains(doctype, "html 3.") || strings.Contains(doctype, "html 4.0 ") || strings.Contains(doctype, "html 2.")
}

func nameLength(b []byte) int {
	for i, c := range b {
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '/' || c == '>' {
			return i
		}
	}
	return len(b)
}

func isRaw(name string) bool {
	switch name {
	case "title", "textarea", "style", "script", "iframe", "xmp", "noembed", "noframes", "plaintext":
		return true
	}
	return false
}

// reader gathers what is shown.
type reader struct {
	source  []byte
	lines   []int // where each line begins
	opts    Options
	slots   []slot
	sheet   sheet
	quirks  bool
	scheme  bool // the document says that it supports dark mode
	tries   int
	before  int // where the next text stands
	seen    map[string]bool
	colors  map[string]parsed
	inline  map[string][]decl
	rooms   map[*html.Node]room
	pending []pending
	shown   Shown
	err     error
}

type slot struct{ name, value string }

type parsed struct {
	color contrast.Color
	ok    bool
}

func newReader(source []byte, o Options, quirks bool) *reader {
	r := &reader{
		source: source, opts: o, quirks: quirks, lines: []int{0},
		seen: map[string]bool{}, colors: map[string]parsed{}, inline: map[string][]decl{},
		rooms: map[*html.Node]room{},
	}
	r.shown.Bytes = len(source)
	for i, c := range source {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	for name, v := range o.Slots {
		if v = fold(v); v != "" {
			r.slots = append(r.slots, slot{name, v})
		}
	}
	slices.SortFunc(r.slots, func(a, b slot) int {
		if len(a.value) != len(b.value) {
			return len(b.value) - len(a.value)
		}
		return strings.Compare(a.name, b.name)
	})
	return r
}

// place returns the place of some bytes, and the slot whose value said is.
func (r *reader) place(start, end int, said string) Place {
	start = max(0, min(start, len(r.source)))
	end = max(start, min(end, len(r.source)))
	line := sort.SearchInts(r.lines, start+1)
	column := 1 + utf8.RuneCount(r.source[r.lines[line-1]:start])
	return Place{Line: line, Column: column, Start: start, End: end, Slot: r.slotOf(said)}
}

// slotOf prefers a value that holds all that is said, then one that is part of it.
func (r *reader) slotOf(said string) string {
	if said == "" {
		return ""
	}
	for _, s := range r.slots {
		if s.value == said {
			return s.name
		}
	}
	for _, s := range r.slots {
		if strings.Contains(said, s.value) || len(said) > 3 && strings.Contains(s.value, said) {
			return s.name
		}
	}
	return ""
}

// spot returns the bytes of an element's start tag.
func spot(n *html.Node) (start, end int) {
	for _, a := range n.Attr {
		if a.Key == at {
			first, second, _ := strings.Cut(a.Val, ",")
			start, _ = strconv.Atoi(first)
			end, _ = strconv.Atoi(second)
			return start, end
		}
	}
	return 0, 0
}

func (r *reader) placeOf(n *html.Node, said string) Place {
	start, end := spot(n)
	return r.place(start, end, said)
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
