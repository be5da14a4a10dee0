package client_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/throughline-engine/throughline/client"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

// running is a whole engine behind a real address.
type running struct {
	*enginetest.Engine
	client *client.Client

	mu       sync.Mutex
	statuses []int // of what was answered
}

func run(t *testing.T) *running {
	t.Helper()
	r := &running{Engine: enginetest.Open(t, enginetest.Options{})}
	mux := serve.NewMux()
	door := api.Mount(mux, api.Config{
		Core: r.Core, Content: r.Content, Plane: r.Plane, Operate: r.Operate, Access: r.Access,
		Recipients: r.Recipients, Media: media.New(r.Core, media.Config{}), Shares: share.New(r.Core, r.Content), Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(door.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		mux.ServeHTTP(seen, req)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.statuses = append(r.statuses, seen.code)
	}))
	t.Cleanup(server.Close)
	r.Run(t)
	r.Declare(t)
	keys := map[operate.Scope]string{}
	for _, scope := range []operate.Scope{operate.ScopeRead, operate.ScopeWrite, operate.ScopeManage} {
		secret, err := r.Access.CreateToken(t.Context(), engine.AtShell(enginetest.Ana()), operate.TokenRequest{Name: "key-" + string(scope), Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		keys[scope] = secret
	}
	r.client = client.New(server.URL, client.Config{
		ReadKey: keys[operate.ScopeRead], WriteKey: keys[operate.ScopeWrite], ManageKey: keys[operate.ScopeManage],
	})
	t.Cleanup(func() { r.client.Close(t.Context()) })
	return r
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func TestAgainstAnEngine(t *testing.T) {
	r := run(t)
	c, ctx := r.client, t.Context()

	t.Run("a decision has its text, and the same one comes again", func(t *testing.T) {
		d, err := c.Decide(ctx, "home.hero", "visitor-1", client.Context{"locale": "en"})
		if err != nil || d.Reason != "SPLIT" || d.Value["headline"] == "" || d.ID() == "" {
			t.Fatalf("%+v %v", d, err)
		}
		if again, err := c.Decide(ctx, "home.hero", "visitor-1", client.Context{"locale": "en"}); err != nil || again.ID() != d.ID() {
			t.Errorf("%+v %v", again, err)
		}
	})
	t.Run("a name with a slash is found", func(t *testing.T) {
		if d, err := c.Decide(ctx, "home/side", "visitor-1", nil); err != nil || d.Key != "home/side" {
			t.Errorf("%+v %v", d, err)
		}
	})
	t.Run("an unknown placement is an error with its code", func(t *testing.T) {
		_, err := c.Decide(ctx, "home.none", "visitor-1", nil)
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 404 || e.Code != "FLAG_NOT_FOUND" || e.Detail == "" {
			t.Errorf("%v", err)
		}
	})
	t.Run("many at once cost a header the second time", func(t *testing.T) {
		names := []string{"home.hero", "members.only", "home.none"}
		first, err := c.DecideAll(ctx, "visitor-2", nil, names...)
		if err != nil || len(first) != 3 || first["home.none"].ErrorCode != "FLAG_NOT_FOUND" {
			t.Fatalf("%+v %v", first, err)
		}
		again, err := c.DecideAll(ctx, "visitor-2", nil, names...)
		one, two := first["home.hero"], again["home.hero"]
		if err != nil || one.ID() != two.ID() {
			t.Errorf("%+v %v", again, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.statuses[len(r.statuses)-1] != http.StatusNotModified {
			t.Errorf("statuses %v", r.statuses)
		}
	})
	t.Run("what was tracked is in the journal once it is flushed", func(t *testing.T) {
		d, err := c.Decide(ctx, "home.hero", "visitor-3", nil)
		if err != nil {
			t.Fatal(err)
		}
		head, err := r.Core.Record.Journal.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(
			c.Exposed("visitor-3", d.ID()),
			c.Track(client.Event{Unit: "visitor-3", Name: "Signed Up", DecisionID: d.ID(), Value: 19.9}),
			c.Flush(ctx),
		); err != nil {
			t.Fatal(err)
		}
		if now, err := r.Core.Record.Journal.Head(ctx); err != nil || now.Seq < head.Seq+2 || c.Lost() != 0 {
			t.Errorf("from %d to %d, lost %d, %v", head.Seq, now.Seq, c.Lost(), err)
		}
	})
	t.Run("an event the engine refuses is told", func(t *testing.T) {
		if err := errors.Join(c.Exposed("visitor-3", "forged"), c.Flush(ctx)); err == nil || c.Lost() != 1 {
			t.Errorf("%v, lost %d", err, c.Lost())
		}
	})
	t.Run("a change is planned and applied, and its release is the newest", func(t *testing.T) {
		change := client.Change{Message: "Say it anew", Files: []client.File{{Name: "new.yaml", Text: `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-new}
spec: {role: headline, brief: visit, values: {en: Something new}}
`}}}
		plan, err := c.Plan(ctx, change)
		if err != nil || !strings.Contains(string(plan.All), "headline-new") {
			t.Fatalf("%s %v", plan.All, err)
		}
		release, err := c.Apply(ctx, change)
		if err != nil || release.Number < 2 || release.Message != "Say it anew" {
			t.Fatalf("%+v %v", release, err)
		}
		if all, err := c.Releases(ctx, 5); err != nil || len(all) == 0 || all[0].Number != release.Number {
			t.Errorf("%+v %v", all, err)
		}
		if got, err := c.Resource(ctx, "Fragment", "headline-new"); err != nil || !strings.Contains(string(got.Spec), "Something new") {
			t.Errorf("%s %v", got.Spec, err)
		}
	})
	t.Run("after Close nothing is taken", func(t *testing.T) {
		if err := c.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Track(client.Event{Unit: "v", Name: "n"}); !errors.Is(err, client.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

// answers is an engine that says what a test wants, without a network, so that
// time can be a test's own.
type answers struct {
	mu   sync.Mutex
	list []int
	asks []time.Time
	ids  [][]string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asks = append(a.asks, time.Now())
	var in struct{ Batch []struct{ MessageID string } }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range in.Batch {
		ids = append(ids, m.MessageID)
	}
	a.ids = append(a.ids, ids)
	w := httptest.NewRecorder()
	code := http.StatusOK
	if len(a.list) > 0 {
		code, a.list = a.list[0], a.list[1:]
	}
	if code == 0 {
		return nil, errors.New("the connection broke")
	}
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(7))
	}
	w.WriteHeader(code)
	w.WriteString("{}")
	return w.Result(), nil
}

func TestTryingAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int
		asks    int
		lost    int
		atLeast time.Duration
	}{
		"what fails for a moment is sent again":     {[]int{503, 0, 200}, 3, 0, 600 * time.Millisecond},
		"Retry-After is obeyed":                     {[]int{429, 200}, 2, 0, 7 * time.Second},
		"what will not go better is not sent again": {[]int{403}, 1, 1, 0},
		"in the end it is given up":                 {[]int{500, 500, 500, 500}, 4, 1, 1400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{list: c.answers}
				client := newClient(a, 10)
				if err := client.Track(event("v")); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				client.Flush(t.Context())
				if len(a.asks) != c.asks || client.Lost() != c.lost || time.Since(start) < c.atLeast {
					t.Errorf("%d asks, %d lost, after %s", len(a.asks), client.Lost(), time.Since(start))
				}
				for _, ids := range a.ids {
					if !slices.Equal(ids, a.ids[0]) {
						t.Errorf("the message has another id when it is sent again: %v", a.ids)
					}
				}
				client.Close(t.Context())
			})
		})
	}
}

func TestApplyIsNotSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{list: []int{0, 200}}
		client := newClient(a, 10)
		defer client.Close(t.Context())
		if _, err := client.Apply(t.Context(), change()); err == nil || len(a.asks) != 1 {
			t.Errorf("%d asks, %v", len(a.asks), err)
		}
	})
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answers{}
		c := newClient(a, 3)
		for i := range 5 {
			if err := c.Track(event("v")); (err != nil) != (i >= 3) || err != nil && !errors.Is(err, client.ErrFull) {
				t.Errorf("event %d: %v", i, err)
			}
		}
		time.Sleep(1100 * time.Millisecond) // of the bubble's clock
		if len(a.ids) != 1 || len(a.ids[0]) != 3 {
			t.Errorf("sent %v", a.ids)
		}
		if err := c.Track(client.Event{Unit: "v", Name: "n", Properties: map[string]any{"x": strings.Repeat("x", 40<<10)}}); err == nil {
			t.Error("an event beyond the limit was taken")
		}
		c.Close(t.Context())
	})
}

func newClient(a *answers, queue int) *client.Client {
	return client.New("http://engine.test", client.Config{HTTP: &http.Client{Transport: a}, Queue: queue})
}

func event(unit string) client.Event { return client.Event{Unit: unit, Name: "Signed Up"} }

func change() client.Change { return client.Change{Message: "once"} }
