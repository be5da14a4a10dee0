package throughline_test

import (
	"cmp"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// The house of docs/architecture.md as a test: the rooms and the rules are here,
// the rules' code is in arch_rules_test.go, and arch_faults_test.go shows that
// each of them can fail. It parses every Go file itself:
// the go command's test cache sees the files this process opens, and would not
// see those that a child process such as go list reads.

// The limits.
const (
	maxFileLines     = 700
	maxFunctionLines = 120
	shortFunction    = 45   // lines a short function stays under
	shortShare       = 0.90 // the share of functions that are short
	maxChain         = 6    // arrows from one own package to the farthest below it
	maxDependencies  = 35
)

const module = "github.com/throughline-engine/throughline"

// A room is a folder of the house, or several of a kind, and what its packages
// may import of our own besides the root, which everybody may.
type room struct {
	folder string   // as path.Match reads it
	may    []string // folders, as path.Match reads them; "*everything" is all
	pure   bool     // computes only: no files, network, database, clock or randomness
	stdlib bool     // nothing from outside the standard library
	why    string   // completes "because ..."
}

const everything = "*everything"

// rooms has the first match of a folder first.
var rooms = []room{
	{
		folder: ".", pure: true, stdlib: true,
		why: "the root is the vocabulary: everybody imports it, so it imports nobody and never acts",
	},
	{
		folder: "cmd/*", may: []string{everything},
		why: "all wiring is in cmd",
	},
	{
		folder: "bench", may: []string{everything},
		why: "benchmarks compare whole paths",
	},
	{
		folder: "client", stdlib: true,
		why: "the client goes into other people's programs and speaks to the doors like everybody else",
	},
	{
		folder: "internal/serve", may: []string{"internal/engine", "internal/engine/*"},
		why: "a door knows the use cases and nothing below them",
	},
	{
		folder: "internal/serve/*", may: []string{"internal/serve", "internal/engine", "internal/engine/*"},
		why: "a door knows the use cases and nothing below them; what doors share is in internal/serve",
	},
	{
		folder: "internal/engine",
		may:    []string{"internal/loop/*", "internal/record", "internal/craft/*", "internal/stat"},
		why:    "the engine is what its use cases share; it knows no door, no adapter and none of the use cases",
	},
	{
		folder: "internal/engine/*",
		may:    []string{"internal/engine", "internal/loop/*", "internal/record", "internal/craft/*", "internal/stat"},
		why:    "a use case knows no door, no adapter and no other use case; what siblings share is in internal/engine",
	},
	{
		folder: "internal/loop/deliver", may: []string{"internal/record", "internal/craft/*", "internal/stat"},
		why: "a stage never imports a stage: they meet in root types, in the record and in the engine",
	},
	{
		folder: "internal/loop/observe", may: []string{"internal/record", "internal/craft/*", "internal/stat"},
		why: "a stage never imports a stage: they meet in root types, in the record and in the engine",
	},
	{
		folder: "internal/loop/*", may: []string{"internal/craft/*", "internal/stat"}, pure: true,
		why: "a stage never imports a stage, and this one never reads or writes: the engine reads, calls it, and writes",
	},
	{
		folder: "internal/craft/*", may: []string{"internal/craft/*"}, pure: true,
		why: "a craft is how content is made and measured, whoever asks",
	},
	{
		folder: "internal/stat", pure: true,
		why: "statistics know numbers only",
	},
	{
		folder: "internal/record",
		why:    "the ports are for every adapter, so they know none",
	},
	{
		folder: "internal/sqlite", may: []string{"internal/record"},
		why: "an adapter knows its ports",
	},
	{
		folder: "internal/channel/*", may: []string{"internal/craft/*", "internal/stat"},
		why: "a sender is told what to send",
	},
	{
		folder: "internal/model", may: []string{"internal/craft/*", "internal/stat"},
		why: "a model adapter is told what to ask",
	},
	{
		folder: "internal/intake", may: []string{"internal/craft/*", "internal/stat"},
		why: "an import turns other systems' files into root types, and the caller keeps them",
	},
	{
		folder: "internal/intake/*", may: []string{"internal/craft/*", "internal/stat"},
		why: "a source lists and opens, and the caller keeps what is in it",
	},
	{
		folder: "internal/encode", may: []string{"internal/craft/*", "internal/stat"},
		why: "an encoder turns bytes into bytes",
	},
	{
		folder: "internal/demo", may: []string{"internal/demo/*", "internal/craft/*", "internal/stat"},
		why: "simulated recipients use only the doors, or their figures would prove nothing",
	},
	{
		folder: "examples",
		why:    "an example is files",
	},
	{
		folder: "internal/demo/*", pure: true,
		why: "what the example shows is made of nothing but its name",
	},
}

func roomOf(folder string) (room, bool) {
	for _, r := range rooms {
		if match(r.folder, folder) {
			return r, true
		}
	}
	return room{}, false
}

func match(pattern, folder string) bool {
	if pattern == everything {
		return true
	}
	ok, err := path.Match(pattern, folder)
	return ok && err == nil
}

// A rule looks over the house and returns its faults.
type rule struct {
	name  string
	check func(*house) []fault
}

// faults returns what the rule finds, by place.
func (r rule) faults(h *house) []fault {
	found := r.check(h)
	slices.SortFunc(found, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.says, b.says))
	})
	return found
}

// rules has every rule once; arch_faults_test.go plants a fault for each.
var rules = []rule{
	{"every file parses", parses},
	{"every folder is a room of the house", rooming},
	{"arrows", arrows},
	{"test packages stay in tests", testPackages},
	{"standard library only", stdlibOnly},
	{"pure packages do no I/O", pureImports},
	{"pure packages take time and chance as arguments", pureCalls},
	{"no cgo", noCgo},
	{"no init functions", noInit},
	{"short chains", shortChains},
	{"short files", shortFiles},
	{"short functions", shortFunctions},
	{"packages are documented", documentedPackages},
	{"exported names are documented", documentedNames},
	{"packages are named for things", namedPackages},
	{"few dependencies, each explained", dependencies},
	{"the map shows every package", onTheMap},
	{"documents that are named exist", links},
}

func TestHouse(t *testing.T) {
	h := open(t, os.DirFS("."))
	t.Logf("%d files in %d packages; folders not looked into: %s", len(h.files), len(h.packages), strings.Join(h.skipped, ", "))
	for _, known := range []string{".", "internal/record"} {
		if h.packages[known] == nil {
			t.Errorf("the walk did not find package %s, so it proves nothing", known)
		}
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.faults(h) {
				t.Error(f)
			}
		})
	}
}
