package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// serverKind says which server a child process runs: the engine, or a handler
// that only reads and writes JSON, to compare with.
const serverKind = "THROUGHLINE_BENCH_SERVER"

func TestMain(m *testing.M) {
	if kind := os.Getenv(serverKind); kind != "" {
		if err := runServer(kind, os.Getenv("THROUGHLINE_BENCH_FOLDER")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// server is a child process under load.
type server struct {
	base     string
	writeKey string
	cmd      *exec.Cmd
	stdin    io.Closer
}

// start runs a server of a kind in a child process, so that its processor time
// can be told from the load's.
func start(tb testing.TB, kind string) *server {
	tb.Helper()
	return startIn(tb, kind, tb.TempDir())
}

// startIn is start on a folder that may hold an engine already.
func startIn(tb testing.TB, kind, folder string) *server {
	tb.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), serverKind+"="+kind, "THROUGHLINE_BENCH_FOLDER="+folder)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	s := &server{cmd: cmd, stdin: stdin}
	tb.Cleanup(s.stop)
	if _, err := fmt.Fscanln(stdout, &s.base, &s.writeKey); err != nil {
		tb.Fatalf("the %s server did not start: %v", kind, err)
	}
	return s
}

// stop ends the child, which does so when its input does. It may be called
// again.
func (s *server) stop() {
	s.stdin.Close()
	s.cmd.Wait()
}

// cpu returns the processor time the server has used.
func (s *server) cpu(tb testing.TB) time.Duration {
	return time.Duration(s.number(tb, "/bench/cpu"))
}

// resident returns the server's resident memory in bytes.
func (s *server) resident(tb testing.TB) int64 { return s.number(tb, "/bench/rss") }

func (s *server) number(tb testing.TB, path string) int64 {
	tb.Helper()
	res, err := http.Get(s.base + path)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func runServer(kind, folder string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	mux := serve.NewMux()
	open := func(pattern string, h http.HandlerFunc) {
		mux.Handle(serve.Route{Pattern: pattern, Open: "a benchmark on this machine asks"}, h)
	}
	open("GET /bench/cpu", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, int64(processorTime())) })
	open("GET /bench/rss", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, residentBytes()) })
	writeKey := "none"
	if kind == "noop" {
		open("POST /ofrep/v1/evaluate/flags/{key}", noop)
	} else {
		e, err := openEngine(ctx, folder, kind)
		if err != nil {
			return err
		}
		defer e.store.Close()
		api.Mount(mux, e.doors)
		writeKey = e.writeKey
		go e.doors.Plane.Run(ctx)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go srv.Serve(listener)
	fmt.Println("http://"+listener.Addr().String(), writeKey)
	<-ctx.Done()
	return srv.Close()
}

// noop reads the JSON of a request and answers JSON of about the size of a
// decision, and does nothing else.
func noop(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Context map[string]any `json:"context"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"key": r.PathValue("key"), "reason": "STATIC", "variant": "none",
		"value":    map[string]string{"headline": "Hello", "body": "Nothing was decided here", "cta": "Go on", "theme": "plain"},
		"metadata": map[string]any{"decisionId": strings.Repeat("x", 58), "propensity": 1.0, "release": 1, "epoch": 1},
	})
}

type benchEngine struct {
	store    *sqlite.Store
	doors    api.Config
	writeKey string
}

// openEngine opens an engine in the folder with the workspace of a kind.
func openEngine(ctx context.Context, folder, kind string) (*benchEngine, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	store, err := sqlite.Open(ctx, folder, sqlite.Config{})
	if err != nil {
		return nil, err
	}
	core, err := engine.Open(ctx, store.Record(), time.Now, log)
	if err != nil {
		return nil, err
	}
	projection := engine.NewProjection(core)
	access := operate.NewAccess(core)
	c := content.New(core)
	by := throughline.Actor{Kind: throughline.ActorSystem, ID: "bench"}
	resources, err := content.Read([]content.File{{Name: kind, Text: workspace(kind)}})
	if err != nil {
		return nil, err
	}
	if _, err := c.Apply(ctx, engine.AtShell(by), content.Change{Resources: resources}); err != nil {
		return nil, err
	}
	plane := live.New(core, projection, live.Config{EpochEvery: 200 * time.Millisecond})
	if err := plane.Start(ctx); err != nil {
		return nil, err
	}
	secret, err := access.CreateToken(ctx, engine.AtShell(by), operate.TokenRequest{Name: "bench", Scope: operate.ScopeWrite})
	if throughline.CodeOf(err) == throughline.Conflict {
		err = nil
	}
	return &benchEngine{store, api.Config{
		Core: core, Content: c, Plane: plane, Access: access, Recipients: recipients.New(core, store, plane), Media: media.New(core, media.Config{}), Shares: share.New(core, c), Log: log,
		Operate: operate.New(operate.Config{Core: core, Projection: projection, Access: access, Plane: plane, Store: store}),
	}, secret}, err
}

// workspace declares one placement, "hero": for the kind "144" with 144
// combinations of four slots and three audiences of one clause each and more,
// for "1000" with 1,000 combinations of three slots.
func workspace(kind string) []byte {
	sizes := []int{4, 4, 3, 3}
	if kind == "1000" {
		sizes = []int{10, 10, 10}
	}
	var b bytes.Buffer
	doc := func(kind, name, spec string) {
		fmt.Fprintf(&b, "---\napiVersion: throughline/v1\nkind: %s\nmetadata: {name: %s}\nspec: %s\n", kind, name, spec)
	}
	doc("Person", "ana", `{name: Ana}`)
	doc("Engine", "main", `{title: Bench, owner: ana, publicDecisions: true}`)
	doc("Brand", "house", `{title: House, locales: {default: en}}`)
	doc("Channel", "web", `{surface: web}`)
	doc("Goal", "signed-up", `{event: Signed Up, window: 1h}`)
	doc("Audience", "members", `{rule: 'context.plan == "member" && context.visits >= 3 && context.country in ["de", "at"]'}`)
	var slots, fallback []string
	for s, n := range sizes {
		slot := fmt.Sprintf("s%d", s)
		slots = append(slots, fmt.Sprintf("{name: %s, role: %s, required: true}", slot, slot))
		fallback = append(fallback, fmt.Sprintf("%s: %s-0", slot, slot))
		for l := range n {
			audience := ""
			if s == 0 && l == n-1 {
				audience = ", audience: members"
			}
			doc("Fragment", fmt.Sprintf("%s-%d", slot, l), fmt.Sprintf("{role: %s, values: {en: A text of the usual length %d}%s}", slot, l, audience))
		}
	}
	doc("Template", "card", fmt.Sprintf(`{brand: house, slots: [%s], renderings: [{channel: web, html: "<p>{{s0}}</p>"}]}`, strings.Join(slots, ", ")))
	doc("Placement", "hero", fmt.Sprintf(`{channel: web, template: card, goal: signed-up, sticky: none, holdout: {share: 0.1}, fallback: {%s}}`, strings.Join(fallback, ", ")))
	return b.Bytes()
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentBytes reads resident memory where the system tells it, and 0
// elsewhere.
func residentBytes() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
