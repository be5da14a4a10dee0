package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// File is one manifest: YAML or JSON with one or more resources.
type File struct {
	// Name is where it came from, for error messages.
	Name string `json:"name"`
	Text string `json:"text"`
}

// Change is a change to what is declared.
type Change struct {
	Files []File `json:"files,omitempty"`
	// Delete names resources that should no longer be, as Kind/name.
	Delete []string `json:"delete,omitempty"`
	// Prune deletes every resource that the files do not declare.
	Prune bool `json:"prune,omitempty"`
	// Message says why.
	Message string `json:"message,omitempty"`
	// Base is the release the change was planned for; another one in between is a
	// conflict. Zero means whatever is live.
	Base int `json:"base,omitempty"`
}

// Plan says what applying a change would do. The fields most used are here; All
// is the whole answer, which /openapi.yaml describes.
type Plan struct {
	Base int             `json:"base"`
	All  json.RawMessage `json:"-"`
}

// Release is a release in short. All is the whole answer, which /openapi.yaml
// describes.
type Release struct {
	Number int `json:"number"`
	// State is live, or where else in its life the release is.
	State     string          `json:"state"`
	Message   string          `json:"message"`
	CreatedAt time.Time       `json:"createdAt"`
	All       json.RawMessage `json:"-"`
}

// Resource is what is declared under a kind and a name.
type Resource struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   json.RawMessage `json:"metadata"`
	Spec       json.RawMessage `json:"spec"`
}

// Plan asks what a change would do. It changes nothing.
func (c *Client) Plan(ctx context.Context, change Change) (Plan, error) {
	a, err := c.manage(ctx, request{method: http.MethodPost, path: "/api/v1/plan", body: change})
	if err != nil {
		return Plan{}, err
	}
	p, err := decode[Plan](a)
	p.All = a.body
	return p, err
}

// Apply makes a release of a change. It is never sent twice on its own account:
// after a connection that broke, look at the releases.
func (c *Client) Apply(ctx context.Context, change Change) (Release, error) {
	a, err := c.manage(ctx, request{method: http.MethodPost, path: "/api/v1/apply", body: change, once: true})
	if err != nil {
		return Release{}, err
	}
	return decodeRelease(a.body)
}

// Resource returns what is in force under a kind and a name.
func (c *Client) Resource(ctx context.Context, kind, name string) (Resource, error) {
	a, err := c.manage(ctx, request{method: http.MethodGet, path: "/api/v1/resources/" + url.PathEscape(kind) + "/" + url.PathEscape(name)})
	if err != nil {
		return Resource{}, err
	}
	return decode[Resource](a)
}

// Releases returns the latest releases, the newest first, at most limit.
func (c *Client) Releases(ctx context.Context, limit int) ([]Release, error) {
	a, err := c.manage(ctx, request{method: http.MethodGet, path: fmt.Sprintf("/api/v1/releases?limit=%d", limit)})
	if err != nil {
		return nil, err
	}
	each, err := decode[[]json.RawMessage](a)
	if err != nil {
		return nil, err
	}
	releases := make([]Release, len(each))
	for i, text := range each {
		if releases[i], err = decodeRelease(text); err != nil {
			return nil, err
		}
	}
	return releases, nil
}

func decodeRelease(text []byte) (Release, error) {
	r, err := decode[Release](answer{body: text})
	r.All = text
	return r, err
}

func (c *Client) manage(ctx context.Context, r request) (answer, error) {
	r.key = c.config.ManageKey
	return c.send(ctx, r)
}
