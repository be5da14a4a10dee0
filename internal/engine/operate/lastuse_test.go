package operate_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestWhenATokenWasLastUsed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 23, 0, 0, 0, time.UTC)
	clock := make(chan time.Time, 1)
	clock <- now
	e := enginetest.Open(t, enginetest.Options{Clock: func() time.Time { at := <-clock; clock <- at; return at }})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- e.Access.Run(ctx) }()
	defer func() { stop(); <-done }()
	create := func() string {
		t.Helper()
		secret, err := e.Access.CreateToken(t.Context(), enginetest.Shell(), operate.TokenRequest{Name: "site", Scope: operate.ScopeRead})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	last := func() string {
		t.Helper()
		all, err := e.Access.Tokens(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].LastUsed
	}
	secret := create()
	use := func() {
		t.Helper()
		if _, err := e.Access.Authenticate(t.Context(), secret, operate.ScopeRead); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("never at first, and a request that is refused is no use", func(t *testing.T) {
		if _, err := e.Access.Authenticate(t.Context(), secret, operate.ScopeManage); err == nil {
			t.Fatal("it was let in")
		}
		if got := last(); got != "" {
			t.Errorf("used on %q", got)
		}
	})
	t.Run("then its day, and the next", func(t *testing.T) {
		use()
		enginetest.Eventually(t, "the day is written", func() bool { return last() == "2026-05-04" })
		<-clock
		clock <- now.Add(2 * time.Hour)
		use()
		enginetest.Eventually(t, "the next day is written", func() bool { return last() == "2026-05-05" })
	})
	t.Run("another of the same name begins anew", func(t *testing.T) {
		if err := e.Access.RevokeToken(t.Context(), enginetest.Shell(), "site"); err != nil {
			t.Fatal(err)
		}
		secret = create()
		if got := last(); got != "" {
			t.Errorf("used on %q", got)
		}
		use()
		enginetest.Eventually(t, "its own day is written", func() bool { return last() == "2026-05-05" })
	})
}
