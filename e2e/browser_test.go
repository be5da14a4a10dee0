package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// newBrowser starts chromium with a profile of its own. A person is a browser
// context in it: persons share nothing.
func newBrowser() (context.Context, func(), error) {
	profile, err := os.MkdirTemp("", "throughline-e2e-")
	if err != nil {
		return nil, nil, err
	}
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium")), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", false),
	})
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, leave := chromedp.NewContext(alloc)
	if err := chromedp.Do(browser); err != nil {
		stop()
		return nil, nil, fmt.Errorf("chromium does not start (set CHROMIUM to where it is): %w", err)
	}
	return browser, func() { leave(); stop(); os.RemoveAll(profile) }, nil
}

// look is how a page is looked at.
type look struct {
	width  int
	scheme string // light or dark
}

func (l look) String() string { return fmt.Sprintf("%d-%s", l.width, l.scheme) }

// looks are the sizes and themes that every page is held to.
func looks() (all []look) {
	for _, width := range []int{375, 1280, 1920} {
		for _, scheme := range []string{"light", "dark"} {
			all = append(all, look{width, scheme})
		}
	}
	return all
}

// tab is one tab of a person's, and what it has seen of the page it shows.
type tab struct {
	context.Context
	mu       sync.Mutex
	requests map[network.RequestID]bool // those that count: no picture, no rendering
	bytes    float64
	errors   []string
}

// newTab opens a tab of the person whose browser context it is.
func newTab(t testing.TB, person context.Context) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(person)
	ctx, end := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() { end(); closeTab() })
	v := &tab{Context: ctx}
	if err := chromedp.Listen(ctx, v.hear); err != nil {
		t.Fatal(err)
	}
	call(t, v, network.Enable, network.EnableParams{})
	call(t, v, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	call(t, v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchShifts})
	return v
}

// watchShifts counts how much of a page moved without anybody asking.
const watchShifts = `window.shifted = 0; window.movers = [];
new PerformanceObserver((list) => {
	for (const entry of list.getEntries()) {
		if (entry.hadRecentInput) continue;
		window.shifted += entry.value;
		for (const { node, previousRect: was, currentRect: is } of entry.sources) {
			const element = node?.nodeType === 1 ? node : node?.parentElement;
			window.movers.push([element?.tagName + "." + element?.className, node?.textContent?.slice(0, 60), [was.x, was.y, was.width, was.height, "to", is.x, is.y, is.width, is.height].map((n) => n.toFixed?.(0) ?? n).join(" ")].join(" "));
		}
	}
}).observe({ type: "layout-shift", buffered: true });`

// call sends the browser a command of its protocol.
func call[P, R any](t testing.TB, v *tab, command cdp.Command[P, R], params P) R {
	t.Helper()
	answer, err := chromedp.Call(v, command, params)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// do runs an action in the tab.
func do[T any](t testing.TB, v *tab, action chromedp.Action[T]) T {
	t.Helper()
	answer, err := chromedp.Run(v, action)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// hear notes what a page loads and complains of.
func (v *tab) hear(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		inner := e.Type == network.ResourceTypeDocument && string(e.RequestID) != string(e.LoaderID)
		rendering := strings.Contains(e.DocumentURL, "/preview/") && e.Request.URL == e.DocumentURL
		if e.Type != network.ResourceTypeImage && !inner && !rendering && v.requests != nil {
			v.requests[e.RequestID] = true
		}
	case *network.EventLoadingFinished:
		if v.requests[e.RequestID] {
			v.bytes += e.EncodedDataLength
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			v.errors = append(v.errors, fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *runtime.EventExceptionThrown:
		v.errors = append(v.errors, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			v.errors = append(v.errors, fmt.Sprintf("log: %s %s", e.Entry.Text, e.Entry.URL))
		}
	}
}

// visit opens an address in a size and a theme, and waits until it stands.
func (v *tab) visit(t testing.TB, address string, l look) {
	t.Helper()
	v.mu.Lock()
	v.requests, v.bytes, v.errors = map[network.RequestID]bool{}, 0, nil
	v.mu.Unlock()
	call(t, v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(l.width), Height: 900, DeviceScaleFactor: 1, Mobile: l.width < 500})
	call(t, v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}}})
	do(t, v, chromedp.Navigate(address))
	do(t, v, chromedp.Sleep(120*time.Millisecond))
}

