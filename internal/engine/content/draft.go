package content

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// The limits of a draft.
const (
	maxDraftItems = 20_000
	maxItemBytes  = 1 << 20
	maxSteps      = 200
)

const (
	bucketDrafts     = "draft"      // person -> draftHead
	bucketDraftItems = "draft-item" // person, a space, Kind/name -> draftItem
	bucketDraftSteps = "draft-step" // person, a space, the step -> step
)

// NamesFiles returns the buckets of State whose values name files: every revision
// that was ever released or proposed, and the drafts with what undoes their steps.
func NamesFiles() []string {
	return []string{engine.BucketRevisions, engine.BucketReleases, bucketDraftItems, bucketDraftSteps, bucketChanges}
}

// Draft is somebody's open change set. Nobody else sees it before it is
// proposed, and nothing typed into it is lost: what cannot be released yet is
// kept too.
type Draft struct {
	Person  string      `json:"person"`
	Message string      `json:"message,omitempty"`
	Items   []DraftItem `json:"items"`
	// Version grows with every step, also those that go back.
	Version int64     `json:"version"`
	SavedAt time.Time `json:"savedAt,omitzero"`
	// Undo and Redo say what would be undone and done again; empty for nothing.
	Undo string `json:"undo,omitempty"`
	Redo string `json:"redo,omitempty"`
}

// DraftItem is one resource that a draft makes, changes or deletes.
type DraftItem struct {
	Ref throughline.Ref `json:"ref"`
	// Base is the revision in force that it began from; zero for a new one.
	Base throughline.Digest `json:"base,omitzero"`
	// Resource is what is wanted. It is nil where Deleted is true, and where Text
	// could not be read.
	Resource *throughline.Resource `json:"resource,omitempty"`
	Deleted  bool                  `json:"deleted,omitempty"`
	// Text is what was typed as YAML and could not be read.
	Text string `json:"text,omitempty"`
	// Digest identifies what is saved: the Base of the next edit.
	Digest  throughline.Digest `json:"digest"`
	SavedAt time.Time          `json:"savedAt"`
	// Problems are those of the text, found anew whenever it is read.
	Problems throughline.Problems `json:"-"`
	// Stale is true when what is in force is no longer Base. Merged then joins the
	// two, and Conflicts are the fields that both changed.
	Stale     bool                  `json:"stale,omitempty"`
	InForce   throughline.Digest    `json:"inForce,omitzero"`
	Merged    *throughline.Resource `json:"merged,omitempty"`
	Conflicts []declare.Conflict    `json:"conflicts,omitempty"`
}

// Edit is what somebody did to one resource.
type Edit struct {
	Ref throughline.Ref
	// Base identifies what the edit began from: a DraftItem's Digest or a revision
	// in force; zero for something new.
	Base throughline.Digest
	// Exactly one of the three is given: the whole resource as it should be, its
	// deletion, or YAML that may not be readable yet.
	Resource *throughline.Resource
	Deleted  bool
	Text     string
	// Onto is the revision in force that a conflict was resolved against; zero
	// keeps the item's.
	Onto throughline.Digest
}

// SaveInput is one save, by hand or by itself.
type SaveInput struct {
	// Version is that of the draft the edits were made in; 0 means that it is not
	// known. Where it is not the latest, every edit is merged.
	Version int64
	// Message replaces the draft's; nil keeps it.
	Message *string
	Edits   []Edit
}

// Saved is what became of a save.
type Saved struct {
	Version int64 `json:"version"`
	// Sentence says what was saved: changed Fragment/hello: values.de. It is empty
	// where nothing was.
	Sentence string `json:"sentence,omitempty"`
	// Items are the items saved, as they are now.
	Items []DraftItem `json:"items"`
	// Conflicts are the edits that were not saved, with what to choose from.
	Conflicts []ItemConflict `json:"conflicts,omitempty"`
}

// ItemConflict is an edit of something that was changed differently since it
// began, by another window or another person.
type ItemConflict struct {
	Ref throughline.Ref `json:"ref"`
	// Current is what is there now, nil if it is gone; Theirs identifies it.
	Current *throughline.Resource `json:"current,omitempty"`
	Theirs  throughline.Digest    `json:"theirs,omitzero"`
	// Mine is what was sent; Merged has both, and mine where both changed a field.
	Mine   *throughline.Resource `json:"mine,omitempty"`
	Merged *throughline.Resource `json:"merged,omitempty"`
	Fields []declare.Conflict    `json:"fields"`
}

