package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

// operations returns every operation of the management API as its own document
// has them, with a path that could be asked for.
func (d *door) operations(t *testing.T) []ask {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	a := d.manage(t, "GET", "/openapi.json", nil)
	if err := json.Unmarshal(a.body, &doc); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{number}", "1", "{kind}", "Fragment", "{name}", "cta-try", "{id}", "x")
	all := []ask{{method: "GET", path: "/api/v1/nothing"}}
	for path, methods := range doc.Paths {
		if !strings.HasPrefix(path, "/api/v1/") {
			continue // another door, with other keys
		}
		for method := range methods {
			all = append(all, ask{method: strings.ToUpper(method), path: fill.Replace(path), body: "{}", header: http.Header{"Content-Type": {"application/json"}}})
		}
	}
	return all
}

func TestManagementIsClosed(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	operations := d.operations(t)
	if len(operations) < 20 {
		t.Fatalf("the document has only %d operations", len(operations))
	}
	if err := d.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	cookie, _, err := d.Access.StartSession(t.Context(), "ana")
	if err != nil {
		t.Fatal(err)
	}
	head, err := d.Core.Record.Journal.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range operations {
		for name, c := range map[string]struct {
			header http.Header
			status int
		}{
			"nobody":               {nil, 401},
			"an unknown key":       {bearer("tl_manage_x"), 401},
			"a read key":           {bearer(d.keys[operate.ScopeRead]), 403},
			"a write key":          {bearer(d.keys[operate.ScopeWrite]), 403},
			"an unknown session":   {http.Header{"Cookie": {serve.SessionCookie + "=x"}}, 401},
			"a write key as Basic": {basic(d.keys[operate.ScopeWrite]), 401},
		} {
			closed := op
			closed.header = with(c.header, "Content-Type", "application/json")
			a := d.do(t, closed)
			if a.status != c.status {
				t.Errorf("%s %s by %s: %d, want %d", op.method, op.path, name, a.status, c.status)
				continue
			}
			fault(t, a, c.status)
		}
		if op.method == "GET" {
			continue
		}
		for _, site := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
			forged := op
			forged.header = with(site, "Cookie", serve.SessionCookie+"="+cookie)
			if a := d.do(t, forged); a.status != 403 {
				t.Errorf("%s %s from another site with a cookie: %d", op.method, op.path, a.status)
			}
		}
	}
	if after, err := d.Core.Record.Journal.Head(t.Context()); err != nil || after != head {
		t.Errorf("requests that were refused left events: %v, %v", after, err)
	}
	t.Run("a session of the own pages may", func(t *testing.T) {
		h := http.Header{"Cookie": {serve.SessionCookie + "=" + cookie}, "Sec-Fetch-Site": {"same-origin"}, "Content-Type": {"application/json"}}
		if a := d.do(t, ask{path: "/api/v1/check", body: "{}", header: h}); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// Every refusal, whoever words it, is in one form.
func TestManagementRefusals(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	key := with(bearer(d.keys[operate.ScopeManage]), "Content-Type", "application/json")
	for name, c := range map[string]struct {
		method, path, body string
		status             []int
		code               throughline.Code
	}{
		"not JSON":                {"POST", "/api/v1/plan", `{`, []int{400, 422}, throughline.Invalid},
		"no body":                 {"POST", "/api/v1/forget", ``, []int{400, 422}, throughline.Invalid},
		"an unknown field":        {"POST", "/api/v1/plan", `{"fles":[]}`, []int{400, 422}, throughline.Invalid},
		"an unknown field, long":  {"POST", "/api/v1/backup", `{"folder":"/x","foldr":"/y"}`, []int{400, 422}, throughline.Invalid},
		"a missing field":         {"POST", "/api/v1/forget", `{}`, []int{400, 422}, throughline.Invalid},
		"a wrong type":            {"POST", "/api/v1/plan", `{"prune":"yes"}`, []int{400, 422}, throughline.Invalid},
		"several wrong":           {"POST", "/api/v1/plan", `{"prune":"yes","base":"one"}`, []int{400, 422}, throughline.Invalid},
		"a wrong scope":           {"POST", "/api/v1/tokens", `{"name":"x","scope":"all"}`, []int{400, 422}, throughline.Invalid},
		"a wrong life":            {"POST", "/api/v1/tokens", `{"name":"x","scope":"read","life":"soon"}`, []int{400, 422}, throughline.Invalid},
		"a wrong name":            {"POST", "/api/v1/tokens", `{"name":"X Y","scope":"read"}`, []int{400}, throughline.Invalid},
		"a number that is none":   {"GET", "/api/v1/releases/one", ``, []int{400, 422}, throughline.Invalid},
		"a limit beyond":          {"GET", "/api/v1/releases?limit=9999", ``, []int{400, 422}, throughline.Invalid},
		"too much":                {"POST", "/api/v1/plan", `{"message":"` + strings.Repeat("x", 64<<20) + `"}`, []int{413}, throughline.TooLarge},
		"too much for long work":  {"POST", "/api/v1/backup", `{"folder":"` + strings.Repeat("x", 64<<20) + `"}`, []int{413}, throughline.TooLarge},
		"YAML with an error":      {"POST", "/api/v1/apply", `{"files":[{"name":"a.yaml","text":"kind: Fragmnt"}]}`, []int{400}, throughline.Invalid},
		"a YAML bomb":             {"POST", "/api/v1/apply", bomb(t), []int{400, 413}, ""},
		"no resource":             {"POST", "/api/v1/apply", `{"delete":["Fragment"]}`, []int{400}, throughline.Invalid},
		"deleting what is needed": {"POST", "/api/v1/apply", `{"delete":["Fragment/cta-try"]}`, []int{400}, throughline.Invalid},
		"a plan of another base":  {"POST", "/api/v1/apply", `{"base":7}`, []int{409}, throughline.Conflict},
		"an unknown kind":         {"GET", "/api/v1/resources?kind=Fragmnt", ``, []int{400}, throughline.Invalid},
		"an unknown resource":     {"GET", "/api/v1/resources/Fragment/none", ``, []int{404}, throughline.NotFound},
		"an unknown release":      {"GET", "/api/v1/releases/99", ``, []int{404}, throughline.NotFound},
		"no such rollback":        {"POST", "/api/v1/releases/99/rollback", ``, []int{404}, throughline.NotFound},
		"an unknown placement":    {"GET", "/api/v1/placements/none", ``, []int{404}, throughline.NotFound},
		"an unknown variant":      {"GET", "/api/v1/variants/none", ``, []int{404}, throughline.NotFound},
		"a forged decision":       {"GET", "/api/v1/decisions/forged", ``, []int{400}, throughline.Invalid},
		"asking for nobody":       {"POST", "/api/v1/ask", `{"placement":"home.hero","unit":""}`, []int{400}, throughline.Invalid},
		"forgetting nobody":       {"POST", "/api/v1/forget", `{"unit":""}`, []int{400}, throughline.Invalid},
		"an unknown token":        {"DELETE", "/api/v1/tokens/none", ``, []int{404}, throughline.NotFound},
		"a route that is none":    {"GET", "/api/v1/relases", ``, []int{404}, throughline.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			a := d.do(t, ask{method: c.method, path: c.path, body: c.body, header: key})
			if !slices.Contains(c.status, a.status) {
				t.Fatalf("%d, want %v: %.300s", a.status, c.status, a.body)
			}
			f := fault(t, a, a.status)
			if c.code != "" && f.Code != c.code || f.Fix == "" {
				t.Errorf("%s", a.body)
			}
			for _, leak := range []string{"value\":", "$schema"} {
				if bytes.Contains(a.body, []byte(leak)) {
					t.Errorf("an error repeats what was sent: %s", a.body)
				}
			}
		})
	}
}

func bomb(t *testing.T) string {
	t.Helper()
	text := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		text += fmt.Sprintf("%c: &%c [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 8), c-1)
	}
	b, err := json.Marshal(api.ChangeBody{Files: []api.File{{Name: "bomb.yaml", Text: text}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func files(manifests ...string) []api.File {
	var all []api.File
	for _, f := range enginetest.Files(manifests...) {
		all = append(all, api.File{Name: f.Name, Text: string(f.Text)})
	}
	return all
}

func TestManagement(t *testing.T) {
	t.Parallel()
	d := openDoor(t, enginetest.Options{})
	d.Run(t)
	t.Run("an empty engine answers with empty lists, not with null", func(t *testing.T) {
		for _, path := range []string{"/api/v1/resources", "/api/v1/releases"} {
			if a := d.manage(t, "GET", path, nil); strings.TrimSpace(string(a.body)) != "[]" {
				t.Errorf("%s: %s", path, a.body)
			}
		}
	})
	t.Run("a change is planned, applied, read, exported and rolled back", func(t *testing.T) {
		plan := read[throughline.Plan](t, d.manage(t, "POST", "/api/v1/plan", api.ChangeBody{Files: files(enginetest.Workspace)}), 200)
		if len(plan.Changes) != 16 || plan.Base != 0 {
			t.Errorf("%d changes on %d", len(plan.Changes), plan.Base)
		}
		first := read[throughline.Release](t, d.manage(t, "POST", "/api/v1/apply", api.ChangeBody{Files: files(enginetest.Workspace), Message: "first"}), 200)
		if first.Number != 1 || first.Author.Kind != throughline.ActorService || first.Author.OnBehalfOf != "ana" {
			t.Errorf("%+v", first.Author)
		}
		second := read[throughline.Release](t, d.manage(t, "POST", "/api/v1/apply", api.ChangeBody{Files: files(enginetest.Headline("Changed")), Base: 1}), 200)
		d.Serves(t, second.Number)
		got := read[json.RawMessage](t, d.manage(t, "GET", "/api/v1/resources/Fragment/headline-short", nil), 200)
		if !bytes.Contains(got, []byte("Changed")) {
			t.Errorf("%s", got)
		}
		if all := read[[]throughline.Release](t, d.manage(t, "GET", "/api/v1/releases?limit=1", nil), 200); len(all) != 1 || all[0].Number != 2 {
			t.Errorf("%+v", all)
		}
		back := read[throughline.Release](t, d.manage(t, "POST", "/api/v1/releases/2/rollback", nil), 200)
		if back.RollsBack != 2 || back.Changes[0].To != second.Changes[0].From {
			t.Errorf("%+v", back)
		}
		fault(t, d.manage(t, "POST", "/api/v1/releases/2/rollback", nil), 409)
		exported := read[api.File](t, d.manage(t, "GET", "/api/v1/export", nil), 200)
		again := read[throughline.Plan](t, d.manage(t, "POST", "/api/v1/plan", api.ChangeBody{Files: []api.File{exported}, Prune: true}), 200)
		if len(again.Changes) != 0 {
			t.Errorf("what export gives changes %+v", again.Changes)
		}
		if none := read[throughline.Release](t, d.manage(t, "POST", "/api/v1/apply", api.ChangeBody{Files: []api.File{exported}}), 200); none.Number != back.Number {
			t.Errorf("a change of nothing made release %d", none.Number)
		}
		d.Serves(t, back.Number)
	})
	t.Run("check has the findings, and a blocking one stops the release", func(t *testing.T) {
		long := api.ChangeBody{Files: files(enginetest.Headline(strings.Repeat("long ", 20)))}
		found := read[[]throughline.Finding](t, d.manage(t, "POST", "/api/v1/check", long), 200)
		if len(found) == 0 || found[0].Slot != "headline" {
			t.Errorf("%+v", found)
		}
		fault(t, d.manage(t, "POST", "/api/v1/apply", long), 400)
		if a := d.manage(t, "POST", "/api/v1/check", api.ChangeBody{}); strings.TrimSpace(string(a.body)) != "[]" {
			t.Errorf("what is in force has findings: %s", a.body)
		}
	})
	t.Run("a decision is explained, asked for, and its recipient forgotten", func(t *testing.T) {
		id := d.decisionID(t, "home.hero", "visitor-1")
		d.Recorded(t, 1)
		var why struct {
			Recorded, Same, Erased bool
		}
		explain := func() {
			why.Erased = false
			a := d.manage(t, "GET", "/api/v1/decisions/"+id, nil)
			if err := json.Unmarshal(a.body, &why); err != nil || a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		if explain(); !why.Recorded || !why.Same || why.Erased {
			t.Errorf("%+v", why)
		}
		asked := d.manage(t, "POST", "/api/v1/ask", api.AskBody{Placement: "home.hero", Unit: "visitor-1"})
		if asked.status != 200 || !bytes.Contains(asked.body, []byte(id)) {
			t.Errorf("%d %s", asked.status, asked.body)
		}
		if done := read[recipients.Erasure](t, d.manage(t, "POST", "/api/v1/forget", api.ForgetBody{Unit: "visitor-1"}), 200); !done.Known {
			t.Errorf("%+v", done)
		}
		if explain(); !why.Erased {
			t.Errorf("%+v", why)
		}
		if done := read[recipients.Erasure](t, d.manage(t, "POST", "/api/v1/forget", api.ForgetBody{Unit: "stranger"}), 200); done.Known {
			t.Errorf("%+v", done)
		}
	})
	t.Run("a token is made, listed without its secret, and revoked", func(t *testing.T) {
		made := read[api.NewToken](t, d.manage(t, "POST", "/api/v1/tokens", map[string]any{"name": "our/site", "scope": "read", "life": "90d"}), 200)
		fault(t, d.manage(t, "POST", "/api/v1/tokens", map[string]any{"name": "our/site", "scope": "read"}), 409)
		list := d.manage(t, "GET", "/api/v1/tokens", nil)
		if !bytes.Contains(list.body, []byte("our/site")) || bytes.Contains(list.body, []byte(made.Secret)) || bytes.Contains(list.body, []byte("hash")) {
			t.Errorf("%s", list.body)
		}
		sound := ask{path: flags + "home.hero", body: `{"context":{"targetingKey":"v"}}`, header: bearer(made.Secret)}
		if a := d.do(t, sound); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := d.manage(t, "DELETE", "/api/v1/tokens/our%2Fsite", nil); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if a := d.do(t, sound); a.status != 401 {
			t.Errorf("a revoked key still opens: %d", a.status)
		}
	})
	t.Run("status, line, placement and variant are there", func(t *testing.T) {
		variant := read[evaluation](t, d.evaluate(t, "home.hero", "v2"), 200).Variant
		for _, path := range []string{"/api/v1/status", "/api/v1/line", "/api/v1/placements/home%2Fside", "/api/v1/variants/" + variant} {
			if a := d.manage(t, "GET", path, nil); a.status != 200 || len(a.body) < 50 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}

func TestConcurrentApply(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	for round := range 3 {
		base := 1 + round
		answers := make([]answer, 4)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = d.manage(t, "POST", "/api/v1/apply", api.ChangeBody{Files: files(enginetest.Headline(fmt.Sprintf("Round %d by %d", round, i))), Base: base})
			})
		}
		all.Wait()
		won := 0
		for _, a := range answers {
			if a.status == 200 {
				won++
			} else if f := fault(t, a, 409); f.Code != throughline.Conflict || f.Fix == "" {
				t.Errorf("%+v", f)
			}
		}
		if won != 1 {
			t.Fatalf("%d of 4 applies with the base %d won", won, base)
		}
	}
}

// steps splits the answer of long work.
func steps(t *testing.T, a answer) []api.Step {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	var all []api.Step
	for line := range bytes.Lines(a.body) {
		all = append(all, read[api.Step](t, answer{status: 200, body: line}, 200))
	}
	if len(all) == 0 || (all[len(all)-1].Result == nil) == (all[len(all)-1].Error == nil) {
		t.Fatalf("the last step has no result, or an error as well: %s", a.body)
	}
	return all
}

func TestLongWork(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	for _, path := range []string{"verify", "rebuild"} {
		t.Run(path+" tells how far it is, and then the result", func(t *testing.T) {
			all := steps(t, d.manage(t, "POST", "/api/v1/"+path, nil))
			if len(all) < 2 || all[0].Of == 0 || all[len(all)-1].Error != nil {
				t.Errorf("%+v", all)
			}
		})
	}
	t.Run("a backup is made in a new folder, and refused in another", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "backup")
		for want, path := range map[throughline.Code]string{"": folder, throughline.Invalid: "not/absolute", throughline.Conflict: d.Folder} {
			all := steps(t, d.manage(t, "POST", "/api/v1/backup", api.BackupBody{Folder: path}))
			last := all[len(all)-1]
			if want == "" && last.Error != nil || want != "" && (last.Error == nil || last.Error.Code != want) {
				t.Errorf("%s: %+v", path, last)
			}
		}
	})
	t.Run("work goes on beyond the time that a server gives other answers", func(t *testing.T) {
		slow := openLive(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
			r.Journal = slowJournal{r.Journal}
			return r
		}})
		server := httptest.NewUnstartedServer(slow.handler)
		server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
		server.Start()
		t.Cleanup(server.Close)
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/verify", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = bearer(slow.keys[operate.ScopeManage])
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b bytes.Buffer
		if _, err := b.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		all := steps(t, answer{res.StatusCode, res.Header, b.Bytes()})
		if last := all[len(all)-1]; last.Error != nil {
			t.Errorf("%+v", last.Error)
		}
	})
}

// slowJournal takes its time to verify, and gives up when nobody waits.
type slowJournal struct{ record.Journal }

func (j slowJournal) Verify(ctx context.Context, progress func(uint64)) (record.Head, error) {
	select {
	case <-time.After(300 * time.Millisecond):
		return j.Journal.Verify(ctx, progress)
	case <-ctx.Done():
		return record.Head{}, ctx.Err()
	}
}

// A day's traffic with secrets and traits planted everywhere leaves none of them
// in the log, whatever its level.
func TestNothingPrivateInTheLog(t *testing.T) {
	t.Parallel()
	j, wrap := faulty()
	d := openLive(t, enginetest.Options{Wrap: wrap, Live: live.Config{EpochEvery: time.Hour}})
	const trait = "planted-trait"
	context := `{"context":{"targetingKey":"planted-trait-unit","email":"planted-trait@x","plan":"planted-trait"}}`
	everything := func() {
		for _, key := range d.keys {
			for _, a := range []ask{
				{path: flags + "members.only", body: context},
				{path: flags + "planted-trait", body: context},
				{path: flags + "home.hero?email=planted-trait", body: `{"context":"planted-trait"`},
				{path: "/v1/track", body: `{"userId":"planted-trait","event":"Seen","properties":{"x":"planted-trait"},"writeKey":"` + key + `"}`},
				{path: "/v1/identify", body: `{"userId":"planted-trait","traits":{"email":"planted-trait"}}`},
				{path: "/v1/planted-trait", body: `{}`},
				{path: "/api/v1/forget", body: `{"unit":"planted-trait"}`},
				{path: "/api/v1/forget", body: `{"unit":"planted-trait-unit","x":"planted-trait"}`},
				{path: "/api/v1/ask", body: `{"placement":"home.hero","unit":"planted-trait","context":{"email":"planted-trait"}}`},
				{method: "GET", path: "/api/v1/decisions/planted-trait"},
				{method: "GET", path: "/api/v1/resources?kind=planted-trait"},
			} {
				for _, h := range []http.Header{bearer(key), basic(key), {"Cookie": {serve.SessionCookie + "=" + key}}} {
					a.header = with(h, "Content-Type", "application/json")
					d.do(t, a)
				}
			}
		}
	}
	everything()
	j.plant(throughline.Errorf(throughline.Unavailable, "the disk is full"), nil)
	everything()
	enginetest.Eventually(t, "failures are logged", func() bool { return strings.Contains(d.Log.String(), "the disk is full") })
	j.plant(nil, nil)
	log := d.Log.String()
	if !strings.Contains(log, "POST /v1/{kind}") || !strings.Contains(log, "POST /api/v1/forget") {
		t.Errorf("the log does not say what was asked for: %.2000s", log)
	}
	planted := []string{trait}
	for _, secret := range d.keys {
		planted = append(planted, secret, secret[len(secret)-20:])
	}
	for _, p := range planted {
		if strings.Contains(log, p) {
			at := strings.Index(log, p)
			t.Errorf("%q is in the log: %s", p, log[max(0, at-200):at+len(p)])
		}
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{})
	t.Run("no door for machines answers with a redirect: clients take it for delivered", func(t *testing.T) {
		for _, path := range []string{"/v1/track", "//v1/track", "/v1//track", "/v1/track/", "/v1/./track", "/v1", "/ofrep/v1//evaluate/flags/home.hero"} {
			a := d.do(t, ask{path: "http://engine.example" + path, body: message("m", "Seen", "{}"), header: basic(d.keys[operate.ScopeWrite])})
			if a.status >= 300 && a.status < 400 {
				t.Errorf("%s: %d to %s", path, a.status, a.header.Get("Location"))
			}
		}
	})
}
