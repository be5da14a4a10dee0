package rule

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/throughline-engine/throughline"
)

// analyse finds what the rule reads and refuses what the types let through: a
// slot used as if it were a text.
func (p *Program) analyse() error {
	tree := p.ast.NativeRep()
	vars, fields := map[string]bool{}, map[string]bool{}
	var whole string
	var made bool
	var walk func(e ast.Expr, bound map[string]bool)
	walk = func(e ast.Expr, bound map[string]bool) {
		if path := pathOf(e); path != nil {
			if bound[path[0]] {
				return
			}
			vars[path[0]] = true
			fields[strings.Join(path, ".")] = true
			if whole == "" && len(path) == 1 && p.env.slots[path[0]] {
				whole = path[0]
			}
			return
		}
		made = made || e.Kind() == ast.StructKind
		if e.Kind() == ast.ComprehensionKind {
			c := e.AsComprehension()
			walk(c.IterRange(), bound)
			walk(c.AccuInit(), bound)
			inner := maps.Clone(bound)
			inner[c.IterVar()], inner[c.IterVar2()], inner[c.AccuVar()] = true, true, true
			for _, part := range []ast.Expr{c.LoopCondition(), c.LoopStep(), c.Result()} {
				walk(part, inner)
			}
			return
		}
		for _, child := range children(e) {
			walk(child, bound)
		}
	}
	walk(tree.Expr(), map[string]bool{})
	if made {
		return throughline.Errorf(throughline.Invalid, "a rule cannot make a thing of its own: %s", short(p.text)).
			WithFix("compare what is there, as in %s", p.env.example)
	}
	if whole != "" {
		return throughline.Errorf(throughline.Invalid, "%s is a slot, and a rule reads its fields: %s", whole, short(p.text)).
			WithFix("write %s.text, %s.name, %s.empty or %s.labels", whole, whole, whole, whole)
	}
	p.vars, p.fields = slices.Sorted(maps.Keys(vars)), slices.Sorted(maps.Keys(fields))
	p.must = required(tree.Expr())
	return nil
}

// pathOf returns the names of a.b.c or a["b"].c, or nil for anything else.
func pathOf(e ast.Expr) []string {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{strings.TrimPrefix(e.AsIdent(), ".")}
	case ast.SelectKind:
		if path := pathOf(e.AsSelect().Operand()); path != nil {
			return append(path, e.AsSelect().FieldName())
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() != operators.Index || c.Args()[1].Kind() != ast.LiteralKind {
			return nil
		}
		key, isText := c.Args()[1].AsLiteral().(types.String)
		if path := pathOf(c.Args()[0]); path != nil && isText {
			return append(path, string(key))
		}
	}
	return nil
}

func children(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return append([]ast.Expr{c.Target()}, c.Args()...)
		}
		return c.Args()
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.MapKind:
		var all []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			all = append(all, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return all
	case ast.StructKind:
		var all []ast.Expr
		for _, field := range e.AsStruct().Fields() {
			all = append(all, field.AsStructField().Value())
		}
		return all
	}
	return nil
}

// required returns the fields of context that a clause joined by && compares
// directly. Without one of them that clause has no answer, so the rule is false,
// and saying so at once saves the language from building an error for each.
func required(root ast.Expr) []string {
	found := map[string]bool{}
	for _, clause := range conjuncts(root) {
		operands := []ast.Expr{clause}
		if clause.Kind() == ast.CallKind && strict(clause.AsCall().FunctionName()) {
			operands = children(clause)
		}
		for _, o := range operands {
			if o.Kind() == ast.SelectKind && o.AsSelect().IsTestOnly() {
				continue // has(context.plan) is false without it, but cheap to ask
			}
			if path := pathOf(o); len(path) > 1 && path[0] == "context" {
				found[path[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// strict reports whether a call has no answer when an operand has none.
func strict(function string) bool {
	switch function {
	case operators.LogicalAnd, operators.LogicalOr, operators.Conditional, operators.NotStrictlyFalse:
		return false
	}
	return true
}

// conjuncts returns the clauses that && joins at the top of a rule, in order.
func conjuncts(e ast.Expr) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.LogicalAnd {
		return []ast.Expr{e}
	}
	var all []ast.Expr
	for _, arg := range e.AsCall().Args() {
		all = append(all, conjuncts(arg)...)
	}
	return all
}

// units writes a cost; the language's "without bound" is a number nobody reads.
func units(cost uint64) string {
	if cost > 1<<50 {
		return "any number of"
	}
	return strconv.FormatUint(cost, 10)
}
