package web_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
)

// grown is an engine with much in it, and its pages behind a socket.
type grown struct {
	engine *enginetest.Engine
	server *httptest.Server
	cookie string
}

// newGrown fills an engine: small releases first, then one of all the pieces,
// which the journal tells one by one. No template takes them.
func newGrown(b *testing.B) *grown {
	e := enginetest.Open(b, enginetest.Options{})
	e.Apply(b, enginetest.Workspace)
	apply := func(message string, some ...throughline.Resource) {
		if _, err := e.Content.Apply(b.Context(), enginetest.Shell(), content.Change{Message: message, Resources: some}); err != nil {
			b.Fatal(err)
		}
	}
	for i := range scaleReleases {
		apply(fmt.Sprintf("Caption, take %d", i), caption(0, fmt.Sprintf("Take %d", i)))
	}
	var all []throughline.Resource
	for i := 1; i <= scalePieces; i++ {
		all = append(all, caption(i, fmt.Sprintf("Buy the %d today and save", i%5000)))
	}
	began := time.Now()
	apply("All the captions", all...)
	b.Logf("a release of %d pieces took %v", scalePieces, time.Since(began).Round(time.Millisecond))

	sight := &web.Sight{Stands: e.Operate, Decisions: e.Plane, Exclusions: e.Content, Journal: operate.NewJournal(e.Core), Lookup: operate.NewLookup(e.Core)}
	door, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, People: e.Access, Staff: e.Content, Audit: operate.NewAudit(e.Core),
		Library: e.Content, Making: e.Content, Releases: e.Content, Feeds: e.Access, Sight: sight, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	mux := serve.NewMux()
	door.Register(mux)
	if err := e.Access.AcceptFor(b.Context(), "ana"); err != nil {
		b.Fatal(err)
	}
	cookie, _, err := e.Access.StartSession(b.Context(), "ana")
	if err != nil {
		b.Fatal(err)
	}
	e.Run(b)
	enginetest.Eventually(b, "what was released is served", func() bool {
		table := e.Plane.Table()
		return table != nil && table.Snapshot().Release == scaleReleases+2
	})
	g := &grown{engine: e, server: httptest.NewServer(serve.Secure(serve.Exact(mux))), cookie: cookie}
	b.Cleanup(g.server.Close)
	return g
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
func addresses(b *testing.B) (all []string) {
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
		"/edit/placement/home.hero", "/release/500", "/release/"+last, "/journal/50000",
		"/make?kind=fragment&after=caption-099900", "/make/copy?after=caption-099900", "/make/copy?q=4999",
		"/search?q=caption-054321", "/search?q=catpion", "/search?q=today+save", "/release?before=500", "/journal?type=release",
	)
}

// BenchmarkPagesAtScale asks for every page of an engine with 100,000 pieces, a
// thousand releases and a journal of more than 100,000 events, over a socket.
// The median is what counts, as somebody meets a page once; first is the time to
// the first byte, cold that of the first time of all.
func BenchmarkPagesAtScale(b *testing.B) {
	g := newGrown(b)
	for _, address := range addresses(b) {
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
