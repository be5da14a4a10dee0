package main

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token and print its secret, once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token at once."`
}

type tokenCreateCmd struct {
	Name  string        `arg:"" help:"What it is for, such as website."`
	Scope operate.Scope `required:"" enum:"write,read,manage" help:"What it may do: write events, read decisions, or manage."`
	Life  string        `help:"How long it holds, such as 90d; until revoked when left out."`
	JSON  bool          `help:"Print one line of JSON."`
}

// Run makes the token.
func (c *tokenCreateCmd) Run(s *shell) error {
	in := api.TokenBody{Name: c.Name, Scope: c.Scope}
	if c.Life != "" {
		life, err := throughline.ParseDuration(c.Life)
		if err != nil {
			return err
		}
		in.Life = life
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var token api.NewToken
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/tokens", in, &token); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(token)
	}
	s.notef("Keep it safe: it is shown once, and only its hash is kept.\n")
	s.printf("%s\n", token.Secret)
	return nil
}

type tokenListCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run lists the tokens, without their secrets.
func (c *tokenListCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	tokens := []operate.Token{}
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/tokens", nil, &tokens); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(tokens)
	}
	if len(tokens) == 0 {
		s.printf("There is no token yet. Make one with: throughline token create NAME --scope read\n")
		return nil
	}
	list := s.table("NAME", "SCOPE", "HOLDS UNTIL", "LAST USED", "MADE BY")
	for _, t := range tokens {
		ends := "revoked"
		if !t.ExpiresAt.IsZero() {
			ends = t.ExpiresAt.Format(time.DateOnly)
		}
		list.row(t.Name, string(t.Scope), ends, cmp.Or(t.LastUsed, "never"), t.CreatedBy)
	}
	list.end()
	return nil
}

type tokenRevokeCmd struct {
	Name string `arg:""`
}

// Run ends the token.
func (c *tokenRevokeCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	return engine.call(s.ctx, http.MethodDelete, "/api/v1/tokens/"+url.PathEscape(c.Name), nil, nil)
}

func itoa(n int) string { return strconv.Itoa(n) }
