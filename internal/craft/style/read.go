package style

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// The limits of a rule. The largest in published styles are under a tenth.
const (
	MaxBytes   = 1 << 20
	maxEntries = 20_000 // in one list or map
	maxPattern = 256 << 10
	// MaxSize is how large the rules of one brand may be together.
	MaxSize = 4 * maxProgram
)

// kinds are the extension points that are done.
func kinds() []string {
	return []string{"existence", "substitution", "occurrence", "repetition", "consistency", "conditional", "capitalization", "readability", "metric"}
}

// Read reads a rule: one YAML file in the format of Vale. Its name, such as
// acme.NoHype, is what findings call it, and the place of errors is
// name:line:column. All problems come at once, as throughline.Problems.
func Read(name string, data []byte) (*Rule, error) {
	r := &reader{name: name, rule: &Rule{name: name, level: Warning}, used: map[string]bool{}}
	if len(data) > MaxBytes {
		return nil, throughline.Errorf(throughline.TooLarge, "the rule has %d bytes, and %d are allowed", len(data), MaxBytes).At(name).WithFix("split it into several rules")
	}
	if at := text.FirstInvalid(data); at >= 0 {
		line, column := text.Position(data, at)
		return nil, throughline.Errorf(throughline.Invalid, "this is not UTF-8").At(fmt.Sprintf("%s:%d:%d", name, line, column)).WithFix("save the file as UTF-8")
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "the rule %s is not YAML: %s", name, strings.TrimPrefix(err.Error(), "yaml: ")).At(name).WithFix("look at the indentation, and put patterns in single quotes")
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, throughline.Errorf(throughline.Invalid, "the rule %s is no map of keys", name).At(name + ":1:1").WithFix("begin it with extends: existence and message: ...")
	}
	r.root = document.Content[0]
	r.read()
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return r.rule, nil
}

// reader is the work of Read.
type reader struct {
	name     string
	root     *yaml.Node
	rule     *Rule
	used     map[string]bool
	full     bool // it was told that the rule is too large
	problems throughline.Problems
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) *throughline.Error {
	place := r.name
	if n != nil {
		place = fmt.Sprintf("%s:%d:%d", r.name, n.Line, n.Column)
	}
	err := throughline.Errorf(throughline.Invalid, format, args...).At(place)
	if len(r.problems) < 50 {
		r.problems = append(r.problems, err)
	}
	return err
}

// get returns the value of a key, or nil.
func (r *reader) get(key string) *yaml.Node {
	r.used[key] = true
	for i := 0; i+1 < len(r.root.Content); i += 2 {
		if r.root.Content[i].Value == key {
			return r.root.Content[i+1]
		}
	}
	return nil
}

func (r *reader) read() {
	extends := r.get("extends")
	if extends == nil {
		r.problem(r.root, "the rule %s does not say what it extends", r.name).WithFix("write extends: and one of %s", strings.Join(kinds(), ", "))
		return
	}
	r.rule.kind = extends.Value
	switch {
	case slices.Contains([]string{"script", "sequence", "spelling"}, extends.Value):
		why := map[string]string{
			"script":   "it runs a program, and rules here never do",
			"sequence": "it needs the part of speech of each word",
			"spelling": "it needs a dictionary",
		}[extends.Value]
		r.problem(extends, "the rule %s extends %s, which is not done here: %s", r.name, extends.Value, why).WithFix("leave the rule out, or say it as one of %s", strings.Join(kinds(), ", "))
		return
	case strings.Contains(extends.Value, "."):
		r.problem(extends, "the rule %s extends the rule %s, which is not done here", r.name, extends.Value).WithFix("write the rule out")
		return
	case !slices.Contains(kinds(), extends.Value):
		r.problem(extends, "the rule %s extends %q, which the format does not have", r.name, extends.Value).WithFix("use one of %s", strings.Join(kinds(), ", "))
		return
	}
	r.common()
	r.kind()
	r.leftOver()
}

// common reads what every rule may have.
func (r *reader) common() {
	if r.rule.message = r.text("message", ""); r.rule.message == "" {
		r.problem(r.root, "the rule %s has no message", r.name).WithFix("write message: with %%s where what was found stands")
	}
	if level := r.get("level"); level != nil {
		r.rule.level = Level(level.Value)
		if !slices.Contains([]Level{Suggestion, Warning, Error}, r.rule.level) {
			r.problem(level, "the level of %s is %q", r.name, level.Value).WithFix("use suggestion, warning or error")
		}
	}
	r.rule.link = r.text("link", "")
	r.rule.limit = int(r.number("limit", 0))
	for _, ignored := range []string{"description", "name", "tests", "vocab", "matchcase", "code"} {
		if n := r.get(ignored); n != nil && ignored == "code" {
			r.problem(n, "the rule %s has the key code, which the format gave up", r.name).WithFix("write scope: raw")
		}
	}
	if action := r.get("action"); action != nil {
		for i := 0; i+1 < len(action.Content); i += 2 {
			if action.Content[i].Value == "name" {
				r.rule.replace = action.Content[i+1].Value == "replace"
			}
		}
	}
	r.scopes()
}

