package e2e

import (
	"strings"
	"testing"
)

// TestADraftGoesLive edits a piece, looks at the draft in every size, releases it
// with the button, and takes it back with the toast's.
func TestADraftGoesLive(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	at := look{1280, "light"}
	v.visit(t, e.base+"/draft", at)
	eventually(t, v, "an empty draft says how it begins", `document.querySelector(".beginning .act")?.pathname === "/make"`)

	edited := ask[string](t, v, `(async () => {
		const list = await (await fetch("/api/v1/resources?kind=Fragment")).json();
		const one = (list.resources ?? list).find((r) => r.metadata.name === "lead-shower");
		const object = await (await fetch("/api/v1/objects/Fragment/lead-shower")).json();
		one.spec.values.en = one.spec.values.en.replace(/\.$/, " today.");
		const answer = await fetch("/api/v1/draft", {
			method: "POST", headers: { "Content-Type": "application/json" },
			body: JSON.stringify({ edits: [{ ref: "Fragment/lead-shower", base: object.digest, text: JSON.stringify(one) }] }),
		});
		return answer.status + " " + (await answer.text()).slice(0, 300);
	})()`)
	if !strings.HasPrefix(edited, "200 ") {
		t.Fatalf("the draft is not saved: %s", edited)
	}
	for _, l := range looks() {
		v.visit(t, e.base+"/draft", l)
		for _, f := range v.faults(t, l) {
			t.Errorf("/draft at %s: %s", l, f)
		}
		v.picture(t, "full draft "+l.String())
	}
	v.visit(t, e.base+"/draft", at)
	eventually(t, v, "the draft shows both sides", `document.querySelectorAll(".pair iframe").length >= 2`)
	eventually(t, v, "nothing is in the way", `document.querySelector(".sentence").textContent.includes("nothing in the way")`)
	ask[bool](t, v, `setTimeout(() => document.querySelector('.decide [value="release"]').click()) > 0`)
	eventually(t, v, "the release is live and can be undone", `location.pathname.startsWith("/release/") && document.querySelector(".toast form button")?.textContent === "Undo"`)
	ask[bool](t, v, `setTimeout(() => document.querySelector(".toast form button").click()) > 0`)
	eventually(t, v, "undone", `document.querySelector(".toast p")?.textContent.includes("is undone") === true`)
	for _, f := range v.faults(t, at) {
		t.Errorf("the release: %s", f)
	}
	v.picture(t, "full released 1280-light")

	v.visit(t, e.base+"/calendar", at)
	eventually(t, v, "today can be reached by Tab", `document.querySelector('[aria-current="date"][tabindex="0"]') !== null`)
	today := ask[string](t, v, `(() => { const day = document.querySelector('[aria-current="date"]'); day.focus(); return day.dataset.day; })()`)
	press(t, v, "ArrowLeft", 0)
	eventually(t, v, "the arrows walk the days", `document.activeElement.dataset.day !== "`+today+`"`)
}
