package main

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestWhatPeopleWriteForWhatTheyWant(t *testing.T) {
	for asked, want := range map[string]string{
		"people": "Person", "People": "Person", "persons": "Person", "person": "Person", "Person": "Person",
		"people/ana": "Person/ana", "person/ana": "Person/ana", "Person/Ana": "Person/Ana",
		"fragments": "Fragment", "FRAGMENT": "Fragment", "fragment/cta": "Fragment/cta", "goals/sign-up": "Goal/sign-up",
		"placement": "Placement", "placements": "Placement", "placement/home.hero": "placement/home.hero",
		"placements/home.hero": "placement/home.hero", "Placement/home.hero": "Placement/home.hero",
		"release": "releases", "releases": "releases", "release/3": "release/3", "releases/3": "release/3",
		"resource": "resources", "all": "resources", "draft": "drafts", "schedule": "calendar", "Status": "status",
		"variants/abc": "variant/abc",
	} {
		c := getCmd{What: asked}
		if err := c.resolve(); err != nil || c.What != want {
			t.Errorf("%s is %s, want %s (%v)", asked, c.What, want, err)
		}
	}
	t.Run("every kind is found by its name and its plural, in any letters", func(t *testing.T) {
		for _, k := range throughline.Kinds() {
			for _, asked := range []string{string(k), strings.ToLower(string(k)), strings.ToLower(string(k)) + "s", strings.ToUpper(string(k))} {
				if c := (getCmd{What: asked}); c.resolve() != nil || c.What != string(k) {
					t.Errorf("%s is %s", asked, c.What)
				}
			}
		}
	})
	t.Run("what nobody has is refused with what was probably meant", func(t *testing.T) {
		for asked, near := range map[string]string{"Fragmnet": "Fragment", "stats": "status", "variant": "", "line/x": "", "nonsense": ""} {
			c := getCmd{What: asked}
			err := c.resolve()
			if throughline.CodeOf(err) != throughline.NotFound || near != "" && !strings.Contains(err.(*throughline.Error).Fix, "did you mean "+near) {
				t.Errorf("%s: %v", asked, err)
			}
		}
	})
}
