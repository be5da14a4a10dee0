package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/record"
)

// tracked is the answer to events that were taken.
type tracked struct {
	Success  bool          `json:"success"`
	Rejected []live.Reject `json:"rejected"`
}

func message(id, event, properties string) string {
	return fmt.Sprintf(`{"messageId":%q,"anonymousId":"visitor-1","event":%q,"properties":%s}`, id, event, properties)
}

// count returns how many events of a type are in the journal.
func (d *door) count(t testing.TB, typ throughline.EventType) (n int) {
	t.Helper()
	for _, e := range d.Events(t) {
		if e.Type == typ {
			n++
		}
	}
	return n
}

func TestTrackKeys(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	write, body := d.keys[operate.ScopeWrite], message("m-%s", "Seen", "{}")
	bare := http.Header{"Authorization": {basic(write).Get("Authorization")}}
	for name, c := range map[string]struct {
		header http.Header
		inBody string
		status int
	}{
		"the user of Basic":                  {basic(write), "", 200},
		"Bearer":                             {bearer(write), "", 200},
		"writeKey in the body":               {nil, write, 200},
		"in the header, against the body's":  {bare, "tl_write_wrong", 200},
		"none":                               {nil, "", 401},
		"an unknown one":                     {basic("tl_write_wrong"), "", 401},
		"a read key":                         {basic(d.keys[operate.ScopeRead]), "", 403},
		"a manage key":                       {bearer(d.keys[operate.ScopeManage]), "", 403},
		"a read key in the body":             {nil, d.keys[operate.ScopeRead], 403},
		"Bearer with nothing, and no body's": {bearer(""), "", 401},
	} {
		t.Run("a key: "+name, func(t *testing.T) {
			sent := fmt.Sprintf(body, strings.ReplaceAll(name, " ", "-"))
			if c.inBody != "" {
				sent = strings.TrimSuffix(sent, "}") + fmt.Sprintf(`,"writeKey":%q}`, c.inBody)
			}
			before := d.count(t, throughline.EventSignalObserved)
			a := d.do(t, ask{path: "/v1/track", body: sent, header: c.header})
			if a.status != c.status {
				t.Fatalf("%d, want %d: %s", a.status, c.status, a.body)
			}
			if kept := d.count(t, throughline.EventSignalObserved) - before; kept != 1 && c.status == 200 || kept != 0 && c.status != 200 {
				t.Errorf("status %d, and %d events are in the journal", c.status, kept)
			}
			if c.status != 200 {
				fault(t, a, c.status)
			}
		})
	}
}

