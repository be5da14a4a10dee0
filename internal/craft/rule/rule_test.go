package rule_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

func compile(t testing.TB, env *rule.Env, text string) *rule.Program {
	t.Helper()
	p, err := rule.Compile(env, text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAudienceRules(t *testing.T) {
	env := rule.AudienceEnv()
	pro := rule.Context{"plan": "pro", "age": 41.0, "country": "DE", "vip": true, "tags": []any{"sport", "city"}, "home": map[string]any{"zip": "10115"}}
	tests := []struct {
		name    string
		rule    string
		context rule.Context
		want    bool
	}{
		{"a text is compared", `context.plan == "pro"`, pro, true},
		{"a number from JSON is compared with a whole number", `context.age >= 18`, pro, true},
		{"a flag stands alone", `context.vip`, pro, true},
		{"a list is searched", `"sport" in context.tags`, pro, true},
		{"a list is looped over", `context.tags.exists(t, t.startsWith("ci"))`, pro, true},
		{"a nested field is read", `context.home.zip == "10115"`, pro, true},
		{"three clauses all hold", `context.plan == "pro" && context.age > 18 && context.country in ["DE", "AT"]`, pro, true},
		{"one of three clauses does not hold", `context.plan == "pro" && context.age > 50 && context.country in ["DE", "AT"]`, pro, false},

		{"a missing field is not equal to anything", `context.plan == "pro"`, rule.Context{}, false},
		{"a missing field is not unequal to anything either", `context.plan != "pro"`, rule.Context{}, false},
		{"a missing field under not stays without answer", `!(context.plan == "pro")`, rule.Context{}, false},
		{"a missing flag under not stays without answer", `!context.vip`, rule.Context{}, false},
		{"or decides without a missing field on its left", `context.plan == "pro" || context.vip`, rule.Context{"vip": true}, true},
		{"or decides without a missing field on its right", `context.vip || context.plan == "pro"`, rule.Context{"vip": true}, true},
		{"or rests on a missing field when the rest is false", `context.vip || context.plan == "pro"`, rule.Context{"vip": false}, false},
		{"and rests on a missing field when the rest is true", `context.vip && context.plan == "pro"`, rule.Context{"vip": true}, false},
		{"and is false without asking a missing field", `!(context.vip && context.plan == "pro")`, rule.Context{"vip": false}, true},
		{"a missing condition chooses neither branch", `context.vip ? true : true`, rule.Context{}, false},
		{"a missing nested field is no error", `context.home.zip == "1"`, rule.Context{"home": map[string]any{}}, false},
		{"has asks for presence", `has(context.plan)`, pro, true},
		{"has asks for absence", `!has(context.plan)`, rule.Context{}, true},
		{"a field of another type has no answer", `context.age > 18`, rule.Context{"age": "old"}, false},
		{"a flag that is a text has no answer", `context.vip`, rule.Context{"vip": "yes"}, false},
		{"a null is not a text", `context.plan == "pro"`, rule.Context{"plan": nil}, false},
		{"no context at all is an empty one", `context.plan == "pro"`, nil, false},
		{"a field is looked up in brackets", `context["plan"] == "pro"`, pro, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := compile(t, env, tt.rule).Eval(tt.context)
			if err != nil || got != tt.want {
				t.Errorf("%s over %v = %v, %v; want %v", tt.rule, tt.context, got, err, tt.want)
			}
		})
	}
}

func variant() *rule.Variant {
	return &rule.Variant{
		Names: []string{"headline", "cta"},
		Slots: []*rule.Slot{
			rule.NewSlot("hello", "Hello there", map[string]string{"tone": "warm"}),
			rule.NewSlot("", "", nil),
		},
		Locale: "de", Channel: "web", Template: "card", Tokens: map[string]string{"accent": "#0b62d6"},
	}
}

func TestVariantRules(t *testing.T) {
	env := rule.VariantEnv([]string{"headline", "cta"})
	tests := []struct {
		name, rule string
		want       bool
	}{
		{"a text has a size", `size(headline.text) == 11`, true},
		{"an unfilled slot is empty", `cta.empty && cta.name == "" && !headline.empty`, true},
		{"a label is compared", `headline.labels.tone == "warm"`, true},
		{"a label that only one slot has makes the comparison false", `headline.labels.tone == cta.labels.tone`, false},
		{"an empty slot can be let through", `cta.empty || headline.labels.tone == cta.labels.tone`, true},
		{"the locale, the channel, the template and the tokens are there", `locale == "de" && channel == "web" && template == "card" && tokens.accent == "#0b62d6"`, true},
		{"texts are matched", `headline.text.matches("^Hel+o")`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := compile(t, env, tt.rule).Eval(variant())
			if err != nil || got != tt.want {
				t.Errorf("%s = %v, %v; want %v", tt.rule, got, err, tt.want)
			}
		})
	}
}

