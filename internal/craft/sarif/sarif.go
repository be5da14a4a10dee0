// Package sarif writes what checks found in the Static Analysis Results
// Interchange Format, version 2.1.0, which code hosts and editors show at the
// lines it is about (docs.oasis-open.org/sarif/sarif/v2.1.0).
package sarif

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The levels of a result, the gravest first.
const (
	Error   = "error"
	Warning = "warning"
	Note    = "note"
)

// Report is one run of a tool.
type Report struct {
	// Tool, Version and Home name the tool; Home is an address.
	Tool, Version, Home string
	// Rules are those that results name; others are added without words.
	Rules   []Rule
	Results []Result
}

// Rule is what a result is a breach of.
type Rule struct {
	ID string
	// Name says it in a word or two, Says in a sentence, Help what to do.
	Name, Says, Help string
}

// Result is one thing that was found.
type Result struct {
	Rule, Level, Message string
	// File is a path, relative to where the tool ran; empty where there is none.
	File string
	// Region is where in the file; the zero Region is all of it.
	Region Region
	// Object names what it is about, and Kind says what that is.
	Object, Kind string
	// Identity says what makes it the same result in another run, apart from its
	// rule and object. It does not speak of lines.
	Identity string
	// Suppressed says why it may pass; empty where it may not.
	Suppressed string
}

// Region is a part of a file. Lines and columns count from 1, columns in
// characters, and the end is the first column after it; zero is unknown.
type Region struct {
	Line      int `json:"startLine"`
	Column    int `json:"startColumn,omitempty"`
	EndLine   int `json:"endLine,omitempty"`
	EndColumn int `json:"endColumn,omitempty"`
}

const (
	schema = "https://json.schemastore.org/sarif-2.1.0.json"
	// fingerprint names how Identity becomes a fingerprint; another way has
	// another name.
	fingerprint = "throughlineFinding/v1"
	root        = "SRCROOT"
)

type document struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool        tool         `json:"tool"`
	Invocations []invocation `json:"invocations"`
	Columns     string       `json:"columnKind"`
	Results     []result     `json:"results"`
}

type invocation struct {
	Successful bool `json:"executionSuccessful"`
}

type tool struct {
	Driver driver `json:"driver"`
}

type driver struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Home    string `json:"informationUri,omitempty"`
	Rules   []rule `json:"rules"`
}

type text struct {
	Text string `json:"text"`
}

type rule struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Short text   `json:"shortDescription"`
	Help  text   `json:"help"`
}

type result struct {
	Rule         string            `json:"ruleId"`
	Index        int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      text              `json:"message"`
	Locations    []location        `json:"locations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Suppressions []suppression     `json:"suppressions,omitempty"`
}

type location struct {
	Physical *physical `json:"physicalLocation,omitempty"`
	Logical  []logical `json:"logicalLocations,omitempty"`
}

type physical struct {
	Artifact artifact `json:"artifactLocation"`
	Region   *Region  `json:"region,omitempty"`
}

type artifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type logical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind,omitempty"`
}

type suppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification,omitempty"`
}

// Write returns the report as a SARIF file. The same report gives the same bytes,
// and a result that only moved to another line has the same fingerprint.
func Write(r Report) []byte {
	d := driver{Name: r.Tool, Version: r.Version, Home: r.Home, Rules: []rule{}}
	index := map[string]int{}
	add := func(one Rule) {
		if _, there := index[one.ID]; there {
			return
		}
		index[one.ID] = len(d.Rules)
		out := rule{ID: one.ID, Name: pascal(one.Name), Short: text{one.Says}, Help: text{one.Help}}
		if out.Short.Text == "" {
			out.Short.Text = sentence(one.ID)
		}
		if out.Help.Text == "" {
			out.Help.Text = out.Short.Text
		}
		d.Rules = append(d.Rules, out)
	}
	for _, one := range r.Rules {
		add(one)
	}
	results := []result{}
	seen := map[string]int{}
	for _, one := range r.Results {
		add(Rule{ID: one.Rule})
		identity := strings.Join([]string{one.Rule, one.Object, one.Identity}, "\x00")
		seen[identity]++
		out := result{
			Rule: one.Rule, Index: index[one.Rule], Level: one.Level, Message: text{sentence(one.Message)},
			Fingerprints: map[string]string{fingerprint: hash(identity, seen[identity])},
		}
		if where := placed(one); where != nil {
			out.Locations = []location{*where}
		}
		if one.Suppressed != "" {
			out.Suppressions = []suppression{{"external", one.Suppressed}}
		}
		results = append(results, out)
	}
	return encode(document{schema, "2.1.0", []run{{tool{d}, []invocation{{true}}, "unicodeCodePoints", results}}})
}

func placed(r Result) *location {
	var out location
	if r.File != "" {
		out.Physical = &physical{Artifact: address(r.File)}
		if r.Region.Line > 0 {
			region := r.Region
			out.Physical.Region = &region
		}
	}
	if r.Object != "" {
		out.Logical = []logical{{r.Object, r.Kind}}
	}
	if out.Physical == nil && out.Logical == nil {
		return nil
	}
	return &out
}

// address is a path as a URI: under the root of the sources where it is relative.
func address(file string) artifact {
	slashed := filepath.ToSlash(file)
	if path.IsAbs(slashed) {
		return artifact{URI: (&url.URL{Scheme: "file", Path: slashed}).String()}
	}
	return artifact{URI: (&url.URL{Path: path.Clean(slashed)}).EscapedPath(), Base: root}
}

func hash(identity string, nth int) string {
	sum := sha256.Sum256([]byte(identity + "\x00" + strconv.Itoa(nth)))
	return hex.EncodeToString(sum[:12])
}

// sentence ends a message with a full stop, as viewers expect.
func sentence(s string) string {
	if s == "" || slices.Contains([]byte(".!?"), s[len(s)-1]) {
		return s
	}
	return s + "."
}

// pascal is a name as the format wants it: AlternativeText.
func pascal(name string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(name) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil { // plain data of our own
		panic("sarif: " + err.Error())
	}
	return b.Bytes()
}
