package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

const bulkPath = "/ofrep/v1/evaluate/flags"

// bulk is the success body of a bulk evaluation.
type bulk struct {
	Flags []struct {
		Key, Reason, Variant, ErrorCode, ErrorDetails string
		Value                                         map[string]string
		Metadata                                      map[string]any
	}
	Metadata     map[string]any
	EventStreams []struct {
		Type               string
		Endpoint           struct{ Origin, RequestURI string }
		InactivityDelaySec int
	}
}

func (d *door) bulk(t testing.TB, context string, header http.Header) answer {
	t.Helper()
	return d.do(t, ask{path: bulkPath, body: `{"context":` + context + `}`, header: header})
}

func TestBulkEvaluation(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := bearer(d.keys[operate.ScopeRead])

	t.Run("it has every placement, each as it is answered alone", func(t *testing.T) {
		b := read[bulk](t, d.bulk(t, `{"targetingKey":"v-1"}`, key), http.StatusOK)
		if len(b.Flags) != 4 {
			t.Fatalf("%d flags", len(b.Flags))
		}
		for _, f := range b.Flags {
			alone := read[evaluation](t, d.evaluate(t, strings.ReplaceAll(f.Key, "/", "%2F"), "v-1"), http.StatusOK)
			if alone.Metadata["decisionId"] != f.Metadata["decisionId"] || alone.Variant != f.Variant || alone.Reason != f.Reason {
				t.Errorf("%s: in bulk %+v, alone %+v", f.Key, f, alone)
			}
		}
		if len(b.EventStreams) != 1 || b.EventStreams[0].Type != "sse" || !strings.HasPrefix(b.EventStreams[0].Endpoint.RequestURI, "/ofrep/v1/events?") {
			t.Errorf("event streams %+v", b.EventStreams)
		}
	})
	t.Run("asked again with the tag, quoted, bare or weak, it is 304 without a body", func(t *testing.T) {
		first := d.bulk(t, `{"targetingKey":"v-2"}`, key)
		tag := first.header.Get("ETag")
		for _, sent := range []string{tag, strings.Trim(tag, `"`), "W/" + tag, `"x", ` + tag} {
			a := d.bulk(t, `{"targetingKey":"v-2"}`, with(key, "If-None-Match", sent))
			if a.status != http.StatusNotModified || len(a.body) != 0 || a.header.Get("ETag") != tag {
				t.Errorf("%s: %d %s", sent, a.status, a.body)
			}
		}
	})
	t.Run("another context, another recipient and * are answered in full", func(t *testing.T) {
		tag := d.bulk(t, `{"targetingKey":"v-3"}`, key).header.Get("ETag")
		for _, c := range []struct{ context, tag string }{
			{`{"targetingKey":"v-3","plan":"member"}`, tag}, {`{"targetingKey":"v-4"}`, tag}, {`{"targetingKey":"v-3"}`, "*"},
		} {
			if a := d.bulk(t, c.context, with(key, "If-None-Match", c.tag)); a.status != http.StatusOK {
				t.Errorf("%s with %s: %d", c.context, c.tag, a.status)
			}
		}
	})
	t.Run("a list of flags is answered, and what is unknown fails among the others", func(t *testing.T) {
		b := read[bulk](t, d.bulk(t, `{"targetingKey":"v-5","flags":["home.none","home.hero","home.hero"]}`, key), http.StatusOK)
		if len(b.Flags) != 2 || b.Flags[0].Key != "home.hero" || b.Flags[0].ErrorCode != "" || b.Flags[1].ErrorCode != "FLAG_NOT_FOUND" {
			t.Errorf("%+v", b.Flags)
		}
	})
	t.Run("pages of other sites may read the tag", func(t *testing.T) {
		a := d.bulk(t, `{"targetingKey":"v-6"}`, key)
		if a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(strings.ToLower(a.header.Get("Access-Control-Expose-Headers")), "etag") {
			t.Errorf("%v", a.header)
		}
	})
}

