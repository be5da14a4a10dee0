// Package declare turns what people write into resources, and what changed into
// a plan. It reads manifests strictly, holds the rules that join resources to
// each other, compares what is with what is wanted, and writes resources back as
// people would.
//
// It works on bytes and sets it is given: it neither finds files nor keeps
// anything, and it does not know what combinations a template has or what the
// guardrails say of them.
package declare

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The limits on one file. More than these is refused with the code TooLarge
// before it costs memory.
const (
	MaxBytes     = 10 << 20 // of one file
	MaxDocuments = 20_000   // in one file
	MaxDepth     = 32       // lists and maps inside each other
	MaxValues    = 500_000  // in one document, aliases written out
	maxProblems  = 100      // told of one file

	// maxBreaks bounds the line ends and commas of a file: every value needs one,
	// so it bounds the memory of parsing before anything is parsed.
	maxBreaks = 1_000_000
)

// Decode reads the resources of one file: YAML documents separated by ---, or
// JSON, which is YAML too. It is strict: an unknown field, a value of the wrong
// type, a key given twice, a name that is not in a list of choices and a missing
// field are problems, each with its line and column as file:line:column, with the
// resource and its field, and, where one is near, the name that was meant. All problems of the file come at once, as
// throughline.Problems; with any of them there are no resources. File only names
// the place.
func Decode(file string, data []byte) ([]throughline.Resource, error) {
	d := &decoder{file: file, data: data}
	if err := d.admit(); err != nil {
		return nil, throughline.Problems{err}
	}
	for _, doc := range d.documents() {
		d.resource(doc)
	}
	if len(d.problems) > 0 {
		return nil, d.problems
	}
	return d.resources, nil
}

// DecodeOne reads the one resource of a file, such as what a form sends, as
// Decode does. A file with none or several is a problem.
func DecodeOne(file string, data []byte) (throughline.Resource, error) {
	all, err := Decode(file, data)
	if err != nil {
		return throughline.Resource{}, err
	}
	if len(all) != 1 {
		return throughline.Resource{}, throughline.Problems{throughline.Errorf(throughline.Invalid, "there are %d resources, and one is wanted", len(all)).
			At(file).WithFix("send one resource")}
	}
	return all[0], nil
}

// decoder is one file being read.
type decoder struct {
	file      string
	data      []byte
	problems  throughline.Problems
	told      int // problems found, also those beyond maxProblems
	resources []throughline.Resource
	seen      map[throughline.Ref]int // the line a resource was declared on
	subject   throughline.Ref         // what the document declares, as far as it says so
}

// admit refuses what is too large or not text.
func (d *decoder) admit() *throughline.Error {
	if len(d.data) > MaxBytes {
		return throughline.Errorf(throughline.TooLarge, "the file has %d bytes, and %d are allowed", len(d.data), MaxBytes).
			At(d.file).WithFix("split it into several files")
	}
	if n := bytes.Count(d.data, []byte("\n")) + bytes.Count(d.data, []byte(",")); n > maxBreaks {
		return throughline.Errorf(throughline.TooLarge, "the file has %d lines and list items, and %d are allowed", n, maxBreaks).
			At(d.file).WithFix("split it into several files")
	}
	if at := text.FirstInvalid(d.data); at >= 0 {
		line, column := text.Position(d.data, at)
		return throughline.Errorf(throughline.Invalid, "the byte 0x%02x is not UTF-8 text", d.data[at]).
			At(d.place(line, column)).WithFix("save the file as UTF-8")
	}
	return nil
}

// documents parses the file and returns the top node of each document that has
// one.
func (d *decoder) documents() []*yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(withoutPairs(d.data)), yaml.WithUniqueKeys(false))
	if err != nil {
		d.problems.Add(throughline.Errorf(throughline.Internal, "reading YAML: %w", err).At(d.file))
		return nil
	}
	var docs []*yaml.Node
	for count := 1; ; count++ {
		var doc yaml.Node
		if err := loader.Load(&doc); err != nil {
			if !errors.Is(err, io.EOF) {
				d.problems.Add(d.syntax(err))
			}
			return docs
		}
		if count > MaxDocuments {
			d.problems.Add(throughline.Errorf(throughline.TooLarge, "the file has more than %d documents", MaxDocuments).
				At(d.place(doc.Line, doc.Column)).WithFix("split it into several files"))
			return docs
		}
		if top := content(&doc); top != nil && d.measured(top) {
			docs = append(docs, top)
		}
	}
}

// content returns the node inside a document, or nil when the document is empty.
func content(doc *yaml.Node) *yaml.Node {
	top := doc
	if doc.Kind == yaml.DocumentNode {
		if len(doc.Content) == 0 {
			return nil
		}
		top = doc.Content[0]
	}
	if top.Kind == 0 || isNull(top) {
		return nil
	}
	return top
}

// syntax words what the parser could not read.
func (d *decoder) syntax(err error) *throughline.Error {
	line, column, said := 1, 1, err.Error()
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		line, column, said = max(1, e.Mark.Line), max(1, e.Mark.Column), e.Message
	}
	if strings.Contains(said, "exceeded max depth") || strings.Contains(said, "exceeded depth limit") {
		return throughline.Errorf(throughline.TooLarge, "the lists and maps inside each other go too deep").
			At(d.place(line, column)).WithFix("no resource nests deeper than %d", MaxDepth)
	}
	return throughline.Errorf(throughline.Invalid, "this is not YAML: %s", said).
		At(d.place(line, column)).WithFix("look at the indentation, the quotes and the colons around here")
}

