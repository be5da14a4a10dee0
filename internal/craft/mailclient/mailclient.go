// Package mailclient knows which mail clients show what, from the facts that
// caniemail.com publishes (github.com/hteumeuleu/caniemail, folder _features),
// and holds what a mail uses against the clients it is for. The facts are read
// from a folder that whoever runs this names; none are kept here. Many are years
// old, so each verdict carries the date of its test.
package mailclient

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/shown"
)

// Setting is the name of the setting that names the folder with the facts.
const Setting = "THROUGHLINE_CANIEMAIL"

// Support is how well a client shows a feature, in caniemail's letters.
type Support string

// The supports.
const (
	Yes     Support = "y"
	Partly  Support = "a"
	No      Support = "n"
	Unknown Support = "u"
)

// Fact is what a test of a client found.
type Fact struct {
	Support Support
	// Version of the client, or the month of the test where it has none.
	Version string
	// Tested is the date of the test, such as 2021-12 or 2021-12-01.
	Tested string
	Notes  []string
}

// Feature is what is known of one feature.
type Feature struct {
	Name, Title string
	// Clients by family and platform, such as outlook.windows: the newest
	// version that is known.
	Clients map[string]Fact
}

// Facts are the features by name, such as css-border-radius. The nil Facts know
// nothing.
type Facts struct {
	features map[string]Feature
	clients  map[string]bool
}

// The bounds of the folder: many times what is published.
const (
	maxFiles = 5000
	maxBytes = 256 << 10
)

// Load reads the folder _features. A file that cannot be read is an error that
// names it and its line.
func Load(folder fs.FS) (*Facts, error) {
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, fmt.Errorf("list caniemail's features: %w", err)
	}
	if len(names) > maxFiles {
		return nil, throughline.Errorf(throughline.Invalid, "the folder has %d files, more than %d", len(names), maxFiles).WithFix("name the folder _features")
	}
	f := &Facts{features: map[string]Feature{}, clients: map[string]bool{}}
	for _, name := range names {
		if strings.HasPrefix(name, "_") {
			continue
		}
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		feature, err := Parse(name, b)
		if err != nil {
			return nil, err
		}
		f.features[feature.Name] = feature
		for c := range feature.Clients {
			f.clients[c] = true
		}
	}
	if len(f.features) == 0 {
		return nil, throughline.Errorf(throughline.Invalid, "the folder has no feature of caniemail").WithFix("name the folder _features of github.com/hteumeuleu/caniemail")
	}
	return f, nil
}