func TestTrackForms(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := basic(d.keys[operate.ScopeWrite])
	send := func(t *testing.T, path, body string, h http.Header) answer {
		t.Helper()
		return d.do(t, ask{path: path, body: body, header: h})
	}
	t.Run("the content type does not matter: clients lie about it", func(t *testing.T) {
		for i, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", ""} {
			a := send(t, "/v1/track", message(fmt.Sprint("type-", i), "Seen", "{}"), with(key, "Content-Type", kind))
			if got := read[tracked](t, a, 200); !got.Success || len(got.Rejected) != 0 {
				t.Errorf("%s: %s", kind, a.body)
			}
		}
	})
	t.Run("gzip is read, one that is cut is not, and one that is a bomb is too large", func(t *testing.T) {
		zipped := func(text string) string {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write([]byte(text))
			z.Close()
			return b.String()
		}
		h := with(key, "Content-Encoding", "gzip")
		whole := zipped(message("gz", "Seen", "{}"))
		if a := send(t, "/v1/track", whole, h); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
		fault(t, send(t, "/v1/track", whole[:len(whole)-6], h), 400)
		fault(t, send(t, "/v1/track", "not gzip", h), 400)
		fault(t, send(t, "/v1/batch", zipped(strings.Repeat(" ", 50<<20)), h), 413)
	})
	t.Run("a path may be a kind, its first letter or import", func(t *testing.T) {
		for _, kind := range []string{"track", "t", "page", "p", "screen", "s", "identify", "i"} {
			if a := send(t, "/v1/"+kind, message("kind-"+kind, "Seen", "{}"), key); a.status != 200 {
				t.Errorf("%s: %d %s", kind, a.status, a.body)
			}
		}
		for _, kind := range []string{"batch", "b", "import"} {
			body := `{"batch":[` + strings.Replace(message("in-"+kind, "Seen", "{}"), "{", `{"type":"track",`, 1) + `]}`
			if a := send(t, "/v1/"+kind, body, key); a.status != 200 {
				t.Errorf("%s: %d %s", kind, a.status, a.body)
			}
		}
		fault(t, send(t, "/v1/merge", message("m", "Seen", "{}"), key), 404)
	})
	t.Run("pages of other sites may send and ask, after asking whether they may", func(t *testing.T) {
		for _, path := range []string{"/v1/track", "/v1/batch", flags + "home.hero"} {
			h := http.Header{"Origin": {"https://shop.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"}}
			a := d.do(t, ask{method: "OPTIONS", path: path, header: h})
			allowed := a.header.Get("Access-Control-Allow-Headers")
			if a.status != 204 || a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(allowed, "authorization") || !strings.Contains(allowed, "content-type") {
				t.Errorf("%s: %d %v", path, a.status, a.header)
			}
			if a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s lets other sites send cookies", path)
			}
		}
		a := send(t, "/v1/track", message("cors", "Seen", "{}"), with(key, "Origin", "https://shop.example"))
		if a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
	t.Run("the management API is closed to other sites", func(t *testing.T) {
		a := d.do(t, ask{method: "OPTIONS", path: "/api/v1/apply", header: http.Header{"Origin": {"https://shop.example"}}})
		if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%d %v", a.status, a.header)
		}
	})
}

