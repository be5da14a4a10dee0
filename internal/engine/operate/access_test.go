package operate_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func want(t *testing.T, err error, code throughline.Code) {
	t.Helper()
	if throughline.CodeOf(err) != code {
		t.Errorf("%v, want %q", err, code)
	}
}

// inFiles reports whether any byte of the data folder has the text.
func inFiles(t *testing.T, folder, text string) (found bool) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestTokens(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	other := enginetest.Join(t, e.Core.Record, e.Store, enginetest.Options{Clock: clock.Now})
	ana := engine.AtShell(enginetest.Ana())
	secret, err := e.Access.CreateToken(t.Context(), ana, operate.TokenRequest{Name: "site", Scope: operate.ScopeRead, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	check := func(p *enginetest.Process, secret string, scope operate.Scope) error {
		_, err := p.Access.Authenticate(t.Context(), secret, scope)
		return err
	}
	t.Run("its secret is in no file, its name is", func(t *testing.T) {
		if inFiles(t, e.Folder, secret) || inFiles(t, e.Folder, strings.TrimPrefix(secret, "tl_read_")) || !inFiles(t, e.Folder, "site") {
			t.Error("the secret is kept, or the search is blind")
		}
	})
	t.Run("it opens its own scope in every process, and no other", func(t *testing.T) {
		want(t, check(e.Process, secret, operate.ScopeRead), "")
		want(t, check(other, secret, operate.ScopeRead), "")
		want(t, check(e.Process, secret+":", operate.ScopeRead), "")
		want(t, check(e.Process, secret, operate.ScopeWrite), throughline.Forbidden)
		want(t, check(e.Process, secret, operate.ScopeManage), throughline.Forbidden)
		for _, wrong := range []string{"", ":", secret[:len(secret)-1], secret + "x", "tl_read_"} {
			want(t, check(e.Process, wrong, operate.ScopeRead), throughline.Unauthorized)
		}
	})
	t.Run("its time ends it", func(t *testing.T) {
		clock.Turn(time.Hour - time.Microsecond)
		want(t, check(e.Process, secret, operate.ScopeRead), "")
		clock.Turn(time.Microsecond)
		want(t, check(e.Process, secret, operate.ScopeRead), throughline.Unauthorized)
	})
	t.Run("revoking ends it at once here, and within a second elsewhere", func(t *testing.T) {
		lasting, err := e.Access.CreateToken(t.Context(), ana, operate.TokenRequest{Name: "lasting", Scope: operate.ScopeRead})
		if err != nil {
			t.Fatal(err)
		}
		clock.Turn(2 * time.Second)
		want(t, check(e.Process, lasting, operate.ScopeRead), "")
		want(t, check(other, lasting, operate.ScopeRead), "")
		if err := e.Access.RevokeToken(t.Context(), ana, "lasting"); err != nil {
			t.Fatal(err)
		}
		want(t, check(e.Process, lasting, operate.ScopeRead), throughline.Unauthorized)
		clock.Turn(time.Second + time.Microsecond)
		want(t, check(other, lasting, operate.ScopeRead), throughline.Unauthorized)
		want(t, e.Access.RevokeToken(t.Context(), ana, "lasting"), throughline.NotFound)
	})
	t.Run("a name is taken once, and has a form; a scope and a life have theirs", func(t *testing.T) {
		for _, c := range []struct {
			name  string
			scope operate.Scope
			life  time.Duration
			code  throughline.Code
		}{
			{"site", operate.ScopeRead, 0, throughline.Conflict},
			{"My Site", operate.ScopeRead, 0, throughline.Invalid},
			{"all", "all", 0, throughline.Invalid},
			{"past", operate.ScopeRead, -time.Second, throughline.Invalid},
		} {
			_, err := e.Access.CreateToken(t.Context(), ana, operate.TokenRequest{Name: c.name, Scope: c.scope, Life: c.life})
			want(t, err, c.code)
		}
	})
	t.Run("each change is an event that names who made it", func(t *testing.T) {
		granted, revoked := 0, 0
		for _, ev := range e.Events(t) {
			switch ev.Type {
			case throughline.EventAccessGranted:
				granted++
			case throughline.EventAccessRevoked:
				revoked++
			default:
				continue
			}
			if ev.Actor != ana.Actor {
				t.Errorf("by %+v", ev.Actor)
			}
		}
		if granted != 2 || revoked != 1 {
			t.Errorf("%d granted, %d revoked", granted, revoked)
		}
	})
}

const password = "four plain words here"

func TestInvitation(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	invite := func() string {
		t.Helper()
		secret, err := e.Access.InviteOwner(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	accept := func(secret, password string) (string, error) {
		in, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{})
		return in.Cookie, err
	}
	t.Run("before an engine is declared there is nothing to own", func(t *testing.T) {
		_, err := accept(invite(), password)
		want(t, err, throughline.Conflict)
	})
	e.Apply(t, enginetest.Workspace)
	first := invite()
	t.Run("a password has its limits", func(t *testing.T) {
		for _, p := range []string{"", "nine char", strings.Repeat("x", 257)} {
			_, err := accept(first, p)
			want(t, err, throughline.Invalid)
		}
		if o, err := e.Access.Ownership(t.Context()); err != nil || o.Accepted || o.Person != "ana" {
			t.Errorf("%+v, %v", o, err)
		}
	})
	t.Run("a newer link ends the one before", func(t *testing.T) {
		older := first
		first = invite()
		_, err := accept(older, password)
		want(t, err, throughline.NotFound)
	})
	t.Run("a link is over after a day", func(t *testing.T) {
		clock.Turn(24*time.Hour + time.Microsecond)
		_, err := accept(first, password)
		want(t, err, throughline.NotFound)
	})
	t.Run("accepting signs in, and the link works once", func(t *testing.T) {
		secret := invite()
		if inFiles(t, e.Folder, secret) {
			t.Error("the secret of the link is kept")
		}
		cookie, err := accept(secret, password)
		if err != nil {
			t.Fatal(err)
		}
		if visit, err := e.Access.Visit(t.Context(), cookie); err != nil || visit.Caller.Actor != enginetest.Ana() || !visit.Caller.Owner {
			t.Errorf("%+v, %v", visit, err)
		}
		if o, err := e.Access.Ownership(t.Context()); err != nil || !o.Accepted || !o.AcceptedAt.Equal(clock.Now()) {
			t.Errorf("%+v, %v", o, err)
		}
		_, err = accept(secret, "another password of theirs")
		want(t, err, throughline.Conflict)
		if inFiles(t, e.Folder, cookie) || inFiles(t, e.Folder, password) {
			t.Error("the cookie or the password is kept")
		}
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	secret, err := e.Access.InviteOwner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{}); err != nil {
		t.Fatal(err)
	}
	signIn := func(person, password string) (cookie string, took time.Duration, err error) {
		start := time.Now()
		in, err := e.Access.SignIn(t.Context(), person, password, operate.Origin{})
		return in.Cookie, time.Since(start), err
	}
	holds := func(cookie string) bool {
		t.Helper()
		visit, err := e.Access.Visit(t.Context(), cookie)
		if err != nil {
			t.Fatal(err)
		}
		return !visit.Caller.Stranger()
	}
	t.Run("a wrong password and an unknown person are the same error after the same work", func(t *testing.T) {
		_, wrong, wrongErr := signIn("ana", "not the password")
		_, unknown, unknownErr := signIn("nobody", "not the password")
		want(t, wrongErr, throughline.Unauthorized)
		if wrongErr.Error() != unknownErr.Error() {
			t.Errorf("%v, and %v", wrongErr, unknownErr)
		}
		// A password that is not hashed is refused a hundred times as fast; a busy
		// machine makes no such difference.
		if unknown*10 < wrong || wrong*10 < unknown {
			t.Errorf("%s for a wrong password, %s for an unknown person", wrong, unknown)
		}
		_, _, err := signIn("ana", password+strings.Repeat("x", 256))
		want(t, err, throughline.Unauthorized)
		_, _, err = signIn("../ana", password)
		want(t, err, throughline.Unauthorized)
	})
	cookie, _, err := signIn("ana", password)
	if err != nil || !holds(cookie) {
		t.Fatal(err)
	}
	t.Run("the name that colleagues see does, until two have it", func(t *testing.T) {
		const twin = "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: other}\nspec: {name: %s}\n"
		if by, _, err := signIn("ana keller", password); err != nil || !holds(by) {
			t.Errorf("it does not: %v", err)
		}
		e.Apply(t, fmt.Sprintf(twin, "Ana Keller"))
		_, _, err := signIn("Ana Keller", password)
		want(t, err, throughline.Unauthorized)
		if by, _, err := signIn("ana", password); err != nil || !holds(by) {
			t.Errorf("the Person's own name does not: %v", err)
		}
		e.Apply(t, fmt.Sprintf(twin, "ana")) // who is called as somebody else's Person is
		if by, _, err := signIn("ana", password); err != nil || !holds(by) {
			t.Errorf("a name comes after what others are called: %v", err)
		}
	})
	t.Run("signing out ends that session and no other", func(t *testing.T) {
		second, _, err := signIn("ana", password)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Access.SignOut(t.Context(), second); err != nil || holds(second) || !holds(cookie) {
			t.Errorf("%v; signed out %v, the other %v", err, !holds(second), holds(cookie))
		}
	})
	t.Run("no cookie and a made-up one hold nothing", func(t *testing.T) {
		if holds("") || holds("made-up") {
			t.Error("somebody is signed in")
		}
	})
	t.Run("a session ends three days after it was last used", func(t *testing.T) {
		clock.Turn(3*24*time.Hour - time.Microsecond)
		if !holds(cookie) {
			t.Error("it ended early")
		}
		clock.Turn(3 * 24 * time.Hour)
		if holds(cookie) {
			t.Error("it goes on")
		}
	})
	t.Run("a session that is used ends after fourteen days", func(t *testing.T) {
		cookie, _, err := signIn("ana", password)
		if err != nil {
			t.Fatal(err)
		}
		for range 13 {
			clock.Turn(24 * time.Hour)
			if !holds(cookie) {
				t.Fatal("it ended early")
			}
		}
		clock.Turn(24 * time.Hour)
		if holds(cookie) {
			t.Error("it goes on")
		}
	})
	t.Run("a person who is no longer declared is out at once", func(t *testing.T) {
		cookie, _, err := signIn("ana", password)
		if err != nil {
			t.Fatal(err)
		}
		e.Apply(t, strings.NewReplacer("name: ana", "name: bea", "Ana Keller", "Bea Ott", "owner: ana", "owner: bea").Replace(people))
		if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Delete: []throughline.Ref{{Kind: throughline.KindPerson, Name: "ana"}}}); err != nil {
			t.Fatal(err)
		}
		if holds(cookie) {
			t.Error("the session goes on")
		}
		_, _, err = signIn("ana", password)
		want(t, err, throughline.Unauthorized)
		if o, err := e.Access.Ownership(t.Context()); err != nil || o.Accepted || o.Person != "bea" {
			t.Errorf("another owner has not accepted: %+v, %v", o, err)
		}
	})
}

const people = `
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Keller, discipline: operations}
---
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana}
`
