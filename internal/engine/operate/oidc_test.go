package operate_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// liar is an OpenID Connect provider that answers what a test tells it to. One
// that tells the truth runs in e2e, and is somebody else's.
type liar struct {
	*httptest.Server
	key *rsa.PrivateKey
	// issuer is what the description says; claims change the true ones; alg is
	// what the token's header says; signer signs instead of key.
	issuer string
	claims map[string]any
	alg    string
	signer *rsa.PrivateKey
	nonce  string
	// verifier is the PKCE verifier that came with the code.
	verifier string
	down     bool
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{key: key, alg: "RS256"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if l.down {
			http.Error(w, "<html>down", http.StatusBadGateway)
			return
		}
		issuer := l.issuer
		if issuer == "" {
			issuer = l.URL
		}
		json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "none"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		l.verifier = r.PostFormValue("code_verifier")
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": l.token(t)})
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token is an id token of now, with the lies of the test in it.
func (l *liar) token(t *testing.T) string {
	claims := map[string]any{
		"iss": l.URL, "sub": "subject-1", "aud": "engine", "nonce": l.nonce, "iat": noon.Unix(), "exp": noon.Add(5 * time.Minute).Unix(),
		"email": "steve@example.org", "email_verified": true,
	}
	maps.Copy(claims, l.claims)
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		return b64(b)
	}
	signed := part(map[string]string{"alg": l.alg, "kid": "1"}) + "." + part(claims)
	if l.alg == "none" {
		return signed + "."
	}
	key := l.key
	if l.signer != nil {
		key = l.signer
	}
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Error(err)
	}
	return signed + "." + b64(sig)
}

func (l *liar) provider(t *testing.T, change func(*operate.ProviderConfig)) *operate.Provider {
	t.Helper()
	c := operate.ProviderConfig{Issuer: l.URL, ClientID: "engine", Secret: "s", Title: "Harbour ID", Clock: func() time.Time { return noon }}
	if change != nil {
		change(&c)
	}
	p, err := operate.NewProvider(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const redirect = "http://engine.test/sign-in/oidc"

// come signs in as far as the provider's part goes.
func (l *liar) come(ctx context.Context, p *operate.Provider) (operate.Identity, error) {
	to, flow, err := p.Begin(ctx, redirect, operate.Flow{})
	if err != nil {
		return operate.Identity{}, err
	}
	u, err := url.Parse(to)
	if err != nil {
		return operate.Identity{}, err
	}
	l.nonce = u.Query().Get("nonce")
	return p.Finish(ctx, redirect, flow, url.Values{"code": {"c"}, "state": {u.Query().Get("state")}})
}

func TestWhatAProviderSays(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		lie  func(*liar)
		code throughline.Code
	}{
		"the truth is believed":                       {func(*liar) {}, ""},
		"a clock half a minute behind is":             {func(l *liar) { l.claims = map[string]any{"exp": noon.Add(-30 * time.Second).Unix()} }, ""},
		"an expired token is not":                     {func(l *liar) { l.claims = map[string]any{"exp": noon.Add(-2 * time.Minute).Unix()} }, throughline.Unauthorized},
		"a token of tomorrow is not":                  {func(l *liar) { l.claims = map[string]any{"nbf": noon.Add(24 * time.Hour).Unix()} }, throughline.Unauthorized},
		"another nonce is not":                        {func(l *liar) { l.claims = map[string]any{"nonce": "another"} }, throughline.Unauthorized},
		"no nonce is not":                             {func(l *liar) { l.claims = map[string]any{"nonce": ""} }, throughline.Unauthorized},
		"a token for another engine is not":           {func(l *liar) { l.claims = map[string]any{"aud": "another"} }, throughline.Unauthorized},
		"a token of another issuer is not":            {func(l *liar) { l.claims = map[string]any{"iss": "https://evil.example"} }, throughline.Unauthorized},
		"a token that nobody signed is not":           {func(l *liar) { l.alg = "none" }, throughline.Unauthorized},
		"a token with a shared secret is not":         {func(l *liar) { l.alg = "HS256" }, throughline.Unauthorized},
		"a token that a stranger signed is not":       {func(l *liar) { l.signer = other }, throughline.Unauthorized},
		"a provider that calls itself another is not": {func(l *liar) { l.issuer = "https://evil.example" }, throughline.Unavailable},
		"a provider that is down says nothing":        {func(l *liar) { l.down = true }, throughline.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t)
			c.lie(l)
			who, err := l.come(t.Context(), l.provider(t, nil))
			want(t, err, c.code)
			if c.code == "" && (who.Subject != "subject-1" || who.Email != "steve@example.org") {
				t.Errorf("%+v", who)
			}
			if err != nil && strings.Contains(err.Error(), "subject-1") {
				t.Errorf("it tells too much: %v", err)
			}
		})
	}
	t.Run("one that comes back up is asked again", func(t *testing.T) {
		l := newLiar(t)
		l.down = true
		p := l.provider(t, nil)
		_, err := l.come(t.Context(), p)
		want(t, err, throughline.Unavailable)
		l.down = false
		_, err = l.come(t.Context(), p)
		want(t, err, "")
	})
	t.Run("the code is bound to who began, by PKCE", func(t *testing.T) {
		l := newLiar(t)
		p := l.provider(t, nil)
		to, flow, err := p.Begin(t.Context(), redirect, operate.Flow{})
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(to)
		sum := sha256.Sum256([]byte(flow.Verifier))
		if q := u.Query(); q.Get("code_challenge") != b64(sum[:]) || q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != redirect {
			t.Errorf("%v", u.Query())
		}
		l.nonce = flow.Nonce
		if _, err := p.Finish(t.Context(), redirect, flow, url.Values{"code": {"c"}, "state": {flow.State}}); err != nil || l.verifier != flow.Verifier {
			t.Errorf("%v, verifier %q", err, l.verifier)
		}
	})
	t.Run("another state, none, and one that is too old are not taken", func(t *testing.T) {
		l := newLiar(t)
		now := noon
		p := l.provider(t, func(c *operate.ProviderConfig) { c.Clock = func() time.Time { return now } })
		_, flow, err := p.Begin(t.Context(), redirect, operate.Flow{})
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range []string{"", "another"} {
			_, err := p.Finish(t.Context(), redirect, flow, url.Values{"code": {"c"}, "state": {state}})
			want(t, err, throughline.Invalid)
		}
		_, err = p.Finish(t.Context(), redirect, operate.Flow{Until: noon.Add(time.Hour)}, url.Values{"code": {"c"}, "state": {""}})
		want(t, err, throughline.Invalid)
		now = noon.Add(11 * time.Minute)
		_, err = p.Finish(t.Context(), redirect, flow, url.Values{"code": {"c"}, "state": {flow.State}})
		want(t, err, throughline.Invalid)
	})
	t.Run("an issuer without TLS is this machine, or refused", func(t *testing.T) {
		for issuer, code := range map[string]throughline.Code{
			"http://id.example.org": throughline.Invalid, "": throughline.Invalid, "id.example.org": throughline.Invalid,
			"https://id.example.org": "", "http://127.0.0.1:9": "", "http://localhost:9": "",
		} {
			_, err := operate.NewProvider(operate.ProviderConfig{Issuer: issuer, ClientID: "engine"})
			want(t, err, code)
		}
	})
}

