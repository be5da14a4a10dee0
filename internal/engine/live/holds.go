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

// recall brings a recipient's kept choice into memory, if the placement keeps
// choices and this process does not know the recipient's yet. It is the one
// read of the record that a decision may cost.
func (p *Plane) recall(ctx context.Context, t *decide.Table, req throughline.Request) error {
	if t.Sticky(req.Placement) != throughline.StickyRecipient {
		return nil
	}
	key := decide.HoldKey{Unit: decide.UnitHash(req.Unit), Placement: req.Placement}
	if _, ok := p.holds.Peek(key, req.At, 0); ok {
		return nil
	}
	var kept keptHold
	err := p.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketHolds, p.holdKey(req.Unit, req.Placement), &kept)
		return err
	})
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	token, err := throughline.ParseToken(kept.Token)
	if err != nil {
		return err
	}
	p.holds.Put(key, decide.Hold{Token: token, Key: kept.Key, Slots: kept.Slots}, req.At)
	return nil
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
		if _, ok := p.holds.Peek(key, h.at, 0); !ok {
			p.holds.Put(key, h.Hold, h.at)
		}
	}
	if err != nil && ctx.Err() == nil {
		p.core.Log.Error("not every session keeps its choice over the restart", "kept", len(held), "error", err)
	}
	return nil
}

// holdsFrom is how many of the last events are read for sticky choices.
const holdsFrom = 100_000

// heldAt is a hold and the moment of its decision.
type heldAt struct {
	decide.Hold
	at time.Time
}

// lastDecisions returns the last decision of each session that goes on, as far
// as the journal can be read.
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

// holdOf returns the hold of one journaled decision, if its variant is still
// live and its recipient was not forgotten.
func holdOf(table *decide.Table, e throughline.Event, plain []byte) (decide.HoldKey, decide.Hold, bool) {
	made, err := throughline.DecodeData[throughline.DecisionMade](e)
	if err != nil || len(plain) == 0 {
		return decide.HoldKey{}, decide.Hold{}, false
	}
	var q asked
	if err := json.Unmarshal(plain, &q); err != nil {
		return decide.HoldKey{}, decide.Hold{}, false
	}
	placement, variant := about(e, "placement"), throughline.VariantID(about(e, "variant"))
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
