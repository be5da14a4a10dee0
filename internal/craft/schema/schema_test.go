package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

var update = flag.Bool("update", false, "rewrite docs/schemas")

func document(t testing.TB, kind throughline.Kind) []byte {
	t.Helper()
	out, err := json.MarshalIndent(schema.Of(kind), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func TestDocsHoldTheSchemaOfEveryKind(t *testing.T) {
	for _, kind := range throughline.Kinds() {
		file := "../../../docs/schemas/" + string(kind) + ".json"
		got := document(t, kind)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s is not what the schema says (rewrite it with -update): %v", file, err)
		}
	}
}

// validators compile every schema with a library that knows nothing of ours.
func validators(t testing.TB) map[throughline.Kind]*jsonschema.Schema {
	t.Helper()
	all := map[throughline.Kind]*jsonschema.Schema{}
	for _, kind := range throughline.Kinds() {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(document(t, kind)))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(string(kind), doc); err != nil {
			t.Fatal(err)
		}
		if all[kind], err = c.Compile(string(kind)); err != nil {
			t.Fatalf("%s is not a JSON Schema: %v", kind, err)
		}
	}
	return all
}

// asJSON returns the documents of a YAML file as a JSON reader has them.
func asJSON(t testing.TB, data []byte) []map[string]any {
	t.Helper()
	var all []map[string]any
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for {
		var doc any
		if err := loader.Load(&doc); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, plain.(map[string]any))
	}
}

