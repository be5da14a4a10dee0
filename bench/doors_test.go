package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections is how many clients ask at once.
const connections = 8

// BenchmarkDecisionOverHTTP compares the processor time a server spends on a
// decision (144 combinations, an audience of three clauses, learned, recorded)
// with that of a handler that only reads and writes JSON. The ratio is the
// figure; docs/benchmarks.md says why.
func BenchmarkDecisionOverHTTP(b *testing.B) {
	const requests = 40_000
	noop, engine := start(b, "noop"), start(b, "144")
	load(b, noop, requests/4, nil) // both warm
	load(b, engine, requests/4, nil)
	for b.Loop() {
		base := cpuOf(b, noop, requests)
		decided := cpuOf(b, engine, requests)
		b.ReportMetric(float64(base.Microseconds())/requests, "noop-µs/req")
		b.ReportMetric(float64(decided.Microseconds())/requests, "decision-µs/req")
		b.ReportMetric(float64(decided)/float64(base), "ratio")
	}
}

func cpuOf(tb testing.TB, s *server, requests int) time.Duration {
	before := s.cpu(tb)
	load(tb, s, requests, nil)
	return s.cpu(tb) - before
}

// BenchmarkEpochSwap compares the 99th percentile of a decision's latency while
// epochs are swapped several times a second with that of a quiet engine. Load
// is the same and light in both.
func BenchmarkEpochSwap(b *testing.B) {
	const requests = 12_000
	engine := start(b, "144")
	load(b, engine, requests, nil)
	for b.Loop() {
		quiet := p99(load(b, engine, requests, nil))
		stop := make(chan struct{})
		var learning sync.WaitGroup
		learning.Go(func() { keepLearning(b, engine, stop) })
		busy := p99(load(b, engine, requests, nil))
		close(stop)
		learning.Wait()
		b.ReportMetric(float64(quiet.Microseconds()), "quiet-p99-µs")
		b.ReportMetric(float64(busy.Microseconds()), "swap-p99-µs")
		b.ReportMetric(float64(busy)/float64(quiet), "ratio")
	}
}

// keepLearning sends an exposure and its outcome now and then, so that every epoch has
// something new.
func keepLearning(tb testing.TB, s *server, stop chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
		id := askOnce(tb, s, n)
		body := fmt.Sprintf(`{"batch":[{"type":"track","event":"Throughline Exposure","anonymousId":"l%d","messageId":"e%d-%d","properties":{"decisionId":%q}},
			{"type":"track","event":"Signed Up","anonymousId":"l%d","messageId":"o%d-%d","properties":{"decisionId":%q}}]}`,
			n, n, time.Now().UnixNano(), id, n, n, time.Now().UnixNano(), id)
		post(tb, s, "/v1/batch", body)
	}
}

func askOnce(tb testing.TB, s *server, n int) string {
	res, err := http.Post(s.base+"/ofrep/v1/evaluate/flags/hero", "application/json", strings.NewReader(question(n)))
	if err != nil {
		tb.Error(err)
		return ""
	}
	defer res.Body.Close()
	var d struct {
		Metadata struct {
			DecisionID string `json:"decisionId"`
		} `json:"metadata"`
	}
	if err := json.NewDecoder(res.Body).Decode(&d); err != nil {
		tb.Error(err)
	}
	return d.Metadata.DecisionID
}

// BenchmarkIngest compares the events a second that /v1/batch takes with 100 in
// a body with those of /v1/track one by one, at 64 connections, every one
// durable before it is answered.
func BenchmarkIngest(b *testing.B) {
	engine := start(b, "144")
	id := askOnce(b, engine, 1)
	for b.Loop() {
		single := ingest(b, engine, "/v1/track", id, 1, 12_000)
		batched := ingest(b, engine, "/v1/batch", id, 100, 200_000)
		b.ReportMetric(single, "track-events/s")
		b.ReportMetric(batched, "batch-events/s")
		b.ReportMetric(batched/single, "ratio")
	}
}

// BenchmarkStart measures the time from starting a process on a data folder
// with 1,000 variants and some history to its first answered decision, and its
// resident memory after 20,000 decisions more.
func BenchmarkStart(b *testing.B) {
	folder := b.TempDir()
	first := startIn(b, "1000", folder)
	load(b, first, 20_000, nil)
	first.stop()
	for b.Loop() {
		begin := time.Now()
		s := startIn(b, "1000", folder)
		askOnce(b, s, 1)
		b.ReportMetric(time.Since(begin).Seconds(), "s-to-first-decision")
		load(b, s, 20_000, nil)
		b.ReportMetric(float64(s.resident(b))/(1<<20), "resident-MiB")
		s.stop()
	}
}

// ingest sends events from 64 connections and returns how many were taken a
// second.
func ingest(tb testing.TB, s *server, path, decision string, perBody, events int) float64 {
	const clients = 64
	var next atomic.Int64
	var wg sync.WaitGroup
	run := time.Now().UnixNano()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	start := time.Now()
	for range clients {
		wg.Go(func() {
			for {
				first := int(next.Add(int64(perBody))) - perBody
				if first >= events {
					return
				}
				if err := send(client, s, path, body(decision, run, first, perBody)); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(events) / time.Since(start).Seconds()
}

func body(decision string, run int64, first, n int) string {
	var b strings.Builder
	if n > 1 {
		b.WriteString(`{"batch":[`)
	}
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"track","event":"Throughline Exposure","anonymousId":"visitor-%d","messageId":"m-%d-%d","timestamp":"2026-01-01T00:00:00Z","properties":{"decisionId":%q}}`,
			(first+i)%500, run, first+i, decision)
	}
	if n > 1 {
		b.WriteString(`]}`)
	}
	return b.String()
}

func post(tb testing.TB, s *server, path, body string) {
	if err := send(http.DefaultClient, s, path, body); err != nil {
		tb.Error(err)
	}
}

func send(client *http.Client, s *server, path, body string) error {
	r, err := http.NewRequest(http.MethodPost, s.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(s.writeKey, "")
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || bytes.Contains(answer, []byte("rejected")) {
		return fmt.Errorf("%s: %s: %s %w", path, res.Status, answer, err)
	}
	return nil
}

func question(n int) string {
	return fmt.Sprintf(`{"context":{"targetingKey":"visitor-%d","plan":"member","visits":%d,"country":"de"}}`, n, n%9)
}

// load asks for so many decisions from several connections and returns how long
// each took; pace, if not nil, is called before each.
func load(tb testing.TB, s *server, requests int, pace func()) []time.Duration {
	tb.Helper()
	took := make([]time.Duration, requests)
	var next atomic.Int64
	var wg sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	for range connections {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= requests {
					return
				}
				if pace != nil {
					pace()
				}
				begin := time.Now()
				res, err := client.Post(s.base+"/ofrep/v1/evaluate/flags/hero", "application/json", strings.NewReader(question(i%5000)))
				if err != nil {
					tb.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					tb.Errorf("%s %v", res.Status, err)
					return
				}
				took[i] = time.Since(begin)
			}
		})
	}
	wg.Wait()
	return took
}

func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)*99/100]
}
