package main

import (
	"context"
	_ "embed"
	"html"
	"net/url"
	"strings"
	"unicode"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// first is what the guided start declares as a first placement.
//
//go:embed starter-first.txt
var first string

// beginnings declares what the guided start asks for.
type beginnings struct {
	content *content.Content
	files   *media.Media
}

// Found declares the engine and the person who is to own it.
func (b beginnings) Found(ctx context.Context, f web.Founding) error {
	if err := oneLine(map[string]string{"engine": f.Engine, "name": f.Name}); err != nil {
		return err
	}
	name := personName(f.Name)
	person := "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: " + name + "}\nspec:\n  name: " + quoted(f.Name) + "\n"
	if f.Email != "" {
		person += "  email: " + quoted(f.Email) + "\n"
	}
	text := person + "---\napiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: " + quoted(f.Engine) + ", owner: " + name + "}\n"
	by := engine.AtShell(throughline.Actor{Kind: throughline.ActorPerson, ID: name})
	return b.apply(ctx, by, text, "the engine begins")
}

// Blank declares a first placement and all that it leans on.
func (b beginnings) Blank(ctx context.Context, by engine.Caller, f web.First) error {
	if err := oneLine(map[string]string{"title": f.Title, "headline": f.Headline, "other": f.Other, "button": f.Button}); err != nil {
		return err
	}
	if err := checkLink(f.Link); err != nil {
		return err
	}
	if f.Surface != "web" && f.Surface != "app" {
		return throughline.Errorf(throughline.Invalid, "a first placement is on a website or in an app").At("surface").WithFix("choose one of the two")
	}
	rendering := `{channel: web, html: ` + quoted(`<div style="font-family:system-ui,sans-serif;padding:24px;color:{{token.ink}};background-color:{{token.paper}}"><h2 style="margin:0 0 16px">{{headline}}</h2><a href="`+
		html.EscapeString(f.Link)+`" style="padding:8px 16px;border-radius:6px;color:{{token.paper}};background-color:{{token.accent}}">{{cta}}</a></div>`) + `}`
	if f.Surface == "app" {
		rendering = `{channel: app, fields: {title: "{{headline}}", button: "{{cta}}", action: ` + quoted(f.Link) + `}}`
	}
	text := strings.NewReplacer("TITLE", quoted(f.Title), "SURFACE", f.Surface, "HEADLINE", quoted(f.Headline),
		"OTHER", quoted(f.Other), "BUTTON", quoted(f.Button), "RENDERING", rendering).Replace(first)
	return b.apply(ctx, by, text, "the first placement")
}

// Example declares the example workspace in an engine that has an owner already:
// its people stay names that nobody signs in with.
func (b beginnings) Example(ctx context.Context, by engine.Caller) error {
	example, err := readExample()
	if err != nil {
		return err
	}
	if err := example.takeFiles(ctx, b.files, by); err != nil {
		return err
	}
	var keep []throughline.Resource
	for _, r := range example.resources {
		if r.Kind == throughline.KindEngine {
			continue
		}
		if r.Kind == throughline.KindPerson {
			_, err := b.content.Get(ctx, r.Ref())
			if err == nil { // somebody real has the name
				continue
			}
			if throughline.CodeOf(err) != throughline.NotFound {
				return err
			}
			if p, ok := r.Spec.(*throughline.Person); ok {
				made := *p
				made.Roles, r.Spec = nil, &made
			}
		}
		keep = append(keep, r)
	}
	_, err = b.content.Apply(ctx, by, content.Change{Resources: keep, Message: "the example workspace"})
	return err
}

func (b beginnings) apply(ctx context.Context, by engine.Caller, text, message string) error {
	resources, err := content.Read([]content.File{{Name: "start.yaml", Text: []byte(text)}})
	if err != nil {
		return err
	}
	_, err = b.content.Apply(ctx, by, content.Change{Resources: resources, Message: message})
	return err
}

func oneLine(fields map[string]string) error {
	for name, text := range fields {
		if strings.TrimSpace(text) == "" || strings.ContainsFunc(text, unicode.IsControl) {
			return throughline.Errorf(throughline.Invalid, "the %s is one line of text", name).At(name).WithFix("write a few words")
		}
	}
	return nil
}

// checkLink takes what a button may lead to. It becomes part of a template, so
// it may hold no slot.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || strings.Contains(link, "{{") || link == "" ||
		u.Scheme != "https" && u.Scheme != "http" && (u.Scheme != "" || !strings.HasPrefix(link, "/")) {
		return throughline.Errorf(throughline.Invalid, "%q is no address that a button can lead to", link).At("link").WithFix("write https://example.com/page, or /page on your own site")
	}
	return nil
}
