package web_test

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

var look = flag.String("look", "", "serve the sample pages at this address until interrupted; /as/NAME signs in and picks a sample")

// What the engine has is what the door asks for.
var _ web.Access = (*operate.Access)(nil)

// stand stands in for an engine: a line that tests set, people of three
// passwords, and renderings made from the line.
type stand struct {
	mu       sync.Mutex
	line     operate.Line
	changed  chan struct{}
	fail     error
	fields   map[string]string      // of every app rendering, when set
	declared []throughline.Resource // by name
	findings []throughline.Finding
	released []throughline.Release
	grants   []throughline.Grant // of Ada; nil makes her the owner
}

func newStand(l operate.Line) *stand {
	return &stand{line: l, changed: make(chan struct{})}
}

func (s *stand) set(l operate.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = l
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stand) Line(context.Context) (operate.Line, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line, s.fail
}

func (s *stand) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *stand) Rules() []operate.Rule {
	return []operate.Rule{{Rule: "Guardrail/no-hype", Fires: 12, Blocks: 9, Overrides: 3, Latest: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}, {Rule: "withdrawn", Escapes: 2}}
}

func (s *stand) Preview(_ context.Context, placement, variant string) (operate.Preview, error) {
	l, _ := s.Line(context.Background())
	for _, p := range l.Placements {
		for _, v := range p.Variants {
			if p.Name == placement && string(v.ID) == variant {
				out := render(p, v)
				if s.fields != nil && p.Surface == throughline.App {
					out.Fields = s.fields
				}
				return out, nil
			}
		}
	}
	return operate.Preview{}, throughline.Errorf(throughline.NotFound, "placement %s has no variant %s", placement, variant).WithFix("it may be of an earlier release")
}

func render(p operate.PlacementLine, v operate.VariantLine) operate.Preview {
	text := map[string]string{}
	for _, s := range v.Slots {
		text[s.Slot] = s.Text
	}
	out := operate.Preview{Title: "Variant " + v.Label, Surface: p.Surface, Locale: "en"}
	if p.Surface == throughline.App {
		out.Fields = map[string]string{"title": text["headline"], "body": text["body"], "cta": text["cta"]}
		return out
	}
	tint := []string{"#f4ecdf", "#e3ebe8", "#e9e4f0", "#f3e4e1"}[int(v.Label[len(v.Label)-1])%4]
	button := ""
	if text["cta"] != "" {
		button = `<a href="#" style="background:#23351f;color:#fff;padding:12px 20px;border-radius:24px;text-decoration:none">` + html.EscapeString(text["cta"]) + `</a>`
	}
	out.HTML = `<div dir="auto" style="background:` + tint + `;padding:48px;min-height:400px;box-sizing:border-box;font-family:Georgia,serif"><h1 style="font-size:44px;line-height:1.1;margin:0 0 16px">` +
		html.EscapeString(text["headline"]) + `</h1><p style="font-size:20px;margin:0 0 28px">` + html.EscapeString(text["body"]) + `</p>` + button + `</div>`
	return out
}

const cookieOfAda = "the-cookie-of-ada"

func (s *stand) SignIn(_ context.Context, person, password string, _ operate.Origin) (operate.Entered, error) {
	if person != "ada" || password != "correct horse battery" {
		return operate.Entered{}, throughline.Errorf(throughline.Unauthorized, "name and password do not match").WithFix("check both")
	}
	return operate.Entered{Person: "ada", Cookie: cookieOfAda, Expires: noon.Add(24 * time.Hour)}, nil
}

