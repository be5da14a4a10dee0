package live

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/observe"
)

// Incoming is one request with exposures, outcomes or other signals.
type Incoming struct {
	Body []byte
	// Kind is the last part of the path: track, batch and so on.
	Kind       string
	ReceivedAt time.Time
	// Source says which write key the request came with; it is told the key in
	// the body, which may be empty. An error refuses the request.
	Source func(keyInBody string) (string, error)
}

// Reject says why one message was not taken.
type Reject = observe.Reject

// Taken says what became of the messages of one request.
type Taken struct {
	// Appended and Duplicates are durable; Suppressed are about recipients who
	// were forgotten, and nothing was kept of them.
	Appended, Duplicates, Suppressed int
	// Rejected messages were refused one by one.
	Rejected []Reject
}

// Observe takes in what a client sent. When it returns nil, every message is
// durable or refused by name; a single message that is refused is an error.
// Under pressure it returns Exhausted at once.
func (p *Plane) Observe(ctx context.Context, in Incoming) (Taken, error) {
	batch, err := observe.Parse(in.Body, in.Kind, in.ReceivedAt)
	if err != nil {
		return Taken{}, err
	}
	source, err := in.Source(batch.WriteKey)
	if err != nil {
		return Taken{}, err
	}
	select {
	case p.ingest <- struct{}{}:
		defer func() { <-p.ingest }()
	default:
		return Taken{}, throughline.Errorf(throughline.Exhausted, "more events wait for the record than it can take").
			WithFix("send them again after a second; nothing of this request was kept")
	}
	sealer, err := p.core.Vault().Admit(ctx, batch.Units())
	if err != nil {
		return Taken{}, err
	}
	result := batch.Events(observe.Intake{
		Engine: p.core.ID(), Source: source, Secret: p.core.Secret(), NewID: p.core.NewID, Sealer: sealer,
	})
	if batch.Kind != observe.KindBatch && len(result.Rejected) > 0 {
		return Taken{}, result.Rejected[0].Err()
	}
	taken := Taken{Suppressed: result.Suppressed, Rejected: result.Rejected}
	if len(result.Events) == 0 {
		return taken, nil
	}
	receipts, err := p.core.Record.Journal.Append(ctx, result.Events)
	if err != nil {
		return Taken{}, err
	}
	for i, r := range receipts {
		if r.Duplicate {
			taken.Duplicates++
			continue
		}
		taken.Appended++
		p.hear(result.Events[i])
	}
	return taken, nil
}
