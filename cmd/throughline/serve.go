package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type serveCmd struct {
	Listen string `help:"Address to listen on; anything but this machine needs a proxy that speaks TLS." default:"127.0.0.1:8484" env:"THROUGHLINE_LISTEN"`
	Log    string `help:"Least grave log line to write: debug, info, warn or error." default:"info" enum:"debug,info,warn,error"`
	HTTPS  bool   `help:"People reach it over TLS, through a proxy: cookies are for TLS alone." env:"THROUGHLINE_HTTPS"`
	Public string `help:"How people reach it, for links and for the provider to send them back; as they ask when left out." env:"THROUGHLINE_PUBLIC_URL" placeholder:"URL"`
	Invite bool   `help:"Print a new one-time link for the owner, who has lost the password."`

	Watch    string `help:"A folder whose files are taken into a draft as they come." placeholder:"FOLDER" env:"THROUGHLINE_WATCH"`
	WatchFor string `help:"Whose draft that is; the owner's when left out." placeholder:"PERSON"`

	OIDC providerFlags `embed:"" prefix:"oidc-"`
}

// Run serves the engine of the data folder until it is told to stop.
func (c *serveCmd) Run(s *shell) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return throughline.Errorf(throughline.Invalid, "there is no log level %q", c.Log)
	}
	log := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
	if err := checkAddress(c.Listen); err != nil {
		return err
	}
	provider, err := c.OIDC.provider()
	if err != nil {
		return err
	}
	public, err := publicURL(c.Public)
	if err != nil {
		return err
	}
	p, err := openProcess(s.ctx, s.Data, log, false)
	if err != nil {
		return runsAlready(s.Data, err)
	}
	if p.watch, err = p.watchFolder(s.ctx, c.Watch, c.WatchFor); err != nil {
		return errors.Join(err, p.close())
	}
	listener, err := listen(c.Listen)
	if err != nil {
		return errors.Join(err, p.close())
	}
	p.web.HTTPS, p.web.PublicURL, p.web.Sign = c.HTTPS, public, provider
	err = p.serve(s.ctx, listener, func(at place) error {
		if public != "" { // people come another way than by the address listened on
			at.public, at.named = public, true
		}
		if err := p.leaveKey(s.ctx, s.Data, at.local); err != nil {
			return err
		}
		return p.greet(s.ctx, s.out, at, c.Invite)
	})
	p.takeKey(s.Data)
	return errors.Join(err, p.close())
}

// runsAlready tells whoever starts an engine twice where the first one is.
func runsAlready(folder string, err error) error {
	taken, ok := errors.AsType[*throughline.Error](err)
	if !ok || taken.Code != throughline.Conflict {
		return err
	}
	address, readErr := os.ReadFile(filepath.Join(folder, addressFile))
	if readErr != nil { // not an engine that serves, but another command
		return err
	}
	return taken.WithFix("it serves %s already; commands find it by the data folder. Stop it first, or give this one another --data", strings.TrimSpace(string(address)))
}

// greet prints where the engine is and, until somebody has accepted ownership or
// where a new one is asked for, the one-time link by which its owner comes in.
func (p *process) greet(ctx context.Context, w io.Writer, at place, invite bool) error {
	link, err := p.ownersLink(ctx, at.public, invite)
	if err != nil {
		return err
	}
	said := "Throughline serves " + at.public + "\n"
	if at.named {
		said += "It listens on " + at.local + ".\n"
	}
	if at.exposed {
		said += exposedWarning + "\n"
	}
	_, err = io.WriteString(w, said+link)
	return err
}

// ownersLink returns what to print of the owner's one-time link; nothing where
// there is none to make.
func (p *process) ownersLink(ctx context.Context, base string, invite bool) (string, error) {
	owner, err := p.access.Ownership(ctx)
	if err != nil || owner.Accepted && !invite {
		return "", err
	}
	secret, err := p.access.InviteOwner(ctx)
	if err != nil {
		return "", err
	}
	says := "Nobody has accepted ownership yet. The owner opens this link, once, within a day:"
	switch {
	case owner.Person == "":
		says = "This engine is new. Open this link to begin; it works once, within a day:"
	case owner.Accepted:
		says = "A new password for " + owner.Name + ". The owner opens this link, once, within a day:"
	}
	return says + "\n  " + base + "/welcome/" + secret + "\n", nil
}

