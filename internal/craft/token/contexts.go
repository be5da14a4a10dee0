package token

import (
	"path"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// resolution is a document of the Resolver Module 2025.10 (designtokens.org): which
// sources make a brand's tokens, and which of them change with a context, such as
// the dark of a theme.
type resolution struct {
	name   string
	file   *File // for places
	root   *node
	opened map[string]*File
	looked int // lists of sources that were read
	open   func(name string) ([]byte, error)
}

// The limits of a resolver, beside those of its files.
const (
	maxSources = 1000 // of one mode
	maxNested  = 32   // sets in each other
	maxLooked  = 10_000
)

// IsResolver reports whether a file is called as resolvers are.
func IsResolver(name string) bool {
	return strings.HasSuffix(name, ".resolver.json") || strings.HasSuffix(name, ".resolver.json5")
}

// Modes reads a resolver and the files it names, and returns a mode for what holds
// where no context is asked for, called base, and one for every other context of
// every modifier, the rest being as usual. Open returns a file by its path below the
// resolver's folder, with slashes; no other is ever asked for.
func Modes(name string, data []byte, base string, open func(name string) ([]byte, error)) ([]Mode, error) {
	root, notes, err := read(name, data)
	if err != nil {
		return nil, err
	}
	r := &resolution{name: name, root: root, open: open, opened: map[string]*File{}}
	r.file = &File{name: name, root: root, notes: notes, source: strings.TrimPrefix(string(data), "\ufeff"), groups: map[string]*group{}}
	r.file.index()
	if root.kind != object {
		return nil, r.problem(root, "the resolver is %s and not an object", root.kind).WithFix(`write {"version": "2025.10", "sets": {...}, "resolutionOrder": [...]}`)
	}
	if v := root.get("version"); v == nil || v.text != "2025.10" {
		return nil, r.problem(cmpNode(v, root), "the resolver is not of the version 2025.10").WithFix(`write "version": "2025.10"`)
	}
	steps, err := r.steps()
	if err != nil {
		return nil, err
	}
	modes := []Mode{{Name: base}}
	if modes[0].Files, err = r.files(steps, nil, ""); err != nil {
		return nil, err
	}
	for _, s := range steps {
		if s.contexts == nil {
			continue
		}
		for _, context := range s.contexts.members {
			if context.name == s.usual {
				continue
			}
			m := Mode{Name: context.name, Overrides: []string{context.name}}
			if slices.ContainsFunc(modes, func(o Mode) bool { return o.Name == m.Name }) {
				m.Name = s.name + "-" + context.name
			}
			if m.Files, err = r.files(steps, s, context.name); err != nil {
				return nil, err
			}
			modes = append(modes, m)
		}
	}
	return modes, nil
}

func cmpNode(n, or *node) *node {
	if n != nil {
		return n
	}
	return or
}

func (r *resolution) problem(n *node, format string, args ...any) *throughline.Error {
	return throughline.Errorf(throughline.Invalid, format, args...).At(place(r.name, r.file.source, n.offset))
}

// step is one part of the order: a set, or a modifier of which one context counts.
type step struct {
	name     string
	at       *node
	sources  *node // of a set
	contexts *node // of a modifier
	usual    string
}

// steps reads the order in which sources lie over each other.
func (r *resolution) steps() (all []*step, err error) {
	order := r.root.get("resolutionOrder")
	if order == nil || order.kind != list || len(order.items) == 0 {
		return nil, r.problem(cmpNode(order, r.root), "the resolver has no order").WithFix(`write "resolutionOrder": [{"$ref": "#/sets/NAME"}, {"$ref": "#/modifiers/NAME"}]`)
	}
	for _, item := range order.items {
		at, what := item, ""
		if ref := item.get("$ref"); ref != nil {
			if at, what, err = r.pointer(ref); err != nil {
				return nil, err
			}
		} else if t := item.get("type"); t != nil {
			what = t.text + "s"
		}
		s := &step{name: nameIn(item), at: at}
		switch what {
		case "sets":
			s.sources = at.get("sources")
			if s.sources == nil || s.sources.kind != list {
				return nil, r.problem(at, "the set has no list of sources").WithFix(`write "sources": [{"$ref": "NAME.tokens.json"}]`)
			}
		case "modifiers":
			if err := r.modifier(s); err != nil {
				return nil, err
			}
		default:
			return nil, r.problem(item, "this is neither a set nor a modifier").WithFix(`refer to one, as {"$ref": "#/sets/NAME"}`)
		}
		all = append(all, s)
	}
	return all, nil
}

// nameIn is what a part of the order is called.
func nameIn(item *node) string {
	if ref := item.get("$ref"); ref != nil {
		return ref.text[strings.LastIndexByte(ref.text, '/')+1:]
	}
	if n := item.get("name"); n != nil {
		return n.text
	}
	return "modifier"
}

// modifier reads the contexts of one. Without a default of its own the first holds.
func (r *resolution) modifier(s *step) error {
	s.contexts = s.at.get("contexts")
	if s.contexts == nil || s.contexts.kind != object || len(s.contexts.members) == 0 {
		return r.problem(s.at, "the modifier has no contexts").WithFix(`write "contexts": {"light": [...], "dark": [...]}`)
	}
	s.usual = s.contexts.members[0].name
	if d := s.at.get("default"); d != nil {
		if s.usual = d.text; s.contexts.get(d.text) == nil {
			return r.problem(d, "the modifier has no context %q", d.text).WithFix("name one of its contexts as the default")
		}
	}
	return nil
}

// pointer follows a reference inside the document to a set or a modifier.
func (r *resolution) pointer(ref *node) (to *node, what string, err error) {
	parts := strings.Split(ref.text, "/")
	if len(parts) != 3 || parts[0] != "#" || parts[1] != "sets" && parts[1] != "modifiers" {
		return nil, "", r.problem(ref, "%q is no part of the resolver", ref.text).WithFix(`write it as "#/sets/NAME" or "#/modifiers/NAME"`)
	}
	name := strings.NewReplacer("~1", "/", "~0", "~").Replace(parts[2])
	group := r.root.get(parts[1])
	if group != nil {
		to = group.get(name)
	}
	if to == nil || to.kind != object {
		return nil, "", r.problem(ref, "there is no %s", ref.text).WithFix("define it, or refer to one that is there")
	}
	return to, parts[1], nil
}

// files returns the files of a mode, each over those before it.
func (r *resolution) files(steps []*step, asked *step, context string) (files []*File, err error) {
	for _, s := range steps {
		sources := s.sources
		if s.contexts != nil {
			sources = s.contexts.get(s.usual)
			if s == asked {
				sources = s.contexts.get(context)
			}
		}
		if files, err = r.sources(files, sources, 0); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// sources adds what a list of sources holds: files, sets, and tokens in place.
func (r *resolution) sources(files []*File, sources *node, depth int) ([]*File, error) {
	if sources.kind != list {
		return nil, r.problem(sources, "the sources are %s and not a list", sources.kind).WithFix(`write [{"$ref": "NAME.tokens.json"}]`)
	}
	if r.looked++; depth > maxNested || r.looked > maxLooked {
		return nil, r.problem(sources, "the sets refer to each other in a circle, or more than %d deep", maxNested).WithFix("refer to files instead")
	}
	for _, source := range sources.items {
		if len(files) >= maxSources {
			return nil, r.problem(source, "more than %d sources", maxSources).WithFix("join some files")
		}
		ref := source.get("$ref")
		switch {
		case ref == nil && source.kind == object:
			f, err := fileOf(r.name, source, nil, r.file.source)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		case ref == nil:
			return nil, r.problem(source, "a source is %s", source.kind).WithFix(`write {"$ref": "NAME.tokens.json"}, or tokens`)
		case strings.HasPrefix(ref.text, "#"):
			set, what, err := r.pointer(ref)
			if err != nil {
				return nil, err
			}
			inner := set.get("sources")
			if what != "sets" || inner == nil {
				return nil, r.problem(ref, "a source may be a set, and not a modifier").WithFix("put the modifier into the order")
			}
			if files, err = r.sources(files, inner, depth+1); err != nil {
				return nil, err
			}
		default:
			f, err := r.read(ref)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// read opens a file that a source names, once.
func (r *resolution) read(ref *node) (*File, error) {
	name := path.Clean(ref.text)
	if strings.ContainsAny(ref.text, ":\\#") || path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
		return nil, r.problem(ref, "%q is no file below the resolver's folder", ref.text).WithFix("copy it there, and name it without .. or an address")
	}
	if f := r.opened[name]; f != nil {
		return f, nil
	}
	data, err := r.open(name)
	if err != nil {
		return nil, r.problem(ref, "the file %s cannot be read: %v", ref.text, err).WithFix("put it beside the resolver, or take the source out")
	}
	f, err := Read(name, data)
	r.opened[name] = f
	return f, err
}
