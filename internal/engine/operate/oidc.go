package operate

import (
	"context"
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	bucketIdentities = engine.BucketIdentities

	providerWait  = 10 * time.Second
	providerBytes = 1 << 20
	// flowLife is how long somebody may be away at the provider.
	flowLife = 10 * time.Minute
	// skew is how far the provider's clock may be behind ours.
	skew = time.Minute
)

// ProviderConfig says with what else than a password people may sign in: an
// OpenID Connect provider.
type ProviderConfig struct {
	// Issuer is the provider's address, which its own description must repeat.
	Issuer   string
	ClientID string
	Secret   string
	// Title is what the button calls it; empty for the issuer's host.
	Title string
	// ByEmail lets in whoever the provider says has the verified e-mail of a
	// Person. Otherwise an identity is linked by a one-time link first.
	ByEmail bool
	// Clock tells the time; Client is nil for a usual one.
	Clock  func() time.Time
	Client *http.Client
}

// Provider is an OpenID Connect provider. It is asked what it is when somebody
// first signs in, so that one that is down keeps nothing from starting.
type Provider struct {
	config ProviderConfig

	mu    sync.Mutex
	known *oidc.Provider
}

// NewProvider returns the provider, or what is wrong with its configuration.
func NewProvider(c ProviderConfig) (*Provider, error) {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || issuer.Host == "" || issuer.Scheme != "https" && !loopback(issuer.Hostname()) {
		return nil, throughline.Errorf(throughline.Invalid, "%q cannot be an OpenID Connect issuer", c.Issuer).WithFix("write its https address, as its documentation has it")
	}
	if c.ClientID == "" {
		return nil, throughline.Errorf(throughline.Invalid, "the OpenID Connect provider %s has given no client id", issuer.Host).WithFix("register this engine there, and name the client id")
	}
	if c.Title == "" {
		c.Title = issuer.Host
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: providerWait, Transport: boundedTransport{http.DefaultTransport}}
	}
	return &Provider{config: c}, nil
}

// loopback reports whether a host is this machine, where TLS adds nothing.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// boundedTransport reads no more of an answer than a provider has to say.
type boundedTransport struct{ next http.RoundTripper }

// RoundTrip bounds the body.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err == nil {
		res.Body = boundedBody{io.LimitReader(res.Body, providerBytes), res.Body}
	}
	return res, err
}

type boundedBody struct {
	io.Reader
	io.Closer
}

// Title is what the button calls the provider.
func (p *Provider) Title() string { return p.config.Title }

// Flow is what a browser keeps while somebody is at the provider: sealed, it is
// what binds the answer to who asked.
type Flow struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Until    time.Time `json:"u"`
	// Next is where to go afterwards; Invitation the secret of the one-time link
	// that is accepted so, if it is.
	Next       string `json:"x,omitempty"`
	Invitation string `json:"i,omitempty"`
}

// Begin returns where to send somebody, and what their browser keeps meanwhile.
func (p *Provider) Begin(ctx context.Context, redirect string, flow Flow) (string, Flow, error) {
	oauth, _, err := p.client(ctx, redirect)
	if err != nil {
		return "", Flow{}, err
	}
	flow.State, flow.Nonce, flow.Verifier = engine.RandomText(24), engine.RandomText(24), oauth2.GenerateVerifier()
	flow.Until = p.config.Clock().Add(flowLife)
	return oauth.AuthCodeURL(flow.State, oidc.Nonce(flow.Nonce), oauth2.S256ChallengeOption(flow.Verifier)), flow, nil
}

// Identity is who a provider says somebody is.
type Identity struct {
	Issuer, Subject string
	// Email is set only where the provider has verified it.
	Email string
}

// Finish turns the provider's answer into who came: it trades the code, and
// believes no token that is not of this issuer, for this engine, of now, signed,
// and for this browser.
func (p *Provider) Finish(ctx context.Context, redirect string, flow Flow, answer url.Values) (Identity, error) {
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(flow.State)) != 1 || flow.State == "" || p.config.Clock().After(flow.Until) {
		return Identity{}, throughline.Errorf(throughline.Invalid, "this answer does not belong to a sign-in that began here").WithFix("sign in again from the start")
	}
	if e := answer.Get("error"); e != "" {
		return Identity{}, throughline.Errorf(throughline.Unauthorized, "%s did not let you in", p.config.Title).WithFix("try again, or sign in with a password")
	}
	oauth, verifier, err := p.client(ctx, redirect)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, p.config.Client)
	token, err := oauth.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(flow.Verifier))
	if err != nil {
		return Identity{}, p.wrong(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, p.wrong(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(flow.Nonce)) != 1 {
		return Identity{}, p.wrong(throughline.Errorf(throughline.Unauthorized, "the nonce is another"))
	}
	who := Identity{Issuer: id.Issuer, Subject: id.Subject}
	who.Email, err = p.email(ctx, id, token)
	return who, err
}

// email returns the verified e-mail that the id token has or, where e-mails count
// and it has none, that the provider tells of the same person; else "".
func (p *Provider) email(ctx context.Context, id *oidc.IDToken, token *oauth2.Token) (string, error) {
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", p.wrong(err)
	}
	if claims.Email == "" && p.config.ByEmail && p.known.UserInfoEndpoint() != "" {
		info, err := p.known.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return "", p.wrong(err)
		}
		if info.Subject != id.Subject {
			return "", p.wrong(throughline.Errorf(throughline.Unauthorized, "the subject is another"))
		}
		claims.Email, claims.Verified = info.Email, info.EmailVerified
	}
	if !claims.Verified {
		return "", nil
	}
	return claims.Email, nil
}

