package content

import (
	"fmt"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// The buckets of State that only content reads.
const (
	// bucketDue keeps what the schedule still has to do, bucketDates every date of
	// every release: the instant, the number, what -> nothing.
	bucketDue   = "release-due"
	bucketDates = "release-date"
)

// revised is one entry of a resource's history.
type revised struct {
	Digest throughline.Digest `json:"digest,omitzero"`
	Author throughline.Actor  `json:"author"`
	At     time.Time          `json:"at"`
	Action throughline.Action `json:"action"`
	Fields []string           `json:"fields,omitempty"`
}

func putHistory(tx record.Tx, rel throughline.Release, ch throughline.Change) error {
	entry := revised{Digest: ch.To, Author: rel.Author, At: rel.LiveAt, Action: ch.Action}
	for _, f := range ch.Fields {
		entry.Fields = append(entry.Fields, f.Path)
	}
	return engine.PutJSON(tx, engine.BucketHistory, ch.Ref.String()+" "+releaseKey(rel.Number), entry, record.AnyVersion)
}

// What a release's dates are about.
const (
	DateLive    = "live"    // it went live
	DateGoLive  = "go-live" // it will
	DateEnd     = "end"
	DateEmbargo = "embargo"
	DateDue     = "due" // a brief should be live
)

// date is one instant of a release.
type date struct {
	at     time.Time
	number int
	what   string
}

// dateForm sorts as text as instants do.
const dateForm = "2006-01-02T15:04:05.000000Z"

func (d date) key() string {
	return fmt.Sprintf("%s/%s/%s", d.at.UTC().Format(dateForm), releaseKey(d.number), d.what)
}

func parseDate(key string) (d date, err error) {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) != 3 {
		return d, throughline.Errorf(throughline.Corrupt, "the date %q cannot be read", key)
	}
	d.what = parts[2]
	if d.at, err = time.Parse(dateForm, parts[0]); err != nil {
		return d, throughline.Errorf(throughline.Corrupt, "the date %q cannot be read: %w", key, err)
	}
	_, err = fmt.Sscanf(parts[1], "%d", &d.number)
	return d, err
}

// dates returns every date of a release, and those the schedule has to act on.
func dates(rel throughline.Release) (all, due []date) {
	s := rel.Schedule
	if s == nil {
		s = new(throughline.Schedule)
	}
	add := func(at time.Time, what string, act bool) {
		if at.IsZero() {
			return
		}
		d := date{at, rel.Number, what}
		all = append(all, d)
		if act {
			due = append(due, d)
		}
	}
	waits := rel.State == throughline.ReleaseProposed || rel.State == throughline.ReleaseApproved
	shown := rel.State == throughline.ReleaseLive || rel.State == throughline.ReleaseSuperseded
	goLive := s.GoLiveAt
	if goLive.IsZero() {
		goLive = rel.ApprovedAt // so that one approved by a process that then died goes live
	}
	if waits {
		add(goLive, DateGoLive, rel.State == throughline.ReleaseApproved)
	}
	add(rel.LiveAt, DateLive, false)
	if waits || shown || rel.State == throughline.ReleaseEnded {
		add(s.EndAt, DateEnd, shown)
	}
	if waits || shown {
		add(s.EmbargoAt, DateEmbargo, false)
	}
	return all, due
}

// dropDates forgets the dates of a release as it stood.
func dropDates(tx record.Tx, rel throughline.Release) error {
	all, _ := dates(rel)
	for _, d := range all {
		if err := tx.Delete(bucketDates, d.key()); err != nil {
			return err
		}
		if err := tx.Delete(bucketDue, d.key()); err != nil {
			return err
		}
	}
	return nil
}

// putDates notes the dates of a release as it stands.
func putDates(tx record.Tx, rel throughline.Release) error {
	all, due := dates(rel)
	for bucket, list := range map[string][]date{bucketDates: all, bucketDue: due} {
		for _, d := range list {
			if _, err := tx.Put(bucket, d.key(), []byte("{}"), record.AnyVersion); err != nil {
				return err
			}
		}
	}
	return nil
}
