package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The commands of scripts that need an engine to run meanwhile.
//
//	serving PATTERN [flag ...]    serves the script's data folder until stopping,
//	                              once it has printed what matches; LINK is then
//	                              the path of the one-time link it printed
//	stopping                      stops it, and leaves what it printed in served
//	ask METHOD PATH [name=value ...]  asks it, and leaves the answer in answer
//	take NAME PATTERN             sets NAME to what the first group of the pattern
//	                              finds in standard output
func serveCommands() map[string]func(*testscript.TestScript, bool, []string) {
	mine := func(do func(*served, *testscript.TestScript, bool, []string)) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			do(ts.Value(servedKey{}).(*served), ts, neg, args)
		}
	}
	return map[string]func(*testscript.TestScript, bool, []string){
		"serving": mine((*served).serving), "stopping": mine((*served).stopping), "ask": mine((*served).ask),
		"take": take,
	}
}

func take(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: take NAME PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("nothing matches %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

// servedKey is where each script has its own served.
type servedKey struct{}

// served is the engine that a script runs.
type served struct {
	out  *printed
	stop context.CancelFunc
	done chan int
	base string
}

// printed is what a command has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

var (
	servesAt  = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	givenLink = regexp.MustCompile(`https?://[^/\s]+(/welcome/\S+)`)
)

func (s *served) serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serving PATTERN [flag ...]")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	s.out, s.stop, s.done = &printed{}, cancel, make(chan int, 1)
	flags := append([]string{"--data", ts.Getenv("THROUGHLINE_HOME"), "serve", "--listen", "127.0.0.1:0", "--log", "error"}, args[1:]...)
	out, done := s.out, s.done
	go func() { done <- run(ctx, flags, strings.NewReader(""), out, out) }()
	ts.Defer(func() { cancel() })
	for deadline := time.Now().Add(20 * time.Second); !pattern.MatchString(out.String()); time.Sleep(5 * time.Millisecond) {
		select {
		case code := <-done:
			ts.Fatalf("it ended with the code %d:\n%s", code, out)
		default:
		}
		if time.Now().After(deadline) {
			ts.Fatalf("it has not printed %s:\n%s", args[0], out)
		}
	}
	s.base = servesAt.FindString(out.String())
	ts.Setenv("LINK", "")
	if link := givenLink.FindStringSubmatch(out.String()); link != nil {
		ts.Setenv("LINK", link[1])
	}
}

func (s *served) stopping(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 || s.stop == nil {
		ts.Fatalf("usage: stopping, after serving")
	}
	s.stop()
	if code := <-s.done; code != exitOK {
		ts.Fatalf("it ended with the code %d:\n%s", code, s.out)
	}
	write(ts, "served", s.out.String())
}

// write leaves a file for the script's next lines.
func write(ts *testscript.TestScript, name, text string) {
	ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
}

func (s *served) ask(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ask METHOD PATH [name=value ...]")
	}
	form := url.Values{}
	for _, field := range args[2:] {
		name, value, _ := strings.Cut(field, "=")
		form.Set(name, value)
	}
	r, err := http.NewRequest(args[0], s.base+args[1], strings.NewReader(form.Encode()))
	ts.Check(err)
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	var text bytes.Buffer
	text.WriteString(answer.Status + "\n")
	ts.Check(answer.Header.Write(&text))
	_, err = io.Copy(&text, answer.Body)
	ts.Check(err)
	write(ts, "answer", text.String())
}
