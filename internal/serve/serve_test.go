package serve_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve"
)

func TestEveryCodeHasItsStatus(t *testing.T) {
	for code, want := range map[throughline.Code]int{
		"": 200, throughline.Invalid: 400, throughline.NotFound: 404, throughline.Conflict: 409,
		throughline.Unauthorized: 401, throughline.Forbidden: 403, throughline.TooLarge: 413,
		throughline.Exhausted: 429, throughline.Unavailable: 503, throughline.Corrupt: 500, throughline.Internal: 500,
	} {
		if got := serve.Status(code); got != want {
			t.Errorf("%q is %d, want %d", code, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	invalid := throughline.Errorf(throughline.Invalid, "slot cta is empty").At("card.yaml:3:1").WithFix("fill it")
	mistake := serve.Fault{Title: "Internal Server Error", Status: 500, Code: throughline.Internal, Detail: "the engine made a mistake; it is in its log"}
	shown := serve.Fault{Title: "Bad Request", Status: 400, Code: throughline.Invalid, Detail: "slot cta is empty", Place: "card.yaml:3:1", Fix: "fill it"}
	both := shown
	both.Errors = []serve.Fault{shown, shown}
	for name, c := range map[string]struct {
		err  error
		want serve.Fault
	}{
		"an error of ours is shown whole":                {invalid, shown},
		"also when wrapped":                              {fmt.Errorf("apply: %w", invalid), shown},
		"several are shown at once":                      {throughline.Problems{invalid, invalid}, both},
		"one of several is one":                          {throughline.Problems{invalid}, shown},
		"what does not answer is no stranger's business": {throughline.Errorf(throughline.Unavailable, "/srv/state.db cannot be read").At("/srv").WithFix("look at /srv"), serve.Fault{Title: "Service Unavailable", Status: 503, Code: throughline.Unavailable, Detail: "the engine cannot do this now; its log says why", Fix: "try again in a moment"}},
		"nor is what is damaged":                         {throughline.Errorf(throughline.Corrupt, "/srv/state.db is damaged"), serve.Fault{Title: "Internal Server Error", Status: 500, Code: throughline.Corrupt, Detail: "a part of the engine's record is damaged; its log says which", Fix: "whoever runs the engine can ask throughline verify"}},
		"a stranger's error shows nothing":               {errors.New("open /var/lib/secret: denied"), mistake},
		"a defect shows nothing":                         {throughline.Errorf(throughline.Internal, "index %d of secret", 7), mistake},
		"a body that is too long is named":               {&http.MaxBytesError{Limit: 9}, serve.Fault{Title: "Request Entity Too Large", Status: 413, Code: throughline.TooLarge, Detail: "the request is longer than 9 bytes", Fix: "send less at once"}},
		"no answer in time is no defect":                 {fmt.Errorf("read: %w", contextDeadline()), serve.Fault{Title: "Service Unavailable", Status: 503, Code: throughline.Unavailable, Detail: "the engine did not answer in time", Fix: "try again in a moment"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, serve.FaultOf(c.err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOperatorsSeeWhatIsWrong(t *testing.T) {
	err := throughline.Errorf(throughline.Corrupt, "batch 3-7 of the journal is damaged: %w", errors.New("open /srv/journal.db")).WithFix("restore")
	if f := serve.OperatorFaultOf(err); f.Detail != "batch 3-7 of the journal is damaged" || f.Fix != "restore" || f.Status != 500 {
		t.Errorf("got %+v", f)
	}
	if f := serve.OperatorFaultOf(errors.New("open /srv/journal.db")); strings.Contains(f.Detail, "/srv") {
		t.Errorf("got %+v", f)
	}
}

func contextDeadline() error {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	var err error
	serve.Timeout(0, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		err = r.Context().Err()
	})).ServeHTTP(httptest.NewRecorder(), r)
	return err
}

func TestProblem(t *testing.T) {
	w := httptest.NewRecorder()
	serve.Problem(w, throughline.Errorf(throughline.Exhausted, "too many <events>").WithFix("slow down"))
	var got serve.Fault
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Detail != "too many <events>" || got.Code != throughline.Exhausted {
		t.Errorf("%v %+v", err, got)
	}
	if h := w.Header(); w.Code != 429 || h.Get("Retry-After") == "" || h.Get("Content-Type") != "application/problem+json" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestLimitBody(t *testing.T) {
	read := serve.LimitBody(10, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			serve.Problem(w, err)
		}
	}))
	for name, c := range map[string]struct {
		size    int
		unknown bool
		want    int
	}{
		"a body at the limit is read":                       {10, false, 200},
		"one that announces too much is refused unread":     {11, false, 413},
		"one that does not announce it is cut at the limit": {11, true, 413},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", c.size)))
			if c.unknown {
				r.ContentLength = -1
			}
			w := httptest.NewRecorder()
			read.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("answers %d, want %d", w.Code, c.want)
			}
		})
	}
}

func TestTimeoutEndsASlowSender(t *testing.T) {
	read := make(chan error, 1)
	server := httptest.NewServer(serve.Timeout(50*time.Millisecond, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this")
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading a body that never comes ends with %v", err)
	}
}

func TestSecureSetsHeadersThatAHandlerMayReplace(t *testing.T) {
	h := serve.Secure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Referrer-Policy", "origin") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header(); got.Get("Referrer-Policy") != "origin" || got.Get("Content-Security-Policy") != serve.Policy || got.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", got)
	}
}