// draftHead is a draft without its items.
type draftHead struct {
	Message string    `json:"message,omitempty"`
	Version int64     `json:"version"`
	SavedAt time.Time `json:"savedAt"`
	// Step is the last step that holds, Tip the last that there is, First the
	// oldest one kept.
	Step  int `json:"step"`
	Tip   int `json:"tip"`
	First int `json:"first"`
}

// draftKey is under what somebody's draft is kept. A key works on the draft of
// whoever it acts for.
func draftKey(a throughline.Actor) string {
	switch {
	case a.OnBehalfOf != "":
		return url.PathEscape(a.OnBehalfOf)
	case a.Kind == throughline.ActorPerson:
		return url.PathEscape(a.ID)
	}
	return url.PathEscape(string(a.Kind) + ":" + a.ID)
}

func itemKey(person string, ref throughline.Ref) string { return person + " " + ref.String() }

// Draft returns the caller's draft; an empty one when there is none.
func (c *Content) Draft(ctx context.Context, by engine.Caller) (d Draft, err error) {
	if by.Stranger() {
		return d, by.Need(engine.RightChange)
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		d, err = readDraft(r, by.Actor)
		return err
	})
	return d, err
}

func readDraft(r record.Reader, who throughline.Actor) (Draft, error) {
	person := draftKey(who)
	d := Draft{Person: who.ID, Items: []DraftItem{}}
	head, err := readDraftHead(r, person)
	if err != nil {
		return d, err
	}
	d.Message, d.Version, d.SavedAt = head.Message, head.Version, head.SavedAt
	if d.Undo, err = sentenceOf(r, person, head, head.Step); err != nil {
		return d, err
	}
	if d.Redo, err = sentenceOf(r, person, head, head.Step+1); err != nil {
		return d, err
	}
	items, err := draftItems(r, person)
	if err != nil {
		return d, err
	}
	for _, item := range items {
		if err := item.compare(r); err != nil {
			return d, err
		}
		d.Items = append(d.Items, item)
	}
	return d, nil
}

func readDraftHead(r record.Reader, person string) (head draftHead, err error) {
	_, err = engine.GetJSON(r, bucketDrafts, person, &head)
	if throughline.CodeOf(err) == throughline.NotFound {
		return draftHead{}, nil
	}
	return head, err
}

// draftItems returns the items of a draft by kind and name.
func draftItems(r record.Reader, person string) (items []DraftItem, err error) {
	for e, err := range r.List(bucketDraftItems, person+" ", "") {
		if err != nil {
			return nil, err
		}
		item, err := decodeItem(e)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b DraftItem) int { return a.Ref.Compare(b.Ref) })
	return items, nil
}

// readItem returns one item, or nil.
func readItem(r record.Reader, person string, ref throughline.Ref) (*DraftItem, error) {
	e, err := r.Get(bucketDraftItems, itemKey(person, ref))
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	item, err := decodeItem(e)
	return &item, err
}

// compare says how an item stands to what is in force.
func (i *DraftItem) compare(r record.Reader) error {
	now, err := resourceOrNone(r, i.Ref)
	if err != nil {
		return err
	}
	i.InForce = digestOrZero(now)
	i.Stale = i.InForce != i.Base
	if !i.Stale || i.Text != "" {
		return nil
	}
	base, err := revisionOrNone(r, i.Base)
	if err != nil {
		return err
	}
	merged, conflicts := declare.Merge(base, now, i.wanted())
	i.Conflicts = conflicts
	if merged.Spec != nil {
		i.Merged = &merged
	}
	return nil
}

// wanted returns what an item asks for; the zero Resource is its deletion.
func (i *DraftItem) wanted() throughline.Resource {
	if i.Resource == nil {
		return throughline.Resource{}
	}
	return *i.Resource
}

func digestOrZero(r throughline.Resource) throughline.Digest {
	if r.Spec == nil {
		return throughline.Digest{}
	}
	return r.Digest()
}

// draftChange returns a draft as a change to what is in force, and the draft it
// was read from. Where what is in force moved on, it is merged.
func (c *Content) draftChange(ctx context.Context, by engine.Caller, only []throughline.Ref) (change Change, head draftHead, err error) {
	if by.Stranger() {
		return change, head, by.Need(engine.RightChange)
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		person := draftKey(by.Actor)
		if head, err = readDraftHead(r, person); err != nil {
			return err
		}
		inForce, err := headRelease(r)
		if err != nil {
			return err
		}
		items, err := draftItems(r, person)
		if err != nil {
			return err
		}
		change = Change{Message: head.Message, Base: inForce.Number, headNumber: inForce.Number}
		return change.take(r, items, only)
	})
	return change, head, err
}

