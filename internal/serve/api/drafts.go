package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

// ItemBody is one resource that a draft makes, changes or deletes, with what is
// wrong with its text.
type ItemBody struct {
	content.DraftItem
	Problem *serve.Fault `json:"problem,omitempty"`
}

// DraftBody is somebody's open change set.
type DraftBody struct {
	content.Draft
	Items []ItemBody `json:"items"`
}

// SavedBody is what became of a save.
type SavedBody struct {
	content.Saved
	Items []ItemBody `json:"items"`
}

// EditBody is what somebody did to one resource.
type EditBody struct {
	Ref     string `json:"ref" doc:"Kind/name" example:"Fragment/hello"`
	Base    string `json:"base,omitempty" doc:"the digest it began from: an item's, or the one in force; empty for something new"`
	Text    string `json:"text,omitempty" doc:"YAML or JSON of the one resource; what cannot be read is kept too"`
	Deleted bool   `json:"deleted,omitempty" doc:"it should no longer be"`
	Onto    string `json:"onto,omitempty" doc:"the digest in force that a conflict was resolved against"`
}

// SaveBody is one save of a draft.
type SaveBody struct {
	Version int64      `json:"version,omitempty" doc:"the version of the draft the edits were made in"`
	Message *string    `json:"message,omitempty" doc:"why, for the release"`
	Edits   []EditBody `json:"edits,omitempty"`
}

func (b SaveBody) input() (content.SaveInput, error) {
	in := content.SaveInput{Version: b.Version, Message: b.Message}
	for _, e := range b.Edits {
		ref, err := throughline.ParseRef(e.Ref)
		if err != nil {
			return in, err
		}
		edit := content.Edit{Ref: ref, Deleted: e.Deleted, Text: e.Text}
		if edit.Base, err = digestOrNone(e.Base); err != nil {
			return in, err
		}
		if edit.Onto, err = digestOrNone(e.Onto); err != nil {
			return in, err
		}
		in.Edits = append(in.Edits, edit)
	}
	return in, nil
}

func digestOrNone(s string) (throughline.Digest, error) {
	if s == "" {
		return throughline.Digest{}, nil
	}
	return throughline.ParseDigest(s)
}

func draftOf(d content.Draft, err error) (DraftBody, error) {
	return DraftBody{d, itemsOf(d.Items)}, err
}

func itemsOf(items []content.DraftItem) []ItemBody {
	out := make([]ItemBody, len(items))
	for i, item := range items {
		out[i] = ItemBody{DraftItem: item}
		if err := item.Problems.Err(); err != nil {
			f := serve.OperatorFaultOf(err)
			out[i].Problem = &f
		}
	}
	return out
}

// ProblemsBody is everything that keeps a draft from being released.
type ProblemsBody struct {
	Problems []serve.Fault `json:"problems"`
}

func (a *API) registerDrafts() {
	register(a, engine.RightChange, http.MethodGet, "/api/v1/draft", "getDraft", "Your draft: what you changed and did not release",
		func(ctx context.Context, _ *struct{}) (DraftBody, error) {
			return draftOf(a.content.Draft(ctx, serve.CallerOf(ctx)))
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/draft", "saveDraft", "Save edits into your draft; what was changed meanwhile is merged",
		func(ctx context.Context, in *struct{ Body SaveBody }) (SavedBody, error) {
			input, err := in.Body.input()
			if err != nil {
				return SavedBody{}, err
			}
			saved, err := a.content.Save(ctx, serve.CallerOf(ctx), input)
			return SavedBody{saved, itemsOf(saved.Items)}, err
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/draft/undo", "undoDraft", "Take back the last step of your draft",
		func(ctx context.Context, _ *struct{}) (DraftBody, error) {
			return draftOf(a.content.Undo(ctx, serve.CallerOf(ctx)))
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/draft/redo", "redoDraft", "Do again what was taken back last",
		func(ctx context.Context, _ *struct{}) (DraftBody, error) {
			return draftOf(a.content.Redo(ctx, serve.CallerOf(ctx)))
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/draft/discard", "discardDraft", "Take items out of your draft, or all of them",
		func(ctx context.Context, in *struct {
			Body struct {
				Refs []string `json:"refs,omitempty" doc:"Kind/name of the items; none means all"`
			}
		},
		) (DraftBody, error) {
			refs, err := refsOf(in.Body.Refs)
			if err != nil {
				return DraftBody{}, err
			}
			return draftOf(a.content.Discard(ctx, serve.CallerOf(ctx), refs...))
		})
	register(a, engine.RightChange, http.MethodGet, "/api/v1/draft/plan", "planDraft", "What releasing your draft would do",
		func(ctx context.Context, _ *struct{}) (throughline.Plan, error) {
			return a.content.PlanDraft(ctx, serve.CallerOf(ctx))
		})
	register(a, engine.RightChange, http.MethodGet, "/api/v1/draft/problems", "draftProblems", "What keeps your draft from being released, by field",
		func(ctx context.Context, _ *struct{}) (ProblemsBody, error) {
			problems, err := a.content.Problems(ctx, serve.CallerOf(ctx))
			out := ProblemsBody{Problems: []serve.Fault{}}
			for _, p := range problems {
				out.Problems = append(out.Problems, serve.OperatorFaultOf(p))
			}
			return out, err
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/drafts", "listDrafts", "Who works on how much",
		func(ctx context.Context, _ *struct{}) ([]content.DraftSummary, error) {
			return a.content.Drafts(ctx, serve.CallerOf(ctx))
		})
}

func refsOf(names []string) (refs []throughline.Ref, err error) {
	for _, s := range names {
		ref, err := throughline.ParseRef(s)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}