func TestBulkRefused(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := bearer(d.keys[operate.ScopeRead])
	names, err := json.Marshal(manyNames(300))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body   string
		header http.Header
		status int
		code   string
	}{
		"not JSON":               {`{`, key, 400, "PARSE_ERROR"},
		"no context":             {`{}`, key, 400, "INVALID_CONTEXT"},
		"no key":                 {`{"context":{}}`, key, 400, "TARGETING_KEY_MISSING"},
		"a key that is too long": {`{"context":{"targetingKey":"` + strings.Repeat("k", 257) + `"}}`, key, 400, "INVALID_CONTEXT"},
		"flags that are no list": {`{"context":{"targetingKey":"v","flags":"home.hero"}}`, key, 400, "INVALID_CONTEXT"},
		"flags that are numbers": {`{"context":{"targetingKey":"v","flags":[1]}}`, key, 400, "INVALID_CONTEXT"},
		"too many flags":         {`{"context":{"targetingKey":"v","flags":` + string(names) + `}}`, key, 400, "INVALID_CONTEXT"},
		"nobody":                 {`{"context":{"targetingKey":"v"}}`, nil, 401, "GENERAL"},
		"a write key":            {`{"context":{"targetingKey":"v"}}`, bearer(d.keys[operate.ScopeWrite]), 403, "GENERAL"},
	} {
		t.Run(name, func(t *testing.T) {
			a := d.do(t, ask{path: bulkPath, body: c.body, header: c.header})
			var got struct{ Key, ErrorCode, ErrorDetails string }
			if err := json.Unmarshal(a.body, &got); err != nil {
				t.Fatal(err)
			}
			if a.status != c.status || got.ErrorCode != c.code || got.Key != "" || got.ErrorDetails == "" || a.header.Get("ETag") != "" {
				t.Errorf("%d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
		})
	}
	t.Run("before the first release there is nothing, which is no error", func(t *testing.T) {
		d := openDoor(t, enginetest.Options{})
		b := read[bulk](t, d.bulk(t, `{"targetingKey":"v"}`, bearer(d.keys[operate.ScopeRead])), http.StatusOK)
		if len(b.Flags) != 0 {
			t.Errorf("%+v", b)
		}
	})
}

func manyNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strings.Repeat("n", i+1)
	}
	return names
}

func TestEventStream(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	server := httptest.NewServer(d.handler)
	t.Cleanup(server.Close)
	t.Cleanup(d.api.Close)
	b := read[bulk](t, d.bulk(t, `{"targetingKey":"v-1"}`, bearer(d.keys[operate.ScopeRead])), http.StatusOK)
	address := server.URL + b.EventStreams[0].Endpoint.RequestURI

	t.Run("a release is told, with an id to go on from", func(t *testing.T) {
		lines := listen(t, address, "")
		d.Declare(t, "---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-new}\nspec: {role: headline, brief: visit, values: {en: Something new}}\n")
		if id, data := event(lines); id == "" || data != `{"type":"refetchEvaluation"}` {
			t.Errorf("id %q data %q", id, data)
		}
	})
	t.Run("who comes with the old release is told at once", func(t *testing.T) {
		if _, data := event(listen(t, address, "")); data != `{"type":"refetchEvaluation"}` {
			t.Errorf("data %q", data)
		}
	})
	t.Run("who comes back with the last event's id is not told twice", func(t *testing.T) {
		id, _ := event(listen(t, address, ""))
		lines := listen(t, address, id)
		d.Declare(t, "---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-newer}\nspec: {role: headline, brief: visit, values: {en: Something newer}}\n")
		if next, _ := event(lines); next == id {
			t.Errorf("the event %s came again", id)
		}
	})
	t.Run("without a ticket, or with a forged one, nobody listens", func(t *testing.T) {
		for _, q := range []string{"", "?since=1", "?since=1&ticket=1.x", "?ticket=" + strings.Repeat("9", 30) + ".x"} {
			if a := d.do(t, ask{method: "GET", path: "/ofrep/v1/events" + q}); a.status != http.StatusUnauthorized {
				t.Errorf("%s: %d %s", q, a.status, a.body)
			}
		}
	})
}

// listen opens a stream and skips its greeting.
func listen(t *testing.T, address, last string) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && lines.Text() != "" {
	}
	return lines
}

// event reads one event.
func event(lines *bufio.Scanner) (id, data string) {
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "id":
			id = value
		case name == "data":
			data = value
		case lines.Text() == "" && data != "":
			return id, data
		}
	}
	return id, data
}

func FuzzBulk(f *testing.F) {
	for _, seed := range []string{
		`{"context":{"targetingKey":"v"}}`, `{"context":{"targetingKey":"v","flags":["home.hero","x"]}}`,
		`{"context":{"targetingKey":"v","flags":[[]]}}`, `{"context":{"targetingKey":"v","flags":["\ud800"]}}`, `[`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	d := openLive(f, enginetest.Options{}, enginetest.PublicEngine)
	f.Fuzz(func(t *testing.T, body []byte) {
		a := d.do(t, ask{path: bulkPath, body: string(body)})
		if !json.Valid(a.body) {
			t.Fatalf("no JSON: %q", a.body)
		}
		if a.status != http.StatusOK && a.status != http.StatusBadRequest {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
		if a.status != http.StatusOK {
			return
		}
		again := d.do(t, ask{path: bulkPath, body: string(body), header: http.Header{"If-None-Match": {a.header.Get("ETag")}}})
		if again.status != http.StatusNotModified && !bytes.Contains(a.body, []byte("home/side")) {
			t.Fatalf("the same question has another answer: %s", again.body)
		}
	})
}
