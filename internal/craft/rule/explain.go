package rule

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// Clause is what became of one part of a rule.
type Clause struct {
	// Text is the part as the language writes it.
	Text string
	// True reports whether it held.
	True bool
	// Why says in words what stood in the way; empty when it held.
	Why string
}

// Explain evaluates, one by one, the clauses that && joins at the top of the
// rule, and says of each that did not hold what it found. It is for people who
// ask why, and many times slower than Eval.
func (p *Program) Explain(a Activation) []Clause {
	tree := p.ast.NativeRep()
	var all []Clause
	for _, e := range conjuncts(tree.Expr()) {
		c := Clause{Text: p.text}
		if s, err := cel.ExprToString(e, tree.SourceInfo()); err == nil {
			c.Text = s
		}
		held, err := p.clause(c.Text, a)
		c.True = held
		if err != nil {
			c.Why = err.Error()
		} else if !held {
			c.Why = p.why(c.Text, e, a)
		}
		all = append(all, c)
	}
	return all
}

func (p *Program) clause(text string, a Activation) (bool, error) {
	part, err := Compile(p.env, text)
	if err != nil {
		return false, err
	}
	return part.Eval(a)
}

// why names each value the clause read: context.plan is "free".
func (p *Program) why(text string, e ast.Expr, a Activation) string {
	part, err := Compile(p.env, text)
	if err != nil {
		return text + " is not true"
	}
	var found []string
	for _, field := range part.fields {
		value, ok := p.read(field, a)
		if !ok {
			found = append(found, field+" is missing")
			continue
		}
		found = append(found, field+" is "+value)
	}
	if len(found) == 0 {
		return text + " is never true"
	}
	return strings.Join(found, ", ")
}

// read returns the value at a path, as text.
func (p *Program) read(path string, a Activation) (string, bool) {
	names := strings.Split(path, ".")
	root, ok := a.ResolveName(names[0])
	if !ok {
		return "", false
	}
	if slot, isSlot := root.(*Slot); isSlot {
		return slot.read(names[1:])
	}
	for _, n := range names[1:] {
		switch m := root.(type) {
		case map[string]any:
			root, ok = m[n]
		case map[string]string:
			root, ok = m[n]
		default:
			return "", false
		}
		if !ok {
			return "", false
		}
	}
	return show(root), true
}

func (s *Slot) read(names []string) (string, bool) {
	if len(names) == 0 {
		return "", false
	}
	switch names[0] {
	case "name":
		return show(s.name.Value()), true
	case "text":
		return show(s.text.Value()), true
	case "empty":
		return show(s.empty.Value()), true
	}
	if len(names) == 1 {
		return fmt.Sprintf("%d labels", s.labels.Size().Value()), true
	}
	v, ok := s.labels.Find(types.String(names[1]))
	if !ok {
		return "", false
	}
	return show(v.Value()), true
}

func show(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case map[string]any, map[string]string, []any:
		return "set"
	}
	return fmt.Sprint(v)
}
