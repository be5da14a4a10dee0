package throughline_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// soundHouse is a small tree that keeps every rule, and uses each freedom that
// a rule leaves.
func soundHouse() map[string]string {
	return map[string]string{
		"go.mod":                            "module " + module + "\n\nrequire github.com/google/go-cmp v0.7.0\n\nrequire (\n\tgolang.org/x/sys v0.49.0 // indirect\n)\n",
		"docs/dependencies.md":              "| module | for | why | cost |\n|---|---|---|---|\n| `github.com/google/go-cmp` | differences | it prints them | nothing at run time |\n",
		"docs/architecture.md":              soundMap,
		"throughline.go":                    source("throughline", "net/url", "crypto/sha256"),
		"throughline_test.go":               source("throughline_test", "os", module+"/internal/sqlite", "github.com/google/go-cmp/cmp"),
		"cmd/throughline/main.go":           source("main", "os", module+"/internal/serve/api", module+"/internal/sqlite", module),
		"internal/serve/api/api.go":         source("api", "net/http", module+"/internal/engine/live"),
		"internal/engine/engine.go":         source("engine", module+"/internal/record"),
		"internal/engine/live/live.go":      source("live", module+"/internal/engine", module+"/internal/loop/decide"),
		"internal/loop/decide/decide.go":    source("decide", module+"/internal/craft/rule", module+"/internal/stat"),
		"internal/loop/decide/roll.go":      pureUse,
		"internal/loop/observe/observe.go":  source("observe", module+"/internal/record"),
		"internal/craft/text/text.go":       source("text", module),
		"internal/craft/rule/rule.go":       source("rule", module+"/internal/craft/text"),
		"internal/stat/stat.go":             source("stat", "math"),
		"internal/record/record.go":         source("record", module),
		"internal/record/recordtest/rec.go": source("recordtest", "testing", module+"/internal/record", module+"/internal/sqlite"),
		"internal/sqlite/sqlite.go":         source("sqlite", "database/sql", module+"/internal/record"),
		"internal/sqlite/testdata/bad.go":   "this is not Go",
		"tools/go.mod":                      "module elsewhere\n",
		"tools/tools.go":                    "neither is this",
	}
}

const soundMap = `
| package | what |
|---|---|
| ` + "`.` | words |\n| `cmd/throughline` | wiring |\n| `internal/serve/api` | a door |\n" +
	"| `internal/engine` | shared |\n| `internal/engine/live` | a use case |\n" +
	"| `internal/loop/decide` | a stage |\n| `internal/loop/observe` | a stage |\n" +
	"| `internal/craft/text` | text |\n| `internal/craft/rule` | rules |\n| `internal/stat` | numbers |\n" +
	"| `internal/record` | ports |\n| `internal/record/recordtest` | their suite |\n| `internal/sqlite` | adapter |\n"

// pureUse is what a pure package may do with time and chance.
const pureUse = `package decide

import (
	"math/rand/v2"
	"time"
)

// Roll is given its moment and its seed.
func Roll(at time.Time, seed uint64) float64 {
	return rand.New(rand.NewPCG(seed, uint64(at.UnixNano()))).Float64()
}

type inner struct{}

func (inner) Exported() {}
`

// source returns a file with a package comment and the imports.
func source(name string, imports ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "// Package %s is planted.\npackage %s\n\n", name, name)
	for _, i := range imports {
		fmt.Fprintf(&b, "import _ %q\n", i)
	}
	return b.String()
}

// lines returns a function of n lines.
func lines(name string, n int) string {
	return "\nfunc " + name + "() {\n" + strings.Repeat("\t_ = 0\n", n-2) + "}\n"
}

