package throughline

import "strings"

import "time"

// Asset is a picture, a video or another file, with what may be done with it.
type Asset struct {
	Title string `json:"title,omitempty"`
	// Role is what the asset is for; it fits slots of the same role.
	Role string `json:"role"`
	// Brief names the Brief it was made for.
	Brief string `json:"brief,omitempty"`
	// File is the file itself, as it was taken in.
	File File `json:"file"`
	// Alt says in words what is to be seen, by locale.
	Alt map[string]string `json:"alt,omitempty"`
	// Decorative assets say nothing and need no Alt.
	Decorative bool `json:"decorative,omitempty"`
	// Focal is the point that every crop keeps; the default is the middle.
	Focal *Focal `json:"focal,omitempty"`
	// Concepts say what is to be seen, each as vocabulary#concept.
	Concepts []string `json:"concepts,omitempty"`
	// Rights are what was granted; every one of them must hold.
	Rights []RightsGrant `json:"rights,omitempty"`
	// Validity is when and where it may be shown.
	Validity Validity `json:"validity,omitzero"`
	// Provenance says how it was made.
	Provenance *Provenance `json:"provenance,omitempty"`
	// Poster names the Asset shown before a video plays.
	Poster string `json:"poster,omitempty"`
	// Captions name the Asset with a video's captions, by locale.
	Captions map[string]string `json:"captions,omitempty"`
	// Meaning numbers what the asset shows, as a fragment's does.
	Meaning int `json:"meaning,omitempty"`
	// Audience names the Audience that may see it; empty means everyone.
	Audience string `json:"audience,omitempty"`
	// Channels are the channels it may appear on; empty means all.
	Channels []string `json:"channels,omitempty"`
	// Withdrawn says why it may not be shown any more; empty means it may.
	Withdrawn string `json:"withdrawn,omitempty"`
}

// Kind returns KindAsset.
func (*Asset) Kind() Kind { return KindAsset }

// AltText returns the asset in words for a locale by the brand's fallbacks, and
// the locale it was found in; both are empty when there is none.
func (a *Asset) AltText(l Locales, locale string) (text, found string) {
	return l.find(a.Alt, locale)
}

// CaptionsIn returns the name of the Asset with the captions that are shown in a
// locale, and the locale they are in; both are empty when there is none.
func (a *Asset) CaptionsIn(l Locales, locale string) (asset, found string) {
	return l.find(a.Captions, locale)
}

// File is a file by its content, and what was read from it.
type File struct {
	// Name is what it was called where it came from.
	Name string `json:"name"`
	// Digest is the SHA-256 of its bytes.
	Digest Digest `json:"digest"`
	// Type is its media type by content, such as image/jpeg.
	Type string `json:"type"`
	// Bytes is its size.
	Bytes int `json:"bytes"`
	// Width and Height are in pixels, upright; 0 for what is neither picture nor film.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Duration is how long a film lasts; 0 where the file does not say.
	Duration Duration `json:"duration,omitempty"`
	// Sound reports whether a film has any.
	Sound bool `json:"sound,omitempty"`
}

// IsFilm reports whether the file is a film.
func (f File) IsFilm() bool { return strings.HasPrefix(f.Type, "video/") }

// Focal is a point of a picture: X from the left and Y from the top, both as a
// part of the whole, from 0 to 1.
type Focal struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// RightsGrant is what one holder allows.
type RightsGrant struct {
	// Holder is who grants it: a photographer, an agency, a person shown.
	Holder string `json:"holder"`
	// From and Until bound the time; empty is open.
	From  Moment `json:"from,omitempty"`
	Until Moment `json:"until,omitempty"`
	// Channels are the channels it is for; empty means all.
	Channels []string `json:"channels,omitempty"`
	// Markets are where it may be shown: languages (de), regions (CH) or both
	// (de-CH); empty means everywhere.
	Markets []string `json:"markets,omitempty"`
	// Impressions is how often it may be shown in all; 0 for no cap.
	Impressions int `json:"impressions,omitempty"`
	// Reference is the contract, for people.
	Reference string `json:"reference,omitempty"`
}

// Validity is when and where a piece may be shown. What is empty bounds nothing.
type Validity struct {
	From  Moment `json:"from,omitempty"`
	Until Moment `json:"until,omitempty"`
	// Markets are languages (de), regions (CH) or both (de-CH).
	Markets []string `json:"markets,omitempty"`
}

// Moment is a day, such as 2026-11-30, or an instant as in RFC 3339, such as
// 2026-11-30T18:00:00+01:00. A day is one of UTC, and as an end it is included.
type Moment string

// Begins returns the instant at which a time that starts at the moment starts;
// the zero time for an empty one.
func (m Moment) Begins() (time.Time, error) {
	t, _, err := m.read()
	return t, err
}

// Ends returns the first instant after a time that ends at the moment; the zero
// time for an empty one.
func (m Moment) Ends() (time.Time, error) {
	t, day, err := m.read()
	if day {
		t = t.AddDate(0, 0, 1)
	}
	return t, err
}

func (m Moment) read() (t time.Time, day bool, err error) {
	if m == "" {
		return time.Time{}, false, nil
	}
	if t, err = time.Parse(time.DateOnly, string(m)); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(time.RFC3339, string(m)); err == nil {
		return t, false, nil
	}
	return time.Time{}, false, Errorf(Invalid, "%q is not a moment", m).WithFix("write a day, such as 2026-11-30, or an instant, such as 2026-11-30T18:00:00Z")
}

// Provenance says how a piece was made.
type Provenance struct {
	// DigitalSourceType is IPTC's word for it.
	DigitalSourceType SourceType `json:"digitalSourceType,omitempty"`
	// AITool names the tool and its version, where one was used.
	AITool string `json:"aiTool,omitempty"`
	// HumanOversight says what people did.
	HumanOversight Oversight `json:"humanOversight,omitempty"`
	// Source is where it came from: a link, a shoot, an agency's number.
	Source string `json:"source,omitempty"`
}

// SourceType is IPTC's digital source type, without the address before it
// (cv.iptc.org/newscodes/digitalsourcetype).
type SourceType string

// The source types that matter here.
const (
	DigitalCapture SourceType = "digitalCapture"                       // a camera
	DigitalArt     SourceType = "digitalCreation"                      // made by people with software
	HumanEdits     SourceType = "humanEdits"                           // changed by people
	Composite      SourceType = "composite"                            // put together of several
	Trained        SourceType = "trainedAlgorithmicMedia"              // made by a trained model
	WithTrained    SourceType = "compositeWithTrainedAlgorithmicMedia" // partly made by one
	Algorithmic    SourceType = "algorithmicMedia"                     // made by a program, without training
)

// Synthetic reports whether a trained model made it, wholly or in part.
func (p *Provenance) Synthetic() bool {
	return p != nil && (p.DigitalSourceType == Trained || p.DigitalSourceType == WithTrained)
}

// Oversight is what people did where a tool helped, in the words of AdCP.
type Oversight string

// The kinds of oversight.
const (
	OversightNone     Oversight = "none"        // nobody looked before it was handed in
	OversightPrompted Oversight = "prompt_only" // somebody asked for it
	OversightSelected Oversight = "selected"    // somebody chose among several
	OversightEdited   Oversight = "edited"      // somebody changed it
	OversightDirected Oversight = "directed"    // somebody led the making throughout
)
