package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// TokenBody asks for a service token.
type TokenBody struct {
	Name  string               `json:"name" example:"website"`
	Scope operate.Scope        `json:"scope" enum:"write,read,manage"`
	Life  throughline.Duration `json:"life,omitempty" doc:"how long it holds, such as 90d; empty until revoked"`
}

// NewToken is a token just made, with the secret that is shown once.
type NewToken struct {
	Name   string        `json:"name"`
	Scope  operate.Scope `json:"scope"`
	Secret string        `json:"secret"`
}

type nameInput struct {
	Name string `path:"name"`
}

func (a *API) registerOperate() {
	register(a, http.MethodGet, "/api/v1/status", "status", "How the engine stands",
		func(ctx context.Context, _ *struct{}) (operate.Status, error) { return a.operate.Status(ctx) })
	register(a, http.MethodGet, "/api/v1/line", "line", "The line, as its page shows it",
		func(ctx context.Context, _ *struct{}) (operate.Line, error) { return a.operate.Line(ctx) })
	register(a, http.MethodGet, "/api/v1/placements/{name}", "placement", "What a placement serves, and how it does",
		func(ctx context.Context, in *nameInput) (operate.Placement, error) {
			return a.operate.Placement(ctx, in.Name)
		})
	register(a, http.MethodGet, "/api/v1/variants/{id}", "variant", "One variant, from brief to outcomes",
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (operate.Variant, error) {
			return a.operate.Variant(ctx, throughline.VariantID(in.ID))
		})
	register(a, http.MethodGet, "/api/v1/tokens", "listTokens", "The service tokens, without their secrets",
		func(ctx context.Context, _ *struct{}) ([]operate.Token, error) { return a.access.Tokens(ctx) })
	register(a, http.MethodPost, "/api/v1/tokens", "createToken", "Make a service token",
		func(ctx context.Context, in *struct{ Body TokenBody }) (NewToken, error) {
			secret, err := a.access.CreateToken(ctx, by(ctx), in.Body.Name, in.Body.Scope, in.Body.Life.Std())
			return NewToken{in.Body.Name, in.Body.Scope, secret}, err
		})
	register(a, http.MethodDelete, "/api/v1/tokens/{name}", "revokeToken", "End a service token",
		func(ctx context.Context, in *nameInput) (map[string]bool, error) {
			return map[string]bool{"revoked": true}, a.access.RevokeToken(ctx, by(ctx), in.Name)
		})
}

// Step is one line of the answer to a long piece of work: progress until the
// last, which has the result or the error.
type Step struct {
	Done   uint64          `json:"done"`
	Of     uint64          `json:"of,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *Problem        `json:"error,omitempty"`
}

func (a *API) verify(w http.ResponseWriter, r *http.Request) {
	a.long(w, r, func(ctx context.Context, progress operate.Progress) (any, error) {
		return a.operate.Verify(ctx, progress)
	})
}

func (a *API) rebuild(w http.ResponseWriter, r *http.Request) {
	a.long(w, r, func(ctx context.Context, progress operate.Progress) (any, error) {
		return a.operate.Rebuild(ctx, progress)
	})
}

// BackupBody says where a backup goes: a folder on the engine's machine.
type BackupBody struct {
	Folder string `json:"folder"`
}

func (a *API) backup(w http.ResponseWriter, r *http.Request) {
	var in BackupBody
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		a.problem(w, r, throughline.Errorf(throughline.Invalid, "the body is not JSON: %v", err).WithFix(`send {"folder": "/absolute/path"}`))
		return
	}
	a.long(w, r, func(ctx context.Context, progress operate.Progress) (any, error) {
		return a.operate.Backup(ctx, in.Folder, progress)
	})
}

// long answers with one line of JSON at a time, so that whoever waits sees how
// far the work is.
func (a *API) long(w http.ResponseWriter, r *http.Request, work func(context.Context, operate.Progress) (any, error)) {
	out := http.NewResponseController(w)
	if err := out.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		a.problem(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	result, err := work(r.Context(), func(done, of uint64) {
		lines.Encode(Step{Done: done, Of: of})
		out.Flush()
	})
	var last Step
	if err != nil {
		last.Error = asProblem(err)
		a.logInternal(r, err)
	} else if last.Result, err = json.Marshal(result); err != nil {
		last.Error = asProblem(err)
	}
	lines.Encode(last)
}
