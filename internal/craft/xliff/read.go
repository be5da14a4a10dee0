package xliff

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// elem is an element of a file.
type elem struct {
	space, name string
	attrs       []xml.Attr
	kids        []any // *elem and string
	line        int
}

func (e *elem) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// lang returns xml:lang.
func (e *elem) lang() string {
	for _, a := range e.attrs {
		if a.Name.Local == "lang" && (a.Name.Space == "xml" || a.Name.Space == "http://www.w3.org/XML/1998/namespace") {
			return a.Value
		}
	}
	return ""
}

// all returns the children of a name, in the element's own namespace.
func (e *elem) all(name string) (out []*elem) {
	for _, k := range e.kids {
		if k, ok := k.(*elem); ok && k.name == name && k.space == e.space {
			out = append(out, k)
		}
	}
	return out
}

func (e *elem) one(name string) *elem {
	if all := e.all(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

// File is what a translator sent back.
type File struct {
	name string
	// From and To are the languages that the file names.
	From, To string
	units    []unit
	ids      map[string]bool
}

// unit is one text of a file, as segments that a tool may have cut it into.
type unit struct {
	id       string
	line     int
	data     map[string]string // what codes are, by the id of their data
	segments []segment
}

type segment struct {
	source, target *elem
	state          string
	order          int  // where the target stands, counted from 1
	between        bool // what stands between segments, and needs no translation
}

// Len returns how many texts the file has.
func (f *File) Len() int { return len(f.units) }

// Has reports whether a file has a text of a resource.
func (f *File) Has(r throughline.Ref) bool {
	_, ok := f.ids[idOf(r)]
	return ok
}

// Read reads a file of XLIFF 2.0, 2.1 or 1.2. Name is what errors call it. A
// document type, and with it every entity but XML's own, is refused.
func Read(name string, data []byte) (*File, error) {
	root, err := tree(name, data)
	if err != nil {
		return nil, err
	}
	f := &File{name: name, ids: map[string]bool{}}
	switch {
	case root.name == "xliff" && root.space == core:
		f.From, f.To = root.attr("srcLang"), root.attr("trgLang")
		err = f.files2(root)
	case root.name == "xliff" && root.space == core1:
		err = f.files1(root)
	default:
		return nil, f.wrong(root.line, "this is not XLIFF 2.1 or 1.2: it begins with %s", short(root.name)).WithFix("save the translation as XLIFF 2.1")
	}
	if err != nil {
		return nil, err
	}
	if len(f.units) == 0 {
		return nil, f.wrong(root.line, "there is no text in the file").WithFix("send the file that the translator saved")
	}
	f.From, f.To = tag(f.From), tag(f.To)
	return f, nil
}

// tag writes a language as we do, however a tool wrote it.
func tag(s string) string {
	if t, err := language.Raw.Parse(s); err == nil {
		return t.String()
	}
	return s
}

func (f *File) wrong(line int, format string, args ...any) *throughline.Error {
	return throughline.Errorf(throughline.Invalid, format, args...).At(f.name + ":" + strconv.Itoa(line))
}

func (f *File) add(u unit) error {
	if len(f.units) == maxUnits {
		return throughline.Errorf(throughline.TooLarge, "the file has more than %d texts", maxUnits).At(f.name).WithFix("bring it in in parts")
	}
	f.units = append(f.units, u)
	f.ids[u.id] = true
	return nil
}

// files2 reads the texts of a file of version 2.
func (f *File) files2(root *elem) error {
	for _, file := range root.all("file") {
		if err := f.groups(file, "unit", f.unit2); err != nil {
			return err
		}
	}
	return nil
}

// groups reads units and groups of them.
func (f *File) groups(e *elem, name string, read func(*elem) error) error {
	for _, k := range e.kids {
		k, ok := k.(*elem)
		if !ok || k.space != e.space {
			continue
		}
		var err error
		switch k.name {
		case name:
			err = read(k)
		case "group", "body":
			err = f.groups(k, name, read)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *File) unit2(e *elem) error {
	u := unit{id: e.attr("id"), line: e.line, data: map[string]string{}}
	if original := e.one("originalData"); original != nil {
		for _, d := range original.all("data") {
			u.data[d.attr("id")] = words(d)
		}
	}
	for _, k := range e.kids {
		k, ok := k.(*elem)
		if !ok || k.space != e.space || k.name != "segment" && k.name != "ignorable" {
			continue
		}
		s := segment{source: k.one("source"), target: k.one("target"), state: cmp.Or(k.attr("state"), initial), between: k.name == "ignorable"}
		if s.source == nil {
			return f.wrong(k.line, "a segment of %s has no source", short(u.id)).WithFix("send the file as the tool saved it")
		}
		s.order = len(u.segments) + 1
		if s.target != nil {
			if n, err := strconv.Atoi(s.target.attr("order")); err == nil && n > 0 {
				s.order = n
			}
		}
		u.segments = append(u.segments, s)
	}
	return f.add(u)
}

// files1 reads the texts of a file of version 1.2.
func (f *File) files1(root *elem) error {
	for i, file := range root.all("file") {
		from, to := file.attr("source-language"), file.attr("target-language")
		if i > 0 && (from != f.From || to != f.To) {
			return f.wrong(file.line, "the parts of the file have different languages").WithFix("send them as a file each")
		}
		f.From, f.To = from, to
		if err := f.groups(file, "trans-unit", f.unit1); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) unit1(e *elem) error {
	u := unit{id: e.attr("id"), line: e.line}
	for _, id := range []string{e.attr("resname"), e.attr("id")} { // a tool that converts may count the ids anew
		if _, ok := refOf(id); ok {
			u.id = id
		} else if ref, err := throughline.ParseRef(id); err == nil {
			u.id = idOf(ref)
		}
	}
	s := segment{source: e.one("source"), target: e.one("target"), order: 1}
	if s.source == nil {
		return f.wrong(e.line, "%s has no source", short(u.id)).WithFix("send the file as the tool saved it")
	}
	if s.target != nil {
		switch s.target.attr("state") {
		case "new", "needs-translation":
			s.state = initial
		}
	}
	u.segments = []segment{s}
	return f.add(u)
}

// initial is the state of what nobody has translated.
const initial = "initial"

// words returns the text in an element, whatever elements it is in.
func words(e *elem) string {
	var b strings.Builder
	flat(&b, e, func(*elem, bool) (string, bool) { return "", true })
	return b.String()
}

// flat writes the text of an element. Say returns what stands for a code at its
// beginning, and for a pair at its end.
func flat(b *strings.Builder, e *elem, say func(e *elem, end bool) (string, bool)) bool {
	for _, k := range e.kids {
		if s, ok := k.(string); ok {
			b.WriteString(s)
			continue
		}
		k := k.(*elem)
		switch k.name {
		case "cp":
			if n, err := strconv.ParseUint(k.attr("hex"), 16, 32); err == nil && n <= 0x10ffff {
				b.WriteRune(rune(n))
			}
		case "mrk":
			if !flat(b, k, say) {
				return false
			}
		case "sm", "em": // where a mark begins and ends
		default:
			if !coded(b, k, say) {
				return false
			}
		}
	}
	return true
}

func coded(b *strings.Builder, k *elem, say func(*elem, bool) (string, bool)) bool {
	begin, ok := say(k, false)
	if !ok {
		return false
	}
	b.WriteString(begin)
	if k.name != "pc" && k.name != "g" {
		return true
	}
	if !flat(b, k, say) {
		return false
	}
	end, ok := say(k, true)
	b.WriteString(end)
	return ok
}

// tree reads a file as elements, within the limits.
func tree(name string, data []byte) (*elem, error) {
	if len(data) > MaxBytes {
		return nil, throughline.Errorf(throughline.TooLarge, "the file has more than %d bytes", MaxBytes).At(name).WithFix("bring it in in parts")
	}
	if at := text.FirstInvalid(data); at >= 0 {
		line, _ := text.Position(data, at)
		return nil, throughline.Errorf(throughline.Invalid, "this is not UTF-8").At(name + ":" + strconv.Itoa(line)).WithFix("save the file as UTF-8")
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	var root *elem
	var open []*elem
	for n := 0; ; {
		t, err := d.Token()
		line, _ := d.InputPos()
		stop := func(format string, args ...any) *throughline.Error {
			return throughline.Errorf(throughline.Invalid, format, args...).At(name + ":" + strconv.Itoa(line)).WithFix("send the file as the tool saved it")
		}
		if err != nil {
			if errors.Is(err, io.EOF) && root != nil && len(open) == 0 {
				return root, nil
			}
			return nil, stop("this is not XML: %s", faultOf(err))
		}
		switch t := t.(type) {
		case xml.StartElement:
			if n++; n > maxElements || len(open) >= maxDepth {
				return nil, throughline.Errorf(throughline.TooLarge, "the file has more than %d elements, or more than %d in each other", maxElements, maxDepth).At(name + ":" + strconv.Itoa(line)).WithFix("bring it in in parts")
			}
			e := &elem{space: t.Name.Space, name: t.Name.Local, attrs: slices.Clone(t.Attr), line: line}
			switch {
			case len(open) > 0:
				top := open[len(open)-1]
				top.kids = append(top.kids, e)
			case root != nil:
				return nil, stop("something follows the end of the file")
			default:
				root = e
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				top := open[len(open)-1]
				top.kids = append(top.kids, string(t))
			}
		case xml.Directive:
			return nil, stop("the file has a document type, which XLIFF does without")
		}
	}
}

// faultOf says what is wrong with XML, without what else an error may hold.
func faultOf(err error) string {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return short(syntax.Msg)
	}
	if errors.Is(err, io.EOF) {
		return "it ends too early"
	}
	return "it cannot be read"
}

// short keeps what a stranger wrote from filling a message.
func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return fmt.Sprintf("%s…", string(r[:80]))
	}
	return s
}