func (r *reader) scopes() {
	nodes := []*yaml.Node{r.get("scope")}
	if nodes[0] == nil {
		r.rule.scopes = []scope{{"text"}}
		return
	}
	if nodes[0].Kind == yaml.SequenceNode {
		nodes = nodes[0].Content
	}
	for _, n := range nodes {
		var s scope
		for part := range strings.SplitSeq(n.Value, "&") {
			part = strings.TrimSpace(part)
			first, _, _ := strings.Cut(strings.TrimPrefix(part, "~"), ".")
			if n.Kind != yaml.ScalarNode || !known(first) {
				r.problem(n, "the rule %s has the scope %q, which is not known here", r.name, part).WithFix("use text, sentence, paragraph, heading, list, table, blockquote, alt or link")
				return
			}
			s = append(s, part)
		}
		r.rule.scopes = append(r.rule.scopes, s)
	}
}

func (r *reader) kind() {
	switch r.rule.kind {
	case "existence":
		r.existence()
	case "substitution":
		r.substitution()
	case "occurrence":
		r.occurrence()
	case "repetition":
		r.repetition()
	case "consistency":
		r.consistency()
	case "conditional":
		r.conditional()
	case "capitalization":
		r.capitalization()
	case "readability":
		r.readability()
	case "metric":
		r.metric()
	}
}

// leftOver tells keys that the rule's kind does not have.
func (r *reader) leftOver() {
	seen := map[string]bool{}
	for i := 0; i+1 < len(r.root.Content); i += 2 {
		key := r.root.Content[i]
		if seen[key.Value] {
			r.problem(key, "the rule %s has the key %s twice", r.name, key.Value).WithFix("keep one")
		}
		seen[key.Value] = true
		if r.used[key.Value] {
			continue
		}
		var names []string
		for name := range r.used {
			names = append(names, name)
		}
		slices.Sort(names)
		fix := "remove it"
		if near := text.Nearest(key.Value, names); near != "" {
			fix = "did you mean " + near + "?"
		}
		r.problem(key, "a rule that extends %s has no key %q", r.rule.kind, key.Value).WithFix("%s", fix)
	}
}

func (r *reader) text(key, otherwise string) string {
	n := r.get(key)
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode {
		r.problem(n, "%s of the rule %s is no text", key, r.name).WithFix("write one text")
	}
	return n.Value
}

func (r *reader) yes(key string) bool {
	n := r.get(key)
	if n == nil {
		return false
	}
	if n.Value != "true" && n.Value != "false" {
		r.problem(n, "%s of the rule %s is %q", key, r.name, n.Value).WithFix("write true or false")
	}
	return n.Value == "true"
}

func (r *reader) number(key string, otherwise float64) float64 {
	n := r.get(key)
	if n == nil {
		return otherwise
	}
	v, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || v < 0 || v > 1e9 || math.IsNaN(v) {
		r.problem(n, "%s of the rule %s is %q and not a number from 0 up", key, r.name, n.Value).WithFix("write a number")
		return otherwise
	}
	return v
}

// entry is a text of a list, or a key of a map with its value, and its place.
type entry struct {
	text, value string
	node        *yaml.Node
}

// list reads a list of texts; one text alone is a list of it.
func (r *reader) list(key string) []entry {
	n := r.get(key)
	if n == nil {
		return nil
	}
	nodes := n.Content
	if n.Kind == yaml.ScalarNode {
		nodes = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		r.problem(n, "%s of the rule %s is no list", key, r.name).WithFix("write a list of texts")
		return nil
	}
	return r.entries(key, n, nodes, 1)
}

// pairs reads a map of texts, or a list of such maps.
func (r *reader) pairs(key string) []entry {
	n := r.get(key)
	if n == nil {
		return nil
	}
	nodes := n.Content
	if n.Kind == yaml.SequenceNode {
		nodes = nil
		for _, item := range n.Content {
			nodes = append(nodes, item.Content...)
		}
	} else if n.Kind != yaml.MappingNode {
		r.problem(n, "%s of the rule %s is no map", key, r.name).WithFix("write pattern: replacement on each line")
		return nil
	}
	return r.entries(key, n, nodes, 2)
}

func (r *reader) entries(key string, n *yaml.Node, nodes []*yaml.Node, step int) []entry {
	if len(nodes) > maxEntries*step {
		r.problem(n, "%s of the rule %s has more than %d entries", key, r.name, maxEntries).WithFix("split it into several rules")
		return nil
	}
	var all []entry
	for i := 0; i+step <= len(nodes); i += step {
		e := entry{text: nodes[i].Value, node: nodes[i]}
		if step == 2 {
			e.value = nodes[i+1].Value
		}
		if nodes[i].Kind != yaml.ScalarNode || nodes[i+step-1].Kind != yaml.ScalarNode {
			r.problem(nodes[i], "%s of the rule %s holds something that is no text", key, r.name).WithFix("write texts alone, in single quotes where they hold : or #")
			return nil
		}
		if strings.TrimSpace(e.text) != "" {
			all = append(all, e)
		}
	}
	return all
}
