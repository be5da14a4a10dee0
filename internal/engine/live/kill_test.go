//go:build unix

package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// The variables by which the test binary knows that it is the child to be killed.
const (
	childFolder = "THROUGHLINE_TEST_CHILD"
	childRound  = "THROUGHLINE_TEST_ROUND"
	childForget = "THROUGHLINE_TEST_FORGETFUL"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, decideUntilKilled(dir, os.Getenv(childRound), os.Getenv(childForget) != ""))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// decideUntilKilled decides for one new recipient after another, and prints one
// byte before each and one after: the pipe is the parent's and outlives this
// process.
func decideUntilKilled(dir, round string, forgetful bool) error {
	ctx := context.Background()
	store, err := sqlite.Open(ctx, dir, sqlite.Config{})
	if err != nil {
		return err
	}
	core, err := engine.Open(ctx, store.Record(), time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var notes live.Notes = store.Notes()
	if forgetful {
		notes = late{store.Notes()}
	}
	plane := live.New(core, engine.NewProjection(core), live.Config{Notes: notes})
	if err := plane.Start(ctx); err != nil {
		return err
	}
	go func() { _ = plane.Run(ctx) }()
	for i := 0; ; i++ {
		if _, err := os.Stdout.WriteString("?"); err != nil {
			return err
		}
		_, err := plane.Decide(ctx, throughline.Request{Placement: "home.hero", Unit: fmt.Sprint(round, "/", i), At: core.Now()})
		if err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString("!"); err != nil {
			return err
		}
	}
}

// late is the planted fault: notes that keep only every other number.
type late struct{ live.Notes }

// WriteAt writes what it is given only now and then.
func (l late) WriteAt(p []byte, off int64) (int, error) {
	if len(p) == 8 && p[0]%2 == 1 {
		return len(p), nil
	}
	return l.Notes.WriteAt(p, off)
}

// killRound runs a child on the folder, kills it at a random moment and returns
// how many decisions it began and how many it answered.
func killRound(t *testing.T, dir, round string, forgetful bool) (begun, answered int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, childRound+"="+round)
	if forgetful {
		child.Env = append(child.Env, childForget+"=1")
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = t.Output()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	marks := bufio.NewReader(out)
	for killed := false; ; {
		mark, err := marks.ReadByte()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if mark == '?' {
			begun++
		} else {
			answered++
		}
		if !killed {
			killed = true
			time.AfterFunc(50*time.Millisecond+rand.N(250*time.Millisecond), func() { _ = child.Process.Kill() })
		}
	}
	_ = child.Wait() // it was killed
	if begun == 0 {
		t.Fatal("the child decided nothing, so that this proves nothing")
	}
	return begun, answered
}

// journaled counts the decisions in the journal.
func journaled(t *testing.T, e *enginetest.Engine) (n int) {
	t.Helper()
	for _, ev := range e.Events(t) {
		if ev.Type == throughline.EventDecisionMade {
			n++
		}
	}
	return n
}

// declared returns a folder with Workspace live, and nothing decided.
func declared(t *testing.T) string {
	t.Helper()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	stop()
	if err := e.Plane.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Close()
	return e.Folder
}

func TestKillCountsWhatItLost(t *testing.T) {
	t.Parallel()
	dir, begun, answered, lostBefore := declared(t), 0, 0, int64(0)
	// A kill loses nothing where it comes just after all was written.
	for round := 0; round < 4 || lostBefore == 0 && round < 40; round++ {
		b, a := killRound(t, dir, fmt.Sprint(round), false)
		begun, answered = begun+b, answered+a
		e := enginetest.Open(t, enginetest.Options{Folder: dir})
		n, lost := journaled(t, e), e.Plane.Lost()
		// Each kill may come while one decision is made, before or after it counts.
		if asked := n + int(lost); asked < answered || asked > begun || lost < lostBefore {
			t.Errorf("round %d: %d journaled and %d lost, of %d answered and %d begun", round, n, lost, answered, begun)
		}
		lostBefore = lost
		e.Close()
	}
	if lostBefore == 0 {
		t.Error("no kill lost a record, so that this proves nothing")
	}
}

func TestKillFindsNotesThatDoNotCount(t *testing.T) {
	t.Parallel()
	dir := declared(t)
	wrong := 0
	for round := 0; wrong == 0 && round < 40; round++ {
		_, answered := killRound(t, dir, fmt.Sprint(round), true)
		e := enginetest.Open(t, enginetest.Options{Folder: dir})
		if journaled(t, e)+int(e.Plane.Lost()) < answered {
			wrong++
		}
		e.Close()
	}
	if wrong == 0 {
		t.Error("notes that keep every other number were not found out")
	}
}
