package style

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// readability bounds the mean of some grades.
func (r *reader) readability() {
	names := map[string]text.Metric{
		"Gunning Fog": text.GunningFog, "Coleman-Liau": text.ColemanLiau, "Flesch-Kincaid": text.FleschKincaid, "SMOG": text.SMOG, "Automated Readability": text.ARI,
	}
	var metrics []text.Metric
	for _, m := range r.list("metrics") {
		if names[m.text] == "" {
			r.problem(m.node, "the rule %s has the metric %q", r.name, m.text).WithFix("use Gunning Fog, Coleman-Liau, Flesch-Kincaid, SMOG or Automated Readability")
		}
		metrics = append(metrics, names[m.text])
	}
	grade := r.number("grade", 0)
	if len(metrics) == 0 || grade == 0 {
		r.problem(r.root, "the rule %s needs metrics and a grade", r.name).WithFix("write metrics: [Flesch-Kincaid] and grade: 9")
		return
	}
	r.rule.check = func(run *run) {
		counts := text.Count(run.text, run.language)
		sum := 0.0
		for _, m := range metrics {
			score, known := counts.Score(m)
			if !known {
				run.short(counts)
				return
			}
			sum += score
		}
		if mean := sum / float64(len(metrics)); mean > grade {
			run.add(0, len(run.text), nil, strconv.FormatFloat(mean, 'f', 2, 64))
		}
	}
}

// short says that a text is too short for its readability to be known.
func (r *run) short(counts text.Counts) {
	r.unknown("the text has " + strconv.Itoa(counts.Words) + " words, and a measure needs " + strconv.Itoa(text.MinWords))
}

// metric holds a formula against a condition: formula: (words / sentences),
// condition: "> 20".
func (r *reader) metric() {
	formula, condition := r.text("formula", ""), r.text("condition", "")
	f := r.expression("formula", strings.NewReplacer("heading.h", "heading_h").Replace(formula))
	c := r.expression("condition", "result "+condition)
	if len(r.problems) > 0 {
		return
	}
	if b, ok := c.(*ast.BinaryExpr); !ok || !comparison(b.Op) {
		r.problem(r.get("condition"), "the condition of the rule %s compares nothing", r.name).WithFix(`write condition: "> 8"`)
		return
	}
	r.rule.check = func(run *run) {
		counts := text.Count(run.text, run.language)
		if counts.Words < text.MinWords {
			run.short(counts)
			return
		}
		values := valuesOf(counts, run.text)
		result, err := evaluate(f, values)
		if err == nil {
			values["result"] = result
			var met float64
			if met, err = evaluate(c, values); err == nil && met != 0 {
				run.add(0, len(run.text), nil, strconv.FormatFloat(result, 'f', 2, 64))
			}
		}
		if err != nil {
			run.unknown(err.Error())
		}
	}
}

// expression reads a formula: numbers, variables, + - * / %, comparisons,
// parentheses and functions of math. It is the notation of Go's expressions, of
// which nothing else is let through.
func (r *reader) expression(key, source string) ast.Expr {
	node := r.get(key)
	if node == nil || len(source) > 2000 {
		r.problem(node, "the rule %s has no %s, or one that is too long", r.name, key).WithFix("write formula: (words / sentences) and condition: \"> 20\"")
		return nil
	}
	e, err := parser.ParseExpr(source)
	if err == nil {
		values := valuesOf(text.Counts{Sentences: 1, Words: 1, Letters: 1, Syllables: 1, Long: 1, Poly: 1, Single: 1}, "x")
		values["result"] = 1
		_, err = evaluate(e, values)
	}
	if err != nil {
		r.problem(node, "%s of the rule %s cannot be worked out: %s", key, r.name, shorten(err.Error())).
			WithFix("use numbers, + - * / ( ), math.sqrt and the variables words, sentences, syllables, characters, complex_words, long_words, polysyllabic_words and paragraphs")
		return nil
	}
	return e
}

