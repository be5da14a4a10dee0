package live

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/record"
)

// Sticky choices are held in memory. A session's comes back after a restart
// from the decisions journaled lately; a recipient's, which lasts, is kept in
// State too and read at the recipient's first request to this process.

// keptHold is a recipient's hold in State.
type keptHold struct {
	Token []byte   `json:"token"`
	Key   string   `json:"key"`
	Slots []uint32 `json:"slots,omitempty"`
}

// recalling is the holds in memory, and behind them what State keeps of a
// recipient for good. The stage asks it only when a request can be held, so
// nothing else costs a read; what is found or decided is held from then on, so
// a recipient costs one.
type recalling struct {
	*decide.Holds
	plane *Plane
	ctx   context.Context
	unit  string
}

// Get implements decide.Held.
func (h recalling) Get(key decide.HoldKey, at time.Time, idle time.Duration) (decide.Hold, bool) {
	if hold, ok := h.Holds.Get(key, at, idle); ok || idle > 0 {
		return hold, ok // a session's is in memory or nowhere
	}
	hold, err := h.plane.recall(h.ctx, h.unit, key.Placement)
	if throughline.CodeOf(err) == throughline.NotFound {
		return decide.Hold{}, false
	}
	if err != nil { // an answer is worth more than the same answer
		h.plane.unrecalled.Add(1)
		return decide.Hold{}, false
	}
	h.Put(key, hold, at)
	return hold, true
}

// recall reads a recipient's kept choice, or returns NotFound.
func (p *Plane) recall(ctx context.Context, unit, placement string) (decide.Hold, error) {
	var kept keptHold
	err := p.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketHolds, p.holdKey(unit, placement), &kept)
		return err
	})
	if err != nil {
		return decide.Hold{}, err
	}
	token, err := throughline.ParseToken(kept.Token)
	return decide.Hold{Token: token, Key: kept.Key, Slots: kept.Slots}, err
}

func (p *Plane) holdKey(unit, placement string) string {
	return p.core.Vault().UnitHash(unit) + "/" + placement
}

// Drop forgets what is held in memory for a unit.
func (p *Plane) Drop(unit string) { p.holds.Forget(decide.UnitHash(unit)) }

// keepHolds writes the choices that last to State, for those recipients who
// may be recorded.
func (r *recorder) keepHolds(ctx context.Context, batch []made, sealer engine.Sealer) error {
	kept := map[string][]byte{}
	for i := range batch {
		m := &batch[i]
		if _, ok := sealer.Subject(m.unit); m.hold == nil || !ok {
			continue
		}
		b, err := json.Marshal(keptHold{m.token.Bytes(), m.hold.Key, m.hold.Slots})
		if err != nil {
			return err
		}
		kept[r.core.Vault().UnitHash(m.unit)+"/"+m.placement] = b
	}
	if len(kept) == 0 {
		return nil
	}
	return r.core.Record.State.Update(ctx, func(tx record.Tx) error {
		for key, b := range kept {
			hash, _, _ := strings.Cut(key, "/")
			forgotten, err := engine.Suppressed(tx, hash) // since they were admitted
			if err != nil {
				return err
			}
			if forgotten {
				continue
			}
			if _, err := tx.Put(engine.BucketHolds, key, b, record.AnyVersion); err != nil {
				return err
			}
		}
		return nil
	})
}

// restoreHolds brings back the choices that sessions were given before a
// restart, from the decisions journaled lately. It runs beside the first
// requests; a choice made meanwhile stands. What cannot be restored is reported,
// and its recipients are decided for anew.
func (p *Plane) restoreHolds(ctx context.Context) error {
	table := p.table.Load()
	if table == nil {
		return nil
	}
	held, err := p.lastDecisions(ctx, table)
	for key, h := range held {
		p.holds.PutIfAbsent(key, h.Hold, h.at)
	}
	if err != nil && ctx.Err() == nil {
		p.core.Log.Error("not every session keeps its choice over the restart", "kept", len(held), "error", err)
	}
	return nil
}

// holdsFrom is how many of the last events are read for sticky choices at most:
// some seconds of work. Sessions that were last decided before that, or more
// than decide.SessionIdle ago, are decided for anew.
const holdsFrom = 100_000

// heldAt is a hold and the moment of its decision.
type heldAt struct {
	decide.Hold
	at time.Time
}

// lastDecisions returns the last decision of each session that goes on, among
// the last holdsFrom events and as far as the journal can be read.
func (p *Plane) lastDecisions(ctx context.Context, table *decide.Table) (map[decide.HoldKey]heldAt, error) {
	held := map[decide.HoldKey]heldAt{}
	head, err := p.core.Record.Journal.Head(ctx)
	if err != nil {
		return held, err
	}
	horizon := p.core.Now().Add(-decide.SessionIdle)
	for batch, err := range p.core.Record.Journal.Read(ctx, head.Seq-min(head.Seq, holdsFrom)) {
		if err != nil {
			return held, err
		}
		made := slices.DeleteFunc(batch, func(e throughline.Event) bool {
			return e.Type != throughline.EventDecisionMade || e.OccurredAt.Before(horizon)
		})
		plain, err := p.core.Vault().RevealAll(ctx, made)
		if err != nil {
			return held, err
		}
		for i, e := range made {
			if key, h, ok := holdOf(table, e, plain[i]); ok {
				held[key] = heldAt{h, e.OccurredAt}
			}
		}
	}
	return held, nil
}

// holdOf returns the hold of one journaled decision, if its session had one, its
// variant is still live and its recipient was not forgotten.
func holdOf(table *decide.Table, e throughline.Event, plain []byte) (decide.HoldKey, decide.Hold, bool) {
	made, err := throughline.DecodeData[throughline.DecisionMade](e)
	placement, variant := about(e, "placement"), throughline.VariantID(about(e, "variant"))
	if err != nil || len(plain) == 0 || made.Token.Arm == throughline.ArmFallback || table.Sticky(placement) != throughline.StickySession {
		return decide.HoldKey{}, decide.Hold{}, false
	}
	var q asked
	if err := json.Unmarshal(plain, &q); err != nil {
		return decide.HoldKey{}, decide.Hold{}, false
	}
	for _, r := range table.Variant(variant) {
		if r.Placement == placement && r.Candidate != throughline.FallbackCandidate {
			key := decide.HoldKey{Unit: decide.UnitHash(q.Unit), Placement: placement}
			return key, decide.Hold{Token: made.Token, Key: table.Key(placement, r.Candidate)}, true
		}
	}
	return decide.HoldKey{}, decide.Hold{}, false
}

// about returns the id of the event's object of a type.
func about(e throughline.Event, objectType string) string {
	for _, o := range e.Objects {
		if o.Type == objectType {
			return o.ID
		}
	}
	return ""
}
