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
