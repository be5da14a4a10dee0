package client

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
)

// Context is what a request says of the recipient; audience rules read it.
type Context map[string]any

// Decision is what to show, for one placement.
type Decision struct {
	// Key is the placement.
	Key string `json:"key"`
	// Reason is STATIC, SPLIT or DISABLED; with the last there is nothing to show.
	Reason  string `json:"reason"`
	Variant string `json:"variant"`
	// Value is the text by slot.
	Value    map[string]string `json:"value"`
	Metadata map[string]any    `json:"metadata"`
	// ErrorCode and ErrorDetails say why one of many has no decision.
	ErrorCode    string `json:"errorCode"`
	ErrorDetails string `json:"errorDetails"`
}

// ID returns the decision's id, which exposures and outcomes refer to.
func (d *Decision) ID() string {
	id, _ := d.Metadata["decisionId"].(string)
	return id
}

// Decide asks what to show to a unit, which is any stable id of the recipient
// that is not a name or an address.
func (c *Client) Decide(ctx context.Context, placement, unit string, known Context) (Decision, error) {
	a, err := c.send(ctx, request{
		method: http.MethodPost, path: flagsPath + "/" + url.PathEscape(placement), key: c.config.ReadKey,
		body: question(unit, known, nil),
	})
	if err != nil {
		return Decision{}, err
	}
	return decode[Decision](a)
}

const flagsPath = "/ofrep/v1/evaluate/flags"

func question(unit string, known Context, placements []string) map[string]Context {
	q := Context{}
	maps.Copy(q, known)
	q["targetingKey"] = unit
	if placements != nil {
		q["flags"] = placements
	}
	return map[string]Context{"context": q}
}

// cached is the last answer to a bulk question.
type cached struct {
	etag      string
	decisions map[string]Decision
}

// copied returns the decisions for a caller who may change them.
func (c cached) copied() map[string]Decision {
	out := maps.Clone(c.decisions)
	for name, d := range out {
		d.Value, d.Metadata = maps.Clone(d.Value), maps.Clone(d.Metadata)
		out[name] = d
	}
	return out
}

// cacheSize is how many recipients' answers are kept; one beyond drops another.
const cacheSize = 1024

// DecideAll asks for several placements at once, or for all when none is named,
// and returns the decisions by placement. The answer is kept with its ETag: the
// same question again costs the engine a comparison and the network a header.
//
// A decision that is never exposed leaves no trace, so that asking for all and
// showing one is no harm to what is learned.
func (c *Client) DecideAll(ctx context.Context, unit string, known Context, placements ...string) (map[string]Decision, error) {
	body := question(unit, known, placements)
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("throughline: the context cannot be written: %w", err)
	}
	sum := sha256.Sum256(text)
	key := string(sum[:])
	c.mu.Lock()
	had := c.bulk[key]
	c.mu.Unlock()
	a, err := c.send(ctx, request{method: http.MethodPost, path: flagsPath, key: c.config.ReadKey, body: body, etag: had.etag})
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotModified {
		return had.copied(), nil
	}
	in, err := decode[struct{ Flags []Decision }](a)
	if err != nil {
		return nil, err
	}
	now := cached{etag: a.etag, decisions: make(map[string]Decision, len(in.Flags))}
	for _, d := range in.Flags {
		now.decisions[d.Key] = d
	}
	c.keep(key, now)
	return now.copied(), nil
}

func (c *Client) keep(key string, now cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other := range c.bulk {
		if len(c.bulk) < cacheSize {
			break
		}
		delete(c.bulk, other)
	}
	c.bulk[key] = now
}
