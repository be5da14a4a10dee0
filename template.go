package throughline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Template is slots, the constraints between them, and one rendering per channel.
type Template struct {
	Title string `json:"title,omitempty"`
	// Version is the contract's, as in Semantic Versioning 2.0.0: what fitted
	// before fits until the first number is raised. Empty leaves it unversioned.
	Version string `json:"version,omitempty"`
	// Brand names the Brand whose tokens, terms and locales apply.
	Brand string `json:"brand"`
	// Brief names the Brief it was made for.
	Brief string `json:"brief,omitempty"`
	// Slots in the order people fill and read them; at most 12.
	Slots []Slot `json:"slots"`
	// Constraints say which fillings may not be.
	Constraints []Constraint `json:"constraints,omitempty"`
	// Renderings say how a filling looks, at most one per channel.
	Renderings []Rendering `json:"renderings"`
}

// Kind returns KindTemplate.
func (*Template) Kind() Kind { return KindTemplate }

// Slot returns the slot of that name and its position, or nil and -1.
func (t *Template) Slot(name string) (*Slot, int) {
	for i := range t.Slots {
		if t.Slots[i].Name == name {
			return &t.Slots[i], i
		}
	}
	return nil, -1
}

// Placeholders returns the names that the template's renderings may fill in: its
// slots and, of a picture {{hero.alt}} and {{hero.w600}}, of a rich text
// {{body.html}}, of a list {{cards.1}} and so on.
func (t *Template) Placeholders() []string {
	var all, derived []string
	for _, s := range t.Slots {
		all = append(all, s.Name)
		switch s.Type {
		case Image:
			derived = append(derived, s.Name+AltSuffix)
			for _, w := range Widths() {
				derived = append(derived, s.Name+".w"+strconv.Itoa(w))
			}
		case RichText:
			derived = append(derived, s.Name+HTMLSuffix)
		case List:
			for i := range MaxItems {
				derived = append(derived, s.Name+"."+strconv.Itoa(i+1))
			}
		}
	}
	return append(all, derived...)
}

// HTMLSuffix follows the name of a rich text where it stands with its marks.
const HTMLSuffix = ".html"

// MaxItems is how many items a list may have.
const MaxItems = 12

// Rendering returns the rendering for a channel, or nil.
func (t *Template) Rendering(channel string) *Rendering {
	for i := range t.Renderings {
		if t.Renderings[i].Channel == channel {
			return &t.Renderings[i]
		}
	}
	return nil
}

// Slot is a typed place in a template. For learning it is a factor, and what
// fills it is a level.
type Slot struct {
	// Name is unique in the template: lower-case letters, digits and "_",
	// starting with a letter.
	Name string `json:"name"`
	// Role says what the place is for (headline, body, cta, image, ...); learning
	// pools by it, and by default fragments of the same role may fill it.
	Role string `json:"role"`
	// Type is the form of what fills it; the default is text.
	Type SlotType `json:"type,omitempty"`
	// Required slots are always filled; an optional one may also stay empty.
	Required bool `json:"required,omitempty"`
	// Length bounds what fills it.
	Length *Length `json:"length,omitempty"`
	// Fill narrows which pieces of the role may fill it.
	Fill *Fill `json:"fill,omitempty"`
	// Marks are what a rich text may use.
	Marks []Mark `json:"marks,omitempty"`
	// Items bound a list.
	Items *ItemRule `json:"items,omitempty"`
	// Picture bounds the pictures that may fill it.
	Picture *PictureRule `json:"picture,omitempty"`
	// Requires names the Disclosures that a slot of the type disclosure shows,
	// each in the markets it is for.
	Requires []string `json:"requires,omitempty"`
	// Keep leaves the slot as a placement's fallback has it: it does not vary.
	Keep bool `json:"keep,omitempty"`
}

// SlotType is the form of what fills a slot.
type SlotType string

// The slot types.
const (
	Text           SlotType = "text"       // one run of plain text
	RichText       SlotType = "richtext"   // Markdown: paragraphs with marks
	Link           SlotType = "link"       // an https URL or a path that starts with /
	Image          SlotType = "image"      // an Asset, an https URL or a path that starts with /
	List           SlotType = "list"       // several fragments
	DisclosureText SlotType = "disclosure" // what a market asks to be said
)

// Mark is what a rich text may use.
type Mark string

// The marks.
const (
	Bold     Mark = "bold"
	Italic   Mark = "italic"
	LinkMark Mark = "link"
	Bullets  Mark = "bullets"
)

// ItemRule bounds a list.
type ItemRule struct {
	Min int `json:"min,omitempty"`
	Max int `json:"max,omitempty"`
	// Role is that of every item; empty allows any.
	Role string `json:"role,omitempty"`
	// MaxPerRole is how many items of a role there may be, by role.
	MaxPerRole map[string]int `json:"maxPerRole,omitempty"`
}

