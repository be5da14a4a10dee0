package report

import (
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// content is what was declared, as far as releases tell.
type content struct {
	releases []Release // the latest, oldest first
	total    int64
	// kinds counts the resources in force; touched are the latest releases that
	// changed a resource, oldest first, by Kind/name.
	kinds   map[throughline.Kind]int64
	touched map[string][]int
}

// Release is one release in short.
type Release struct {
	Number int
	Author throughline.Actor
	// Message says why.
	Message string
	At      time.Time
	// Changes counts the resources it changed.
	Changes int
	Risk    throughline.RiskLevel
	// RollsBack is the number of the release it undoes; 0 for none.
	RollsBack int
}

// keepTouched is how many releases are remembered for a resource or placement.
const keepTouched = 16

func newContent() content {
	return content{kinds: map[throughline.Kind]int64{}, touched: map[string][]int{}}
}

// released takes a release, be it a new one or one that undoes another.
func (s *State) released(e throughline.Event) error {
	p, err := throughline.DecodeData[throughline.ReleasePublished](e)
	if err != nil {
		return err
	}
	rel := p.Release
	c := &s.content
	c.total++
	c.releases = lastN(append(c.releases, Release{
		Number: rel.Number, Author: rel.Author, Message: rel.Message, At: e.OccurredAt.UTC(),
		Changes: p.Changed(), Risk: rel.Risk.Level, RollsBack: rel.RollsBack,
	}), keepReleases)
	s.applies.released(rel.Number, e.OccurredAt.UnixMilli())
	return nil
}

// versioned takes what a release changes in one resource. A journal from before
// release.published had counts has these events too.
func (s *State) versioned(e throughline.Event) error {
	p, err := throughline.DecodeData[throughline.ResourceVersioned](e)
	if err != nil {
		return err
	}
	c, ch := &s.content, p.Change
	switch ch.Action {
	case throughline.Create:
		c.kinds[ch.Ref.Kind]++
	case throughline.Delete:
		c.kinds[ch.Ref.Kind]--
	}
	ref := ch.Ref.String()
	c.touched[ref] = lastN(append(c.touched[ref], p.Release), keepTouched)
	s.pace(paceKind + string(ch.Ref.Kind)).add(e.RecordedAt.UnixMilli())
	return nil
}

// lastN drops the front of a list beyond n.
func lastN[T any](list []T, n int) []T {
	if over := len(list) - n; over > 0 {
		return slices.Delete(list, 0, over)
	}
	return list
}
