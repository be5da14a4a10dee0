package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

type objectsInput struct {
	Kind   string `query:"kind" required:"true" doc:"of which kind" example:"Fragment"`
	Text   string `query:"text" maxLength:"200" doc:"only what has these words in its name or texts"`
	Owner  string `query:"owner" doc:"only what this person owns by name"`
	Brief  string `query:"brief" doc:"only what was made for this brief"`
	Role   string `query:"role" doc:"only fragments of this role"`
	Cursor string `query:"cursor" doc:"next of the page before"`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"500"`
}

func (a *API) registerObjects() {
	register(a, engine.RightRead, http.MethodGet, "/api/v1/search", "search", "Find any object by name or text",
		func(ctx context.Context, in *struct {
			Q     string `query:"q" required:"true" maxLength:"200" doc:"words, or their beginnings" example:"calm"`
			Limit int    `query:"limit" default:"20" minimum:"1" maximum:"100"`
		},
		) ([]content.Hit, error) {
			return a.content.Search(ctx, serve.CallerOf(ctx), in.Q, in.Limit)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/library", "library", "Find pieces by words and filters, or those that fit a brief",
		func(ctx context.Context, in *struct {
			Q      string `query:"q" maxLength:"400" doc:"words, phrases in quotation marks, and filters such as role:headline, missing:de, expires<30d; the last word may be the beginning of one" example:"calm role:headline"`
			Brief  string `query:"brief" doc:"find what already fits this brief, in place of q"`
			Cursor string `query:"cursor" doc:"next of the page before"`
			Limit  int    `query:"limit" default:"48" minimum:"1" maximum:"96"`
		},
		) (content.LibraryPage, error) {
			return a.content.Library(ctx, serve.CallerOf(ctx), content.LibraryQuery{Text: in.Q, Brief: in.Brief, Cursor: in.Cursor, Limit: in.Limit})
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/objects", "listObjects", "Resources of one kind by name, a page at a time",
		func(ctx context.Context, in *objectsInput) (content.ObjectPage, error) {
			return a.content.Objects(ctx, serve.CallerOf(ctx), content.ObjectQuery{
				Kind: throughline.Kind(in.Kind), Text: in.Text, Owner: in.Owner, Brief: in.Brief, Role: in.Role, Cursor: in.Cursor, Limit: in.Limit,
			})
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/objects/{kind}/{name}", "getObject", "One resource with its neighbours and its history",
		func(ctx context.Context, in *resourceInput) (content.Object, error) {
			ref, err := in.ref()
			if err != nil {
				return content.Object{}, err
			}
			return a.content.Object(ctx, serve.CallerOf(ctx), ref)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/objects/{kind}/{name}/revisions/{digest}", "getRevision", "A revision that was in force once",
		func(ctx context.Context, in *struct {
			Kind   string `path:"kind" example:"Fragment"`
			Name   string `path:"name" example:"hello"`
			Digest string `path:"digest" doc:"of the revision, as the history of getObject has it" example:"4c7159abb54d16c38992921545e1bcb06b923c38b41aaa92ffd5602c043e9678"`
		},
		) (throughline.Resource, error) {
			ref, err := throughline.ParseRef(in.Kind + "/" + in.Name)
			if err != nil {
				return throughline.Resource{}, err
			}
			digest, err := throughline.ParseDigest(in.Digest)
			if err != nil {
				return throughline.Resource{}, err
			}
			return a.content.Revision(ctx, serve.CallerOf(ctx), ref, digest)
		})
}
