package rule

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// explain turns what the language says into one error for a person who does not
// know its terms. Of several complaints the first is said: the others usually
// follow from it.
func (e *Env) explain(rule string, issues *cel.Issues) error {
	said := issues.Errors()
	if len(said) == 0 {
		return throughline.Errorf(throughline.Invalid, "the rule does not compile: %v", issues.Err())
	}
	first := said[0]
	message, fix := e.plain(first)
	where := fmt.Sprintf("column %d", max(1, first.Location.Column()+1))
	if first.Location.Line() > 1 {
		where = fmt.Sprintf("line %d, column %d", first.Location.Line(), first.Location.Column()+1)
	}
	if first.Location.Line() < 1 {
		where = "its end"
	}
	code := throughline.Invalid
	if tooMuch(first.Message) {
		code = throughline.TooLarge
	}
	return throughline.Errorf(code, "the %s is wrong at %s, %s: %s", e.place, where, message, short(rule)).WithFix("%s", fix)
}

func tooMuch(said string) bool {
	for _, s := range []string{"recursion limit", "size limit", "size exceeds", "exceeds limit", "node limit", "nesting", "expression nodes"} {
		if strings.Contains(said, s) {
			return true
		}
	}
	return false
}

// plain words one complaint, and what to do about it.
func (e *Env) plain(c *common.Error) (message, fix string) {
	said, _, _ := strings.Cut(c.Message, "\n")
	if name := quoted(said, `undeclared reference to '([^']*)'`); name != "" {
		return e.unknown(strings.TrimPrefix(name, "."))
	}
	if field := quoted(said, `undefined field '([^']*)'`); field != "" {
		fix = "a slot has the fields " + strings.Join(slotFields(), ", ")
		if near := text.Nearest(field, slotFields()); near != "" {
			fix = "did you mean " + near + "? " + fix
		}
		return fmt.Sprintf("there is no field %q", field), fix
	}
	if operator := quoted(said, `found no matching overload for '([^']*)'`); operator != "" {
		operands := quoted(said, `applied to '([^']*)'`)
		return fmt.Sprintf("%s does not work on %s", operatorWord(operator), typeWord(operands)), "compare values of one type; convert with string(), int() or double()"
	}
	if strings.HasPrefix(said, "Syntax error") {
		return syntax(said), fmt.Sprintf("write it like %s", e.example)
	}
	if strings.Contains(said, "invalid matches argument") {
		return "the pattern is not a regular expression", "patterns are RE2; write a backslash twice in quotes"
	}
	if tooMuch(said) {
		return "it is too large: " + said, "split it into several rules"
	}
	return said, fmt.Sprintf("write it like %s", e.example)
}

// unknown words a name that the environment does not have.
func (e *Env) unknown(name string) (message, fix string) {
	message = fmt.Sprintf("there is no %q", name)
	if near := text.Nearest(name, e.names); near != "" {
		return message, "did you mean " + near + "?"
	}
	if e.slots == nil {
		return message, fmt.Sprintf("what the request says is under context: write context.%s", name)
	}
	return message, "a rule may use " + strings.Join(e.names, ", ")
}

// syntax shortens a parser's complaint to what stands in the way.
func syntax(said string) string {
	for _, form := range []string{`(?:mismatched|extraneous|no viable alternative at) input '(.*?)'(?: expecting|$)`, `token recognition error at: '(.*)'$`, `missing '(.*?)'`} {
		got := strings.TrimSpace(quoted(said, form))
		switch {
		case got == "":
			continue
		case strings.HasPrefix(form, "missing"):
			return fmt.Sprintf("%q is missing", got)
		case got == "<EOF>" || strings.HasSuffix(got, "<EOF>"):
			return "it stops too early"
		}
		return fmt.Sprintf("%q was not expected", got)
	}
	return strings.ToLower(strings.TrimPrefix(said, "Syntax error: "))
}

// short cuts a rule to what fits on a line of an error.
func short(rule string) string {
	const longest = 120
	if letters := []rune(rule); len(letters) > longest {
		return string(letters[:longest]) + "…"
	}
	return rule
}

func operatorWord(name string) string {
	name = strings.Trim(name, "_")
	switch name {
	case "[]":
		return "looking up with [...]"
	case "?_:":
		return "? :"
	case "@in":
		return "in"
	}
	return strings.Trim(name, "_")
}

// typeWord writes the language's types as people say them.
func typeWord(types string) string {
	types = strings.Trim(types, "()")
	words := strings.NewReplacer("map(string, dyn)", "the whole context", "string", "text", "int", "whole number", "double", "number", "bool", "true or false", ", ", " and ")
	return words.Replace(types)
}

// quoted returns what the pattern's group holds, or "".
func quoted(s, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[1]
}
