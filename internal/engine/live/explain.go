package live

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/record"
)

// Answer says why a decision came out as it did.
type Answer struct {
	// DecisionID is the decision asked about.
	DecisionID throughline.DecisionID `json:"decisionId"`
	Placement  string                 `json:"placement"`
	Owner      string                 `json:"owner"`
	// Erased is true when the recipient was forgotten: what they asked with is
	// gone, and what remains is the signed token.
	Erased bool `json:"erased,omitempty"`
	// Recorded is false when the decision's own record was lost in a crash.
	Recorded bool      `json:"recorded"`
	At       time.Time `json:"at,omitzero"`
	// Arm, Propensity and Epoch are what the id itself says, and always there.
	Arm        throughline.Arm `json:"arm"`
	Propensity float64         `json:"propensity"`
	Epoch      uint32          `json:"epoch"`
	Release    int             `json:"release"`
	// Snapshot is what it was decided from; zero when that is no longer kept.
	Snapshot throughline.Digest `json:"snapshot,omitzero"`
	// Why is the decision made again from the record; nil when it cannot be.
	Why *decide.Explanation `json:"why,omitempty"`
	// Same reports whether deciding again gave the same variant and propensity.
	Same bool `json:"same"`
	// Today is what the same request would get now, with nothing held: under the
	// rules, the pieces and the learning in force. It is nil where Why is, and when
	// the placement is not live.
	Today *decide.Explanation `json:"today,omitempty"`
	// Notes say what could not be told, and the reason.
	Notes []string `json:"notes,omitempty"`
	// Event is the decision's own record; nil where Recorded is false.
	Event *throughline.Event `json:"-"`
}

// Explain finds a decision in the record by its id and decides it again from
// what it was decided from. Where that is no longer kept, the answer is what the
// id itself says, with a note.
func (p *Plane) Explain(ctx context.Context, id throughline.DecisionID) (Answer, error) {
	token, err := throughline.OpenDecisionID(p.core.Secret(), id)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{DecisionID: id, Arm: token.Arm, Propensity: token.Propensity(), Epoch: token.Epoch}
	table, started, err := p.tableOf(ctx, token)
	if throughline.CodeOf(err) == throughline.NotFound {
		a.Notes = append(a.Notes, fmt.Sprintf("What this decision was made from is not kept any more: epochs are for %d days. What is told here is what the signed id proves by itself.", int(p.publisher.keep.Hours()/24)))
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.Release, a.Snapshot = table.Release(), table.Digest()
	a.Placement, a.Owner = table.PlacementOf(token)
	err = p.explainRecorded(ctx, &a, token, table, started)
	return a, err
}

// explainRecorded adds what the decision's own record tells: when it was made,
// and for what.
func (p *Plane) explainRecorded(ctx context.Context, a *Answer, token throughline.Token, table *decide.Table, started uint64) error {
	event, found, err := p.find(ctx, token, started)
	if err != nil {
		return err
	}
	if !found {
		a.Notes = append(a.Notes, "The record of this decision is not in the journal: it was lost when the engine was killed, or is not written yet. The id itself proves what was served.")
		return nil
	}
	a.Recorded, a.At, a.Event = true, event.OccurredAt, &event
	plain, ok, err := p.core.Vault().Reveal(ctx, event)
	if err != nil {
		return err
	}
	if !ok || len(plain) == 0 {
		a.Erased = true
		a.Notes = append(a.Notes, "The recipient was forgotten: erased.")
		return nil
	}
	var q asked
	if err := json.Unmarshal(plain, &q); err != nil {
		return throughline.Errorf(throughline.Corrupt, "event %s: its context cannot be read: %w", event.ID, err)
	}
	req := throughline.Request{Placement: a.Placement, Unit: q.Unit, Context: q.Context, At: q.At}
	why, err := table.Explain(req, nil)
	if err != nil {
		return err
	}
	a.Why, a.Same = &why, why.Decision.Token == token
	return p.today(a, req)
}

// today adds what the request would get now.
func (p *Plane) today(a *Answer, req throughline.Request) error {
	req.At = p.core.Now()
	t := p.table.Load()
	if t == nil {
		return nil // this process has only begun to read what is live
	}
	now, err := t.Explain(req, nil)
	if throughline.CodeOf(err) == throughline.NotFound {
		a.Notes = append(a.Notes, "The placement is not live any more, so the request would get nothing today.")
		return nil
	}
	if err != nil {
		return err
	}
	a.Today = &now
	return nil
}

// Explanation says what a request would get, and why.
type Explanation = decide.Explanation

// Option is one variant a request might have got.
type Option = decide.Option

// Ask explains what would be decided now, without recording anything.
func (p *Plane) Ask(req throughline.Request) (decide.Explanation, error) {
	t := p.table.Load()
	if t == nil {
		return decide.Explanation{}, throughline.Errorf(throughline.NotFound, "nothing is live yet").WithFix("declare a placement and apply it")
	}
	return t.Explain(req, p.holds)
}

// tableOf rebuilds the table a token was decided from, and says after which
// event its epoch was published. What is not kept any more is NotFound.
func (p *Plane) tableOf(ctx context.Context, token throughline.Token) (*decide.Table, uint64, error) {
	var ep published
	err := p.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, bucketEpochs, epochKey(token.Epoch), &ep)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if !strings.HasPrefix(ep.Snapshot.String(), hex.EncodeToString(token.Snapshot[:])) {
		return nil, 0, throughline.Errorf(throughline.Corrupt, "epoch %d belongs to another snapshot than the decision", token.Epoch)
	}
	table, err := p.compile(ctx, nil, ep)
	return table, ep.Through, err
}

// find looks for the decision's event among those written after its epoch was
// published. A decision is made while its epoch is the last, so the search ends
// a while after the next one began.
func (p *Plane) find(ctx context.Context, token throughline.Token, after uint64) (throughline.Event, bool, error) {
	var found throughline.Event
	var superseded time.Time
	for batch, err := range p.core.Record.Journal.Read(ctx, after) {
		if err != nil {
			return found, false, err
		}
		for _, e := range batch {
			switch e.Type {
			case throughline.EventDecisionMade:
				if m, err := throughline.DecodeData[throughline.DecisionMade](e); err == nil && m.Token == token {
					return e, true, nil
				}
			case throughline.EventEpochPublished:
				if m, err := throughline.DecodeData[throughline.EpochPublished](e); err == nil && m.Number > token.Epoch && superseded.IsZero() {
					superseded = e.RecordedAt
				}
			}
			if !superseded.IsZero() && e.RecordedAt.Sub(superseded) > recordedWithin {
				return found, false, nil
			}
		}
	}
	return found, false, nil
}

// recordedWithin bounds how long after its epoch ended a decision's record may
// reach the journal.
const recordedWithin = 10 * time.Minute

func decisionKey(t throughline.Token) string { return "decision/" + hex.EncodeToString(t.Bytes()) }
