package live

import (
	"context"
	"encoding/json"
	"strings"

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
// restart, from the decisions journaled lately.
func (p *Plane) restoreHolds(ctx context.Context) error {
	table := p.table.Load()
	if table == nil {
		return nil
	}
	head, err := p.core.Record.Journal.Head(ctx)
	if err != nil {
		return err
	}
	horizon := p.core.Now().Add(-decide.SessionIdle)
	for batch, err := range p.core.Record.Journal.Read(ctx, head.Seq-min(head.Seq, holdsFrom)) {
		if err != nil {
			return err
		}
		for _, e := range batch {
			if e.Type != throughline.EventDecisionMade || e.OccurredAt.Before(horizon) {
				continue
			}
			if err := p.restoreHold(ctx, table, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdsFrom is how many of the last events are read for sticky choices.
const holdsFrom = 100_000

// restoreHold holds one decision again, if its variant is still live and its
// recipient was not forgotten.
func (p *Plane) restoreHold(ctx context.Context, table *decide.Table, e throughline.Event) error {
	made, err := throughline.DecodeData[throughline.DecisionMade](e)
	if err != nil {
		return err
	}
	plain, ok, err := p.core.Vault().Reveal(ctx, e)
	if err != nil || !ok || len(plain) == 0 {
		return err
	}
	var q asked
	if err := json.Unmarshal(plain, &q); err != nil {
		return throughline.Errorf(throughline.Corrupt, "event %s: its context cannot be read: %w", e.ID, err)
	}
	placement, variant := about(e, "placement"), throughline.VariantID(about(e, "variant"))
	for _, r := range table.Variant(variant) {
		if r.Placement != placement || r.Candidate == throughline.FallbackCandidate {
			continue
		}
		hold := decide.Hold{Token: made.Token, Key: table.Key(placement, r.Candidate)}
		p.holds.Put(decide.HoldKey{Unit: decide.UnitHash(q.Unit), Placement: placement}, hold, e.OccurredAt)
		return nil
	}
	return nil
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
