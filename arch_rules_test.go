package throughline_test

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func parses(h *house) []fault { return h.broken }

func rooming(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		if _, ok := roomOf(p.folder); !ok && !p.testOnly() {
			faults = append(faults, fault{p.folder, "is in no room of the house: put it where docs/architecture.md says, or give it a room in arch_test.go and there"})
		}
	}
	return faults
}

func arrows(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		r, ok := roomOf(p.folder)
		if !ok || p.testOnly() {
			continue // rooming reports the first; tests are exempt
		}
		for target, place := range h.imports(p) {
			folder, ok := own(target)
			if !ok || folder == "." || slices.ContainsFunc(r.may, func(may string) bool { return match(may, folder) }) {
				continue
			}
			faults = append(faults, fault{place, fmt.Sprintf("%s imports %s, and may not, because %s", p.folder, folder, r.why)})
		}
	}
	return faults
}

func testPackages(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		if p.testOnly() {
			continue
		}
		for target, place := range h.imports(p) {
			folder, ok := own(target)
			if ok && isTestOnly(folder) || target == "testing" && p.folder != "bench" {
				faults = append(faults, fault{place, fmt.Sprintf("%s imports %s outside a test: nothing that runs may lean on what is made for tests", p.folder, target)})
			}
		}
	}
	return faults
}

func stdlibOnly(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		r, ok := roomOf(p.folder)
		if !ok || !r.stdlib {
			continue
		}
		for target, place := range h.imports(p) {
			if _, mine := own(target); !mine && !standard(target) {
				faults = append(faults, fault{place, fmt.Sprintf("%s imports %s, and may use the standard library only, because %s", p.folder, target, r.why)})
			}
		}
	}
	return faults
}

// impure reports whether an import path reads or writes the world. Packages that
// only take addresses apart, such as net/url, do not.
func impure(target string) bool {
	switch target {
	case "net", "net/http", "net/smtp", "net/rpc", "syscall", "crypto/rand", "plugin", module + "/internal/record":
		return true
	}
	return target == "os" || strings.HasPrefix(target, "os/") ||
		strings.HasPrefix(target, "net/http/") ||
		target == "database/sql" || strings.HasPrefix(target, "database/sql/")
}

// pureImports follows own imports: a pure package may not reach the world
// through another either.
func pureImports(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		r, ok := roomOf(p.folder)
		if !ok || !r.pure || p.testOnly() {
			continue
		}
		seen := map[string]bool{}
		var follow func(at *pkg, way string)
		follow = func(at *pkg, way string) {
			for target, place := range h.imports(at) {
				if impure(target) {
					faults = append(faults, fault{place, fmt.Sprintf("%s is pure and reaches %s by way of %s: it computes only, and whoever calls it reads and writes", p.folder, target, way)})
				}
				folder, ok := own(target)
				if next := h.packages[folder]; ok && next != nil && !seen[folder] {
					seen[folder] = true
					follow(next, way+" -> "+folder)
				}
			}
		}
		follow(p, p.folder)
	}
	return faults
}

// chance are the functions of math/rand and math/rand/v2 that make a source from
// a seed; all others use one that nobody chose.
var chance = []string{"New", "NewSource", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}

// clock are the names of package time that look at the clock.
var clock = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

func pureCalls(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		if r, ok := roomOf(p.folder); !ok || !r.pure || p.testOnly() {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f.syntax, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				switch target := importOf(f, sel.X); {
				case target == "time" && slices.Contains(clock, sel.Sel.Name):
				case strings.HasPrefix(target, "math/rand") && !slices.Contains(chance, sel.Sel.Name):
				default:
					return true
				}
				faults = append(faults, fault{h.at(sel), fmt.Sprintf("%s is pure and uses %s: take it as an argument, so that the same input gives the same output", p.folder, sel.Sel.Name)})
				return true
			})
		}
	}
	return faults
}

// importOf returns the import path that an expression names, or "".
func importOf(f *file, x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range f.syntax.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(strings.TrimSuffix(target, "/v2"))
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name == id.Name {
			return target
		}
	}
	return ""
}

func noCgo(h *house) (faults []fault) {
	for _, f := range h.files {
		if place, ok := h.fileImports(f)["C"]; ok {
			faults = append(faults, fault{place, "uses cgo: the engine is one static binary that builds anywhere with Go alone"})
		}
	}
	return faults
}

func noInit(h *house) (faults []fault) {
	for _, f := range h.files {
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				faults = append(faults, fault{h.at(fn), "has an init function: wiring is in cmd, where a reader sees it"})
			}
		}
	}
	return faults
}

