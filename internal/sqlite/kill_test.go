//go:build unix

package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

// The variables by which the test binary knows that it is the child to be killed.
const (
	childFolder = "THROUGHLINE_TEST_CHILD"
	childRound  = "THROUGHLINE_TEST_ROUND"
	childFaulty = "THROUGHLINE_TEST_FAULTY"
	torture     = "THROUGHLINE_TORTURE" // rounds
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(dir, os.Getenv(childRound), os.Getenv(childFaulty) != ""))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends events, and updates State with an outbox that it
// relays, from many goroutines. Every key is printed once it is acknowledged:
// the pipe is the parent's and outlives this process.
func writeUntilKilled(dir, round string, faulty bool) error {
	ctx := context.Background()
	s, err := Open(ctx, dir, Config{})
	if err != nil {
		return err
	}
	r := s.Record()
	if faulty {
		r.Journal = &hasty{Journal: r.Journal}
	}
	var printing sync.Mutex
	acknowledge := func(kind, key string) {
		printing.Lock()
		defer printing.Unlock()
		fmt.Println(kind, key)
	}
	failed := make(chan error)
	for w := range 24 {
		work := appendOne
		if w%3 == 0 {
			work = updateOne
		}
		go func() {
			for i := 0; ; i++ {
				if err := work(ctx, r, fmt.Sprintf("%s/%d/%d", round, w, i), acknowledge); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

func appendOne(ctx context.Context, r record.Record, key string, acknowledge func(kind, key string)) error {
	if _, err := r.Journal.Append(ctx, []throughline.Event{eventOf(key)}); err != nil {
		return err
	}
	acknowledge("event", key)
	return nil
}

func updateOne(ctx context.Context, r record.Record, key string, acknowledge func(kind, key string)) error {
	err := r.State.Update(ctx, func(tx record.Tx) error {
		if _, err := tx.Put("b", key, []byte(key), 0); err != nil {
			return err
		}
		return tx.Outbox(eventOf(key))
	})
	if err != nil {
		return err
	}
	acknowledge("entry", key)
	return relay(ctx, r)
}

// relay moves some of the outbox, as the engine does. Two at a time may move the
// same events, which the keys forgive.
func relay(ctx context.Context, r record.Record) error {
	out := r.State.(record.Outbox)
	pending, err := out.Pending(ctx, 50)
	if err != nil || len(pending) == 0 {
		return err
	}
	var events []throughline.Event
	var ids []int64
	for _, p := range pending {
		events, ids = append(events, p.Event), append(ids, p.ID)
	}
	if _, err := r.Journal.Append(ctx, events); err != nil {
		return err
	}
	return out.Done(ctx, ids)
}

func eventOf(key string) throughline.Event {
	e := recordtest.Events(uint64(len(key)), 0, 1)[0]
	e.Key = key
	return e
}

// hasty is the planted fault: a journal that acknowledges first and writes a
// little later, as one without a sync would.
type hasty struct {
	record.Journal
	mu   sync.Mutex
	late []throughline.Event
}

// Append takes note of the events and promises what it cannot keep.
func (h *hasty) Append(ctx context.Context, events []throughline.Event) ([]record.Receipt, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.late = append(h.late, events...)
	if len(h.late) > 200 {
		late := h.late
		h.late = nil
		if _, err := h.Journal.Append(ctx, late); err != nil {
			return nil, err
		}
	}
	return make([]record.Receipt, len(events)), nil
}

// killRound runs a child on the folder, kills it at a random moment and returns
// the lines it acknowledged.
func killRound(t *testing.T, dir, round string, faulty bool) (acknowledged []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, childRound+"="+round)
	if faulty {
		child.Env = append(child.Env, childFaulty+"=1")
	}
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(acknowledged) == 0 { // it is at work
			time.AfterFunc(time.Duration(rand.IntN(400))*time.Millisecond, func() { _ = child.Process.Kill() })
		}
		acknowledged = append(acknowledged, lines.Text())
	}
	err = child.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed but ended with %v", err)
	}
	if n := len(acknowledged); n > 0 && strings.Count(acknowledged[n-1], "/") != 2 {
		acknowledged = acknowledged[:n-1] // the line in whose middle it was killed
	}
	return acknowledged
}

// lossesIn opens the folder and returns what is wrong: what was acknowledged and
// is not there, what is there twice, what cannot be verified.
func lossesIn(t *testing.T, dir string, acknowledged []string) (wrong []string) {
	t.Helper()
	s := openStore(t, dir, Config{})
	defer closeStore(t, s)
	r := s.Record()
	if _, err := r.Journal.Verify(t.Context(), nil); err != nil {
		wrong = append(wrong, err.Error())
	}
	for range 1000 { // what the killed process had not relayed
		if err := relay(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if p, err := s.state.Pending(t.Context(), 1); err != nil || len(p) == 0 {
			break
		}
	}
	events := map[string]int{}
	for _, e := range recordtest.Read(t, r.Journal, 0) {
		if events[e.Key]++; events[e.Key] == 2 {
			wrong = append(wrong, "twice: "+e.Key)
		}
	}
	err := r.State.View(t.Context(), func(rd record.Reader) error {
		for _, line := range acknowledged {
			kind, key, _ := strings.Cut(line, " ")
			if events[key] == 0 {
				wrong = append(wrong, "lost event of: "+line)
			}
			if kind == "entry" {
				if _, err := rd.Get("b", key); err != nil {
					wrong = append(wrong, "lost entry: "+line)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return wrong
}

func TestKill(t *testing.T) {
	rounds := 3
	if text := os.Getenv(torture); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s is %q, not a number of rounds", torture, text)
		}
		rounds = n
	}
	dir := t.TempDir()
	var acknowledged []string
	for round := range rounds {
		acknowledged = append(acknowledged, killRound(t, dir, strconv.Itoa(round), false)...)
		wrong := lossesIn(t, dir, acknowledged)
		for _, w := range wrong[:min(len(wrong), 20)] {
			t.Errorf("round %d: %s", round, w)
		}
		if t.Failed() {
			return
		}
	}
	if len(acknowledged) < 10*rounds {
		t.Fatalf("only %d acknowledgements: this shows nothing", len(acknowledged))
	}
	t.Logf("%d acknowledged in %d rounds, none lost, none twice", len(acknowledged), rounds)
}

func TestKill_findsPlantedFault(t *testing.T) {
	for round := range 10 { // a kill may fall just when nothing is late
		dir := t.TempDir()
		if len(lossesIn(t, dir, killRound(t, dir, strconv.Itoa(round), true))) > 0 {
			return
		}
	}
	t.Error("a journal that acknowledges before it writes was not found out")
}
