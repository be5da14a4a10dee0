package content_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

const mail = `
apiVersion: throughline/v1
kind: Channel
metadata: {name: mail}
spec: {title: Newsletter, surface: email}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: news}
spec:
  brand: house
  slots:
    - {name: headline, role: headline, required: true}
    - {name: cta, role: cta, required: true}
  renderings:
    - channel: mail
      fields: {subject: "{{headline}}"}
      mjml: |
        <mjml>
          <mj-body><mj-section><mj-column>
            <mj-text>{{headline}}</mj-text>
            <mj-button href="https://example.com">{{cta}}</mj-button>
          </mj-column></mj-section></mj-body>
        </mjml>
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: mail.news}
spec: {channel: mail, template: news, goal: signed-up, fallback: {headline: headline-short, cta: cta-try}}
`

func TestAMailIsDeclaredAndShown(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), change(t, 0, mail))
	if err != nil {
		t.Fatal(err)
	}
	rev := review(t, e, enginetest.Shell(), content.ReviewInput{Release: rel.Number})
	if len(rev.Touched) != 1 || len(rev.Touched[0].Pairs) == 0 {
		t.Fatalf("%+v", rev.Touched)
	}
	if html := rev.Touched[0].Pairs[0].After.HTML; !strings.HasPrefix(html, "<!doctype html>") || !strings.Contains(html, "<!--[if mso") || !strings.Contains(html, "https://example.com") {
		t.Errorf("the mail is %.300s", html)
	}
	for name, c := range map[string]struct{ old, new, place string }{
		"a tag that is not known":  {"<mj-button ", "<mj-buton ", "mjml:4:"},
		"a slot that is not there": {"{{cta}}", "{{ctaa}}", "mjml:4:"},
		"no subject":               {`fields: {subject: "{{headline}}"}`, `fields: {preheader: "{{headline}}"}`, "renderings[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.Content.Apply(t.Context(), enginetest.Shell(), change(t, 0, strings.Replace(mail, c.old, c.new, 1)))
			if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), c.place) {
				t.Errorf("%v", err)
			}
		})
	}
}
