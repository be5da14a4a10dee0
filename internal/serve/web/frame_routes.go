package web

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/serve"
)

// handler answers one route for the person who asks, who is nobody on an open
// route. An error it returns becomes a page.
type handler func(rw http.ResponseWriter, r *http.Request, v viewer) error

// routes adds pages to a mux: none without saying who may use it.
type routes struct {
	*Web
	mux *serve.Mux
}

// page adds a page, or the small form of one.
func (p *routes) page(pattern string, right engine.Right, h handler) {
	p.form(pattern, right, formBytes, h)
}

// form is page for forms of up to so many bytes.
func (p *routes) form(pattern string, right engine.Right, bytes int64, h handler) {
	p.add(serve.Route{Pattern: pattern, Right: right}, bytes, p.signedIn(right, h))
}

// upload adds a route whose body is a file of any length, which the handler bounds,
// and which takes its time.
func (p *routes) upload(pattern string, right engine.Right, h handler) {
	inside := p.signedIn(right, func(rw http.ResponseWriter, r *http.Request, v viewer) error {
		control := http.NewResponseController(rw)
		control.SetReadDeadline(time.Time{})
		control.SetWriteDeadline(time.Time{})
		return h(rw, r, v)
	})
	p.mux.Handle(serve.Route{Pattern: pattern, Right: right}, p.guard(math.MaxInt64, p.answer(inside)))
}

// open adds a page that strangers may see; why says for what reason.
func (p *routes) open(pattern, why string, h handler) { p.openForm(pattern, why, formBytes, h) }

// openForm is open for forms of up to so many bytes.
func (p *routes) openForm(pattern, why string, bytes int64, h handler) {
	p.add(serve.Route{Pattern: pattern, Open: why}, bytes, func(rw http.ResponseWriter, r *http.Request) error {
		v, err := p.who(r)
		if err != nil { // the record may not answer; these pages show even then
			v = viewer{}
		}
		return h(rw, r, v)
	})
}

func (p *routes) add(route serve.Route, bytes int64, h func(http.ResponseWriter, *http.Request) error) {
	p.mux.Handle(route, p.guard(bytes, serve.Timeout(pageTime, p.answer(h))))
}

// raw adds what is no page: a stream or a file. It asks for the right before the
// handler runs, and sets no limit to its time.
func (p *routes) raw(pattern string, right engine.Right, h http.Handler) {
	p.mux.Handle(serve.Route{Pattern: pattern, Right: right}, p.guard(formBytes, p.answer(p.allowed(right, func(rw http.ResponseWriter, r *http.Request, _ viewer) error {
		h.ServeHTTP(rw, r)
		return nil
	}))))
}

// file adds the door's own files, which everybody may read.
func (p *routes) file(pattern, why string, h http.Handler) {
	p.mux.Handle(serve.Route{Pattern: pattern, Open: why}, p.guard(formBytes, h))
}

// signedIn sends strangers to the sign-in page, from where they come back, and
// lets in who has the right.
func (w *Web) signedIn(right engine.Right, h handler) func(http.ResponseWriter, *http.Request) error {
	inside := w.allowed(right, h)
	return func(rw http.ResponseWriter, r *http.Request) error {
		err := inside(rw, r)
		if lost(r, err) {
			return w.keepForm(rw, r, err)
		}
		if throughline.CodeOf(err) != throughline.Unauthorized || !wantsPage(r) || r.Method != http.MethodGet {
			return err
		}
		to := "/sign-in"
		if r.URL.Path != "/" {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(rw, r, to, http.StatusSeeOther)
		return nil
	}
}

// allowed runs a handler for who is signed in and has the right.
func (w *Web) allowed(right engine.Right, h handler) func(http.ResponseWriter, *http.Request) error {
	return func(rw http.ResponseWriter, r *http.Request) error {
		v, err := w.who(r)
		if err != nil {
			return err
		}
		if err := v.Need(right); err != nil {
			return w.whoCan(r.Context(), err)
		}
		return h(rw, r.WithContext(serve.WithCaller(r.Context(), v.Caller)), v)
	}
}

// guard is what every route of the door passes: a bounded body, and no change
// asked for by another site. The headers of every answer are for whoever serves
// the whole mux (serve.Secure).
func (w *Web) guard(bytes int64, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(w.answer(func(http.ResponseWriter, *http.Request) error {
		return throughline.Errorf(throughline.Forbidden, "another site asked for this change").
			WithFix("go to the page yourself and try again")
	}))
	return serve.LimitBody(bytes, cross.Handler(next))
}

// answer turns a handler that returns its error into one that shows it.
func (w *Web) answer(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := h(rw, r); err != nil {
			w.fail(rw, r, err)
		}
	})
}

// wantsPage reports whether a browser asks for a page to show, and not a program
// or a script for data.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// fail shows an error: as a page to people, as a problem to programs.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	f := serve.FaultOf(err)
	if f.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		w.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("route", r.Pattern), slog.Any("error", err))
	}
	if !wantsPage(r) {
		serve.Problem(rw, err)
		return
	}
	v, _ := w.who(r) // an error page shows even while the record does not answer
	page := errorPage{shell: w.shell(r, v, f.Title), Fault: f, Said: sayFault(f)}
	if f.Status == http.StatusNotFound && v.Person() != "" {
		page.Near = w.near(r.Context(), v, r.URL.Path)
	}
	if err := w.render(rw, r, f.Status, "error", page); err != nil {
		serve.Problem(rw, err)
	}
}

// errorPage says what went wrong and what to do about it.
type errorPage struct {
	shell
	Fault serve.Fault
	// Said is the headline.
	Said string
	// Near are what may have been meant by an address that leads nowhere.
	Near []found
}

func sayFault(f serve.Fault) string {
	switch f.Status {
	case http.StatusNotFound:
		return "There is nothing here."
	case http.StatusMethodNotAllowed:
		return "There is no page here."
	case http.StatusForbidden:
		return "You may not do this."
	case http.StatusUnauthorized:
		return "Sign in first."
	case http.StatusConflict:
		return "Somebody was faster."
	case http.StatusRequestEntityTooLarge:
		return "That is too much at once."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "Not now, please try again in a moment."
	case http.StatusInternalServerError:
		return "This page broke. What was saved is safe."
	}
	return "That did not work."
}

func noPage() error {
	return throughline.Errorf(throughline.NotFound, "there is no such page").
		WithFix("the address may be mistyped, or what it named is gone; start again from The Line")
}