// PictureRule bounds a picture. Field names are those of AdCP's image asset
// requirements.
type PictureRule struct {
	// AspectRatio is width to height, such as 16:9.
	AspectRatio string `json:"aspect_ratio,omitempty"`
	// AspectTolerance is by how much of itself the ratio may differ; the
	// default is 0.01.
	AspectTolerance float64 `json:"aspect_tolerance,omitempty"`
	// MinWidth and MinHeight are in pixels.
	MinWidth  int `json:"min_width,omitempty"`
	MinHeight int `json:"min_height,omitempty"`
	// MaxBytes is how large the file may be.
	MaxBytes int `json:"max_file_size_bytes,omitempty"`
	// Formats are the media types that may be used, such as image/png.
	Formats []string `json:"formats,omitempty"`
	// Concepts are vocabulary#concept; a picture has one of them or of what is
	// narrower.
	Concepts []string `json:"concepts,omitempty"`
}

// Unfit says which bound a file does not keep, as the end of a sentence that
// begins with its name, or "". A drawing has no size of its own and is as large
// as one likes.
func (r *PictureRule) Unfit(f File) string {
	switch ratio := float64(f.Width) / float64(max(1, f.Height)); {
	case len(r.Formats) > 0 && !slices.Contains(r.Formats, f.Type):
		return fmt.Sprintf("is %s, and what is wanted is %s", f.Type, strings.Join(r.Formats, " or "))
	case r.MaxBytes > 0 && f.Bytes > r.MaxBytes:
		return fmt.Sprintf("has %d bytes, and at most %d may be", f.Bytes, r.MaxBytes)
	case f.Width > 0 && (f.Width < r.MinWidth || f.Height < r.MinHeight):
		return fmt.Sprintf("is %d x %d pixels, and at least %d x %d are wanted", f.Width, f.Height, r.MinWidth, r.MinHeight)
	case f.Width == 0 && f.Type != "image/svg+xml" && (r.MinWidth > 0 || r.MinHeight > 0 || r.AspectRatio != ""):
		return "does not say its size"
	case f.Width > 0 && r.AspectRatio != "" && !r.aspect(ratio):
		return fmt.Sprintf("is %d x %d pixels, and the aspect wanted is %s", f.Width, f.Height, r.AspectRatio)
	}
	return ""
}

func (r *PictureRule) aspect(ratio float64) bool {
	w, h, _ := strings.Cut(r.AspectRatio, ":")
	width, _ := strconv.ParseFloat(w, 64)
	height, _ := strconv.ParseFloat(h, 64)
	if width <= 0 || height <= 0 {
		return false
	}
	return math.Abs(ratio/(width/height)-1) <= cmp.Or(r.AspectTolerance, 0.01)
}

// Length bounds a text. The zero Min and Max mean no bound.
type Length struct {
	Min int `json:"min,omitempty"`
	Max int `json:"max,omitempty"`
	// Unit is what is counted; the default is grapheme.
	Unit LengthUnit `json:"unit,omitempty"`
}

// LengthUnit is what a length counts.
type LengthUnit string

// The length units.
const (
	Grapheme LengthUnit = "grapheme" // what a reader takes for one character (UAX 29)
	Width    LengthUnit = "width"    // columns: East Asian wide characters are two
	UTF16    LengthUnit = "utf16"    // UTF-16 code units, as JavaScript counts
	GSM7     LengthUnit = "gsm7"     // septets that an SMS takes, 160 in one; in Unicode 16/7 for each UTF-16 unit (3GPP TS 23.038)
)

// Fill narrows which fragments may fill a slot. Both must hold.
type Fill struct {
	// Names lists the fragments allowed; empty allows any.
	Names []string `json:"names,omitempty"`
	// Labels must all be on the fragment.
	Labels map[string]string `json:"labels,omitempty"`
}

// Constraint is a relation between slots, in CEL. Every slot is a variable
// with the fields name, text, empty and labels: hero.labels.tone == cta.labels.tone.
type Constraint struct {
	Name string `json:"name"`
	// When limits where Assert must hold; empty means always.
	When string `json:"when,omitempty"`
	// Assert must be true of every variant; one for which it is false is excluded.
	Assert string `json:"assert"`
	// Why is said to whoever asks why a variant is missing.
	Why string `json:"why,omitempty"`
}

// Rendering is how a filling looks on one channel: HTML for the web, MJML or
// HTML with a subject for mail, fields for everything else.
type Rendering struct {
	Channel string `json:"channel"`
	// HTML is markup in which {{headline}} is the escaped text of a slot and
	// {{token.accent}} a design token. {{#image}}...{{/image}} is kept only when
	// the slot is filled.
	HTML string `json:"html,omitempty"`
	// MJML is the source of a mail, with the same placeholders.
	MJML string `json:"mjml,omitempty"`
	// Fields maps a field's name to text with the same placeholders.
	Fields map[string]string `json:"fields,omitempty"`
}