func TestLogNamesTheRouteAndNothingElse(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /people/{name}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "12345")
	})
	mux.HandleFunc("GET /broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	var out bytes.Buffer
	h := serve.Log(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), serve.Secure(serve.LimitBody(100, mux)))

	r := httptest.NewRequest(http.MethodPost, "/people/secret-person?trait=secret", strings.NewReader("secret"))
	r.Header.Set("Authorization", "Bearer secret")
	r.RemoteAddr = "203.0.113.9:1"
	h.ServeHTTP(httptest.NewRecorder(), r)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/broken", nil))

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), out.String())
	}
	if strings.Contains(out.String(), "secret") || strings.Contains(out.String(), "203.0.113") {
		t.Errorf("the log tells too much: %s", out.String())
	}
	for i, want := range []string{`level=DEBUG msg=request method=POST route="POST /people/{name}" status=418 bytes=5`, `level=ERROR msg=request method=GET route="GET /broken" status=502 bytes=0`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s, want %s", i, lines[i], want)
		}
	}
}

func TestHandlersThatPanic(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /early/{name}", func(http.ResponseWriter, *http.Request) { panic("ana@example.com") })
	mux.HandleFunc("GET /late/{name}", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic(errors.New("ana@example.com"))
	})
	var out bytes.Buffer
	h := serve.Log(slog.New(slog.NewTextHandler(&out, nil)), mux)
	t.Run("before it answers, it is answered as a defect", func(t *testing.T) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/early/ana", nil))
		if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"internal"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("in the middle of its answer, the connection ends", func(t *testing.T) {
		defer func() {
			if v := recover(); v != http.ErrAbortHandler {
				t.Errorf("it ends with %v", v)
			}
		}()
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/late/ana", nil))
	})
	t.Run("the log has an error with route and place, and not what the panic said", func(t *testing.T) {
		for _, route := range []string{"GET /early/{name}", "GET /late/{name}"} {
			if want := `level=ERROR msg="a handler panicked" method=GET route="` + route + `" at=`; !strings.Contains(out.String(), want) {
				t.Errorf("no %s in %s", want, out.String())
			}
		}
		if !strings.Contains(out.String(), "TestHandlersThatPanic") || strings.Contains(out.String(), "ana") && strings.Contains(out.String(), "example.com") {
			t.Errorf("the log is %s", out.String())
		}
	})
}

func TestAnErrorIsShortWhateverWasSent(t *testing.T) {
	long := strings.Repeat("ä", 4000)
	one := throughline.Errorf(throughline.Invalid, "%s cannot be a name", long).At(long).WithFix("not %s", long).
		In(throughline.Ref{Kind: throughline.KindFragment, Name: long}, long)
	all := slices.Repeat(throughline.Problems{one}, 10_000)
	f := serve.OperatorFaultOf(all)
	if len(f.Errors) != 501 || f.Errors[500].Detail != "9500 more problems are not told here" {
		t.Errorf("%d are told", len(f.Errors))
	}
	for _, part := range []string{f.Detail, f.Place, f.Fix, f.Object, f.Field, f.Errors[7].Detail} {
		if len(part) > 2010 || !utf8.ValidString(part) || !strings.HasSuffix(part, "…") {
			t.Errorf("a part has %d bytes", len(part))
		}
	}
}
