package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// TokenBody asks for a service token.
type TokenBody struct {
	Name  string               `json:"name" example:"website"`
	Scope operate.Scope        `json:"scope" enum:"write,read,manage"`
	Life  throughline.Duration `json:"life,omitempty" doc:"how long it holds, such as 90d; empty until revoked"`
	// Limits are for keys that manage: the most they may do of what their creator may.
	Limits []throughline.Grant `json:"limits,omitempty" doc:"for the scope manage: the most it may do of what its creator may"`
}

// NewToken is a token just made, with the secret that is shown once.
type NewToken struct {
	Name   string        `json:"name"`
	Scope  operate.Scope `json:"scope"`
	Secret string        `json:"secret"`
}

type placementInput struct {
	Name string `path:"name" doc:"of the placement" example:"home.hero"`
}

type tokenInput struct {
	Name string `path:"name" doc:"of the token" example:"website"`
}

func (a *API) registerOperate() {
	register(a, engine.RightRead, http.MethodGet, "/api/v1/status", "status", "How the engine stands",
		func(ctx context.Context, _ *struct{}) (operate.Status, error) { return a.operate.Status(ctx) })
	register(a, engine.RightRead, http.MethodGet, "/api/v1/line", "line", "The line, as its page shows it",
		func(ctx context.Context, _ *struct{}) (operate.Line, error) { return a.operate.Line(ctx) })
	register(a, engine.RightRead, http.MethodGet, "/api/v1/rules", "rules", "How often each rule spoke, was overridden, and let something escape",
		func(context.Context, *struct{}) ([]operate.Rule, error) { return a.operate.Rules(), nil })
	register(a, engine.RightRead, http.MethodGet, "/api/v1/placements/{name}", "placement", "What a placement serves, and how it does",
		func(ctx context.Context, in *placementInput) (operate.Placement, error) {
			return a.operate.Placement(ctx, in.Name)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/variants/{id}", "variant", "One variant, from brief to outcomes",
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"the variant of an evaluation" example:"b4e31b0b9aa87b904321"`
		},
		) (operate.Variant, error) {
			return a.operate.Variant(ctx, throughline.VariantID(in.ID))
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/variants/{id}/story", "variantStory", "What a variant is made of, what lets it be shown, and who made it",
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"the variant of an evaluation" example:"b4e31b0b9aa87b904321"`
		},
		) (content.Story, error) {
			return a.content.Story(ctx, serve.CallerOf(ctx), throughline.VariantID(in.ID))
		})
	register(a, engine.RightOperate, http.MethodGet, "/api/v1/tokens", "listTokens", "The service tokens, without their secrets",
		func(ctx context.Context, _ *struct{}) ([]operate.Token, error) { return a.access.Tokens(ctx) })
	register(a, engine.RightOperate, http.MethodPost, "/api/v1/tokens", "createToken", "Make a service token",
		func(ctx context.Context, in *struct{ Body TokenBody }) (NewToken, error) {
			ask := operate.TokenRequest{Name: in.Body.Name, Scope: in.Body.Scope, Life: in.Body.Life.Std(), Limits: in.Body.Limits}
			secret, err := a.access.CreateToken(ctx, serve.CallerOf(ctx), ask)
			return NewToken{in.Body.Name, in.Body.Scope, secret}, err
		})
	register(a, engine.RightOperate, http.MethodDelete, "/api/v1/tokens/{name}", "revokeToken", "End a service token",
		func(ctx context.Context, in *tokenInput) (map[string]bool, error) {
			return map[string]bool{"revoked": true}, a.access.RevokeToken(ctx, serve.CallerOf(ctx), in.Name)
		})
	registerLong(a, engine.RightOperate, "/api/v1/verify", "verify", "Check every link of the journal",
		func(ctx context.Context, _ *struct{}, progress operate.Progress) (operate.Verified, error) {
			return a.operate.Verify(ctx, progress)
		})
	registerLong(a, engine.RightOperate, "/api/v1/rebuild", "rebuild", "Fold the journal again and compare with the live numbers",
		func(ctx context.Context, _ *struct{}, progress operate.Progress) (operate.Rebuilt, error) {
			return a.operate.Rebuild(ctx, progress)
		})
	registerLong(a, engine.RightOperate, "/api/v1/backup", "backup", "Copy the record while the engine runs",
		func(ctx context.Context, in *struct{ Body BackupBody }, progress operate.Progress) (operate.BackedUp, error) {
			return a.operate.Backup(ctx, in.Body.Folder, progress)
		})
}

// BackupBody says where a backup goes.
type BackupBody struct {
	Folder string `json:"folder" doc:"a folder on the engine's machine that does not exist yet, from the root" example:"/backups/monday"`
}
