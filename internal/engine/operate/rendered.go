package operate

import (
	"context"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
)

// Rendered is a decision as its recipient sees it: markup for the web, fields for
// an app.
type Rendered struct {
	// HTML is the rendering filled with the decision's text, escaped; empty for an
	// app and where there is no variant.
	HTML string
	// Fields are the rendering's texts by name; nil on the web.
	Fields map[string]string
}

// Renderer draws decisions. It compiles a placement's rendering once a release,
// so that drawing is filling. The zero value with its Operate is ready to use.
type Renderer struct {
	operate *Operate

	mu         sync.Mutex
	digest     throughline.Digest
	renderings map[string]*email.Rendering // by placement
}

// Renderer returns one of its own for a door that draws.
func (o *Operate) Renderer() *Renderer { return &Renderer{operate: o} }

// Render draws a decision. One without a variant draws nothing.
func (r *Renderer) Render(ctx context.Context, d *throughline.Decision) (Rendered, error) {
	if d.Variant == "" {
		return Rendered{}, nil
	}
	m, err := r.rendering(ctx, d.Placement)
	if err != nil {
		return Rendered{}, err
	}
	html, err := m.HTML(d.Values)
	if err != nil || html != "" {
		return Rendered{HTML: html}, err
	}
	return Rendered{Fields: m.Fields(d.Values)}, nil
}

func (r *Renderer) rendering(ctx context.Context, placement string) (*email.Rendering, error) {
	var served throughline.Digest
	if t := r.operate.plane.Table(); t != nil {
		served = t.Digest()
	}
	r.mu.Lock()
	if r.digest != served {
		r.digest, r.renderings = served, map[string]*email.Rendering{}
	}
	m := r.renderings[placement]
	r.mu.Unlock()
	if m != nil {
		return m, nil
	}
	d, err := r.operate.declared(ctx)
	if err != nil {
		return nil, err
	}
	m, err = d.rendering(placement)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.digest == served { // another release may have come in between
		r.renderings[placement] = m
	}
	return m, nil
}

// rendering compiles what a placement's template says of its channel.
func (d *declared) rendering(placement string) (*email.Rendering, error) {
	p := d.snapshotPlacement(placement)
	t := d.templates[p.Template]
	if t == nil {
		return nil, throughline.Errorf(throughline.NotFound, "the template of %s is no longer declared", p.Name)
	}
	rendering := t.Rendering(p.Channel)
	if rendering == nil {
		return nil, throughline.Errorf(throughline.NotFound, "Template/%s has no rendering for %s", p.Template, p.Channel)
	}
	return email.CompileRendering(*rendering, t.Placeholders(), d.brands[t.Brand])
}
