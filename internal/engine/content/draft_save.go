package content

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// step is one thing done to a draft, which can be undone and done again.
type step struct {
	Sentence string       `json:"sentence"`
	At       time.Time    `json:"at"`
	Changes  []stepChange `json:"changes"`
}

// stepChange is an item before and after a step; nil is one that was not there.
type stepChange struct {
	Ref    throughline.Ref `json:"ref"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// together is within how long steps that do the same are one: what somebody
// types in one go is undone in one go.
const together = 3 * time.Second

func stepKey(person string, n int) string { return fmt.Sprintf("%s %09d", person, n) }

// Save puts edits into the caller's draft, in one step that can be undone. It
// asks only for shape, so it is cheap enough for every pause in typing; what is
// wrong otherwise is for Problems. An edit that began from something older is
// merged; one that cannot be is not saved, and comes back with what to choose
// from.
func (c *Content) Save(ctx context.Context, by engine.Caller, in SaveInput) (saved Saved, err error) {
	for _, e := range in.Edits {
		if err := mayEdit(by, e.Ref); err != nil {
			return saved, err
		}
	}
	if err := by.Need(engine.RightChange); err != nil {
		return saved, err
	}
	err = c.core.Update(ctx, func(tx record.Tx) error {
		s, err := openDraft(tx, by.Actor, c.core.Now())
		if err != nil {
			return err
		}
		saved = Saved{Items: []DraftItem{}}
		for _, e := range in.Edits {
			if err := s.edit(e, in.Version == s.head.Version); err != nil {
				return err
			}
		}
		message := s.head.Message
		if in.Message != nil {
			s.head.Message = *in.Message
		}
		saved.Conflicts, saved.Items = s.conflicts, append(saved.Items, s.items...)
		if err := s.bounded(); err != nil {
			return err
		}
		if len(s.changes) > 0 || s.head.Message != message {
			saved.Sentence = s.sentence()
			if err := s.close(saved.Sentence); err != nil {
				return err
			}
		}
		saved.Version = s.head.Version
		return nil
	})
	return saved, err
}

// bounded refuses a draft that grows beyond its limit.
func (s *saving) bounded() error {
	if !slices.ContainsFunc(s.changes, func(ch stepChange) bool { return ch.Before == nil }) {
		return nil
	}
	n := 0
	for _, err := range s.tx.List(bucketDraftItems, s.person+" ", "") {
		if err != nil {
			return err
		}
		if n++; n > maxDraftItems {
			return tooMany()
		}
	}
	return nil
}

// mayEdit refuses edits of what the caller has no right over anywhere; whether
// brand and market fit is told when it is released.
func mayEdit(by engine.Caller, ref throughline.Ref) error {
	if throughline.NewSpec(ref.Kind) == nil || !throughline.ValidName(ref.Name) {
		return throughline.Errorf(throughline.Invalid, "%q cannot be the name of a resource", ref).In(ref, "metadata.name").
			WithFix(`a name is at most 80 lower-case letters, digits, "-", "." and "/", and starts and ends with a letter or digit`)
	}
	right := engine.RightToChange(ref.Kind)
	if err := by.Need(right); err != nil {
		return err
	}
	for _, g := range append(slices.Clone(by.Grants), throughline.Grant{}) {
		if by.May(right, engine.Area{Kind: ref.Kind, Brands: g.Brands, Markets: g.Markets}) {
			return nil
		}
	}
	return throughline.Errorf(throughline.Forbidden, "you may not %s of the kind %s", right.Words(), ref.Kind).In(ref, "").
		WithFix("ask the owner or a steward for it")
}

// saving is a draft being changed in a transaction.
type saving struct {
	tx        record.Tx
	person    string
	head      draftHead
	now       time.Time
	changes   []stepChange
	said      []string // what was done, one a change
	items     []DraftItem
	conflicts []ItemConflict
}

func openDraft(tx record.Tx, who throughline.Actor, now time.Time) (*saving, error) {
	s := &saving{tx: tx, person: draftKey(who), now: now}
	var err error
	s.head, err = readDraftHead(tx, s.person)
	return s, err
}

// edit puts one edit into the draft. Latest is true where it was made in the
// latest version of it.
func (s *saving) edit(e Edit, latest bool) error {
	old, err := readItem(s.tx, s.person, e.Ref)
	if err != nil {
		return err
	}
	now, err := resourceOrNone(s.tx, e.Ref)
	if err != nil {
		return err
	}
	item := DraftItem{Ref: e.Ref, Base: digestOrZero(now), Deleted: e.Deleted, SavedAt: s.now}
	theirs := now
	if old != nil {
		item.Base, theirs = old.Base, old.wanted()
	}
	if !e.Onto.IsZero() {
		item.Base = e.Onto
	}
	if err := item.read(e); err != nil {
		return err
	}
	began := e.Base
	if latest && began.IsZero() && old != nil {
		began = old.Digest
	}
	if item.Text == "" && (old == nil || old.Text == "") && began != s.current(old, now) {
		base, err := s.revision(began, item.Base)
		if err != nil {
			return err
		}
		merged, conflicts := declare.Merge(base, theirs, item.wanted())
		if len(conflicts) > 0 {
			s.conflict(item, theirs, merged, conflicts, s.current(old, now))
			return nil
		}
		item.want(merged)
	}
	return s.put(old, item, now)
}

// current identifies what an edit should have begun from.
func (s *saving) current(old *DraftItem, now throughline.Resource) throughline.Digest {
	if old != nil {
		return old.Digest
	}
	return digestOrZero(now)
}

func (s *saving) conflict(item DraftItem, theirs, merged throughline.Resource, fields []declare.Conflict, current throughline.Digest) {
	out := ItemConflict{Ref: item.Ref, Theirs: current, Mine: item.Resource, Fields: fields}
	if theirs.Spec != nil {
		out.Current = &theirs
	}
	if merged.Spec != nil {
		out.Merged = &merged
	}
	s.conflicts = append(s.conflicts, out)
}

// read takes over what an edit says, as far as it can be read.
func (i *DraftItem) read(e Edit) error {
	size := len(e.Text)
	switch {
	case e.Deleted:
	case e.Resource != nil:
		if e.Resource.Ref() != e.Ref || e.Resource.Spec == nil {
			return throughline.Errorf(throughline.Invalid, "the edit is of %s and holds %s", e.Ref, e.Resource.Ref()).In(e.Ref, "metadata.name").
				WithFix("delete the one and make the other: a name is for good")
		}
		r := *e.Resource
		i.Resource, size = &r, len(r.Canonical())
	default:
		i.parse(e)
	}
	if size > maxItemBytes {
		return tooLong(e.Ref, size)
	}
	i.identify()
	return nil
}

// parse reads YAML, and keeps it as it is where that fails.
func (i *DraftItem) parse(e Edit) {
	r, err := declare.DecodeOne(e.Ref.String(), []byte(e.Text))
	if err == nil && r.Ref() != e.Ref {
		err = throughline.Errorf(throughline.Invalid, "the text declares %s", r.Ref()).In(e.Ref, "metadata.name").At(e.Ref.String()).
			WithFix("write the name %s: a name is for good", e.Ref.Name)
	}
	if err == nil {
		i.Resource, i.Text = &r, ""
		return
	}
	i.Text = e.Text
	i.Problems.Add(err)
	for _, p := range i.Problems {
		p.Object = e.Ref
	}
}

// want sets what the item asks for.
func (i *DraftItem) want(r throughline.Resource) {
	i.Resource, i.Deleted = nil, r.Spec == nil
	if r.Spec != nil {
		i.Resource = &r
	}
	i.identify()
}

func (i *DraftItem) identify() {
	switch {
	case i.Resource != nil:
		i.Digest = i.Resource.Digest()
	case i.Deleted:
		i.Digest = throughline.DigestOf([]byte("deleted"))
	default:
		i.Digest = throughline.DigestOf([]byte(i.Text))
	}
}

// revision returns the resource of a digest that an edit began from: one in
// force once, or one the draft had. Where neither is known any more, what the
// item began from stands for it.
func (s *saving) revision(d, base throughline.Digest) (throughline.Resource, error) {
	if d.IsZero() {
		return throughline.Resource{}, nil
	}
	r, err := revisionOrNone(s.tx, d)
	if throughline.CodeOf(err) != throughline.NotFound {
		return r, err
	}
	for n := s.head.Tip; n >= s.head.First && n > 0; n-- {
		past, err := readStep(s.tx, s.person, n)
		if err != nil {
			return r, err
		}
		for _, ch := range past.Changes {
			for _, raw := range []json.RawMessage{ch.Before, ch.After} {
				if item, err := itemOf(raw); err != nil || item != nil && item.Digest == d {
					return item.orNone(), err
				}
			}
		}
	}
	return revisionOrNone(s.tx, base)
}

func (i *DraftItem) orNone() throughline.Resource {
	if i == nil {
		return throughline.Resource{}
	}
	return i.wanted()
}

// put stores an item, or removes one that asks for what is in force.
func (s *saving) put(old *DraftItem, item DraftItem, now throughline.Resource) error {
	if old != nil && old.Digest == item.Digest && old.Base == item.Base {
		s.items = append(s.items, *old)
		return nil
	}
	said := changeSentence(old, item, now)
	s.items = append(s.items, item)
	gone := item.Text == "" && digestOrZero(item.wanted()) == digestOrZero(now) && item.Base == digestOrZero(now)
	if gone && old == nil {
		return nil
	}
	var after *DraftItem
	if !gone {
		after = &item
	}
	return s.swap(item.Ref, old, after, said)
}

// swap replaces an item in the record and notes both for the step.
func (s *saving) swap(ref throughline.Ref, before, after *DraftItem, said string) error {
	ch := stepChange{Ref: ref}
	var err error
	if ch.Before, err = rawItem(before); err != nil {
		return err
	}
	if ch.After, err = rawItem(after); err != nil {
		return err
	}
	s.changes, s.said = append(s.changes, ch), append(s.said, said)
	return s.write(ref, ch.After)
}

func (s *saving) write(ref throughline.Ref, raw json.RawMessage) error {
	if raw == nil {
		return s.tx.Delete(bucketDraftItems, itemKey(s.person, ref))
	}
	_, err := s.tx.Put(bucketDraftItems, itemKey(s.person, ref), raw, record.AnyVersion)
	return err
}

// changeSentence says what an edit did: changed Fragment/hello: values.de.
func changeSentence(old *DraftItem, item DraftItem, now throughline.Resource) string {
	before := now
	if old != nil {
		before = old.wanted()
	}
	switch {
	case item.Text != "":
		return "wrote the text of " + item.Ref.String()
	case item.Deleted:
		return "deleted " + item.Ref.String()
	case before.Spec == nil:
		return "made " + item.Ref.String()
	}
	fields := declare.Fields(before, item.wanted())
	var paths []string
	for _, f := range fields {
		paths = append(paths, strings.TrimPrefix(f.Path, "spec."))
	}
	const most = 3
	if more := len(paths) - most; more > 0 {
		paths = append(paths[:most], fmt.Sprintf("%d more", more))
	}
	if len(paths) == 0 {
		return "changed " + item.Ref.String()
	}
	return "changed " + item.Ref.String() + ": " + strings.Join(paths, ", ")
}

// sentence says what the whole step does.
func (s *saving) sentence() string {
	switch len(s.said) {
	case 0:
		return "changed the message"
	case 1:
		return s.said[0]
	}
	return fmt.Sprintf("%s, and %s", s.said[0], plural(len(s.said)-1, "other change", "other changes"))
}

// close ends the step: what was undone before can no longer be done again.
func (s *saving) close(sentence string) error {
	for n := s.head.Step + 1; n <= s.head.Tip; n++ {
		if err := s.tx.Delete(bucketDraftSteps, stepKey(s.person, n)); err != nil {
			return err
		}
	}
	next := step{Sentence: sentence, At: s.now, Changes: s.changes}
	joined, err := s.join(&next)
	if err != nil {
		return err
	}
	if !joined {
		s.head.Step++
	}
	s.head.Tip, s.head.First = s.head.Step, max(1, s.head.First)
	if len(next.Changes) > 0 {
		if err := engine.PutJSON(s.tx, bucketDraftSteps, stepKey(s.person, s.head.Step), next, record.AnyVersion); err != nil {
			return err
		}
	} else if !joined {
		s.head.Step, s.head.Tip = s.head.Step-1, s.head.Step-1 // a message is not undone
	}
	for ; s.head.Tip-s.head.First >= maxSteps; s.head.First++ {
		if err := s.tx.Delete(bucketDraftSteps, stepKey(s.person, s.head.First)); err != nil {
			return err
		}
	}
	return s.storeHead()
}

// join makes one step of the last and the next, where they do the same within a
// few seconds.
func (s *saving) join(next *step) (bool, error) {
	if s.head.Step < max(1, s.head.First) || s.head.Step != s.head.Tip || len(next.Changes) != 1 {
		return false, nil
	}
	last, err := readStep(s.tx, s.person, s.head.Step)
	if err != nil {
		return false, err
	}
	if last.Sentence != next.Sentence || next.At.Sub(last.At) > together || len(last.Changes) != 1 {
		return false, nil
	}
	next.Changes[0].Before = last.Changes[0].Before
	return true, nil
}

func (s *saving) storeHead() error {
	s.head.Version++
	s.head.SavedAt = s.now
	return engine.PutJSON(s.tx, bucketDrafts, s.person, s.head, record.AnyVersion)
}

func readStep(r record.Reader, person string, n int) (st step, err error) {
	_, err = engine.GetJSON(r, bucketDraftSteps, stepKey(person, n), &st)
	return st, err
}

func sentenceOf(r record.Reader, person string, head draftHead, n int) (string, error) {
	if n < max(1, head.First) || n > head.Tip {
		return "", nil
	}
	st, err := readStep(r, person, n)
	return st.Sentence, err
}

func rawItem(i *DraftItem) (json.RawMessage, error) {
	if i == nil {
		return nil, nil
	}
	stored := *i
	stored.Stale, stored.InForce, stored.Merged, stored.Conflicts = false, throughline.Digest{}, nil, nil
	return json.Marshal(stored)
}

func itemOf(raw json.RawMessage) (*DraftItem, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	item := new(DraftItem)
	if err := json.Unmarshal(raw, item); err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "an item of a draft cannot be read: %w", err)
	}
	if item.Text != "" {
		item.parse(Edit{Ref: item.Ref, Text: item.Text})
	}
	return item, nil
}

func decodeItem(e record.Entry) (DraftItem, error) {
	item, err := itemOf(e.Value)
	if err != nil || item == nil {
		return DraftItem{}, err
	}
	return *item, nil
}

// Undo takes back the last step of the caller's draft.
func (c *Content) Undo(ctx context.Context, by engine.Caller) (Draft, error) {
	return c.walk(ctx, by, func(s *saving) error {
		n := s.head.Step
		if n < max(1, s.head.First) {
			return throughline.Errorf(throughline.Conflict, "there is nothing to undo")
		}
		s.head.Step--
		return s.replay(n, func(ch stepChange) json.RawMessage { return ch.Before })
	})
}

// Redo does again what Undo took back last.
func (c *Content) Redo(ctx context.Context, by engine.Caller) (Draft, error) {
	return c.walk(ctx, by, func(s *saving) error {
		if s.head.Step >= s.head.Tip {
			return throughline.Errorf(throughline.Conflict, "there is nothing to do again")
		}
		s.head.Step++
		return s.replay(s.head.Step, func(ch stepChange) json.RawMessage { return ch.After })
	})
}

func (s *saving) replay(n int, side func(stepChange) json.RawMessage) error {
	st, err := readStep(s.tx, s.person, n)
	if err != nil {
		return err
	}
	for _, ch := range st.Changes {
		if err := s.write(ch.Ref, side(ch)); err != nil {
			return err
		}
	}
	return s.storeHead()
}

// Discard takes items out of the caller's draft, without refs all of them, in
// one step that can be undone.
func (c *Content) Discard(ctx context.Context, by engine.Caller, refs ...throughline.Ref) (Draft, error) {
	return c.walk(ctx, by, func(s *saving) error {
		items, err := draftItems(s.tx, s.person)
		if err != nil {
			return err
		}
		for _, item := range items {
			if len(refs) > 0 && !slices.Contains(refs, item.Ref) {
				continue
			}
			if err := s.swap(item.Ref, &item, nil, "discarded "+item.Ref.String()); err != nil {
				return err
			}
		}
		if len(s.changes) == 0 {
			return nil
		}
		return s.close(s.sentence())
	})
}

// walk changes the caller's draft and returns it.
func (c *Content) walk(ctx context.Context, by engine.Caller, fn func(*saving) error) (d Draft, err error) {
	if err := by.Need(engine.RightChange); err != nil {
		return d, err
	}
	err = c.core.Update(ctx, func(tx record.Tx) error {
		s, err := openDraft(tx, by.Actor, c.core.Now())
		if err != nil {
			return err
		}
		if err := fn(s); err != nil {
			return err
		}
		d, err = readDraft(tx, by.Actor)
		return err
	})
	return d, err
}

// takeFromDraft removes what was released. The steps before go too: they would
// bring back what is in force.
func takeFromDraft(tx record.Tx, by throughline.Actor, seen draftHead, only []throughline.Ref, now time.Time) error {
	s, err := openDraft(tx, by, now)
	if err != nil {
		return err
	}
	if s.head.Version != seen.Version {
		return throughline.Errorf(throughline.Conflict, "the draft was saved again while it was released").WithFix("look at it, and release it again")
	}
	items, err := draftItems(tx, s.person)
	if err != nil {
		return err
	}
	for _, item := range items {
		if len(only) == 0 || slices.Contains(only, item.Ref) {
			if err := s.write(item.Ref, nil); err != nil {
				return err
			}
		}
	}
	for n := max(1, s.head.First); n <= s.head.Tip; n++ {
		if err := tx.Delete(bucketDraftSteps, stepKey(s.person, n)); err != nil {
			return err
		}
	}
	s.head.Step, s.head.First, s.head.Message = s.head.Tip, s.head.Tip+1, ""
	return s.storeHead()
}

// giveBack puts what a release changes into the draft of its author. Where the
// author went on with the same thing, that is merged, and stays where both
// changed a field.
func (c *Content) giveBack(tx record.Tx, rel throughline.Release) error {
	s, err := openDraft(tx, rel.Author, c.core.Now())
	if err != nil {
		return err
	}
	for _, ch := range rel.Changes {
		base, err := revisionOrNone(tx, ch.From)
		if err != nil {
			return err
		}
		wanted, err := revisionOrNone(tx, ch.To)
		if err != nil {
			return err
		}
		old, err := readItem(tx, s.person, ch.Ref)
		if err != nil {
			return err
		}
		item := DraftItem{Ref: ch.Ref, Base: ch.From, SavedAt: s.now}
		if old != nil {
			if old.Text != "" {
				continue
			}
			wanted, _ = declare.Merge(base, wanted, old.wanted())
			item.Base = old.Base
		}
		item.want(wanted)
		if err := s.swap(ch.Ref, old, &item, "got back "+ch.Ref.String()); err != nil {
			return err
		}
	}
	if s.head.Message == "" {
		s.head.Message = rel.Message
	}
	return s.close("got release " + itoa(rel.Number) + " back")
}
