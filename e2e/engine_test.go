// Package e2e walks the real binary with a real browser, as people do.
//
// Walks of one area live in walk_<area>_test.go. They start from newEngine or
// the engines of TestMain, open tabs with newTab, and hold every page they reach
// to faults.
package e2e

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	pictures  = flag.String("pictures", "", "folder to write a picture of every page into, in each size and theme")
	documents = flag.String("documents", "", "folder to write the pictures into that README.md and docs/start.md show")
	given     = flag.String("binary", "", "throughline to walk; built from this tree when empty")

	binary  string          // what is walked
	axeCore string          // the source of axe-core
	browser context.Context // chromium
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func prepare(m *testing.M) (int, error) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return 1, fmt.Errorf("axe-core is not here: run npm ci in e2e, or make e2e: %w", err)
	}
	folder, err := os.MkdirTemp("", "throughline-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(folder)
	if binary = *given; binary == "" {
		binary = filepath.Join(folder, "throughline")
		build := exec.Command("go", "build", "-o", binary, "./cmd/throughline")
		build.Dir, build.Stderr = "..", os.Stderr
		if err := build.Run(); err != nil {
			return 1, fmt.Errorf("the binary does not build: %w", err)
		}
	}
	if *pictures != "" {
		if err := os.MkdirAll(*pictures, 0o755); err != nil {
			return 1, err
		}
	}
	var leave func()
	if browser, leave, err = newBrowser(); err != nil {
		return 1, err
	}
	defer leave()
	axeCore = string(axe)
	return m.Run(), nil
}

// engine is a running engine and somebody who is signed in to it.
type engine struct {
	name, base string
	// link is the one-time link it printed; session is the owner's cookie.
	link, session string
}

var printed = regexp.MustCompile(`http://\S+/(?:enter|welcome)/\S+`)

// start runs the binary until the test ends, and returns the engine whose
// one-time link it prints.
func start(t testing.TB, name string, args ...string) engine {
	t.Helper()
	cmd := exec.Command(binary, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	links := make(chan string, 1)
	go func() {
		defer close(links)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if link := printed.FindString(lines.Text()); link != "" {
				links <- link
				io.Copy(io.Discard, out)
			}
		}
	}()
	select {
	case link, ok := <-links:
		if !ok {
			t.Fatalf("%s ended without a link: %s", name, said.String())
		}
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		return engine{name: name, base: "http://" + u.Host, link: link}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s printed no link: %s", name, said.String())
	}
	return engine{}
}

// newDemo is an engine with the example workspace and simulated recipients,
// whose owner is signed in.
func newDemo(t testing.TB) engine {
	t.Helper()
	e := start(t, "full", "demo", "--listen", "127.0.0.1:0")
	e.session = e.sessionOf(t, http.MethodGet, nil)
	time.Sleep(4 * time.Second) // there is something to see
	return e
}

// emptyWorkspace names an engine and its owner, and nothing else.
const emptyWorkspace = `apiVersion: throughline/v1
kind: Person
metadata: {name: ada}
spec: {name: Ada Kern}
---
apiVersion: throughline/v1
kind: Engine
metadata: {name: engine}
spec: {title: Nothing yet, owner: ada}
`

// newEmpty is an engine without content, whose owner has not accepted yet.
func newEmpty(t testing.TB) engine {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "engine.yaml")
	if err := os.WriteFile(file, []byte(emptyWorkspace), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	if out, err := exec.Command(binary, "--data", data, "apply", file).CombinedOutput(); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	return start(t, "empty", "--data", data, "serve", "--listen", "127.0.0.1:0")
}

// accept makes the owner accept, and signs them in.
func (e *engine) accept(t testing.TB) {
	t.Helper()
	e.session = e.sessionOf(t, http.MethodPost, url.Values{"password": {"a walk through every page"}})
}

// sessionOf uses the one-time link and returns the cookie it leaves.
func (e *engine) sessionOf(t testing.TB, method string, form url.Values) string {
	t.Helper()
	r, err := http.NewRequest(method, e.link, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for _, c := range answer.Cookies() {
		if c.Name == "throughline_session" {
			return c.Value
		}
	}
	t.Fatalf("%s leaves no session: %s", e.link, answer.Status)
	return ""
}

// serveText serves pages of a test's own and returns their address.
func serveText(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
