package content_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestAWithdrawnFragment(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-third}\nspec: {role: headline, values: {en: A third one}}\n")
	withdraw := func(name string) error {
		t.Helper()
		r := inForce(t, e, fragment(name))
		spec := *r.Spec.(*throughline.Fragment)
		spec.Withdrawn = "legal said so"
		r.Spec = &spec
		_, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{r}})
		return err
	}
	if err := withdraw("headline-third"); err != nil {
		t.Fatal(err)
	}
	x, err := e.Content.Excluded(t.Context(), "home.hero", throughline.Filling{"headline": "headline-third", "cta": "cta-try"})
	if err != nil || len(x.Reasons) != 1 || !strings.Contains(x.Reasons[0].Why, "is withdrawn: legal said so") || x.Shown {
		t.Errorf("%+v, %v", x, err)
	}
	if err := withdraw("headline-short"); throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "is withdrawn: legal said so") {
		t.Errorf("what a placement falls back to: %v", err)
	}
}
