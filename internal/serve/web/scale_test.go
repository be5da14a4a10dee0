package web_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// What an engine of some age has.
const (
	scalePieces   = 100_000
	scaleReleases = 1_000
	scaleSome     = 500
	// scaleDecisions are made from one and the same epoch.
	scaleDecisions = 30_000
)

// grown is an engine with much in it, and its pages behind a socket.
type grown struct {
	engine *enginetest.Engine
	server *httptest.Server
	cookie string
	// decision is the id of one made after many others.
	decision string
}

// grownIn keeps the filled engine between runs, for who profiles a page.
var grownIn = flag.String("grown", "", "the folder of an engine that BenchmarkPagesAtScale filled, or is to fill")

// newGrown opens an engine that is filled, and its door as the command wires it.
func newGrown(b testing.TB) *grown {
	e := enginetest.Open(b, enginetest.Options{Folder: *grownIn})
	if found, err := e.Content.List(b.Context(), throughline.KindEngine); err != nil {
		b.Fatal(err)
	} else if len(found) == 0 {
		fill(b, e)
	}
	audit := operate.NewAudit(e.Core)
	sight := &web.Sight{Stands: e.Operate, Decisions: e.Plane, Exclusions: e.Content, Journal: operate.NewJournal(e.Core), Lookup: operate.NewLookup(e.Core)}
	door, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, People: e.Access, Staff: e.Content, Audit: audit,
		Library: e.Content, Making: e.Content, Releases: e.Content, Feeds: e.Access, Sight: sight, Log: slog.New(slog.DiscardHandler),
		Begin: struct{ web.Beginnings }{}, Decider: e.Plane, Described: described(b),
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := serve.NewMux()
	door.Register(mux)
	cookie, _, err := e.Access.StartSession(b.Context(), "ana")
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	e.Run(b)
	enginetest.Eventually(b, "what was released is served", func() bool {
		table := e.Plane.Table()
		return table != nil && table.Snapshot().Release == scaleReleases+2
	})
	b.Logf("it is served after %v", time.Since(began).Round(time.Millisecond))
	ctx, stop := context.WithCancel(context.Background())
	var following sync.WaitGroup
	for _, follow := range []func(context.Context) error{e.Content.Follow, audit.Run} {
		following.Go(func() { _ = follow(ctx) })
	}
	g := &grown{engine: e, server: httptest.NewServer(serve.Secure(serve.Exact(mux))), cookie: cookie}
	b.Cleanup(func() {
		g.server.Close()
		stop()
		following.Wait()
	})
	g.decide(b)
	began = time.Now()
	if _, err := e.Content.Search(b.Context(), enginetest.Shell(), "today", 1); err != nil {
		b.Fatal(err)
	}
	b.Logf("search is ready after %v", time.Since(began).Round(time.Millisecond))
	return g
}

