package e2e

import (
	"strings"
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

	v.visit(t, e.base+"/fragment/news-heron", at)
	ask[bool](t, v, `(() => { const f = document.querySelector('textarea[lang="en"]'); f.value = "Far longer than a notice at the gate of a lake may be"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	eventually(t, v, "what is typed is saved by itself", state("Saved"))
	eventually(t, v, "its length is said at its field", `!!document.querySelector('[data-path="spec.values.en"] .wrong-text')?.textContent.includes("44")`)
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
	ask[bool](t, v, `(document.querySelector('[role="row"] a[href="/fragment/button-book"]').closest('[role="row"]').querySelector('[lang="en"]').dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, cancelable: true })), true)`)
	eventually(t, v, "a cell has the focus", `document.activeElement.matches('[role="gridcell"]')`)
	ask[bool](t, v, `(() => { const d = new DataTransfer(); d.setData("text/plain", "Take a lane\tBahn nehmen\nFind a time\tZeit finden\n"); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })); return true; })()`)
	eventually(t, v, "what is pasted is saved cell by cell", `document.querySelectorAll('[role="gridcell"].saved').length === 4`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the grid with saved cells: %q", found)
	}
	press(t, v, "z", 2)
	eventually(t, v, "and undone as one step", `[...document.querySelectorAll('[role="gridcell"]')].some((c) => c.textContent === "Book a lane") && `+state("Saved"))
	ask[bool](t, v, `(() => { const d = new DataTransfer(); d.setData("text/plain", ("x".repeat(99) + "\n").repeat(52000)); window.began = performance.now(); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })); window.took = performance.now() - window.began; return true; })()`)
	eventually(t, v, "5 MB are refused in words", `!!document.querySelector("#toasts")?.textContent.includes("50000 cells")`)
	if took := ask[float64](t, v, `window.took`); took > 2000 {
		t.Errorf("the page stood still for %v ms", took)
	}
}

// TestATemplateIsLookedAtFromEverySide steps through the settings of a template's
// rendering by keys: the address follows, the page stays, and what an edit does
// is said once it is saved.
func TestATemplateIsLookedAtFromEverySide(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	v.visit(t, e.base+"/template/ad", look{1280, "light"})
	eventually(t, v, "it is drawn", `document.querySelectorAll("[data-panes] iframe").length === 1`)
	ask[bool](t, v, `(window.was = document.querySelector("[data-make]").getBoundingClientRect().top, true)`)
	for _, key := range []string{"c", "d", "w", "m"} {
		press(t, v, key, 0)
	}
	eventually(t, v, "the address has what the keys chose", `["channel=feed", "data=nasty", "width=600", "mode=dark"].every((s) => location.search.includes(s))`)
	eventually(t, v, "and so has the rendering", `["channel=feed", "data=nasty", "mode=dark"].every((s) => document.querySelector("[data-panes] iframe").src.includes(s)) && document.querySelector("[data-panes] iframe").matches(".w600")`)
	press(t, v, "b", 0)
	eventually(t, v, "something stands beside it", `document.querySelectorAll("[data-panes] iframe").length === 2`)
	if moved := ask[float64](t, v, `document.querySelector("[data-make]").getBoundingClientRect().top - window.was`); moved != 0 {
		t.Errorf("the form moved by %v px", moved)
	}
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("two renderings: %q", found)
	}

	ask[bool](t, v, `(() => { const f = document.querySelector('[name="spec.slots[0].length.max"]'); f.focus(); f.scrollIntoView({ block: "center" }); window.was = f.getBoundingClientRect().top; f.value = "12"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	eventually(t, v, "what the edit does is said", `!!document.querySelector(".impact summary")?.textContent.includes("has to be raised to 2.0.0")`)
	eventually(t, v, "and at its field why", `!!document.querySelector('[data-path="spec.version"] .wrong-text')?.textContent.includes("may have at most 12 now")`)
	if moved := ask[float64](t, v, `Math.abs(document.activeElement.getBoundingClientRect().top - window.was)`); moved > 1 {
		t.Errorf("what is typed moved by %v px", moved)
	}
	ask[bool](t, v, `(document.querySelector(".impact summary").click(), true)`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("what an edit does: %q", found)
	}
	ask[bool](t, v, `([...document.querySelectorAll(".impact button")].find((b) => b.textContent.includes("Make it version 2.0.0")).click(), true)`)
	eventually(t, v, "with another version the rest is told: what is too long, at its slot", `!!document.querySelector('[data-slot="short"] + .said-row')?.textContent.includes("want at most 12")`)
	ask[bool](t, v, `(location.reload(), true)`)
	eventually(t, v, "the same is seen after a reload", `document.querySelectorAll("[data-panes] iframe").length === 2 && document.querySelector("#see-data")?.value === "nasty"`)
}

// TestPicturesAreDropped drops three files at once, of which one is none, and gives
// the others their words.
func TestPicturesAreDropped(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	v.visit(t, e.base+"/library", look{1280, "light"})
	ask[bool](t, v, `(document.querySelector('a[href="/library/add"]').click(), true)`)
	eventually(t, v, "the library leads to where files are added", `location.pathname === "/library/add" && !!document.querySelector("[data-drop]")`)
	ask[bool](t, v, `(async () => {
		const drawn = (hue) => new Promise((resolve) => {
			const c = Object.assign(document.createElement("canvas"), { width: 640, height: 400 });
			const g = c.getContext("2d");
			for (let i = 0; i < 40; i++) { g.fillStyle = "hsl(" + (hue + i * 9) + " 60% " + (20 + i) + "%)"; g.fillRect((i * hue) % 600, (i * 37) % 380, 60, 40); }
			c.toBlob(resolve, "image/png");
		});
		const d = new DataTransfer();
		d.items.add(new File([await drawn(31)], "Morning boats.png"));
		d.items.add(new File([await drawn(203)], "Evening boats.png"));
		d.items.add(new File(["hello"], "notes.txt"));
		document.dispatchEvent(new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true }));
		return true;
	})()`)
	eventually(t, v, "each was looked at", `document.querySelectorAll("[data-fresh-files] .add-row:not(.sending)").length === 3`)
	eventually(t, v, "what is no picture says why", `document.querySelector(".add-row.bad .wrong-text")?.textContent.includes("no file that the engine knows")`)
	eventually(t, v, "pictures are shown", `[...document.querySelectorAll(".add-row img")].filter((i) => i.complete && i.naturalWidth > 0).length === 2`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("files that were dropped: %q", found)
	}
	ask[bool](t, v, `(document.getElementById("alt-morning-boats").value = "Boats in the morning", document.querySelector("[data-words] button.act").click(), true)`)
	eventually(t, v, "the words are kept", `document.getElementById("alt-morning-boats")?.value === "Boats in the morning" && document.querySelector(".sentence").textContent.includes("1 picture has no words yet")`)
}

// sharePieces ticks two pieces in the library and makes a link to them, whose path
// it returns.
func sharePieces(t *testing.T, v *tab, base string) string {
	t.Helper()
	v.visit(t, base+"/library", look{1280, "light"})
	ask[bool](t, v, `([...document.querySelectorAll(".tick input")].slice(0, 2).forEach((box) => box.click()), document.querySelector("#share button").click(), true)`)
	eventually(t, v, "what would be shared is said", `location.pathname === "/shares/new" && document.querySelectorAll(".picked li").length === 2`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("what would be shared: %q", found)
	}
	ask[bool](t, v, `(document.querySelector('[name="for"]').value = "Agency North", document.querySelector("form.form button.act").click(), true)`)
	eventually(t, v, "the link is shown once", `!!document.querySelector(".once code, .once pre")?.textContent.includes("/shared/")`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the link: %q", found)
	}
	return strings.TrimPrefix(strings.TrimSpace(ask[string](t, v, `document.querySelector(".once code, .once pre").textContent`)), base)
}

// TestPiecesAreShared hands two pieces to somebody outside, and ends that.
func TestPiecesAreShared(t *testing.T) {
	e := newDemo(t)
	owner, agency := newPerson(t), newPerson(t)
	signIn(t, owner, e.base, e.session)
	v := newTab(t, owner)
	link := sharePieces(t, v, e.base)
	out := newTab(t, agency)
	out.visit(t, e.base+link, look{375, "dark"})
	eventually(t, out, "who holds the link sees both", `document.querySelectorAll(".cards.shared li.card").length === 2 && document.querySelector("h1")?.textContent.includes("Agency North")`)
	if ask[bool](t, out, `!!document.querySelector('nav a[href="/library"], nav a[href="/make"], input[type="search"]')`) {
		t.Error("who holds a link is led into the engine")
	}
	v.visit(t, e.base+"/shares", look{1280, "light"})
	eventually(t, v, "that it was opened is counted", `document.querySelector("main table")?.textContent.includes("once")`)
	ask[bool](t, v, `(document.querySelector('form[action$="/end"] button').click(), true)`)
	eventually(t, v, "the link is over", `document.querySelector(".sentence")?.textContent.includes("Nobody outside sees anything")`)
	out.visit(t, e.base+link, look{375, "dark"})
	eventually(t, out, "it shows nothing any more", `document.querySelector("h1")?.textContent.includes("This link is over")`)
}
