package demo

import (
	"cel.dev/cel-go/cel"

	"github.com/throughline-engine/throughline"
)

// audienceRule compiles a rule over the context of a request. A field the
// context lacks makes it false.
func audienceRule(text string) (func(map[string]any) bool, error) {
	program, err := compile(text, []string{"context"})
	if err != nil {
		return nil, err
	}
	return func(context map[string]any) bool {
		v, _, err := program.Eval(map[string]any{"context": context})
		return err == nil && v.Value() == true
	}, nil
}

func compile(text string, variables []string) (cel.Program, error) {
	var options []cel.EnvOption
	for _, v := range variables {
		options = append(options, cel.Variable(v, cel.DynType))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	return env.Program(ast)
}

// slotRule is a template's constraint, ready to judge fillings.
type slotRule struct {
	when, assert cel.Program // when may be nil
}

func (r slotRule) allows(variables map[string]any) (bool, error) {
	if r.when != nil {
		v, _, err := r.when.Eval(variables)
		if err != nil || v.Value() != true {
			return true, err
		}
	}
	v, _, err := r.assert.Eval(variables)
	if err != nil {
		return false, err
	}
	return v.Value() == true, nil
}

// slotRules compiles the constraints of a template.
func slotRules(t *throughline.Template) ([]slotRule, error) {
	var names []string
	for _, s := range t.Slots {
		names = append(names, s.Name)
	}
	var rules []slotRule
	for _, c := range t.Constraints {
		var r slotRule
		var err error
		if c.When != "" {
			if r.when, err = compile(c.When, names); err != nil {
				return nil, constraintError(c, err)
			}
		}
		if r.assert, err = compile(c.Assert, names); err != nil {
			return nil, constraintError(c, err)
		}
		rules = append(rules, r)
	}
	return rules, nil
}

func constraintError(c throughline.Constraint, err error) error {
	return throughline.Errorf(throughline.Invalid, "the constraint %q cannot be asked: %w", c.Name, err)
}

// combine lists every filling of a template that its constraints allow, as
// positions in each slot's options, in lexical order.
func combine(t *throughline.Template, locale string, options [][]filling) ([][]uint16, error) {
	rules, err := slotRules(t)
	if err != nil {
		return nil, err
	}
	shown := make([][]map[string]any, len(options))
	for i := range options {
		for _, o := range options[i] {
			shown[i] = append(shown[i], o.variable(locale))
		}
	}
	var candidates [][]uint16
	vector := make([]uint16, len(options))
	variables := make(map[string]any, len(options))
	var walk func(slot int) error
	walk = func(slot int) error {
		if slot < len(options) {
			for i := range options[slot] {
				vector[slot], variables[t.Slots[slot].Name] = uint16(i), shown[slot][i]
				if err := walk(slot + 1); err != nil {
					return err
				}
			}
			return nil
		}
		for _, r := range rules {
			if ok, err := r.allows(variables); err != nil || !ok {
				return err
			}
		}
		candidates = append(candidates, append([]uint16(nil), vector...))
		return nil
	}
	return candidates, walk(0)
}

// variable is what a constraint sees of a filling.
func (f filling) variable(locale string) map[string]any {
	v := map[string]any{"name": f.name, "text": "", "empty": f.fragment == nil, "labels": f.labels}
	if f.fragment != nil {
		v["text"] = f.fragment.Values[locale]
	}
	if f.labels == nil {
		v["labels"] = map[string]string{}
	}
	return v
}