// client asks the provider what it is, unless it has said so before.
func (p *Provider) client(ctx context.Context, redirect string) (*oauth2.Config, *oidc.IDTokenVerifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		// What is found is kept beyond the request that asked.
		lasting := oidc.ClientContext(context.WithoutCancel(ctx), p.config.Client)
		known, err := oidc.NewProvider(lasting, p.config.Issuer)
		if err != nil {
			return nil, nil, throughline.Errorf(throughline.Unavailable, "%s does not answer as it should", p.config.Title).
				WithFix("sign in with a password, or try again in a moment")
		}
		p.known = known
	}
	verifier := p.known.Verifier(&oidc.Config{
		ClientID: p.config.ClientID,
		Now:      func() time.Time { return p.config.Clock().Add(-skew) },
		SupportedSigningAlgs: []string{
			oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
			oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
		},
	})
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.Secret, RedirectURL: redirect,
		Endpoint: p.known.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "email"},
	}, verifier, nil
}

// wrong is what somebody is told of an answer that is not believed.
func (p *Provider) wrong(cause error) error {
	e := throughline.Errorf(throughline.Unauthorized, "%s answered in a way this engine does not believe", p.config.Title).
		WithFix("sign in with a password, or tell who runs the engine")
	e.Err = cause
	return e
}

// linked is a provider's identity and the person it belongs to.
type linked struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
}

func (a *Access) identityKey(who Identity) string {
	return a.hash("identity", who.Issuer+"\x00"+who.Subject)
}

// SignInAs lets in the person to whom an identity is linked. Where the provider
// is trusted with e-mails, a verified one that is a Person's links it.
func (a *Access) SignInAs(ctx context.Context, p *Provider, who Identity, from Origin) (in Entered, err error) {
	err = a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		person, err := a.personOf(tx, p, who)
		if err != nil {
			return err
		}
		in, err = a.open(tx, person, from)
		return err
	})
	return in, err
}

func (a *Access) personOf(tx record.Tx, p *Provider, who Identity) (string, error) {
	var l linked
	_, err := engine.GetJSON(tx, bucketIdentities, a.identityKey(who), &l)
	if ignoreNotFound(err) != nil {
		return "", err
	}
	if err != nil && p.config.ByEmail && who.Email != "" {
		if l.Person, err = personNamed(tx, who.Email); err != nil {
			return "", err
		}
		if l.Person != "" {
			if err := a.link(tx, who, l.Person); err != nil {
				return "", err
			}
		}
	}
	caller, _, err := personIn(tx, l.Person)
	if err != nil {
		return "", err
	}
	if caller.Stranger() {
		return "", throughline.Errorf(throughline.Unauthorized, "%s knows you, and this engine does not yet", p.config.Title).
			WithFix("ask somebody who works here for an invitation, and continue with %s from its link", p.config.Title)
	}
	return l.Person, nil
}

// link makes an identity a person's. It belongs to one.
func (a *Access) link(tx record.Tx, who Identity, person string) error {
	var l linked
	_, err := engine.GetJSON(tx, bucketIdentities, a.identityKey(who), &l)
	if ignoreNotFound(err) != nil {
		return err
	}
	if err == nil && l.Person != person {
		return throughline.Errorf(throughline.Conflict, "this account belongs to another person here already").WithFix("use another account, or choose a password")
	}
	return engine.PutJSON(tx, bucketIdentities, a.identityKey(who), linked{person, a.core.Now()}, record.AnyVersion)
}

// AcceptAs accepts a one-time link with an identity instead of a password.
func (a *Access) AcceptAs(ctx context.Context, secret string, who Identity, from Origin) (Entered, error) {
	return a.acceptWith(ctx, secret, "oidc", from, func(tx record.Tx, person string) error { return a.link(tx, who, person) })
}