// Features returns the names of the features, sorted.
func (f *Facts) Features() []string {
	if f == nil {
		return nil
	}
	out := make([]string, 0, len(f.features))
	for name := range f.features {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Clients returns the clients that something is known of, sorted.
func (f *Facts) Clients() []string {
	if f == nil {
		return nil
	}
	out := make([]string, 0, len(f.clients))
	for name := range f.clients {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Of returns what is known of a feature in a client; Unknown when nothing is.
func (f *Facts) Of(feature, client string) Fact {
	if f == nil {
		return Fact{Support: Unknown}
	}
	if fact, ok := f.features[feature].Clients[client]; ok {
		return fact
	}
	return Fact{Support: Unknown}
}

// Check holds the features that a mail uses against the clients it is for. There
// is an issue for each feature and each way in which clients fall short of it:
// client.no, client.partly, or client.unknown, which is Unknown. Without facts
// there is one, which says how to get them.
func Check(f *Facts, used []shown.Feature, clients []string) []shown.Issue {
	if len(clients) == 0 {
		return nil
	}
	if f == nil || len(f.features) == 0 {
		return []shown.Issue{{
			Rule: "client.unknown", Got: "no facts about mail clients", Want: "support in " + strings.Join(clients, ", "), Unknown: true,
			Fix: "get github.com/hteumeuleu/caniemail and name its folder _features in " + Setting,
		}}
	}
	var out []shown.Issue
	known := make([]string, 0, len(clients))
	for _, c := range clients {
		if f.clients[c] {
			known = append(known, c)
			continue
		}
		out = append(out, shown.Issue{
			Rule: "client.unknown", Got: "no facts about " + c, Want: "a client of caniemail", Unknown: true, Fix: f.meant(c),
		})
	}
	for _, u := range used {
		out = append(out, f.short(u, known)...)
	}
	return out
}

func (f *Facts) meant(client string) string {
	family, _, _ := strings.Cut(client, ".")
	var near []string
	for _, c := range f.Clients() {
		if strings.HasPrefix(c, family+".") {
			near = append(near, c)
		}
	}
	if len(near) == 0 {
		near = f.Clients()
	}
	return "write one of " + strings.Join(near, ", ")
}

// short tells where clients fall short of a feature.
func (f *Facts) short(u shown.Feature, clients []string) []shown.Issue {
	title := f.features[u.Name].Title
	if title == "" {
		title = u.Name
	}
	var out []shown.Issue
	for _, s := range []struct {
		support         Support
		rule, says, fix string
	}{
		{No, "client.no", "not shown by ", "do without it, or make sure that the mail is whole where it is not shown"},
		{Partly, "client.partly", "shown in part by ", "look at the mail there"},
		{Unknown, "client.unknown", "nobody tested it in ", "look at the mail there"},
	} {
		var where []string
		for _, c := range clients {
			if fact := f.Of(u.Name, c); fact.Support == s.support {
				where = append(where, c+fact.note())
			}
		}
		if len(where) == 0 {
			continue
		}
		out = append(out, shown.Issue{
			Rule: s.rule, Got: title + ": " + s.says + strings.Join(where, "; "), Want: "shown by " + strings.Join(clients, ", "), Fix: s.fix,
			Unknown: s.support == Unknown, Line: u.Line, Column: u.Column, Slot: u.Slot,
		})
	}
	return out
}

func (f Fact) note() string {
	if f.Tested == "" {
		return ""
	}
	s := " (tested " + f.Tested
	for _, n := range f.Notes {
		s += ": " + n
	}
	return s + ")"
}

// Parse reads a file of caniemail: a head between lines of dashes, with a value
// on a line, or an object in braces whose keys need no quotes and whose commas
// may be missing or too many.
func Parse(name string, data []byte) (Feature, error) {
	if len(data) > maxBytes {
		return Feature{}, fault(name, 1, "it has %d bytes, more than %d", len(data), maxBytes)
	}
	fields, err := readHead(name, string(data))
	if err != nil {
		return Feature{}, err
	}
	f := Feature{Name: strings.TrimSuffix(path.Base(name), ".md"), Title: fields["title"].text, Clients: map[string]Fact{}}
	tested := fields["last_test_date"].text
	notes := fields["notes_by_num"].inner
	stats, ok := fields["stats"]
	if !ok || stats.inner == nil {
		return Feature{}, fault(name, 1, "it has no stats")
	}
	for family, platforms := range stats.inner {
		for platform, versions := range platforms.inner {
			if fact, ok := newest(versions, notes, tested); ok {
				f.Clients[family+"."+platform] = fact
			}
		}
	}
	return f, nil
}

// newest returns the fact of the highest version.
func newest(versions value, notes map[string]value, tested string) (Fact, bool) {
	best, found := "", false
	for v, is := range versions.inner {
		if is.inner == nil && (!found || later(v, best)) {
			best, found = v, true
		}
	}
	if !found {
		return Fact{}, false
	}
	words := strings.Fields(versions.inner[best].text)
	fact := Fact{Support: Unknown, Version: best, Tested: tested}
	if len(best) >= 7 && best[4] == '-' { // a client without versions: the month
		fact.Tested = best
	}
	if len(words) > 0 {
		switch s := Support(strings.ToLower(words[0])); s {
		case Yes, Partly, No:
			fact.Support = s
		}
		for _, w := range words[1:] {
			if n, ok := notes[strings.TrimPrefix(w, "#")]; ok {
				fact.Notes = append(fact.Notes, n.text)
			}
		}
	}
	return fact, true
}

// later compares versions number by number.
func later(a, b string) bool {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(c rune) bool { return c == '.' || c == '-' || c == ' ' })
	}
	x, y := split(a), split(b)
	for i := 0; i < len(x) && i < len(y); i++ {
		m, errM := strconv.Atoi(x[i])
		n, errN := strconv.Atoi(y[i])
		switch {
		case errM == nil && errN == nil && m != n:
			return m > n
		case (errM != nil || errN != nil) && x[i] != y[i]:
			return x[i] > y[i]
		}
	}
	if len(x) != len(y) {
		return len(x) > len(y)
	}
	return a > b
}

func fault(name string, line int, format string, args ...any) error {
	return throughline.Errorf(throughline.Invalid, format, args...).At(fmt.Sprintf("%s:%d", name, line)).
		WithFix("take the file as caniemail publishes it")
}
