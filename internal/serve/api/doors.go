package api

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/throughline-engine/throughline/internal/engine/live"
)

// The doors that are not the management API read and write by hand, so their
// shapes are said here. Nothing is decoded into these types: the tests hold the
// real answers against them.

// Asked is who asks for a decision.
type Asked struct {
	Context map[string]any `json:"context" doc:"targetingKey is required: any stable id of the recipient or session. The other fields, 64 with it at most, are what audience rules read; flags names the placements of a bulk question; person holds what texts may say of the recipient, by the brand's personal fields: it changes no choice and is kept nowhere."`
}

// Evaluated is a decision about one placement, or in a bulk answer why there is
// none.
type Evaluated struct {
	Key          string            `json:"key" doc:"the placement"`
	Reason       string            `json:"reason,omitempty" enum:"SPLIT,STATIC,DISABLED" doc:"SPLIT where chance had a part, STATIC where one thing is always served, DISABLED where there is nothing to serve"`
	Variant      string            `json:"variant,omitempty" doc:"the id of the rendering; absent when disabled"`
	Value        map[string]string `json:"value,omitempty" doc:"the text by slot; absent when disabled"`
	Metadata     map[string]any    `json:"metadata,omitempty" doc:"decisionId, arm, propensity (0 to 1), release, epoch, asOf, locale; level and propensity of each slot"`
	ErrorCode    string            `json:"errorCode,omitempty" enum:"FLAG_NOT_FOUND,GENERAL"`
	ErrorDetails string            `json:"errorDetails,omitempty"`
}

// AllEvaluated is a decision about each placement.
type AllEvaluated struct {
	Flags        []Evaluated    `json:"flags"`
	Metadata     map[string]any `json:"metadata" doc:"release: the one all of it was decided by"`
	EventStreams []EventStream  `json:"eventStreams" doc:"where to hear of another release"`
}

// EventStream is where a client hears that it should ask again.
type EventStream struct {
	Type     string `json:"type" enum:"sse"`
	Endpoint struct {
		RequestURI string `json:"requestUri" doc:"a path with a ticket, which holds for a day"`
	} `json:"endpoint"`
	InactivityDelaySec int `json:"inactivityDelaySec" doc:"seconds in the background after which a page may leave the stream"`
}

// NotEvaluated is the failure of the protocol.
type NotEvaluated struct {
	Key          string `json:"key,omitempty"`
	ErrorCode    string `json:"errorCode,omitempty" enum:"PARSE_ERROR,TARGETING_KEY_MISSING,INVALID_CONTEXT,FLAG_NOT_FOUND,GENERAL"`
	ErrorDetails string `json:"errorDetails,omitempty" doc:"what is wrong, and the fix"`
}

// Drawn is a decision with how it looks.
type Drawn struct {
	Key        string            `json:"key"`
	DecisionID string            `json:"decisionId" doc:"what exposures and outcomes name"`
	Variant    string            `json:"variant,omitempty"`
	Locale     string            `json:"locale,omitempty" doc:"the language it is written in"`
	Arm        string            `json:"arm" enum:"policy,holdout,fallback" doc:"how it was chosen"`
	Nodes      []any             `json:"nodes,omitempty" doc:"for the web: a text is a string, an element a list of its name, its attributes and what is in it"`
	Fields     map[string]string `json:"fields,omitempty" doc:"for apps: the fields of the rendering"`
}

// Events are one message of a client, or several in batch. Other fields are let
// through unread.
type Events struct {
	_ struct{} `additionalProperties:"true"`
	Message
	WriteKey string    `json:"writeKey,omitempty" doc:"the key, where it is in no header"`
	Batch    []Message `json:"batch,omitempty" maxItems:"2500"`
}

