package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type serveCmd struct {
	Listen string `help:"Address to listen on; anything but this machine needs a proxy that speaks TLS." default:"127.0.0.1:8484" env:"THROUGHLINE_LISTEN"`
	Log    string `help:"Least grave log line to write: debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
}

// Run serves the engine of the data folder until it is told to stop.
func (c *serveCmd) Run(s *shell) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return throughline.Errorf(throughline.Invalid, "there is no log level %q", c.Log)
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
	p, err := openProcess(s.ctx, s.Data, log, false)
	if err != nil {
		return err
	}
	err = p.serve(s.ctx, c.Listen, func(base string) error {
		if err := p.leaveKey(s.ctx, s.Data, base); err != nil {
			return err
		}
		return p.greet(s.ctx, s.out, base)
	})
	p.takeKey(s.Data)
	return errors.Join(err, p.close())
}

// greet prints where the engine is and, until somebody has accepted ownership,
// the one-time link by which its owner does.
func (p *process) greet(ctx context.Context, w io.Writer, base string) error {
	fmt.Fprintf(w, "Throughline serves %s\n", base)
	owner, err := p.access.Ownership(ctx)
	if err != nil || owner.Accepted {
		return err
	}
	secret, err := p.access.InviteOwner(ctx)
	if err != nil {
		return err
	}
	if owner.Person == "" {
		fmt.Fprintln(w, "No engine is declared yet. In another shell: throughline init my-workspace, then throughline apply my-workspace.")
	}
	fmt.Fprintf(w, "Nobody has accepted ownership yet. The owner opens this link, once, within a day:\n  %s/welcome/%s\n", base, secret)
	return nil
}

// serve listens, tells ready its address, and runs the data plane and the doors
// until ctx ends.
func (p *process) serve(ctx context.Context, listen string, ready func(base string) error) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return throughline.Errorf(throughline.Unavailable, "cannot listen on %s: %w", listen, err).WithFix("choose another address with --listen")
	}
	server := &http.Server{
		Handler: p.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second,
		WriteTimeout: 60 * time.Second, // what takes longer lifts it: live pages, work with progress
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(p.core.Log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(p.web.Close)
	g, ctx := errgroup.WithContext(ctx)
	// Requests end before the data plane does, so that what was answered is
	// still recorded.
	plane, stopPlane := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		err := p.plane.Run(plane)
		if plane.Err() == nil { // it must not end by itself
			return errors.Join(err, throughline.Errorf(throughline.Internal, "the data plane ended"))
		}
		return err
	})
	g.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		defer stopPlane()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			return server.Close()
		}
		return nil
	})
	if err := ready("http://" + hostOf(listener.Addr())); err != nil {
		stopPlane()
		return errors.Join(err, server.Close(), ignoreStop(g.Wait()))
	}
	return ignoreStop(g.Wait())
}

func ignoreStop(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// hostOf returns an address a browser on this machine can open.
func hostOf(a net.Addr) string {
	host := a.String()
	for _, all := range []string{"[::]:", "0.0.0.0:"} {
		if port, ok := strings.CutPrefix(host, all); ok {
			return "127.0.0.1:" + port
		}
	}
	return host
}

// leaveKey leaves commands on this machine a way in: the address, and a key
// that only the user who runs the engine can read.
func (p *process) leaveKey(ctx context.Context, folder, base string) error {
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: "os/" + osUser()}
	if err := p.access.RevokeToken(ctx, by, cliToken); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	secret, err := p.access.CreateToken(ctx, by, cliToken, operate.ScopeManage, 0)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, keyFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return throughline.Errorf(throughline.Unavailable, "the command line's key cannot be written: %w", err).At(path)
	}
	return os.WriteFile(filepath.Join(folder, addressFile), []byte(base+"\n"), 0o600)
}

// cliToken names the token of the command line.
const cliToken = "command-line"

func (p *process) takeKey(folder string) {
	by := throughline.Actor{Kind: throughline.ActorSystem}
	err := errors.Join(
		os.Remove(filepath.Join(folder, addressFile)), os.Remove(filepath.Join(folder, keyFile)),
		p.access.RevokeToken(context.Background(), by, cliToken),
	)
	if err != nil {
		p.core.Log.Warn("the command line's key was not taken back", "error", err)
	}
}
