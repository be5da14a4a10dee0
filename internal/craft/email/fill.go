package email

import (
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
)

// piece is a stretch of a mail: text, or a placeholder and how it is escaped.
type piece struct {
	text string // literal, or the slot
	kind pieceKind
}

type pieceKind uint8

const (
	literal pieceKind = iota
	slotText
	slotRich    // with its marks
	slotPlain   // of the plain text, as it is
	slotAddress // a whole address, or its start
	slotPath    // in the path of one
	slotQuery   // behind its ? or #
	opening     // {{#slot}}
	shutting    // {{/slot}}
)

// pieces cuts a page at its placeholders. Tokens are settled here.
func pieces(page string, tokens map[string]Token) (all []piece) {
	var text strings.Builder
	at := 0
	flush := func() {
		if text.Len() > 0 {
			all = append(all, piece{text: text.String()})
			text.Reset()
		}
	}
	places(page, func(p place) {
		if p.where == nowhere {
			return
		}
		text.WriteString(page[at:p.start])
		at = p.end
		if name, ok := strings.CutPrefix(p.inside, "token."); ok {
			text.WriteString(strings.ReplaceAll(tokens[name].Light, `"`, "&quot;"))
			return
		}
		flush()
		all = append(all, newPiece(p))
	})
	text.WriteString(page[at:])
	flush()
	return all
}

func newPiece(p place) piece {
	switch {
	case strings.HasPrefix(p.inside, "#"):
		return piece{p.inside[1:], opening}
	case strings.HasPrefix(p.inside, "/"):
		return piece{p.inside[1:], shutting}
	case p.where == inText && strings.HasSuffix(p.inside, throughline.HTMLSuffix):
		return piece{strings.TrimSuffix(p.inside, throughline.HTMLSuffix), slotRich}
	case p.where != inAddress:
		return piece{p.inside, slotText}
	case p.before == "":
		return piece{p.inside, slotAddress}
	case strings.ContainsAny(p.before, "?#"):
		return piece{p.inside, slotQuery}
	}
	return piece{p.inside, slotPath}
}

// textPieces cuts the plain text.
func textPieces(s string) (all []piece) {
	at := 0
	in(s, 0, inText, func(p place) {
		if at < p.start {
			all = append(all, piece{text: s[at:p.start]})
		}
		at = p.end
		one := newPiece(p)
		if one.kind == slotText || one.kind == slotRich {
			one.kind = slotPlain
		}
		all = append(all, one)
	})
	return append(all, piece{text: s[at:]})
}

// fill joins the pieces. What stands between {{#slot}} and {{/slot}} is left out
// where the slot is unfilled. Rich texts are drawn from what was given, of which
// slots have only the words.
func fill(pieces []piece, slots, given map[string]string) string {
	var out strings.Builder
	size := 0
	for _, p := range pieces {
		size += len(p.text) + 32
	}
	out.Grow(size)
	hidden := 0
	for _, p := range pieces {
		switch {
		case p.kind == opening && (hidden > 0 || slots[p.text] == ""):
			hidden++
		case p.kind == shutting && hidden > 0:
			hidden--
		case hidden > 0 || p.kind == opening || p.kind == shutting:
		case p.kind == literal:
			out.WriteString(p.text)
		case p.kind == slotRich:
			out.WriteString(markup.Rich(given[p.text]))
		default:
			write(&out, p.kind, slots[p.text])
		}
	}
	return out.String()
}

func write(out *strings.Builder, kind pieceKind, value string) {
	switch kind {
	case slotPlain:
		out.WriteString(value)
	case slotText:
		escape(out, value)
	case slotAddress:
		if !opens(value) {
			value = "#"
		}
		percent(out, value, "-._~:/?#[]@!$&*+,;=%")
	case slotPath:
		percent(out, value, "-._~:/@!$&*+,;=%")
	case slotQuery:
		percent(out, value, "-._~")
	}
}

// escape writes text for HTML, also where it stands in a quoted attribute or in
// a conditional comment.
func escape(out *strings.Builder, s string) {
	last := 0
	for i := range len(s) {
		var by string
		switch s[i] {
		case '&':
			by = "&amp;"
		case '<':
			by = "&lt;"
		case '>':
			by = "&gt;"
		case '"':
			by = "&#34;"
		case '\'':
			by = "&#39;"
		case 0:
			by = "\ufffd"
		default:
			continue
		}
		out.WriteString(s[last:i])
		out.WriteString(by)
		last = i + 1
	}
	out.WriteString(s[last:])
}

// opens reports whether a mail client can follow an address and nothing runs.
func opens(s string) bool {
	i := strings.IndexAny(s, ":/?#")
	if i < 0 || s[i] != ':' {
		return true
	}
	switch strings.ToLower(s[:i]) {
	case "http", "https", "mailto", "tel", "sms", "cid":
		return true
	}
	return false
}

// percent writes an address for a quoted attribute and for url('...'): letters,
// digits and what is in keep stay, a % where it begins a code.
func percent(out *strings.Builder, s, keep string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '%' && strings.Contains(keep, "%") && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out.WriteByte(c)
		case c == '&' && strings.Contains(keep, "&"):
			out.WriteString("&amp;")
		case letter(c), digit(c), c != '%' && strings.IndexByte(keep, c) >= 0:
			out.WriteByte(c)
		default:
			out.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
}

func isHex(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