func TestARuleKnowsWhatItNeeds(t *testing.T) {
	tests := []struct {
		env       *rule.Env
		rule      string
		variables []string
		fields    []string
	}{
		{rule.AudienceEnv(), `context.plan == "pro" && context["age"] > 3`, []string{"context"}, []string{"context.age", "context.plan"}},
		{rule.AudienceEnv(), `context.tags.exists(t, t == "x")`, []string{"context"}, []string{"context.tags"}},
		{rule.AudienceEnv(), `size(context) > 3`, []string{"context"}, []string{"context"}},
		{rule.VariantEnv([]string{"a", "b", "c"}), `a.text != b.labels.tone`, []string{"a", "b"}, []string{"a.text", "b.labels.tone"}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			p := compile(t, tt.env, tt.rule)
			if diff := cmp.Diff(tt.variables, p.Variables()); diff != "" {
				t.Error("variables", diff)
			}
			if diff := cmp.Diff(tt.fields, p.Fields()); diff != "" {
				t.Error("fields", diff)
			}
		})
	}
}

func TestWrongRules(t *testing.T) {
	audience, slots := rule.AudienceEnv(), rule.VariantEnv([]string{"headline", "cta"})
	nested := strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200)
	tests := []struct {
		env  *rule.Env
		rule string
		code throughline.Code
		want string
	}{
		{audience, `contxt.plan == "pro"`, throughline.Invalid, "did you mean context?"},
		{audience, `plan == "pro"`, throughline.Invalid, "write context.plan"},
		{audience, `context.plan = "pro"`, throughline.Invalid, `"=" was not expected`},
		{audience, `context.plan ==`, throughline.Invalid, "stops too early"},
		{audience, ``, throughline.Invalid, "stops too early"},
		{audience, `1 + 1`, throughline.Invalid, "whole number where true or false is needed"},
		{audience, `"a" == 1`, throughline.Invalid, "== does not work on text and whole number"},
		{audience, `context.a.matches("(")`, throughline.Invalid, "matches"},
		{slots, `headline.txt == "a"`, throughline.Invalid, "did you mean text?"},
		{slots, `headlin.text == "a"`, throughline.Invalid, "did you mean headline?"},
		{slots, `headline == cta`, throughline.Invalid, "write headline.text"},
		{slots, `slot{name: "x"}.name == "x"`, throughline.Invalid, ""},
		{audience, strings.Repeat("x", 5000), throughline.TooLarge, "5000 bytes long"},
		{audience, nested, throughline.TooLarge, "too large"},
		{audience, strings.Repeat("context.a == 1 && ", 200) + "true", throughline.TooLarge, ""},
		{audience, `context.a.all(x, context.b.all(y, context.c.exists(z, z == x)))`, throughline.TooLarge, ""},
		{audience, `context.a.all(x, context.b.all(y, x != y))`, throughline.TooLarge, "loop once"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.40s", tt.rule), func(t *testing.T) {
			_, err := rule.Compile(tt.env, tt.rule)
			if err == nil {
				t.Fatal("it compiled")
			}
			t.Log(err)
			if throughline.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %s: %v\nwant %s with %q", throughline.CodeOf(err), err, tt.code, tt.want)
			}
			if e, ok := err.(*throughline.Error); !ok || e.Fix == "" {
				t.Error("the error has no fix")
			}
		})
	}
}

