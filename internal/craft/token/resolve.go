package token

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The limits of a set of files.
const (
	MaxTokens   = 50_000 // in all files of a mode, with what $extends adds
	maxProblems = 50     // more are not told at once
	maxChain    = 200    // aliases in a row
	maxExtends  = 1000   // groups with $extends
)

// Mode is one look of a brand, such as light or dark, and the files it is made of.
type Mode struct {
	// Name is what the mode is called.
	Name string
	// Files are its files: the base first; a token of a later file takes the
	// place of one with the same path.
	Files []*File
	// Overrides are the names under which tokens override themselves for this
	// mode in $extensions; the first that a token has counts. The default is Name
	// alone: a high-contrast mode may add the mode it builds on.
	Overrides []string
}

// Set is the tokens of a mode, resolved. It is never changed.
type Set struct {
	mode   string
	tokens []Token
	places map[string]int
}

// Mode returns the name of the mode.
func (s *Set) Mode() string { return s.mode }

// Tokens returns every token, by path. The caller does not change them.
func (s *Set) Tokens() []Token { return s.tokens }

// Token returns the token of a path.
func (s *Set) Token(path string) (Token, bool) {
	i, ok := s.places[path]
	if !ok {
		return Token{}, false
	}
	return s.tokens[i], true
}

