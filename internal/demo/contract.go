package demo

import (
	"net/url"
	"time"
)

// What is said at the doors. docs/outcomes.md defines the events; everything
// the simulator knows of the engine's wire is in this file.
const (
	// exposureEvent is the tracked event that confirms a decision was seen.
	exposureEvent = "Throughline Exposure"
	// levelPrefix starts the metadata keys that name each slot's level.
	levelPrefix = "level."

	armPolicy  = "policy"
	armHoldout = "holdout"
)

const (
	pathEvaluate = "/ofrep/v1/evaluate/flags/"
	pathBatch    = "/v1/batch"
	pathApply    = "/api/v1/apply"
)

func evaluatePath(placement string) string { return pathEvaluate + url.PathEscape(placement) }

// question is the body of an OFREP evaluation.
type question struct {
	Context map[string]any `json:"context"`
}

// answer is what an OFREP evaluation returns, as far as a recipient cares.
type answer struct {
	Value    map[string]string `json:"value"`
	Metadata map[string]any    `json:"metadata"`
}

func (a answer) text(key string) string {
	s, _ := a.Metadata[key].(string)
	return s
}

func (a answer) number(key string) int64 {
	n, _ := a.Metadata[key].(float64)
	return int64(n)
}

// message is one call of Segment's track.
type message struct {
	Type        string     `json:"type"`
	MessageID   string     `json:"messageId"`
	AnonymousID string     `json:"anonymousId"`
	Timestamp   time.Time  `json:"timestamp"`
	Event       string     `json:"event"`
	Properties  properties `json:"properties"`

	site    *site
	outcome bool
}

type properties struct {
	DecisionID string `json:"decisionId"`
}

// batch is the body of Segment's batch.
type batch struct {
	Batch  []message `json:"batch"`
	SentAt time.Time `json:"sentAt"`
}

// taken is what the engine says of a batch it acknowledged: everything but what
// it refuses by name.
type taken struct {
	Rejected []struct {
		Index   int    `json:"index"`
		Message string `json:"message"`
	} `json:"rejected"`
}

// change is the body of an apply.
type change struct {
	Files   []file `json:"files"`
	Message string `json:"message"`
}

type file struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// release is what an apply returns, as far as a probe cares.
type release struct {
	Number int `json:"number"`
}