func TestEverySampleIsValid(t *testing.T) {
	valid := validators(t)
	seen := map[throughline.Kind]int{}
	for _, root := range []string{"../../../examples/lido", "../../../examples"} {
		err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".yaml" {
				return err
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			for _, doc := range asJSON(t, data) {
				kind := throughline.Kind(doc["kind"].(string))
				seen[kind]++
				if err := valid[kind].Validate(doc); err != nil {
					t.Errorf("%s: %v: %v", file, doc["metadata"], err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range throughline.Kinds() {
		if seen[kind] == 0 {
			t.Errorf("no sample is of the kind %s", kind)
		}
	}
}

func manifest(kind, spec string) string {
	return "apiVersion: throughline/v1\nkind: " + kind + "\nmetadata: {name: a}\nspec: {" + spec + "}\n"
}

// TestTheSchemaRefusesWhatTheDecoderRefuses plants one mistake of shape in a
// sound manifest at a time.
func TestTheSchemaRefusesWhatTheDecoderRefuses(t *testing.T) {
	const (
		fragment  = "role: headline, values: {en: Hello}, meaning: 2, channels: [web]"
		goal      = "event: Bought, window: 7d, value: 4.5"
		person    = "name: Ada, discipline: creative, roles: [{role: maker, kinds: [Fragment]}]"
		placement = "channel: web, template: hero, goal: g, policy: {kind: learned, floor: 0.05}, sticky: none, fallback: {cta: c}"
		engine    = "title: T, owner: ada, publicDecisions: true"
		template  = "brand: b, slots: [{name: cta, role: cta, required: true, length: {max: 20, unit: width}}], renderings: [{channel: app, fields: {a: b}}]"
	)
	valid := validators(t)
	tests := []struct{ name, kind, spec, old, new string }{
		{"an unknown field", "Fragment", fragment, "meaning", "meening"},
		{"an unknown field below", "Placement", placement, "floor", "flor"},
		{"a missing field", "Fragment", fragment, "role: headline, ", ""},
		{"a missing field below", "Template", template, "name: cta, ", ""},
		{"an empty required text", "Fragment", fragment, "headline", "''"},
		{"an empty required list", "Template", template, "[{channel: app, fields: {a: b}}]", "[]"},
		{"a list where text is wanted", "Fragment", fragment, "headline", "[headline]"},
		{"text where a list is wanted", "Fragment", fragment, "[web]", "web"},
		{"text where fields are wanted", "Fragment", fragment, "{en: Hello}", "Hello"},
		{"a number where text is wanted", "Fragment", fragment, "Hello", "100"},
		{"a truth value where text is wanted", "Fragment", fragment, "Hello", "true"},
		{"text where a number is wanted", "Fragment", fragment, "meaning: 2", "meaning: two"},
		{"a broken number where a whole one is wanted", "Fragment", fragment, "meaning: 2", "meaning: 2.5"},
		{"a number beyond bounds", "Fragment", fragment, "meaning: 2", "meaning: 99999999999"},
		{"a null in a list", "Fragment", fragment, "[web]", "[~]"},
		{"an entry without a name", "Fragment", fragment, "en: Hello", "'': Hello"},
		{"a duration that is none", "Goal", goal, "7d", "soon"},
		{"a duration beyond bounds", "Goal", goal, "7d", "3651d"},
		{"a negative duration", "Goal", goal, "7d", "-7h"},
		{"text where a share is wanted", "Goal", goal, "4.5", "much"},
		{"a choice that is none", "Person", person, "creative", "creativ"},
		{"a choice in a list that is none", "Person", person, "Fragment", "Fragmnt"},
		{"a role alone where a grant is wanted", "Person", person, "{role: maker, kinds: [Fragment]}", "maker"},
		{"text where a truth value is wanted", "Engine", engine, "true", "maybe"},
		{"a unit that is none", "Template", template, "width", "inch"},
		{"no fallback", "Placement", placement, ", fallback: {cta: c}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind := throughline.Kind(tt.kind)
			sound := manifest(tt.kind, tt.spec)
			if _, err := declare.Decode("f.yaml", []byte(sound)); err != nil {
				t.Fatal(err)
			}
			if err := valid[kind].Validate(any(asJSON(t, []byte(sound))[0])); err != nil {
				t.Fatal(err)
			}
			wrong := strings.Replace(sound, tt.old, tt.new, 1)
			if wrong == sound {
				t.Fatal("nothing was planted")
			}
			_, err := declare.Decode("f.yaml", []byte(wrong))
			problems, ok := err.(throughline.Problems)
			if !ok {
				t.Fatalf("the decoder took it: %v", err)
			}
			if err := valid[kind].Validate(any(asJSON(t, []byte(wrong))[0])); err == nil {
				t.Error("the schema took it")
			}
			if !strings.HasPrefix(problems[0].Field, "spec") {
				t.Errorf("the problem is at the field %q", problems[0].Field)
			}
		})
	}
}

// The schema's form of a name is the one that the vocabulary holds names to.
func TestNamesAreThoseOfTheVocabulary(t *testing.T) {
	valid := validators(t)[throughline.KindAudience]
	for _, name := range []string{"a", "a/b.c-d", "9", "A", "-a", "a-", "a_b", "", "ä", strings.Repeat("a", 80), strings.Repeat("a", 81)} {
		doc := map[string]any{
			"apiVersion": throughline.APIVersion, "kind": "Audience",
			"metadata": map[string]any{"name": name}, "spec": map[string]any{"rule": "true"},
		}
		if got := valid.Validate(doc) == nil; got != throughline.ValidName(name) {
			t.Errorf("%q: the schema says %v, the vocabulary %v", name, got, throughline.ValidName(name))
		}
	}
}

// walk visits every schema below s with its path.
func walk(s *schema.Schema, path string, visit func(path string, s *schema.Schema)) {
	visit(path, s)
	for _, p := range s.Properties {
		walk(p.Schema, strings.TrimPrefix(path+"."+p.Name, "."), visit)
	}
	if s.Items != nil {
		walk(s.Items, path+"[0]", visit)
	}
	if s.Values != nil {
		walk(s.Values, path+".en", visit)
	}
}

func TestEveryFieldHasWordsAndAPath(t *testing.T) {
	for _, kind := range throughline.Kinds() {
		top := schema.Of(kind)
		walk(top, "", func(path string, s *schema.Schema) {
			entry := strings.HasSuffix(path, "[0]") || strings.HasSuffix(path, ".en")
			if !entry && (s.Title == "" || !strings.HasSuffix(s.Description, ".") || strings.Contains(s.Description, ". ")) {
				t.Errorf("%s %s: title %q, description %q; want both, and one sentence", kind, path, s.Title, s.Description)
			}
			if s.Type == "" {
				t.Errorf("%s %s has no type", kind, path)
			}
			if got := top.At(path); got != s {
				t.Errorf("%s has not the field that the path %s leads to", kind, path)
			}
		})
		if top.At("spec.bogus") != nil || top.At("metadata.name.more") != nil {
			t.Errorf("%s has a field that is not there", kind)
		}
	}
	if schema.Of("Bogus") != nil {
		t.Error("a kind that is not there has a schema")
	}
}

func TestNoWordsAreLeftOver(t *testing.T) {
	used := map[string]bool{"Metadata": true}
	var use func(reflect.Type)
	use = func(at reflect.Type) {
		switch at.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			use(at.Elem())
		case reflect.Struct:
			for _, f := range schema.Fields(at) {
				used[at.Name()+"."+f.Name] = true
				use(at.Field(f.Index).Type)
			}
		}
	}
	use(reflect.TypeFor[throughline.Metadata]())
	for _, kind := range throughline.Kinds() {
		used[string(kind)] = true
		use(reflect.TypeOf(throughline.NewSpec(kind)))
	}
	for _, name := range schema.NoteNames() {
		if !used[name] {
			t.Errorf("there are words for %s, which is not there", name)
		}
	}
}

// Every text that has choices names each of them once, and the default is one.
func TestDefaultsAreChoices(t *testing.T) {
	for _, kind := range throughline.Kinds() {
		walk(schema.Of(kind), "", func(path string, s *schema.Schema) {
			found := s.Default == nil || len(s.Enum) == 0
			for i, c := range s.Choices {
				found = found || c.Value == s.Default
				if c.Value != s.Enum[i] || c.Title == "" || c.Description == "" {
					t.Errorf("%s %s: choice %d is %+v", kind, path, i, c)
				}
			}
			if !found {
				t.Errorf("%s %s: the default %v is no choice", kind, path, s.Default)
			}
		})
	}
}
