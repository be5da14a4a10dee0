package web

import (
	"html/template"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The components: what pages are made of. Each has a template of its name in
// templates/parts*.html, and stands in all its states on /design.

// field is one question of a form.
type field struct {
	// Name is what the form sends; the field's id is made of it.
	Name, Label, Value string
	// Kind is the type of an input, or textarea, select, check, list or map;
	// empty for text.
	Kind string
	// Hint says what may be written; Problem what is wrong with what was.
	Hint, Problem string
	// Options are what a select offers; Entries what a list or a map holds.
	Options []option
	Entries []entry
	// Required fields may not be empty; On is a ticked check.
	Required, On bool
	// Autocomplete is what a browser may fill in; empty for what it finds.
	Autocomplete string
	// Max is the most characters it takes; 0 for no limit.
	Max int
	// Mono shows code: ids, rules, YAML.
	Mono bool
}

// option is one choice of a select.
type option struct {
	Value, Label string
	On           bool
}

// entry is one line of a list, or of a map, whose Key is shown beside it. A list
// sends its name once an entry; a map sends name.key.
type entry struct{ Key, Label, Value, Problem string }

// ID is the field's id on its page.
func (f field) ID() string { return "f-" + strings.NewReplacer("/", "--", " ", "-").Replace(f.Name) }

// Input is the type of the input.
func (f field) Input() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

// Described are the ids of what describes the field; empty for none.
func (f field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Problem != "" {
		ids = append(ids, f.ID()+"-problem")
	}
	return strings.Join(ids, " ")
}

// table is a list of things, a row each. On a small screen each row is a card.
type table struct {
	// Caption names it for who does not see it.
	Caption string
	Columns []column
	Rows    []row
	// Select lets rows be ticked; the form around it sends their ids as "row".
	Select bool
	// Compact rows are 28 pixels high, others 32.
	Compact bool
	// Pages lead to the rows before and after these.
	Pages pager
}

// column is one of a table's.
type column struct {
	Name string
	// Number columns stand to the right.
	Number bool
	// Long columns hold sentences, which break into lines; others are cut off.
	Long bool
	// Sort is where the rows are sorted by this column; empty for a column that
	// cannot be. Sorted is ascending or descending where they are.
	Sort, Sorted string
}

// row is one thing. Its first cell names it and leads to it.
type row struct {
	ID, URL string
	Cells   []cell
}

// cell is one value of a row: text, or markup of our own.
type cell struct {
	Text string
	HTML template.HTML
	// Soft says something that may be passed over.
	Soft bool
}

// pager leads through many rows by cursor.
type pager struct {
	// First and Next are addresses; empty for none.
	First, Next string
	// Says is what these rows are of, such as 50 of 100,000.
	Says string
}

// tab is one way to look at the same things.
type tab struct {
	Name, URL string
	// Count is how many it holds; empty for unknown.
	Count string
	On    bool
}

// beginning is an empty page: what will be here, why, and how it starts.
type beginning struct {
	Title, What, Why string
	// Act is the one button that starts it, and URL where it leads; Sample leads
	// to an example.
	Act, URL           string
	SampleText, Sample string
	// Command is what to type where no page starts it.
	Command string
}

// measured is a number with its doubt.
type measured struct {
	Value, Interval, N string
	Owner              operate.Owner
	// Provisional numbers rest on too little.
	Provisional bool
}

// newMeasured writes a number by its unit. One that nobody answers for is not
// shown.
func newMeasured(n throughline.Number, owner operate.Owner) measured {
	switch {
	case n.N == 0:
		return measured{Value: "–", Owner: owner}
	case n.Owner == "":
		return measured{Value: "not shown: nobody answers for it"}
	}
	value, interval, _ := strings.Cut(operate.SayNumber(n), " [")
	if interval != "" {
		interval = "[" + interval
	}
	return measured{Value: value, Interval: interval, N: operate.SayCount(n.N), Owner: owner}
}

// moment is one entry of a timeline.
type moment struct {
	// At is when, as people read it; Stamp as machines do.
	At, Stamp string
	By        string
	What      template.HTML
	// On marks the one in force.
	On bool
}

// step is one object of a lineage.
type step struct {
	Kind, Name, URL string
	// Others counts those beside it that are not shown.
	Others int
	On     bool
}