func shortChains(h *house) (faults []fault) {
	longest := map[string][]string{}
	var chain func(folder string) []string
	chain = func(folder string) []string {
		if known, ok := longest[folder]; ok {
			return known
		}
		longest[folder] = []string{folder} // an import cycle does not compile; this only ends the walk
		best := []string{}
		for target := range h.imports(h.packages[folder]) {
			if next, ok := own(target); ok && h.packages[next] != nil {
				if c := chain(next); len(c) > len(best) {
					best = c
				}
			}
		}
		longest[folder] = append([]string{folder}, best...)
		return longest[folder]
	}
	for _, p := range h.sorted() {
		if c := chain(p.folder); len(c)-1 > maxChain && !p.testOnly() {
			faults = append(faults, fault{p.folder, fmt.Sprintf("is %d arrows above the bottom, and %d is the limit: %s", len(c)-1, maxChain, strings.Join(c, " -> "))})
		}
	}
	return faults
}

// shortFiles holds tests too: they are read as often.
func shortFiles(h *house) (faults []fault) {
	for _, f := range h.files {
		if f.lines > maxFileLines {
			faults = append(faults, fault{f.path, fmt.Sprintf("has %d lines, and %d is the limit: split it by what a reader looks for", f.lines, maxFileLines)})
		}
	}
	return faults
}

// shortFunctions leaves out tests, which are often one long table.
func shortFunctions(h *house) (faults []fault) {
	all, short := 0, 0
	var rest []string
	for _, p := range h.sorted() {
		if p.testOnly() {
			continue
		}
		for _, f := range p.files {
			for _, fn := range functions(f) {
				lines := h.fset.Position(fn.End()).Line - h.fset.Position(fn.Pos()).Line + 1
				all++
				if lines < shortFunction {
					short++
					continue
				}
				rest = append(rest, fmt.Sprintf("%4d lines: %s", lines, h.at(fn)))
				if lines > maxFunctionLines {
					faults = append(faults, fault{h.at(fn), fmt.Sprintf("is a function of %d lines, and %d is the limit", lines, maxFunctionLines)})
				}
			}
		}
	}
	if float64(short) < shortShare*float64(all) {
		slices.Sort(rest)
		slices.Reverse(rest)
		faults = append(faults, fault{"the house", fmt.Sprintf("%d of %d functions are under %d lines, and %.0f %% must be; the longest are\n%s",
			short, all, shortFunction, 100*shortShare, strings.Join(rest[:min(20, len(rest))], "\n"))})
	}
	return faults
}

// functions returns the file's functions: those declared, and the outermost
// function literals of its variables, which would otherwise be a way around.
func functions(f *file) (found []ast.Node) {
	for _, d := range f.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			found = append(found, fn)
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			lit, ok := n.(*ast.FuncLit)
			if ok {
				found = append(found, lit)
			}
			return !ok
		})
	}
	return found
}

func documentedPackages(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		if !slices.ContainsFunc(p.files, func(f *file) bool { return says(f.syntax.Doc) }) {
			faults = append(faults, fault{p.folder, "has no package comment: say what it does, what it does not, and what flows in and out"})
		}
	}
	return faults
}

func documentedNames(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		for _, f := range p.files {
			for _, name := range undocumented(f) {
				faults = append(faults, fault{h.at(name), fmt.Sprintf("exported %s has no comment: give shape, unit, range, error, or the source of a formula", name.Name)})
			}
		}
	}
	return faults
}

// undocumented returns the exported names of a file without a comment. One
// comment may stand for a group of constants or variables; fields are left to
// judgement.
func undocumented(f *file) (bare []*ast.Ident) {
	for _, d := range f.syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && exportedReceiver(d) && !says(d.Doc) {
				bare = append(bare, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				bare = append(bare, undocumentedSpec(d, spec)...)
			}
		}
	}
	return bare
}

func undocumentedSpec(d *ast.GenDecl, spec ast.Spec) (bare []*ast.Ident) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() && !says(spec.Doc) && !says(spec.Comment) && !says(d.Doc) {
				bare = append(bare, name)
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return nil
		}
		if !says(spec.Doc) && !says(spec.Comment) && (d.Lparen.IsValid() || !says(d.Doc)) {
			bare = append(bare, spec.Name)
		}
		if face, ok := spec.Type.(*ast.InterfaceType); ok {
			for _, m := range face.Methods.List {
				if len(m.Names) > 0 && m.Names[0].IsExported() && !says(m.Doc) && !says(m.Comment) {
					bare = append(bare, m.Names[0])
				}
			}
		}
	}
	return bare
}

// exportedReceiver reports whether a function is no method, or one of an
// exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	receiver := d.Recv.List[0].Type
	for {
		switch x := receiver.(type) {
		case *ast.StarExpr:
			receiver = x.X
		case *ast.IndexExpr:
			receiver = x.X
		case *ast.IndexListExpr:
			receiver = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true // a form unknown here is better asked about than passed over
		}
	}
}

// says reports whether a comment has words, which a directive has not.
func says(c *ast.CommentGroup) bool { return c != nil && strings.TrimSpace(c.Text()) != "" }

// nothings are names that say where code was left, and not what it is.
var nothings = []string{
	"util", "utils", "common", "helper", "helpers", "types", "models", "manager", "managers",
	"shared", "misc", "base", "lib",
}

