package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

const (
	// manageBody bounds a management request: a whole workspace in one body,
	// of a hundred thousand small pieces too.
	manageBody = 64 << 20
	// manageRead is how long one may take to arrive.
	manageRead = time.Minute
)

// body is an answer in the form huma reads.
type body[T any] struct{ Body T }

// register adds one JSON operation that takes a right, and whose handler returns
// what it answers.
func register[In, Out any](a *API, needs engine.Right, method, path, id, summary string, handle func(context.Context, *In) (Out, error)) {
	op := a.operation(method, path, id, summary)
	a.manage.needs = needs
	huma.Register(a.huma, op, func(ctx context.Context, in *In) (*body[Out], error) {
		out, err := handle(ctx, in)
		if err != nil {
			a.logInternal(ctx, path, err)
			return nil, asProblem(err)
		}
		return &body[Out]{out}, nil
	})
	documentErrors(op)
}

func (a *API) operation(method, path, id, summary string) huma.Operation {
	fault := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[serve.Fault](), true, "Fault")
	return huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary,
		MaxBodyBytes: manageBody, BodyReadTimeout: manageRead,
		Responses: map[string]*huma.Response{"default": {
			Description: "Error",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: fault}},
		}},
	}
}

// documentErrors takes out of the document what huma says by itself of errors:
// ours all have one form.
func documentErrors(op huma.Operation) {
	delete(op.Responses, "422")
	delete(op.Responses, "500")
}

// ownForm turns what huma says of a request that it refused into our form of an
// error. It leaves out the values, which may be a recipient's.
func ownForm(_ huma.Context, _ string, answer any) (any, error) {
	refused, ok := answer.(*huma.ErrorModel)
	if !ok {
		return answer, nil
	}
	var problems throughline.Problems
	for _, d := range refused.Errors {
		problems = append(problems, refusal(refused, d.Message).At(d.Location))
	}
	if len(problems) == 0 {
		problems = throughline.Problems{refusal(refused, refused.Detail)}
	}
	f := serve.OperatorFaultOf(problems)
	f.Status, f.Title = refused.Status, refused.Title
	return &Problem{f}, nil
}

func refusal(m *huma.ErrorModel, message string) *throughline.Error {
	switch {
	case m.Status == http.StatusRequestEntityTooLarge:
		return throughline.Errorf(throughline.TooLarge, "the request is longer than %d bytes", manageBody).WithFix("send it in portions; each is a release of its own")
	case m.Status == http.StatusRequestTimeout:
		return throughline.Errorf(throughline.Unavailable, "the request did not arrive within %s", manageRead).WithFix("send it again, or less at once")
	case m.Status >= http.StatusInternalServerError:
		return throughline.Errorf(throughline.Internal, "%s", message)
	}
	return throughline.Errorf(throughline.Invalid, "%s", message).WithFix("send what /openapi.yaml describes")
}

// Step is one line of the answer to a long piece of work: progress until the
// last, which has the result or the error.
type Step struct {
	Done   uint64          `json:"done"`
	Of     uint64          `json:"of,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Problem        `json:"error,omitempty"`
}

// progressEvery is the least time between two lines of progress.
const progressEvery = 100 * time.Millisecond

// registerLong adds an operation that answers with one Step a line, so that
// whoever waits sees how far the work is.
func registerLong[In, Out any](a *API, needs engine.Right, path, id, summary string, work func(context.Context, *In, operate.Progress) (Out, error)) {
	op := a.operation(http.MethodPost, path, id, summary)
	step := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Step](), true, "Step")
	op.Responses["200"] = &huma.Response{
		Description: "One step a line; the last has the result or the error.",
		Content:     map[string]*huma.MediaType{"application/x-ndjson": {Schema: step}},
	}
	a.manage.needs = needs
	huma.Register(a.huma, op, func(_ context.Context, in *In) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			a.long(w, r, path, func(ctx context.Context, progress operate.Progress) (any, error) { return work(ctx, in, progress) })
		}}, nil
	})
	documentErrors(op)
}

func (a *API) long(w http.ResponseWriter, r *http.Request, route string, work func(context.Context, operate.Progress) (any, error)) {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		a.problem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	var told time.Time
	result, err := work(r.Context(), func(done, of uint64) {
		if now := a.core.Clock(); now.Sub(told) >= progressEvery {
			told = now
			lines.Encode(Step{Done: done, Of: of})
			out.Flush()
		}
	})
	var last Step
	if err == nil {
		last.Result, err = json.Marshal(result)
	}
	if err != nil {
		a.logInternal(r.Context(), route, err)
		last.Error = asProblem(err)
	}
	lines.Encode(last)
}
