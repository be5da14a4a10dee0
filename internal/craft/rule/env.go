// Package rule owns the expression language of the engine, which is CEL: what a
// rule may refer to, what it may cost, what it says when it is wrong, and how it
// is asked a million times a second.
//
// There are two environments. An audience rule sees context, a map of what the
// request says of the recipient. A variant rule sees the slots of a template by
// name, each with the fields name, text, empty and labels, and locale, channel,
// template and tokens.
//
// What is missing is neither true nor false. A comparison over a field that is
// not there, or is of another type, has no answer; && and || decide without it
// where they can, as SQL does with NULL; ! leaves it so; and a rule that rests
// on it is false. So context.plan == "pro" and context.plan != "pro" are both
// false for a request that says nothing of a plan, and
// context.plan == "pro" || context.vip is true for one that only says vip.
package rule

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/throughline-engine/throughline"
)

// The limits on one rule. They bound what compiling costs before the estimate of
// what evaluating costs is even made.
const (
	// MaxBytes is the longest text of a rule.
	MaxBytes = 4096
	// MaxNodes is the most parts a rule may have, each name, value and operator
	// being one.
	MaxNodes = 500
	// AudienceCost and VariantCost bound the estimated worst case and, for rules
	// that loop, what one evaluation may really use. A unit is about one
	// comparison. An audience rule stands in the way of every request, a variant
	// rule only of a release.
	AudienceCost = 20_000
	VariantCost  = 200_000

	maxDepth    = 40
	maxLoops    = 2
	maxRegexp   = 2_000
	maxMessages = 5
)

// Env is what a rule may refer to. It is safe for concurrent use; making one
// takes about as long as compiling a rule, so keep it for many rules.
type Env struct {
	cel     *cel.Env
	err     error
	limit   uint64
	names   []string // the variables, for suggestions
	slots   map[string]bool
	place   string // what the rule is about, for messages
	example string
}

// AudienceEnv returns the environment of audience rules: the variable context.
func AudienceEnv() *Env {
	e := &Env{
		limit: AudienceCost, names: []string{"context"},
		place: "audience rule", example: `context.plan == "pro"`,
	}
	return e.build(cel.Variable("context", cel.MapType(cel.StringType, cel.DynType)))
}

// VariantEnv returns the environment of rules over the variants of a template
// with these slots: a variable for each, and locale, channel, template, tokens.
func VariantEnv(slots []string) *Env {
	e := &Env{
		limit: VariantCost, names: append(slices.Clone(slots), variantNames()...),
		slots: make(map[string]bool, len(slots)), place: "variant rule",
		example: `!headline.empty && size(headline.text) < 40`,
	}
	opts := []cel.EnvOption{
		cel.Variable("locale", cel.StringType),
		cel.Variable("channel", cel.StringType),
		cel.Variable("template", cel.StringType),
		cel.Variable("tokens", cel.MapType(cel.StringType, cel.StringType)),
	}
	for _, s := range slots {
		if e.slots[s] || Reserved(s) {
			continue // both are problems of the template, told where it is validated
		}
		e.slots[s] = true
		opts = append(opts, cel.Variable(s, types.NewObjectType(slotType)))
	}
	return e.build(opts...)
}

func variantNames() []string { return []string{"locale", "channel", "template", "tokens"} }

// Reserved reports whether a slot may not have the name because the language or
// the variant environment already gives it a meaning.
func Reserved(name string) bool {
	switch name {
	case "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
		"import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
		"bool", "bytes", "double", "duration", "dyn", "int", "list", "map", "string", "timestamp", "type", "uint",
		"null_type", "size", "has", "matches", "all", "exists", "exists_one", "filter", "token", "context":
		return true
	}
	return slices.Contains(variantNames(), name)
}

func (e *Env) build(vars ...cel.EnvOption) *Env {
	registry, err := types.NewRegistry()
	if err != nil {
		e.err = throughline.Errorf(throughline.Internal, "rules: %w", err)
		return e
	}
	opts := append([]cel.EnvOption{
		cel.CustomTypeAdapter(adapter{registry}),
		cel.CustomTypeProvider(provider{registry}),
		cel.ParserExpressionSizeLimit(MaxBytes),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserErrorRecoveryLimit(maxMessages),
		cel.ExpressionNodeLimit(MaxNodes),
		cel.RegexProgramSizeLimit(maxRegexp),
		cel.EnableMacroCallTracking(),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateComprehensionNestingLimit(maxLoops)),
	}, vars...)
	if e.cel, err = cel.NewEnv(opts...); err != nil {
		e.err = throughline.Errorf(throughline.Internal, "rules: %w", err)
	}
	return e
}

// slotType is the name under which the language knows Slot.
const slotType = "slot"

// provider adds the fields of a slot to the built-in types, so that a misspelt
// field is an error when the rule is declared and not when it is asked.
type provider struct{ types.Provider }

func slotFields() []string { return []string{"name", "text", "empty", "labels"} }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if name == slotType {
		return types.NewTypeTypeWithParam(types.NewObjectType(slotType)), true
	}
	return p.Provider.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if name == slotType {
		return slotFields(), true
	}
	return p.Provider.FindStructFieldNames(name)
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name != slotType {
		return p.Provider.FindStructFieldType(name, field)
	}
	always := func(any) bool { return true }
	get := func(read func(*Slot) any) func(any) (any, error) {
		return func(target any) (any, error) {
			s, ok := target.(*Slot)
			if !ok {
				return nil, throughline.Errorf(throughline.Internal, "a slot is a %T", target)
			}
			return read(s), nil
		}
	}
	switch field {
	case "name":
		return &types.FieldType{Type: types.StringType, IsSet: always, GetFrom: get(func(s *Slot) any { return s.name })}, true
	case "text":
		return &types.FieldType{Type: types.StringType, IsSet: always, GetFrom: get(func(s *Slot) any { return s.text })}, true
	case "empty":
		return &types.FieldType{Type: types.BoolType, IsSet: always, GetFrom: get(func(s *Slot) any { return s.empty })}, true
	case "labels":
		return &types.FieldType{
			Type:  types.NewMapType(types.StringType, types.StringType),
			IsSet: always, GetFrom: get(func(s *Slot) any { return s.labels }),
		}, true
	}
	return nil, false
}

// NewValue refuses slot{...}: slots come from templates, not from rules.
func (p provider) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if name == slotType {
		return types.NewErr("a rule cannot make a slot")
	}
	return p.Provider.NewValue(name, fields)
}

// adapter leaves slots as they are: the compiler has made sure that only their
// fields are read, and those are values of the language already.
type adapter struct{ types.Adapter }

func (a adapter) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case *Slot:
		return types.NewErr("a slot is not a value")
	}
	return a.Adapter.NativeToValue(v)
}

// Slot is what a variant rule sees of one slot. Its fields are kept in the
// language's own form, so that reading them allocates nothing.
type Slot struct {
	name, text, empty ref.Val
	labels            traits.Mapper
}

// NewSlot returns a slot filled by the named fragment. An empty name is a slot
// left unfilled.
func NewSlot(name, text string, labels map[string]string) *Slot {
	return &Slot{
		name:   types.String(name),
		text:   types.String(text),
		empty:  types.Bool(name == ""),
		labels: types.NewStringStringMap(types.DefaultTypeAdapter, labels),
	}
}
