package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// fakeEngine is the doors without an engine: enough to know what the simulator
// must say of it. Faults are planted by the fields.
type fakeEngine struct {
	truth *Truth
	// choose picks among eligible candidates; nil draws evenly.
	choose func(e *fakeEngine, s *site, who mask, eligible []int) int
	// delay is how old the newest outcome is that a decision has considered.
	delay time.Duration
	// rollout is how long a release takes to be served.
	rollout time.Duration
	// loseEvery forgets every n-th message, and every n-th decision, that it
	// acknowledged.
	loseEvery int
	// refuseEvery answers every n-th batch 429.
	refuseEvery int
	// rejectFirst refuses the first message of every batch by name.
	rejectFirst bool
	// down answers nothing once it has ended.
	down context.Context

	mu        sync.Mutex
	rng       *rand.Rand
	held      map[string]answer
	candidate map[string]served // by decision id
	journal   map[string]bool
	decisions map[string]bool
	release   int
	applied   time.Time
	batches   int
	taken     int
	doubled   int
	beliefs   map[string]*tally
	believed  map[string]tally
	epoch     time.Time
}

type served struct {
	site   *site
	vector []uint16
}

// tally is what is known of one level.
type tally struct{ shown, reached float64 }

func newFakeEngine(truth *Truth) *fakeEngine {
	return &fakeEngine{
		truth: truth, rng: rand.New(rand.NewPCG(7, 7)), release: 1,
		held: make(map[string]answer), candidate: make(map[string]served),
		journal: make(map[string]bool), decisions: make(map[string]bool),
		beliefs: make(map[string]*tally), believed: make(map[string]tally),
	}
}

// RoundTrip serves a request without a socket, so that it also works in a
// bubble of fake time.
func (e *fakeEngine) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if e.down != nil && e.down.Err() != nil {
		return nil, errors.New("connection refused")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Result(), nil
}

// ServeHTTP opens the three doors.
func (e *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, pathEvaluate):
		e.evaluate(w, r)
	case r.URL.Path == pathBatch:
		e.take(w, r)
	case r.URL.Path == pathApply:
		e.apply(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (e *fakeEngine) evaluate(w http.ResponseWriter, r *http.Request) {
	var q question
	if r.Header.Get("Authorization") != "Bearer read" || json.NewDecoder(r.Body).Decode(&q) != nil {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, pathEvaluate)
	unit := q.Context["targetingKey"].(string)
	a, held := e.held[name+unit]
	if !held {
		a = e.decide(e.siteOf(name), q.Context)
		e.held[name+unit] = a
	}
	_ = json.NewEncoder(w).Encode(a)
}

func (e *fakeEngine) siteOf(name string) *site {
	for _, s := range e.truth.sites {
		if s.name == name {
			return s
		}
	}
	panic(name)
}

func (e *fakeEngine) decide(s *site, who map[string]any) answer {
	visits, _ := who["visits"].(float64)
	ticket, _ := who["ticket"].(string)
	audiences := e.truth.audiencesOf(Recipient{Ticket: ticket, Visits: int(visits)})
	eligible := s.eligible(audiences)
	arm, choice := armPolicy, 0
	switch {
	case len(eligible) == 0:
		arm = "fallback"
	case e.rng.Float64() < 0.1:
		arm, choice = armHoldout, eligible[e.rng.IntN(len(eligible))]
	case e.choose == nil:
		choice = eligible[e.rng.IntN(len(eligible))]
	default:
		choice = e.choose(e, s, audiences, eligible)
	}
	id := fmt.Sprintf("d%d", len(e.candidate))
	vector := s.candidates[choice]
	e.candidate[id] = served{s, vector}
	e.decisions[id] = e.loseEvery == 0 || len(e.candidate)%e.loseEvery != 0
	release := e.release
	if time.Since(e.applied) < e.rollout {
		release--
	}
	return answer{Value: e.show(s, vector), Metadata: map[string]any{
		"decisionId": id, "arm": arm, "release": release,
		"asOf": time.Now().Add(-e.delay).UnixMilli(),
	}}
}

// show writes any one of a level's texts.
func (e *fakeEngine) show(s *site, vector []uint16) map[string]string {
	value := make(map[string]string)
	for i, c := range vector {
		for text, of := range s.slots[i].byText {
			if of == c {
				value[s.slots[i].name] = text
				break
			}
		}
	}
	return value
}

func (e *fakeEngine) take(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Batch []struct {
			MessageID, Event string
			Properties       struct{ DecisionID string }
		}
	}
	if key, _, _ := r.BasicAuth(); key != "write" || json.NewDecoder(r.Body).Decode(&b) != nil {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	if e.batches++; e.refuseEvery > 0 && e.batches%e.refuseEvery == 0 {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "later", http.StatusTooManyRequests)
		return
	}
	rejected := ""
	for i, m := range b.Batch {
		if e.rejectFirst && i == 0 {
			rejected = `,"rejected":[{"index":0,"message":"planted"}]`
			continue
		}
		if e.journal[m.MessageID] {
			e.doubled++
		}
		if e.taken++; e.loseEvery == 0 || e.taken%e.loseEvery != 0 {
			e.journal[m.MessageID] = true
		}
		e.learn(m.Properties.DecisionID, m.Event == exposureEvent)
	}
	_, _ = fmt.Fprintf(w, `{"success":true%s}`, rejected)
}

func (e *fakeEngine) apply(w http.ResponseWriter, r *http.Request) {
	var changed change
	if r.Header.Get("Authorization") != "Bearer token" || json.NewDecoder(r.Body).Decode(&changed) != nil || len(changed.Files) != 1 {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	e.release++
	e.applied = time.Now()
	_, _ = fmt.Fprintf(w, `{"number":%d}`, e.release)
}

// readBack names what was kept.
func (e *fakeEngine) readBack(message, decision func(string)) error {
	for id := range e.journal {
		message(id)
	}
	for id, kept := range e.decisions {
		if kept {
			decision(id)
		}
	}
	return nil
}

// learn counts for every level how often it was shown and how often it worked,
// as a policy does that looks at each slot alone.
func (e *fakeEngine) learn(decision string, exposure bool) {
	d := e.candidate[decision]
	for i, c := range d.vector {
		k := d.site.name + d.site.slots[i].name + string(d.site.slots[i].choices[c].level)
		if e.beliefs[k] == nil {
			e.beliefs[k] = new(tally)
		}
		if exposure {
			e.beliefs[k].shown++
		} else {
			e.beliefs[k].reached++
		}
	}
	if time.Since(e.epoch) >= 3*time.Second {
		e.epoch = time.Now()
		for k, b := range e.beliefs {
			e.believed[k] = *b
		}
	}
}

// perSlot is Thompson sampling for each slot alone, on beliefs up to three
// seconds old, by the normal approximation to each level's log-odds: the least
// that deserves to be called learning.
func perSlot(e *fakeEngine, s *site, _ mask, eligible []int) int {
	draws := make([][]float64, len(s.slots))
	for i, sl := range s.slots {
		for _, c := range sl.choices {
			b := e.believed[s.name+sl.name+string(c.level)]
			reached, missed := b.reached+1, max(0, b.shown-b.reached)+15
			sd := math.Sqrt(1/reached + 1/missed)
			draws[i] = append(draws[i], math.Log(reached/missed)+sd*e.rng.NormFloat64())
		}
	}
	best, at := math.Inf(-1), eligible[0]
	for _, c := range eligible {
		var sum float64
		for i, choice := range s.candidates[c] {
			sum += draws[i][choice]
		}
		if sum > best {
			best, at = sum, c
		}
	}
	return at
}
