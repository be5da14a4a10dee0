package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestEvaluation(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})

	t.Run("an evaluation has a variant, its text by slot and flat metadata", func(t *testing.T) {
		a := d.evaluate(t, "home.hero", "visitor-1")
		e := read[evaluation](t, a, http.StatusOK)
		if e.Key != "home.hero" || e.Reason != "SPLIT" || e.Variant == "" || len(e.Value) != 2 || e.Value["headline"] == "" {
			t.Errorf("%s", a.body)
		}
		if a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", a.header)
		}
		for name, v := range e.Metadata {
			switch v.(type) {
			case string, float64, bool:
			default:
				t.Errorf("the metadata %s is %T, and the protocol allows text, numbers and booleans", name, v)
			}
		}
		for _, name := range []string{"decisionId", "propensity", "arm", "epoch", "release", "level.headline", "propensity.cta"} {
			if _, ok := e.Metadata[name]; !ok {
				t.Errorf("the metadata has no %s: %s", name, a.body)
			}
		}
	})
	t.Run("the same question has the same bytes, slots in the template's order", func(t *testing.T) {
		for _, placement := range []string{"home.hero", "home.loyal", "home%2Fside", "members.only"} {
			first := d.evaluate(t, placement, "visitor-2")
			for range 20 {
				if again := d.evaluate(t, placement, "visitor-2"); !bytes.Equal(first.body, again.body) {
					t.Fatalf("%s: first %s\nthen %s", placement, first.body, again.body)
				}
			}
			value := bytes.Index(first.body, []byte(`"headline":`))
			if value < 0 || value > bytes.Index(first.body, []byte(`"cta":`)) {
				t.Errorf("the headline does not come first: %s", first.body)
			}
		}
	})
	t.Run("a name with a slash is asked for escaped, and answered as it is", func(t *testing.T) {
		if e := read[evaluation](t, d.evaluate(t, "home%2Fside", "visitor-3"), http.StatusOK); e.Key != "home/side" {
			t.Errorf("the key is %q", e.Key)
		}
	})
	t.Run("who is not in the audience gets the fallback, which is static", func(t *testing.T) {
		e := read[evaluation](t, d.evaluate(t, "members.only", "visitor-4"), http.StatusOK)
		if e.Reason != "STATIC" || e.Metadata["arm"] != "fallback" || e.Value["cta"] != "See how" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("what texts may say of the recipient is no trait, and is kept nowhere", func(t *testing.T) {
		ask := ask{path: flags + "home.hero", body: `{"context":{"targetingKey":"v-person","country":"CH","person":{"first_name":"Anastasia"}}}`, header: bearer(d.keys[operate.ScopeRead])}
		recorded, _ := d.Plane.Recorded()
		read[evaluation](t, d.do(t, ask), http.StatusOK)
		d.Recorded(t, recorded+1)
		events := d.Events(t)
		plain, ok, err := d.Core.Vault().Reveal(t.Context(), events[len(events)-1])
		if kept := string(plain); err != nil || !ok || strings.Contains(kept, "Anastasia") || !strings.Contains(kept, "CH") {
			t.Errorf("the record has %s: %v", kept, err)
		}
	})
	t.Run("a rule reads the context", func(t *testing.T) {
		a := d.do(t, ask{path: flags + "members.only", body: `{"context":{"targetingKey":"v","plan":"member"}}`, header: bearer(d.keys[operate.ScopeRead])})
		if e := read[evaluation](t, a, http.StatusOK); e.Metadata["arm"] == "fallback" {
			t.Errorf("a member got the fallback: %s", a.body)
		}
	})
}

func TestEvaluationRefused(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := bearer(d.keys[operate.ScopeRead])
	sound := `{"context":{"targetingKey":"visitor-1"}}`
	many := `{"context":{"targetingKey":"v"` + strings.Repeat(`,"x%d":1`, 64) + `}}`
	many = fmt.Sprintf(many, counting(64)...)
	for name, c := range map[string]struct {
		path, body string
		header     http.Header
		status     int
		code       string
	}{
		"not JSON":                     {"home.hero", `{`, key, 400, "PARSE_ERROR"},
		"an empty body":                {"home.hero", ``, key, 400, "PARSE_ERROR"},
		"a list":                       {"home.hero", `[]`, key, 400, "PARSE_ERROR"},
		"a context that is no object":  {"home.hero", `{"context":7}`, key, 400, "PARSE_ERROR"},
		"two bodies":                   {"home.hero", sound + sound, key, 400, "PARSE_ERROR"},
		"invalid UTF-8":                {"home.hero", "{\"context\":{\"targetingKey\":\"\xff\"}}", key, 400, "PARSE_ERROR"},
		"nesting without end":          {"home.hero", `{"context":{"x":` + strings.Repeat("[", 12_000) + strings.Repeat("]", 12_000) + `}}`, key, 400, "PARSE_ERROR"},
		"no context":                   {"home.hero", `{}`, key, 400, "INVALID_CONTEXT"},
		"a null context":               {"home.hero", `{"context":null}`, key, 400, "INVALID_CONTEXT"},
		"more fields than are allowed": {"home.hero", many, key, 400, "INVALID_CONTEXT"},
		"a key that is a number":       {"home.hero", `{"context":{"targetingKey":7}}`, key, 400, "INVALID_CONTEXT"},
		"a key that is too long":       {"home.hero", `{"context":{"targetingKey":"` + strings.Repeat("k", 257) + `"}}`, key, 400, "INVALID_CONTEXT"},
		"a body beyond the limit":      {"home.hero", `{"context":{"targetingKey":"v","x":"` + strings.Repeat("x", 64<<10) + `"}}`, key, 400, "INVALID_CONTEXT"},
		"ten megabytes":                {"home.hero", `{"context":{"x":"` + strings.Repeat("x", 10<<20) + `"}}`, key, 400, "INVALID_CONTEXT"},
		"no key":                       {"home.hero", `{"context":{"plan":"member"}}`, key, 400, "TARGETING_KEY_MISSING"},
		"an empty key":                 {"home.hero", `{"context":{"targetingKey":""}}`, key, 400, "TARGETING_KEY_MISSING"},
		"a person that is text":        {"home.hero", `{"context":{"targetingKey":"v","person":"Ana"}}`, key, 400, "INVALID_CONTEXT"},
		"a name that is a number":      {"home.hero", `{"context":{"targetingKey":"v","person":{"first_name":7}}}`, key, 400, "INVALID_CONTEXT"},
		"a null key":                   {"home.hero", `{"context":{"targetingKey":null}}`, key, 400, "TARGETING_KEY_MISSING"},
		"nobody":                       {"home.hero", sound, nil, 401, "GENERAL"},
		"an unknown secret":            {"home.hero", sound, bearer("tl_read_x"), 401, "GENERAL"},
		"a write key":                  {"home.hero", sound, bearer(d.keys[operate.ScopeWrite]), 403, "GENERAL"},
		"a manage key":                 {"home.hero", sound, bearer(d.keys[operate.ScopeManage]), 403, "GENERAL"},
		"an unknown placement":         {"home.her", sound, key, 404, "FLAG_NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			a := d.do(t, ask{path: flags + c.path, body: c.body, header: c.header})
			var got struct{ Key, ErrorCode, ErrorDetails string }
			if err := json.Unmarshal(a.body, &got); err != nil {
				t.Fatal(err)
			}
			if a.status != c.status || got.ErrorCode != c.code || got.Key != c.path || got.ErrorDetails == "" {
				t.Errorf("%d %s, want %d %s", a.status, a.body, c.status, c.code)
			}
			if a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") == "" {
				t.Error("401 does not say how to come in")
			}
		})
	}
	t.Run("the nearest name is told", func(t *testing.T) {
		if a := d.evaluate(t, "home.her", "v"); !bytes.Contains(a.body, []byte("home.hero")) {
			t.Errorf("%s", a.body)
		}
	})
	t.Run("a refusal is no failure of the engine, and is not logged as one", func(t *testing.T) {
		if log := d.Log.String(); strings.Contains(log, "level=ERROR") {
			t.Error(log)
		}
	})
}

