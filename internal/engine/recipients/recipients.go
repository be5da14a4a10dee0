// Package recipients is what concerns the people content is for: today, being
// forgotten.
package recipients

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Scrubber removes the last bytes of what was deleted from every file of the
// record. Adapters that leave none behind need not implement it.
type Scrubber interface {
	// Scrub returns when they are gone.
	Scrub(ctx context.Context) error
}

// Memory is what a process remembers of recipients beside the record.
type Memory interface {
	// Drop forgets a unit.
	Drop(unit string)
}

// Recipients keeps promises to recipients.
type Recipients struct {
	core   *engine.Core
	scrub  Scrubber
	memory Memory
}

// New returns the recipients of an engine; scrub may be nil.
func New(core *engine.Core, scrub Scrubber, memory Memory) *Recipients {
	return &Recipients{core, scrub, memory}
}

// Erasure says what forgetting did.
type Erasure struct {
	// Known is false for a recipient the engine never recorded. They are
	// suppressed all the same.
	Known bool `json:"known"`
	// Subject is the random id that events carried.
	Subject throughline.ID `json:"subject,omitzero"`
}

// Forget erases a recipient, named by the unit that clients send: the key to
// everything sealed about them is destroyed, and nothing is recorded of them
// from now on.
func (r *Recipients) Forget(ctx context.Context, by throughline.Actor, unit string) (Erasure, error) {
	if unit == "" || len(unit) > 256 {
		return Erasure{}, throughline.Errorf(throughline.Invalid, "a recipient's id has 1 to 256 bytes").
			WithFix("give the targetingKey or userId that your clients send")
	}
	subject, known, err := r.core.Vault().Forget(ctx, unit, by)
	if err != nil {
		return Erasure{}, err
	}
	r.memory.Drop(unit)
	if r.scrub != nil {
		if err := r.scrub.Scrub(ctx); err != nil {
			return Erasure{}, throughline.Errorf(throughline.Unavailable, "the recipient was forgotten, but old bytes may lie in the files still: %w", err).
				WithFix("run forget again; if it goes on failing, check the disk")
		}
	}
	return Erasure{Known: known, Subject: subject}, nil
}
