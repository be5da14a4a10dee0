package declare_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

func fragment(spec string) string {
	return "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: a}\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n"
}

const okFragment = "role: headline\nvalues: {en: Hello}"

func TestDecodeReads(t *testing.T) {
	tests := []struct {
		name, in string
		want     throughline.Spec
	}{
		{"YAML", fragment(okFragment), &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "Hello"}}},
		{"JSON", `{"apiVersion":"throughline/v1","kind":"Fragment","metadata":{"name":"a"},"spec":{"role":"headline","values":{"en":"Hello"}}}`, &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "Hello"}}},
		{"an alias", fragment("role: &r headline\nvalues: {en: *r}"), &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "headline"}}},
		{"a field without a value as one not given", fragment(okFragment + "\ntitle:"), &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "Hello"}}},
		{"an empty optional list as none", fragment(okFragment + "\nchannels: []"), &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "Hello"}}},
		{"yes as a text", fragment("role: headline\nvalues: {en: yes}"), &throughline.Fragment{Role: "headline", Values: map[string]string{"en": "yes"}}},
		{"a duration", strings.Replace(fragment("event: Bought\nwindow: 7d"), "Fragment", "Goal", 1), &throughline.Goal{Event: "Bought", Window: throughline.Duration(7 * 24 * time.Hour)}},
		{"a day as a text", strings.Replace(fragment("title: T\ndue: 2026-11-30"), "Fragment", "Brief", 1), &throughline.Brief{Title: "T", Due: "2026-11-30"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declare.Decode("f.yaml", []byte(tt.in))
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			if diff := cmp.Diff(tt.want, got[0].Spec); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("nothing from an empty file", func(t *testing.T) {
		for _, in := range []string{"", "# only a word\n", "---\n---\n", "\n\n"} {
			if got, err := declare.Decode("f.yaml", []byte(in)); err != nil || len(got) != 0 {
				t.Errorf("%q: %v, %v", in, got, err)
			}
		}
	})
}

// wrongFiles are what a stranger may hand in, and the code of the refusal.
func wrongFiles() []struct {
	name, in string
	code     throughline.Code
} {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'j'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	invalid, large := throughline.Invalid, throughline.TooLarge
	return []struct {
		name, in string
		code     throughline.Code
	}{
		{"an unknown field", fragment(okFragment + "\ntitel: Hi"), invalid},
		{"an unknown field that is near nothing", fragment(okFragment + "\nzzz: 1"), invalid},
		{"an unknown field at the top", strings.Replace(fragment(okFragment), "metadata", "metdata", 1), invalid},
		{"an unknown kind", strings.Replace(fragment(okFragment), "kind: Fragment", "kind: Fragmnt", 1), invalid},
		{"another apiVersion", strings.Replace(fragment(okFragment), "/v1", "/v2", 1), invalid},
		{"a missing field", fragment("values: {en: Hi}"), invalid},
		{"an empty field", fragment("role: ''\nvalues: {en: Hi}"), invalid},
		{"a list where text is wanted", fragment("role: [headline]\nvalues: {en: Hi}"), invalid},
		{"text where a list is wanted", fragment(okFragment + "\nchannels: web"), invalid},
		{"text where fields are wanted", strings.Replace(fragment(okFragment), "metadata: {name: a}", "metadata: a", 1), invalid},
		{"a number where text is wanted", fragment("role: headline\nvalues: {en: 100}"), invalid},
		{"a truth value where text is wanted", fragment("role: headline\nvalues: {en: true}"), invalid},
		{"text where a number is wanted", fragment(okFragment + "\nmeaning: two"), invalid},
		{"a number beyond bounds", fragment(okFragment + "\nmeaning: 99999999999"), invalid},
		{"a number that is none", strings.Replace(fragment("event: B\nwindow: 1h\nvalue: .nan"), "Fragment", "Goal", 1), invalid},
		{"a duration that is none", strings.Replace(fragment("event: B\nwindow: soon"), "Fragment", "Goal", 1), invalid},
		{"a choice that is none", strings.Replace(fragment("surface: wbe"), "Fragment", "Channel", 1), invalid},
		{"a key given twice", fragment(okFragment + "\nrole: body"), invalid},
		{"a resource declared twice", fragment(okFragment) + "---\n" + fragment(okFragment), invalid},
		{"a name with capitals", strings.Replace(fragment(okFragment), "name: a", "name: Hello World", 1), invalid},
		{"a tag", fragment("role: !!binary aGk=\nvalues: {en: Hi}"), invalid},
		{"a merge key", fragment(okFragment + "\n<<: {title: x}"), invalid},
		{"a null in a list", fragment(okFragment + "\nchannels: [web, ]\nvalues2: 1"), invalid},
		{"a list item without a value", fragment(okFragment + "\nchannels: [~]"), invalid},
		{"broken YAML", "kind: [unclosed\nspec: }", invalid},
		{"a tab for indentation", "kind: Fragment\nspec:\n\trole: x", invalid},
		{"a document that is a list", "- kind: Fragment", invalid},
		{"a document that is a word", "hello", invalid},
		{"invalid UTF-8", fragment("role: headline\nvalues: {en: \"caf\xe9\"}"), invalid},
		{"UTF-16", "\xff\xfek\x00i\x00n\x00d\x00", invalid},
		{"an alias inside what it names", "kind: &a [*a]", invalid},
		{"an alias of nothing", "kind: *a", invalid},
		{"three mistakes at once", fragment("rle: headline\nvalues: [Hello]\nmeaning: x"), invalid},
		{"an alias bomb", bomb, large},
		{"brackets without end", strings.Repeat("[", 100_000), large},
		{"nesting too deep", "spec: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), large},
		{"too many documents", strings.Repeat("---\na: 1\n", declare.MaxDocuments+1), large},
		{"a million items", "a: [" + strings.Repeat("x,", 1_000_001) + "]", large},
		{"more than 10 MB", strings.Repeat("# padding\n", 1<<20+1), large},
	}
}

func TestEveryWrongFileIsNamedPlacedAndMended(t *testing.T) {
	var report strings.Builder
	for _, tt := range wrongFiles() {
		t.Run(tt.name, func(t *testing.T) {
			got, err := declare.Decode("f.yaml", []byte(tt.in))
			problems, ok := err.(throughline.Problems)
			if !ok || len(got) != 0 {
				t.Fatalf("got %v, %v; want no resources and Problems", got, err)
			}
			hasCode := false
			fmt.Fprintf(&report, "# %s\n", tt.name)
			for i, p := range problems {
				hasCode = hasCode || p.Code == tt.code
				if p.Place == "" || p.Fix == "" {
					t.Errorf("no place or no fix: %v", p)
				}
				if i < 4 {
					fmt.Fprintf(&report, "%s [%s]: %s\n", p.Code, field(p), p)
				}
			}
			if !hasCode {
				t.Errorf("none of the problems has the code %s: %v", tt.code, err)
			}
		})
	}
	golden(t, "testdata/decode-errors.golden", report.String())
}

// field says where a form would show a problem.
func field(p *throughline.Error) string {
	if p.Object.Kind == "" {
		return p.Field
	}
	return strings.TrimSpace(p.Object.String() + " " + p.Field)
}

func TestDecodeOneReadsOneResource(t *testing.T) {
	t.Run("JSON as a form sends it is read back from its YAML as it was", func(t *testing.T) {
		in := `{"apiVersion":"throughline/v1","kind":"Fragment","metadata":{"name":"a"},"spec":{"role":"headline","values":{"de":"\u201eGut\u201c \ud83c\udf5e","en":"no: \"#1\"\nTwo/lines\u2028"}}}`
		got, err := declare.DecodeOne("form", []byte(in))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"de": "„Gut“ 🍞", "en": "no: \"#1\"\nTwo/lines\u2028"}
		if diff := cmp.Diff(want, got.Spec.(*throughline.Fragment).Values); diff != "" {
			t.Error(diff)
		}
		out, err := declare.Encode([]throughline.Resource{got})
		if err != nil {
			t.Fatal(err)
		}
		back, err := declare.DecodeOne("yaml", out)
		if diff := cmp.Diff(got, back); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
	for n, in := range map[int]string{0: "", 2: fragment(okFragment) + "---\n" + strings.Replace(fragment(okFragment), "name: a", "name: b", 1)} {
		t.Run(fmt.Sprintf("%d resources are refused", n), func(t *testing.T) {
			if _, err := declare.DecodeOne("form", []byte(in)); throughline.CodeOf(err) != throughline.Invalid {
				t.Error(err)
			}
		})
	}
}

func TestProblemsOfAFileAreCapped(t *testing.T) {
	_, err := declare.Decode("f.yaml", []byte("a: 1\n"+strings.Repeat("---\nb: 1\n", 500)))
	if p := err.(throughline.Problems); len(p) != 101 {
		t.Errorf("%d problems are told, want 100 and a last word", len(p))
	}
}

func TestEncodeIsReadable(t *testing.T) {
	out, err := declare.Encode(mustWorkspace(t))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/encoded.golden", string(out))
}

func TestDecodeUndoesEncode(t *testing.T) {
	set := declare.NewSet(mustWorkspace(t))
	out, err := declare.Encode(set.All())
	if err != nil {
		t.Fatal(err)
	}
	back, err := declare.Decode("out.yaml", out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.All(), back); diff != "" {
		t.Error(diff)
	}
}

// Every field that a resource can have is filled with a value of its own, so a
// field that Encode forgets or Decode does not know is found.
func TestEveryFieldSurvives(t *testing.T) {
	for _, kind := range throughline.Kinds() {
		spec := throughline.NewSpec(kind)
		n := 0
		populate(reflect.ValueOf(spec).Elem(), &n)
		want := throughline.Resource{
			APIVersion: throughline.APIVersion, Kind: kind,
			Metadata: throughline.Metadata{Name: "a", Labels: map[string]string{"k": "v"}, Owner: "o"}, Spec: spec,
		}
		out, err := declare.Encode([]throughline.Resource{want})
		if err != nil {
			t.Fatal(err)
		}
		got, err := declare.Decode("f.yaml", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Errorf("%s\n%s", diff, out)
		}
	}
}

func populate(v reflect.Value, n *int) {
	*n++
	if d, ok := v.Addr().Interface().(*throughline.Digest); ok {
		*d = throughline.DigestOf([]byte{byte(*n)})
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", *n))
		if c := schema.Choices(v.Type()); len(c) > 0 {
			v.SetString(c[len(c)-1].Value)
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		populate(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			populate(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		populate(v.Index(0), n)
		populate(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		entry := reflect.New(v.Type().Elem()).Elem()
		populate(entry, n)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprintf("key %d", *n)), entry)
	default:
		panic("a field of kind " + v.Kind().String())
	}
}

func FuzzDecode(f *testing.F) {
	for _, tt := range wrongFiles() {
		if len(tt.in) < 10_000 {
			f.Add([]byte(tt.in))
		}
	}
	out, err := declare.Encode(mustWorkspace(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := declare.Decode("f.yaml", data)
		if err != nil {
			for _, p := range err.(throughline.Problems) {
				if p.Code == throughline.Internal {
					t.Fatal(p)
				}
			}
			return
		}
		out, err := declare.Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		back, err := declare.Decode("f.yaml", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(declare.NewSet(got).All(), declare.NewSet(back).All()); diff != "" {
			t.Fatalf("%s\n%s", diff, out)
		}
	})
}

// FuzzTexts puts any text wherever a text may stand.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"a", "", " a ", "a: b", "- a", "#", "yes", "1e3", "0x1F", "null", "~", "a\nb", "a\n\n", "\n", "a \nb", "\t", "'", `"`, "é", "\u2028", "\u0085", "<<", "=", "2026-11-30", "{a}", "*a", "&a", "!a", "%", "@", "`", "a\r\nb", "\x00", "---", "...", "\ufeff"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, key, s string) {
		if strings.ToValidUTF8(s, "") != s || strings.ToValidUTF8(key, "") != key || key == "" {
			return
		}
		want := throughline.Resource{
			APIVersion: throughline.APIVersion, Kind: throughline.KindFragment,
			Metadata: throughline.Metadata{Name: "a", Labels: map[string]string{key: s}},
			Spec:     &throughline.Fragment{Title: s, Role: "r" + s, Values: map[string]string{"en": s, key: s}, Channels: []string{s, key}},
		}
		out, err := declare.Encode([]throughline.Resource{want})
		if err != nil {
			t.Fatal(err)
		}
		back, err := declare.Decode("f.yaml", out)
		if err != nil {
			t.Fatalf("%q: %v\n%s", s, err, out)
		}
		if diff := cmp.Diff(want, back[0]); diff != "" {
			t.Fatalf("%q: %s\n%s", s, diff, out)
		}
	})
}
