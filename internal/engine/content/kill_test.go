//go:build unix

package content_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// The variables by which the test binary knows that it is the child to be
// killed, and which of them.
const (
	childFolder = "THROUGHLINE_TEST_CHILD"
	childRound  = "THROUGHLINE_TEST_ROUND"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stderr, scheduleUntilKilled(dir, os.Getenv(childRound)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// afterwards is when all that scheduled proposes is due.
func afterwards() time.Time { return morning().Add(2 * time.Hour) }

// later is a clock of a process that starts once the lease of the one before it
// is over.
func later(round int) func() time.Time {
	at := afterwards().Add(time.Duration(round) * time.Minute)
	return func() time.Time { return at }
}

// scheduleUntilKilled lets go live what is due, and prints one byte when it
// begins: the pipe is the parent's and outlives this process.
func scheduleUntilKilled(dir, round string) error {
	n, err := strconv.Atoi(round)
	if err != nil {
		return err
	}
	ctx := context.Background()
	store, err := sqlite.Open(ctx, dir, sqlite.Config{})
	if err != nil {
		return err
	}
	core, err := engine.Open(ctx, store.Record(), later(n), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	schedule, err := content.NewSchedule(content.New(core), content.ScheduleConfig{Lease: time.Second})
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString("!"); err != nil {
		return err
	}
	return schedule.Run(ctx)
}

// killDuringGoLive runs a child on the folder and kills it a random moment after
// it has begun to let releases go live.
func killDuringGoLive(t *testing.T, dir string, round int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childFolder+"="+dir, childRound+"="+strconv.Itoa(round))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = t.Output()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadByte(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(rand.N(25 * time.Millisecond))
	_ = child.Process.Kill()
	_ = child.Wait() // it was killed
}

// account is what a record says of releases that were to go live, each of which
// makes a fragment named after its number.
type account struct {
	state  map[int]throughline.ReleaseState
	events map[int]int // that it was published
	made   map[int]int // that its fragment was made
	there  map[int]bool
}

func accountOf(t *testing.T, e *enginetest.Engine, numbers []int) account {
	t.Helper()
	if err := e.Core.RelayNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := account{state: map[int]throughline.ReleaseState{}, events: map[int]int{}, made: map[int]int{}, there: map[int]bool{}}
	for _, n := range numbers {
		rel, err := e.Content.Release(t.Context(), enginetest.Shell(), n)
		if err != nil {
			t.Fatal(err)
		}
		a.state[n] = rel.State
		_, err = e.Content.Get(t.Context(), fragment(fmt.Sprint("due-", n)))
		a.there[n] = err == nil
	}
	for _, ev := range e.Events(t) {
		for _, n := range numbers {
			about := func(kind, id string) bool {
				return slices.ContainsFunc(ev.Objects, func(o throughline.Object) bool { return o.Type == kind && o.ID == id })
			}
			if ev.Type == throughline.EventReleasePublished && about("release", fmt.Sprint(n)) {
				a.events[n]++
			}
			if ev.Type == throughline.EventPieceVersioned && about("Fragment", fmt.Sprint("due-", n)) {
				a.made[n]++
			}
		}
	}
	return a
}

// wrong returns what of an account is neither wholly before its go-live nor
// wholly after it, once.
func (a account) wrong() (all []string) {
	for n, state := range a.state {
		once := 0
		if state != throughline.ReleaseApproved {
			once = 1
		}
		if a.there[n] != (once == 1) || a.events[n] != once || a.made[n] != once {
			all = append(all, fmt.Sprintf("release %d is %s: published %d times, its fragment made %d times and there: %t", n, state, a.events[n], a.made[n], a.there[n]))
		}
	}
	return all
}

// due proposes releases that are all due at once, later, and returns their
// numbers. The fragments are named before the numbers are known, and so checked.
func due(t *testing.T, e *enginetest.Engine, n int) (numbers []int) {
	t.Helper()
	for i := range n {
		want := 2 + i
		rel := propose(t, e, mia(), throughline.Schedule{Zone: "UTC", GoLive: "2026-11-23T10:00"}, fmt.Sprintf(`
apiVersion: throughline/v1
kind: Fragment
metadata: {name: due-%d}
spec: {role: headline, brief: visit, values: {en: "Due %d"}}
`, want, want))
		if rel.Number != want {
			t.Fatalf("release %d, want %d", rel.Number, want)
		}
		numbers = append(numbers, rel.Number)
	}
	return numbers
}

func TestKillDuringAGoLive(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(morning())
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	numbers := due(t, e, crowded(12, 60))
	dir := e.Folder
	e.Close()
	during := 0
	for round := range crowded(6, 40) {
		killDuringGoLive(t, dir, round)
		e = enginetest.Open(t, enginetest.Options{Folder: dir, Clock: later(round)})
		a := accountOf(t, e, numbers)
		for _, what := range a.wrong() {
			t.Errorf("after kill %d %s", round, what)
		}
		waiting := 0
		for _, state := range a.state {
			if state == throughline.ReleaseApproved {
				waiting++
			}
		}
		if waiting > 0 && waiting < len(numbers) {
			during++
		}
		e.Close()
	}
	t.Logf("%d kills came between two of them", during)
	e = enginetest.Open(t, enginetest.Options{Folder: dir, Clock: later(1000)})
	schedule, err := content.NewSchedule(e.Content, content.ScheduleConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := content.RunOnce(schedule, t.Context()); err != nil {
		t.Fatal(err)
	}
	a := accountOf(t, e, numbers)
	for _, what := range a.wrong() {
		t.Errorf("in the end %s", what)
	}
	for n, state := range a.state {
		if state == throughline.ReleaseApproved {
			t.Errorf("release %d never went live", n)
		}
	}
	t.Run("a go-live that is told twice, or half done, is found", func(t *testing.T) {
		for says, spoil := range map[string]func(n int){
			"told twice":       func(n int) { a.events[n]++ },
			"made twice":       func(n int) { a.made[n]++ },
			"told, and undone": func(n int) { a.there[n] = !a.there[n] },
			"not told":         func(n int) { a.events[n] = 0 },
			"back in line":     func(n int) { a.state[n] = throughline.ReleaseApproved },
		} {
			a = accountOf(t, e, numbers[:1])
			spoil(numbers[0])
			if len(a.wrong()) != 1 {
				t.Errorf("%s: it is not found", says)
			}
		}
	})
}
