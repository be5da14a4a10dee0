// Package markup turns a template's renderings into what people see. The only
// language in a rendering is three placeholders:
//
//	{{headline}}              the text of a slot
//	{{token.accent}}          a design token of the brand
//	{{#image}}...{{/image}}   kept only when the slot is filled
//
// and, where the slot has them, {{image.alt}}, the picture in words,
// {{image.w600}}, the picture about 600 pixels wide, {{body.html}}, a rich text
// with its marks, and {{cards.1}}, the first item of a list.
//
// HTML is escaped by where a placeholder stands: text, attribute, address or
// style. What could run code or leave the page (scripts, event handlers, frames,
// forms) is refused when the rendering is declared, so that no text in a slot
// can ever do more than be read. Nothing here fetches or stores anything.
package markup

import (
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// MaxBytes is the largest HTML or field of a rendering.
const MaxBytes = 100 << 10

// Markup is a compiled rendering. It is safe for concurrent use.
type Markup struct {
	html   *template.Template
	fields map[string][]piece
	tokens map[string]string
	css    map[string]template.CSS
	names  Names
}

// page is what the HTML template reads.
type page struct {
	Slot  map[string]string
	Rich  map[string]template.HTML
	Token map[string]template.CSS
}

// Compile prepares a rendering of a template with these placeholders, as
// Template.Placeholders lists them, for a brand with these tokens. All problems come at once, as throughline.Problems, each placed
// as html:line:column or fields.name:line:column.
func Compile(r throughline.Rendering, slots []string, tokens map[string]string) (*Markup, error) {
	m := &Markup{fields: make(map[string][]piece, len(r.Fields)), tokens: maps.Clone(tokens), css: map[string]template.CSS{}, names: NamesOf(slots)}
	for name, value := range tokens {
		if CheckToken(name, value) == nil { // which is what makes the conversion safe
			m.css[name] = template.CSS(value)
		}
	}
	var problems throughline.Problems
	if r.HTML != "" {
		problems.Add(m.compileHTML(r.HTML, slots))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		s := scanner{place: "fields." + name, src: r.Fields[name], slots: slots, tokens: tokens}
		m.fields[name] = s.scan()
		problems = append(problems, s.problems...)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Markup) compileHTML(src string, slots []string) error {
	s := scanner{place: "html", src: src, slots: slots, tokens: m.tokens}
	pieces := s.scan()
	if len(s.problems) > 0 {
		return s.problems
	}
	if problems := inspect(src, pieces); len(problems) > 0 {
		return problems
	}
	var source strings.Builder
	for _, p := range pieces {
		switch p.kind {
		case literal:
			source.WriteString(p.text)
		case slot:
			from := "Slot"
			if rich, ok := strings.CutSuffix(p.text, throughline.HTMLSuffix); ok {
				from, p.text = "Rich", rich
			}
			fmt.Fprintf(&source, "{{index .%s %s}}", from, strconv.Quote(p.text))
		case token:
			fmt.Fprintf(&source, "{{index .Token %s}}", strconv.Quote(p.text))
		case open:
			fmt.Fprintf(&source, "{{if index .Slot %s}}", strconv.Quote(p.text))
		case closing:
			source.WriteString("{{end}}")
		}
	}
	parsed, err := template.New("rendering").Parse(source.String())
	if err != nil {
		return unfit(err)
	}
	m.html = parsed
	// Escaping is settled at the first use; doing it here makes a rendering that
	// cannot be escaped an error of the declaration.
	if _, err := m.HTML(nil); err != nil {
		return unfit(err)
	}
	return nil
}

func unfit(err error) error {
	said := err.Error()
	if i := strings.LastIndex(said, ": "); i >= 0 {
		said = said[i+2:]
	}
	return throughline.Errorf(throughline.Invalid, "the HTML cannot be filled safely: %s", said).At("html").
		WithFix("close every quote, tag and comment, and keep placeholders in text and in quoted attribute values")
}

// HTML returns the rendering filled with the text by slot; a slot that is absent
// or "" is unfilled. A rendering without HTML gives "".
func (m *Markup) HTML(values map[string]string) (string, error) {
	if m.html == nil {
		return "", nil
	}
	var out strings.Builder
	filled := page{Slot: m.names.Fill(values), Token: m.css}
	for _, name := range m.names.rich {
		if filled.Rich == nil {
			filled.Rich = make(map[string]template.HTML, len(m.names.rich))
		}
		filled.Rich[name] = template.HTML(Rich(values[name])) // which escapes all but its own marks
	}
	if err := m.html.Execute(&out, filled); err != nil {
		return "", throughline.Errorf(throughline.Internal, "filling the rendering: %w", err)
	}
	return out.String(), nil
}

// Fields returns each field filled with the text by slot, as plain text.
func (m *Markup) Fields(values map[string]string) map[string]string {
	values = m.names.Fill(values)
	filled := make(map[string]string, len(m.fields))
	for name, pieces := range m.fields {
		var out strings.Builder
		var hidden int // sections around the piece whose slot is unfilled
		for _, p := range pieces {
			switch {
			case p.kind == open && (hidden > 0 || values[p.text] == ""):
				hidden++
			case p.kind == closing && hidden > 0:
				hidden--
			case hidden > 0:
			case p.kind == literal:
				out.WriteString(p.text)
			case p.kind == slot:
				out.WriteString(values[p.text])
			case p.kind == token:
				out.WriteString(m.tokens[p.text])
			}
		}
		filled[name] = out.String()
	}
	return filled
}

// CheckToken refuses a token that could not stand in a style attribute without
// ending it, loading something or running something.
func CheckToken(name, value string) error {
	if !tokenName(name) {
		return throughline.Errorf(throughline.Invalid, "%q cannot be the name of a token", name).
			WithFix(`use letters, digits, "-", "_" and ".", starting with a letter`)
	}
	bad := throughline.Errorf(throughline.Invalid, "the token %s cannot stand in a style: %q", name, value).
		WithFix("a token is one CSS value, such as #0b62d6, 12px or Georgia, serif, without ; { } < > \\ or url()")
	if value == "" || len(value) > 200 || strings.ContainsAny(value, ";{}<>\\@!:&`") || strings.Contains(value, "/*") {
		return bad
	}
	for _, r := range value {
		if r < ' ' || r == 0x7f {
			return bad
		}
	}
	lower := strings.ToLower(value)
	for _, f := range []string{"url(", "expression(", "image(", "image-set(", "src(", "element(", "attr("} {
		if strings.Contains(strings.ReplaceAll(lower, " ", ""), f) {
			return bad
		}
	}
	if !balanced(value) {
		return bad
	}
	return nil
}

func tokenName(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || (r < '0' || r > '9') && r != '-' && r != '.' && r != '_') {
			return false
		}
	}
	return name != ""
}

