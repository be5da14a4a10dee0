package demo

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

const brokenFolder = "../../examples/lido-broken"

// broken is one file that shows a guardrail fire, or says why it does not yet.
type broken struct {
	name, fires, later string
	resources          []throughline.Resource
}

// brokenFiles reads them, by the name of the check or guardrail they show.
func brokenFiles(t *testing.T) map[string]broken {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(brokenFolder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]broken{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b := broken{name: strings.TrimSuffix(filepath.Base(path), ".yaml")}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "# fires: "); ok {
				b.fires = strings.TrimSpace(rest)
			}
			if rest, ok := strings.CutPrefix(line, "# later: "); ok {
				b.later = strings.TrimSpace(rest)
			}
		}
		if (b.fires == "") == (b.later == "") || !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s does not say what it shows, and either what fires or why nothing does", path)
		}
		if b.resources, err = declare.Decode(path, text); err != nil {
			t.Fatal(err)
		}
		all[b.name] = b
	}
	return all
}

// checkNames are the engine's checks as guardrail.go declares them.
func checkNames(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../guardrail.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "CheckName" {
			name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return true
	})
	return names
}

// said are the findings, as rule on object.
func said(findings []throughline.Finding) map[string]bool {
	all := map[string]bool{}
	for _, f := range findings {
		all[f.Rule+" on "+f.Object.String()] = true
	}
	return all
}

func TestTheBrokenLidoShowsEveryGuardrail(t *testing.T) {
	files := brokenFiles(t)
	good := resourcesOf(t, os.DirFS(lidoFolder))
	names := checkNames(t)
	if len(names) < 20 {
		t.Fatalf("guardrail.go declares only %v", names)
	}
	for _, r := range good {
		if r.Kind == throughline.KindGuardrail {
			names = append(names, r.Metadata.Name)
		}
	}
	for _, name := range names {
		if _, ok := files[name]; !ok {
			t.Errorf("no file shows %s", name)
		}
	}
	all := slices.Clone(good)
	for name, b := range files {
		if !slices.Contains(names, name) {
			t.Errorf("%s.yaml shows a guardrail that is not there", name)
		}
		all = append(all, b.resources...)
	}
	if err := declare.Validate(declare.NewSet(all)); err != nil {
		t.Fatalf("what is broken must be said by checks, and not be impossible: %v", err)
	}
	before, after := said(findingsOf(t, good)), said(findingsOf(t, all))
	for name, b := range files {
		switch {
		case b.fires != "":
			t.Run(name+" fires", func(t *testing.T) {
				if !after[b.fires] {
					t.Errorf("nothing says %s; %s", b.fires, about(after, b))
				}
				if before[b.fires] {
					t.Errorf("%s is said of the good lido too", b.fires)
				}
			})
		default:
			t.Run(name+" does not fire yet: "+b.later, func(t *testing.T) {
				for s := range after {
					rule, _, _ := strings.Cut(s, " on ")
					if _, check, _ := strings.Cut(rule, "#"); check == name || strings.HasPrefix(check, name+".") {
						t.Errorf("it fires now: write in the file %q in the place of later", "# fires: "+s)
					}
				}
			})
		}
	}
}

// about lists what is said of the things a file declares.
func about(findings map[string]bool, b broken) string {
	var all []string
	for s := range findings {
		for _, r := range b.resources {
			if strings.HasSuffix(s, " on "+r.Ref().String()) {
				all = append(all, s)
			}
		}
	}
	slices.Sort(all)
	return "of these things is said: " + strings.Join(all, "; ")
}
