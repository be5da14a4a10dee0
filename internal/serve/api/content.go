package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

// File is one manifest as somebody wrote it.
type File struct {
	Name string `json:"name" doc:"where it came from, for error messages" example:"brand.yaml"`
	Text string `json:"text" doc:"YAML with one or more resources"`
}

// ChangeBody is a change to what is declared.
type ChangeBody struct {
	Files   []File   `json:"files,omitempty"`
	Delete  []string `json:"delete,omitempty" doc:"Kind/name of resources that should no longer be" example:"Fragment/hello"`
	Prune   bool     `json:"prune,omitempty" doc:"delete every resource the files do not declare"`
	Message string   `json:"message,omitempty" doc:"why, for the release"`
	Base    int      `json:"base,omitempty" doc:"the release the plan was made for; another one in between is a conflict"`
}

// ExcludedBody asks after one combination.
type ExcludedBody struct {
	Placement string              `json:"placement" example:"home.hero"`
	Filling   throughline.Filling `json:"filling" doc:"the fragment in each slot; a slot that is not named is empty"`
}

// RenderBody asks for a filling of a template as recipients get it.
type RenderBody struct {
	Files    []File                `json:"files,omitempty" doc:"manifests to draw it with, on top of what is in force"`
	Template string                `json:"template" example:"card"`
	Channel  string                `json:"channel,omitempty" doc:"empty where the template is drawn for one only" example:"web"`
	Locale   string                `json:"locale,omitempty" doc:"empty for the brand's default" example:"en"`
	Variant  throughline.VariantID `json:"variant,omitempty" doc:"a variant by its id, instead of a filling"`
	Filling  throughline.Filling   `json:"filling,omitempty" doc:"the piece in some slots; the rest is as a placement falls back to"`
	Mode     string                `json:"mode,omitempty" enum:"light,dark" doc:"the brand's colours; the default is light"`
}

func (c ChangeBody) change() (content.Change, error) {
	files := make([]content.File, len(c.Files))
	for i, f := range c.Files {
		files[i] = content.File{Name: f.Name, Text: []byte(f.Text)}
	}
	resources, err := content.Read(files)
	if err != nil {
		return content.Change{}, err
	}
	out := content.Change{Resources: resources, Prune: c.Prune, Message: c.Message, Base: c.Base}
	out.Delete, err = refsOf(c.Delete)
	return out, err
}

type changeInput struct{ Body ChangeBody }

type resourceInput struct {
	Kind string `path:"kind" example:"Fragment"`
	Name string `path:"name" example:"hello"`
}

func (in resourceInput) ref() (throughline.Ref, error) {
	return throughline.ParseRef(in.Kind + "/" + in.Name)
}

type numberInput struct {
	Number int `path:"number" minimum:"1" example:"12"`
}

type releasesInput struct {
	Limit  int      `query:"limit" default:"50" minimum:"1" maximum:"500"`
	Before int      `query:"before" doc:"only releases with a lower number, to go on from the last one" minimum:"0"`
	State  []string `query:"state" doc:"only these states" enum:"proposed,approved,live,superseded,rolled back,ended,withdrawn"`
}

func (in releasesInput) states() (states []throughline.ReleaseState) {
	for _, s := range in.State {
		states = append(states, throughline.ReleaseState(s))
	}
	return states
}

func (a *API) registerContent() {
	register(a, engine.RightRead, http.MethodPost, "/api/v1/plan", "plan", "What applying a change would do",
		func(ctx context.Context, in *changeInput) (throughline.Plan, error) {
			change, err := in.Body.change()
			if err != nil {
				return throughline.Plan{}, err
			}
			return a.content.Plan(ctx, serve.CallerOf(ctx), change)
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/apply", "apply", "Make a release of a change",
		func(ctx context.Context, in *changeInput) (throughline.Release, error) {
			change, err := in.Body.change()
			if err != nil {
				return throughline.Release{}, err
			}
			return a.content.Apply(ctx, serve.CallerOf(ctx), change)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/check", "check", "The findings of a change, or of what is in force",
		func(ctx context.Context, in *changeInput) ([]throughline.Finding, error) {
			change, err := in.Body.change()
			if err != nil {
				return nil, err
			}
			return a.content.Check(ctx, serve.CallerOf(ctx), change)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/excluded", "excluded", "Why a combination is not among the variants of a placement",
		func(ctx context.Context, in *struct{ Body ExcludedBody }) (content.Excluded, error) {
			return a.content.Excluded(ctx, in.Body.Placement, in.Body.Filling)
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/render", "renderTemplate", "A filling of a template as recipients get it",
		func(ctx context.Context, in *struct{ Body RenderBody }) (content.RenderedTemplate, error) {
			b := in.Body
			change, err := ChangeBody{Files: b.Files}.change()
			if err != nil {
				return content.RenderedTemplate{}, err
			}
			return a.content.Render(ctx, serve.CallerOf(ctx), change, content.RenderInput{
				Template: b.Template, Channel: b.Channel, Locale: b.Locale, Variant: b.Variant, Pieces: b.Filling, Dark: b.Mode == "dark",
			})
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/resources", "listResources", "The resources in force",
		func(ctx context.Context, in *struct {
			Kind string `query:"kind" doc:"only of this kind"`
		},
		) ([]throughline.Resource, error) {
			return a.content.List(ctx, throughline.Kind(in.Kind))
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/resources/{kind}/{name}", "getResource", "One resource in force",
		func(ctx context.Context, in *resourceInput) (throughline.Resource, error) {
			ref, err := in.ref()
			if err != nil {
				return throughline.Resource{}, err
			}
			return a.content.Get(ctx, ref)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/releases", "listReleases", "The latest releases, the newest first",
		func(ctx context.Context, in *releasesInput) ([]throughline.Release, error) {
			page, err := a.content.Releases(ctx, serve.CallerOf(ctx), content.ReleaseFilter{Before: in.Before, Limit: in.Limit, States: in.states(), Whole: true})
			return page.Releases, err
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/releases/{number}", "getRelease", "One release",
		func(ctx context.Context, in *numberInput) (throughline.Release, error) {
			return a.content.Release(ctx, serve.CallerOf(ctx), in.Number)
		})
	register(a, engine.RightChange, http.MethodPost, "/api/v1/releases/{number}/rollback", "rollback", "Restore what a release changed",
		func(ctx context.Context, in *numberInput) (throughline.Release, error) {
			return a.content.Rollback(ctx, serve.CallerOf(ctx), in.Number)
		})
	register(a, engine.RightRead, http.MethodGet, "/api/v1/export", "export", "Everything in force, as YAML that apply takes back",
		func(ctx context.Context, _ *struct{}) (File, error) {
			text, err := a.content.Export(ctx)
			return File{Name: "workspace.yaml", Text: string(text)}, err
		})
}
