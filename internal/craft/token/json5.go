package token

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The limits of a file. The largest design systems in the open stay under a
// tenth of each.
const (
	MaxBytes = 4 << 20 // of a file
	MaxDepth = 64      // of objects and lists in each other
	maxNodes = 1 << 20 // values in a file
)

// kind is what a node is.
type kind uint8

const (
	nothing kind = iota // null
	truth
	number
	words
	list
	object
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// node is one value of a file with its place. Members of an object keep their
// order.
type node struct {
	kind    kind
	yes     bool
	number  float64
	text    string
	items   []*node
	members []member
	offset  int
}

type member struct {
	name  string
	value *node
	at    int // the offset of the name
}

// get returns the member of a name, or nil.
func (n *node) get(name string) *node {
	for i := range n.members {
		if n.members[i].name == name {
			return n.members[i].value
		}
	}
	return nil
}

// reader reads JSON and what JSON5 adds to it: comments, trailing commas, names
// without quotes, single quotes, hexadecimal numbers, a sign or a point first.
// Infinity and NaN, which JSON5 has too, are refused: no token can hold them.
type reader struct {
	file  string
	src   string
	at    int
	nodes int
	depth int
	notes throughline.Problems
}

// fault is how the reader stops; read turns it into an error.
type fault struct{ err *throughline.Error }

// read returns the value of a whole file, and what is odd about it.
func read(file string, data []byte) (root *node, notes throughline.Problems, err error) {
	r := &reader{file: file, src: strings.TrimPrefix(string(data), "\ufeff")}
	defer func() {
		if stopped := recover(); stopped != nil {
			f, ok := stopped.(fault)
			if !ok {
				panic(stopped)
			}
			root, err = nil, f.err
		}
	}()
	if len(data) > MaxBytes {
		return nil, nil, throughline.Errorf(throughline.TooLarge, "the file has %d bytes, and %d are allowed", len(data), MaxBytes).At(file).WithFix("split it into several files")
	}
	if at := text.FirstInvalid([]byte(r.src)); at >= 0 {
		r.stop(at, "this is not UTF-8", "save the file as UTF-8")
	}
	r.space()
	root = r.value()
	r.space()
	if r.at < len(r.src) {
		r.stop(r.at, "something follows the end of the file's value", "remove it")
	}
	return root, r.notes, nil
}

func (r *reader) stop(at int, says, fix string) {
	panic(fault{throughline.Errorf(throughline.Invalid, "%s", says).At(place(r.file, r.src, at)).WithFix("%s", fix)})
}

func place(file, src string, at int) string {
	line, column := text.Position([]byte(src), at)
	return file + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(column)
}

// space goes over white space and comments.
func (r *reader) space() {
	for r.at < len(r.src) {
		c, size := utf8.DecodeRuneInString(r.src[r.at:])
		switch {
		case strings.HasPrefix(r.src[r.at:], "//"):
			end := strings.IndexAny(r.src[r.at:], "\n\r")
			if end < 0 {
				end = len(r.src) - r.at
			}
			r.at += end
		case strings.HasPrefix(r.src[r.at:], "/*"):
			end := strings.Index(r.src[r.at+2:], "*/")
			if end < 0 {
				r.stop(r.at, "a comment does not end", "end it with */")
			}
			r.at += end + 4
		case unicode.IsSpace(c) || c == '\ufeff':
			r.at += size
		default:
			return
		}
	}
}

func (r *reader) value() *node {
	if r.nodes++; r.nodes > maxNodes {
		r.stop(r.at, "the file has too many values", "split it into several files")
	}
	n := &node{offset: r.at}
	if r.at >= len(r.src) {
		r.stop(r.at, "the file ends where a value belongs", "close what is open")
	}
	switch c := r.src[r.at]; {
	case c == '{' || c == '[':
		if r.depth++; r.depth > MaxDepth {
			r.stop(r.at, "the values are nested more than "+strconv.Itoa(MaxDepth)+" deep", "flatten the groups")
		}
		if c == '{' {
			r.object(n)
		} else {
			r.list(n)
		}
		r.depth--
	case c == '"' || c == '\'':
		n.kind, n.text = words, r.quoted()
	case c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.':
		n.kind, n.number = number, r.number()
	default:
		r.word(n)
	}
	return n
}

func (r *reader) word(n *node) {
	switch w := r.name(); w {
	case "true", "false":
		n.kind, n.yes = truth, w == "true"
	case "null":
	case "Infinity", "NaN":
		r.stop(n.offset, w+" is not a value of a token", "write a number")
	case "":
		r.stop(n.offset, "a value belongs here, and not "+strconv.Quote(r.next()), "write a text in quotes, a number, an object or a list")
	default:
		r.stop(n.offset, strconv.Quote(w)+" stands without quotes where a value belongs", "put it in quotes")
	}
}

// next returns the character that comes next, for messages.
func (r *reader) next() string {
	if r.at >= len(r.src) {
		return "the end of the file"
	}
	_, size := utf8.DecodeRuneInString(r.src[r.at:])
	return r.src[r.at : r.at+size]
}

func (r *reader) object(n *node) {
	n.kind = object
	seen := map[string]int{}
	for r.open('}') {
		at := r.at
		var name string
		if c := r.src[r.at]; c == '"' || c == '\'' {
			name = r.quoted()
		} else if name = r.name(); name == "" {
			r.stop(at, "a name belongs here, and not "+strconv.Quote(r.next()), "write name: value")
		}
		r.space()
		if !strings.HasPrefix(r.src[r.at:], ":") {
			r.stop(r.at, "a colon belongs after "+strconv.Quote(name), "write name: value")
		}
		r.at++
		r.space()
		m := member{name, r.value(), at}
		if first, twice := seen[name]; twice {
			r.twice(m)
			n.members[first] = m
		} else {
			seen[name] = len(n.members)
			n.members = append(n.members, m)
		}
		r.comma('}')
	}
}

// twice notes that a name came before in its object. The last counts, as in
// every reader of JSON; real files have such names, and what the first said is
// lost.
func (r *reader) twice(m member) {
	if len(r.notes) < maxProblems {
		r.notes = append(r.notes, throughline.Errorf(throughline.Invalid, "%q stands twice in one object, and the last counts", shorten(m.name)).
			At(place(r.file, r.src, m.at)).WithFix("keep one"))
	}
}

func (r *reader) list(n *node) {
	n.kind = list
	for r.open(']') {
		n.items = append(n.items, r.value())
		r.comma(']')
	}
}

// open reports whether another member or item comes; if none does, it goes over
// the closing bracket. It stands on the opening bracket or behind a member.
func (r *reader) open(closing byte) bool {
	if c := r.src[r.at]; c == '{' && closing == '}' || c == '[' && closing == ']' || c == ',' {
		r.at++
	}
	r.space()
	if r.at >= len(r.src) {
		r.stop(r.at, "the file ends before "+strconv.Quote(string(closing)), "close what is open")
	}
	if r.src[r.at] == closing {
		r.at++
		return false
	}
	return true
}

// comma goes to the comma or the closing bracket after a member.
func (r *reader) comma(closing byte) {
	r.space()
	if r.at < len(r.src) && r.src[r.at] != ',' && r.src[r.at] != closing {
		r.stop(r.at, "a comma or "+strconv.Quote(string(closing))+" belongs here, and not "+strconv.Quote(r.next()), "add a comma")
	}
	if r.at >= len(r.src) {
		r.stop(r.at, "the file ends before "+strconv.Quote(string(closing)), "close what is open")
	}
}

// name reads a name without quotes: letters, digits, $ and _.
func (r *reader) name() string {
	start := r.at
	for r.at < len(r.src) {
		c, size := utf8.DecodeRuneInString(r.src[r.at:])
		if c != '$' && c != '_' && !unicode.IsLetter(c) && (r.at == start || !unicode.IsDigit(c) && !unicode.Is(unicode.Mn, c)) {
			break
		}
		r.at += size
	}
	return r.src[start:r.at]
}

func (r *reader) number() float64 {
	start := r.at
	for r.at < len(r.src) && strings.IndexByte("+-.0123456789abcdefABCDEFxXeEINnity", r.src[r.at]) >= 0 {
		r.at++
	}
	literal := r.src[start:r.at]
	digits := strings.TrimLeft(literal, "+-")
	sign := 1.0
	if strings.HasPrefix(literal, "-") {
		sign = -1
	}
	if len(literal)-len(digits) <= 1 {
		if low := strings.ToLower(digits); strings.HasPrefix(low, "0x") {
			if n, err := strconv.ParseUint(low[2:], 16, 53); err == nil {
				return sign * float64(n)
			}
		} else if !strings.ContainsAny(low, "xinty") && (len(low) < 2 || low[0] != '0' || strings.IndexByte(".e", low[1]) >= 0) {
			if n, err := strconv.ParseFloat(digits, 64); err == nil && !math.IsInf(n, 0) {
				return sign * n
			}
		}
	}
	r.stop(start, strconv.Quote(shorten(literal))+" is not a number", "write it as 12, 0.5 or -3e2")
	return 0
}

// quoted reads a text in quotes with its escapes.
func (r *reader) quoted() string {
	start, quote := r.at, r.src[r.at]
	var out strings.Builder
	for r.at++; r.at < len(r.src); {
		switch c := r.src[r.at]; {
		case c == quote:
			r.at++
			return out.String()
		case c == '\\':
			r.escape(&out)
		case c == '\n' || c == '\r':
			r.stop(start, "a text does not end on its line", "close the quote, or end the line with a backslash")
		default:
			out.WriteByte(c)
			r.at++
		}
	}
	r.stop(start, "a text does not end", "close the quote")
	return ""
}

func (r *reader) escape(out *strings.Builder) {
	at := r.at
	r.at++
	if r.at >= len(r.src) {
		r.stop(at, "a text does not end", "close the quote")
	}
	c, size := utf8.DecodeRuneInString(r.src[r.at:])
	r.at += size
	switch c {
	case 'n', 't', 'r', 'b', 'f', 'v', '0':
		out.WriteByte("\n\t\r\b\f\v\x00"[strings.IndexRune("ntrbfv0", c)])
	case 'u':
		out.WriteRune(r.unicode(at))
	case 'x':
		out.WriteRune(r.hex(at, 2))
	case '\r': // a line break after a backslash is none
		if strings.HasPrefix(r.src[r.at:], "\n") {
			r.at++
		}
	case '\n', '\u2028', '\u2029':
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		r.stop(at, "a digit cannot be escaped", "remove the backslash")
	default:
		out.WriteRune(c)
	}
}

// unicode reads the digits of \u, and those of its other half where they are one.
// A half alone becomes U+FFFD, as in encoding/json.
func (r *reader) unicode(at int) rune {
	c := r.hex(at, 4)
	if c < 0xd800 || c > 0xdfff {
		return c
	}
	if back := r.at; c < 0xdc00 && strings.HasPrefix(r.src[r.at:], `\u`) {
		r.at += 2
		if low := r.hex(at, 4); low >= 0xdc00 && low <= 0xdfff {
			return (c-0xd800)<<10 | (low - 0xdc00) + 0x10000
		}
		r.at = back
	}
	return utf8.RuneError
}

func (r *reader) hex(at, digits int) rune {
	if r.at+digits > len(r.src) {
		r.stop(at, "an escape is too short", "write \\x with two and \\u with four hexadecimal digits")
	}
	n, err := strconv.ParseUint(r.src[r.at:r.at+digits], 16, 32)
	if err != nil {
		r.stop(at, "an escape has letters that are no hexadecimal digits", "write \\x with two and \\u with four hexadecimal digits")
	}
	r.at += digits
	return rune(n)
}

// write appends the node as JSON, indented by two blanks; short lists of plain
// values keep to one line.
func (n *node) write(out []byte, indent string) []byte {
	switch n.kind {
	case truth:
		return strconv.AppendBool(out, n.yes)
	case number:
		return append(out, numberText(n.number)...)
	case words:
		return appendQuoted(out, n.text)
	case list:
		return n.writeList(out, indent)
	case object:
		if len(n.members) == 0 {
			return append(out, "{}"...)
		}
		out = append(out, '{')
		for i, m := range n.members {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(out, '\n'), indent+"  "...)
			out = append(appendQuoted(out, m.name), ": "...)
			out = m.value.write(out, indent+"  ")
		}
		return append(append(append(out, '\n'), indent...), '}')
	}
	return append(out, "null"...)
}

func (n *node) writeList(out []byte, indent string) []byte {
	flat := true
	for _, item := range n.items {
		flat = flat && item.kind != object && item.kind != list
	}
	out = append(out, '[')
	for i, item := range n.items {
		if i > 0 {
			out = append(out, ',')
		}
		switch {
		case !flat:
			out = append(append(out, '\n'), indent+"  "...)
		case i > 0:
			out = append(out, ' ')
		}
		out = item.write(out, indent+"  ")
	}
	if !flat {
		out = append(append(out, '\n'), indent...)
	}
	return append(out, ']')
}

func appendQuoted(out []byte, s string) []byte {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // a string always encodes
		return out
	}
	return append(out, strings.TrimSuffix(b.String(), "\n")...)
}

// numberText writes a number as short as it can be without an exponent, which
// CSS would read and people would not, unless it is beyond what either uses.
func numberText(n float64) string {
	if n == 0 {
		return "0"
	}
	if a := math.Abs(n); a >= 1e15 || a < 1e-9 {
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
