package declare

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestOnePersonAnswersForEachThing(t *testing.T) {
	const people = `apiVersion: throughline/v1
kind: Engine
metadata: {name: shop}
spec: {title: Shop, owner: ana}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana, roles: [{role: steward}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ben}
spec: {name: Ben, roles: [{role: maker}]}
---
`
	thing := func(kind, name, spec string) string {
		return "apiVersion: throughline/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n---\n"
	}
	for name, tt := range map[string]struct{ declared, want string }{
		"a stewardship of some, beside one of all": {thing("Stewardship", "all", "{title: All, kinds: [Template], person: ana}") + thing("Stewardship", "mail", `{title: Mail, kinds: [Template], names: ["mail.*"], person: ben}`), ""},
		"two of the same things":                   {thing("Stewardship", "a", `{title: A, kinds: [Template, Brief], names: ["mail.*"], person: ana}`) + thing("Stewardship", "b", `{title: B, kinds: [Template], names: [x, "mail.*"], person: ben}`), "Stewardship/b spec.names[1]: Stewardship/a is about every Template called mail.* too"},
		"two of everything of a kind":              {thing("Stewardship", "a", "{title: A, kinds: [Template], person: ana}") + thing("Stewardship", "b", "{title: B, kinds: [Template], person: ben}"), "Stewardship/b spec.kinds: Stewardship/a is about every Template called * too"},
		"one of a kind that is none":               {thing("Stewardship", "a", "{title: A, kinds: [Templat], person: ana}"), "Stewardship/a.kinds[0] is \"Templat\""},
		"one of nothing":                           {thing("Stewardship", "a", "{title: A, kinds: [], person: ana}"), "Stewardship/a.kinds is empty"},
		"a star in the middle of a name":           {thing("Stewardship", "a", `{title: A, kinds: [Brief], names: ["a*b"], person: ana}`), "neither a name nor the beginning of one"},
		"somebody who is nobody":                   {thing("Stewardship", "a", "{title: A, kinds: [Brief], person: bem}"), "there is no Person/bem"},
		"who is their own deputy":                  {thing("Stewardship", "a", "{title: A, kinds: [Brief], person: ben, deputy: ben}"), "ben cannot be the deputy of ben"},
		"an engine's owner who is":                 {strings.Replace(people, "owner: ana}", "owner: ana, deputy: ana}", 1), "ana cannot be the deputy of ana"},
		"a person in two teams":                    {thing("Team", "a", "{title: A, people: [ana, ben]}") + thing("Team", "b", "{title: B, people: [ben]}"), "Team/b spec.people[0]: ben is in Team/a already"},
		"a person twice in one":                    {thing("Team", "a", "{title: A, people: [ana, ana]}"), "ana is named twice"},
		"a team of nobody":                         {thing("Team", "a", "{title: A, people: []}"), "Team/a.people is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			text := people + tt.declared
			if strings.HasPrefix(tt.declared, "apiVersion: throughline/v1\nkind: Engine") {
				text = tt.declared
			}
			resources, err := Decode("own.yaml", []byte(text))
			if err == nil {
				err = Validate(NewSet(resources))
			}
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || throughline.CodeOf(err) != throughline.Invalid):
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
