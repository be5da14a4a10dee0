package serve

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Mux is where every door registers its routes. It takes none without saying
// who may use it, and lists what it has, so that nothing is open by omission.
type Mux struct {
	mux    http.ServeMux
	routes []Route
}

// Route is one of a door's routes, and who may use it.
type Route struct {
	// Pattern is the route as http.ServeMux reads it.
	Pattern string
	// Right is what whoever uses it must have somewhere; the use case below may
	// ask for more. It is empty where Open says why the gate lets everybody pass.
	Right engine.Right
	Open  string
}

// NewMux returns a mux without routes.
func NewMux() *Mux { return new(Mux) }

// Handle adds a route, whose handler holds the gate of its door. Like
// http.ServeMux it panics on a mistake of the program: a pattern that stands
// already, or a route that does not say who may use it.
func (m *Mux) Handle(route Route, h http.Handler) {
	if route.Right.Known() == (route.Open != "") {
		panic(fmt.Sprintf("serve: route %q must name a right, or else why it is open", route.Pattern))
	}
	m.mux.Handle(route.Pattern, h)
	m.routes = append(m.routes, route)
}

// ServeHTTP hands the request to the route that matches.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// methods are those that a route may take.
var methods = [...]string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// Missing is for handlers that take whatever no other route does. It returns
// missing, or, where a route takes the request's path by another method, an
// error that says so, after it has named those methods in Allow.
func (m *Mux) Missing(w http.ResponseWriter, r *http.Request, missing error) error {
	var allow []string
	for _, method := range methods {
		_, pattern := m.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host})
		if takes, _, named := strings.Cut(pattern, " "); named && (takes != http.MethodOptions || len(allow) > 0) {
			allow = append(allow, method) // preflights are taken below a whole folder, whatever is in it
		}
	}
	if len(allow) == 0 {
		return missing
	}
	w.Header().Set("Allow", strings.Join(allow, ", "))
	return throughline.Errorf(throughline.Invalid, "nothing here is asked by that method: %w", errMethod).
		WithFix("send %s", strings.Join(allow, " or "))
}

// Routes returns every route, by pattern.
func (m *Mux) Routes() []Route {
	return slices.SortedFunc(slices.Values(m.routes), func(a, b Route) int { return cmp.Compare(a.Pattern, b.Pattern) })
}

type callerKey struct{}

// WithCaller returns a context in which requests are by the caller. The gate of
// a door makes one, and so may a command in the same process that opened the
// record itself; nothing in a request does.
func WithCaller(ctx context.Context, by engine.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, by)
}

// CallerOf returns who asks: a stranger where no gate has said otherwise.
func CallerOf(ctx context.Context) engine.Caller {
	by, _ := ctx.Value(callerKey{}).(engine.Caller)
	return by
}
