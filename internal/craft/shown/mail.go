package shown

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Mail is a message beside its HTML.
type Mail struct {
	Subject, Preheader string
	// Text is the plain text part.
	Text string
	// Headers by name, as they are sent; List-Unsubscribe is looked for here.
	Headers map[string]string
	// Address is the sender's postal address as it has to stand in the mail; ""
	// when it is not known, which leaves that unknown.
	Address string
	// Unsubscribe are words or addresses by which the link to unsubscribe is
	// told, beside the usual ones.
	Unsubscribe []string
	// Pictures is how many square pixels of picture may come on a character of
	// text; 0 is 800, about three quarters of a 600 pixel mail as pictures.
	Pictures float64
}

// Structure holds a mail against what mailboxes ask of a sender.
func (m Mail) Structure(s Shown) []Issue {
	var out []Issue
	missing := func(rule, got, want, fix string) {
		out = append(out, Issue{Rule: rule, Got: got, Want: want, Fix: fix})
	}
	if strings.TrimSpace(m.Subject) == "" {
		missing("mail.subject", "no subject", "a subject", "write a subject")
	}
	if strings.TrimSpace(m.Preheader) == "" && !slices.ContainsFunc(s.Texts, func(t Text) bool { return t.Hidden }) {
		missing("mail.preheader", "no preheader", "what stands beside the subject in a list", "write a preheader")
	}
	if strings.TrimSpace(m.Text) == "" {
		missing("mail.text", "no plain text part", "the mail as plain text", "send the text beside the HTML")
	}
	if !m.canLeave(s) {
		missing("mail.unsubscribe", "no way to unsubscribe", "a List-Unsubscribe header or a link", "add a link to unsubscribe, or the header of RFC 8058")
	}
	switch {
	case m.Address == "":
		out = append(out, Issue{Rule: "mail.address", Got: "the sender's address is not known", Want: "the sender's postal address", Fix: "say what it is"}.unknown())
	case !strings.Contains(shownText(s), fold(m.Address)):
		missing("mail.address", "no postal address", m.Address, "write the sender's address into the mail")
	}
	return append(out, m.balance(s)...)
}

func shownText(s Shown) string {
	var b strings.Builder
	for _, t := range s.Texts {
		if !t.Hidden {
			b.WriteString(t.Text)
			b.WriteByte(' ')
		}
	}
	return fold(b.String())
}

func (m Mail) canLeave(s Shown) bool {
	for k, v := range m.Headers {
		if strings.EqualFold(k, "List-Unsubscribe") && strings.TrimSpace(v) != "" {
			return true
		}
	}
	words := append([]string{"unsubscribe", "opt-out", "optout", "abmelden", "abbestellen", "désabonner", "désinscrire", "darse de baja", "disiscriv"}, m.Unsubscribe...)
	return slices.ContainsFunc(s.Links, func(l Link) bool {
		return l.Href != "" && l.Href != "#" && slices.ContainsFunc(words, func(w string) bool {
			return strings.Contains(strings.ToLower(l.Href+" "+l.Text), strings.ToLower(w))
		})
	})
}

// balance holds the pictures against the text. A picture without a size leaves it
// unknown.
func (m Mail) balance(s Shown) []Issue {
	limit := m.Pictures
	if limit == 0 {
		limit = 800
	}
	area, unsized := 0.0, 0
	for _, p := range s.Pictures {
		switch {
		case p.Hidden || p.Width == 1 && p.Height == 1:
		case p.Width == 0 || p.Height == 0:
			unsized++
		default:
			area += p.Width * p.Height
		}
	}
	letters := len([]rune(shownText(s)))
	want := fmt.Sprintf("at most %g square pixels of picture for a character", limit)
	switch {
	case area > limit*float64(letters):
		return []Issue{{Rule: "mail.pictures", Got: fmt.Sprintf("%.0f", area/math.Max(1, float64(letters))), Want: want, Fix: "say more of it in text"}}
	case unsized > 0 && letters == 0:
		return []Issue{{Rule: "mail.pictures", Got: "pictures and no text", Want: want, Fix: "say it in text as well"}}
	case unsized > 0:
		return []Issue{Issue{Rule: "mail.pictures", Got: fmt.Sprintf("pictures without a size: %d", unsized), Want: want, Fix: "give pictures their width and height"}.unknown()}
	}
	return nil
}

// Logo is how a logo has to stand.
type Logo struct {
	// Src is the address of the logo, or the end of it.
	Src string
	// MinWidth is in CSS pixels; 0 asks for none.
	MinWidth float64
	// Clear is the free space around it as a part of its height; 0 asks for none.
	Clear float64
	// Grounds it may stand on in the light; none means any.
	Grounds []contrast.Color
}

// Logos holds each place of a logo against its rule. What a layout settles, and
// the document does not say, is unknown. A document without the logo has no issue.
func Logos(s Shown, l Logo) []Issue {
	var out []Issue
	for _, p := range s.Pictures {
		if p.Hidden || !isLogo(p.Src, l.Src) {
			continue
		}
		out = append(out, l.size(p)...)
		out = append(out, l.space(p)...)
		out = append(out, l.ground(p)...)
	}
	return out
}

func isLogo(src, logo string) bool {
	src, _, _ = strings.Cut(src, "?")
	return logo != "" && (src == logo || path.Base(src) == logo || strings.HasSuffix(src, "/"+strings.TrimPrefix(logo, "/")))
}

func (l Logo) size(p Picture) []Issue {
	want := fmt.Sprintf("at least %g px wide", l.MinWidth)
	switch {
	case l.MinWidth == 0 || p.Width >= l.MinWidth:
		return nil
	case p.Width == 0:
		return []Issue{p.issue("logo.size", "a width that cannot be told", want, "give its width in px").unknown()}
	}
	return []Issue{p.issue("logo.size", fmt.Sprintf("%g px wide", p.Width), want, "show it larger")}
}

func (l Logo) space(p Picture) []Issue {
	if l.Clear == 0 {
		return nil
	}
	if p.Height == 0 {
		return []Issue{p.issue("logo.space", "a height that cannot be told", fmt.Sprintf("%g of its height free", l.Clear), "give its height in px").unknown()}
	}
	need := l.Clear * p.Height
	want := fmt.Sprintf("%g px free on each side", need)
	var short, unknown []string
	for i, side := range [...]string{"above", "right", "below", "left"} {
		switch {
		case p.Clear[i].Least >= need:
		case p.Clear[i].More:
			unknown = append(unknown, side)
		default:
			short = append(short, fmt.Sprintf("%g px %s", p.Clear[i].Least, side))
		}
	}
	switch {
	case len(short) > 0:
		return []Issue{p.issue("logo.space", strings.Join(short, ", "), want, "give it more padding")}
	case len(unknown) > 0:
		return []Issue{p.issue("logo.space", "space that cannot be told "+strings.Join(unknown, ", "), want, "give the paddings around it in px").unknown()}
	}
	return nil
}

func (l Logo) ground(p Picture) []Issue {
	if len(l.Grounds) == 0 {
		return nil
	}
	look := p.Ground[Light]
	var hex []string
	for _, g := range l.Grounds {
		if g.Hex() == look.Ground.Hex() && look.Picture == "" {
			return nil
		}
		hex = append(hex, g.Hex())
	}
	want := "one of " + strings.Join(hex, ", ")
	if look.Picture != "" || look.Unsure != "" {
		return []Issue{p.issue("logo.ground", "a picture or a colour that cannot be told", want, "put an allowed colour under it").unknown()}
	}
	return []Issue{p.issue("logo.ground", look.Ground.Hex(), want, "put an allowed colour under it")}
}
