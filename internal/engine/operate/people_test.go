package operate_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

const staff = people + `---
apiVersion: throughline/v1
kind: Person
metadata: {name: steve}
spec: {name: Steve Ward, email: Steve@example.org, roles: [{role: steward}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: dora}
spec: {name: Dora Lenz, roles: [{role: steward, markets: [de]}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: mia}
spec: {name: Mia Bell, roles: [{role: maker}]}
`

// caller is what a person may do, as the doors would find out.
func caller(t *testing.T, e *enginetest.Engine, person string) engine.Caller {
	t.Helper()
	cookie, _, err := e.Access.StartSession(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	visit, err := e.Access.Visit(t.Context(), cookie)
	if err != nil {
		t.Fatal(err)
	}
	return visit.Caller
}

func openStaff(t *testing.T) (*enginetest.Engine, *enginetest.Clock) {
	t.Helper()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, staff)
	if err := e.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	return e, clock
}

func TestInvitingPeople(t *testing.T) {
	t.Parallel()
	e, clock := openStaff(t)
	ana, steve, dora, mia := caller(t, e, "ana"), caller(t, e, "steve"), caller(t, e, "dora"), caller(t, e, "mia")
	day := 24 * time.Hour
	t.Run("nobody makes a link for who may more than they do", func(t *testing.T) {
		for _, c := range []struct {
			by     engine.Caller
			person string
			code   throughline.Code
		}{
			{ana, "steve", ""},
			{steve, "mia", ""},
			{steve, "dora", ""},
			{steve, "ana", throughline.Forbidden},
			{dora, "steve", throughline.Forbidden},
			{dora, "mia", throughline.Forbidden},
			{mia, "mia", throughline.Forbidden},
			{engine.Caller{}, "mia", throughline.Unauthorized},
			{ana, "nobody", throughline.NotFound},
		} {
			_, err := e.Access.Invite(t.Context(), c.by, c.person, day)
			if throughline.CodeOf(err) != c.code {
				t.Errorf("%s for %s: %v, want %q", c.by.Actor.ID, c.person, err, c.code)
			}
		}
	})
	t.Run("a link lasts a day to a week", func(t *testing.T) {
		for _, life := range []time.Duration{0, day - 1, 7*day + 1} {
			_, err := e.Access.Invite(t.Context(), ana, "mia", life)
			want(t, err, throughline.Invalid)
		}
	})
	secret, err := e.Access.Invite(t.Context(), steve, "mia", 7*day)
	if err != nil || inFiles(t, e.Folder, secret) {
		t.Fatalf("%v, or the secret is kept", err)
	}
	t.Run("it says who is invited, and by whom", func(t *testing.T) {
		inv, err := e.Access.Invited(t.Context(), secret)
		if err != nil || inv.Person != "mia" || inv.By.Person != "steve" || inv.Owns || inv.Again {
			t.Errorf("%+v, %v", inv, err)
		}
	})
	t.Run("a revoked one opens nothing", func(t *testing.T) {
		open, err := e.Access.Invitations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, inv := range open {
			if inv.Person == "mia" {
				want(t, e.Access.RevokeInvitation(t.Context(), mia, inv.ID), throughline.Forbidden)
				want(t, e.Access.RevokeInvitation(t.Context(), steve, inv.ID), "")
			}
		}
		_, err = e.Access.Accept(t.Context(), secret, password, operate.Origin{})
		want(t, err, throughline.NotFound)
	})
	t.Run("one opens nothing once its maker may not make it any longer", func(t *testing.T) {
		e, _ := openStaff(t)
		secret, err := e.Access.Invite(t.Context(), caller(t, e, "steve"), "mia", day)
		if err != nil {
			t.Fatal(err)
		}
		e.Apply(t, "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: Test engine, owner: mia}\n")
		_, err = e.Access.Accept(t.Context(), secret, password, operate.Origin{})
		want(t, err, throughline.NotFound)
		if v := caller(t, e, "mia"); v.Owner {
			t.Error("whoever held the link owns the engine")
		}
	})
	t.Run("a new password ends every session, and makes nobody the owner", func(t *testing.T) {
		before, _, err := e.Access.StartSession(t.Context(), "mia")
		if err != nil {
			t.Fatal(err)
		}
		if secret, err = e.Access.Invite(t.Context(), steve, "mia", day); err != nil {
			t.Fatal(err)
		}
		in, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		old, _ := e.Access.Visit(t.Context(), before)
		now, _ := e.Access.Visit(t.Context(), in.Cookie)
		if !old.Caller.Stranger() || now.Caller.Actor.ID != "mia" || now.Caller.Owner {
			t.Errorf("before %+v, now %+v", old.Caller, now.Caller)
		}
		if o, err := e.Access.Ownership(t.Context()); err != nil || o.Person != "ana" || !o.Accepted {
			t.Errorf("%+v, %v", o, err)
		}
	})
	t.Run("its time ends it", func(t *testing.T) {
		secret, err := e.Access.Invite(t.Context(), ana, "dora", day)
		if err != nil {
			t.Fatal(err)
		}
		clock.Turn(day + time.Microsecond)
		_, err = e.Access.Accept(t.Context(), secret, password, operate.Origin{})
		want(t, err, throughline.NotFound)
	})
}

