package operate

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Audited is one thing that somebody did, as the journal has it.
type Audited struct {
	Seq  uint64
	At   time.Time
	Type throughline.EventType
	// By is who did it, with whom they acted for.
	By throughline.Actor
	// Objects are what it was done to.
	Objects []throughline.Object
}

// Audit is what people and services did, in the order of the journal: everything
// but what recipients and the data plane do. It reads the journal once and then
// only what is new.
type Audit struct {
	core *engine.Core

	mu   sync.Mutex
	seq  uint64
	rows []Audited
}

// NewAudit returns the audit of an engine.
func NewAudit(core *engine.Core) *Audit { return &Audit{core: core} }

// AuditQuery says which rows are wanted. The zero query is the latest of all.
type AuditQuery struct {
	// By asks: what is under embargo is told only to who may know of it.
	By engine.Caller
	// Person is an actor's name, or that of whom they acted for.
	Person string
	// Type is an event type, or the beginning of one, such as release.
	Type string
	// Object is part of the name of what it was done to.
	Object string
	// From and To bound the time; To is not in it.
	From, To time.Time
	// Before is the cursor: only rows of a lower number.
	Before uint64
	// Limit is at most how many; 0 for 50.
	Limit int
}

// Find returns the rows of a query, the latest first, and the cursor of the next
// page, 0 when there is none.
func (a *Audit) Find(ctx context.Context, q AuditQuery) (rows []Audited, next uint64, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	all, err := a.read(ctx)
	if err != nil {
		return nil, 0, err
	}
	end := len(all)
	if q.Before > 0 {
		end = sort.Search(len(all), func(i int) bool { return all[i].Seq >= q.Before })
	}
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		discreet := engine.NewDiscretion(r, q.By, a.core.Now())
		for i := end - 1; i >= 0; i-- {
			if !q.wants(all[i]) {
				continue
			}
			may, err := discreet.MayKnow(all[i].Objects)
			if err != nil {
				return err
			}
			if !may {
				continue
			}
			if len(rows) == q.Limit {
				next = rows[len(rows)-1].Seq
				return nil
			}
			rows = append(rows, all[i])
		}
		return nil
	})
	return rows, next, err
}

func (q AuditQuery) wants(r Audited) bool {
	switch {
	case q.Person != "" && r.By.ID != q.Person && r.By.OnBehalfOf != q.Person:
		return false
	case q.Type != "" && !strings.HasPrefix(string(r.Type), q.Type):
		return false
	case !q.From.IsZero() && r.At.Before(q.From), !q.To.IsZero() && !r.At.Before(q.To):
		return false
	}
	return q.Object == "" || slices.ContainsFunc(r.Objects, func(o throughline.Object) bool {
		return strings.Contains(strings.ToLower(o.Type+"/"+o.ID), strings.ToLower(q.Object))
	})
}

// read catches up with the journal. What it returns is never changed.
func (a *Audit) read(ctx context.Context) ([]Audited, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for batch, err := range a.core.Record.Journal.Read(ctx, a.seq) {
		if err != nil {
			return nil, err
		}
		for _, e := range batch {
			a.seq = e.Seq
			if audited(e.Type) {
				a.rows = append(a.rows, Audited{e.Seq, e.OccurredAt, e.Type, e.Actor, auditObjects(e)})
			}
		}
	}
	return a.rows[:len(a.rows):len(a.rows)], nil
}

// audited reports whether an event is something that somebody did to the engine,
// and not what the data plane does thousands of times.
func audited(t throughline.EventType) bool {
	switch t {
	case throughline.EventDecisionMade, throughline.EventExposureConfirmed, throughline.EventExposureCounted,
		throughline.EventOutcomeReceived, throughline.EventSignalObserved, throughline.EventEpochPublished,
		throughline.EventSnapshotPublished:
		return false
	}
	return true
}

// auditObjects are what an event is about; of events about access, which have no
// objects, what their payload names.
func auditObjects(e throughline.Event) []throughline.Object {
	if len(e.Objects) > 0 {
		return slices.Clone(e.Objects)
	}
	switch e.Type {
	case throughline.EventAccessGranted, throughline.EventAccessRevoked:
		if p, err := throughline.DecodeData[throughline.AccessChanged](e); err == nil {
			return named("token", p.Token, "person", p.Person)
		}
	case throughline.EventPersonInvited, throughline.EventPersonAccepted:
		if p, err := throughline.DecodeData[throughline.PersonInvited](e); err == nil {
			return named("person", p.Person)
		}
	case throughline.EventOwnerAccepted:
		if p, err := throughline.DecodeData[throughline.OwnerAccepted](e); err == nil {
			return named("person", p.Person)
		}
	case throughline.EventAccessRefused:
		if p, err := throughline.DecodeData[throughline.AccessRefused](e); err == nil {
			return named(p.Budget, p.Key)
		}
	}
	return nil
}

// named makes objects of pairs of type and id, without those that are empty.
func named(pairs ...string) (all []throughline.Object) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, throughline.Object{Type: pairs[i], ID: pairs[i+1]})
		}
	}
	return all
}
