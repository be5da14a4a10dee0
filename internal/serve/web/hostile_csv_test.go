package web

import (
	"encoding/csv"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

// Somebody may call a thing so that a spreadsheet runs it, at once or once the
// cell is split at another separator than the file's.
func TestNoTableRunsInASpreadsheet(t *testing.T) {
	var events []throughline.Event
	for _, begin := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", "'=", "x;=", "x\t=", `x";=`, "x,=", "x\n=", "x\r="} {
		text := begin + `HYPERLINK("https://evil.example")`
		events = append(events, throughline.Event{
			Type: throughline.EventType(text), Source: text,
			Actor:   throughline.Actor{Kind: throughline.ActorKind(text), ID: text},
			Objects: []throughline.Object{{Type: text, ID: text}},
		})
	}
	w := httptest.NewRecorder()
	if err := writeEventsCSV(w, events); err != nil {
		t.Fatal(err)
	}
	file := w.Body.String()
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != len(events)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.IndexByte("=+-@\t\r\n|%\xef", cell[0]) >= 0 {
				t.Errorf("the cell %q runs", cell)
			}
		}
	}
	for _, sep := range ";\t" {
		if inside := split(file, sep); strings.Contains(inside, "\x00=") {
			t.Errorf("split at %q a cell begins with a formula", sep)
		}
	}
}

// split marks where cells begin when a spreadsheet takes sep, and not the comma,
// for the separator: it keeps what is in quotes together.
func split(file string, sep rune) string {
	var out strings.Builder
	quoted := false
	for _, r := range file {
		quoted = quoted != (r == '"')
		out.WriteRune(r)
		if r == sep && !quoted {
			out.WriteByte(0)
		}
	}
	return out.String()
}