func TestALoopOverMoreThanAssumedIsStopped(t *testing.T) {
	p := compile(t, rule.AudienceEnv(), `context.tags.exists(t, t.contains("needle"))`)
	long := make([]any, 200_000)
	for i := range long {
		long[i] = "hay hay hay"
	}
	got, err := p.Eval(rule.Context{"tags": long})
	if got || throughline.CodeOf(err) != throughline.TooLarge {
		t.Errorf("got %v, %v; want false and too_large", got, err)
	}
}

func TestExplainSaysWhichClauseFailed(t *testing.T) {
	p := compile(t, rule.AudienceEnv(), `context.plan == "pro" && context.age > 18 && (context.vip || context.tags.exists(t, t == "x"))`)
	got := p.Explain(rule.Context{"plan": "free", "age": 20.0})
	want := []rule.Clause{
		{Text: `context.plan == "pro"`, Why: `context.plan is "free"`},
		{Text: `context.age > 18`, True: true},
		{Text: `context.vip || context.tags.exists(t, t == "x")`, Why: `context.tags is missing, context.vip is missing`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAProgramIsSafeForConcurrentUse(t *testing.T) {
	p := compile(t, rule.AudienceEnv(), `context.n == context.m && context.tags.exists(t, t == "a")`)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				same := (g+i)%2 == 0
				m := float64(i)
				if !same {
					m++
				}
				got, err := p.Eval(rule.Context{"n": float64(i), "m": m, "tags": []any{"a"}})
				if err != nil || got != same {
					t.Errorf("got %v, %v; want %v", got, err, same)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkAudience(b *testing.B) {
	env := rule.AudienceEnv()
	context := rule.Context{"plan": "pro", "age": 41.0, "country": "DE", "vip": true}
	for _, bench := range []struct {
		name string
		rule string
		with rule.Context
	}{
		{"three clauses that hold", `context.plan == "pro" && context.age > 18.0 && context.country in ["DE", "AT"]`, context},
		{"the first of three is missing", `context.plan == "pro" && context.age > 18.0 && context.country in ["DE", "AT"]`, rule.Context{"age": 41.0}},
		{"or over a missing field", `context.planet == "pro" || context.age > 18.0`, context},
		{"a loop", `["a", "b", "DE"].exists(c, c == context.country)`, context},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := compile(b, env, bench.rule)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(bench.with); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVariant(b *testing.B) {
	p := compile(b, rule.VariantEnv([]string{"headline", "cta"}), `cta.empty || headline.labels.tone == cta.labels.tone`)
	v := variant()
	v.Slots[1] = rule.NewSlot("go", "Go", map[string]string{"tone": "warm"})
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := p.Eval(v); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkEnv(b *testing.B) {
	for b.Loop() {
		rule.VariantEnv([]string{"a", "b"})
	}
}

func BenchmarkCompile(b *testing.B) {
	env := rule.AudienceEnv()
	for b.Loop() {
		compile(b, env, `context.plan == "pro" && context.age > 18.0 && context.country in ["DE", "AT"]`)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`context.plan == "pro"`, `a.text == b.text`, `[1].exists(x, x == 1)`, `context["a"].b[0] == {"a": 1}.a`, "\"\\u0000\" in a.labels", `!has(context.a)`} {
		f.Add(s)
	}
	audience, slots := rule.AudienceEnv(), rule.VariantEnv([]string{"a", "b"})
	f.Fuzz(func(t *testing.T, s string) {
		for _, env := range []*rule.Env{audience, slots} {
			p, err := rule.Compile(env, s)
			if err != nil {
				if code := throughline.CodeOf(err); code != throughline.Invalid && code != throughline.TooLarge {
					t.Fatalf("%q: code %s: %v", s, code, err)
				}
				continue
			}
			var a rule.Activation = rule.Context{}
			if env == slots {
				a = &rule.Variant{Names: []string{"a", "b"}, Slots: []*rule.Slot{rule.NewSlot("x", "y", nil), rule.NewSlot("", "", nil)}}
			}
			if _, err := p.Eval(a); err != nil && throughline.CodeOf(err) != throughline.TooLarge {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
}
