package e2e

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// steps takes the guided start's forms one after the other, as a stranger does who
// has typed nothing but their name and a password. show is told each step.
func steps(t *testing.T, v *tab, link string, at look, show func(step string)) {
	t.Helper()
	v.visit(t, link, at)
	show("1 begin")
	do(t, v, chromedp.SendKeys("#f-name", "Ada Kern"))
	do(t, v, chromedp.SendKeys("#f-password", "from nothing to something"))
	press := func(button, done string) {
		t.Helper()
		do(t, v, chromedp.Click(button))
		do(t, v, chromedp.WaitVisible(done))
	}
	press(`form.form button.act`, `form[action="/start/placement"]`)
	show("2 placement")
	press(`form[action="/start/placement"] button`, `form[action="/start/decision"]`)
	show("3 decide")
	press(`form[action="/start/decision"] button`, `form[action="/start/keys"]`)
	do(t, v, chromedp.Sleep(300*time.Millisecond))
	show("4 decision")
	press(`form[action="/start/keys"] button`, `#page .code`)
	show("5 snippets")
}

// TestFromNothingToAnExposure walks from an empty folder to the first exposure on
// a page of one's own, by clicking.
func TestFromNothingToAnExposure(t *testing.T) {
	began := time.Now()
	e := start(t, "nothing", "--data", filepath.Join(t.TempDir(), "data"), "serve", "--listen", "127.0.0.1:0")
	v, at := newTab(t, newPerson(t)), look{1280, "light"}
	steps(t, v, e.link, at, func(step string) {
		if found := v.faults(t, at); len(found) > 0 {
			t.Errorf("step %s: %q", step, found)
		}
		v.picture(t, "start "+step)
		if step != "5 snippets" { // its keys are used below
			v.document(t, "start-"+strings.ReplaceAll(step, " ", "-"))
		}
	})
	const waiting = `document.querySelector('[data-live="waiting"]').textContent`
	if says := ask[string](t, v, waiting); !strings.HasPrefix(says, "No exposure yet") {
		t.Errorf("before anybody looks, the panel says %q", says)
	}
	eventually(t, v, "the page is live", `document.getElementById("live")?.dataset.state === "live"`)
	snippet := ask[string](t, v, `document.querySelector("#page .code code").textContent`)
	v.document(t, "start-5-snippets")
	own := serveText(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, snippet)
	})
	page := newTab(t, newPerson(t))
	page.visit(t, own, at)
	eventually(t, page, "the page shows what was decided", `document.querySelector("[data-placement]").dataset.throughline === "shown"`)
	do(t, page, chromedp.Sleep(1500*time.Millisecond)) // half in view for a second
	page.picture(t, "start 6 own page")
	do(t, page, chromedp.Navigate("about:blank")) // what waits is sent

	shown := false
	for deadline := time.Now().Add(20 * time.Second); !shown && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		shown = strings.HasPrefix(ask[string](t, v, waiting), "First exposure from your page at ")
	}
	if !shown {
		t.Fatalf("no exposure arrived: the panel says %q", ask[string](t, v, waiting))
	}
	t.Logf("from an empty folder to the first exposure: %.1f s", time.Since(began).Seconds())
	if says := ask[string](t, v, `document.querySelector(".sentence").textContent`); !strings.HasPrefix(says, "It works") {
		t.Errorf("once it was seen the page still says %q", says)
	}
	v.picture(t, "start 7 exposure")
	v.document(t, "start-7-exposure")

	v.visit(t, e.link, at)
	if says := ask[string](t, v, `document.body.textContent`); !strings.Contains(says, "used already") {
		t.Errorf("a used link says %.200q", says)
	}
	for _, l := range looks() {
		v.visit(t, e.base+"/start", l)
		if found := v.faults(t, l); len(found) > 0 {
			t.Errorf("at %s: %q", l, found)
		}
		v.picture(t, "start done "+l.String())
	}
}

// TestTheStartWithoutScripts takes the same way on a phone where no script runs,
// and goes on after the browser was closed and the engine was stopped.
func TestTheStartWithoutScripts(t *testing.T) {
	e := start(t, "nothing", "--data", filepath.Join(t.TempDir(), "data"), "serve", "--listen", "127.0.0.1:0")
	v := newTab(t, newPerson(t))
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	steps(t, v, e.link, look{375, "dark"}, func(step string) { v.picture(t, fmt.Sprintf("start %s 375-dark", step)) })
	if says := do(t, v, chromedp.TextContent("body")); !strings.Contains(says, "tl_read_") {
		t.Error("without scripts there is no snippet with a key")
	}
}
