package serve

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

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
