package live

import (
	"context"
	"encoding/json"

	"github.com/throughline-engine/throughline"
)

// ReadBack reads the whole journal and names every message id and decision id
// in it, for a client that kept its own list of what was acknowledged.
func (p *Plane) ReadBack(ctx context.Context, message, decision func(id string)) error {
	for batch, err := range p.core.Record.Journal.Read(ctx, 0) {
		if err != nil {
			return err
		}
		for _, e := range batch {
			switch e.Type {
			case throughline.EventDecisionMade:
				made, err := throughline.DecodeData[throughline.DecisionMade](e)
				if err != nil {
					return err
				}
				decision(string(made.Token.Sign(p.core.Secret())))
			case throughline.EventExposureConfirmed, throughline.EventOutcomeReceived, throughline.EventSignalObserved:
				if err := p.readMessageID(ctx, e, message); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *Plane) readMessageID(ctx context.Context, e throughline.Event, message func(id string)) error {
	plain, ok, err := p.core.Vault().Reveal(ctx, e)
	if err != nil || !ok {
		return err
	}
	var sent struct {
		MessageID string `json:"messageId"`
	}
	if err := json.Unmarshal(plain, &sent); err != nil {
		return throughline.Errorf(throughline.Corrupt, "event %s: its message cannot be read: %w", e.ID, err)
	}
	message(sent.MessageID)
	return nil
}
