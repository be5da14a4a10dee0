package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	intake "github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

// door is the API over a whole engine, wired as the command does it.
type door struct {
	*enginetest.Engine
	mux     *serve.Mux
	api     *api.API
	handler http.Handler
	// keys has a key of each scope.
	keys map[operate.Scope]string
}

func openDoor(t testing.TB, o enginetest.Options) *door {
	t.Helper()
	d := &door{Engine: enginetest.Open(t, o), mux: serve.NewMux(), keys: map[operate.Scope]string{}}
	log := slog.New(slog.NewTextHandler(d.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.api = api.Mount(d.mux, api.Config{
		Core: d.Core, Content: d.Content, Plane: d.Plane, Operate: d.Operate, Access: d.Access,
		Media: intake.New(d.Core, intake.Config{}), Shares: share.New(d.Core, d.Content), Recipients: d.Recipients, Log: log,
	})
	d.handler = serve.Log(log, serve.Secure(serve.Exact(d.mux)))
	for _, scope := range []operate.Scope{operate.ScopeRead, operate.ScopeWrite, operate.ScopeManage} {
		secret, err := d.Access.CreateToken(t.Context(), engine.AtShell(enginetest.Ana()), operate.TokenRequest{Name: "key-" + string(scope), Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		d.keys[scope] = secret
	}
	return d
}

// openLive opens a door behind which the test workspace is live.
func openLive(t testing.TB, o enginetest.Options, more ...string) *door {
	t.Helper()
	d := openDoor(t, o)
	d.Run(t)
	d.Declare(t, more...)
	return d
}

// ask is one request; the zero value of a field leaves it out.
type ask struct {
	method, path, body string
	header             http.Header
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (d *door) do(t testing.TB, a ask) answer {
	t.Helper()
	method := a.method
	if method == "" {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, a.path, strings.NewReader(a.body))
	for name, values := range a.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, body}
}

func bearer(secret string) http.Header {
	return http.Header{"Authorization": {"Bearer " + secret}}
}

func basic(user string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"))}}
}

func with(h http.Header, name, value string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set(name, value)
	return h
}

// manage calls the management API with its key.
func (d *door) manage(t testing.TB, method, path string, in any) answer {
	t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			t.Fatal(err)
		}
	}
	return d.do(t, ask{method: method, path: path, body: string(body), header: with(bearer(d.keys[operate.ScopeManage]), "Content-Type", "application/json")})
}

// read decodes the body of an answer that must have the status.
func read[T any](t testing.TB, a answer, status int) T {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	var v T
	in := json.NewDecoder(bytes.NewReader(a.body))
	in.DisallowUnknownFields()
	if err := in.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// fault reads an error in our form, which every refusal must have.
func fault(t testing.TB, a answer, status int) serve.Fault {
	t.Helper()
	f := read[serve.Fault](t, a, status)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("the content type of an error is %q", got)
	}
	if f.Status != status || f.Code == "" || f.Detail == "" || f.Title == "" {
		t.Errorf("an error without code, detail or its status: %s", a.body)
	}
	return f
}

const flags = "/ofrep/v1/evaluate/flags/"

// evaluate asks for a decision with the read key.
func (d *door) evaluate(t testing.TB, placement, unit string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"context": map[string]any{"targetingKey": unit}})
	if err != nil {
		t.Fatal(err)
	}
	return d.do(t, ask{path: flags + placement, body: string(body), header: bearer(d.keys[operate.ScopeRead])})
}

// decisionID asks for a decision and returns its id.
func (d *door) decisionID(t testing.TB, placement, unit string) string {
	t.Helper()
	a := d.evaluate(t, placement, unit)
	return read[evaluation](t, a, http.StatusOK).Metadata["decisionId"].(string)
}

// evaluation is the success body of the protocol.
type evaluation struct {
	Key      string            `json:"key"`
	Reason   string            `json:"reason"`
	Variant  string            `json:"variant"`
	Value    map[string]string `json:"value"`
	Metadata map[string]any    `json:"metadata"`
}
