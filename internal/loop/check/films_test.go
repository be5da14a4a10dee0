package check_test

import "testing"

const lakeFile = "file: {name: lake.jpg, digest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, type: image/jpeg, bytes: 9000, width: 1600, height: 900}"

// film makes a film with sound of the picture of the shore; more is further lines of
// its spec.
func film(more string) []string {
	return []string{
		lakeFile, "file: {name: lake.mp4, digest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, type: video/mp4, bytes: 9000, width: 1600, height: 900, duration: 12s, sound: true}\n  " + more,
		"{name: hero, role: hero, type: image, required: true}", "{name: hero, role: hero, type: link, required: true}",
		`, picture: "{{hero}}"}`, `, film: "{{hero}}"}`, `picture: {picture: {aspect_ratio: "16:9"}}`, "film: {}",
		"kind: GuardrailSet", `kind: Asset
metadata: {name: said}
spec: {role: captions, decorative: true, file: {name: said.vtt, digest: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, type: text/vtt, bytes: 90}}
---
apiVersion: throughline/v1
kind: GuardrailSet`,
	}
}

func TestNothingIsMissingOfAFilm(t *testing.T) {
	silent := film("")
	silent[1] = silent[1][:len(silent[1])-len(", sound: true}\n  ")] + "}"
	for sentence, edits := range map[string][]string{
		"a film with captions in every language": film("captions: {en: said, de: said}"),
		"a film without sound":                   silent,
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := findings(t, onShore(t, edits...)); len(got) > 0 {
				t.Error(got)
			}
		})
	}
}
