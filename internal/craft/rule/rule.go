package rule

import (
	"errors"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"

	"github.com/throughline-engine/throughline"
)

// Activation gives a rule its variables: Context for an audience rule, *Variant
// for a variant rule.
type Activation = cel.Activation

// Context is what a request says of the recipient, as an audience rule sees it.
// Values are strings, numbers, booleans, and lists and maps of them. It is used
// as it is, without copying.
type Context map[string]any

// ResolveName gives the one variable of an audience rule.
func (c Context) ResolveName(name string) (any, bool) {
	if name != "context" {
		return nil, false
	}
	return map[string]any(c), true
}

// Parent returns nil: there is nothing outside the context.
func (Context) Parent() Activation { return nil }

// Variant is one filling of a template's slots, as a variant rule sees it. Set
// its fields and ask; then change them and ask again: one Variant serves a
// whole enumeration. It is not safe for concurrent use.
type Variant struct {
	// Names are the slots, in the template's order; Slots what fills each.
	Names []string
	Slots []*Slot

	Locale, Channel, Template string
	Tokens                    map[string]string
}

// ResolveName gives a slot, or one of locale, channel, template and tokens.
func (v *Variant) ResolveName(name string) (any, bool) {
	for i, n := range v.Names {
		if n == name && v.Slots[i] != nil {
			return v.Slots[i], true
		}
	}
	switch name {
	case "locale":
		return v.Locale, true
	case "channel":
		return v.Channel, true
	case "template":
		return v.Template, true
	case "tokens":
		return v.Tokens, true
	}
	return nil, false
}

// Parent returns nil: there is nothing outside the variant.
func (*Variant) Parent() Activation { return nil }

// Program is a compiled rule. It is safe for concurrent use.
type Program struct {
	env    *Env
	text   string
	ast    *cel.Ast
	run    cel.Program
	cost   uint64
	vars   []string
	fields []string
	// must are the fields of context without which the rule is false.
	must []string
}

// Compile checks the text of a rule and prepares it. A text that is not a rule
// is an error with the code Invalid that says, in words, what the language said
// and where; one that is too long, or may cost too much, has the code TooLarge.
// The caller adds the place: the resource and the field.
func Compile(env *Env, text string) (*Program, error) {
	if env.err != nil {
		return nil, env.err
	}
	if len(text) > MaxBytes {
		return nil, throughline.Errorf(throughline.TooLarge, "the rule is %d bytes long, and %d are allowed", len(text), MaxBytes).
			WithFix("split it into several rules, or move lists into labels")
	}
	checked, issues := env.cel.Compile(text)
	if issues.Err() != nil {
		return nil, env.explain(text, issues)
	}
	if got := checked.OutputType(); !got.IsExactType(types.BoolType) && !got.IsExactType(types.DynType) {
		return nil, throughline.Errorf(throughline.Invalid, "the rule gives a %s where true or false is needed: %s", typeWord(got.String()), short(text)).
			WithFix("compare the value with something, as in %s", env.example)
	}
	p := &Program{env: env, text: text, ast: checked}
	if err := p.analyse(); err != nil {
		return nil, err
	}
	if err := p.plan(); err != nil {
		return nil, err
	}
	return p, nil
}

// plan estimates the cost and prepares the evaluation.
func (p *Program) plan() error {
	estimate, err := p.env.cel.EstimateCost(p.ast, sizes{})
	if err != nil {
		return throughline.Errorf(throughline.Invalid, "the cost of the rule cannot be told: %v", err)
	}
	p.cost = estimate.Max
	if p.cost > p.env.limit {
		return p.tooCostly()
	}
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if p.loops() {
		// Only a loop can use more than the estimate, when its input is larger
		// than assumed. Tracking costs more than a simple rule itself, so rules
		// without loops go without.
		opts = append(opts, cel.CostLimit(p.env.limit))
	}
	if p.run, err = p.env.cel.Program(p.ast, opts...); err != nil {
		return throughline.Errorf(throughline.Invalid, "the rule cannot be prepared: %v", err)
	}
	return nil
}

// loops reports whether the work grows with the input beyond one pass over a
// text: a comprehension or a regular expression.
func (p *Program) loops() bool {
	found := false
	ast.PostOrderVisit(p.ast.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		found = found || e.Kind() == ast.ComprehensionKind || e.Kind() == ast.CallKind && e.AsCall().FunctionName() == "matches"
	}))
	return found
}

// Text returns the rule as it was written.
func (p *Program) Text() string { return p.text }

// Variables returns the variables the rule reads, ascending: the slots a
// constraint needs.
func (p *Program) Variables() []string { return slices.Clone(p.vars) }

// Fields returns what the rule reads, as paths, ascending: context.plan,
// hero.text. A variable that is not read by constant field names stands for all
// of it: context.
func (p *Program) Fields() []string { return slices.Clone(p.fields) }

// Eval answers the rule. What is missing or of another type makes a rule false,
// as the package comment says; the only error is a rule that used more than its
// cost limit, with the code TooLarge, and then the answer is false.
func (p *Program) Eval(a Activation) (bool, error) {
	if c, ok := a.(Context); ok {
		for _, field := range p.must {
			if _, there := c[field]; !there {
				return false, nil
			}
		}
	}
	out, _, err := p.run.Eval(a)
	if err == nil {
		return out == types.True, nil
	}
	if cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err); ok {
		return false, throughline.Errorf(throughline.TooLarge, "the rule used more than %d units: %s: %w", p.env.limit, short(p.text), cancelled).
			WithFix("loop over shorter lists, or compare instead of matching")
	}
	return false, nil
}
