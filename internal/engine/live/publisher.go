package live

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/learn"
	"github.com/throughline-engine/throughline/internal/record"
)

// publisher turns what was learned into epochs. Of all processes on one record
// the holder of a lease does it, so that every reader decides from the same
// integers.
type publisher struct {
	core       *engine.Core
	projection *engine.Projection
	every      time.Duration
	keep       time.Duration
	holder     string

	renewAt time.Time
	held    bool
	last    published
	// highest is the highest number given to an epoch, shown or not.
	highest uint32
	// capped are the pieces of the snapshot that may be shown so often, and before
	// is how often each had been when it was last looked at.
	capped capped
	before map[string]int64
}

const (
	keyEpoch = "epoch" // in BucketLive: the epoch that readers decide from

	// bucketEpochs maps %010d epoch number -> published, for explaining.
	bucketEpochs = "epoch"

	leaseName = "publisher"
	// leaseTTL is the longest that nothing is published after the holder was
	// killed.
	leaseTTL = 5 * time.Second
)

// published names an epoch and its snapshot.
type published struct {
	Number   uint32             `json:"number"`
	Epoch    throughline.Digest `json:"epoch"`
	Snapshot throughline.Digest `json:"snapshot"`
	Through  uint64             `json:"through"`
	// Learned is learn.State.Learned: what tells whether anything was learned
	// since.
	Learned uint64 `json:"learned"`
	// Spent is the epoch's.
	Spent []string `json:"spent,omitempty"`
}

// run publishes at every tick and whenever a release changes what is live.
func (p *publisher) run(ctx context.Context) error {
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	changed := p.core.Record.State.Watch(ctx, engine.BucketLive)
	for {
		if err := p.runOnce(ctx); err != nil && ctx.Err() == nil {
			p.core.Log.Error("no new epoch was published; the last one goes on serving", "error", err)
		}
		select {
		case <-tick.C:
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// runOnce publishes an epoch if this process holds the lease and there is
// something new to say.
func (p *publisher) runOnce(ctx context.Context) error {
	if err := p.renew(ctx); err != nil || !p.held {
		return err
	}
	var release engine.LiveRelease
	if err := p.read(ctx, engine.KeyLiveRelease, &release); err != nil || release.Snapshot.IsZero() {
		return err
	}
	if p.last.Number == 0 {
		if err := p.takeOver(ctx); err != nil {
			return err
		}
	}
	var learned uint64
	p.projection.Learned(func(s *learn.State, _ uint64, _ time.Time) { learned = s.Learned() })
	if err := p.caps(ctx, release.Snapshot); err != nil {
		return err
	}
	spent := p.spent()
	if p.last.Snapshot == release.Snapshot && p.last.Learned == learned && p.last.Number != 0 && slices.Equal(p.last.Spent, spent) {
		return nil
	}
	if err := p.publish(ctx, release, spent); err != nil {
		p.last = published{} // it may have been committed all the same
		return err
	}
	return p.prune(ctx)
}

// takeOver goes on where the last publisher, which may have been another
// process, stopped.
func (p *publisher) takeOver(ctx context.Context) error {
	if err := p.catchUp(ctx); err != nil {
		return err
	}
	if err := p.read(ctx, keyEpoch, &p.last); err != nil {
		return err
	}
	return p.core.Record.State.View(ctx, func(r record.Reader) error {
		p.highest = p.last.Number
		for e, err := range r.List(bucketEpochs, "", epochKey(p.last.Number)) {
			if err != nil {
				return err
			}
			var begun published
			if _, err := engine.GetJSON(r, bucketEpochs, e.Key, &begun); err != nil {
				return err
			}
			p.highest = max(p.highest, begun.Number)
		}
		return nil
	})
}

func epochKey(number uint32) string { return fmt.Sprintf("%010d", number) }

// catchUp folds what the journal holds. One that cannot be read on does not
// keep a release back.
func (p *publisher) catchUp(ctx context.Context) error {
	if err := p.projection.CatchUp(ctx); err != nil && throughline.CodeOf(err) != throughline.Corrupt {
		return err
	}
	return nil
}

func (p *publisher) renew(ctx context.Context) error {
	now := p.core.Clock()
	if now.Before(p.renewAt) {
		return nil
	}
	held, err := p.core.Lease(ctx, leaseName, p.holder, leaseTTL)
	if err != nil {
		return err
	}
	if held && !p.held {
		p.last = published{} // another process may have published since
	}
	p.held, p.renewAt = held, now.Add(leaseTTL/3)
	return nil
}

// read loads an entry of BucketLive; one that does not exist leaves v as it is.
func (p *publisher) read(ctx context.Context, key string, v any) error {
	return p.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketLive, key, v)
		if throughline.CodeOf(err) == throughline.NotFound {
			return nil
		}
		return err
	})
}