// valuesOf are the variables of a formula. What a text here has no parts of is 0.
func valuesOf(c text.Counts, s string) map[string]float64 {
	paragraphs := 0
	for p := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(p) != "" {
			paragraphs++
		}
	}
	values := map[string]float64{
		"words": float64(c.Words), "sentences": float64(c.Sentences), "syllables": float64(c.Syllables), "characters": float64(c.Letters),
		"complex_words": float64(c.Poly), "polysyllabic_words": float64(c.Poly), "long_words": float64(c.Long), "paragraphs": float64(paragraphs),
	}
	for _, none := range strings.Fields("pre list blockquote heading_h1 heading_h2 heading_h3 heading_h4 heading_h5 heading_h6") {
		values[none] = 0
	}
	return values
}

func comparison(op token.Token) bool {
	return op == token.GTR || op == token.GEQ || op == token.LSS || op == token.LEQ || op == token.EQL || op == token.NEQ
}

// evaluate works out an expression; a comparison is 1 or 0.
func evaluate(e ast.Expr, values map[string]float64) (float64, error) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return evaluate(e.X, values)
	case *ast.BasicLit:
		if e.Kind == token.INT || e.Kind == token.FLOAT {
			return strconv.ParseFloat(e.Value, 64)
		}
	case *ast.Ident:
		if v, ok := values[e.Name]; ok {
			return v, nil
		}
		return 0, errors.New("there is no variable " + e.Name)
	case *ast.UnaryExpr:
		v, err := evaluate(e.X, values)
		if e.Op == token.SUB {
			return -v, err
		}
		if e.Op == token.ADD {
			return v, err
		}
	case *ast.BinaryExpr:
		x, err := evaluate(e.X, values)
		if err != nil {
			return 0, err
		}
		y, err := evaluate(e.Y, values)
		if err != nil {
			return 0, err
		}
		return operate(e.Op, x, y)
	case *ast.CallExpr:
		return call(e, values)
	}
	return 0, errors.New("only arithmetic is done")
}

func operate(op token.Token, x, y float64) (float64, error) {
	truth := func(is bool) (float64, error) {
		if is {
			return 1, nil
		}
		return 0, nil
	}
	switch op {
	case token.ADD:
		return x + y, nil
	case token.SUB:
		return x - y, nil
	case token.MUL:
		return x * y, nil
	case token.QUO:
		if y == 0 {
			return 0, errors.New("it divides by zero")
		}
		return x / y, nil
	case token.REM:
		return math.Mod(x, y), nil
	case token.GTR:
		return truth(x > y)
	case token.GEQ:
		return truth(x >= y)
	case token.LSS:
		return truth(x < y)
	case token.LEQ:
		return truth(x <= y)
	case token.EQL:
		return truth(x == y)
	case token.NEQ:
		return truth(x != y)
	}
	return 0, errors.New("there is no operator " + op.String())
}

// call works out math.name(x) and math.pow(x, y).
func call(e *ast.CallExpr, values map[string]float64) (float64, error) {
	function, ok := e.Fun.(*ast.SelectorExpr)
	if !ok {
		return 0, errors.New("only functions of math are called")
	}
	if from, ok := function.X.(*ast.Ident); !ok || from.Name != "math" {
		return 0, errors.New("only functions of math are called")
	}
	var args []float64
	for _, a := range e.Args {
		v, err := evaluate(a, values)
		if err != nil {
			return 0, err
		}
		args = append(args, v)
	}
	one := map[string]func(float64) float64{
		"sqrt": math.Sqrt, "abs": math.Abs, "floor": math.Floor, "ceil": math.Ceil, "log": math.Log, "log10": math.Log10, "log2": math.Log2, "exp": math.Exp, "cbrt": math.Cbrt, "trunc": math.Trunc,
	}
	two := map[string]func(a, b float64) float64{"pow": math.Pow, "max": math.Max, "min": math.Min}
	name := strings.ToLower(function.Sel.Name)
	switch {
	case len(args) == 1 && one[name] != nil:
		return one[name](args[0]), nil
	case len(args) == 2 && two[name] != nil:
		return two[name](args[0], args[1]), nil
	}
	return 0, errors.New("there is no function math." + function.Sel.Name + " of so many numbers")
}
