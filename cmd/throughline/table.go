package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table prints rows of cells in aligned columns under their headings.
type table struct {
	out   io.Writer
	lines *bytes.Buffer
	cells *tabwriter.Writer
}

func (s *shell) table(headings ...string) table {
	lines := new(bytes.Buffer)
	t := table{s.out, lines, tabwriter.NewWriter(lines, 0, 0, 2, ' ', 0)}
	t.row(headings...)
	return t
}

// row adds a row; a cell is one line of text.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.Join(strings.Fields(cell), " ")
		if lead := len(cell) - len(strings.TrimLeft(cell, " ")); lead > 0 {
			cells[i] = cell[:lead] + cells[i]
		}
	}
	fmt.Fprintln(t.cells, strings.Join(cells, "\t"))
}

// end prints the table. An empty last cell leaves no spaces behind.
func (t table) end() {
	t.cells.Flush() // to memory
	for line := range strings.Lines(t.lines.String()) {
		fmt.Fprintln(t.out, strings.TrimRight(line, " \n"))
	}
}
