package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/demo"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type demoCmd struct {
	For    time.Duration `help:"Run for so long, without waiting for anybody to look, and report." placeholder:"DURATION"`
	Rate   float64       `help:"Decisions a second that the simulated recipients ask for." placeholder:"N"`
	Seed   uint64        `default:"1" help:"The world: who visits, and what they like."`
	Listen string        `default:"127.0.0.1:8484" help:"Address to listen on."`
	Truth  bool          `help:"Print what the simulated recipients really like, which the engine is never told."`
	JSON   bool          `help:"End with one line of JSON, counted by the simulator."`
}

// Run starts an engine in a temporary folder with the example workspace, and
// sends it recipients who do not exist.
func (c *demoCmd) Run(s *shell) error {
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	folder, err := os.MkdirTemp("", "throughline-demo-")
	if err != nil {
		return throughline.Errorf(throughline.Unavailable, "no temporary folder can be made: %w", err)
	}
	defer os.RemoveAll(folder)
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	p, err := openProcess(s.ctx, folder, log, true)
	if err != nil {
		return err
	}
	defer p.close()
	resources, err := p.applyExample(s.ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	done := make(chan error, 1)
	var result demo.Result
	err = p.serve(ctx, listener, func(at place) error {
		sim, err := c.simulator(ctx, s, p, at.local, resources)
		if err != nil {
			return err
		}
		if err := c.announce(s, p, sim, folder, at); err != nil {
			return err
		}
		go func() {
			var err error
			result, err = sim.Run(ctx)
			done <- err
			cancel()
		}()
		return nil
	})
	if err != nil {
		return err
	}
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return c.report(s, result)
}

// applyExample declares the example workspace. Its owner exists only there, and
// has accepted.
func (p *process) applyExample(ctx context.Context) ([]throughline.Resource, error) {
	example, err := readExample()
	if err != nil {
		return nil, err
	}
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: ownerOf(example.resources)}
	if err := example.takeFiles(ctx, p.media, engine.AtShell(by)); err != nil {
		return nil, err
	}
	if _, err := p.content.Apply(ctx, engine.AtShell(by), content.Change{Resources: example.resources, Message: "the example workspace"}); err != nil {
		return nil, err
	}
	return example.resources, p.access.AcceptFor(ctx, by.ID)
}

func ownerOf(resources []throughline.Resource) string {
	for _, r := range resources {
		if e, ok := r.Spec.(*throughline.Engine); ok {
			return e.Owner
		}
	}
	return ""
}

func (c *demoCmd) simulator(ctx context.Context, s *shell, p *process, base string, resources []throughline.Resource) (*demo.Simulator, error) {
	by := engine.AtShell(throughline.Actor{Kind: throughline.ActorSystem, ID: "demo"})
	keys := map[operate.Scope]string{}
	for _, scope := range []operate.Scope{operate.ScopeRead, operate.ScopeWrite, operate.ScopeManage} {
		secret, err := p.access.CreateToken(ctx, by, operate.TokenRequest{Name: "demo-" + string(scope), Scope: scope})
		if err != nil {
			return nil, err
		}
		keys[scope] = secret
	}
	config := demo.Config{
		BaseURL: base, ReadKey: keys[operate.ScopeRead], WriteKey: keys[operate.ScopeWrite], Token: keys[operate.ScopeManage],
		Resources: resources, Seed: c.Seed, Rate: c.Rate, Duration: c.For, Now: time.Now,
	}
	if config.Rate == 0 {
		config.Rate = demo.WatchedRate
		if c.For > 0 {
			config.Rate = demo.HeadlessRate
		}
	}
	if c.For > 0 {
		config.ProbeEvery = 3 * time.Second
		config.ReadBack = p.plane.ReadBack
		bar := newBar(s.err, "simulating")
		start := time.Now()
		config.Progress = func(demo.Result) { bar.show(uint64(time.Since(start)), uint64(c.For)) }
	}
	return demo.New(config)
}

// announce says what this is, where to look, and how to stop. The link signs
// whoever opens it in as the example owner.
func (c *demoCmd) announce(s *shell, p *process, sim *demo.Simulator, folder string, at place) error {
	if c.Truth {
		s.notef("%s\n", sim.Truth())
	}
	if c.For > 0 {
		return nil
	}
	owner, err := p.access.Ownership(s.ctx)
	if err != nil {
		return err
	}
	p.link = engine.RandomText(16)
	rate := c.Rate
	if rate == 0 {
		rate = demo.WatchedRate
	}
	s.printf("%s", demo.Opening{URL: at.public + "/", SignIn: at.public + "/enter/" + p.link, Owner: owner.Name, Folder: folder, Rate: rate})
	if at.exposed {
		s.printf("%s\n", exposedWarning)
	}
	return nil
}

// enter signs whoever holds the demo's link in as the example owner.
func (p *process) enter(ctx context.Context, secret string) (cookie string, expires time.Time, err error) {
	if p.link == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(p.link)) != 1 {
		return "", time.Time{}, throughline.Errorf(throughline.NotFound, "this link is not the demo's").WithFix("use the one it printed")
	}
	owner, err := p.access.Ownership(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	return p.access.StartSession(ctx, owner.Person)
}

// report says what the run was worth, by the simulator's own counts.
func (c *demoCmd) report(s *shell, r demo.Result) error {
	if r.Failures > 0 {
		s.notef("%d calls failed; the last: %v\n", r.Failures, r.LastFailure)
	}
	if c.JSON {
		return s.printJSON(r)
	}
	s.printf("%s", r.Summary())
	return nil
}
