package operate

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Member is a declared person and how they stand with the engine.
type Member struct {
	Person     string
	Name       string
	Initials   string
	Email      string
	Discipline throughline.Discipline
	Roles      []throughline.Grant
	// Owner answers for the engine and accepted; Named is declared to, and has
	// not accepted yet.
	Owner, Named bool
	// In says that they can sign in; Seen is when they last were, to a quarter of
	// an hour, zero for not while a session of theirs is kept.
	In   bool
	Seen time.Time
	// Invited is until when a link is open for them.
	Invited time.Time
}

// Members returns every declared person, by name.
func (a *Access) Members(ctx context.Context) (all []Member, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		all, err = a.members(r)
		return err
	})
	return all, err
}

func (a *Access) members(r record.Reader) ([]Member, error) {
	o, err := ownership(a.core, r)
	if err != nil {
		return nil, err
	}
	standing, err := a.standing(r)
	if err != nil {
		return nil, err
	}
	var all []Member
	for res, err := range engine.InForce(r, throughline.KindPerson) {
		if err != nil {
			return nil, err
		}
		p, name := res.Spec.(*throughline.Person), res.Metadata.Name
		m := standing[name]
		m.Person, m.Name, m.Initials = name, p.Name, p.Initials()
		m.Email, m.Discipline, m.Roles = p.Email, p.Discipline, p.Roles
		if m.Owner, err = owns(r, name); err != nil {
			return nil, err
		}
		m.Named = o.Person == name && !m.Owner
		all = append(all, m)
	}
	slices.SortFunc(all, func(x, y Member) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
	return all, nil
}

// standing gathers by person what is kept about signing in.
func (a *Access) standing(r record.Reader) (map[string]Member, error) {
	all := map[string]Member{}
	change := func(person string, fn func(*Member)) {
		m := all[person]
		fn(&m)
		all[person] = m
	}
	now := a.core.Now()
	for e, err := range r.List(bucketCredentials, "", "") {
		if err != nil {
			return nil, err
		}
		change(e.Key, func(m *Member) { m.In = true })
	}
	for e, err := range r.List(bucketIdentities, "", "") {
		if err != nil {
			return nil, err
		}
		var l linked
		if _, err := engine.GetJSON(r, bucketIdentities, e.Key, &l); err != nil {
			return nil, err
		}
		change(l.Person, func(m *Member) { m.In = true })
	}
	err := a.eachSession(r, func(_ string, s session) error {
		change(s.Person, func(m *Member) {
			m.In = m.In || !s.over(now)
			if s.Seen.After(m.Seen) {
				m.Seen = s.Seen
			}
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, a.eachInvitation(r, func(_ string, inv invitation) error {
		if inv.Used.IsZero() && now.Before(inv.Expires) {
			change(inv.Person, func(m *Member) { m.Invited = inv.Expires })
		}
		return nil
	})
}
