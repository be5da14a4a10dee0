package operate

import (
	"context"
	"math"
	"net/netip"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Whoever guesses passwords waits: each failure beyond the free ones doubles the
// wait, up to a quarter of an hour. Failures are counted by person and by
// address, in State, so that every process counts alike. A browser that the
// person signed in with before has a budget of its own, so that strangers who
// guess cannot keep its owner out.

const (
	bucketAttempts = "attempt" // budget key -> attempts
	bucketDevices  = engine.BucketDevices

	deviceLife = 180 * 24 * time.Hour
	// attemptLife is how long failures are remembered.
	attemptLife = 24 * time.Hour
	firstWait   = time.Second
	longestWait = 15 * time.Minute
)

// Origin is where an attempt to come in is from.
type Origin struct {
	// Address is the peer's; the zero Addr counts nowhere.
	Address netip.Addr
	// Agent is the family of browser and system.
	Agent string
	// Device is the secret of an earlier sign-in, if the browser has one.
	Device string
}

// budget is one count of failures.
type budget struct {
	kind string // person, address or device
	key  string // keyed hash
	free int    // failures without a wait
	// person must own the device that key is of.
	person string
}

type attempts struct {
	Failures int       `json:"failures"`
	Last     time.Time `json:"last"`
	Until    time.Time `json:"until"`
}

type device struct {
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
}

// budgets returns what an attempt counts on. The first is the device's, which
// stands for the others where the device is known.
func (a *Access) budgets(person string, from Origin) []budget {
	if len(person) > maxPassword {
		person = person[:maxPassword]
	}
	all := []budget{
		{kind: "device", free: 10, person: person},
		{kind: "person", key: a.hash("attempt", "person/"+person), free: 5},
	}
	if from.Device != "" {
		all[0].key = a.hash("device", from.Device)
	}
	if from.Address.IsValid() {
		all = append(all, budget{kind: "address", key: a.hash("attempt", "address/"+network(from.Address)), free: 20})
	}
	return all
}

// network is what counts as one address: an IPv6 /64 is one household.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil { // an address has 64 bits
		return a.String()
	}
	return prefix.String()
}

// spend counts a failure before the password is looked at, so that attempts at
// the same time count too, and refuses where there is still a wait.
func (a *Access) spend(ctx context.Context, all []budget) error {
	var wait time.Duration
	err := a.core.Update(ctx, func(tx record.Tx) error {
		wait = 0
		now := a.core.Now()
		use, err := a.applying(tx, all, now)
		if err != nil {
			return err
		}
		counted := make([]attempts, len(use))
		for i, b := range use {
			if _, err := engine.GetJSON(tx, bucketAttempts, b.key, &counted[i]); ignoreNotFound(err) != nil {
				return err
			}
			if now.Sub(counted[i].Last) > attemptLife {
				counted[i] = attempts{}
			}
			wait = max(wait, counted[i].Until.Sub(now))
		}
		if wait > 0 {
			return nil
		}
		for i, b := range use {
			if err := a.count(tx, b, counted[i], now); err != nil {
				return err
			}
		}
		return a.sweepAttempts(tx, now)
	})
	if err != nil || wait <= 0 {
		return err
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return throughline.Errorf(throughline.Exhausted, "too many passwords were tried").
		WithFix("try again in %s; who runs the engine can also make you a new link", sayWait(seconds))
}

func sayWait(seconds int) string {
	if seconds == 1 {
		return "a second"
	}
	if seconds < 90 {
		return SayCount(int64(seconds)) + " seconds"
	}
	return SayCount(int64((seconds+59)/60)) + " minutes"
}

// applying returns the budgets that an attempt counts on: the device's alone
// where it is known, else all others.
func (a *Access) applying(r record.Reader, all []budget, now time.Time) ([]budget, error) {
	if all[0].key == "" {
		return all[1:], nil
	}
	var d device
	_, err := engine.GetJSON(r, bucketDevices, all[0].key, &d)
	if err != nil {
		return all[1:], ignoreNotFound(err)
	}
	if d.Person == all[0].person && now.Before(d.Expires) {
		return all[:1], nil
	}
	return all[1:], nil
}

// count adds a failure, and tells the journal when a wait begins and each time
// it has doubled its cause.
func (a *Access) count(tx record.Tx, b budget, n attempts, now time.Time) error {
	n.Failures++
	n.Last = now
	over := n.Failures - b.free
	if over > 0 {
		n.Until = now.Add(min(longestWait, firstWait<<min(over-1, 20)))
	}
	if err := engine.PutJSON(tx, bucketAttempts, b.key, n, record.AnyVersion); err != nil {
		return err
	}
	if over <= 0 || over&(over-1) != 0 {
		return nil
	}
	payload := throughline.AccessRefused{Budget: b.kind, Key: b.key[:16], Failures: n.Failures}
	return tx.Outbox(a.core.NewEvent(throughline.EventAccessRefused, payload, throughline.Actor{Kind: throughline.ActorSystem}, "refused/"+a.core.NewID().String()))
}

// sweepAttempts forgets a few counts that are old: of keys that come at random,
// those after another random place.
func (a *Access) sweepAttempts(tx record.Tx, now time.Time) error {
	left := 16
	for e, err := range tx.List(bucketAttempts, "", a.hash("sweep", engine.RandomText(8))) {
		if err != nil {
			return err
		}
		var n attempts
		if _, err := engine.GetJSON(tx, bucketAttempts, e.Key, &n); err != nil {
			return err
		}
		if now.Sub(n.Last) > attemptLife {
			if err := tx.Delete(bucketAttempts, e.Key); err != nil {
				return err
			}
		}
		if left--; left == 0 {
			return nil
		}
	}
	return nil
}

// restoreBudgets forgets the failures of who has come in. An address keeps its
// own: signing in with one name pays for no guesses at others.
func restoreBudgets(tx record.Tx, all []budget) error {
	for _, b := range all {
		if b.kind == "address" || b.key == "" {
			continue
		}
		if err := tx.Delete(bucketAttempts, b.key); err != nil {
			return err
		}
	}
	return nil
}

// keepDevice makes the browser known as the person's, for half a year from now.
// A new secret takes the place of an earlier one.
func (a *Access) keepDevice(tx record.Tx, person, earlier string) (secret string, err error) {
	if earlier != "" {
		if err := tx.Delete(bucketDevices, a.hash("device", earlier)); err != nil {
			return "", err
		}
	}
	secret = engine.RandomText(32)
	now := a.core.Now()
	for e, err := range tx.List(bucketDevices, "", "") {
		if err != nil {
			return "", err
		}
		var d device
		if _, err := engine.GetJSON(tx, bucketDevices, e.Key, &d); err != nil {
			return "", err
		}
		if !now.Before(d.Expires) {
			if err := tx.Delete(bucketDevices, e.Key); err != nil {
				return "", err
			}
		}
	}
	return secret, engine.PutJSON(tx, bucketDevices, a.hash("device", secret), device{person, now.Add(deviceLife)}, 0)
}
