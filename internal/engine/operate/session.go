package operate

import (
	"context"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	bucketSessions = engine.BucketSessions

	// A session ends this long after signing in, or after it was last used.
	sessionLife = 14 * 24 * time.Hour
	sessionIdle = 3 * 24 * time.Hour
	// seenEvery is how coarsely the last use is kept: a click is no write.
	seenEvery = 15 * time.Minute
	// maxSessions is how many one person has; the oldest ends for the next.
	maxSessions = 20
)

type session struct {
	Person  string    `json:"person"`
	Created time.Time `json:"created,omitzero"`
	Seen    time.Time `json:"seen,omitzero"`
	Expires time.Time `json:"expires"`
	Agent   string    `json:"agent,omitempty"`
}

// over reports whether the session has ended by its time.
func (s session) over(now time.Time) bool {
	return !now.Before(s.Expires) || !s.Seen.IsZero() && now.Sub(s.Seen) >= sessionIdle
}

// Session is one place where a person is signed in.
type Session struct {
	ID string
	// Created is when they signed in; Seen when they were last there, to a
	// quarter of an hour.
	Created, Seen, Expires time.Time
	// Agent is the family of their browser and system, such as Firefox on Linux.
	Agent string
	// Current is the one that asks.
	Current bool
}

// Visit is a session that holds: who it is, and what they may do.
type Visit struct {
	Caller engine.Caller
	// Who is how colleagues see them.
	Who Owner
	// Session is the session's id, which is no secret.
	Session string
	// Expires is when it ends at the latest.
	Expires time.Time
}

// Entered is somebody who has just come in.
type Entered struct {
	Person string
	// Cookie is the secret of the session, and Expires its end.
	Cookie  string
	Expires time.Time
	// Device is a secret that the browser keeps beyond the session: attempts to
	// sign in from it are counted apart from those of strangers.
	Device string
}

// Visit returns whose session a cookie is. For one that does not hold it is the
// zero Visit, whose Caller is a stranger.
func (a *Access) Visit(ctx context.Context, cookie string) (Visit, error) {
	if cookie == "" {
		return Visit{}, nil
	}
	id := a.hash("session", cookie)
	var v Visit
	var seen time.Time
	err := a.core.Record.State.View(ctx, func(r record.Reader) error {
		v = Visit{}
		var s session
		_, err := engine.GetJSON(r, bucketSessions, id, &s)
		if throughline.CodeOf(err) == throughline.NotFound || err == nil && s.over(a.core.Now()) {
			return nil
		}
		if err != nil {
			return err
		}
		caller, who, err := personIn(r, s.Person)
		if err != nil || caller.Stranger() {
			return err
		}
		v = Visit{Caller: caller, Who: who, Session: id, Expires: s.Expires}
		seen = s.Seen
		return nil
	})
	if err != nil || v.Session == "" || a.core.Now().Sub(seen) < seenEvery {
		return v, err
	}
	if err := a.touch(ctx, id); err != nil {
		a.core.Log.Warn("when a session was last used could not be kept", "error", err)
	}
	return v, nil
}

// Whose returns the person of a session, which may have ended by its time, or "".
// It lets nobody in.
func (a *Access) Whose(ctx context.Context, cookie string) (person string, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		var s session
		_, err := engine.GetJSON(r, bucketSessions, a.hash("session", cookie), &s)
		person = s.Person
		return ignoreNotFound(err)
	})
	return person, err
}

// touch notes that a session is used.
func (a *Access) touch(ctx context.Context, id string) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		var s session
		version, err := engine.GetJSON(tx, bucketSessions, id, &s)
		if err != nil { // it has ended meanwhile
			return ignoreNotFound(err)
		}
		s.Seen = a.core.Now()
		return engine.PutJSON(tx, bucketSessions, id, s, version)
	})
}

func ignoreNotFound(err error) error {
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil
	}
	return err
}

