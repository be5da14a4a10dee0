package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// doors are the engine as the outside sees it.
type doors struct {
	base                     string
	http                     *http.Client
	readKey, writeKey, token string
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 1 << 20

// decide asks what to show somebody in a placement.
func (d *doors) decide(ctx context.Context, placement string, who map[string]any) (answer, error) {
	var a answer
	err := d.post(ctx, evaluatePath(placement), question{who}, &a, func(r *http.Request) {
		if d.readKey != "" {
			r.Header.Set("Authorization", "Bearer "+d.readKey)
		}
	})
	if err == nil && a.text("decisionId") == "" {
		err = throughline.Errorf(throughline.Internal, "the decision for %s has no decisionId", placement).At("POST " + evaluatePath(placement))
	}
	return a, err
}

// send delivers messages and returns those that were acknowledged. The error
// is about the others.
func (d *doors) send(ctx context.Context, b batch) ([]message, error) {
	var t taken
	err := d.post(ctx, pathBatch, b, &t, func(r *http.Request) {
		r.SetBasicAuth(d.writeKey, "")
	})
	if err != nil {
		return nil, err
	}
	refused := make(map[int]bool)
	for _, reject := range t.Rejected {
		refused[reject.Index] = true
		err = throughline.Errorf(throughline.Invalid, "the engine refuses a message: %s", reject.Message).At("POST " + pathBatch)
	}
	var acknowledged []message
	for i, m := range b.Batch {
		if !refused[i] {
			acknowledged = append(acknowledged, m)
		}
	}
	return acknowledged, err
}

// apply declares one resource and returns the number of the release. JSON is
// YAML, so its canonical form is a manifest.
func (d *doors) apply(ctx context.Context, r throughline.Resource) (int, error) {
	var made release
	text := change{[]file{{"probe.yaml", string(r.Canonical())}}, "Simulated: a full stop more or less in " + r.Ref().String()}
	err := d.post(ctx, pathApply, text, &made, func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+d.token)
	})
	if err == nil && made.Number == 0 {
		err = throughline.Errorf(throughline.Internal, "the answer to an apply names no release").At("POST " + pathApply)
	}
	return made.Number, err
}

// busy says that the engine asked to come back later.
type busy struct {
	after time.Duration
	err   error
}

func (b busy) Error() string { return b.err.Error() }
func (b busy) Unwrap() error { return b.err }

func (d *doors) post(ctx context.Context, path string, body, into any, sign func(*http.Request)) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	sign(r)
	response, err := d.http.Do(r)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	if response.StatusCode/100 != 2 {
		return refusal(path, response, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("POST %s answers what is not JSON: %w", path, err)
	}
	return nil
}

// refusal turns an answer that is not a success into an error.
func refusal(path string, response *http.Response, body []byte) error {
	code := throughline.Internal
	if response.StatusCode/100 == 4 {
		code = throughline.Invalid
	}
	switch response.StatusCode {
	case http.StatusUnauthorized:
		code = throughline.Unauthorized
	case http.StatusForbidden:
		code = throughline.Forbidden
	case http.StatusNotFound:
		code = throughline.NotFound
	case http.StatusTooManyRequests:
		code = throughline.Exhausted
	case http.StatusServiceUnavailable:
		code = throughline.Unavailable
	}
	said := strings.TrimSpace(string(body[:min(len(body), 300)]))
	err := throughline.Errorf(code, "the engine answers %s: %s", response.Status, said).At("POST " + path)
	if !passing(err) {
		return err
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return busy{after: time.Duration(max(seconds, 0)) * time.Second, err: err}
}

// patience returns how long to wait before trying a failed call again, for the
// n-th time from 0.
func patience(err error, n int) time.Duration {
	wait := 100 * time.Millisecond << min(n, 5)
	if b, ok := errors.AsType[busy](err); ok {
		return max(wait, min(b.after, 10*time.Second))
	}
	return wait
}

// passing reports whether a failed call may succeed later: the engine was busy
// or down, or the network broke. What the engine refuses, it will refuse again.
func passing(err error) bool {
	switch throughline.CodeOf(err) {
	case throughline.Exhausted, throughline.Unavailable, throughline.Internal:
		return true
	}
	return false
}

// pause waits, or returns early with false when the context ends.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
