package api

import (
	"context"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
)

// ShareBody asks for a link by which somebody outside sees pieces.
type ShareBody struct {
	For       string               `json:"for" maxLength:"120" doc:"for whom it is; its holder sees it" example:"Agency North"`
	Pieces    []string             `json:"pieces,omitempty" maxItems:"500" doc:"Kind/name of what it holds, or else query" example:"Asset/lake"`
	Query     string               `json:"query,omitempty" doc:"it holds what this finds in the library now, at most 500 pieces" example:"role:hero"`
	Life      throughline.Duration `json:"life,omitempty" doc:"how long it holds, 1h to 90d; 14d when left out"`
	Originals bool                 `json:"originals,omitempty" doc:"files may be taken as they came, and not renditions alone"`
}

func (b ShareBody) request() (share.Request, error) {
	pieces, err := refsOf(b.Pieces)
	return share.Request{For: b.For, Pieces: pieces, Question: b.Query, Life: b.Life.Std(), Originals: b.Originals}, err
}

// NewShare is a link just made. Its path is a secret that is shown once.
type NewShare struct {
	ID     string    `json:"id" doc:"by which it is extended and ended; no part of the secret"`
	For    string    `json:"for"`
	Path   string    `json:"path" doc:"of the link, on the address of the engine"`
	Pieces int       `json:"pieces" doc:"how many it holds, which is settled"`
	Until  time.Time `json:"until"`
}

// ExtendBody says how long a link goes on.
type ExtendBody struct {
	Life throughline.Duration `json:"life" doc:"how long it holds from now on, 1h to 90d" example:"14d"`
}

func (a *API) registerShares() {
	register(a, share.Right, http.MethodPost, "/api/v1/shares", "makeShare", "Show pieces to somebody outside by a link",
		func(ctx context.Context, in *struct{ Body ShareBody }) (NewShare, error) {
			ask, err := in.Body.request()
			if err != nil {
				return NewShare{}, err
			}
			made, err := a.shares.Make(ctx, serve.CallerOf(ctx), ask)
			if err != nil {
				return NewShare{}, err
			}
			return NewShare{made.ID, made.For, "/shared/" + made.Secret, made.Pieces, made.Until}, nil
		})
	register(a, share.Right, http.MethodGet, "/api/v1/shares", "listShares", "The share links, without their secrets",
		func(ctx context.Context, _ *struct{}) ([]share.Link, error) {
			return a.shares.List(ctx, serve.CallerOf(ctx))
		})
	register(a, share.Right, http.MethodPost, "/api/v1/shares/{id}/extend", "extendShare", "Let a share link hold longer",
		func(ctx context.Context, in *struct {
			ID   string `path:"id" doc:"as listShares has it" example:"7f3a9c0b12d4e5f6"`
			Body ExtendBody
		},
		) (share.Link, error) {
			return a.shares.Extend(ctx, serve.CallerOf(ctx), in.ID, in.Body.Life.Std())
		})
	register(a, share.Right, http.MethodDelete, "/api/v1/shares/{id}", "endShare", "End a share link at once",
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"as listShares has it" example:"7f3a9c0b12d4e5f6"`
		},
		) (share.Link, error) {
			return a.shares.End(ctx, serve.CallerOf(ctx), in.ID)
		})
}