func (p *publisher) publish(ctx context.Context, release engine.LiveRelease, spent []string) error {
	snapshot, err := engine.LoadSnapshot(ctx, p.core.Record.Blobs, release.Snapshot)
	if err != nil {
		return err
	}
	if p.last.Snapshot != release.Snapshot || p.last.Number == 0 {
		// What is learned of the new snapshot's candidates so far should count at
		// once.
		if err := p.catchUp(ctx); err != nil {
			return err
		}
	}
	number := max(uint32(p.core.Clock().Unix()), p.last.Number+1, p.highest+1)
	var epoch throughline.Epoch
	var learned uint64
	p.projection.Learned(func(s *learn.State, through uint64, asOf time.Time) {
		learned = s.Learned()
		epoch, err = s.Epoch(number, snapshot, release.Snapshot, through, asOf.UnixMilli(), uint64(number))
	})
	if err != nil {
		return err
	}
	epoch.Spent = spent
	digest, _, err := p.core.Record.Blobs.Put(ctx, bytes.NewReader(epoch.Encode()))
	if err != nil {
		return err
	}
	next := published{Number: number, Epoch: digest, Snapshot: release.Snapshot, Through: epoch.Through, Learned: learned, Spent: spent}
	p.highest = number
	return p.show(ctx, next)
}

// show makes an epoch what readers decide from, once the journal knows it: no
// decision names one that following the journal has not met.
func (p *publisher) show(ctx context.Context, next published) error {
	if err := p.core.RelayNow(ctx); err != nil {
		return err // while the journal takes nothing, no epoch is begun in vain
	}
	if held, err := p.whileHeld(ctx, func(tx record.Tx) error { return p.begin(tx, next) }); err != nil || !held {
		return err
	}
	if err := p.core.RelayNow(ctx); err != nil {
		return err
	}
	held, err := p.whileHeld(ctx, func(tx record.Tx) error {
		return engine.PutJSON(tx, engine.BucketLive, keyEpoch, next, record.AnyVersion)
	})
	if err == nil && held {
		p.last = next
	}
	return err
}

// whileHeld runs fn in a transaction, unless the lease was lost meanwhile, and
// reports whether it did.
func (p *publisher) whileHeld(ctx context.Context, fn func(record.Tx) error) (held bool, err error) {
	err = p.core.Update(ctx, func(tx record.Tx) error {
		var err error
		if held, err = engine.Leased(tx, leaseName, p.holder); err != nil || !held {
			return err
		}
		return fn(tx)
	})
	if err == nil {
		p.held = held
	}
	return held, err
}

// begin keeps an epoch for explaining, and has the journal told of it.
func (p *publisher) begin(tx record.Tx, next published) error {
	if err := engine.PutJSON(tx, bucketEpochs, epochKey(next.Number), next, 0); err != nil {
		return err
	}
	payload := throughline.EpochPublished{Epoch: next.Epoch, Number: next.Number, Snapshot: next.Snapshot, Through: next.Through}
	key := "epoch/" + strconv.Itoa(int(next.Number))
	return tx.Outbox(p.core.NewEvent(throughline.EventEpochPublished, payload, throughline.Actor{Kind: throughline.ActorSystem}, key))
}

// prune drops the oldest epochs beyond what is kept for explaining, a few at a
// time.
func (p *publisher) prune(ctx context.Context) error {
	var old []published
	horizon := uint32(p.core.Clock().Add(-p.keep).Unix())
	err := p.core.Record.State.View(ctx, func(r record.Reader) error {
		for e, err := range r.List(bucketEpochs, "", "") {
			if err != nil {
				return err
			}
			var ep published
			if _, err := engine.GetJSON(r, bucketEpochs, e.Key, &ep); err != nil {
				return err
			}
			if ep.Number >= horizon || ep.Number == p.last.Number || len(old) == 8 {
				return nil
			}
			old = append(old, ep)
		}
		return nil
	})
	if err != nil || len(old) == 0 {
		return err
	}
	gone, err := p.deleteEpochs(ctx, old)
	if err != nil || len(gone) == 0 {
		return err
	}
	return p.core.Record.State.Update(ctx, func(tx record.Tx) error {
		for _, ep := range gone {
			if err := tx.Delete(bucketEpochs, epochKey(ep.Number)); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteEpochs deletes the blobs of epochs and returns those whose entries may
// follow: an entry outlives its blob, so that no blob is left that nothing names.
// What a backup is copying stays for later.
func (p *publisher) deleteEpochs(ctx context.Context, old []published) (gone []published, err error) {
	for _, ep := range old {
		err := p.core.Record.Blobs.Delete(ctx, ep.Epoch)
		if throughline.CodeOf(err) == throughline.Unavailable {
			return gone, nil
		}
		if err != nil {
			return gone, err
		}
		gone = append(gone, ep)
	}
	return gone, nil
}
