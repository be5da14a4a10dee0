package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// TokenRequest asks for a service token.
type TokenRequest struct {
	Name  string
	Scope Scope
	// Life is how long it holds; zero is until it is revoked.
	Life time.Duration
	// Limits, when there are any, are the most it may do of what its creator may.
	// They are for tokens with the scope manage.
	Limits []throughline.Grant
}

// CreateToken makes a token and returns its secret, which is not kept. A name
// that is taken is a conflict. Keys that read or write take RightOperate, keys
// that manage RightOwn.
func (a *Access) CreateToken(ctx context.Context, by engine.Caller, ask TokenRequest) (secret string, err error) {
	if err := ask.check(by); err != nil {
		return "", err
	}
	now := a.core.Now()
	t := storedToken{Token: Token{
		Name: ask.Name, Scope: ask.Scope, CreatedBy: by.Actor.ID, CreatedAt: now, AtShell: by.Shell, Limits: ask.Limits,
	}}
	if by.Actor.Kind == throughline.ActorService { // a key's keys are its person's
		t.CreatedBy = by.Actor.OnBehalfOf
		t.Limits = append(t.Limits, by.Limits...)
	}
	if ask.Life > 0 {
		t.ExpiresAt = now.Add(ask.Life)
	}
	secret = "tl_" + string(ask.Scope) + "_" + engine.RandomText(32)
	t.Hash = a.hash("token", secret)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		if err := engine.PutJSON(tx, engine.BucketTokens, ask.Name, t, 0); err != nil {
			if throughline.CodeOf(err) == throughline.Conflict {
				return throughline.Errorf(throughline.Conflict, "a token named %q exists already", ask.Name).WithFix("revoke it first, or choose another name")
			}
			return err
		}
		if err := a.forgetUse(tx, ask.Name); err != nil {
			return err
		}
		payload := throughline.AccessChanged{Token: ask.Name, Scopes: []string{string(ask.Scope)}}
		return tx.Outbox(a.core.NewEvent(throughline.EventAccessGranted, payload, by.Actor, "access/"+t.Hash))
	})
	a.forgetTokens()
	return secret, err
}

func (ask TokenRequest) check(by engine.Caller) error {
	switch {
	case !throughline.ValidName(ask.Name):
		return throughline.Errorf(throughline.Invalid, "%q cannot name a token", ask.Name).WithFix("use lower-case letters, digits, -, . and /").At("name")
	case ask.Scope != ScopeWrite && ask.Scope != ScopeRead && ask.Scope != ScopeManage:
		return throughline.Errorf(throughline.Invalid, "there is no scope %q", ask.Scope).WithFix("scopes are write, read and manage").At("scope")
	case ask.Name == CommandLine && (!by.Shell || by.Actor.Kind == throughline.ActorService):
		return throughline.Errorf(throughline.Forbidden, "the name %s is kept for the key of a person at a shell", ask.Name).WithFix("choose another name").At("name")
	case ask.Life < 0:
		return throughline.Errorf(throughline.Invalid, "a token cannot expire before it is made").WithFix("give a lifetime such as 90d, or none").At("life")
	case ask.Scope != ScopeManage && len(ask.Limits) > 0:
		return throughline.Errorf(throughline.Invalid, "a key with the scope %s has no limits but its scope", ask.Scope).WithFix("leave them out, or make a key with the scope manage").At("limits")
	}
	if err := declare.CheckGrants("limits", ask.Limits); err != nil {
		return err
	}
	return by.Need(rightFor(ask.Scope))
}

// rightFor returns the right to make or revoke a token of a scope.
func rightFor(s Scope) engine.Right {
	if s == ScopeManage {
		return engine.RightOwn
	}
	return engine.RightOperate
}

// RevokeToken ends a token at once. Whoever made it may, and who may make one
// like it.
func (a *Access) RevokeToken(ctx context.Context, by engine.Caller, name string) error {
	err := a.core.Update(ctx, func(tx record.Tx) error {
		var t storedToken
		if _, err := engine.GetJSON(tx, engine.BucketTokens, name, &t); err != nil {
			if throughline.CodeOf(err) == throughline.NotFound {
				return throughline.Errorf(throughline.NotFound, "there is no token named %q", name).WithFix("list them with: throughline token list")
			}
			return err
		}
		own := by.Actor.Kind == throughline.ActorPerson && by.Actor.ID == t.CreatedBy
		if err := by.Need(rightFor(t.Scope)); err != nil && !own {
			return err
		}
		if err := tx.Delete(engine.BucketTokens, name); err != nil {
			return err
		}
		payload := throughline.AccessChanged{Token: name, Scopes: []string{string(t.Scope)}}
		return tx.Outbox(a.core.NewEvent(throughline.EventAccessRevoked, payload, by.Actor, "revoke/"+t.Hash))
	})
	a.forgetTokens()
	return err
}
