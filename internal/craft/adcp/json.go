package adcp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// kind is what a node is.
type kind uint8

const (
	nothing kind = iota
	truth
	number
	words
	array
	object
)

// String names the kind in a sentence.
func (k kind) String() string {
	return [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}[k]
}

// node is one value of a file, with where it is and whether anybody read it.
type node struct {
	kind    kind
	yes     bool
	text    string // of words, and the digits of a number
	items   []*node
	names   []string // of an object's members, in order
	members map[string]*node
	path    string // a JSON path
	at      int    // the offset where it begins
	read    bool
	why     string // why it was not taken over, though it was looked at
}

// get returns the member of a name, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	return n.members[name]
}

// taken notes that somebody read the node.
func (n *node) taken() {
	if n != nil {
		n.read = true
	}
}

// leave says why a node is not taken over.
func (n *node) leave(format string, args ...any) {
	if n != nil && n.why == "" {
		n.why = fmt.Sprintf(format, args...)
	}
}

// left lists what nobody read, each as the largest whole of which nothing was.
func (n *node) left(into []Left) []Left {
	switch {
	case len(into) >= maxLeft:
		return into
	case n.why != "":
		return append(into, Left{n.path, n.why})
	case n.read:
		return into
	case !n.touched():
		return append(into, Left{n.path, "there is no place for it here"})
	}
	for _, item := range n.items {
		into = item.left(into)
	}
	for _, name := range n.names {
		into = n.members[name].left(into)
	}
	return into
}

// touched reports whether the node or anything in it was read or spoken of.
func (n *node) touched() bool {
	if n.read || n.why != "" {
		return true
	}
	for _, item := range n.items {
		if item.touched() {
			return true
		}
	}
	for _, m := range n.members {
		if m.touched() {
			return true
		}
	}
	return false
}

// parser turns JSON into nodes.
type parser struct {
	file  string
	src   []byte
	dec   *json.Decoder
	nodes int
}

// parse reads one JSON value and nothing behind it. A name that an object has
// twice is refused: readers differ on which of the two counts.
func parse(file string, data []byte) (*node, error) {
	if len(data) > MaxBytes {
		return nil, throughline.Errorf(throughline.TooLarge, "the file has more than %d bytes", MaxBytes).At(file).WithFix("take out of it what does not describe the brand")
	}
	p := &parser{file: file, src: data}
	if at := text.FirstInvalid(data); at >= 0 {
		return nil, p.stop(at, "this is not UTF-8").WithFix("save the file as UTF-8")
	}
	p.dec = json.NewDecoder(bytes.NewReader(data))
	p.dec.UseNumber()
	root, err := p.value("$", 0)
	if err != nil {
		return nil, err
	}
	if rest := p.next(); rest < len(data) {
		return nil, p.stop(rest, "something follows the end of the value").WithFix("remove it")
	}
	return root, nil
}

func (p *parser) stop(at int, says string) *throughline.Error {
	line, column := text.Position(p.src, at)
	return throughline.Errorf(throughline.Invalid, "%s", says).At(p.file + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(column)).WithFix("check the file with a JSON editor")
}

// next is where the next token begins.
func (p *parser) next() int {
	at := int(p.dec.InputOffset())
	for at < len(p.src) && strings.IndexByte(" \t\r\n:,", p.src[at]) >= 0 {
		at++
	}
	return at
}

func (p *parser) token() (json.Token, error) {
	at := p.next()
	t, err := p.dec.Token()
	if err == nil {
		return t, nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = min(max(int(syntax.Offset)-1, 0), len(p.src))
	}
	return nil, p.stop(at, "this is not JSON")
}

func (p *parser) value(path string, depth int) (*node, error) {
	n := &node{path: path, at: p.next()}
	if p.nodes++; p.nodes > maxNodes {
		return nil, throughline.Errorf(throughline.TooLarge, "the file has more than %d values", maxNodes).At(p.file).WithFix("take out of it what does not describe the brand")
	}
	if depth > maxDepth {
		return nil, p.stop(n.at, fmt.Sprintf("this is more than %d levels deep", maxDepth)).WithFix("take levels out")
	}
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case nil:
	case bool:
		n.kind, n.yes = truth, t
	case json.Number:
		n.kind, n.text = number, t.String()
	case string:
		n.kind, n.text = words, t
	case json.Delim:
		if t == '[' {
			return n, p.list(n, depth)
		}
		return n, p.object(n, depth)
	}
	return n, nil
}

func (p *parser) list(n *node, depth int) error {
	n.kind = array
	for p.dec.More() {
		item, err := p.value(n.path+"["+strconv.Itoa(len(n.items))+"]", depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := p.token() // the end
	return err
}

func (p *parser) object(n *node, depth int) error {
	n.kind, n.members = object, map[string]*node{}
	for p.dec.More() {
		at := p.next()
		t, err := p.token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return p.stop(at, "this is not the name of a field")
		}
		m, err := p.value(n.path+step(name), depth+1)
		if err != nil {
			return err
		}
		if n.members[name] != nil {
			return p.stop(at, fmt.Sprintf("there are two fields %q", short(name))).WithFix("keep one of them")
		}
		n.members[name] = m
		n.names = append(n.names, name)
	}
	_, err := p.token()
	return err
}

// step is a name as a part of a JSON path (RFC 9535).
func step(name string) string {
	plain := name != ""
	for i, r := range name {
		letter := r == '_' || r == '$' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		plain = plain && (letter || i > 0 && r >= '0' && r <= '9')
	}
	if plain {
		return "." + name
	}
	return "[" + strconv.Quote(short(name)) + "]"
}
