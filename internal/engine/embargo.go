package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// ReleaseKey is the key of a release in BucketReleases.
func ReleaseKey(number int) string { return fmt.Sprintf("%09d", number) }

// SameActor reports whether two actors are one person, also behind a key.
func SameActor(a, b throughline.Actor) bool {
	person := func(x throughline.Actor) string {
		if x.OnBehalfOf != "" {
			return x.OnBehalfOf
		}
		return string(x.Kind) + "/" + x.ID
	}
	pa, pb := person(a), person(b)
	return pa == pb || "person/"+pa == pb || pa == "person/"+pb
}

// UnderEmbargo reports whether a release may not be known to everybody yet.
func UnderEmbargo(rel throughline.Release, now time.Time) bool {
	return rel.LiveAt.IsZero() && rel.Schedule != nil && now.Before(rel.Schedule.EmbargoAt)
}

// MayKnow reports whether the caller may know of a release: before its embargo
// only its author and those who may approve, later whoever may read.
func (c Caller) MayKnow(rel throughline.Release, now time.Time) bool {
	switch {
	case c.Stranger():
		return false
	case SameActor(c.Actor, rel.Author):
		return true
	case UnderEmbargo(rel, now):
		return c.Has(RightApprove) || c.Owner && len(c.Limits) == 0
	}
	return c.Has(RightRead)
}

// Discretion keeps from a caller what events tell of releases under embargo, in
// one state of the record.
type Discretion struct {
	reader record.Reader
	by     Caller
	now    time.Time
	known  map[string]bool // by number, as objects name it
}

// NewDiscretion returns the discretion towards a caller.
func NewDiscretion(r record.Reader, by Caller, now time.Time) *Discretion {
	return &Discretion{r, by, now, map[string]bool{}}
}

// MayKnow reports whether the caller may know of something that was done to the
// objects. Only releases are ever secret; one that is no longer there is not.
func (d *Discretion) MayKnow(objects []throughline.Object) (bool, error) {
	for _, o := range objects {
		if o.Type != "release" {
			continue
		}
		may, asked := d.known[o.ID]
		if !asked {
			var err error
			if may, err = d.ask(o.ID); err != nil {
				return false, err
			}
			d.known[o.ID] = may
		}
		if !may {
			return false, nil
		}
	}
	return true, nil
}

func (d *Discretion) ask(id string) (bool, error) {
	number, err := strconv.Atoi(id)
	if err != nil {
		return true, nil // the object of something else
	}
	var rel throughline.Release
	_, err = GetJSON(d.reader, BucketReleases, ReleaseKey(number), &rel)
	if throughline.CodeOf(err) == throughline.NotFound {
		return true, nil
	}
	return d.by.MayKnow(rel, d.now), err
}