// open makes a session, and takes out those that are over.
func (a *Access) open(tx record.Tx, person string, from Origin) (Entered, error) {
	now := a.core.Now()
	in := Entered{Person: person, Cookie: engine.RandomText(32), Expires: now.Add(sessionLife)}
	var own []Session
	err := a.eachSession(tx, func(id string, s session) error {
		if now.Sub(s.Expires) > sessionIdle { // so long is whose form it was known
			return tx.Delete(bucketSessions, id)
		}
		if s.Person == person {
			own = append(own, Session{ID: id, Created: s.Created})
		}
		return nil
	})
	if err != nil {
		return Entered{}, err
	}
	slices.SortFunc(own, func(x, y Session) int { return x.Created.Compare(y.Created) })
	for len(own) >= maxSessions {
		if err := tx.Delete(bucketSessions, own[0].ID); err != nil {
			return Entered{}, err
		}
		own = own[1:]
	}
	if in.Device, err = a.keepDevice(tx, person, from.Device); err != nil {
		return Entered{}, err
	}
	s := session{Person: person, Created: now, Seen: now, Expires: in.Expires, Agent: from.Agent}
	return in, engine.PutJSON(tx, bucketSessions, a.hash("session", in.Cookie), s, 0)
}

func (a *Access) eachSession(r record.Reader, do func(id string, s session) error) error {
	return engine.EachJSON(r, bucketSessions, do)
}

// StartSession signs a person in without a password: the demo's one-time link,
// and whoever was asked already.
func (a *Access) StartSession(ctx context.Context, person string) (cookie string, expires time.Time, err error) {
	in, err := a.Enter(ctx, person, Origin{})
	return in.Cookie, in.Expires, err
}

// Enter signs in a person whom somebody else vouches for.
func (a *Access) Enter(ctx context.Context, person string, from Origin) (in Entered, err error) {
	err = a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		in, err = a.open(tx, person, from)
		return err
	})
	return in, err
}

// Sessions returns where a person is signed in, the latest first. Current marks
// the one with that id.
func (a *Access) Sessions(ctx context.Context, person, current string) (all []Session, err error) {
	now := a.core.Now()
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		all = nil
		return a.eachSession(r, func(id string, s session) error {
			if s.Person == person && !s.over(now) {
				all = append(all, Session{id, s.Created, s.Seen, s.Expires, s.Agent, id == current})
			}
			return nil
		})
	})
	slices.SortFunc(all, func(x, y Session) int { return y.Seen.Compare(x.Seen) })
	return all, err
}

// EndSession ends one of a person's sessions by its id.
func (a *Access) EndSession(ctx context.Context, person, id string) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		var s session
		_, err := engine.GetJSON(tx, bucketSessions, id, &s)
		if err == nil && s.Person == person {
			return tx.Delete(bucketSessions, id)
		}
		if err == nil || throughline.CodeOf(err) == throughline.NotFound {
			return throughline.Errorf(throughline.NotFound, "that session is over already").WithFix("look at the list again")
		}
		return err
	})
}

// EndSessions ends all of a person's sessions but the one with the id in except,
// which may be empty. Their browsers are strangers again.
func (a *Access) EndSessions(ctx context.Context, person, except string) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error { return a.endSessions(tx, person, except) })
}

// EndSessionsOf ends all sessions of somebody else, whom the caller could also
// make a link for.
func (a *Access) EndSessionsOf(ctx context.Context, by engine.Caller, person string) error {
	if err := by.Need(engine.RightPeople); err != nil {
		return err
	}
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		o, err := ownership(a.core, tx)
		if err != nil {
			return err
		}
		guest, _, err := personIn(tx, person)
		if err != nil {
			return err
		}
		if err := mayInvite(by, guest, o); err != nil {
			return err
		}
		return a.endSessions(tx, person, "")
	})
}

func (a *Access) endSessions(tx record.Tx, person, except string) error {
	if err := engine.ForgetBrowsers(tx, person); err != nil {
		return err
	}
	return a.eachSession(tx, func(id string, s session) error {
		if s.Person != person || id == except {
			return nil
		}
		return tx.Delete(bucketSessions, id)
	})
}

// SignOut ends a session.
func (a *Access) SignOut(ctx context.Context, cookie string) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		return tx.Delete(bucketSessions, a.hash("session", cookie))
	})
}

func clearBucket(tx record.Tx, bucket string) error {
	for e, err := range tx.List(bucket, "", "") {
		if err != nil {
			return err
		}
		if err := tx.Delete(bucket, e.Key); err != nil {
			return err
		}
	}
	return nil
}
