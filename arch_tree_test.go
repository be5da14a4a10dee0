package throughline_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A fault is one place where the house is not as it should be.
type fault struct{ place, says string }

func (f fault) String() string { return f.place + ": " + f.says }

// A house is a tree of Go files.
type house struct {
	fsys     fs.FS
	fset     *token.FileSet
	files    []*file
	texts    []string        // paths of the documents in Markdown
	packages map[string]*pkg // by folder
	skipped  []string        // folders the walk stayed out of
	broken   []fault         // files that do not parse
}

// A file is one parsed Go file.
type file struct {
	path, folder string
	test         bool // ends in _test.go
	lines        int
	syntax       *ast.File
}

// A pkg is the files of one folder that are not tests.
type pkg struct {
	folder, name string
	files        []*file
}

// testOnly reports whether a package exists for tests, as record/recordtest
// does. It is held to what tests are held to.
func (p *pkg) testOnly() bool { return isTestOnly(p.folder) }

func isTestOnly(folder string) bool {
	return folder != "." && strings.HasSuffix(path.Base(folder), "test")
}

// open parses every Go file of the tree. Its own module is all it knows of:
// testdata, hidden folders and folders with a go.mod are left out, and listed.
func open(t testing.TB, fsys fs.FS) *house {
	t.Helper()
	h := &house{fsys: fsys, fset: token.NewFileSet(), packages: map[string]*pkg{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && h.foreign(name):
			h.skipped = append(h.skipped, name)
			return fs.SkipDir
		case d.IsDir():
			return nil
		case path.Ext(name) == ".md":
			h.texts = append(h.texts, name)
		case path.Ext(name) == ".go":
			return h.read(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// foreign reports whether the go command would not count the folder to the
// module either.
func (h *house) foreign(folder string) bool {
	base := path.Base(folder)
	if folder == "." {
		return false
	}
	if base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(h.fsys, path.Join(folder, "go.mod"))
	return err == nil
}

func (h *house) read(name string) error {
	text, err := fs.ReadFile(h.fsys, name)
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(h.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		h.broken = append(h.broken, fault{name, "does not parse, so nothing is known of it: " + err.Error()})
		return nil
	}
	f := &file{
		path: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
		lines: strings.Count(string(text), "\n"), syntax: syntax,
	}
	h.files = append(h.files, f)
	if f.test {
		return nil
	}
	p := h.packages[f.folder]
	if p == nil {
		p = &pkg{folder: f.folder, name: syntax.Name.Name}
		h.packages[f.folder] = p
	}
	p.files = append(p.files, f)
	return nil
}

// sorted returns the packages by folder.
func (h *house) sorted() []*pkg {
	var all []*pkg
	for _, folder := range slices.Sorted(maps.Keys(h.packages)) {
		all = append(all, h.packages[folder])
	}
	return all
}

// at returns the place of a node as file:line.
func (h *house) at(n ast.Node) string {
	p := h.fset.Position(n.Pos())
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

// imports yields the import paths of the package, each at one place.
func (h *house) imports(p *pkg) map[string]string {
	found := map[string]string{}
	for _, f := range p.files {
		for target, place := range h.fileImports(f) {
			found[target] = place
		}
	}
	return found
}

func (h *house) fileImports(f *file) map[string]string {
	found := map[string]string{}
	for _, spec := range f.syntax.Imports {
		if target, err := strconv.Unquote(spec.Path.Value); err == nil {
			found[target] = h.at(spec)
		}
	}
	return found
}

// own returns the folder of an import path of this module.
func own(target string) (folder string, ok bool) {
	if target == module {
		return ".", true
	}
	return strings.CutPrefix(target, module+"/")
}

// standard reports whether an import path is the standard library's: its first
// element has no dot.
func standard(target string) bool {
	first, _, _ := strings.Cut(target, "/")
	return !strings.Contains(first, ".")
}
