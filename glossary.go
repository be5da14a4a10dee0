package throughline

import _ "embed"

//go:embed docs/glossary.md
var glossary string

// Glossary returns docs/glossary.md: one word for one thing, a paragraph each
// that begins with the word in bold. Pages define their words from it.
func Glossary() string { return glossary }