const exposedWarning = "Other machines can reach it, and all that passes can be read on the way: put a proxy that speaks TLS in front."

// checkAddress refuses what people write most often instead of an address.
func checkAddress(listen string) error {
	if _, err := strconv.ParseUint(listen, 10, 16); err == nil {
		return throughline.Errorf(throughline.Invalid, "%s is a port, and an address has a host too", listen).WithFix("use --listen 127.0.0.1:%s", listen)
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	if err := checkAddress(address); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, throughline.Errorf(throughline.Unavailable, "cannot listen on %s: %w", address, err).WithFix("choose another address with --listen")
	}
	return listener, nil
}

// serve tells ready its address, and runs the data plane and the doors until ctx
// ends. It closes the listener.
func (p *process) serve(ctx context.Context, listener net.Listener, ready func(place) error) error {
	server := &http.Server{
		Handler: p.provable(p.handler), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second,
		WriteTimeout: 60 * time.Second, // what takes longer lifts it: live pages, work with progress
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(p.core.Log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(p.web.Close)
	server.RegisterOnShutdown(p.api.Close)
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
	g.Go(func() error { return p.schedule.Run(ctx) })
	g.Go(func() error { return p.content.Follow(ctx) })
	g.Go(func() error { return p.content.FollowLibrary(ctx) })
	g.Go(func() error { return p.audit.Run(ctx) })
	g.Go(func() error { return p.access.Run(ctx) })
	g.Go(func() error { return p.media.Run(ctx) })
	if p.watch != nil {
		g.Go(func() error { return p.watch.run(ctx) })
	}
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
	if err := ready(placeOf(listener.Addr())); err != nil {
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

// place is where an engine listens, as URLs without a path.
type place struct {
	local  string // for this machine
	public string // for others, if they can reach it
	// exposed says that they can.
	exposed bool
	// named says that public was given, and is not what is listened on.
	named bool
}

func placeOf(a net.Addr) place {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil { // not TCP
		return place{local: "http://" + a.String(), public: "http://" + a.String()}
	}
	local, public := at.Addr(), at.Addr()
	if public.IsUnspecified() { // every address of this machine
		local = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		public = outside(local)
	}
	url := func(host netip.Addr) string { return "http://" + netip.AddrPortFrom(host, at.Port()).String() }
	return place{local: url(local), public: url(public), exposed: !at.Addr().IsLoopback()}
}

// outside returns an address by which others may reach this machine, an IPv4 one
// if there is one, or the fallback when it has none.
func outside(fallback netip.Addr) netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return fallback
	}
	found := fallback
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || !prefix.Addr().IsGlobalUnicast() {
			continue
		}
		if prefix.Addr().Is4() {
			return prefix.Addr()
		}
		found = prefix.Addr()
	}
	return found
}

// leaveKey leaves commands on this machine a way in: the address, and a key
// that only the user who runs the engine can read.
func (p *process) leaveKey(ctx context.Context, folder, base string) error {
	by := engine.AtShell(atShell())
	if err := p.access.RevokeToken(ctx, by, operate.CommandLine); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	secret, err := p.access.CreateToken(ctx, by, operate.TokenRequest{Name: operate.CommandLine, Scope: operate.ScopeManage})
	if err != nil {
		return err
	}
	p.proof.Store(&proof{secret, base})
	path := filepath.Join(folder, keyFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return throughline.Errorf(throughline.Unavailable, "the command line's key cannot be written: %w", err).At(path)
	}
	return os.WriteFile(filepath.Join(folder, addressFile), []byte(base+"\n"), 0o600)
}

func (p *process) takeKey(folder string) {
	by := engine.AtShell(throughline.Actor{Kind: throughline.ActorSystem})
	err := errors.Join(
		os.Remove(filepath.Join(folder, addressFile)), os.Remove(filepath.Join(folder, keyFile)),
		p.access.RevokeToken(context.Background(), by, operate.CommandLine),
	)
	if err != nil {
		p.core.Log.Warn("the command line's key was not taken back", "error", err)
	}
}
