package content

import (
	"context"
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// bucketChanges keeps the changes of a release of many beside it, so that who
// only asks how it stands does not read them: the number, a slash, the number of
// a portion -> portion. None is large: who seeks an entry beside a large one
// reads all of that.
const bucketChanges = "release-change"

// portion is some of a release's changes: a line for each, and their fields
// where any has some.
type portion struct {
	Lines  string                      `json:"lines"`
	Fields [][]throughline.FieldChange `json:"fields,omitempty"`
}

const (
	// changesWithin is how many changes a release keeps with itself.
	changesWithin = 16
	// changesPortion is how many changes are kept together.
	changesPortion = 500
)

// kept is a release as State keeps it.
type kept struct {
	throughline.Release
	// Apart counts the changes kept beside it; 0 where they are with it, as all
	// were in records from before they could be.
	Apart int `json:"apart,omitempty"`
}

func readKept(r record.Reader, n int) (k kept, err error) {
	_, err = engine.GetJSON(r, engine.BucketReleases, releaseKey(n), &k)
	if throughline.CodeOf(err) == throughline.NotFound {
		err = noRelease(n)
	}
	return k, err
}

// readHead returns a release without what it changes: how it stands, who made it
// and why.
func readHead(r record.Reader, n int) (throughline.Release, error) {
	k, err := readKept(r, n)
	k.Changes = nil
	return k.Release, err
}

// readRelease returns a release with all that it changes.
func readRelease(r record.Reader, n int) (throughline.Release, error) {
	k, err := readKept(r, n)
	if err == nil && k.Apart > 0 {
		k.Changes, err = readChanges(r, k)
	}
	return k.Release, err
}

// amend says something else of a release, and leaves what it changes where it is.
func amend(tx record.Tx, n int, fn func(*throughline.Release)) error {
	k, err := readKept(tx, n)
	if err != nil {
		return err
	}
	if err := dropDates(tx, k.Release); err != nil {
		return err
	}
	fn(&k.Release)
	return putKept(tx, k)
}

// putRelease stores a release with all that it changes, and its dates. Whoever
// watches the bucket of releases is told.
func putRelease(tx record.Tx, rel throughline.Release) error {
	old, err := readKept(tx, rel.Number)
	switch throughline.CodeOf(err) {
	case "":
		if err := dropDates(tx, old.Release); err != nil {
			return err
		}
		if err := dropChanges(tx, old); err != nil {
			return err
		}
	case throughline.NotFound:
	default:
		return err
	}
	k := kept{Release: rel}
	if len(rel.Changes) > changesWithin {
		if err := putChanges(tx, rel); err != nil {
			return err
		}
		k.Changes, k.Apart = nil, len(rel.Changes)
	}
	return putKept(tx, k)
}

// putKept stores a release whose changes are in their place, and its dates.
func putKept(tx record.Tx, k kept) error {
	if err := putDates(tx, k.Release); err != nil {
		return err
	}
	return engine.PutJSON(tx, engine.BucketReleases, releaseKey(k.Number), k, record.AnyVersion)
}

func portionKey(n, portion int) string { return fmt.Sprintf("%s/%06d", releaseKey(n), portion) }

// portions is how many portions a number of changes takes.
func portions(changes int) int { return (changes + changesPortion - 1) / changesPortion }

func putChanges(tx record.Tx, rel throughline.Release) error {
	for i := range portions(len(rel.Changes)) {
		from := i * changesPortion
		p, any := portion{}, false
		var lines strings.Builder
		for _, ch := range rel.Changes[from:min(from+changesPortion, len(rel.Changes))] {
			fmt.Fprintf(&lines, "%s %s %s %s\n", ch.Action, cmpText(ch.From), cmpText(ch.To), ch.Ref)
			p.Fields, any = append(p.Fields, ch.Fields), any || len(ch.Fields) > 0
		}
		if p.Lines = lines.String(); !any {
			p.Fields = nil // what comes and goes whole names no field
		}
		if err := engine.PutJSON(tx, bucketChanges, portionKey(rel.Number, i), p, record.AnyVersion); err != nil {
			return err
		}
	}
	return nil
}

// cmpText is a digest as a line has it.
func cmpText(d throughline.Digest) string {
	if d.IsZero() {
		return "-"
	}
	return d.String()
}

func readChanges(r record.Reader, k kept) ([]throughline.Change, error) {
	changes := make([]throughline.Change, 0, k.Apart)
	for i := range portions(k.Apart) {
		some, err := readPortion(r, k.Number, i)
		if err != nil {
			return nil, err
		}
		changes = append(changes, some...)
	}
	if len(changes) != k.Apart {
		return nil, lostChanges(k.Number, fmt.Errorf("there are %d of %d", len(changes), k.Apart))
	}
	return changes, nil
}

// readPortion returns the changes of a release that are kept in its portion i.
func readPortion(r record.Reader, n, i int) (changes []throughline.Change, err error) {
	var p portion
	if _, err := engine.GetJSON(r, bucketChanges, portionKey(n, i), &p); err != nil {
		return nil, lostChanges(n, err)
	}
	for line := range strings.Lines(p.Lines) {
		ch, err := parseChange(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, lostChanges(n, err)
		}
		changes = append(changes, ch)
	}
	if len(p.Fields) > len(changes) {
		return nil, lostChanges(n, fmt.Errorf("portion %d has %d", i, len(p.Fields)))
	}
	for j, f := range p.Fields {
		changes[j].Fields = f
	}
	return changes, nil
}

func lostChanges(n int, err error) error {
	return throughline.Errorf(throughline.Corrupt, "the changes of release %d cannot be read: %w", n, err)
}

func parseChange(line string) (ch throughline.Change, err error) {
	parts := strings.SplitN(line, " ", 4)
	if len(parts) != 4 {
		return ch, fmt.Errorf("%q is no change", line)
	}
	ch.Action = throughline.Action(parts[0])
	for i, into := range []*throughline.Digest{&ch.From, &ch.To} {
		if parts[1+i] == "-" {
			continue
		}
		if *into, err = throughline.ParseDigest(parts[1+i]); err != nil {
			return ch, err
		}
	}
	ch.Ref, err = throughline.ParseRef(parts[3])
	return ch, err
}

func dropChanges(tx record.Tx, k kept) error {
	for i := range portions(k.Apart) {
		if err := tx.Delete(bucketChanges, portionKey(k.Number, i)); err != nil {
			return err
		}
	}
	return nil
}

// keyApart is in BucketEngine once every release of many changes has them beside
// it.
const keyApart = "changes-apart"

// setApart puts the changes of releases from before they could be kept apart
// beside them, once.
func (c *Content) setApart(ctx context.Context) error {
	var done bool
	var many []int
	err := c.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketEngine, keyApart, &done)
		if err == nil || throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		last, err := lastNumber(r)
		for n := 1; err == nil && n <= last; n++ {
			k, readErr := readKept(r, n)
			if readErr != nil && throughline.CodeOf(readErr) != throughline.NotFound {
				return readErr
			}
			if len(k.Changes) > changesWithin {
				many = append(many, n)
			}
		}
		return err
	})
	if err != nil || done {
		return err
	}
	for _, n := range many { // one at a time: others write meanwhile
		err := c.core.Update(ctx, func(tx record.Tx) error {
			rel, err := readRelease(tx, n)
			if err != nil {
				return err
			}
			return putRelease(tx, rel)
		})
		if err != nil {
			return err
		}
	}
	return c.core.Update(ctx, func(tx record.Tx) error {
		return engine.PutJSON(tx, engine.BucketEngine, keyApart, true, record.AnyVersion)
	})
}
