// Package client speaks to a Throughline engine: it asks for decisions, says what
// became of them, and makes releases. It imports the standard library only.
//
//	c := client.New("https://engine.example.com", client.Config{ReadKey: read, WriteKey: write})
//	defer c.Close(ctx)
//
//	d, err := c.Decide(ctx, "home.hero", "visitor-1", client.Context{"locale": "en"})
//	if err != nil {
//		// show what the page shows without an engine
//	}
//	fmt.Println(d.Value["headline"])
//	c.Exposed("visitor-1", d.ID())
//
// A Client is safe for concurrent use.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config says how to speak to an engine. The zero value of a field means its
// default; a key that is missing is not sent.
type Config struct {
	// ReadKey asks for decisions, WriteKey sends events, ManageKey calls the
	// management API.
	ReadKey, WriteKey, ManageKey string
	// HTTP sends requests; default one with a timeout of 10 s.
	HTTP *http.Client
	// Tries is how often a request is sent that may go better the next time;
	// default 4.
	Tries int
	// Pause is the wait before the second try, doubled for each one after and
	// spread by chance; default 200 ms. An engine that says Retry-After is obeyed.
	Pause time.Duration
	// Queue is how many events may wait to be sent; default 10,000. Beyond it, new
	// events are refused.
	Queue int
	// FlushEvery is the longest that an event waits; default 1 s.
	FlushEvery time.Duration
	// Failed is told of events that could not be sent, from the goroutine that
	// sends. Default: they are counted only.
	Failed func(lost int, err error)
}

// longestPause bounds a wait between tries, also one that an engine asks for.
const longestPause = time.Minute

// Client speaks to one engine.
type Client struct {
	base   string
	config Config
	queue  queue

	mu   sync.Mutex
	bulk map[string]cached // by question
}

// New returns a client of the engine at an address such as
// https://engine.example.com. It sends nothing before it is used; Close ends it.
func New(address string, c Config) *Client {
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	if c.Tries <= 0 {
		c.Tries = 4
	}
	if c.Pause <= 0 {
		c.Pause = 200 * time.Millisecond
	}
	if c.Queue <= 0 {
		c.Queue = 10_000
	}
	if c.FlushEvery <= 0 {
		c.FlushEvery = time.Second
	}
	client := &Client{base: strings.TrimRight(address, "/"), config: c, bulk: map[string]cached{}}
	client.queue.start(client)
	return client
}

// Error is an answer of the engine that is no success.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code names the failure: an OFREP error code such as FLAG_NOT_FOUND, or one of
	// the management API such as invalid.
	Code string
	// Detail says what happened, Fix what to do about it.
	Detail, Fix string

	after time.Duration // what Retry-After says
}

// Error returns the detail and the fix.
func (e *Error) Error() string {
	s := "throughline: " + strconv.Itoa(e.Status)
	for _, part := range []string{e.Code, e.Detail, e.Fix} {
		if part != "" {
			s += ": " + part
		}
	}
	return s
}

// temporary reports whether the same request may go better later.
func (e *Error) temporary() bool { return e.Status == http.StatusTooManyRequests || e.Status >= 500 }

// request is one question, sent as often as it takes.
type request struct {
	method, path, key string
	body              any
	etag              string
	// once is for what may not be done twice: it is sent again only when the engine
	// said that it did not do it.
	once bool
}

// answer is what came back, with its body read.
type answer struct {
	status int
	etag   string
	body   []byte
}

// send asks until there is an answer that trying again would not change.
func (c *Client) send(ctx context.Context, r request) (answer, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return answer{}, fmt.Errorf("throughline: the request cannot be written: %w", err)
		}
	}
	for try := 1; ; try++ {
		a, err := c.try(ctx, r, body)
		if err == nil || try >= c.config.Tries || !c.again(ctx, r, err) {
			return a, err
		}
		pause := c.config.Pause << (try - 1)
		pause += rand.N(pause/2 + 1)
		if refused, ok := errors.AsType[*Error](err); ok {
			pause = max(pause, refused.after)
		}
		select {
		case <-time.After(min(pause, longestPause)):
		case <-ctx.Done():
			return answer{}, errors.Join(err, ctx.Err())
		}
	}
}

func (c *Client) again(ctx context.Context, r request, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		return !r.once // nobody knows whether it arrived
	}
	if r.once {
		return refused.Status == http.StatusTooManyRequests
	}
	return refused.temporary()
}

// bodyLimit bounds what is read of an answer.
const bodyLimit = 64 << 20

func (c *Client) try(ctx context.Context, r request, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("throughline: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	res, err := c.config.HTTP.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("throughline: %w", err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, etag: res.Header.Get("ETag")}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, bodyLimit)); err != nil {
		return answer{}, fmt.Errorf("throughline: the answer ended early: %w", err)
	}
	if a.status >= 300 && a.status != http.StatusNotModified {
		return answer{}, refusal(a, res.Header.Get("Retry-After"))
	}
	return a, nil
}

// refusal reads an error in the form of either door.
func refusal(a answer, retryAfter string) *Error {
	e := &Error{Status: a.status, Detail: http.StatusText(a.status)}
	var said struct{ Code, Detail, Fix, ErrorCode, ErrorDetails string }
	if json.Unmarshal(a.body, &said) == nil { // a proxy on the way may say something else
		e.Code, e.Fix = said.Code+said.ErrorCode, said.Fix
		if detail := said.Detail + said.ErrorDetails; detail != "" {
			e.Detail = detail
		}
	}
	if seconds, err := strconv.Atoi(retryAfter); err == nil {
		e.after = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		e.after = time.Until(at)
	}
	return e
}

func decode[T any](a answer) (T, error) {
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		return v, fmt.Errorf("throughline: the answer is not what was expected: %w", err)
	}
	return v, nil
}