// Message is one thing that happened.
type Message struct {
	_           struct{}       `additionalProperties:"true"`
	Type        string         `json:"type,omitempty" enum:"track,identify,page,screen,group,alias" doc:"needed in a batch, taken from the path otherwise"`
	MessageID   string         `json:"messageId,omitempty" maxLength:"100" doc:"makes it count once, however often it is sent"`
	UserID      string         `json:"userId,omitempty" doc:"who; this or anonymousId is needed. What was the targetingKey."`
	AnonymousID string         `json:"anonymousId,omitempty"`
	Event       string         `json:"event,omitempty" maxLength:"100" doc:"needed for track: Throughline Exposure, or what a goal declares"`
	Timestamp   string         `json:"timestamp,omitempty" doc:"when it happened, by the client's clock, ISO 8601"`
	SentAt      string         `json:"sentAt,omitempty" doc:"when it was sent, by the same clock"`
	Properties  map[string]any `json:"properties,omitempty" doc:"decisionId: the decision it is about; value: what it is worth"`
	Traits      map[string]any `json:"traits,omitempty"`
	Context     map[string]any `json:"context,omitempty"`
}

// Taken is the answer to events.
type Taken struct {
	Success  bool          `json:"success"`
	Rejected []live.Reject `json:"rejected,omitempty" doc:"the messages that were refused, one by one"`
}

// Ready is how the process stands.
type Ready struct {
	Ready bool `json:"ready"`
}

func (a *API) describeDoors() {
	ofrep := &huma.ExternalDocs{Description: "OpenFeature Remote Evaluation Protocol", URL: "https://openfeature.dev/docs/reference/other-technologies/ofrep/"}
	readers := []map[string][]string{{"key": {}}, {"apiKey": {}}, {}}
	key := path("key", "the placement", "home.hero")

	one := a.door(http.MethodPost, "/ofrep/v1/evaluate/flags/{key}", "evaluateFlag", "Decide one placement for one recipient", reflect.TypeFor[Asked](), reflect.TypeFor[Evaluated]())
	one.Parameters, one.Security, one.ExternalDocs = []*huma.Param{key}, readers, ofrep
	a.ofrepFails(one, true)

	all := a.door(http.MethodPost, "/ofrep/v1/evaluate/flags", "evaluateFlags", "Decide every placement for one recipient", reflect.TypeFor[Asked](), reflect.TypeFor[AllEvaluated]())
	all.Security, all.ExternalDocs = readers, ofrep
	all.Parameters = []*huma.Param{{Name: "If-None-Match", In: "header", Description: "the ETag of the answer you hold", Schema: text()}}
	all.Responses["200"].Headers = map[string]*huma.Param{"ETag": {Description: "of all the bytes of the answer", Schema: text()}}
	all.Responses["304"] = &huma.Response{Description: "what you hold is what would be answered"}
	a.ofrepFails(all, false)

	stream := a.door(http.MethodGet, streamPath, "flagEvents", "Hear when to ask again", nil, nil)
	stream.Security, stream.ExternalDocs = []map[string][]string{{}}, ofrep
	stream.Parameters = []*huma.Param{
		{Name: "ticket", In: "query", Required: true, Description: "from eventStreams of a bulk answer", Example: "TICKET", Schema: text()},
		{Name: "since", In: "query", Description: "the release of the answer you hold", Schema: &huma.Schema{Type: huma.TypeInteger}},
	}
	stream.Responses["200"] = &huma.Response{
		Description: "Events, for as long as you listen",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: text()}},
	}
	a.ofrepFails(stream, false)
	delete(stream.Responses, "400")

	draw := a.door(http.MethodPost, "/v1/render/{key}", "renderPlacement", "Decide one placement, and answer how it looks", reflect.TypeFor[Asked](), reflect.TypeFor[Drawn]())
	draw.Parameters, draw.Security = []*huma.Param{key}, readers
	a.ofrepFails(draw, true)

	track := a.door(http.MethodPost, "/v1/{kind}", "sendEvents", "Tell what happened", reflect.TypeFor[Events](), reflect.TypeFor[Taken]())
	kind := path("kind", "what the body is", "batch")
	kind.Schema.Enum = []any{"track", "identify", "page", "screen", "group", "alias", "batch"}
	track.Parameters, track.Security = []*huma.Param{kind}, []map[string][]string{{"writeKey": {}}, {"key": {}}, {}}
	track.ExternalDocs = &huma.ExternalDocs{Description: "Segment's HTTP tracking API", URL: "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/"}
	track.Responses["default"] = &huma.Response{Ref: "#/components/responses/failure"}

	picture := a.door(http.MethodGet, "/media/{asset}/{digest}/{rendition}", "showFile", "A picture or another file, as content names it", nil, nil)
	picture.Parameters = []*huma.Param{
		path("asset", "the asset", "lake"), path("digest", "the first 16 digits of the file's SHA-256", "d5f1c4a27d7a6a0e"), path("rendition", "original, w640.jpeg, or 640x360.png, which is cut", "w160.png"),
	}
	picture.Security = []map[string][]string{{}}
	picture.Responses["200"] = &huma.Response{Description: "The file", Content: map[string]*huma.MediaType{"image/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	picture.Responses["206"] = &huma.Response{Description: "the part that a Range asks for, as players do", Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	picture.Responses["416"] = &huma.Response{Description: "a Range that the file does not have"}
	picture.Responses["304"] = &huma.Response{Description: "what you hold is what would be answered"}
	picture.Responses["default"] = &huma.Response{Ref: "#/components/responses/failure"}

	health := a.door(http.MethodGet, "/healthz", "health", "Whether the process serves", nil, reflect.TypeFor[Ready]())
	health.Security = []map[string][]string{{}}
	health.Responses["503"] = &huma.Response{Description: "not yet, or no more", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.schemaOf(reflect.TypeFor[Ready]()), Example: json.RawMessage(`{"ready":false}`)},
	}}
}

