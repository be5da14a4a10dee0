package operate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Scope is what a service token may do. Each scope opens only its own doors.
type Scope string

// The scopes.
const (
	ScopeWrite  Scope = "write"  // send events: /v1/track, /v1/batch and their kin
	ScopeRead   Scope = "read"   // ask for decisions: OFREP
	ScopeManage Scope = "manage" // everything under /api/v1
)

// Token is a service token as it is kept: without its secret.
type Token struct {
	Name      string `json:"name"`
	Scope     Scope  `json:"scope"`
	CreatedBy string `json:"createdBy"`
	// AtShell says that it was made by whoever holds the data folder.
	AtShell bool `json:"atShell,omitempty"`
	// Limits, when there are any, are the most it may do of what its creator may.
	Limits    []throughline.Grant `json:"limits,omitempty"`
	CreatedAt time.Time           `json:"createdAt"`
	// ExpiresAt is zero for a token that lasts until it is revoked.
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// LastUsed is the last day in UTC that it let a request in, such as 2026-05-04;
	// empty for never. It is kept beside the token, and not with it.
	LastUsed string `json:"lastUsed,omitempty"`
}

// CommandLine names the token that a serving engine leaves for commands on its
// machine. It stands for the person who started the engine, who alone can read
// it, so that a change is by the same person whether or not the engine runs.
const CommandLine = "command-line"

// Actor returns who a request with the token is by.
func (t Token) Actor() throughline.Actor {
	if t.Name == CommandLine {
		return throughline.Actor{Kind: throughline.ActorPerson, ID: t.CreatedBy}
	}
	return throughline.Actor{Kind: throughline.ActorService, ID: t.Name, OnBehalfOf: t.CreatedBy}
}

// Access knows who may come in: service tokens, people and their sessions.
// Secrets are kept only as keyed hashes.
type Access struct {
	core *engine.Core

	mu   sync.Mutex
	keys atomic.Pointer[keys] // nil until they are read, and after one changed

	uses   chan string // names of tokens whose day Run writes down
	usedOn sync.Map    // name -> the day that is written down, or on its way

	signingIn chan struct{} // bounds the memory that password hashing takes
}

const (
	// tokenAge bounds how long another process's revocation may go unseen;
	// tokenGrace how long while the record cannot be read.
	tokenAge   = time.Second
	tokenGrace = time.Minute
)

type storedToken struct {
	Token
	Hash string `json:"hash"`
}

// NewAccess returns the access of an engine.
func NewAccess(core *engine.Core) *Access {
	return &Access{core: core, signingIn: make(chan struct{}, 2), uses: make(chan string, waitingUses)}
}

func (a *Access) hash(purpose, secret string) string {
	mac := hmac.New(sha256.New, a.core.Pepper())
	mac.Write([]byte(purpose + "\x00" + secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// Tokens returns every token, by name.
func (a *Access) Tokens(ctx context.Context) ([]Token, error) {
	var stored []storedToken
	err := a.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if stored, err = tokensIn(r); err == nil {
			err = lastUsed(r, stored)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, len(stored))
	for i, t := range stored {
		tokens[i] = t.Token
	}
	return tokens, nil
}

func (a *Access) readTokens(ctx context.Context) (tokens []storedToken, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		tokens, err = tokensIn(r)
		return err
	})
	return tokens, err
}

func tokensIn(r record.Reader) (tokens []storedToken, err error) {
	err = engine.EachJSON(r, engine.BucketTokens, func(_ string, t storedToken) error {
		tokens = append(tokens, t)
		return nil
	})
	return tokens, err
}

// Authenticate returns the token of a secret that holds and has the scope. An
// unknown, revoked or expired secret is Unauthorized; another scope is Forbidden.
func (a *Access) Authenticate(ctx context.Context, secret string, want Scope) (Token, error) {
	secret = strings.TrimSuffix(secret, ":")
	if secret == "" {
		return Token{}, throughline.Errorf(throughline.Unauthorized, "a key is needed").WithFix("send a %s key; make one with: throughline token create NAME --scope %s", want, want)
	}
	t, ok, err := a.lookup(ctx, a.hash("token", secret))
	if err != nil {
		return Token{}, err
	}
	if !ok || (!t.ExpiresAt.IsZero() && !a.core.Now().Before(t.ExpiresAt)) {
		return Token{}, throughline.Errorf(throughline.Unauthorized, "the key is unknown, expired or revoked").WithFix("make a new one with: throughline token create NAME --scope %s", want)
	}
	if t.Scope != want {
		return Token{}, throughline.Errorf(throughline.Forbidden, "a key with scope %s may not do this", t.Scope).WithFix("use a key with scope %s", want)
	}
	a.use(t.Name)
	return t, nil
}

// keys are all tokens by the hash of their secret, as they were at a moment.
type keys struct {
	byHash map[string]Token
	readAt time.Time
	// triedAt is when they were last asked for, whether or not an answer came.
	triedAt time.Time
}

func (a *Access) lookup(ctx context.Context, hash string) (Token, bool, error) {
	k, now := a.keys.Load(), a.core.Clock()
	if k == nil || now.Sub(k.triedAt) > tokenAge || now.Before(k.triedAt) {
		var err error
		if k, err = a.reread(ctx, k, now); err != nil {
			return Token{}, false, err
		}
	}
	t, ok := k.byHash[hash]
	return t, ok, nil
}

// reread reads the keys again. Whoever comes while they are read, or finds them
// unreadable, is served with those known for as long as tokenGrace: a decision
// does not wait for the record.
func (a *Access) reread(ctx context.Context, known *keys, now time.Time) (*keys, error) {
	mayUse := known != nil && now.Sub(known.readAt) < tokenGrace && !now.Before(known.readAt)
	if !mayUse {
		a.mu.Lock()
	} else if !a.mu.TryLock() {
		return known, nil
	}
	defer a.mu.Unlock()
	if k := a.keys.Load(); k != nil && k != known {
		return k, nil // somebody else has read them while this waited
	}
	stored, err := a.readTokens(ctx)
	if err != nil {
		if !mayUse {
			return nil, err
		}
		again := *known
		again.triedAt = now
		a.keys.Store(&again)
		return known, nil
	}
	k := &keys{byHash: make(map[string]Token, len(stored)), readAt: now, triedAt: now}
	for _, t := range stored {
		k.byHash[t.Hash] = t.Token
	}
	a.keys.Store(k)
	return k, nil
}

// forgetTokens makes the next request read the keys: one of them changed. It
// waits for a reading that may have begun before the change.
func (a *Access) forgetTokens() {
	a.mu.Lock()
	a.keys.Store(nil)
	a.mu.Unlock()
}
