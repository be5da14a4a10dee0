package api

import (
	"context"
	"net/http"

	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

type translateInput struct {
	To       string `query:"to" required:"true" doc:"the language to translate into" example:"de"`
	From     string `query:"from" doc:"the language to translate from; the default is that of the first brand"`
	Text     string `query:"q" doc:"only texts with these words, in the name or in the text"`
	Role     string `query:"role" doc:"only fragments of this role"`
	Brief    string `query:"brief" doc:"only fragments made for this brief"`
	Template string `query:"template" doc:"only fragments that fill this template"`
	Brand    string `query:"brand" doc:"only fragments that fill templates of this brand"`
}

// TranslateBody is a file for a translator.
type TranslateBody struct {
	File
	Texts    int `json:"texts" doc:"how many there are to translate"`
	Outdated int `json:"outdated" doc:"those of which there is a translation, of another source"`
}

// TranslatedBody is files that translators sent back.
type TranslatedBody struct {
	Files []File `json:"files" minItems:"1" maxItems:"100" doc:"XLIFF 2.1 or 1.2"`
}

// TranslationBody is what they would change.
type TranslationBody struct {
	content.Translation
	Problems []serve.Fault `json:"problems" doc:"the texts that cannot be taken, with file and line; the rest can"`
}

func (a *API) registerTranslate() {
	register(a, engine.RightRead, http.MethodGet, "/api/v1/translations", "textsToTranslate", "What has no translation, or one of another source, as XLIFF",
		func(ctx context.Context, in *translateInput) (TranslateBody, error) {
			q := content.TranslateQuery{From: in.From, To: in.To, Text: in.Text, Role: in.Role, Brief: in.Brief, Template: in.Template, Brand: in.Brand}
			out, err := a.content.TextsToTranslate(ctx, serve.CallerOf(ctx), q)
			return TranslateBody{File{out.Name, string(out.Text)}, out.Texts, out.Outdated}, err
		})
	register(a, engine.RightRead, http.MethodPost, "/api/v1/translations", "textsTranslated", "What files that translators sent back would change",
		func(ctx context.Context, in *struct{ Body TranslatedBody }) (TranslationBody, error) {
			files := make([]content.File, len(in.Body.Files))
			for i, f := range in.Body.Files {
				files[i] = content.File{Name: f.Name, Text: []byte(f.Text)}
			}
			t, err := a.content.TextsTranslated(ctx, serve.CallerOf(ctx), files, false)
			out := TranslationBody{t, []serve.Fault{}}
			for _, p := range t.Problems {
				out.Problems = append(out.Problems, serve.OperatorFaultOf(p))
			}
			return out, err
		})
}