// Resolve gives every token of a mode its value. Problems come together, each
// naming a token and the file, line and column of what is wrong: an alias that
// leads nowhere or in a circle, a value that is not of its type, a token without
// a type. What merely refers to a token with a problem is not told again.
func Resolve(m Mode) (*Set, error) {
	r := &resolver{mode: m, entries: map[string]*entry{}, groups: map[string]*group{}, done: map[string]*Token{}}
	if len(r.mode.Overrides) == 0 {
		r.mode.Overrides = []string{m.Name}
	}
	r.merge()
	if len(r.problems) == 0 {
		r.extend()
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	set := &Set{mode: m.Name, places: make(map[string]int, len(r.entries))}
	for _, path := range slices.Sorted(maps.Keys(r.entries)) {
		if t := r.token(path); t != nil {
			set.places[path] = len(set.tokens)
			set.tokens = append(set.tokens, *t)
		}
	}
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return set, nil
}

// resolver is the work of Resolve.
type resolver struct {
	mode     Mode
	entries  map[string]*entry
	groups   map[string]*group
	done     map[string]*Token // nil for a token with a problem
	chain    []string          // the tokens being resolved, the outermost first
	problems throughline.Problems
}

func (r *resolver) problem(file *File, at int, format string, args ...any) *throughline.Error {
	if len(r.problems) >= maxProblems {
		return &throughline.Error{} // is not told
	}
	err := throughline.Errorf(throughline.Invalid, format, args...).At(file.place(at))
	r.problems = append(r.problems, err)
	return err
}

// merge lays the files over each other.
func (r *resolver) merge() {
	for _, f := range r.mode.Files {
		for _, e := range f.entries {
			r.entries[e.path] = e
		}
		for path, g := range f.groups {
			r.mergeGroup(path, g)
		}
	}
	if r.full() {
		return
	}
	for _, e := range r.sorted() {
		for at := strings.LastIndexByte(e.path, '.'); at > 0; at = strings.LastIndexByte(e.path[:at], '.') {
			if over := r.entries[e.path[:at]]; over != nil {
				r.problem(e.file, e.at, "the token %s stands inside the token %s of %s", e.path, over.path, over.file.place(over.at)).
					WithFix(`rename one, or make %s a group with a token "$root"`, over.path)
			}
		}
	}
}

func (r *resolver) mergeGroup(path string, g *group) {
	have := r.groups[path]
	if have == nil {
		r.groups[path] = g
		return
	}
	merged := *have
	if g.typ != "" {
		merged.typ = g.typ
	}
	if g.extends != "" {
		merged.extends, merged.file, merged.at = g.extends, g.file, g.at
	}
	r.groups[path] = &merged
}

func (r *resolver) sorted() []*entry {
	list := make([]*entry, 0, len(r.entries))
	for _, path := range slices.Sorted(maps.Keys(r.entries)) {
		list = append(list, r.entries[path])
	}
	return list
}

// full reports, and tells, whether there are too many tokens.
func (r *resolver) full() bool {
	if len(r.entries) <= MaxTokens {
		return false
	}
	r.problems = append(r.problems, throughline.Errorf(throughline.TooLarge, "the mode %s has more than %d tokens", r.mode.Name, MaxTokens).WithFix("leave out files it does not need"))
	return true
}

// extend gives groups the tokens of the groups they extend, where they have none
// of the name themselves. What a token's type is settles where it was written.
func (r *resolver) extend() {
	x := extender{resolver: r, state: map[string]int{}}
	for _, path := range slices.Sorted(maps.Keys(r.groups)) {
		if r.groups[path].extends != "" {
			x.paths = append(x.paths, path)
		}
	}
	if len(x.paths) > maxExtends {
		r.problems = append(r.problems, throughline.Errorf(throughline.TooLarge, "more than %d groups of the mode %s extend others", maxExtends, r.mode.Name).WithFix("write the tokens out"))
		return
	}
	for _, path := range x.paths {
		x.extend(path)
	}
}

// extender is the work of extend.
type extender struct {
	*resolver
	paths []string       // of the groups that extend another
	state map[string]int // 1 while a group is at work, 2 when it is done
}

func (x *extender) extend(path string) {
	g := x.groups[path]
	if x.state[path] == 2 || len(x.problems) > 0 {
		return
	}
	if x.state[path] == 1 {
		x.problem(g.file, g.at, "the group %s extends itself by way of others", path).WithFix("take one $extends out of the circle")
		return
	}
	x.state[path] = 1
	if x.groups[g.extends] == nil {
		x.problem(g.file, g.at, "the group %s extends %s, which is no group", path, g.extends).WithFix("%s", x.meant(g.extends, slices.Sorted(maps.Keys(x.groups))))
		return
	}
	for _, other := range x.paths { // what the target takes in comes first
		if within(other, g.extends) || within(g.extends, other) {
			x.extend(other)
		}
	}
	var taken []*entry
	for _, e := range x.entries {
		if rest, ok := strings.CutPrefix(e.path, g.extends+"."); ok && x.entries[path+"."+rest] == nil {
			copied := *e
			copied.path = path + "." + rest
			taken = append(taken, &copied)
		}
	}
	for _, e := range taken {
		x.entries[e.path] = e
	}
	if !x.full() {
		x.state[path] = 2
	}
}

// token returns a token with its value, or nil when it has a problem, which is
// told once.
func (r *resolver) token(path string) *Token {
	if t, ok := r.done[path]; ok {
		return t
	}
	e := r.entries[path]
	r.chain = append(r.chain, path)
	t := r.make(e)
	r.chain = r.chain[:len(r.chain)-1]
	r.done[path] = t
	return t
}

func (r *resolver) make(e *entry) *Token {
	t := &Token{Path: e.path, Place: e.file.place(e.at)}
	value, alpha := e.value, e.alpha
	r.override(e, &value, &alpha)
	p := &parser{resolver: r, entry: e}
	target := p.target(value)
	if target == nil && p.failed {
		return nil
	}
	t.Type = r.typeOf(e, target)
	if t.Type == "" {
		r.problem(e.file, e.at, "the token %s has no type", e.path).WithFix("give it or one of its groups a $type: one of %v", Types())
		return nil
	}
	if target != nil {
		t.Aliases = append([]string{target.Path}, target.Aliases...)
	}
	v, ok := p.value(value, t.Type)
	if ok && alpha != nil && alpha.kind != nothing { // null takes back what the base says
		v, ok = p.withAlpha(v, alpha)
	}
	if !ok {
		return nil
	}
	t.Value = v
	r.describe(e, t)
	return t
}

// override puts what a token says of the mode in the place of its value: a whole
// value, or an object with $value, alpha or both, laid over what the token has.
func (r *resolver) override(e *entry, value, alpha **node) {
	for _, name := range r.mode.Overrides {
		for _, o := range e.overrides() {
			n := o.get(name)
			if n == nil {
				continue
			}
			own, thin := n.get("$value"), n.get("alpha")
			if own == nil && (thin == nil || len(n.members) > 1) {
				*value = n
				return
			}
			if own != nil {
				*value = own
			}
			if thin != nil {
				*alpha = thin
			}
			return
		}
	}
}

// typeOf is the type a token says it has, or that of what it refers to, or that
// of the nearest group.
func (r *resolver) typeOf(e *entry, target *Token) Type {
	if e.typ != "" {
		return e.typ
	}
	if target != nil {
		return target.Type
	}
	for path := e.home; ; {
		at := max(0, strings.LastIndexByte(path, '.'))
		path = path[:at]
		if g := r.groups[path]; g != nil && g.typ != "" {
			return g.typ
		}
		if path == "" {
			return ""
		}
	}
}

func (r *resolver) describe(e *entry, t *Token) {
	if n := e.node.get("$description"); n != nil {
		t.Description = n.text
	}
	if n := e.node.get("$deprecated"); n != nil {
		t.Deprecated, t.Instead = n.yes || n.kind == words, n.text
	}
	if e.extensions != nil {
		t.Extensions = e.extensions.write(nil, "")
	}
}

// follow returns the token of a path for one that refers to it from an offset.
func (r *resolver) follow(from *entry, at int, path string) *Token {
	if len(r.problems) >= maxProblems { // the next would not be told
		return nil
	}
	if r.entries[path] == nil {
		if root := path + ".$root"; r.entries[root] != nil {
			r.problem(from.file, at, "the token %s refers to %s, which is a group", from.path, path).WithFix("write {%s}", root)
			return nil
		}
		says := "which is not there"
		if r.groups[path] != nil {
			says = "which is a group and not a token"
		}
		r.problem(from.file, at, "the token %s refers to %s, %s", from.path, path, says).WithFix("%s", r.meant(path, r.siblings(path)))
		return nil
	}
	if i := slices.Index(r.chain, path); i >= 0 {
		circle := append(slices.Clone(r.chain[i:]), path)
		if len(circle) > 8 {
			circle = append(append(circle[:4:4], "…"), circle[len(circle)-3:]...)
		}
		r.problem(from.file, at, "the token %s refers to itself: %s", from.path, strings.Join(circle, " → ")).WithFix("give one of them a value of its own")
		return nil
	}
	if len(r.chain) >= maxChain {
		r.problem(from.file, at, "more than %s aliases follow each other at %s", strconv.Itoa(maxChain), from.path).WithFix("refer to the value directly")
		return nil
	}
	return r.token(path)
}

// siblings returns the paths that somebody who wrote a path may have meant.
func (r *resolver) siblings(path string) []string {
	const most = 5000 // comparing with each takes its time
	paths := slices.Sorted(maps.Keys(r.entries))
	if len(paths) > most {
		first, _, _ := strings.Cut(path, ".")
		paths = slices.DeleteFunc(paths, func(p string) bool { return !within(p, first) })
	}
	return paths[:min(most, len(paths))]
}

func (r *resolver) meant(path string, paths []string) string {
	if near := text.Nearest(path, paths); near != "" {
		return "did you mean " + near + "?"
	}
	return "correct the path, or add the file it stands in"
}
