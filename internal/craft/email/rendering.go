package email

import (
	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
)

// Rendering draws a filling of a template on a channel, whatever the channel
// shows: a page, a mail or fields. It is compiled, and safe for concurrent use.
type Rendering struct {
	marked *markup.Markup
	mail   *Layout // nil for what is no MJML
}

// CompileRendering prepares a rendering of a template with these
// placeholders, as Template.Placeholders lists them, for a brand. All problems come at once, as throughline.Problems, each placed as html:line:column,
// mjml:line:column or fields.name:line:column.
func CompileRendering(r throughline.Rendering, slots []string, b *throughline.Brand) (*Rendering, error) {
	if b == nil {
		b = new(throughline.Brand)
	}
	var problems throughline.Problems
	out := new(Rendering)
	var err error
	out.marked, err = markup.Compile(r, slots, b.Values(""))
	problems.Add(err)
	if r.MJML != "" {
		out.mail, err = Compile([]byte(r.MJML), Options{Slots: slots, Tokens: colours(b)})
		problems.Add(err)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// colours are a brand's tokens as a mail takes them, with their values in dark
// mode where they have one.
func colours(b *throughline.Brand) map[string]Token {
	light, dark := b.Values(""), b.Values("dark")
	all := make(map[string]Token, len(light))
	for name, value := range light {
		t := Token{Light: value}
		if dark[name] != value {
			t.Dark = dark[name]
		}
		all[name] = t
	}
	return all
}

// HTML returns the page or the mail, filled with the text by slot; a slot that is
// absent or "" is unfilled. A rendering of fields gives "".
func (r *Rendering) HTML(values map[string]string) (string, error) {
	if r.mail != nil {
		return r.mail.Fill(values).HTML, nil
	}
	return r.marked.HTML(values)
}

// Text returns a mail as plain text, for the other part of the message; "" for
// what is no MJML.
func (r *Rendering) Text(values map[string]string) string {
	if r.mail == nil {
		return ""
	}
	return r.mail.Fill(values).Text
}

// Fields returns each field filled with the text by slot, as plain text.
func (r *Rendering) Fields(values map[string]string) map[string]string {
	return r.marked.Fields(values)
}
