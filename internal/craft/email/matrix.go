package email

import (
	"fmt"
	"strings"
)

// Matrix returns docs/mjml.md: each tag that the renderer knows with its
// attributes, what they take and their defaults.
func Matrix() string {
	var out strings.Builder
	out.WriteString(matrixHead)
	known := words()
	for line := range strings.Lines(tagsText) {
		if line == "\n" || line[0] == '#' || line[0] == '\t' {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		known[name].matrix(&out)
	}
	return out.String()
}

const matrixHead = `# MJML in mails

Which tags and attributes ` + "`throughline`" + ` draws, printed from ` + "`internal/craft/email/tags.txt`" + ` by ` + "`go test ./internal/craft/email -run TestMatrix -update`" + `. Each pair of tag and attribute is in the corpus that the tests hold against mjml 5.4.1; a tag that is not here (` + "`mj-include`, `mj-carousel`" + `) is refused with its line.

` + "`css-class` and `mj-class`" + ` may stand on every tag that is drawn. ✎ marks what may hold a slot, ◐ what may hold a token.
`

func (t *tag) matrix(out *strings.Builder) {
	where := "stands in `" + strings.Join(t.in, "`, `") + "`"
	if t.name == "mjml" {
		where = "holds the mail"
	}
	if t.content {
		where += "; holds text"
		if t.fills() {
			where += " ✎"
		}
	}
	fmt.Fprintf(out, "\n## `%s`\n\n%s\n", t.name, strings.ToUpper(where[:1])+where[1:]+".")
	if len(t.attributes) == 0 {
		return
	}
	out.WriteString("\n| attribute | takes | default | |\n|---|---|---|---|\n")
	for _, a := range t.attributes {
		initial := ""
		if a.initial != "" {
			initial = "`" + a.initial + "`"
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", a.name, strings.ReplaceAll(a.told, "|", ", "), initial, a.mark(t))
	}
}

// fills reports whether the tag's text may have placeholders.
func (t *tag) fills() bool {
	return t.name != "mj-style" && t.name != "mj-html-attribute"
}

func (a *attr) mark(t *tag) string {
	switch {
	case a.is == colour:
		return "◐"
	case !t.body():
	case a.name == "href", a.name == "src", a.name == "background-url", a.name == "alt", a.name == "title":
		return "✎"
	}
	return ""
}
