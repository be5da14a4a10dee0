package operate_test

import (
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestWhoeverIsInvitedTwiceIsDeclaredOnce(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	e.Apply(t, "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: Test engine, owner: ana, releases: approved}\n")
	steve := caller(t, e, "steve")
	guest := operate.Guest{Name: "cleo", Life: 24 * time.Hour, Person: throughline.Person{Name: "Cleo Marsh", Roles: []throughline.Grant{{Role: throughline.Maker}}}}
	first, err := e.Access.InviteGuest(t.Context(), steve, e.Content, guest)
	if err != nil || !first.Waits {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := e.Access.InviteGuest(t.Context(), steve, e.Content, guest)
	if err != nil || again.Release != first.Release || !again.Waits || again.Secret == first.Secret {
		t.Fatalf("%+v, %v", again, err)
	}
	if _, err := e.Access.Invited(t.Context(), first.Secret); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("the first link holds beside the second: %v", err)
	}
	if _, err := e.Content.Withdraw(t.Context(), steve, first.Release, "not now"); err != nil {
		t.Fatal(err)
	}
	if third, err := e.Access.InviteGuest(t.Context(), steve, e.Content, guest); err != nil || third.Release == first.Release {
		t.Errorf("after it was withdrawn: %+v, %v", third, err)
	}
}

func TestALinkMadeWithAKeyStaysWithinIt(t *testing.T) {
	t.Parallel()
	e, _ := openStaff(t)
	german := throughline.Grant{Role: throughline.Steward, Markets: []string{"de"}}
	secret, err := e.Access.CreateToken(t.Context(), caller(t, e, "ana"), operate.TokenRequest{Name: "hiring", Scope: operate.ScopeManage, Limits: []throughline.Grant{german}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := e.Access.Authenticate(t.Context(), secret, operate.ScopeManage)
	if err != nil {
		t.Fatal(err)
	}
	key, err := e.Access.CallerOf(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	person := func(roles string) {
		t.Helper()
		e.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: cleo}\nspec: {name: Cleo Marsh, roles: ["+roles+"]}\n")
	}
	person("{role: maker, markets: [de]}")
	link, err := e.Access.Invite(t.Context(), key, "cleo", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Access.Invited(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	person("{role: maker}")
	if _, err := e.Access.Invited(t.Context(), link); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("the link gives more than the key that made it has: %v", err)
	}
	if _, err := e.Access.Invite(t.Context(), key, "cleo", 24*time.Hour); throughline.CodeOf(err) != throughline.Forbidden {
		t.Errorf("the key makes one for who may more: %v", err)
	}
}