func TestTrackMessages(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := basic(d.keys[operate.ScopeWrite])
	id := d.decisionID(t, "home.hero", "visitor-1")
	exposure := message("m-1", "Throughline Exposure", fmt.Sprintf(`{"decisionId":%q}`, id))

	t.Run("the same message again is acknowledged and changes nothing", func(t *testing.T) {
		for range 3 {
			if a := d.do(t, ask{path: "/v1/track", body: exposure, header: key}); a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		if n := d.count(t, throughline.EventExposureConfirmed); n != 1 {
			t.Errorf("%d exposures", n)
		}
	})
	t.Run("the same messageId under another key is another message", func(t *testing.T) {
		other, err := d.Access.CreateToken(t.Context(), engine.AtShell(enginetest.Ana()), operate.TokenRequest{Name: "other-site", Scope: operate.ScopeWrite})
		if err != nil {
			t.Fatal(err)
		}
		d.do(t, ask{path: "/v1/track", body: exposure, header: basic(other)})
		if n := d.count(t, throughline.EventExposureConfirmed); n != 2 {
			t.Errorf("%d exposures", n)
		}
	})
	t.Run("a forged decision id is refused, whichever of its characters is wrong", func(t *testing.T) {
		for i := range len(id) {
			other := byte('A')
			if id[i] == 'A' {
				other = 'B'
			}
			forged := id[:i] + string(other) + id[i+1:]
			a := d.do(t, ask{path: "/v1/track", body: message("forged", "Throughline Exposure", fmt.Sprintf(`{"decisionId":%q}`, forged)), header: key})
			if f := fault(t, a, 400); f.Fix == "" || f.Code != throughline.Invalid {
				t.Fatalf("%d: %+v", i, f)
			}
		}
	})
	t.Run("a clock ten years off does no harm", func(t *testing.T) {
		for name, off := range map[string]time.Duration{"behind": -10 * 365 * 24 * time.Hour, "ahead": 10 * 365 * 24 * time.Hour} {
			at := time.Now().Add(off)
			bare := fmt.Sprintf(`,"timestamp":%q}`, at.Format(time.RFC3339))
			paired := fmt.Sprintf(`,"timestamp":%q,"sentAt":%q}`, at.Add(-time.Minute).Format(time.RFC3339), at.Format(time.RFC3339))
			for i, times := range []string{bare, paired} {
				body := strings.TrimSuffix(message(fmt.Sprint(name, i), "Clock "+name, "{}"), "}") + times
				if a := d.do(t, ask{path: "/v1/track", body: body, header: key}); a.status != 200 {
					t.Fatalf("%d %s", a.status, a.body)
				}
			}
		}
		for _, e := range d.Events(t) {
			if lag := e.RecordedAt.Sub(e.OccurredAt); lag < -time.Second || lag > 2*time.Minute {
				t.Errorf("an event of %s is said to have occurred %s before it was recorded", e.Type, lag)
			}
		}
	})
	t.Run("one message that is refused is 400 with what to do", func(t *testing.T) {
		for _, body := range []string{`{`, `[]`, `{}`, `{"event":"Seen"}`, message("m", "", "{}"), message(strings.Repeat("m", 101), "Seen", "{}"), message("m", "Throughline Exposure", "{}"), "{\"userId\":\"\xff\",\"event\":\"Seen\"}"} {
			if f := fault(t, d.do(t, ask{path: "/v1/track", body: body, header: key}), 400); f.Fix == "" {
				t.Errorf("no fix for %s: %+v", body, f)
			}
		}
	})
	t.Run("a batch names what it refuses, and takes the rest", func(t *testing.T) {
		before := d.count(t, throughline.EventSignalObserved)
		a := d.do(t, ask{path: "/v1/batch", header: key, body: `{"batch":[
			{"type":"track","messageId":"b-1","userId":"u","event":"Seen"},
			{"type":"track","messageId":"b-2","userId":"u"},
			7,
			{"type":"track","messageId":"b-4","userId":"u","event":"Signed Up","properties":{"decisionId":"forged"}},
			{"type":"nonsense","messageId":"b-5","userId":"u"},
			{"type":"page","messageId":"b-6","userId":"u"}]}`})
		got := read[tracked](t, a, 200)
		if !got.Success || len(got.Rejected) != 4 {
			t.Fatalf("%s", a.body)
		}
		for i, r := range got.Rejected {
			if r.Index != i+1 || r.Code == "" || r.Message == "" || r.Fix == "" {
				t.Errorf("reject %d is %+v", i, r)
			}
		}
		if n := d.count(t, throughline.EventSignalObserved) - before; n != 2 {
			t.Errorf("%d of 2 sound messages are in the journal", n)
		}
	})
	t.Run("what is too large is 413", func(t *testing.T) {
		long := strings.Repeat("x", 33<<10)
		fault(t, d.do(t, ask{path: "/v1/track", body: message("m", "Seen", `{"x":"`+long+`"}`), header: key}), 413)
		fault(t, d.do(t, ask{path: "/v1/batch", body: `{"batch":[],"x":"` + strings.Repeat("x", 510<<10) + `"}`, header: key}), 413)
		fault(t, d.do(t, ask{path: "/v1/batch", body: strings.Repeat(" ", 10<<20), header: key}), 413)
		fault(t, d.do(t, ask{path: "/v1/batch", body: `{"batch":[` + strings.Repeat("{},", 2500) + `{}]}`, header: key}), 413)
	})
}

// faultyJournal refuses or holds up what is appended.
type faultyJournal struct {
	record.Journal

	mu     sync.Mutex
	refuse error
	hold   chan struct{}
	// entered has a token for each append that is held up.
	entered chan struct{}
}

func (j *faultyJournal) Append(ctx context.Context, events []throughline.Event) ([]record.Receipt, error) {
	j.mu.Lock()
	refuse, hold := j.refuse, j.hold
	j.mu.Unlock()
	if hold != nil {
		j.entered <- struct{}{}
		<-hold
	}
	if refuse != nil {
		return nil, refuse
	}
	return j.Journal.Append(ctx, events)
}

func (j *faultyJournal) plant(refuse error, hold chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refuse, j.hold = refuse, hold
}

func faulty() (*faultyJournal, func(record.Record) record.Record) {
	j := &faultyJournal{entered: make(chan struct{}, 64)}
	return j, func(r record.Record) record.Record {
		j.Journal, r.Journal = r.Journal, j
		return r
	}
}

func TestTrackDurability(t *testing.T) {
	t.Parallel()
	t.Run("what the journal refuses is not acknowledged", func(t *testing.T) {
		j, wrap := faulty()
		d := openLive(t, enginetest.Options{Wrap: wrap})
		j.plant(throughline.Errorf(throughline.Unavailable, "the disk is full"), nil)
		for _, path := range []string{"/v1/track", "/v1/batch"} {
			body := message("m-1", "Seen", "{}")
			if path == "/v1/batch" {
				body = `{"batch":[` + strings.Replace(body, "{", `{"type":"track",`, 1) + `]}`
			}
			a := d.do(t, ask{path: path, body: body, header: basic(d.keys[operate.ScopeWrite])})
			fault(t, a, 503)
			if a.header.Get("Retry-After") == "" {
				t.Error("503 does not say when to come back")
			}
		}
		if a := d.evaluate(t, "home.hero", "v"); a.status != 200 {
			t.Errorf("decisions stopped with the journal: %d %s", a.status, a.body)
		}
		j.plant(nil, nil)
		if n := d.count(t, throughline.EventSignalObserved); n != 0 {
			t.Errorf("%d events were kept", n)
		}
	})
	t.Run("an answer waits for the commit, and beyond the limit clients are told to come back", func(t *testing.T) {
		j, wrap := faulty()
		d := openLive(t, enginetest.Options{Wrap: wrap, Live: live.Config{Ingest: 1, EpochEvery: time.Hour}})
		enginetest.Eventually(t, "nothing but requests goes to the journal", func() bool { return d.count(t, throughline.EventEpochPublished) == 1 })
		hold := make(chan struct{})
		letGo := sync.OnceFunc(func() { close(hold) })
		t.Cleanup(letGo)
		j.plant(nil, hold)
		taken := make(chan answer, 1)
		go func() {
			taken <- d.do(t, ask{path: "/v1/track", body: message("m-1", "Seen", "{}"), header: basic(d.keys[operate.ScopeWrite])})
		}()
		<-j.entered
		a := d.do(t, ask{path: "/v1/track", body: message("m-2", "Seen", "{}"), header: basic(d.keys[operate.ScopeWrite])})
		if f := fault(t, a, 429); a.header.Get("Retry-After") != "1" || f.Code != throughline.Exhausted {
			t.Errorf("%+v %v", f, a.header)
		}
		select {
		case a := <-taken:
			t.Errorf("answered %d before the commit", a.status)
		default:
		}
		letGo()
		if a := <-taken; a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
		if n := d.count(t, throughline.EventSignalObserved); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// FuzzTrack sends any batch. Nothing is the engine's fault, and every message is
// taken or refused by name.
func FuzzTrack(f *testing.F) {
	f.Add([]byte(`{"batch":[{"type":"track","userId":"u","event":"e","timestamp":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"batch":[{"type":"alias","userId":"u","previousId":"p"},null,{}],"context":{"a":1},"sentAt":"x"}`))
	f.Add([]byte(`{"batch":[{"type":"identify","userId":"u","traits":{"email":"a@b"},"context":[1]}]}`))
	d := openLive(f, enginetest.Options{})
	f.Fuzz(func(t *testing.T, body []byte) {
		a := d.do(t, ask{path: "/v1/batch", body: string(body), header: basic(d.keys[operate.ScopeWrite])})
		if !json.Valid(a.body) || a.status >= 500 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	})
}
