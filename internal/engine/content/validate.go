package content

import (
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// validate holds a set against every rule of declare, and compiles its mails.
func validate(set declare.Set) error {
	var problems throughline.Problems
	problems.Add(declare.Validate(set))
	for t := range set.Each(throughline.KindTemplate) {
		problems = append(problems, mails(set, t)...)
	}
	return problems.Err()
}

// mails returns what is wrong with the mails of a template, each placed in its
// source.
func mails(set declare.Set, t throughline.Resource) (problems throughline.Problems) {
	spec := t.Spec.(*throughline.Template)
	brand := declare.Spec[*throughline.Brand](set, spec.Brand)
	if brand == nil {
		return nil // which is told
	}
	for i, r := range spec.Renderings {
		if r.MJML == "" {
			continue
		}
		_, err := email.CompileRendering(throughline.Rendering{Channel: r.Channel, MJML: r.MJML}, spec.Placeholders(), brand)
		var found throughline.Problems
		found.Add(err)
		for _, e := range found {
			field := fmt.Sprintf("spec.renderings[%d]", i)
			inner, _, _ := strings.Cut(e.Place, ":")
			problems = append(problems, e.At(t.Ref().String()+" "+field+" "+e.Place).In(t.Ref(), field+"."+inner))
		}
	}
	return problems
}