// balanced reports whether quotes and parentheses close.
func balanced(s string) bool {
	depth := 0
	var quote rune
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0 && quote == 0
}

// kind is what a piece of a rendering is.
type kind uint8

const (
	literal kind = iota
	slot
	token
	open    // {{#slot}}
	closing // {{/slot}}
)

// piece is a stretch of a rendering: literal text, or the name in a placeholder.
type piece struct {
	kind       kind
	text       string
	start, end int // bytes of the source
}

// scanner cuts a rendering into pieces.
type scanner struct {
	place    string
	src      string
	slots    []string
	tokens   map[string]string
	pieces   []piece
	sections []piece
	problems throughline.Problems
}

func (s *scanner) scan() []piece {
	if len(s.src) > MaxBytes {
		s.problem(0, throughline.TooLarge, "the rendering has %d bytes, and %d are allowed", len(s.src), MaxBytes).
			WithFix("move what does not change out of the rendering")
		return nil
	}
	for at := 0; at < len(s.src); {
		i := strings.Index(s.src[at:], "{{")
		if i < 0 {
			s.add(literal, s.src[at:], at, len(s.src))
			break
		}
		if i > 0 {
			s.add(literal, s.src[at:at+i], at, at+i)
		}
		start := at + i
		length := strings.Index(s.src[start:], "}}")
		if length < 0 {
			s.problem(start, throughline.Invalid, "a placeholder is not closed").WithFix("end it with }}")
			break
		}
		at = start + length + 2
		s.placeholder(s.src[start+2:at-2], start, at)
	}
	for _, p := range s.sections {
		s.problem(p.start, throughline.Invalid, "{{#%s}} is never closed", p.text).WithFix("end it with {{/%s}}", p.text)
	}
	return s.pieces
}

