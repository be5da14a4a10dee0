package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Audited is one thing that somebody did, as the journal has it.
type Audited struct {
	Seq  uint64                `json:"seq"`
	At   time.Time             `json:"at"`
	Type throughline.EventType `json:"type"`
	// By is who did it, with whom they acted for.
	By throughline.Actor `json:"by"`
	// Objects are what it was done to.
	Objects []throughline.Object `json:"objects,omitempty"`
}

// Audit is what people and services did, in the order of the journal: everything
// but what recipients and the data plane do. It follows the journal and lists in
// State what it finds, the newest first, so that a page reads only its own rows
// however long the journal is. The journal alone brings the list back.
type Audit struct {
	core *engine.Core

	mu sync.Mutex
	// seq is the last event known to be in the list, if it belongs there; kept is
	// what State says of it.
	seq, kept uint64
	loaded    bool
}

// NewAudit returns the audit of an engine.
func NewAudit(core *engine.Core) *Audit { return &Audit{core: core} }

const (
	bucketAudit = "audit"   // auditKey -> Audited
	keyAudited  = "audited" // in BucketEngine: auditPlace

	// auditVersion is that of what a row has. Another one is listed anew.
	auditVersion = 1

	// auditStep is about how many events are read, and auditWrite how many rows are
	// written, before others have their turn: less than a tenth of a second.
	auditStep  = 50_000
	auditWrite = 2_000
	// auditRest is after how many events without a row the place is kept all the
	// same, so that a restart need not read them again.
	auditRest = 1_000_000
	// auditEvery is how often the journal is followed.
	auditEvery = time.Second
	// auditLook is how many rows a page looks at before it shows what it has.
	auditLook = 8_000
	// auditSlack is how much earlier than its neighbours a row may be: the clocks
	// of processes differ, and what waited for the journal came late.
	auditSlack = 24 * time.Hour
)

// auditPlace is how far the journal is listed.
type auditPlace struct {
	Version int    `json:"version"`
	Seq     uint64 `json:"seq"`
}

// auditKey sorts the newest first.
func auditKey(seq uint64) string { return fmt.Sprintf("%020d", math.MaxUint64-seq) }

// Run follows the journal until ctx ends. What fails is logged once and tried
// again.
func (a *Audit) Run(ctx context.Context) error {
	told := false
	for {
		err := a.follow(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !told {
			a.core.Log.Error("what people do is not listed for the audit; it is tried again", "error", err)
		}
		told = err != nil
		select {
		case <-time.After(auditEvery): // many events are read at once
		case <-ctx.Done():
			return nil
		}
	}
}

// follow lists all there is, then waits for more.
func (a *Audit) follow(ctx context.Context) error {
	for {
		reached, all, err := a.step(ctx)
		if err != nil {
			return err
		}
		if all {
			return a.core.Record.Journal.Wait(ctx, reached)
		}
	}
}

// step reads on from the last event, but not for long, and returns how far it
// came and whether that is all. Several processes may do the same: a row is the
// same whoever writes it.
func (a *Audit) step(ctx context.Context) (reached uint64, all bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.load(ctx); err != nil {
		return 0, false, err
	}
	seq, rows, all := a.seq, []Audited(nil), true
	for batch, err := range a.core.Record.Journal.Read(ctx, a.seq) {
		if err != nil {
			return a.seq, false, err
		}
		for _, e := range batch {
			seq = e.Seq
			if audited(e.Type) {
				rows = append(rows, Audited{e.Seq, e.OccurredAt, e.Type, e.Actor, auditObjects(e)})
			}
		}
		if seq-a.seq >= auditStep || len(rows) >= auditWrite {
			all = false
			break
		}
	}
	if len(rows) > 0 || seq-a.kept >= auditRest {
		if err := a.keep(ctx, rows, seq); err != nil {
			return a.seq, false, err
		}
		a.kept = seq
	}
	a.seq = seq
	return seq, all, nil
}

// load reads how far the list goes, once.
func (a *Audit) load(ctx context.Context) error {
	if a.loaded {
		return nil
	}
	head, err := a.core.Record.Journal.Head(ctx)
	if err != nil {
		return err
	}
	var place auditPlace
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketEngine, keyAudited, &place)
		return ignoreNotFound(err)
	})
	if err != nil {
		return err
	}
	if place.Version != auditVersion {
		place.Seq = 0
	}
	if place.Seq > head.Seq {
		return engine.JournalMissing(head.Seq, place.Seq)
	}
	a.seq, a.kept, a.loaded = place.Seq, place.Seq, true
	return nil
}

// keep writes rows, and that the list goes as far as seq.
func (a *Audit) keep(ctx context.Context, rows []Audited, seq uint64) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		for _, row := range rows {
			if err := engine.PutJSON(tx, bucketAudit, auditKey(row.Seq), row, record.AnyVersion); err != nil {
				return err
			}
		}
		var place auditPlace
		if _, err := engine.GetJSON(tx, engine.BucketEngine, keyAudited, &place); ignoreNotFound(err) != nil {
			return err
		}
		if place.Version == auditVersion && place.Seq >= seq { // another process is further
			return nil
		}
		return engine.PutJSON(tx, engine.BucketEngine, keyAudited, auditPlace{auditVersion, seq}, record.AnyVersion)
	})
}

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

// AuditPage is some of what a query asks for, the newest first.
type AuditPage struct {
	Rows []Audited
	// Next is the cursor of what comes before these; 0 when there is nothing. A page
	// may have fewer rows than were wanted, or none, and a Next: it looks at so many
	// and no more.
	Next uint64
	// Back is the moment down to which it looked.
	Back time.Time
	// Behind is how many events at the end of the journal are not listed yet.
	Behind uint64
}

// Find returns the rows of a query, the latest first.
func (a *Audit) Find(ctx context.Context, q AuditQuery) (page AuditPage, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	head, err := a.core.Record.Journal.Head(ctx)
	if err != nil {
		return page, err
	}
	reached, _, err := a.step(ctx) // what was done just now is there
	if err != nil {
		return page, err
	}
	page.Behind = head.Seq - min(head.Seq, reached)
	err = a.core.Record.State.View(ctx, func(r record.Reader) error { return a.find(r, q, &page) })
	return page, err
}

func (a *Audit) find(r record.Reader, q AuditQuery, page *AuditPage) error {
	after := ""
	if q.Before > 0 {
		after = auditKey(q.Before)
	}
	discreet := engine.NewDiscretion(r, q.By, a.core.Now())
	var last Audited
	looked := 0
	for e, err := range r.List(bucketAudit, "", after) {
		if err != nil {
			return err
		}
		if looked == auditLook {
			page.Next = last.Seq
			return nil
		}
		looked++
		last = Audited{}
		if err := json.Unmarshal(e.Value, &last); err != nil {
			return throughline.Errorf(throughline.Corrupt, "row %s of the audit cannot be read: %w", e.Key, err)
		}
		page.Back = last.At
		if last.At.Add(auditSlack).Before(q.From) {
			return nil
		}
		if !q.wants(last) {
			continue
		}
		may, err := discreet.MayKnow(last.Objects)
		if err != nil {
			return err
		}
		if !may {
			continue
		}
		if len(page.Rows) == q.Limit {
			page.Next = page.Rows[q.Limit-1].Seq
			return nil
		}
		page.Rows = append(page.Rows, last)
	}
	return nil
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
