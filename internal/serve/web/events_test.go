package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

type message struct {
	Leaves    map[string]string `json:"leaves"`
	Structure string            `json:"structure"`
}

// listener is a page that listens, in a bubble of its own time.
type listener struct {
	mu     sync.Mutex
	header http.Header
	status int
	got    []message
	at     []time.Time
	buf    strings.Builder
	leave  context.CancelFunc
	done   chan struct{}
}

func listen(h http.Handler, cookie string) *listener {
	ctx, cancel := context.WithCancel(context.Background())
	l := &listener{header: http.Header{}, status: http.StatusOK, leave: cancel, done: make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/line/events", nil)
	r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookie})
	go func() {
		defer close(l.done)
		h.ServeHTTP(l, r)
	}()
	return l
}

func (l *listener) Header() http.Header { return l.header }

func (l *listener) WriteHeader(status int) { l.status = status }

func (l *listener) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// Flush takes what was written as messages.
func (l *listener) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, part := range strings.Split(l.buf.String(), "\n\n") {
		if data, ok := strings.CutPrefix(part, "event: change\ndata: "); ok {
			var m message
			if json.Unmarshal([]byte(data), &m) == nil {
				l.got, l.at = append(l.got, m), append(l.at, time.Now())
			}
		}
	}
	l.buf.Reset()
}

func (l *listener) messages() []message {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]message(nil), l.got...)
}

// counted is the sample with another number of decisions, n seconds on.
func counted(n int64) operate.Line {
	l := samples()["full"]
	l.Stations[4].Count = n
	return l
}

func TestTheStreamSaysWhatThePageSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStand(samples()["full"])
		mux, _ := s.mux(t)
		l := listen(mux, cookieOfAda)
		first := l.messages()[0]
		l.leave()
		<-l.done

		doc := parse(t, get(t, mux, "/"))
		onPage := map[string]bool{}
		doc.Find("[data-live]").Each(func(_ int, place *goquery.Selection) {
			key := place.AttrOr("data-live", "")
			onPage[key] = true
			want, err := goquery.NewDocumentFromReader(strings.NewReader("<body><span>" + first.Leaves[key] + "</span>"))
			if err != nil {
				t.Fatal(err)
			}
			wantHTML, _ := want.Find("body > span").Html()
			if got, _ := place.Html(); got != wantHTML {
				t.Errorf("%s is %q on the page and %q in the stream", key, got, wantHTML)
			}
		})
		for key := range first.Leaves {
			if !onPage[key] {
				t.Errorf("%s is sent and nowhere on the page", key)
			}
		}
		if got := doc.Find("[data-structure]").AttrOr("data-structure", ""); got != first.Structure {
			t.Errorf("structure is %q on the page and %q in the stream", got, first.Structure)
		}
	})
}

func TestTheStream(t *testing.T) {
	t.Run("only what changed is sent, at most once a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(counted(1))
			mux, _ := s.mux(t)
			l := listen(mux, cookieOfAda)
			defer func() { l.leave(); <-l.done }()
			l.messages()
			for n := range int64(100) { // ten changes a second for ten seconds
				time.Sleep(100 * time.Millisecond)
				s.set(counted(n + 2))
			}
			got := l.messages()
			if len(got) < 9 || len(got) > 12 {
				t.Errorf("%d messages in ten seconds", len(got))
			}
			for i, m := range got[1:] {
				if len(m.Leaves) != 2 || m.Leaves["station/decide/count"] == "" || m.Leaves["top/decide/count"] == "" {
					t.Errorf("message %d holds %v", i+1, m.Leaves)
				}
				if gap := l.at[i+1].Sub(l.at[i]); gap < time.Second {
					t.Errorf("message %d comes after %s", i+1, gap)
				}
			}
			time.Sleep(time.Second)
			if got = l.messages(); got[len(got)-1].Leaves["station/decide/count"] != "101" {
				t.Errorf("the last word is %v, want 101", got[len(got)-1].Leaves)
			}
		})
	})
	t.Run("a release asks for a reload by another structure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(counted(1))
			mux, _ := s.mux(t)
			l := listen(mux, cookieOfAda)
			defer func() { l.leave(); <-l.done }()
			before := l.messages()[0].Structure
			next := counted(2)
			next.Release.Number++
			s.set(next)
			time.Sleep(2 * time.Second)
			if got := l.messages(); got[len(got)-1].Structure == before {
				t.Error("the structure stays")
			}
		})
	})
	t.Run("it ends when the door closes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			mux, w := newStand(counted(1)).mux(t)
			l := listen(mux, cookieOfAda)
			l.messages()
			w.Close()
			w.Close()
			<-l.done
		})
	})
	t.Run("it ends with the session", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStand(counted(1))
			gate := &expiring{stand: s}
			mux, _ := s.mux(t, func(c *web.Config) { c.Access = gate })
			l := listen(mux, cookieOfAda)
			l.messages()
			gate.expire()
			<-l.done
		})
	})
	t.Run("one page too many is told to come back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			mux, _ := newStand(counted(1)).mux(t, func(c *web.Config) { c.Streams = 1 })
			first := listen(mux, cookieOfAda)
			first.messages()
			second := listen(mux, cookieOfAda)
			<-second.done
			if second.status != http.StatusTooManyRequests || second.header.Get("Retry-After") == "" {
				t.Errorf("the second is answered with %d %v", second.status, second.header)
			}
			first.leave()
			<-first.done
			third := listen(mux, cookieOfAda)
			if len(third.messages()) != 1 {
				t.Error("the place of the first is not free again")
			}
			third.leave()
			<-third.done
		})
	})
}

// expiring is an engine whose sessions can end.
type expiring struct {
	*stand
	mu    sync.Mutex
	ended bool
}

func (e *expiring) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
}

func (e *expiring) Visit(ctx context.Context, cookie string) (operate.Visit, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return operate.Visit{}, nil
	}
	return e.stand.Visit(ctx, cookie)
}

func TestTheStreamOverARealConnection(t *testing.T) {
	s := newStand(counted(1))
	mux, _ := s.mux(t)
	server := httptest.NewUnstartedServer(serve.Log(textLog(io.Discard), serve.Secure(mux)))
	server.Config.ReadTimeout = 300 * time.Millisecond // a stream outlives it
	server.Start()
	defer server.Close()
	r, err := http.NewRequest(http.MethodGet, server.URL+"/line/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	seen := 0
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "data: ") {
			continue
		}
		if seen++; seen == 2 {
			break
		}
		s.set(counted(2))
	}
	if seen != 2 {
		t.Fatalf("%d messages, then %v", seen, lines.Err())
	}
}
