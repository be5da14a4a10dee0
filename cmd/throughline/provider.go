package main

import (
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// providerFlags name an OpenID Connect provider that people sign in with beside
// passwords. Its secret is never on the command line, where others can read it.
type providerFlags struct {
	Issuer     string `help:"Address of an OpenID Connect provider to sign in with." env:"THROUGHLINE_OIDC_ISSUER" placeholder:"URL"`
	ClientID   string `help:"What this engine is called there." env:"THROUGHLINE_OIDC_CLIENT_ID" placeholder:"ID"`
	SecretFile string `help:"A file with the client's secret; or put it in THROUGHLINE_OIDC_SECRET." env:"THROUGHLINE_OIDC_SECRET_FILE" placeholder:"FILE" type:"path"`
	Title      string `help:"What the button calls the provider." env:"THROUGHLINE_OIDC_TITLE" placeholder:"NAME"`
	ByEmail    bool   `help:"Let in whoever it says has the verified e-mail of a Person, without a link first." env:"THROUGHLINE_OIDC_BY_EMAIL"`
}

// provider returns the provider that the flags name, or nil where they name none.
func (f providerFlags) provider() (*operate.Provider, error) {
	if f.Issuer == "" {
		return nil, nil
	}
	secret := os.Getenv("THROUGHLINE_OIDC_SECRET")
	if f.SecretFile != "" {
		b, err := os.ReadFile(f.SecretFile)
		if err != nil {
			return nil, throughline.Errorf(throughline.Invalid, "the provider's secret cannot be read: %w", err).At(f.SecretFile)
		}
		secret = strings.TrimSpace(string(b))
	}
	return operate.NewProvider(operate.ProviderConfig{
		Issuer: f.Issuer, ClientID: f.ClientID, Secret: secret, Title: f.Title, ByEmail: f.ByEmail, Clock: time.Now,
	})
}

// publicURL checks how people are said to reach the engine.
func publicURL(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", throughline.Errorf(throughline.Invalid, "%q is not how people can reach an engine", s).WithFix("write scheme and host alone, such as https://content.example.org")
	}
	return u.Scheme + "://" + u.Host, nil
}