func counting(n int) []any {
	numbers := make([]any, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

func TestEvaluationKeys(t *testing.T) {
	t.Parallel()
	sound := `{"context":{"targetingKey":"visitor-1"}}`
	t.Run("the key comes as Bearer, in any case, or as X-API-Key", func(t *testing.T) {
		d := openLive(t, enginetest.Options{})
		secret := d.keys[operate.ScopeRead]
		for _, h := range []http.Header{bearer(secret), {"Authorization": {"bearer " + secret}}, {"X-Api-Key": {secret}}} {
			if a := d.do(t, ask{path: flags + "home.hero", body: sound, header: h}); a.status != http.StatusOK {
				t.Errorf("%v: %d %s", h, a.status, a.body)
			}
		}
	})
	t.Run("an engine that says public asks for no key", func(t *testing.T) {
		d := openLive(t, enginetest.Options{}, enginetest.PublicEngine)
		if a := d.do(t, ask{path: flags + "home.hero", body: sound}); a.status != http.StatusOK {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	t.Run("before the first release nothing is found, and nothing is ready", func(t *testing.T) {
		d := openDoor(t, enginetest.Options{})
		if a := d.evaluate(t, "home.hero", "v"); a.status != http.StatusNotFound {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := d.do(t, ask{method: "GET", path: "/healthz"}); a.status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// FuzzEvaluate sends any body to a door that is open. Whatever it is, the answer
// is one of the protocol's, in JSON, and nothing of it is the engine's fault.
func FuzzEvaluate(f *testing.F) {
	for _, seed := range []string{
		`{"context":{"targetingKey":"v"}}`, `{"context":{"targetingKey":"v","plan":"member","locale":"en"}}`,
		`{"context":{"targetingKey":"v","plan":{"a":[1,null,true]}}}`, `{}`, `{"context":null}`, `[`,
		"{\"context\":{\"targetingKey\":\"\xc3\x28\"}}", `{"context":{"targetingKey":"\ud800"}}`, `{"context":{"targetingKey":"v","plan":1e999}}`,
	} {
		f.Add([]byte(seed))
	}
	d := openLive(f, enginetest.Options{}, enginetest.PublicEngine)
	f.Fuzz(func(t *testing.T, body []byte) {
		a := d.do(t, ask{path: flags + "members.only", body: string(body)})
		if !json.Valid(a.body) || !utf8.Valid(a.body) {
			t.Fatalf("no JSON: %q", a.body)
		}
		switch a.status {
		case http.StatusOK:
			id := throughline.DecisionID(read[evaluation](t, a, http.StatusOK).Metadata["decisionId"].(string))
			if _, err := throughline.OpenDecisionID(d.Core.Secret(), id); err != nil {
				t.Fatal(err)
			}
		case http.StatusBadRequest:
		default:
			t.Fatalf("status %d: %s", a.status, a.body)
		}
	})
}