// measured refuses a document that grows too large when its aliases are written
// out, or that contains itself. Each node is measured once, so a bomb costs no
// more than its text.
func (d *decoder) measured(top *yaml.Node) bool {
	m := measure{sizes: map[*yaml.Node]int{}}
	size := m.of(top, 0)
	switch {
	case m.cycle != nil:
		d.problem(m.cycle, fieldPath{}, throughline.Invalid, "the alias *%s stands inside what it names", m.cycle.Value).
			WithFix("write the value out")
	case m.deep != nil:
		d.problem(m.deep, fieldPath{}, throughline.TooLarge, "more than %d lists and maps are inside each other", MaxDepth).
			WithFix("no resource nests that deep; look at the indentation")
	case size > MaxValues:
		d.problem(top, fieldPath{}, throughline.TooLarge, "the document has, with any aliases written out, %s values, and %d are allowed", about(size), MaxValues).
			WithFix("split it, and write fewer aliases")
	default:
		return true
	}
	return false
}

// measure counts the values of a document.
type measure struct {
	sizes       map[*yaml.Node]int
	cycle, deep *yaml.Node
}

const (
	measuring = -1
	manyTimes = 1 << 40 // sizes stop growing here
)

func (m *measure) of(n *yaml.Node, depth int) int {
	if n.Kind == yaml.AliasNode {
		if m.sizes[n.Alias] == measuring {
			m.cycle = n
			return 1
		}
		return m.of(n.Alias, depth)
	}
	if size, ok := m.sizes[n]; ok {
		return size
	}
	if depth > MaxDepth {
		m.deep = n
		return 1
	}
	m.sizes[n] = measuring
	size := 1
	for _, c := range n.Content {
		size = min(size+m.of(c, depth+1), manyTimes)
	}
	m.sizes[n] = size
	return size
}

func about(n int) string {
	if n >= manyTimes {
		return "over a million million"
	}
	return fmt.Sprint(n)
}

func (d *decoder) place(line, column int) string {
	return fmt.Sprintf("%s:%d:%d", d.file, line, column)
}

// problem notes a problem at a node and a path. Beyond maxProblems it is counted
// only.
func (d *decoder) problem(n *yaml.Node, p fieldPath, code throughline.Code, format string, args ...any) *throughline.Error {
	e := throughline.Errorf(code, format, args...).At(d.place(n.Line, n.Column)).In(d.subject, p.field)
	d.told++
	switch {
	case d.told <= maxProblems:
		d.problems = append(d.problems, e)
	case d.told == maxProblems+1:
		d.problems = append(d.problems, throughline.Errorf(throughline.Invalid, "there are more problems").
			At(d.file).WithFix("mend these first"))
	}
	return e
}

// head is the part of a document that says what the rest is.
type head struct {
	APIVersion string               `json:"apiVersion"`
	Kind       throughline.Kind     `json:"kind"`
	Metadata   throughline.Metadata `json:"metadata"`
	Spec       *yaml.Node           `json:"spec"`
}

// resource reads one document.
func (d *decoder) resource(top *yaml.Node) {
	before := d.told
	d.subject = subject(top)
	var h head
	if !d.decode(top, &h, fieldPath{said: wholeDocument}) {
		return
	}
	if n := lookup(top, "apiVersion"); n != nil && h.APIVersion != throughline.APIVersion {
		d.problem(n, fieldPath{field: "apiVersion"}, throughline.Invalid, "apiVersion is %q", h.APIVersion).WithFix("write %s", throughline.APIVersion)
	}
	if n := lookup(top, "metadata"); n != nil {
		d.name(n, h.Metadata.Name)
	}
	spec := throughline.NewSpec(h.Kind)
	if spec == nil || h.Spec == nil {
		return // the kind and the spec were told of as fields
	}
	d.decode(h.Spec, spec, fieldPath{string(h.Kind) + "/" + h.Metadata.Name, "spec"})
	r := throughline.Resource{APIVersion: h.APIVersion, Kind: h.Kind, Metadata: h.Metadata, Spec: spec}
	if d.twice(top, r.Ref()); d.told == before {
		d.resources = append(d.resources, r)
	}
}

// subject returns what a document says it declares, before it is known to be
// sound; zero when it does not say.
func subject(top *yaml.Node) throughline.Ref {
	kind, metadata := lookup(top, "kind"), lookup(top, "metadata")
	if kind == nil || metadata == nil || throughline.NewSpec(throughline.Kind(kind.Value)) == nil {
		return throughline.Ref{}
	}
	name := lookup(metadata, "name")
	if name == nil {
		return throughline.Ref{Kind: throughline.Kind(kind.Value)}
	}
	return throughline.Ref{Kind: throughline.Kind(kind.Value), Name: name.Value}
}

func (d *decoder) name(metadata *yaml.Node, name string) {
	n := lookup(metadata, "name")
	if n == nil || name == "" || throughline.ValidName(name) {
		return
	}
	d.problem(n, fieldPath{field: "metadata.name"}, throughline.Invalid, "%q cannot be a name", name).WithFix("%s", nameFix)
}

const nameFix = `a name is at most 80 lower-case letters, digits, "-", "." and "/", and starts and ends with a letter or digit`

func (d *decoder) twice(top *yaml.Node, ref throughline.Ref) {
	if ref.Name == "" {
		return
	}
	if first, ok := d.seen[ref]; ok {
		d.problem(top, fieldPath{}, throughline.Invalid, "%s is declared twice, first on line %d", ref, first).
			WithFix("keep one of them, or give this one another name")
		return
	}
	if d.seen == nil {
		d.seen = map[throughline.Ref]int{}
	}
	d.seen[ref] = top.Line
}