func (s *scanner) add(k kind, text string, start, end int) {
	s.pieces = append(s.pieces, piece{k, text, start, end})
}

func (s *scanner) placeholder(inside string, start, end int) {
	name, isToken := strings.CutPrefix(inside, "token.")
	switch {
	case isToken:
		if value, ok := s.tokens[name]; !ok {
			s.missing(start, "token", name, slices.Sorted(maps.Keys(s.tokens)))
		} else if err := CheckToken(name, value); err != nil {
			s.problems = append(s.problems, err.(*throughline.Error).At(s.at(start)))
		}
		s.add(token, name, start, end)
	case strings.HasPrefix(inside, "#"):
		s.known(start, inside[1:])
		s.add(open, inside[1:], start, end)
		s.sections = append(s.sections, s.pieces[len(s.pieces)-1])
	case strings.HasPrefix(inside, "/"):
		s.close(inside[1:], start, end)
	case s.known(start, inside):
		s.add(slot, inside, start, end)
	}
}

func (s *scanner) close(name string, start, end int) {
	if n := len(s.sections); n > 0 && s.sections[n-1].text == name {
		s.sections = s.sections[:n-1]
		s.add(closing, name, start, end)
		return
	}
	fix := "remove it, or open it before"
	if n := len(s.sections); n > 0 {
		fix = fmt.Sprintf("close {{#%s}} first", s.sections[n-1].text)
	}
	s.problem(start, throughline.Invalid, "{{/%s}} closes nothing", name).WithFix("%s", fix)
}

// known reports whether the template has the slot, and notes it when not.
func (s *scanner) known(start int, name string) bool {
	if slices.Contains(s.slots, name) {
		return true
	}
	if trimmed := strings.TrimSpace(name); trimmed != name && slices.Contains(s.slots, trimmed) {
		s.problem(start, throughline.Invalid, "there is a blank in {{%s}}", name).WithFix("write {{%s}}", trimmed)
		return false
	}
	s.missing(start, "slot", name, s.slots)
	return false
}

func (s *scanner) missing(start int, what, name string, have []string) {
	fix := fmt.Sprintf("the %ss are %s", what, strings.Join(Own(have), ", "))
	if len(have) == 0 {
		fix = fmt.Sprintf("there are no %ss", what)
	}
	if near := text.Nearest(name, have); near != "" {
		fix = fmt.Sprintf("did you mean %s? %s", near, fix)
	}
	s.problem(start, throughline.Invalid, "there is no %s %q", what, name).WithFix("%s", fix)
}

// Own returns the placeholders that do not follow from another.
func Own(placeholders []string) []string {
	return slices.DeleteFunc(slices.Clone(placeholders), func(name string) bool {
		base, _, dotted := strings.Cut(name, ".")
		return dotted && slices.Contains(placeholders, base)
	})
}

func (s *scanner) at(offset int) string {
	line, column := text.Position([]byte(s.src), offset)
	return fmt.Sprintf("%s:%d:%d", s.place, line, column)
}

func (s *scanner) problem(offset int, code throughline.Code, format string, args ...any) *throughline.Error {
	e := throughline.Errorf(code, format, args...).At(s.at(offset))
	s.problems = append(s.problems, e)
	return e
}
