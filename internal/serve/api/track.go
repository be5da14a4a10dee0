package api

import (
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The Segment HTTP tracking API, as its clients speak it: exposures and
// outcomes come in here. docs/outcomes.md is the contract.

const trackBody = 512 << 10

// tracked answers a track request. Clients look at the status alone; people
// look at what was refused.
type tracked struct {
	Success  bool          `json:"success"`
	Rejected []live.Reject `json:"rejected,omitempty"`
}

func (a *API) track(w http.ResponseWriter, r *http.Request) {
	in := live.Incoming{
		Kind: r.PathValue("kind"), ReceivedAt: a.core.Now(),
		Source: func(inBody string) (string, error) {
			token, err := a.access.Authenticate(r.Context(), writeKey(r, inBody), operate.ScopeWrite)
			return token.Name, err
		},
	}
	leave, err := a.mayTrack(r, in.Source)
	if err != nil {
		a.problem(w, r, err)
		return
	}
	defer leave()
	if in.Body, err = readBody(w, r, trackBody); err != nil {
		a.problem(w, r, err)
		return
	}
	taken, err := a.plane.Observe(r.Context(), in)
	if err != nil {
		a.problem(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, tracked{Success: true, Rejected: taken.Rejected})
}

// keyless is how many requests may be read at once whose key is not in a header:
// nobody knows yet whether they may come in.
const keyless = 64

// mayTrack refuses a request before its body is read, where it can: one with a
// wrong key in a header, and one without when too many of those are being read.
func (a *API) mayTrack(r *http.Request, source func(inBody string) (string, error)) (leave func(), err error) {
	if writeKey(r, "") != "" {
		_, err := source("")
		return func() {}, err
	}
	select {
	case a.keyless <- struct{}{}:
		return func() { <-a.keyless }, nil
	default:
		return nil, throughline.Errorf(throughline.Exhausted, "too many requests without a key in their header are being read").
			WithFix("send the write key in the Authorization header, or come back in a second")
	}
}

// writeKey finds the key where clients put it: Basic user, Bearer, or body.
func writeKey(r *http.Request, inBody string) string {
	if user, _, ok := r.BasicAuth(); ok && user != "" {
		return user
	}
	if secret, ok := bearer(r); ok {
		return secret
	}
	return inBody
}

// preflight lets browsers on other sites send events and ask for decisions. No
// cookie takes part in either, so the origin does not matter.
func preflight(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "authorization, content-type, x-api-key, x-retry-count, if-none-match, last-event-id, cache-control")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

// anyOrigin marks answers that pages of other sites may read.
func anyOrigin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "etag, retry-after, throughline-valid-until")
		next(w, r)
	}
}
