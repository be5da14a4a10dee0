package demo

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline-engine/throughline"
)

// Rates that suit the two ways to run the demo, in decisions a second.
const (
	HeadlessRate = 600 // enough to learn from in half a minute on two cores
	WatchedRate  = 200 // slow enough to watch; at 50 a minute does not always show what was learned
)

// Config says who visits which engine, and how.
type Config struct {
	// BaseURL is the engine's address, such as http://127.0.0.1:8080.
	BaseURL string
	// ReadKey asks for decisions; empty for an engine that answers everybody.
	// WriteKey sends events; Token applies changes and is needed for probes.
	ReadKey, WriteKey, Token string
	// Resources are all that was applied to the engine, decoded.
	Resources []throughline.Resource
	// Seed makes the world: who visits and what they like.
	Seed uint64
	// Rate is the most decisions asked for in a second; the default is
	// WatchedRate. An engine that is slower gets fewer.
	Rate float64
	// Workers is how many visitors there are at once; the default is 8.
	Workers int
	// Duration ends the run; 0 runs until the context ends.
	Duration time.Duration
	// ProbeEvery is how often a text is changed and looked for; 0 is never.
	ProbeEvery time.Duration
	// ReadBack reads the engine's journal once all is sent, and names every
	// message id and decision id it finds; calling one twice does no harm. Nil
	// leaves Journaled and DecisionsLost unknown, and memory bounded.
	ReadBack func(ctx context.Context, message, decision func(id string)) error
	// Progress is told the result so far once a second, from one goroutine; nil
	// tells nobody.
	Progress func(Result)
	// HTTP is the client; the default is one of the simulator's own.
	HTTP *http.Client
	// Now is the clock; the default is time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	if c.Rate <= 0 {
		c.Rate = WatchedRate
	}
	if c.Workers <= 0 {
		c.Workers = 8
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Simulator visits an engine on behalf of people who do not exist.
type Simulator struct {
	config    Config
	truth     *Truth
	bySurface map[throughline.Surface][]*site
	probe     *probe // nil without probes
}

// New draws the world and returns its simulator.
func New(c Config) (*Simulator, error) {
	c = c.withDefaults()
	truth, err := NewTruth(c.Seed, c.Resources)
	if err != nil {
		return nil, err
	}
	s := &Simulator{config: c, truth: truth, bySurface: make(map[throughline.Surface][]*site)}
	for _, site := range truth.sites {
		s.bySurface[site.surface] = append(s.bySurface[site.surface], site)
	}
	if c.ProbeEvery > 0 {
		if s.probe, err = newProbe(truth, c.Resources); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Truth returns what the recipients like.
func (s *Simulator) Truth() *Truth { return s.truth }

const (
	// comeBack is the share of visits by somebody who was here lately, among
	// the last so many.
	comeBack, lately = 0.12, 200
	// mostStrikes is how many calls in a row may fail before the run gives up.
	mostStrikes = 40
	// People who react do so after this long.
	soonest, latest = 200 * time.Millisecond, 2 * time.Second
	// bufferTime is how long a decision may take to reach the journal.
	bufferTime = time.Second
)

// Run visits the engine until the duration has passed or the context ends,
// sends what is left, reads the journal back and returns the account. It fails
// when the engine stays silent or the journal cannot be read; the Result then
// holds what there is. No goroutine outlives it.
func (s *Simulator) Run(ctx context.Context) (Result, error) {
	client, done := s.client()
	defer done()
	live, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := s.begin(client, stop)
	if s.config.Duration > 0 {
		var cancel context.CancelFunc
		live, cancel = context.WithTimeout(live, s.config.Duration)
		defer cancel()
	}
	r.crew(live)
	ended := s.config.Now()
	if silent, ok := errors.AsType[*silence](context.Cause(live)); ok {
		return r.ledger.result(ended, false), silent
	}
	r.courier.finish(ctx)
	return r.settle(ctx, ended)
}

// client returns the HTTP client and what to do with it in the end.
func (s *Simulator) client() (*http.Client, func()) {
	if s.config.HTTP != nil {
		return s.config.HTTP, func() {}
	}
	transport := &http.Transport{MaxIdleConnsPerHost: s.config.Workers + 4, IdleConnTimeout: time.Minute}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}, transport.CloseIdleConnections
}

// run is one Run in progress.
type run struct {
	*Simulator
	doors   *doors
	ledger  *ledger
	courier *courier
	prefix  string // of message ids, so that two runs never share one
	serial  atomic.Int64
	strikes atomic.Int64
	stop    context.CancelCauseFunc
}

func (s *Simulator) begin(client *http.Client, stop context.CancelCauseFunc) *run {
	c := s.config
	r := &run{
		Simulator: s,
		doors:     &doors{c.BaseURL, client, c.ReadKey, c.WriteKey, c.Token},
		ledger:    newLedger(c.ReadBack != nil),
		prefix:    "sim-" + strconv.FormatInt(c.Now().UnixMilli(), 36) + "-",
		stop:      stop,
	}
	r.courier = &courier{doors: r.doors, ledger: r.ledger, now: c.Now}
	return r
}

// crew runs everybody until the context ends.
func (r *run) crew(ctx context.Context) {
	var all sync.WaitGroup
	visits := make(chan int)
	all.Go(func() { r.pace(ctx, visits) })
	for range r.config.Workers {
		all.Go(func() {
			for n := range visits {
				r.visit(ctx, n)
			}
		})
	}
	all.Go(func() { r.courier.run(ctx) })
	if r.probe != nil {
		all.Go(func() { r.probing(ctx) })
	}
	if r.config.Progress != nil {
		all.Go(func() { r.progress(ctx) })
	}
	all.Wait()
}

// pace sends visitors in at the configured rate. Time lost to a slow engine is
// lost: there is no crowd at the door afterwards. New people never run out:
// those who were here before react to nothing while their session lasts, so a
// town that had been through would teach the engine nothing more.
func (r *run) pace(ctx context.Context, visits chan<- int) {
	defer close(visits)
	rng := r.truth.draw("pace")
	next := r.config.Now()
	for newcomers := 0; ; {
		n := newcomers
		if rng.Float64() < comeBack && newcomers > 0 {
			n = max(0, newcomers-1-rng.IntN(lately))
		} else {
			newcomers++
		}
		select {
		case visits <- n:
		case <-ctx.Done():
			return
		}
		questions := len(r.bySurface[recipient(r.config.Seed, n).Surface])
		next = next.Add(time.Duration(float64(questions) / r.config.Rate * float64(time.Second)))
		now := r.config.Now()
		if next.Before(now) {
			next = now
		}
		if !pause(ctx, next.Sub(now)) {
			return
		}
	}
}

// visit is one person looking at everything on their surface.
func (r *run) visit(ctx context.Context, n int) {
	who := recipient(r.config.Seed, n)
	audiences := r.truth.audiencesOf(who)
	for _, s := range r.bySurface[who.Surface] {
		if ctx.Err() != nil {
			return
		}
		a, err := r.ask(ctx, s, who.context())
		if err != nil {
			if !pause(ctx, patience(err, 0)) {
				return
			}
			continue
		}
		r.see(ctx, s, n, who, audiences, a)
	}
}

// see is one person reading one answer and perhaps reacting.
func (r *run) see(ctx context.Context, s *site, n int, who Recipient, audiences mask, a answer) {
	levels, strange := s.read(a)
	rate, best := r.truth.rate(s, levels, audiences)
	now, arm := r.config.Now(), a.text("arm")
	first := r.ledger.exposure(visitor{n, s}, arm, best, strange, now)
	r.courier.hand(ctx, r.message(s, who, a, exposureEvent, now), now)
	rng := r.truth.draw("visit", s.name, who.Unit)
	if !first || rng.Float64() >= rate {
		return
	}
	r.ledger.outcome(arm)
	due := now.Add(soonest + time.Duration(rng.Int64N(int64(latest-soonest))))
	m := r.message(s, who, a, s.event, due)
	m.outcome = true
	r.courier.hand(ctx, m, due)
}

func (r *run) message(s *site, who Recipient, a answer, event string, at time.Time) message {
	return message{
		Type: "track", MessageID: r.prefix + strconv.FormatInt(r.serial.Add(1), 36),
		AnonymousID: who.Unit, Timestamp: at.UTC(), Event: event,
		Properties: properties{a.text("decisionId")}, site: s,
	}
}

// ask asks for a decision and notes the answer or the failure.
func (r *run) ask(ctx context.Context, s *site, context map[string]any) (answer, error) {
	a, err := r.doors.decide(ctx, s.name, context)
	if err == nil {
		r.strikes.Store(0)
		r.ledger.decision(s, a, r.config.Now())
		return a, nil
	}
	if ctx.Err() == nil {
		r.ledger.failed(err)
		if r.strikes.Add(1) >= mostStrikes {
			r.stop(&silence{err})
		}
	}
	return a, err
}

// silence ends a run whose engine no longer answers.
type silence struct{ last error }

// Error says how long it has been silent, and the last thing it said.
func (s *silence) Error() string {
	return "the engine failed " + strconv.Itoa(mostStrikes) + " decisions in a row; the last: " + s.last.Error()
}

// Unwrap returns the last failure.
func (s *silence) Unwrap() error { return s.last }

// progress reports once a second.
func (r *run) progress(ctx context.Context) {
	for pause(ctx, time.Second) {
		r.config.Progress(r.ledger.result(r.config.Now(), false))
	}
}

// settle reads the journal back and returns the account. Messages are durable
// when they are acknowledged, but decisions reach the journal through a buffer;
// one that is not there after the buffer's time is lost.
func (r *run) settle(ctx context.Context, ended time.Time) (Result, error) {
	if r.config.ReadBack == nil {
		return r.ledger.result(ended, false), nil
	}
	pause(ctx, bufferTime)
	err := r.config.ReadBack(context.WithoutCancel(ctx), r.ledger.foundMessage, r.ledger.foundDecision)
	if err != nil {
		return r.ledger.result(ended, false), throughline.Errorf(throughline.CodeOf(err), "the journal could not be read back: %w", err)
	}
	return r.ledger.result(ended, true), nil
}