// ask evaluates an expression, or waits for its promise, and reads the answer.
func ask[T any](t testing.TB, v *tab, expression string) T {
	t.Helper()
	return do(t, v, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// The limits of a page. A live number that grows by a digit moves its own edge,
// which is not felt; what moves its neighbours counts.
const (
	maxBytes = 150 << 10
	maxShift = 0.001
)

// faults returns what is wrong with the page that the tab shows.
func (v *tab) faults(t testing.TB, l look) (found []string) {
	t.Helper()
	sizes := ask[struct {
		Wide, Window int
		Shifted      float64
		Movers       []string
		H1           int
	}](t, v, `({Wide: document.documentElement.scrollWidth, Window: innerWidth, Shifted: window.shifted, Movers: window.movers.slice(0, 4), H1: document.querySelectorAll("h1").length})`)
	if sizes.Wide > sizes.Window {
		found = append(found, fmt.Sprintf("sideways: %d wide in a window of %d", sizes.Wide, sizes.Window))
	}
	if sizes.Shifted > maxShift {
		found = append(found, fmt.Sprintf("shift: %.4f by %v", sizes.Shifted, sizes.Movers))
	}
	v.mu.Lock()
	found = append(found, v.errors...)
	bytes := v.bytes
	v.mu.Unlock()
	if bytes > maxBytes {
		found = append(found, fmt.Sprintf("heavy: %.0f bytes, at most %d", bytes, maxBytes))
	}
	if l.width > 1280 { // what is wide has no more to judge
		return found
	}
	return append(found, v.axe(t)...)
}

// axe returns the violations that axe-core finds.
func (v *tab) axe(t testing.TB) (found []string) {
	t.Helper()
	ask[int](t, v, axeCore+";0")
	violations := ask[[]struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}](t, v, `axe.run({resultTypes: ["violations"], iframes: false}).then((r) => r.violations.map(({id, help, nodes}) => ({ID: id, Help: help, Nodes: nodes.slice(0, 3).map((n) => ({HTML: n.html.slice(0, 200), FailureSummary: n.failureSummary}))})))`)
	for _, x := range violations {
		for _, n := range x.Nodes {
			found = append(found, fmt.Sprintf("axe %s: %s in %s (%s)", x.ID, x.Help, n.HTML, strings.Join(strings.Fields(n.FailureSummary), " ")))
		}
	}
	return found
}

// focusable finds what Tab should reach, numbers it, and says what has the focus
// and whether one sees it. Of several answers to one question Tab reaches the
// chosen one, and the arrow keys the others.
const focusable = `(() => {
	const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((e) =>
		e.tabIndex >= 0 && !(e.type === "radio" && !e.checked && [...(e.form?.elements[e.name] ?? [])].some((one) => one.checked)) && !e.disabled && e.type !== "hidden" && e.checkVisibility({visibilityProperty: true}) && !e.closest("[inert]"));
	all.forEach((e, i) => (e.dataset.tab = i));
	window.seen = () => {
		const e = document.activeElement;
		if (!e || e === document.body) return {at: -1, seen: true, html: ""};
		const shown = [e, e.parentElement].some((x) => {
			const s = getComputedStyle(x);
			return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1 || x === e.parentElement && s.boxShadow !== "none";
		});
		return {at: Number(e.dataset.tab ?? -1), seen: shown, html: e.outerHTML.slice(0, 160)};
	};
	window.scrollTo(0, 0);
	return all.length;
})()`

// tabFaults presses Tab through the page: all that can have the focus gets it,
// and one sees where it is.
func (v *tab) tabFaults(t testing.TB) (found []string) {
	t.Helper()
	type focus struct {
		At   int
		Seen bool
		HTML string
	}
	total := ask[int](t, v, focusable)
	reached := map[int]bool{}
	for press, stuck := 0, 0; press < total+100 && len(reached) < total && stuck < 100; press++ {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			call(t, v, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Tab", Code: "Tab", WindowsVirtualKeyCode: 9})
		}
		at := ask[focus](t, v, `window.seen()`)
		if at.At < 0 {
			stuck++ // the end of the page, a place that scrolls, or one renewed while live
			continue
		}
		if !at.Seen && !reached[at.At] {
			found = append(found, "focus: one does not see it on "+at.HTML)
		}
		reached[at.At] = true
	}
	if len(reached) < total {
		missed := ask[[]string](t, v, `[...document.querySelectorAll("[data-tab]")].filter((e) => !`+numbers(reached)+`.includes(Number(e.dataset.tab))).slice(0, 4).map((e) => e.outerHTML.slice(0, 120))`)
		if len(missed) > 0 { // the others were renewed meanwhile: the page is live
			found = append(found, fmt.Sprintf("focus: Tab reaches %d of %d; not %q", len(reached), total, missed))
		}
	}
	return found
}

func numbers(set map[int]bool) string {
	list := []int{}
	for n := range set {
		list = append(list, n)
	}
	b, _ := json.Marshal(list) // numbers always marshal
	return string(b)
}

// links returns the addresses on this engine that the page leads to or shows.
func (v *tab) links(t testing.TB) []string {
	t.Helper()
	return ask[[]string](t, v, `[...document.querySelectorAll("a[href], iframe[src]")].map((e) => new URL(e.href ?? e.src)).filter((u) => u.origin === location.origin).map((u) => u.pathname + u.search)`)
}

var unsafeName = regexp.MustCompile(`[^a-z0-9.-]+`)

// picture keeps how the page looks, where somebody asked for pictures.
func (v *tab) picture(t testing.TB, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png := do(t, v, chromedp.CaptureScreenshot())
	file := filepath.Join(*pictures, unsafeName.ReplaceAllString(strings.ToLower(name), "-")+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// maxPicture is how heavy a picture in a document may be.
const maxPicture = 256 << 10

// hideKeys puts dots in the place of keys: nobody should copy one from a picture.
const hideKeys = `(() => {
	const all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (all.nextNode()) all.currentNode.data = all.currentNode.data.replace(/(tl_[a-z]+_)[\w-]{20,}/g, "$1…");
	return true;
})()`

// document keeps a picture that a document shows, where somebody asked for them.
// What comes after it on the page has no keys any more.
func (v *tab) document(t testing.TB, name string) {
	t.Helper()
	if *documents == "" {
		return
	}
	ask[bool](t, v, hideKeys)
	ask[bool](t, v, `document.getAnimations().forEach((a) => a.effect.getComputedTiming().endTime < Infinity && a.finish()), true`) // what just changed is lit for a moment
	png := do(t, v, chromedp.CaptureScreenshot())
	if len(png) > maxPicture {
		t.Errorf("the picture %s has %d bytes, at most %d", name, len(png), maxPicture)
	}
	if err := os.WriteFile(filepath.Join(*documents, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// signIn leaves a person's session in their browser.
func signIn(t testing.TB, person context.Context, base, session string) {
	t.Helper()
	ctx, done := chromedp.NewContext(person)
	defer done()
	if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "throughline_session", Value: session, URL: base}); err != nil {
		t.Fatal(err)
	}
}

// newPerson is somebody with a browser of their own.
func newPerson(t testing.TB) context.Context {
	t.Helper()
	ctx, leave := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(leave)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}