func (s *stand) Visit(_ context.Context, cookie string) (operate.Visit, error) {
	if cookie != cookieOfAda {
		return operate.Visit{}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	by := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ada"}, Owner: s.grants == nil, Grants: s.grants}
	return operate.Visit{Caller: by, Who: operate.Owner{Person: "ada", Name: "Ada Kowalska", Initials: "AK"}}, nil
}

// List declares a few things of each kind that is shown, or none.
func (s *stand) List(_ context.Context, kind throughline.Kind) (all []throughline.Resource, err error) {
	for _, r := range s.declared {
		if r.Kind == kind {
			all = append(all, r)
		}
	}
	return all, s.fail
}

func (s *stand) Check(context.Context, engine.Caller, content.Change) ([]throughline.Finding, error) {
	return s.findings, s.fail
}

func (s *stand) Objects(ctx context.Context, _ engine.Caller, q content.ObjectQuery) (page content.ObjectPage, err error) {
	all, err := s.List(ctx, q.Kind)
	page.Total = len(all)
	for _, r := range all {
		if r.Metadata.Name <= q.Cursor || !strings.Contains(r.Metadata.Name, q.Text) {
			continue
		}
		if len(page.Rows) == q.Limit {
			page.Next = page.Rows[q.Limit-1].Ref.Name
			break
		}
		page.Rows = append(page.Rows, content.ObjectRow{Ref: throughline.Ref{Kind: r.Kind, Name: r.Metadata.Name}, Resource: r})
	}
	return page, err
}

func (s *stand) Search(_ context.Context, _ engine.Caller, query string, limit int) (hits []content.Hit, err error) {
	for _, r := range s.declared {
		if strings.Contains(r.Metadata.Name, query) && len(hits) < limit {
			hits = append(hits, content.Hit{Ref: throughline.Ref{Kind: r.Kind, Name: r.Metadata.Name}, Title: r.Metadata.Name})
		}
	}
	return hits, s.fail
}

func (s *stand) SignOut(context.Context, string) error { return nil }

func (s *stand) Ownership(ctx context.Context) (operate.Ownership, error) {
	l, _ := s.Line(ctx)
	return l.Owner, nil
}

func (s *stand) Invited(_ context.Context, secret string) (operate.Invitation, error) {
	switch secret {
	case "one-time":
		return operate.Invitation{Person: "ada", Name: "Ada Kowalska", Initials: "AK", Engine: "Nordlys", Owns: true}, nil
	case "used":
		return operate.Invitation{}, throughline.Errorf(throughline.Conflict, "this link was used already").WithFix("sign in with your name and password")
	}
	return operate.Invitation{}, throughline.Errorf(throughline.NotFound, "this link has expired").WithFix("ask for a new one")
}

func (s *stand) Accept(ctx context.Context, secret, password string, _ operate.Origin) (operate.Entered, error) {
	if len(password) < 10 {
		return operate.Entered{}, throughline.Errorf(throughline.Invalid, "a password has 10 to 256 characters").WithFix("choose a longer one")
	}
	if _, err := s.Invited(ctx, secret); err != nil {
		return operate.Entered{}, err
	}
	return operate.Entered{Person: "ada", Cookie: cookieOfAda, Expires: noon.Add(24 * time.Hour)}, nil
}

func (s *stand) Whose(context.Context, string) (string, error) { return "ada", nil }

func (s *stand) Seal(_ string, plain []byte) (string, error) {
	return base64.RawURLEncoding.EncodeToString(plain), nil
}

func (s *stand) Unseal(_, sealed string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(sealed)
}

// everyDoor opens the pages that the stand has nothing for, so that their routes
// are there.
func everyDoor(c *web.Config) {
	c.People, c.Making, c.Sight = new(operate.Access), new(content.Content), new(web.Sight)
	c.Shelf, c.Files, c.Shares = new(content.Content), new(media.Media), new(share.Shares)
	c.Begin, c.Described = struct{ web.Beginnings }{}, func() []byte { return nil }
}

// mux serves the door on the stand.
func (s *stand) mux(t testing.TB, change ...func(*web.Config)) (*serve.Mux, *web.Web) {
	t.Helper()
	c := web.Config{Lines: s, Previews: s, Access: s, Library: s, Releases: desk{s: s}, Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	w, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := serve.NewMux()
	w.Register(mux)
	return mux, w
}

// TestLook serves the samples to a person with a browser. It does nothing
// unless asked: go test ./internal/serve/web -run TestLook -look 127.0.0.1:8099 -timeout 0
func TestLook(t *testing.T) {
	if *look == "" {
		t.Skip("start with -look ADDRESS")
	}
	all := samples()
	s := newStand(all["full"])
	mux, _ := s.mux(t)
	live := false
	mux.Handle(serve.Route{Pattern: "GET /as/{name}", Open: "samples are nobody's"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l, ok := all[r.PathValue("name")]
		if !ok {
			http.Error(w, "samples: "+strings.Join(slices.Sorted(maps.Keys(all)), ", "), http.StatusNotFound)
			return
		}
		s.set(l)
		live = r.URL.Query().Has("live")
		http.SetCookie(w, &http.Cookie{Name: "throughline_session", Value: cookieOfAda, Path: "/"})
		if theme := r.URL.Query().Get("theme"); theme != "" {
			http.SetCookie(w, &http.Cookie{Name: "throughline_theme", Value: theme, Path: "/"})
		}
		http.Redirect(w, r, "/"+r.URL.Query().Get("to"), http.StatusSeeOther)
	}))
	go func() {
		for range time.Tick(time.Second) {
			if live {
				s.set(moved(s.line))
			}
		}
	}()
	fmt.Println("look at http://" + *look + "/as/full")
	if err := http.ListenAndServe(*look, mux); err != nil {
		t.Fatal(err)
	}
}

// moved is the line a second later.
func moved(l operate.Line) operate.Line {
	l.AsOf = l.AsOf.Add(time.Second)
	l.Stations = slices.Clone(l.Stations)
	for i := range l.Stations {
		if l.Stations[i].PerSecond > 1 {
			l.Stations[i].Count += int64(l.Stations[i].PerSecond * (0.5 + rand.Float64()))
			l.Stations[i].Latest = l.AsOf
		}
	}
	return l
}
