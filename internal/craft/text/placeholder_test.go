package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/throughline-engine/throughline"
)

func TestAddress(t *testing.T) {
	fields := map[string]throughline.PersonalField{"first_name": {Fallback: "there", Max: 12}, "city": {Fallback: "your town", Max: 20}}
	for _, c := range []struct{ name, text, first, want string }{
		{"a text of nobody stays", "Good morning", "Ana", "Good morning"},
		{"a name stands in its place", "Morning, {{person.first_name}}!", "Ana", "Morning, Ana!"},
		{"spaces in the braces do not matter", "Morning, {{ person.first_name }}!", " Ana ", "Morning, Ana!"},
		{"two stand in two places", "{{person.first_name}} in {{person.city}}", "Ana", "Ana in your town"},
		{"what is not known gives way", "Morning, {{person.first_name}}!", "", "Morning, there!"},
		{"what is too long gives way", "Morning, {{person.first_name}}!", "Maximiliane-Sophie", "Morning, there!"},
		{"signs of one letter are counted as they are read", "{{person.first_name}}", "Zoe\u0308Zoe\u0308Zoe\u0308Zoe\u0308", "Zoe\u0308Zoe\u0308Zoe\u0308Zoe\u0308"},
		{"names of every script are names", "{{person.first_name}}", "美しい-ナ", "美しい-ナ"},
		{"initials and apostrophes are a name", "{{person.first_name}}", "J.R. O’Neil", "J.R. O’Neil"},
		{"markup is no name", "{{person.first_name}}", "<b>Ana</b>", "there"},
		{"nor is a link in Markdown", "{{person.first_name}}", "[a](b)", "there"},
		{"nor is what programs make a link of", "{{person.first_name}}", "evil.example", "there"},
		{"nor is another line", "{{person.first_name}}", "Ana\nBcc: x", "there"},
		{"nor is what turns the line around", "{{person.first_name}}", "\u202eanA", "there"},
		{"nor is another placeholder", "{{person.first_name}}", "{{token.x}}", "there"},
		{"a field that there is not stays", "{{person.frist_name}}", "Ana", "{{person.frist_name}}"},
		{"braces that are not closed stay", "{{person.first_name", "Ana", "{{person.first_name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Address(c.text, fields, map[string]string{"first_name": c.first})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("Hello {{person.first_name}}, {{", "Ana")
	f.Fuzz(func(t *testing.T, s, name string) {
		fields := map[string]throughline.PersonalField{"first_name": {Fallback: "you", Max: 12}}
		got := Address(s, fields, map[string]string{"first_name": name})
		if again := Address(got, fields, nil); strings.Count(got, "{{person.first_name}}") > strings.Count(s, "{{person.first_name}}") {
			t.Errorf("%q with %q became %q, which speaks again: %q", s, name, got, again)
		}
		if !strings.Contains(s, "{{") && got != s {
			t.Errorf("%q speaks of nobody and became %q", s, got)
		}
	})
}
