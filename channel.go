package throughline

// Channel is where content goes and what it allows.
type Channel struct {
	Title string `json:"title,omitempty"`
	// Surface is the kind of place: what it shows, and the limits it has of
	// itself.
	Surface Surface `json:"surface"`
	// Limits are the longest a slot of a role may be here, by role; they hold
	// beside the slot's own length, and the tighter one wins.
	Limits map[string]Length `json:"limits,omitempty"`
	// Fields bound what a rendering's fields become once they are filled, by
	// field; they replace the surface's own, one by one.
	Fields map[string]FieldRule `json:"fields,omitempty"`
	// MaxBytes is how large filled HTML may be; 0 is the surface's own.
	MaxBytes int `json:"maxBytes,omitempty"`
	// Clients are the mail clients that must show it well, as caniemail.com
	// writes them: gmail.desktop-webmail, outlook.windows.
	Clients []string `json:"clients,omitempty"`
}

// Kind returns KindChannel.
func (*Channel) Kind() Kind { return KindChannel }

// FieldRule bounds one field of a rendering.
type FieldRule struct {
	// Required fields are never empty.
	Required bool `json:"required,omitempty"`
	// Length bounds the text, or each line of it where Most is above 1.
	Length *Length `json:"length,omitempty"`
	// Most is how many lines the field may have, each one text; 0 is one text.
	Most int `json:"most,omitempty"`
	// Picture bounds the picture whose address the field holds.
	Picture *PictureRule `json:"picture,omitempty"`
}

// Surface is a kind of place that content goes to.
type Surface string

// HTML reports whether the surface shows HTML; the others show fields.
func (s Surface) HTML() bool { return s == Web || s == Email }

// Fields are the limits that the surface has of itself, by field; a channel's own
// replace them one by one. Google's are those of a responsive display ad (Google
// Ads API, ResponsiveDisplayAdInfo), past which it is refused; Meta's and those of
// a push message are where phones cut texts off.
func (s Surface) Fields() map[string]FieldRule {
	text := func(most int) *Length { return &Length{Max: most} }
	switch s {
	case Push:
		return map[string]FieldRule{"title": {Required: true, Length: text(50)}, "body": {Length: text(150)}}
	case SMS:
		return map[string]FieldRule{"text": {Required: true, Length: &Length{Max: 160 * 3, Unit: GSM7}}}
	case Email:
		return map[string]FieldRule{"subject": {Required: true, Length: text(150)}, "preheader": {Length: text(200)}}
	case Display:
		return map[string]FieldRule{
			"headlines":               {Required: true, Length: text(30), Most: 5},
			"long_headline":           {Required: true, Length: text(90)},
			"descriptions":            {Required: true, Length: text(90), Most: 5},
			"business_name":           {Required: true, Length: &Length{Max: 25, Unit: Width}},
			"marketing_images":        {Required: true, Picture: &PictureRule{AspectRatio: "1.91:1", AspectTolerance: 0.01, MinWidth: 600, MinHeight: 314}},
			"square_marketing_images": {Required: true, Picture: &PictureRule{AspectRatio: "1:1", AspectTolerance: 0.01, MinWidth: 300, MinHeight: 300}},
			"logo_images":             {Picture: &PictureRule{AspectRatio: "4:1", AspectTolerance: 0.01, MinWidth: 512, MinHeight: 128}},
		}
	case Feed:
		return map[string]FieldRule{
			"primary_text": {Required: true, Length: text(125)}, "headline": {Length: text(40)}, "description": {Length: text(30)},
			"image": {Required: true, Picture: &PictureRule{MinWidth: 600, MinHeight: 600}},
		}
	}
	return nil
}

// Cuts reports whether what is too long for a field of the surface is cut off
// where it is shown, and not refused where it is sent.
func (s Surface) Cuts() bool { return s == Push || s == Feed || s == Email }

// MaxBytes is how large HTML may be before a client cuts it off; 0 for no bound.
// Gmail's is reported by senders and not published.
func (s Surface) MaxBytes() int {
	if s == Email {
		return 102_400
	}
	return 0
}

// The surfaces.
const (
	Web     Surface = "web"        // HTML
	App     Surface = "app"        // named fields
	Email   Surface = "email"      // MJML or HTML, with subject and preheader
	Push    Surface = "push"       // title and body
	SMS     Surface = "sms"        // text
	Display Surface = "google-rda" // a responsive display ad of Google Ads
	Feed    Surface = "meta-feed"  // an ad in a feed of Meta
)
