package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
)

// AskBody is a question: what would be decided, and why.
type AskBody struct {
	Placement string         `json:"placement" example:"home.hero"`
	Unit      string         `json:"unit" doc:"the targeting key" example:"visitor-1"`
	Context   map[string]any `json:"context,omitempty"`
}

// ForgetBody names a recipient.
type ForgetBody struct {
	Unit string `json:"unit" doc:"the targetingKey or userId that clients send"`
}

func (a *API) registerLive() {
	register(a, engine.RightRead, http.MethodGet, "/api/v1/decisions/{id}", "explainDecision", "Why a decision came out as it did",
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"the decisionId of an evaluation" example:"AdwzqPKZCX-uawQAqgAAAAAAAAAqqqtlZ72NLjsrb1wp6GRzMUzg1QE-IQ"`
		},
		) (live.Answer, error) {
			return a.plane.Explain(ctx, throughline.DecisionID(in.ID))
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/ask", "ask", "What would be decided now, and why; nothing is recorded",
		func(_ context.Context, in *struct{ Body AskBody }) (live.Explanation, error) {
			return a.plane.Ask(throughline.Request{Placement: in.Body.Placement, Unit: in.Body.Unit, Context: in.Body.Context, At: a.core.Now()})
		})
	register(a, engine.RightOperate, http.MethodPost, "/api/v1/forget", "forget", "Erase a recipient",
		func(ctx context.Context, in *struct{ Body ForgetBody }) (recipients.Erasure, error) {
			return a.recipients.Forget(ctx, by(ctx), in.Body.Unit)
		})
}