func TestWhoAnIdentityIs(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	l := newLiar(t)
	strict := l.provider(t, nil)
	trusting := l.provider(t, func(c *operate.ProviderConfig) { c.ByEmail = true })
	who := operate.Identity{Issuer: l.URL, Subject: "mia-1"}
	t.Run("nobody, before a link", func(t *testing.T) {
		_, err := e.Access.SignInAs(t.Context(), strict, who, operate.Origin{})
		want(t, err, throughline.Unauthorized)
	})
	t.Run("who accepted with it", func(t *testing.T) {
		secret, err := e.Access.Invite(t.Context(), caller(t, e, "ana"), "mia", 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Access.AcceptAs(t.Context(), secret, who, operate.Origin{}); err != nil {
			t.Fatal(err)
		}
		in, err := e.Access.SignInAs(t.Context(), strict, who, operate.Origin{})
		if err != nil || in.Person != "mia" {
			t.Errorf("%+v, %v", in, err)
		}
	})
	t.Run("who accepts another way comes in by that alone", func(t *testing.T) {
		link := func() string {
			t.Helper()
			secret, err := e.Access.Invite(t.Context(), caller(t, e, "ana"), "mia", 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return secret
		}
		_, err := e.Access.Accept(t.Context(), link(), password, operate.Origin{})
		want(t, err, "")
		_, err = e.Access.SignInAs(t.Context(), strict, who, operate.Origin{})
		want(t, err, throughline.Unauthorized)
		_, err = e.Access.AcceptAs(t.Context(), link(), who, operate.Origin{})
		want(t, err, "")
		_, err = e.Access.SignIn(t.Context(), "mia", password, operate.Origin{})
		want(t, err, throughline.Unauthorized)
		_, err = e.Access.SignInAs(t.Context(), strict, who, operate.Origin{})
		want(t, err, "")
	})
	t.Run("one person, and no second", func(t *testing.T) {
		secret, err := e.Access.Invite(t.Context(), caller(t, e, "ana"), "dora", 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Access.AcceptAs(t.Context(), secret, who, operate.Origin{})
		want(t, err, throughline.Conflict)
		if _, err := e.Access.Invited(t.Context(), secret); err != nil {
			t.Errorf("the link is used up: %v", err)
		}
	})
	t.Run("whose verified e-mail it is, only where that is trusted", func(t *testing.T) {
		steve := operate.Identity{Issuer: l.URL, Subject: "steve-1", Email: "STEVE@example.org"}
		_, err := e.Access.SignInAs(t.Context(), strict, steve, operate.Origin{})
		want(t, err, throughline.Unauthorized)
		in, err := e.Access.SignInAs(t.Context(), trusting, steve, operate.Origin{})
		if err != nil || in.Person != "steve" {
			t.Errorf("%+v, %v", in, err)
		}
		unverified := operate.Identity{Issuer: l.URL, Subject: "steve-2"}
		_, err = e.Access.SignInAs(t.Context(), trusting, unverified, operate.Origin{})
		want(t, err, throughline.Unauthorized)
	})
}
