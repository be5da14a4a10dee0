package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
)

// The event stream of the protocol: it tells clients that hold a bulk answer to
// ask again. It says so when another release is live, and not when an epoch is:
// what a recipient was shown does not change under their eyes because the engine
// has learned.
//
// A browser's event source sends no key, so the address carries a ticket, which
// a bulk answer hands out and which is good for nothing else. It also carries
// the release of that answer, so that one made live in between is told at once;
// on a reconnect the id of the last event takes its place.

const (
	streamPath = "/ofrep/v1/events"
	// maxStreams is how many clients may listen to one process.
	maxStreams = 4096
	// addressStreams is how many of them one address may have: a proxy stands for
	// many clients.
	addressStreams = 3072
	// streamBeat keeps proxies from closing a stream on which nothing happens.
	streamBeat = 20 * time.Second
	// streamWrite is how long one write may take.
	streamWrite = 10 * time.Second
	// ticketLife is how long a ticket can be used after the day it was made in.
	ticketLife = 24 * time.Hour
)

// streamURI returns where changes after a release are told, the same for a whole
// day, so that the answer it stands in keeps its ETag.
func (a *API) streamURI(release int, now time.Time) string {
	day := now.UTC().Truncate(24 * time.Hour).Unix()
	return fmt.Sprintf("%s?since=%d&ticket=%d.%s", streamPath, release, day, a.ticket(day))
}

func (a *API) ticket(day int64) string {
	mac := hmac.New(sha256.New, a.core.Secret())
	fmt.Fprintf(mac, "ofrep event stream %d", day)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// mayListen lets through whoever has a ticket that still holds.
func (a *API) mayListen(q url.Values) error {
	given := q.Get("ticket")
	var day int64
	var mac string
	if n, err := fmt.Sscanf(given, "%d.%s", &day, &mac); n == 2 && err == nil && hmac.Equal([]byte(mac), []byte(a.ticket(day))) {
		if a.core.Now().Sub(time.Unix(day, 0)) < 24*time.Hour+ticketLife {
			return nil
		}
	}
	return throughline.Errorf(throughline.Unauthorized, "the ticket of this address does not hold").
		WithFix("ask for a bulk evaluation again: its answer has a new one")
}

func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	q := r.URL.Query()
	if err := a.mayListen(q); err != nil {
		writeOFREPError(w, "", err)
		return
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	leave, err := a.streams.Enter(address)
	if err != nil {
		writeOFREPError(w, "", err)
		return
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold events back
	since, err := strconv.Atoi(q.Get("since"))
	if last, lastErr := strconv.Atoi(r.Header.Get("Last-Event-ID")); lastErr == nil {
		since, err = last, nil
	}
	if err != nil {
		since, _ = a.plane.Released()
	}
	a.tell(r, &listener{w: w, rc: http.NewResponseController(w)}, since)
}

// tell sends an event for each release after since, until the client leaves.
func (a *API) tell(r *http.Request, to *listener, since int) {
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	if !to.send("retry: 3000\n\n") {
		return
	}
	for {
		release, changed := a.plane.Released()
		if release != since {
			since = release
			if !to.send(fmt.Sprintf("id: %d\ndata: {\"type\":\"refetchEvaluation\"}\n\n", release)) {
				return
			}
		}
		select {
		case <-changed:
		case <-beat.C:
			if !to.send(": here\n\n") {
				return
			}
		case <-a.closed:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// listener is the client at the other end of a stream.
type listener struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// send writes at once, and returns false when nobody takes it.
func (l *listener) send(s string) bool {
	end := time.Now().Add(streamWrite) // deadlines of a connection are wall time
	if err := errors.Join(l.rc.SetReadDeadline(time.Time{}), l.rc.SetWriteDeadline(end)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	if _, err := fmt.Fprint(l.w, s); err != nil {
		return false
	}
	return l.rc.Flush() == nil
}

// Close ends the streams, so that the server can stop. It may be called again.
func (a *API) Close() { a.closing.Do(func() { close(a.closed) }) }
