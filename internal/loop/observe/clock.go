package observe

import (
	"bytes"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// stamp is a time as a client writes it, kept as it was written.
type stamp struct {
	at   time.Time // zero when absent
	text []byte
}

// stampForms are the forms of ISO 8601 that clients send. Without a zone it is
// UTC.
var stampForms = [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02"}

// UnmarshalJSON reads an ISO 8601 time in a string, or null.
func (s *stamp) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	// A time has nothing to escape, so what is between its quotes is the text.
	text, quoted := strings.CutPrefix(strings.TrimSuffix(string(b), `"`), `"`)
	for _, form := range stampForms {
		at, err := time.Parse(form, text)
		if err == nil && quoted {
			*s = stamp{at.UTC(), bytes.Clone(b)}
			return nil
		}
	}
	return throughline.Errorf(throughline.Invalid, "%s is not a time", clip(string(b))).
		WithFix("send times in ISO 8601, such as 2026-05-04T12:00:00.000Z, or leave them out")
}

// setTime works out when the message occurred by the server's clock: the time
// received less the client's own measure of how long ago it was. Only the
// difference of two times by the client's clock is used, so a clock that is
// wrong by years does no harm; without both, its word is taken as far as it can
// be believed.
func (m *Message) setTime(w *wire, env *envelope, received time.Time) {
	occurred, sent := w.Timestamp, w.SentAt
	if occurred.at.IsZero() {
		occurred = w.OriginalTimestamp
	}
	if sent.at.IsZero() {
		sent = env.SentAt
	}
	m.OccurredAt = received
	if occurred.at.IsZero() {
		return
	}
	at := occurred.at
	if !sent.at.IsZero() {
		at = received.Add(-sent.at.Sub(occurred.at))
	}
	if at.After(received.Add(MaxAhead)) || at.Before(received.Add(-MaxBehind)) {
		m.ClockReplaced = true
		return
	}
	m.OccurredAt = at.Truncate(time.Microsecond)
}