// decide makes decisions until the journal has many, and keeps the id of the last
// as that to explain.
func (g *grown) decide(b testing.TB) {
	e := g.engine
	head, err := e.Core.Record.Journal.Head(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	decisions := 1
	if head.Seq < scalePieces+scaleDecisions {
		decisions = scaleDecisions
	}
	before, _ := e.Plane.Recorded()
	for i := range decisions {
		d := e.Decide(b, "home.hero", fmt.Sprintf("unit-%d", i), nil)
		g.decision = string(d.ID)
		if i%2000 == 1999 {
			e.Recorded(b, before+int64(i)+1)
		}
	}
	e.Recorded(b, before+int64(decisions))
}

// fill declares much: small releases first, then one of 500 pieces and one of all
// the rest, which the journal tells one by one. No template takes them.
func fill(b testing.TB, e *enginetest.Engine) {
	e.Apply(b, enginetest.Workspace)
	apply := func(message string, some ...throughline.Resource) {
		if _, err := e.Content.Apply(b.Context(), enginetest.Shell(), content.Change{Message: message, Resources: some}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range scaleReleases - 1 {
		apply(fmt.Sprintf("Caption, take %d", i), caption(0, fmt.Sprintf("Take %d", i)))
	}
	var all []throughline.Resource
	for i := 1; i <= scalePieces; i++ {
		all = append(all, caption(i, fmt.Sprintf("Buy the %d today and save", i%5000)))
	}
	apply("Some of the captions", all[:scaleSome]...)
	began := time.Now()
	apply("All the captions", all[scaleSome:]...)
	b.Logf("a release of %d pieces took %v", scalePieces-scaleSome, time.Since(began).Round(time.Millisecond))
	if err := e.Access.AcceptFor(b.Context(), "ana"); err != nil {
		b.Fatal(err)
	}
}

// described returns the document that the management API is held to.
func described(b testing.TB) func() []byte {
	raw, err := os.ReadFile("../../../docs/openapi.yaml")
	if err != nil {
		b.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(raw, &document); err != nil {
		b.Fatal(err)
	}
	if raw, err = json.Marshal(document); err != nil {
		b.Fatal(err)
	}
	return func() []byte { return raw }
}

func caption(i int, words string) throughline.Resource {
	return throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: fmt.Sprintf("caption-%06d", i)},
		Spec: &throughline.Fragment{Role: "caption", Values: map[string]string{"en": words}},
	}
}

// fetched is one page as it came.
type fetched struct {
	first, whole time.Duration
	compressed   int
	status       int
}

// get asks as a browser does that takes gzip.
func (g *grown) get(ctx context.Context, address string) (f fetched, err error) {
	began := time.Now()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { f.first = time.Since(began) }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.server.URL+address, nil)
	if err != nil {
		return f, err
	}
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Accept-Encoding", "gzip") // set by hand, it is counted as it came
	r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: g.cookie})
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return f, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	f.whole, f.compressed, f.status = time.Since(began), len(body), res.StatusCode
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" {
		_, err = gzip.NewReader(strings.NewReader(string(body)))
	}
	return f, err
}

// addresses are the pages of docs/pages.md that one can go to by name, and some
// that stand for those with a name in their address.
func (g *grown) addresses(b testing.TB) (all []string) {
	f, err := os.Open("../../../docs/pages.md")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cells := strings.Split(lines.Text(), "|")
		if len(cells) < 7 {
			continue
		}
		address := strings.Trim(strings.TrimSpace(cells[2]), "`")
		if strings.HasPrefix(address, "/") && !strings.ContainsAny(address, "{` ") {
			all = append(all, address)
		}
	}
	last := fmt.Sprint(scaleReleases + 2)
	return append(all,
		"/fragment/caption-050000", "/fragment/headline-short", "/template/card", "/placement/home.hero", "/person/ana", "/engine/main",
		"/new/fragment", "/edit/placement/home.hero", "/release/500", "/release/"+fmt.Sprint(scaleReleases+1), "/release/"+last,
		"/release?before=500", "/release?before=40", "/decision/"+g.decision, "/api/evaluateFlag",
		"/journal/50000", "/journal?type=release", "/journal?before=40", "/journal?object=nothing-at-all", "/audit?object=nothing-at-all", "/audit?before=40",
		"/make?kind=fragment&after=caption-099900", "/make/copy?after=caption-099900", "/make/copy?q=4999",
		"/search?q=caption-054321", "/search?q=catpion", "/search?q=today+save", "/search?q=zzzzzzzz",
	)
}

// BenchmarkPagesAtScale asks for every page of an engine with 100,000 pieces, a
// thousand releases and a journal of more than 100,000 events, over a socket.
// The median is what counts, as somebody meets a page once; first is the time to
// the first byte, cold that of the first time of all.
func BenchmarkPagesAtScale(b *testing.B) {
	g := newGrown(b)
	for _, address := range g.addresses(b) {
		b.Run(strings.ReplaceAll(strings.TrimPrefix(address, "/"), "/", "_")+" ", func(b *testing.B) {
			cold, err := g.get(b.Context(), address)
			if err != nil {
				b.Fatalf("%s: %v", address, err)
			}
			if cold.status >= http.StatusBadRequest {
				b.Fatalf("%s: %d", address, cold.status)
			}
			var firsts, wholes []time.Duration
			var f fetched
			for b.Loop() {
				if f, err = g.get(b.Context(), address); err != nil {
					b.Fatalf("%s: %v", address, err)
				}
				firsts, wholes = append(firsts, f.first), append(wholes, f.whole)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median(firsts), "first-ms")
			b.ReportMetric(median(wholes), "whole-ms")
			b.ReportMetric(float64(cold.whole)/1e6, "cold-ms")
			b.ReportMetric(float64(f.compressed)/1e3, "KB")
		})
	}
}

func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2]) / 1e6
}