func namedPackages(h *house) (faults []fault) {
	for _, p := range h.sorted() {
		if slices.Contains(nothings, p.name) || slices.Contains(nothings, path.Base(p.folder)) {
			faults = append(faults, fault{p.folder, "is not the name of a thing: group by what a reader looks for"})
		}
	}
	return faults
}

// explained is a row of docs/dependencies.md: module, what for, why this one,
// what it costs.
var explained = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^|\n]*\\w[^|\n]*\\|[^|\n]*\\w[^|\n]*\\|[^|\n]*\\w[^|\n]*\\|$")

func dependencies(h *house) (faults []fault) {
	indirect, err := required(h.fsys)
	if err != nil {
		return []fault{{"go.mod", err.Error()}}
	}
	text, err := fs.ReadFile(h.fsys, "docs/dependencies.md")
	if err != nil {
		return []fault{{"docs/dependencies.md", err.Error()}}
	}
	var rows []string
	for _, m := range explained.FindAllStringSubmatch(string(text), -1) {
		rows = append(rows, m[1])
	}
	direct, faults := h.direct(slices.Sorted(maps.Keys(indirect)))
	for _, dep := range slices.Sorted(maps.Keys(direct)) {
		if indirect[dep] {
			faults = append(faults, fault{"go.mod", fmt.Sprintf("%s is marked indirect, and %s imports it", dep, direct[dep])})
		}
		if !slices.Contains(rows, dep) {
			faults = append(faults, fault{"docs/dependencies.md", fmt.Sprintf("has no full row for %s, which %s imports: say what for, why this one, what it costs", dep, direct[dep])})
		}
	}
	for _, row := range rows {
		if direct[row] == "" {
			faults = append(faults, fault{"docs/dependencies.md", "has a row for " + row + ", which nothing imports"})
		}
	}
	if len(direct) > maxDependencies {
		faults = append(faults, fault{"go.mod", fmt.Sprintf("has %d direct dependencies, and %d is the limit", len(direct), maxDependencies)})
	}
	return faults
}

// direct returns the modules that our files, tests included, import, each with
// one place; an import that none of the modules has is a fault.
func (h *house) direct(modules []string) (direct map[string]string, faults []fault) {
	direct = map[string]string{}
	for _, f := range h.files {
		for target, place := range h.fileImports(f) {
			if _, mine := own(target); mine || standard(target) {
				continue
			}
			longest := ""
			for _, m := range modules {
				if (target == m || strings.HasPrefix(target, m+"/")) && len(m) > len(longest) {
					longest = m
				}
			}
			if longest == "" {
				faults = append(faults, fault{place, "imports " + target + ", and go.mod requires no module that has it"})
				continue
			}
			direct[longest] = place
		}
	}
	return direct, faults
}

var requirement = regexp.MustCompile(`(?m)^(?:require )?\s*([^\s/]+\.[^\s/]+/\S+) v\S+( // indirect)?$`)

// required returns the modules of go.mod, true for those marked indirect.
func required(fsys fs.FS) (map[string]bool, error) {
	text, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	indirect := map[string]bool{}
	for _, m := range requirement.FindAllStringSubmatch(string(text), -1) {
		indirect[m[1]] = m[2] != ""
	}
	return indirect, nil
}

// mapped is a row of the table of packages in docs/architecture.md.
var mapped = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|[^\n]*\\w[^\n]*\\|$")

func onTheMap(h *house) (faults []fault) {
	text, err := fs.ReadFile(h.fsys, "docs/architecture.md")
	if err != nil {
		return []fault{{"docs/architecture.md", err.Error()}}
	}
	rows := map[string]bool{}
	for _, m := range mapped.FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = true
		if !slices.ContainsFunc(h.files, func(f *file) bool { return f.folder == m[1] }) {
			faults = append(faults, fault{"docs/architecture.md", "has a row for " + m[1] + ", which is no package"})
		}
	}
	for _, p := range h.sorted() {
		if !rows[p.folder] {
			faults = append(faults, fault{"docs/architecture.md", "has no row for " + p.folder + ": a newcomer could not find it"})
		}
	}
	return faults
}

var (
	// linked is a link of a document to a file beside it, without its fragment.
	linked = regexp.MustCompile(`\]\(([^)#\s]+)`)
	// mentioned is a document that code names.
	mentioned = regexp.MustCompile(`\bdocs/[a-z0-9/-]+\.md\b`)
)

func links(h *house) (faults []fault) {
	follow := func(from string, pattern *regexp.Regexp, group int, base string) {
		text, err := fs.ReadFile(h.fsys, from)
		if err != nil {
			faults = append(faults, fault{from, err.Error()})
			return
		}
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[group], ":") { // another site
				continue
			}
			if _, err := fs.Stat(h.fsys, path.Join(base, m[group])); err != nil {
				faults = append(faults, fault{from, "leads to " + m[group] + ", which is not there"})
			}
		}
	}
	for _, name := range h.texts {
		follow(name, linked, 1, path.Dir(name))
	}
	for _, f := range h.files {
		follow(f.path, mentioned, 0, ".")
	}
	return faults
}