// take adds the items of a draft to a change.
func (ch *Change) take(r record.Reader, items []DraftItem, only []throughline.Ref) error {
	var problems throughline.Problems
	taken := 0
	for _, item := range items {
		if len(only) > 0 && !slices.Contains(only, item.Ref) {
			continue
		}
		taken++
		if item.Text != "" {
			problems.Add(item.Problems.Err())
			continue
		}
		if err := item.compare(r); err != nil {
			return err
		}
		if len(item.Conflicts) > 0 {
			problems.Add(conflicting(item.Ref, item.Conflicts).WithFix("open it, and choose between the two"))
			continue
		}
		switch wanted := item.settled(); {
		case wanted.Spec != nil:
			ch.Resources = append(ch.Resources, wanted)
		case !item.InForce.IsZero():
			ch.Delete = append(ch.Delete, item.Ref)
		}
	}
	if taken == 0 {
		problems.Add(throughline.Errorf(throughline.Invalid, "there is nothing in the draft to release").WithFix("change something first"))
	}
	return problems.Err()
}

// settled returns what an item without conflicts comes to.
func (i *DraftItem) settled() throughline.Resource {
	if i.Stale {
		if i.Merged == nil {
			return throughline.Resource{}
		}
		return *i.Merged
	}
	return i.wanted()
}

// PlanDraft returns what releasing the caller's draft would do.
func (c *Content) PlanDraft(ctx context.Context, by engine.Caller) (throughline.Plan, error) {
	change, _, err := c.draftChange(ctx, by, nil)
	if err != nil {
		return throughline.Plan{}, err
	}
	return c.Plan(ctx, by, change)
}

// Problems returns everything that keeps the caller's draft from being released,
// each with the resource and the field it is about, also where so much is wrong
// that nothing can be assembled.
func (c *Content) Problems(ctx context.Context, by engine.Caller) (throughline.Problems, error) {
	var problems throughline.Problems
	var set declare.Set
	var change Change
	err := c.core.Record.State.View(ctx, func(r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil || len(items) == 0 {
			return err
		}
		if err := change.take(r, items, nil); err != nil {
			problems.Add(err)
		}
		set, err = c.declared(r)
		return err
	})
	if err != nil || set.Len() == 0 && len(change.Resources) == 0 {
		return problems, err
	}
	next, _, _, err := declare.Plan(set, change.Resources, declare.Options{Delete: change.Delete})
	problems.Add(err)
	err = validate(next)
	problems.Add(err)
	if err != nil || len(problems) > 0 {
		return problems, nil
	}
	built, err := c.build(0, next)
	problems.Add(err)
	if err == nil {
		problems.Add(blocking(built.findings))
	}
	return problems, nil
}

// DraftSummary says that somebody works on something.
type DraftSummary struct {
	Person  string    `json:"person"`
	Items   int       `json:"items"`
	SavedAt time.Time `json:"savedAt"`
}

// Drafts says who has how much in their draft, by person; what it is stays
// theirs.
func (c *Content) Drafts(ctx context.Context, by engine.Caller) (all []DraftSummary, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return nil, err
	}
	all = []DraftSummary{}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		counts := map[string]int{}
		for e, err := range r.List(bucketDraftItems, "", "") {
			if err != nil {
				return err
			}
			person, _, _ := strings.Cut(e.Key, " ")
			counts[person]++
		}
		for person, n := range counts {
			head, err := readDraftHead(r, person)
			if err != nil {
				return err
			}
			name, err := url.PathUnescape(person)
			if err != nil {
				return throughline.Errorf(throughline.Corrupt, "the draft of %q cannot be read: %w", person, err)
			}
			all = append(all, DraftSummary{name, n, head.SavedAt})
		}
		return nil
	})
	slices.SortFunc(all, func(a, b DraftSummary) int { return strings.Compare(a.Person, b.Person) })
	return all, err
}

func tooMany() error {
	return throughline.Errorf(throughline.TooLarge, "the draft would have more than %d items", maxDraftItems).
		WithFix("release some of it first")
}
