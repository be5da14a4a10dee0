// Package token reads, resolves and writes design tokens in the Design Tokens
// Format Module 2025.10 (DTCG) and in what real files add to it.
//
// Read takes a file: JSON, or JSON5 as people write it by hand. Resolve takes
// the files of one mode, later ones over earlier ones, follows every alias and
// gives each token a typed value, which knows its CSS. File.JSON and Set.JSON
// write 2025.10 again; Set.Flat is what a Brand's tokens are.
//
// Beyond the module it reads what its drafts had (colours, dimensions and
// durations as texts) and three habits of real files: an "alpha" beside a $value
// (1 and null say nothing) or in a shadow, which takes the place of the colour's
// own; overrides for a mode
// in $extensions, under a key that ends in "overrides", "modes" or "mode"; and
// types of a tool's own, whose values are kept as text.
package token

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
)

// Type is the $type of a token.
type Type string

// The types of the module. Any other name is a tool's own: its values are texts,
// numbers or truths, and kept as Text.
const (
	ColorType       Type = "color"
	DimensionType   Type = "dimension"
	FontFamilyType  Type = "fontFamily"
	FontWeightType  Type = "fontWeight"
	DurationType    Type = "duration"
	CubicBezierType Type = "cubicBezier"
	NumberType      Type = "number"
	StrokeStyleType Type = "strokeStyle"
	BorderType      Type = "border"
	TransitionType  Type = "transition"
	ShadowType      Type = "shadow"
	GradientType    Type = "gradient"
	TypographyType  Type = "typography"
)

// Types returns every type of the module.
func Types() []Type {
	return []Type{
		ColorType, DimensionType, FontFamilyType, FontWeightType, DurationType, CubicBezierType, NumberType,
		StrokeStyleType, BorderType, TransitionType, ShadowType, GradientType, TypographyType,
	}
}

// Token is a token of a mode with its value.
type Token struct {
	// Path is the names of its groups and its own, joined by dots.
	Path string
	Type Type
	// Value never holds an alias; CSS() of it is what a style takes.
	Value Value
	// Aliases are the paths that the value came through, the nearest first, when
	// the whole value is an alias.
	Aliases []string
	// Description is what the token is for.
	Description string
	// Deprecated says that it should no longer be used, and Instead what the file
	// says about it, if it says more.
	Deprecated bool
	Instead    string
	// Extensions is the $extensions as JSON; nil when there are none.
	Extensions []byte
	// Place is file:line:column of its name.
	Place string
}

// File is a token file as it was read. It is never changed, and safe for
// concurrent use.
type File struct {
	name    string
	root    *node
	lines   []int // the offset at which each line starts
	runes   []int // how many characters stand before each block of the source
	source  string
	entries []*entry
	groups  map[string]*group
	notes   throughline.Problems
}

// entry is a token as it is written.
type entry struct {
	path       string
	home       string // the path where it is written: another when $extends brought it here
	file       *File
	at         int // the offset of its name
	typ        Type
	value      *node // $value, or an object with $ref
	alpha      *node
	node       *node
	extensions *node
}

// group is what a group says of what is in it.
type group struct {
	typ     Type
	extends string // a path
	file    *File
	at      int
}

// Name returns the name the file was read under.
func (f *File) Name() string { return f.name }

// Len returns how many tokens stand in the file.
func (f *File) Len() int { return len(f.entries) }

// Notes returns what is odd about the file and yet can be read, such as a name
// that stands twice in one object.
func (f *File) Notes() throughline.Problems { return f.notes }

// Modes returns the names of the modes for which tokens of the file have
// overrides, in order of their first.
func (f *File) Modes() []string {
	var names []string
	seen := map[string]bool{}
	for _, e := range f.entries {
		for _, o := range e.overrides() {
			for _, m := range o.members {
				if !seen[m.name] {
					seen[m.name] = true
					names = append(names, m.name)
				}
			}
		}
	}
	return names
}

