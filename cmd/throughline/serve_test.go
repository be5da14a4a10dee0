package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

// serving runs the engine of a new data folder until the test ends, and returns
// the folder with what the engine has printed when it is ready.
func serving(t *testing.T, listen string) (folder, greeting string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "data")
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	var problems bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"--data", folder, "serve", "--listen", listen, "--log", "error"}, nil, in, &problems)
		in.Close()
	}()
	lines := bufio.NewScanner(out)
	for !strings.Contains(greeting, "/welcome/") {
		if !lines.Scan() {
			t.Fatalf("serve ended with the code %d: %s", <-ended, problems.String())
		}
		greeting += lines.Text() + "\n"
	}
	t.Cleanup(func() {
		stop()
		go io.Copy(io.Discard, out)
		if code := <-ended; code != exitOK || problems.Len() > 0 {
			t.Errorf("serve ended with the code %d: %s", code, problems.String())
		}
	})
	return folder, greeting
}

// command runs a command line on a data folder.
func command(t *testing.T, folder string, args ...string) (out, errOut string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"--data", folder}, args...), strings.NewReader(""), &o, &e)
	return o.String(), e.String(), code
}

func TestServe(t *testing.T) {
	folder, greeting := serving(t, "127.0.0.1:0")
	base, _, _ := strings.Cut(strings.TrimPrefix(greeting, "Throughline serves "), "\n")

	t.Run("what only this machine can reach is not said to be reachable", func(t *testing.T) {
		if strings.Contains(greeting, "Other machines") || !strings.HasPrefix(base, "http://127.0.0.1:") {
			t.Errorf("it printed:\n%s", greeting)
		}
	})
	t.Run("started twice, it says where the first one is", func(t *testing.T) {
		_, errOut, code := command(t, folder, "serve", "--listen", "127.0.0.1:0")
		if code != exitConflict || !strings.Contains(errOut, "fix: it serves "+base+" already") {
			t.Errorf("code %d, and it printed:\n%s", code, errOut)
		}
	})
	t.Run("a port in use is the only thing it complains about", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "data")
		_, errOut, code := command(t, other, "serve", "--listen", strings.TrimPrefix(base, "http://"))
		if code != exitFailed || strings.Count(errOut, "\n") != 2 || !strings.Contains(errOut, "fix: choose another address with --listen") {
			t.Errorf("code %d, and it printed:\n%s", code, errOut)
		}
	})
	t.Run("a release is by the same person whether or not the engine runs", func(t *testing.T) {
		workspace := filepath.Join(t.TempDir(), "ws")
		if _, errOut, code := command(t, folder, "init", workspace); code != exitOK {
			t.Fatal(errOut)
		}
		if _, errOut, code := command(t, folder, "apply", workspace); code != exitOK {
			t.Fatal(errOut)
		}
		out, _, _ := command(t, folder, "get", "releases")
		if !strings.Contains(out, " os/"+osUser()) || strings.Contains(out, "command-line") {
			t.Errorf("it printed:\n%s", out)
		}
		out, _, _ = command(t, folder, "get", "releases", "--json")
		if !strings.Contains(out, `"author":{"kind":"person","id":"os/`+osUser()+`"}`) {
			t.Errorf("it printed:\n%s", out)
		}
	})
	t.Run("a token's release says for whom it acts, and no token can pass for a person", func(t *testing.T) {
		secret, errOut, code := command(t, folder, "token", "create", "ci", "--scope", "manage")
		if code != exitOK {
			t.Fatal(errOut)
		}
		asToken := []string{"--url", base, "--key", strings.TrimSpace(secret)}
		if _, errOut, code = command(t, folder, append(asToken, "delete", "Fragment/cta-see")...); code != exitOK {
			t.Fatal(errOut)
		}
		if out, _, _ := command(t, folder, "get", "release/2"); !strings.Contains(out, " ci for os/"+osUser()) {
			t.Errorf("it printed:\n%s", out)
		}
		_, errOut, code = command(t, folder, append(asToken, "token", "create", "command-line", "--scope", "manage")...)
		if code != exitDenied || !strings.Contains(errOut, "command-line is kept") {
			t.Errorf("code %d, and it printed:\n%s", code, errOut)
		}
	})
}

func TestServeForOtherMachines(t *testing.T) {
	folder, greeting := serving(t, "0.0.0.0:0")
	if !strings.Contains(greeting, "put a proxy that speaks TLS in front") {
		t.Errorf("it did not say that others can reach it:\n%s", greeting)
	}
	base, _, _ := strings.Cut(strings.TrimPrefix(greeting, "Throughline serves "), "\n")
	if !strings.Contains(greeting, base+"/welcome/") {
		t.Errorf("the link leads elsewhere than %s:\n%s", base, greeting)
	}
	at, err := netip.ParseAddrPort(strings.TrimPrefix(base, "http://"))
	if err != nil || at.Addr().IsUnspecified() || at.Addr().IsLoopback() && hasOutside() {
		t.Errorf("nobody else can reach it at %s: %v", base, err)
	}
	if _, errOut, code := command(t, folder, "get", "status"); code != exitOK {
		t.Errorf("a command on this machine does not find it: %s", errOut)
	}
}

func hasOutside() bool {
	all, err := net.InterfaceAddrs()
	for _, a := range all {
		if prefix, parseErr := netip.ParsePrefix(a.String()); errors.Join(err, parseErr) == nil && prefix.Addr().IsGlobalUnicast() {
			return true
		}
	}
	return false
}
