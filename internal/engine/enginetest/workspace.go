package enginetest

import "github.com/throughline-engine/throughline/internal/engine/content"

// Workspace is what Declare declares: two headlines and two calls to action in
// one template, asked for in every way that a placement can be.
const Workspace = `
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Keller, discipline: operations}
---
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec: {title: House, locales: {default: en}}
---
apiVersion: throughline/v1
kind: Brief
metadata: {name: visit}
spec: {title: Welcome visitors, want: More visitors who try it, goal: signed-up}
---
apiVersion: throughline/v1
kind: Goal
metadata: {name: signed-up}
spec: {title: Signed up, event: Signed Up, window: 24h}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: web}
spec: {title: Website, surface: web}
---
apiVersion: throughline/v1
kind: Audience
metadata: {name: members}
spec: {title: Members, rule: 'context.plan == "member"'}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  brand: house
  brief: visit
  slots:
    - {name: headline, role: headline, required: true, length: {max: 50}}
    - {name: cta, role: cta, required: true, length: {max: 20}}
  renderings:
    - {channel: web, html: "<h2>{{headline}}</h2><p>{{cta}}</p>"}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-short}
spec: {role: headline, brief: visit, values: {en: "Less work"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-long}
spec: {role: headline, brief: visit, values: {en: "Every piece knows how it did"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-try}
spec: {role: cta, brief: visit, values: {en: "Try it"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-see}
spec: {role: cta, brief: visit, values: {en: "See how"}}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: home.hero}
spec:
  title: Top of the home page
  channel: web
  template: card
  brief: visit
  goal: signed-up
  holdout: {share: 0.1}
  fallback: {headline: headline-short, cta: cta-try}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: home.loyal}
spec:
  title: Kept for good
  channel: web
  template: card
  brief: visit
  goal: signed-up
  sticky: recipient
  fallback: {headline: headline-short, cta: cta-try}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: home/side}
spec:
  title: Drawn anew, under a name with a slash
  channel: web
  template: card
  brief: visit
  goal: signed-up
  sticky: none
  fallback: {headline: headline-short, cta: cta-try}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: members.only}
spec:
  title: For members
  channel: web
  template: card
  brief: visit
  audience: members
  goal: signed-up
  fallback: {headline: headline-long, cta: cta-see}
`

// PublicEngine declares that decisions need no key.
const PublicEngine = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana, publicDecisions: true}
`

// Headline declares another text of the fragment headline-short.
func Headline(text string) string {
	return `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-short}
spec: {role: headline, brief: visit, values: {en: "` + text + `"}}
`
}

// Files are manifests as people hand them in.
func Files(manifests ...string) []content.File {
	var files []content.File
	for _, text := range manifests {
		files = append(files, content.File{Name: "test.yaml", Text: []byte(text)})
	}
	return files
}
