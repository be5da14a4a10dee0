package e2e

import (
	"context"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// password is everybody's in these walks.
const password = "a walk through every page"

// newShop is an engine with the workspace of init, whose owner ana-keller is
// signed in, and whose data folder is told.
func newShop(t testing.TB) (e engine, data string) {
	t.Helper()
	folder := t.TempDir()
	data = filepath.Join(folder, "data")
	for _, args := range [][]string{
		{"init", filepath.Join(folder, "ws"), "--title", "The shop", "--owner", "Ana Keller"},
		{"--data", data, "apply", filepath.Join(folder, "ws")},
	} {
		if out, err := exec.Command(binary, args...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	e = start(t, "shop", "--data", data, "serve", "--listen", "127.0.0.1:0")
	e.session = e.sessionOf(t, http.MethodPost, url.Values{"password": {password}})
	return e, data
}

// colleague is somebody invited from a shell, who has joined by the link.
func (e engine) colleague(t testing.TB, data, name, role string) context.Context {
	t.Helper()
	out, err := exec.Command(binary, "--data", data, "invite", name, "--role", role).Output()
	if err != nil {
		t.Fatalf("invite: %v", err)
	}
	theirs := e
	theirs.link = strings.TrimSpace(string(out))
	person := newPerson(t)
	signIn(t, person, e.base, theirs.sessionOf(t, http.MethodPost, url.Values{"password": {password}}))
	return person
}

// end makes a session end behind its browser's back.
func (e engine) end(t testing.TB, session string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, e.base+"/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "throughline_session", Value: session})
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
}

// english is the field of a fragment's English text.
const english = `textarea[lang="en"]`

// types puts a text into the English field as typing does.
func (v *tab) types(t testing.TB, text string) {
	t.Helper()
	ask[bool](t, v, `(() => { const f = document.querySelector('`+english+`'); f.value = "`+text+`"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
}

// comesBack signs in again on the page that is shown.
func (v *tab) comesBack(t testing.TB) {
	t.Helper()
	v.fills(t, "#person", "ana-keller")
	v.fills(t, "#password", password)
	v.clicks(t, `form[action="/sign-in"] button.act`)
}

// scripts turns a tab's scripts on or off.
func (v *tab) scripts(t testing.TB, on bool) {
	t.Helper()
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// holds waits until an expression holds, with scripts or without, and goes no
// further where it does not.
func (v *tab) holds(t testing.TB, what, expression string) {
	t.Helper()
	for range 100 {
		yes, err := chromedp.Run(v, chromedp.Evaluate[bool]("!!("+expression+")"))
		if yes {
			return
		}
		if err != nil && !underWay(err) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	says := do(t, v, chromedp.Evaluate[string](`document.body.innerText.slice(0, 800)`))
	t.Fatalf("%s: %s does not hold; the page says %q", what, expression, strings.Join(strings.Fields(says), " "))
}

// underWay reports whether an expression found no answer because the page it was
// asked of is being left.
func underWay(err error) bool {
	for _, s := range []string{"navigated or closed", "context was destroyed", "Cannot find context"} {
		if strings.Contains(err.Error(), s) {
			return true
		}
	}
	return false
}

// shows waits for an element with a text in it.
func (v *tab) shows(t testing.TB, selector, text string) {
	t.Helper()
	v.holds(t, "the page that answers", "[...document.querySelectorAll(`"+selector+"`)].some((e) => e.textContent.includes(`"+text+"`))")
}

// clicks does what a click on an element does, scripts or not.
func (v *tab) clicks(t testing.TB, selector string) {
	t.Helper()
	v.holds(t, "what is clicked", "document.querySelector(`"+selector+"`) && !document.querySelector(`"+selector+"`).disabled")
	_, err := chromedp.Run(v, chromedp.Evaluate[bool]("(document.querySelector(`"+selector+"`).click(), true)"))
	if err != nil && !underWay(err) { // a click may leave the page before it is answered
		t.Fatal(err)
	}
}

// fills puts a text into a field.
func (v *tab) fills(t testing.TB, selector, text string) {
	t.Helper()
	v.holds(t, "what is filled", "document.querySelector(`"+selector+"`) && (document.querySelector(`"+selector+"`).value = `"+text+"`, true)")
}

// typed is what the English field holds.
const typed = `document.querySelector('` + english + `')?.value`

// TestASessionEndsWhileSomebodyTypes loses nothing of it, with scripts and without.
func TestASessionEndsWhileSomebodyTypes(t *testing.T) {
	e, _ := newShop(t)
	at := look{1280, "light"}
	t.Run("with scripts", func(t *testing.T) {
		person := newPerson(t)
		session := e.signedIn(t)
		signIn(t, person, e.base, session)
		v := newTab(t, person)
		v.visit(t, e.base+"/fragment/headline-short", at)
		e.end(t, session)
		v.types(t, "Typed before the end")
		v.holds(t, "it says that the session is over", `!!document.querySelector("#toasts")?.textContent.includes("You are signed out")`)
		v.picture(t, "signed out while typing")
		v.clicks(t, `#toasts button.plain`)
		v.comesBack(t)
		v.holds(t, "what was typed is back", typed+` === "Typed before the end"`)
		v.holds(t, "and saved", `!!document.querySelector("[data-draft-bar] [data-state]")?.textContent.startsWith("Saved")`)
		v.visit(t, e.base+"/fragment/headline-short", at)
		v.holds(t, "for good", typed+` === "Typed before the end"`)
	})
	t.Run("without scripts", func(t *testing.T) {
		person := newPerson(t)
		session := e.signedIn(t)
		signIn(t, person, e.base, session)
		v := newTab(t, person)
		v.scripts(t, false)
		v.visit(t, e.base+"/fragment/headline-question", at)
		e.end(t, session)
		v.fills(t, english, "Typed without scripts")
		v.clicks(t, `form.make .acts button[value="save"]`)
		v.shows(t, ".door", "Your session ended while you were typing")
		v.comesBack(t)
		v.shows(t, ".door", "Welcome back")
		v.shows(t, ".door", "Typed without scripts")
		v.picture(t, "resume")
		v.clicks(t, `.door form button.act`)
		v.holds(t, "it went on", typed+` === "Typed without scripts"`)
		v.visit(t, e.base+"/fragment/headline-question", at)
		v.holds(t, "and is saved", typed+` === "Typed without scripts"`)
	})
}

// signedIn is another session of the owner's.
func (e engine) signedIn(t testing.TB) string {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.PostForm(e.base+"/sign-in", url.Values{"person": {"ana-keller"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "throughline_session" {
			return c.Value
		}
	}
	t.Fatalf("signing in answers %s", answer.Status)
	return ""
}

// TestTwoBrowsersEditOneFragment merges what does not meet, and shows what does
// side by side.
func TestTwoBrowsersEditOneFragment(t *testing.T) {
	e, data := newShop(t)
	at := look{1280, "light"}
	owner := newPerson(t)
	signIn(t, owner, e.base, e.session)
	saved := `!!document.querySelector("[data-draft-bar] [data-state]")?.textContent.startsWith("Saved")`
	const address = "/fragment/headline-short"
	t.Run("two windows of one person", func(t *testing.T) {
		one, two := newTab(t, owner), newTab(t, owner)
		one.visit(t, e.base+address, at)
		two.visit(t, e.base+address, at)
		one.types(t, "From the first window")
		one.holds(t, "the first is saved", saved)
		ask[bool](t, two, `(() => { const f = document.querySelector('[name="metadata.owner"]'); f.closest("details").open = true; f.value = "ana-keller"; f.dispatchEvent(new Event("input", { bubbles: true })); f.dispatchEvent(new Event("change", { bubbles: true })); return true; })()`)
		two.holds(t, "another field is merged, and says so", `!!document.querySelector("#toasts")?.textContent.includes("Both are saved")`)
		two.visit(t, e.base+address, at)
		two.holds(t, "both are there", typed+` === "From the first window" && document.querySelector('[name="metadata.owner"]').value === "ana-keller"`)

		one.visit(t, e.base+address, at)
		one.types(t, "First again")
		one.holds(t, "the first is saved again", saved)
		two.types(t, "Second, and different")
		two.holds(t, "the same field is not overwritten", `!!document.querySelector("#toasts")?.textContent.includes("Somebody changed the same")`)
		two.clicks(t, `#toasts button.plain`)
		two.shows(t, `.clash`, "")
		says := ask[string](t, two, `document.querySelector(".clash")?.textContent ?? ""`)
		if !strings.Contains(says, "First again") || !strings.Contains(says, "Second, and different") {
			t.Errorf("side by side stand %q", says)
		}
		if found := two.axe(t); len(found) > 0 {
			t.Errorf("two side by side: %q", found)
		}
		two.picture(t, "clash of two windows")
		two.clicks(t, `.clash button.act`)
		two.shows(t, english, "")
		two.holds(t, "what was chosen is there", typed+` === "Second, and different"`)
	})
	t.Run("two people", func(t *testing.T) {
		ben := newTab(t, e.colleague(t, data, "ben", "maker"))
		ben.visit(t, e.base+address, at)
		ben.types(t, "Ben says so")
		ben.holds(t, "Ben's is saved", saved)
		ana := newTab(t, owner)
		ana.visit(t, e.base+"/draft", at)
		ana.clicks(t, `button[value="release"]`)
		ana.shows(t, `#toasts .toast`, "")
		ben.visit(t, e.base+address, at)
		ben.shows(t, ".clash", "")
		says := ask[string](t, ben, `document.querySelector(".clash")?.textContent ?? ""`)
		if !strings.Contains(says, "Ben says so") || !strings.Contains(says, "Second, and different") {
			t.Errorf("Ben sees %q", says)
		}
		ben.picture(t, "clash of two people")
		ben.clicks(t, `.clash [data-theirs]`)
		ben.clicks(t, `.clash button.act`)
		ben.shows(t, english, "")
		ben.holds(t, "he took hers", typed+` === "Second, and different"`)
	})
}

// TestTheBackButtonAfterADelete goes back to what is gone.
func TestTheBackButtonAfterADelete(t *testing.T) {
	e, _ := newShop(t)
	owner := newPerson(t)
	signIn(t, owner, e.base, e.session)
	v, at := newTab(t, owner), look{1280, "light"}
	v.visit(t, e.base+"/fragment/cta-see", at)
	v.clicks(t, `form.make button[value="delete"]`)
	v.holds(t, "the draft deletes it, and the toast undoes that", `document.querySelector(".beginning h2")?.textContent === "Your draft deletes this" && !!document.querySelector("#toasts form button")`)
	v.visit(t, e.base+"/draft", at)
	v.clicks(t, `button[value="release"]`)
	v.shows(t, `#toasts .toast`, "")
	v.visit(t, e.base+"/fragment/cta-see", at)
	v.holds(t, "the page says who deleted it", `!!document.querySelector("main")?.textContent.includes("Ana Keller") && document.querySelector("h1").textContent.includes("cta-see is gone")`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the page of what is gone: %q", found)
	}
	v.picture(t, "gone")
	v.clicks(t, `.door button.act`)
	v.shows(t, english, "")
	v.holds(t, "it is back in the draft", `document.querySelector("h1").textContent.includes("cta-see")`)
}

// sentForm is one form of the pages, sent by a browser without scripts.
type sentForm struct {
	page, says string
	// fill is typed by selector; press sends it.
	fill  map[string]string
	press string
	// wait is on the page that answers, with a text.
	wait, text string
}

// TestFormsAreSentWithoutScripts sends the forms of the pages where scripts do not
// run, in an order in which each finds what it needs.
func TestFormsAreSentWithoutScripts(t *testing.T) {
	e, _ := newShop(t)
	owner := newPerson(t)
	signIn(t, owner, e.base, e.session)
	v, at := newTab(t, owner), look{1280, "light"}
	v.scripts(t, false)
	for _, f := range []sentForm{
		{"/search", "search", map[string]string{"#q": "headline"}, `form.bar-form[action="/search"] button`, "main", "headline-short"},
		{"/make", "filter a list", map[string]string{`.bar-form input[name="q"]`: "cta"}, ".bar-form button", "main", "cta-see"},
		{"/new/fragment", "name something new", map[string]string{"#new-name": "headline-spring"}, "form.form button.act", "h1", "headline-spring"},
		{"/fragment/headline-spring", "discard it", nil, `form.make .acts button[value="discard"]`, ".toast", ""},
		{"/fragment/headline-short", "save an object", map[string]string{english: " and more"}, `form.make .acts button[value="save"]`, ".toast", "Saved in your draft"},
		{"/fragment/headline-short?as=yaml", "save YAML", nil, `form.make .acts button[value="save"]`, ".toast", "Nothing changed"},
		{"/fragment/headline-short", "undo", nil, `[data-draft-bar] button[value="undo"]`, ".toast", "Undone"},
		{"/fragment/headline-short", "do it again", nil, `[data-draft-bar] button[value="redo"]`, "[data-draft-bar]", "Review"},
		{"/placement/home.hero?change=1", "change a set-up", map[string]string{`[name="spec.policy.floor"]`: "0.1"}, ".set-up button.act", ".toast", "Saved in your draft"},
		{"/draft", "choose a part", nil, `button[form="choose"]`, "h1", "draft"},
		{"/draft", "discard one", nil, `.draft-items button[value="discard"]`, ".toast", "Discarded"},
		{"/draft", "release", nil, `button[value="release"]`, ".toast", "is live"},
		{"/release", "see it there", nil, `form[action^="/theme"] button`, "h1", "Release"},
		{"/release/2?back=1", "roll back", nil, `form[action$="/rollback"] button`, ".toast", "undone"},
		{"/tokens", "make a key", map[string]string{"#f-name": "site"}, `form[action="/tokens"] button.act`, ".once", "tl_read_"},
		{"/tokens", "end a key", nil, `form[action="/tokens/site/revoke"] button`, ".toast", "no longer opens"},
		{"/people", "invite", map[string]string{"#f-display": "Cleo Marsh", "#f-name": "cleo"}, `form[action="/people"] button.act`, ".once", "/welcome/"},
		{"/person/cleo", "give roles", nil, `form[action="/people/cleo/roles"] button.act`, ".toast", "roles are changed"},
		{"/person/cleo", "remove somebody", nil, `form[action="/people/cleo/remove"] button`, ".toast", "is out"},
		{"/people", "see that", nil, `form[action^="/theme"] button`, "h1", "People"},
		{"/audit", "filter the audit", nil, `main form button`, "h1", "Audit"},
		{"/journal", "filter the journal", nil, `main form button`, "h1", "Journal"},
		{"/inspect", "ask for a decision", map[string]string{`form[method="get"] input[type="text"], form[method="get"] input:not([type])`: "nonsense"}, `form.inspect[method="get"] button`, "main", "decision"},
		{"/calendar", "a new link", nil, `form[action="/calendar/link"] button`, "main", "calendar.ics"},
		{"/people", "sign out", nil, `form[action="/sign-out"] button`, "h1", "Sign in"},
	} {
		t.Run(f.says, func(t *testing.T) {
			v.visit(t, e.base+f.page, at)
			for field, text := range f.fill {
				v.fills(t, field, text)
			}
			v.clicks(t, f.press)
			v.shows(t, f.wait, f.text)
		})
	}
}