// door adds an operation of a door that is not the management API.
func (a *API) door(method, path, id, summary string, takes, gives reflect.Type) *huma.Operation {
	op := &huma.Operation{Method: method, Path: path, OperationID: id, Summary: summary, Responses: map[string]*huma.Response{}}
	if takes != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: a.schemaOf(takes)}}}
	}
	if gives != nil {
		op.Responses["200"] = &huma.Response{Content: map[string]*huma.MediaType{"application/json": {Schema: a.schemaOf(gives)}}}
	}
	a.huma.OpenAPI().AddOperation(op)
	return op
}

// ofrepFails adds how the protocol says that something failed.
func (a *API) ofrepFails(op *huma.Operation, named bool) {
	add := func(status, description string, example NotEvaluated) {
		op.Responses[status] = &huma.Response{Description: description, Content: map[string]*huma.MediaType{
			"application/json": {Schema: a.schemaOf(reflect.TypeFor[NotEvaluated]()), Example: example},
		}}
	}
	add("400", "the body cannot be read, or its context is not what it should be", NotEvaluated{ErrorCode: "TARGETING_KEY_MISSING", ErrorDetails: "the context has no targetingKey; send an id of the recipient or session; any stable text will do"})
	add("401", "no key that is known", NotEvaluated{ErrorCode: "GENERAL", ErrorDetails: "there is no such key"})
	add("403", "the key may not do this", NotEvaluated{ErrorCode: "GENERAL", ErrorDetails: "the key has another scope"})
	add("429", "too much at once; Retry-After says when to come back", NotEvaluated{ErrorCode: "GENERAL", ErrorDetails: "too much at once; try again later"})
	add("500", "the engine failed", NotEvaluated{ErrorDetails: "the engine made a mistake; it is in its log"})
	if named {
		add("404", "there is no such placement", NotEvaluated{Key: "home.nowhere", ErrorCode: "FLAG_NOT_FOUND", ErrorDetails: "there is no placement home.nowhere"})
	}
}

func path(name, doc, example string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: doc, Example: example, Schema: text()}
}

func text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
