package e2e

import (
	"testing"
)

// TestCopyIsMadeWithoutATerminal types in a form and in the grid as people do:
// what is typed is saved by itself, checked at its place and undone by keys.
func TestCopyIsMadeWithoutATerminal(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	at := look{1280, "light"}
	state := func(want string) string {
		return `document.querySelector("[data-draft-bar] [data-state]").textContent.startsWith("` + want + `")`
	}

	v.visit(t, e.base+"/fragment/badge-crop", at)
	ask[bool](t, v, `(() => { const f = document.querySelector('textarea[lang="en"]'); f.value = "Far longer than a badge may be"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	eventually(t, v, "what is typed is saved by itself", state("Saved"))
	eventually(t, v, "its length is said at its field", `!!document.querySelector('[data-path="spec.values.en"] .wrong-text')?.textContent.includes("12")`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("a form with something wrong: %q", found)
	}
	ask[bool](t, v, `(document.activeElement.blur(), true)`)
	press(t, v, "y", 0)
	eventually(t, v, "y shows it as YAML", `document.querySelectorAll("[data-lines] li").length > 3 && document.getElementById("yaml").value.includes("Far longer")`)
	press(t, v, "y", 0)
	eventually(t, v, "and y goes back", `!!document.querySelector('textarea[lang="en"]')?.value.startsWith("Far")`)

	v.visit(t, e.base+"/make/copy", at)
	eventually(t, v, "the grid is there", `document.querySelectorAll('[role="gridcell"]').length > 20`)
	ask[bool](t, v, `(document.querySelector('[role="row"] a[href="/fragment/badge-last"]').closest('[role="row"]').querySelector('[lang="en"]').dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, cancelable: true })), true)`)
	eventually(t, v, "a cell has the focus", `document.activeElement.matches('[role="gridcell"]')`)
	ask[bool](t, v, `(() => { const d = new DataTransfer(); d.setData("text/plain", "Last 20\tLetzte 20\nEvening\tAbend\n"); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })); return true; })()`)
	eventually(t, v, "what is pasted is saved cell by cell", `document.querySelectorAll('[role="gridcell"].saved').length === 4`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the grid with saved cells: %q", found)
	}
	press(t, v, "z", 2)
	eventually(t, v, "and undone as one step", `[...document.querySelectorAll('[role="gridcell"]')].some((c) => c.textContent === "Last 40") && `+state("Saved"))
	ask[bool](t, v, `(() => { const d = new DataTransfer(); d.setData("text/plain", ("x".repeat(99) + "\n").repeat(52000)); window.began = performance.now(); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })); window.took = performance.now() - window.began; return true; })()`)
	eventually(t, v, "5 MB are refused in words", `!!document.querySelector("#toasts")?.textContent.includes("50000 cells")`)
	if took := ask[float64](t, v, `window.took`); took > 2000 {
		t.Errorf("the page stood still for %v ms", took)
	}
}