// overrides returns the objects of values by mode in a token's $extensions.
func (e *entry) overrides() []*node {
	var found []*node
	if e.extensions == nil {
		return nil
	}
	for _, m := range e.extensions.members {
		last := m.name[strings.LastIndexByte(m.name, '.')+1:]
		if (last == "overrides" || last == "modes" || last == "mode") && m.value.kind == object {
			found = append(found, m.value)
		}
	}
	return found
}

// Read reads a token file. Its name is for messages. Tokens are read for their
// shape alone: what a value is, and whether an alias leads somewhere, shows when
// files are resolved together.
func Read(name string, data []byte) (*File, error) {
	root, notes, err := read(name, data)
	if err != nil {
		return nil, err
	}
	return fileOf(name, root, notes, strings.TrimPrefix(string(data), "\ufeff"))
}

// fileOf reads the tokens of an object, which may stand inside a document.
func fileOf(name string, root *node, notes throughline.Problems, source string) (*File, error) {
	f := &File{name: name, root: root, notes: notes, source: source, groups: map[string]*group{}}
	f.index()
	w := walker{file: f}
	if root.kind != object {
		w.problem(root.offset, "the file holds %s and not an object of tokens", root.kind).WithFix(`write {"group": {"token": {"$type": "color", "$value": "#0b62d6"}}}`)
	} else {
		w.group("", root, 0)
	}
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// walker goes through a file and collects its tokens.
type walker struct {
	file     *File
	problems throughline.Problems
}

func (w *walker) problem(at int, format string, args ...any) *throughline.Error {
	if len(w.problems) >= maxProblems {
		return &throughline.Error{} // is not told
	}
	err := throughline.Errorf(throughline.Invalid, format, args...).At(w.file.place(at))
	w.problems = append(w.problems, err)
	return err
}

// group takes in the tokens of a group.
func (w *walker) group(path string, n *node, at int) {
	g := &group{file: w.file, at: at}
	w.file.groups[path] = g
	for _, m := range n.members {
		switch m.name {
		case "$type":
			g.typ = w.typ(path, m.value)
		case "$extends":
			w.extends(g, path, m)
		case "$description":
			w.want(path, m, words)
		case "$extensions":
			w.want(path, m, object)
		case "$deprecated":
			w.deprecated(path, m)
		case "$schema":
			if path != "" {
				w.unknown(path, m)
			}
		default:
			w.member(path, m)
		}
	}
}

// member is a token or a group in a group.
func (w *walker) member(path string, m member) {
	own := join(path, m.name)
	switch {
	case m.name == "$root" && path != "" && (m.value.get("$value") != nil || m.value.get("$ref") != nil):
		w.token(own, m)
	case strings.HasPrefix(m.name, "$"):
		w.unknown(path, m)
	case m.name == "" || strings.ContainsAny(m.name, "{}."):
		w.problem(m.at, "%q cannot be the name of a token or a group in %s", m.name, called(path)).WithFix("leave out { } and the dot, which aliases need")
	case m.value.kind != object:
		w.problem(m.at, "%s is %s and neither a token nor a group", own, m.value.kind).WithFix(`write {"$value": ...}, or move it into $extensions`)
	case m.value.get("$value") != nil || m.value.get("$ref") != nil:
		w.token(own, m)
	default:
		w.group(own, m.value, m.at)
	}
}

func (w *walker) token(path string, m member) {
	e := &entry{path: path, home: path, file: w.file, at: m.at, node: m.value}
	for _, p := range m.value.members {
		switch p.name {
		case "$value":
			e.value = p.value
		case "$ref":
			if m.value.get("$value") == nil {
				e.value = m.value
			} else {
				w.problem(p.at, "%s has both $value and $ref", path).WithFix("keep one")
			}
		case "$type":
			e.typ = w.typ(path, p.value)
		case "$description":
			w.want(path, p, words)
		case "$deprecated":
			w.deprecated(path, p)
		case "$extensions":
			w.want(path, p, object)
			e.extensions = p.value
		case "alpha":
			w.want(path, p, number)
			e.alpha = p.value
		default:
			if p.value.kind == object && p.value.get("$value") != nil {
				w.problem(p.at, "the token %s holds another token, %s", path, p.name).WithFix(`make %s a group, and its own value the token "$root" in it`, path)
			} else {
				w.unknown(path, p)
			}
		}
	}
	w.file.entries = append(w.file.entries, e)
}

func (w *walker) typ(path string, n *node) Type {
	if n.kind != words || n.text == "" {
		w.problem(n.offset, "the $type of %s is %s and not the name of a type", called(path), n.kind).WithFix("use one of %v", Types())
		return ""
	}
	return Type(n.text)
}

func (w *walker) want(path string, m member, k kind) {
	if m.value.kind != k {
		w.problem(m.value.offset, "%s of %s is %s and not %s", m.name, called(path), m.value.kind, k).WithFix("write %s", k)
	}
}

func (w *walker) deprecated(path string, m member) {
	if m.value.kind != truth && m.value.kind != words {
		w.problem(m.value.offset, "$deprecated of %s is %s", called(path), m.value.kind).WithFix("write true, or a text that says what to use instead")
	}
}

func (w *walker) extends(g *group, path string, m member) {
	target := ""
	switch ref := m.value.get("$ref"); {
	case m.value.kind == words:
		target, _ = aliasOf(m.value.text)
		if target == "" && strings.HasPrefix(m.value.text, "#/") {
			target = strings.Join(pointer(m.value.text), ".")
		}
	case ref != nil && ref.kind == words:
		target = strings.Join(pointer(ref.text), ".")
	}
	if target == "" {
		w.problem(m.value.offset, "$extends of %s names no group", called(path)).WithFix(`write "{path.of.the.group}"`)
		return
	}
	if within(target, path) || within(path, target) {
		w.problem(m.value.offset, "%s extends %s, and one holds the other", called(path), target).WithFix("extend a group beside it")
		return
	}
	g.extends = target
}

func (w *walker) unknown(path string, m member) {
	w.problem(m.at, "%s has a property %q that the format does not know", called(path), m.name).WithFix("remove it, or move it into $extensions")
}

// block is how many bytes of a source are counted at most to know a column: a
// file may be one line, and has a place for each token.
const block = 256

func (f *File) index() {
	f.lines = append(f.lines, 0)
	n := 0
	for i := range len(f.source) {
		if i%block == 0 {
			f.runes = append(f.runes, n)
		}
		if utf8.RuneStart(f.source[i]) {
			n++
		}
		if f.source[i] == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	f.runes = append(f.runes, n)
}

// before returns how many characters start before an offset.
func (f *File) before(offset int) int {
	at := offset / block
	n := f.runes[at]
	for i := at * block; i < offset; i++ {
		if utf8.RuneStart(f.source[i]) {
			n++
		}
	}
	return n
}

// place returns file:line:column of an offset.
func (f *File) place(offset int) string {
	offset = min(offset, len(f.source))
	line, found := slices.BinarySearch(f.lines, offset)
	if found {
		line++
	}
	return fmt.Sprintf("%s:%d:%d", f.name, line, f.before(offset)-f.before(f.lines[line-1])+1)
}

func called(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// within reports whether a path is another or in it.
func within(path, group string) bool {
	return path == group || group == "" || strings.HasPrefix(path, group+".")
}

// aliasOf returns the path in a text that is an alias and nothing else.
func aliasOf(s string) (path string, ok bool) {
	inner, ok := strings.CutPrefix(s, "{")
	if !ok {
		return "", false
	}
	inner, ok = strings.CutSuffix(inner, "}")
	if !ok || inner == "" || strings.ContainsAny(inner, "{}") {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSpace(inner), ".$value"), true
}

// pointer returns the segments of a JSON pointer in a fragment (RFC 6901), or nil.
func pointer(s string) []string {
	rest, ok := strings.CutPrefix(s, "#/")
	if !ok {
		return nil
	}
	segments := strings.Split(rest, "/")
	for i, p := range segments {
		segments[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return segments
}
