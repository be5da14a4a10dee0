// Package provider signs in to the real binary with somebody else's OpenID
// Connect provider, which runs here. It needs no browser.
package provider

import (
	"bufio"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

const workspace = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Harbour, owner: ana}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Keller}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: tess}
spec: {name: Tess User, email: test-user2@zitadel.ch, roles: [{role: viewer}]}
`

// harbour is an engine and the provider it trusts.
type harbour struct {
	base, link string
	provider   *httptest.Server
}

func open(t *testing.T) *harbour {
	t.Helper()
	folder := t.TempDir()
	binary := filepath.Join(folder, "throughline")
	run(t, exec.Command("go", "build", "-o", binary, "./cmd/throughline"), "../..")
	address := free(t)
	h := &harbour{base: "http://" + address}

	h.provider = httptest.NewUnstartedServer(nil)
	issuer := "http://" + h.provider.Listener.Addr().String() + "/"
	storage.RegisterClients(storage.WebClient("engine", "secret", h.base+"/sign-in/oidc"))
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	h.provider.Config.Handler = exampleop.SetupServer(issuer, storage.NewStorage(storage.NewUserStore(issuer)), quiet, false)
	h.provider.Start()
	t.Cleanup(h.provider.Close)

	data, manifest := filepath.Join(folder, "data"), filepath.Join(folder, "workspace.yaml")
	if err := os.WriteFile(manifest, []byte(workspace), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(binary, "--data", data, "apply", manifest), folder)
	cmd := exec.Command(binary, "--data", data, "serve", "--listen", address, "--oidc-issuer", issuer, "--oidc-client-id", "engine", "--oidc-title", "Harbour ID", "--oidc-by-email")
	cmd.Env = append(os.Environ(), "THROUGHLINE_OIDC_SECRET=secret")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	welcome := regexp.MustCompile(`http://\S+/welcome/\S+`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if h.link = welcome.FindString(lines.Text()); h.link != "" {
			go io.Copy(io.Discard, out)
			return h
		}
	}
	t.Fatal("the engine printed no link")
	return nil
}

func run(t *testing.T, cmd *exec.Cmd, folder string) {
	t.Helper()
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// browser keeps cookies and follows redirects, as people's browsers do.
type browser struct {
	*http.Client
	t *testing.T
}

func newBrowser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar, Timeout: 20 * time.Second}, t}
}

func (b *browser) ask(method, target string, form url.Values) (status int, at *url.URL, page string) {
	b.t.Helper()
	r, err := http.NewRequest(method, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL, string(body)
}

var (
	onward  = regexp.MustCompile(`href="([^"]+)">Continue to`)
	request = regexp.MustCompile(`name="id" value="([^"]+)"`)
)

// through goes to the provider from one of the engine's forms and signs in there.
func (b *browser) through(h *harbour, form, user string) (status int, at *url.URL, page string) {
	b.t.Helper()
	_, _, page = b.ask(http.MethodPost, form, url.Values{"next": {"/people"}})
	to := onward.FindStringSubmatch(page)
	if to == nil {
		b.t.Fatalf("no way to the provider: %s", page)
	}
	_, _, page = b.ask(http.MethodGet, html.UnescapeString(to[1]), nil)
	id := request.FindStringSubmatch(page)
	if id == nil {
		b.t.Fatalf("the provider shows no form: %s", page)
	}
	return b.ask(http.MethodPost, h.provider.URL+"/login/username", url.Values{"id": {id[1]}, "username": {user}, "password": {"verysecure"}})
}

func TestSigningInWithAProvider(t *testing.T) {
	h := open(t)
	t.Run("the owner accepts the engine with it", func(t *testing.T) {
		b := newBrowser(t)
		status, at, _ := b.through(h, h.link+"/oidc", "test-user@127.0.0.1")
		if status != http.StatusOK || at.Path != "/people" {
			t.Fatalf("%d at %s", status, at)
		}
	})
	t.Run("and signs in with it from another browser", func(t *testing.T) {
		status, at, page := newBrowser(t).through(h, h.base+"/sign-in/oidc", "test-user@127.0.0.1")
		if status != http.StatusOK || at.Path != "/people" || !strings.Contains(page, "Ana Keller owns it") {
			t.Errorf("%d at %s", status, at)
		}
	})
	t.Run("a Person comes in by the e-mail that the provider has verified", func(t *testing.T) {
		b := newBrowser(t)
		if status, at, _ := b.through(h, h.base+"/sign-in/oidc", "test-user2"); status != http.StatusOK || at.Path != "/people" {
			t.Errorf("%d at %s", status, at)
		}
		if status, _, page := b.ask(http.MethodGet, h.base+"/person/tess", nil); status != http.StatusOK || !strings.Contains(page, "Where you are signed in") {
			t.Errorf("%d: not Tess's own page", status)
		}
	})
	t.Run("a used link and a forged answer let nobody in", func(t *testing.T) {
		b := newBrowser(t)
		if status, _, page := b.ask(http.MethodPost, h.link+"/oidc", url.Values{}); status != http.StatusConflict || !strings.Contains(page, "used already") {
			t.Errorf("a used link: %d", status)
		}
		if status, _, page := b.ask(http.MethodGet, h.base+"/sign-in/oidc?code=x&state=y", nil); status != http.StatusBadRequest || !strings.Contains(page, "did not begin") && !strings.Contains(page, "does not belong") {
			t.Errorf("a forged answer: %d", status)
		}
	})
	t.Run("when it is down, the page says so and the password form is there", func(t *testing.T) {
		b := newBrowser(t)
		_, _, page := b.ask(http.MethodPost, h.base+"/sign-in/oidc", url.Values{})
		to := onward.FindStringSubmatch(page)
		if to == nil {
			t.Fatal("no way to the provider")
		}
		u, err := url.Parse(html.UnescapeString(to[1]))
		if err != nil {
			t.Fatal(err)
		}
		h.provider.Close()
		status, _, page := b.ask(http.MethodGet, h.base+"/sign-in/oidc?code=x&state="+url.QueryEscape(u.Query().Get("state")), nil)
		if status != http.StatusUnauthorized || !strings.Contains(page, `name="password"`) || !strings.Contains(page, "Harbour ID") {
			t.Errorf("%d %s", status, page)
		}
	})
}