func build(t *testing.T, files, planted map[string]string) *house {
	t.Helper()
	tree := fstest.MapFS{}
	for _, layer := range []map[string]string{files, planted} {
		for name, text := range layer {
			tree[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return open(t, tree)
}

func TestHouse_sound(t *testing.T) {
	h := build(t, soundHouse(), nil)
	for _, r := range rules {
		for _, f := range r.faults(h) {
			t.Errorf("%s: %s", r.name, f)
		}
	}
	if want := []string{"internal/sqlite/testdata", "tools"}; !slices.Equal(h.skipped, want) {
		t.Errorf("skipped %q, want %q", h.skipped, want)
	}
	if got, want := len(h.files), 15; got != want {
		t.Errorf("read %d files, want %d", got, want)
	}
}

// planted breaks the sound house in one way. The rule must report exactly the
// faults in want, each given by a part of its text, in order of place.
type planted struct {
	rule, name string
	files      map[string]string
	want       []string
}

func TestHouse_plantedFaults(t *testing.T) {
	used := map[string]bool{}
	for _, c := range slices.Concat(plantedArrows(), plantedPurity(), plantedLimits(), plantedWords()) {
		used[c.rule] = true
		t.Run(c.name, func(t *testing.T) {
			i := slices.IndexFunc(rules, func(r rule) bool { return r.name == c.rule })
			if i < 0 {
				t.Fatalf("there is no rule %q", c.rule)
			}
			got := rules[i].faults(build(t, soundHouse(), c.files))
			if len(got) != len(c.want) {
				t.Fatalf("got %d faults %v, want %d", len(got), got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.Contains(got[i].String(), want) {
					t.Errorf("got %q, want a fault with %q", got[i], want)
				}
			}
		})
	}
	for _, r := range rules {
		if !used[r.name] {
			t.Errorf("no fault is planted for the rule %q: nobody knows that it can fail", r.name)
		}
	}
}

func plantedArrows() []planted {
	at := func(file, text string) map[string]string { return map[string]string{file: text} }
	arrow := func(name, file, pkg, target, want string) planted {
		return planted{"arrows", name, at(file, source(pkg, module+"/"+target)), []string{want}}
	}
	return []planted{
		arrow("a stage imports a stage", "internal/loop/check/c.go", "check", "internal/loop/decide", "internal/loop/check/c.go:4: internal/loop/check imports internal/loop/decide, and may not, because a stage never"),
		arrow("a stage that may use the record imports a stage", "internal/loop/deliver/d.go", "deliver", "internal/loop/decide", "because a stage never imports a stage"),
		arrow("a pure stage imports the record", "internal/loop/learn/l.go", "learn", "internal/record", "internal/loop/learn imports internal/record"),
		arrow("a stage imports the engine", "internal/loop/learn/l.go", "learn", "internal/engine", "internal/loop/learn imports internal/engine"),
		arrow("a use case imports its sibling", "internal/engine/content/c.go", "content", "internal/engine/live", "no other use case"),
		arrow("the engine imports a use case", "internal/engine/more.go", "engine", "internal/engine/live", "none of the use cases"),
		arrow("a use case imports an adapter", "internal/engine/content/c.go", "content", "internal/sqlite", "no adapter"),
		arrow("a use case imports a door", "internal/engine/content/c.go", "content", "internal/serve/api", "no door"),
		arrow("a door imports an adapter", "internal/serve/web/w.go", "web", "internal/sqlite", "a door knows the use cases"),
		arrow("a door imports a stage", "internal/serve/web/w.go", "web", "internal/loop/decide", "a door knows the use cases"),
		arrow("a door imports a door", "internal/serve/web/w.go", "web", "internal/serve/api", "a door knows the use cases"),
		arrow("the record imports an adapter", "internal/record/more.go", "record", "internal/sqlite", "so they know none"),
		arrow("an adapter imports the engine", "internal/sqlite/more.go", "sqlite", "internal/engine", "an adapter knows its ports"),
		arrow("the demo imports the engine", "internal/demo/d.go", "demo", "internal/engine", "would prove nothing"),
		arrow("a craft imports a stage", "internal/craft/image/i.go", "image", "internal/loop/decide", "whoever asks"),
		arrow("statistics import a craft", "internal/stat/more.go", "stat", "internal/craft/text", "numbers only"),
		arrow("the root imports a package", "more.go", "throughline", "internal/stat", "imports nobody"),
		arrow("the client imports an inner package", "client/c.go", "client", "internal/stat", "other people's programs"),
		{"every folder is a room of the house", "a folder nobody planned", at("internal/cellar/c.go", source("cellar")), []string{"internal/cellar: is in no room"}},
		{"every folder is a room of the house", "a folder below a room", at("internal/loop/decide/deep/d.go", source("deep")), []string{"internal/loop/decide/deep: is in no room"}},
		{"test packages stay in tests", "a package leans on a suite", at("internal/engine/more.go", source("engine", module+"/internal/record/recordtest")), []string{"internal/engine/more.go:4"}},
		{"test packages stay in tests", "a package leans on testing", at("internal/engine/more.go", source("engine", "testing")), []string{"internal/engine imports testing"}},
		{
			"standard library only", "the root and the client import a library",
			map[string]string{"more.go": source("throughline", "github.com/google/go-cmp/cmp"), "client/c.go": source("client", "github.com/google/go-cmp/cmp")},
			[]string{"client/c.go:4: client imports github.com", "more.go:4: . imports github.com"},
		},
		{
			"short chains", "one floor too many",
			map[string]string{
				"internal/craft/rule/rule.go": source("rule", module+"/internal/craft/a"),
				"internal/craft/a/a.go":       source("a", module+"/internal/craft/b"),
				"internal/craft/b/b.go":       source("b", module+"/internal/craft/text"),
			},
			[]string{"cmd/throughline: is 8 arrows", "internal/serve/api: is 7 arrows"},
		},
	}
}

func plantedPurity() []planted {
	const io, calls = "pure packages do no I/O", "pure packages take time and chance as arguments"
	decide := func(text string) map[string]string { return map[string]string{"internal/loop/decide/more.go": text} }
	var faults []planted
	for _, target := range []string{"os", "os/exec", "net", "net/http", "net/http/httputil", "database/sql", "database/sql/driver", "crypto/rand"} {
		faults = append(faults, planted{
			io, "a pure stage imports " + target, decide(source("decide", target)),
			[]string{"internal/loop/decide is pure and reaches " + target + " "},
		})
	}
	return append(
		faults,
		planted{
			io, "a pure stage reaches a file through a craft",
			map[string]string{"internal/craft/text/more.go": source("text", "os")},
			[]string{
				"internal/craft/rule is pure and reaches os by way of internal/craft/rule -> internal/craft/text",
				"internal/craft/text is pure and reaches os by way of internal/craft/text",
				"internal/loop/decide is pure and reaches os by way of internal/loop/decide -> internal/craft/rule -> internal/craft/text",
			},
		},
		planted{
			io, "the root reads a file",
			map[string]string{"more.go": source("throughline", "os")},
			[]string{". is pure", "internal/craft/rule is pure", "internal/craft/text is pure", "internal/loop/decide is pure"},
		},
		planted{calls, "a pure stage looks at the clock", decide("package decide\n\nimport \"time\"\n\nvar x = time.Now\n"), []string{"more.go:5: internal/loop/decide is pure and uses Now"}},
		planted{calls, "under another name", decide("package decide\n\nimport clock \"time\"\n\nvar x = clock.Since\n"), []string{"uses Since"}},
		planted{calls, "a pure stage throws dice", decide("package decide\n\nimport \"math/rand/v2\"\n\nvar x = rand.IntN\n"), []string{"uses IntN"}},
		planted{"no cgo", "C in a test", map[string]string{"internal/stat/c_test.go": source("stat", "C")}, []string{"internal/stat/c_test.go:4"}},
		planted{"no init functions", "wiring behind the reader's back", decide("package decide\n\nfunc init() {}\n"), []string{"more.go:3: has an init"}},
	)
}

func plantedLimits() []planted {
	stat := func(text string) map[string]string {
		return map[string]string{"internal/stat/more.go": "package stat\n" + text}
	}
	return []planted{
		{"short files", "a long file", stat(strings.Repeat("//\n", maxFileLines)), []string{"internal/stat/more.go: has 701 lines"}},
		{"short files", "a long test", map[string]string{"internal/stat/x_test.go": "package stat\n" + strings.Repeat("//\n", maxFileLines)}, []string{"x_test.go: has 701"}},
		{
			"short functions", "a long function among many short ones",
			stat(lines("long", 121) + strings.Repeat(lines("short", 44), 9)),
			[]string{"internal/stat/more.go:3: is a function of 121 lines"},
		},
		{
			"short functions", "a long function without a name",
			stat("\nvar long = func() {\n" + strings.Repeat("\n", 119) + "}\n" + strings.Repeat(lines("short", 44), 9)),
			[]string{"more.go:3: is a function of 121"},
		},
		{"short functions", "too many that are not short", stat(lines("middling", 45) + strings.Repeat(lines("short", 44), 6)), []string{"8 of 9 functions are under 45 lines"}},
		{"short functions", "one fewer", stat(lines("middling", 45) + strings.Repeat(lines("short", 44), 7)), nil},
		{"every file parses", "a file cut short", stat("func {"), []string{"internal/stat/more.go: does not parse"}},
		{"few dependencies, each explained", "too many", manyDependencies(), []string{"go.mod: has 36 direct dependencies"}},
	}
}

// manyDependencies is one module more than the limit, each with its row.
func manyDependencies() map[string]string {
	sound := soundHouse()
	mod, rows, imports := sound["go.mod"], sound["docs/dependencies.md"], []string{}
	for i := range maxDependencies {
		name := fmt.Sprintf("example.org/dep%d", i)
		mod += "require " + name + " v1.0.0\n"
		rows += "| `" + name + "` | a | b | c |\n"
		imports = append(imports, name+"/part")
	}
	return map[string]string{"go.mod": mod, "docs/dependencies.md": rows, "internal/stat/more.go": source("stat", imports...)}
}

func plantedWords() []planted {
	const explained, docs, shown = "few dependencies, each explained", "exported names are documented", "the map shows every package"
	const named, gone = "documents that are named exist", "docs/" + "gone.md"
	sound := soundHouse()
	stat := func(text string) map[string]string {
		return map[string]string{"internal/stat/more.go": "package stat\n\n" + text}
	}
	faults := []planted{
		{docs, "a bare function", stat("func Mean() {}\n"), []string{"more.go:3: exported Mean"}},
		{docs, "a bare method of a generic type", stat("// List is.\ntype List[k any] struct{}\n\nfunc (l *List[k]) Len() {}\n"), []string{"exported Len"}},
		{docs, "an exported method of an inner type is not exported", stat("type list[K any] struct{}\n\nfunc (l *list[K]) Len() {}\n"), nil},
		{docs, "a bare type", stat("type Sum struct{}\n"), []string{"exported Sum"}},
		{docs, "a bare type in a group with a comment", stat("// Sums.\ntype (\n\tSum struct{}\n)\n"), []string{"exported Sum"}},
		{docs, "a bare method of an interface", stat("// Summer sums.\ntype Summer interface{ Sum() }\n"), []string{"exported Sum"}},
		{docs, "a bare constant", stat("const (\n\tOne = 1\n\ttwo = 2\n)\n"), []string{"exported One"}},
		{docs, "a directive is no comment", stat("//go:noinline\nfunc Mean() {}\n"), []string{"exported Mean"}},
		{"packages are documented", "a package without a comment", map[string]string{"internal/stat/stat.go": "package stat\n"}, []string{"internal/stat: has no package comment"}},
		{explained, "a dependency without a row", map[string]string{"docs/dependencies.md": ""}, []string{"has no full row for github.com/google/go-cmp"}},
		{explained, "a row without a price", map[string]string{"docs/dependencies.md": "| `github.com/google/go-cmp` | differences | it prints them | |\n"}, []string{"has no full row"}},
		{explained, "a row for nothing", map[string]string{"docs/dependencies.md": sound["docs/dependencies.md"] + "| `example.org/gone` | a | b | c |\n"}, []string{"example.org/gone, which nothing imports"}},
		{explained, "a direct dependency marked indirect", stat("import _ \"golang.org/x/sys/cpu\"\n"), []string{"no full row for golang.org/x/sys", "golang.org/x/sys is marked indirect"}},
		{explained, "an import that go.mod does not know", stat("import _ \"example.org/surprise\"\n"), []string{"imports example.org/surprise, and go.mod"}},
		{shown, "a package off the map", map[string]string{"internal/model/m.go": source("model")}, []string{"has no row for internal/model"}},
		{shown, "a row for a package that left", map[string]string{"docs/architecture.md": soundMap + "| `internal/gone` | gone |\n"}, []string{"internal/gone, which is no package"}},
		{named, "a link to nothing", map[string]string{"README.md": "[here](docs/architecture.md#top), [there](" + gone + "), [far](https://example.org/x.md)"}, []string{"README.md: leads to " + gone}},
		{named, "a comment that sends the reader nowhere", stat("// See " + gone + ".\n"), []string{"more.go: leads to " + gone}},
	}
	for _, name := range []string{"utils", "common", "helpers", "types", "models", "manager"} {
		faults = append(faults, planted{
			"packages are named for things", "a package named " + name,
			map[string]string{"internal/craft/" + name + "/x.go": source(name)},
			[]string{"internal/craft/" + name + ": is not the name of a thing"},
		})
	}
	slices.SortStableFunc(faults, func(a, b planted) int { return strings.Compare(a.rule, b.rule) })
	return faults
}

func TestHouse_requiredModulesAreReadFromEveryForm(t *testing.T) {
	h := build(t, soundHouse(), map[string]string{"go.mod": "module x\n\ngo 1.26.0\n\nrequire a.org/b v1.2.3\n\nrequire (\n\tc.org/d/v2 v2.0.0-2023-abc // indirect\n\tg.org/x/y v0.1.0+incompatible\n)\n"})
	got, err := required(h.fsys)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]bool{"a.org/b": false, "c.org/d/v2": true, "g.org/x/y": false}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
