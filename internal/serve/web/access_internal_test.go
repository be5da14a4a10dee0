package web

import (
	"net/http/httptest"
	"testing"
)

// TestOrigin asks where somebody comes from, of whom a proxy or they themselves
// say so.
func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		name, peer, forwarded string
		https                 bool
		want                  string
	}{
		{"without a proxy, the peer", "203.0.113.7:4000", "198.51.100.1", false, "203.0.113.7"},
		{"behind one on this machine, the last it added", "127.0.0.1:4000", "192.0.2.66, 198.51.100.1", true, "198.51.100.1"},
		{"behind one on a private network, the same", "[::ffff:10.0.0.2]:4000", "198.51.100.1", true, "198.51.100.1"},
		{"a stranger who says they are another is who they are", "203.0.113.7:4000", "198.51.100.1", true, "203.0.113.7"},
		{"a proxy that says nothing sensible is the peer", "127.0.0.1:4000", "everywhere", true, "127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/sign-in", nil)
			r.RemoteAddr = c.peer
			r.Header.Set("X-Forwarded-For", c.forwarded)
			w := new(Web)
			w.HTTPS = c.https
			if got := w.origin(r).Address.String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