func TestNobodyMakesThemselvesMore(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: pia}\nspec: {name: Pia Roth, roles: [{role: steward, kinds: [Person]}]}\n")
	pia := caller(t, e, "pia")
	give := func(person, roles string) error {
		t.Helper()
		text := "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: " + person + "}\nspec: {name: Somebody, roles: [" + roles + "]}\n"
		resources, err := content.Read([]content.File{{Name: "person.yaml", Text: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Content.Apply(t.Context(), pia, content.Change{Resources: resources})
		return err
	}
	want(t, give("pia", "{role: steward}"), throughline.Forbidden)
	want(t, give("new", "{role: maker}"), throughline.Forbidden)
	want(t, give("steve", ""), throughline.Forbidden)
	want(t, give("new", "{role: viewer, kinds: [Person]}"), "")
	email := func(by engine.Caller, person, spec string) error {
		t.Helper()
		text := "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: " + person + "}\nspec: {name: Somebody, email: " + person + "@example.net" + spec + "}\n"
		resources, err := content.Read([]content.File{{Name: "person.yaml", Text: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Content.Apply(t.Context(), by, content.Change{Resources: resources})
		return err
	}
	t.Run("nor does the e-mail of the owner, by which they may sign in, become another's", func(t *testing.T) {
		want(t, email(caller(t, e, "steve"), "ana", ""), throughline.Forbidden)
		want(t, email(pia, "mia", ", roles: [{role: maker}]"), throughline.Forbidden)
		want(t, email(caller(t, e, "steve"), "mia", ", roles: [{role: maker}]"), "")
		want(t, email(caller(t, e, "ana"), "ana", ""), "")
	})
}

func TestHandingTheEngineOver(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: Test engine, owner: steve}\n")
	t.Run("until the next one accepts, it stays whose it was", func(t *testing.T) {
		if ana, steve := caller(t, e, "ana"), caller(t, e, "steve"); !ana.Owner || steve.Owner {
			t.Errorf("ana %v, steve %v", ana.Owner, steve.Owner)
		}
	})
	secret, err := e.Access.Invite(t.Context(), caller(t, e, "ana"), "steve", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{}); err != nil {
		t.Fatal(err)
	}
	t.Run("then it is theirs alone", func(t *testing.T) {
		if ana, steve := caller(t, e, "ana"), caller(t, e, "steve"); ana.Owner || !steve.Owner {
			t.Errorf("ana %v, steve %v", ana.Owner, steve.Owner)
		}
	})
}

// TestWhoOwnsIsSafeDuringAHandOver declares another owner, who has not accepted.
func TestWhoOwnsIsSafeDuringAHandOver(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: Test engine, owner: mia}\n")
	steve := caller(t, e, "steve")
	for _, owner := range []string{"ana", "mia"} {
		res, err := content.Read([]content.File{{Name: "p.yaml", Text: []byte("apiVersion: throughline/v1\nkind: Person\nmetadata: {name: " + owner + "}\nspec: {name: Somebody, email: steve2@example.org}\n")}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Content.Apply(t.Context(), steve, content.Change{Resources: res})
		want(t, err, throughline.Forbidden)
	}
	_, err := e.Content.Apply(t.Context(), steve, content.Change{Delete: []throughline.Ref{{Kind: throughline.KindPerson, Name: "ana"}}})
	want(t, err, throughline.Forbidden)
	_, err = e.Content.Apply(t.Context(), caller(t, e, "ana"), content.Change{Delete: []throughline.Ref{{Kind: throughline.KindPerson, Name: "dora"}}})
	want(t, err, "")
}

func TestGuessing(t *testing.T) {
	t.Parallel()
	e, clock := openStaff(t)
	other := enginetest.Join(t, e.Core.Record, e.Store, enginetest.Options{Clock: clock.Now})
	secret, err := e.Access.Invite(t.Context(), caller(t, e, "ana"), "steve", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	in, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(n int) operate.Origin {
		return operate.Origin{Address: netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", n))}
	}
	guess := func(a *operate.Access, name string, from operate.Origin) error {
		_, err := a.SignIn(t.Context(), name, "not the password", from)
		return err
	}
	t.Run("after the sixth guess at a person the next one waits, from wherever, in every process", func(t *testing.T) {
		for n := range 5 {
			want(t, e.Access.Spend(t.Context(), "steve", at(n)), "")
		}
		want(t, guess(e.Access, "steve", at(5)), throughline.Unauthorized)
		want(t, guess(e.Access, "steve", at(99)), throughline.Exhausted)
		want(t, guess(other.Access, "steve", at(98)), throughline.Exhausted)
		want(t, guess(other.Access, "steve@EXAMPLE.org", at(98)), throughline.Exhausted)
		want(t, guess(e.Access, "mia", at(97)), throughline.Unauthorized)
	})
	t.Run("the person comes in by a browser they came in with before", func(t *testing.T) {
		known := operate.Origin{Address: at(1).Address, Device: in.Device}
		if _, err := e.Access.SignIn(t.Context(), "steve", password, operate.Origin{Device: "made up"}); throughline.CodeOf(err) != throughline.Exhausted {
			t.Errorf("a made-up device: %v", err)
		}
		again, err := e.Access.SignIn(t.Context(), "steve", password, known)
		if err != nil {
			t.Fatal(err)
		}
		if again.Device == in.Device || again.Cookie == in.Cookie {
			t.Error("a secret is used twice")
		}
	})
	t.Run("each guess doubles the wait, up to a quarter of an hour", func(t *testing.T) {
		waits := []time.Duration{0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}
		for i, wait := range waits {
			if err := e.Access.Spend(t.Context(), "nobody", operate.Origin{}); err != nil {
				t.Fatalf("attempt %d: %v", i, err)
			}
			if wait == 0 {
				continue
			}
			clock.Turn(wait*time.Second - time.Microsecond)
			want(t, e.Access.Spend(t.Context(), "nobody", operate.Origin{}), throughline.Exhausted)
			clock.Turn(time.Microsecond)
		}
	})
	t.Run("one household of IPv6 is one address", func(t *testing.T) {
		from := func(n int) operate.Origin {
			return operate.Origin{Address: netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2::%x", n+1))}
		}
		for n := range 21 {
			want(t, e.Access.Spend(t.Context(), fmt.Sprintf("name-%d", n), from(n)), "")
		}
		want(t, e.Access.Spend(t.Context(), "another", from(500)), throughline.Exhausted)
		want(t, e.Access.Spend(t.Context(), "another", operate.Origin{Address: netip.MustParseAddr("2001:db8:1:3::1")}), "")
	})
	t.Run("the journal counts, and knows no address", func(t *testing.T) {
		refused := 0
		for _, ev := range e.Events(t) {
			if ev.Type == throughline.EventAccessRefused {
				refused++
			}
		}
		if refused == 0 || refused > 30 {
			t.Errorf("%d events", refused)
		}
		if inFiles(t, e.Folder, "192.0.2.") || inFiles(t, e.Folder, "2001:db8") {
			t.Error("an address is kept")
		}
	})
}

func TestSessionsOfAPerson(t *testing.T) {
	t.Parallel()
	e, clock := openStaff(t)
	enter := func(person, agent string) (cookie, id string) {
		in, err := e.Access.Enter(t.Context(), person, operate.Origin{Agent: agent})
		if err != nil {
			t.Fatal(err)
		}
		visit, err := e.Access.Visit(t.Context(), in.Cookie)
		if err != nil {
			t.Fatal(err)
		}
		return in.Cookie, visit.Session
	}
	first, firstID := enter("mia", "Firefox on Linux")
	clock.Turn(time.Hour)
	second, secondID := enter("mia", "Safari on iPhone")
	_, annas := enter("ana", "")
	t.Run("they see their own, the latest first", func(t *testing.T) {
		all, err := e.Access.Sessions(t.Context(), "mia", firstID)
		if err != nil || len(all) != 2 || all[0].ID != secondID || all[0].Current || !all[1].Current || all[0].Agent != "Safari on iPhone" {
			t.Errorf("%+v, %v", all, err)
		}
	})
	t.Run("they end their own, and nobody else's", func(t *testing.T) {
		want(t, e.Access.EndSession(t.Context(), "mia", annas), throughline.NotFound)
		want(t, e.Access.EndSession(t.Context(), "mia", secondID), "")
		if v, _ := e.Access.Visit(t.Context(), second); !v.Caller.Stranger() {
			t.Error("it goes on")
		}
		if v, _ := e.Access.Visit(t.Context(), first); v.Caller.Stranger() {
			t.Error("the other ended too")
		}
	})
	t.Run("a person taken out is out at once", func(t *testing.T) {
		ref := throughline.Ref{Kind: throughline.KindPerson, Name: "mia"}
		if _, err := e.Content.Apply(t.Context(), caller(t, e, "ana"), content.Change{Delete: []throughline.Ref{ref}}); err != nil {
			t.Fatal(err)
		}
		if v, _ := e.Access.Visit(t.Context(), first); !v.Caller.Stranger() {
			t.Error("the session goes on")
		}
	})
	t.Run("who ends all sessions is a stranger to every browser", func(t *testing.T) {
		known, err := e.Access.Enter(t.Context(), "steve", operate.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		here := operate.Origin{Device: known.Device}
		for range 6 {
			want(t, e.Access.Spend(t.Context(), "steve", operate.Origin{}), "")
		}
		want(t, e.Access.Spend(t.Context(), "steve", operate.Origin{}), throughline.Exhausted)
		want(t, e.Access.Spend(t.Context(), "steve", here), "")
		want(t, e.Access.EndSessions(t.Context(), "steve", ""), "")
		want(t, e.Access.Spend(t.Context(), "steve", here), throughline.Exhausted)
	})
	t.Run("one person has at most twenty", func(t *testing.T) {
		for range 25 {
			enter("dora", "")
		}
		if all, err := e.Access.Sessions(t.Context(), "dora", ""); err != nil || len(all) != 20 {
			t.Errorf("%d, %v", len(all), err)
		}
	})
}

func TestKeysActForWhoMadeThem(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	ana := caller(t, e, "ana")
	make := func(by engine.Caller, name string, limits ...throughline.Grant) engine.Caller {
		t.Helper()
		secret, err := e.Access.CreateToken(t.Context(), by, operate.TokenRequest{Name: name, Scope: operate.ScopeManage, Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		token, err := e.Access.Authenticate(t.Context(), secret, operate.ScopeManage)
		if err != nil {
			t.Fatal(err)
		}
		c, err := e.Access.CallerOf(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Run("a key of the owner neither owns nor approves", func(t *testing.T) {
		c := make(ana, "ci")
		if c.Has(engine.RightOwn) || c.Has(engine.RightApprove) || !c.Has(engine.RightMake) {
			t.Errorf("%+v", c)
		}
	})
	t.Run("limits make it less, and never more", func(t *testing.T) {
		c := make(ana, "translator", throughline.Grant{Role: throughline.Maker, Markets: []string{"de"}})
		de, fr := engine.Area{Kind: throughline.KindFragment, Markets: []string{"de-CH"}}, engine.Area{Kind: throughline.KindFragment, Markets: []string{"fr"}}
		if !c.May(engine.RightMake, de) || c.May(engine.RightMake, fr) || c.Has(engine.RightOperate) || c.Has(engine.RightPeople) {
			t.Errorf("%+v", c)
		}
	})
	t.Run("one made at the shell may everything", func(t *testing.T) {
		c := make(engine.AtShell(throughline.Actor{Kind: throughline.ActorPerson, ID: "os/root"}), "shell")
		if !c.Has(engine.RightOwn) || !c.Has(engine.RightApprove) {
			t.Errorf("%+v", c)
		}
	})
	t.Run("only the owner makes keys that manage", func(t *testing.T) {
		for _, scope := range []operate.Scope{operate.ScopeManage, operate.ScopeRead} {
			_, err := e.Access.CreateToken(t.Context(), caller(t, e, "steve"), operate.TokenRequest{Name: "steves-" + string(scope), Scope: scope})
			if got := throughline.CodeOf(err); (got == throughline.Forbidden) != (scope == operate.ScopeManage) {
				t.Errorf("%s: %v", scope, err)
			}
			_, err = e.Access.CreateToken(t.Context(), caller(t, e, "mia"), operate.TokenRequest{Name: "mias-" + string(scope), Scope: scope})
			want(t, err, throughline.Forbidden)
		}
	})
	t.Run("they lose what their maker loses", func(t *testing.T) {
		c := make(ana, "later")
		e.Apply(t, "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: Test engine, owner: steve}\n")
		secret, err := e.Access.InviteOwner(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Access.Accept(t.Context(), secret, password, operate.Origin{}); err != nil {
			t.Fatal(err)
		}
		now, err := e.Access.CallerOf(t.Context(), operate.Token{Name: "later", Scope: operate.ScopeManage, CreatedBy: "ana"})
		if err != nil || !c.Has(engine.RightMake) || now.Has(engine.RightRead) {
			t.Errorf("before %+v, now %+v, %v", c, now, err)
		}
	})
}

func TestAPersonDeclaredAgain(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	ana := caller(t, e, "ana")
	invite := func() string {
		t.Helper()
		secret, err := e.Access.Invite(t.Context(), ana, "mia", 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	in, err := e.Access.Accept(t.Context(), invite(), password, operate.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	mia := caller(t, e, "mia")
	mia.Owner = true // she made them while the engine was hers
	var secrets []string
	for _, scope := range []operate.Scope{operate.ScopeManage, operate.ScopeRead} {
		secret, err := e.Access.CreateToken(t.Context(), mia, operate.TokenRequest{Name: string(scope), Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret)
	}
	acts, reads := secrets[0], secrets[1]
	feed, err := e.Access.CalendarKey(t.Context(), "mia", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Access.CalendarCaller(t.Context(), feed); err != nil {
		t.Fatal(err)
	}
	link := invite()
	made, err := e.Access.Invite(t.Context(), caller(t, e, "steve"), "dora", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	others, err := e.Access.Enter(t.Context(), "dora", operate.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	ref := throughline.Ref{Kind: throughline.KindPerson, Name: "mia"}
	rel, err := e.Content.Apply(t.Context(), ana, content.Change{Delete: []throughline.Ref{ref}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Content.Rollback(t.Context(), ana, rel.Number); err != nil {
		t.Fatal(err)
	}
	t.Run("the old password opens nothing", func(t *testing.T) {
		_, err := e.Access.SignIn(t.Context(), "mia", password, operate.Origin{})
		want(t, err, throughline.Unauthorized)
	})
	t.Run("nor does a key that acted for them, and one that reads goes on", func(t *testing.T) {
		_, err := e.Access.Authenticate(t.Context(), acts, operate.ScopeManage)
		want(t, err, throughline.Unauthorized)
		_, err = e.Access.Authenticate(t.Context(), reads, operate.ScopeRead)
		want(t, err, "")
	})
	t.Run("nor does the calendar link", func(t *testing.T) {
		_, err := e.Access.CalendarCaller(t.Context(), feed)
		want(t, err, throughline.NotFound)
		again, err := e.Access.CalendarKey(t.Context(), "mia", false)
		if err != nil || again == feed {
			t.Errorf("%q, %v", again, err)
		}
	})
	t.Run("nor does a session from before", func(t *testing.T) {
		if v, err := e.Access.Visit(t.Context(), in.Cookie); err != nil || !v.Caller.Stranger() {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("nor does a link from before", func(t *testing.T) {
		_, err := e.Access.Accept(t.Context(), link, password, operate.Origin{})
		want(t, err, throughline.NotFound)
	})
	t.Run("a link that somebody made who is out opens nothing", func(t *testing.T) {
		steve := throughline.Ref{Kind: throughline.KindPerson, Name: "steve"}
		rel, err := e.Content.Apply(t.Context(), ana, content.Change{Delete: []throughline.Ref{steve}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Access.Invited(t.Context(), made)
		want(t, err, throughline.NotFound)
		_, err = e.Content.Rollback(t.Context(), ana, rel.Number)
		want(t, err, "")
	})
	t.Run("everybody else stays in", func(t *testing.T) {
		if v, err := e.Access.Visit(t.Context(), others.Cookie); err != nil || v.Caller.Stranger() {
			t.Errorf("%+v, %v", v, err)
		}
	})
	t.Run("a new link lets them in", func(t *testing.T) {
		_, err := e.Access.Accept(t.Context(), invite(), password, operate.Origin{})
		want(t, err, "")
	})
}
