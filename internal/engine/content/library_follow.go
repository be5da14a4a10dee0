package content

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	// indexForm is raised when things are put into the index otherwise than before.
	indexForm  = 3
	indexBatch = 2000
	// indexAtOnce is how many batches somebody who asks waits for.
	indexAtOnce = 4
	// indexText bounds the words that one thing is found by.
	indexText = 2000
)

// indexPlace is where the index stands: at a release, or, while it is made anew,
// behind a key.
type indexPlace struct {
	Form    int `json:"form"`
	Release int `json:"release"`
	// Changes is how many changes of the next release are in it already.
	Changes int    `json:"changes,omitempty"`
	Kind    string `json:"kind,omitempty"` // of pieces, while it is made anew
	After   string `json:"after,omitempty"`
}

// followIndex brings the index closer to what is in force by one step, and
// reports whether there is nothing more to do. Where another process was faster
// the step is not made, and the next begins from there.
func (c *Content) followIndex(ctx context.Context) (done bool, err error) {
	index := c.core.Record.Index
	from, err := index.Position(ctx)
	if err != nil {
		return false, err
	}
	change := record.IndexChange{From: from}
	err = c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		done, err = indexStep(r, &change)
		return err
	})
	if err != nil || done {
		return done, err
	}
	err = index.Apply(ctx, change)
	if throughline.CodeOf(err) == throughline.Conflict {
		return false, nil
	}
	return false, err
}

// indexStep says what the next step is, from one state.
func indexStep(r record.Reader, change *record.IndexChange) (done bool, err error) {
	var at indexPlace
	if change.From != "" {
		if err := json.Unmarshal([]byte(change.From), &at); err != nil {
			at = indexPlace{} // whatever it was: it is made anew
		}
	}
	head, err := headRelease(r)
	if err != nil {
		return false, err
	}
	if at.Form == indexForm && at.Kind != "" {
		err = indexMore(r, &at, change)
	} else if at.Form == indexForm && at.Release == head.Number {
		return true, nil
	} else {
		next, ok, nextErr := releaseAfter(r, at.Release, head.Number)
		switch {
		case nextErr != nil:
			return false, nextErr
		case ok && at.Form == indexForm:
			err = indexRelease(r, next, &at, change)
		default:
			at = indexPlace{Form: indexForm, Release: head.Number, Kind: string(throughline.KindAsset)}
			change.Clear = true
		}
	}
	if err != nil {
		return false, err
	}
	to, err := json.Marshal(at)
	change.To = string(to)
	return false, err
}

// releasesFar is how many releases behind an index goes on; further behind, it is
// made anew.
const releasesFar = 200

// releaseAfter finds the release that came after the one where the index stands on
// the way to the head, and reports whether there is one, near enough. What it
// changes is read later.
func releaseAfter(r record.Reader, stands, head int) (next kept, ok bool, err error) {
	for range releasesFar {
		if stands == 0 || head == 0 {
			return kept{}, false, nil
		}
		if next, err = readKept(r, head); err != nil || next.After == stands {
			return next, err == nil, err
		}
		head = next.After
	}
	return kept{}, false, nil
}

// indexMore puts the next pieces of an index that is made anew.
func indexMore(r record.Reader, at *indexPlace, change *record.IndexChange) error {
	for e, err := range r.List(engine.BucketHead, at.Kind+"/", at.After) {
		if err != nil {
			return err
		}
		res, err := engine.Revision(r, string(e.Value))
		if err != nil {
			return err
		}
		doc, err := indexDoc(r, res)
		if err != nil {
			return err
		}
		change.Put, at.After = append(change.Put, doc), e.Key
		if len(change.Put) == indexBatch {
			return nil
		}
	}
	next := map[string]string{string(throughline.KindAsset): string(throughline.KindFragment)}
	at.Kind, at.After = next[at.Kind], ""
	return nil
}

// indexRelease puts some of what a release changed, as it is in force now: whatever
// came after it is put again. The release is done when nothing of it is left.
func indexRelease(r record.Reader, rel kept, at *indexPlace, change *record.IndexChange) error {
	if rel.Apart == 0 {
		at.Release, at.Changes = rel.Number, 0
		return indexChanges(r, rel.Changes, change)
	}
	for at.Changes < rel.Apart && len(change.Put)+len(change.Delete) < indexBatch {
		some, err := readPortion(r, rel.Number, at.Changes/changesPortion)
		if err != nil {
			return err
		}
		if err := indexChanges(r, some, change); err != nil {
			return err
		}
		at.Changes += changesPortion
	}
	if at.Changes >= rel.Apart {
		at.Release, at.Changes = rel.Number, 0
	}
	return nil
}

// indexChanges puts what was changed, and the fragments that lean on a claim that
// was.
func indexChanges(r record.Reader, changes []throughline.Change, change *record.IndexChange) error {
	claims := map[string]bool{}
	for _, ch := range changes {
		if ch.Ref.Kind == throughline.KindClaim {
			claims[ch.Ref.Name] = true
		}
		if err := indexNow(r, ch.Ref, change); err != nil {
			return err
		}
	}
	if len(claims) == 0 {
		return nil
	}
	for res, err := range engine.InForce(r, throughline.KindFragment) {
		if err != nil {
			return err
		}
		leans := slices.ContainsFunc(res.Spec.(*throughline.Fragment).Claims, func(name string) bool { return claims[name] })
		if !leans {
			continue
		}
		if err := indexNow(r, res.Ref(), change); err != nil {
			return err
		}
	}
	return nil
}

func indexNow(r record.Reader, ref throughline.Ref, change *record.IndexChange) error {
	if ref.Kind != throughline.KindAsset && ref.Kind != throughline.KindFragment {
		return nil
	}
	res, err := engine.Resource(r, ref)
	if throughline.CodeOf(err) == throughline.NotFound {
		change.Delete = append(change.Delete, ref.String())
		return nil
	}
	if err != nil {
		return err
	}
	doc, err := indexDoc(r, res)
	change.Put = append(change.Put, doc)
	return err
}

// indexDoc is a piece as the index finds it.
func indexDoc(r record.Reader, res throughline.Resource) (record.IndexDoc, error) {
	p, _ := throughline.PieceOf(res)
	doc := record.IndexDoc{Key: p.Ref.String()}
	doc.Name = strings.Join(indexWords(p.Name+" "+titleOf(res)), " ")
	var words []string
	for _, l := range leaves(res) {
		if l.path != "spec.file.digest" && l.path != "spec.title" && l.path != "spec.brief" && len(words) < indexText {
			words = append(words, indexWords(l.text)...)
		}
	}
	doc.Text = strings.Join(words[:min(len(words), indexText)], " ")
	tag := func(group string, values ...string) {
		for _, v := range values {
			if v = strings.ToLower(v); v != "" {
				doc.Tags = append(doc.Tags, group+":"+strings.ReplaceAll(v, "\x1f", ""))
			}
		}
	}
	tag("kind", string(p.Kind))
	tag("role", p.Role)
	tag("brief", p.Brief)
	tag("owner", res.Metadata.Owner)
	tag("channel", p.Channels...)
	if len(p.Channels) == 0 {
		tag("channel", "*")
	}
	for k, v := range p.Labels {
		tag("label", k+"="+v, k)
	}
	if p.Withdrawn != "" {
		tag("state", "withdrawn")
	}
	if p.Made != nil {
		tag("source", string(p.Made.DigitalSourceType))
	}
	tagSpec(res, tag)
	slices.Sort(doc.Tags)
	compared, err := looksOf(r, res)
	if err != nil {
		return doc, err
	}
	doc.Keys, doc.Data = compared.keys(), compared.bytes()
	until, _, err := endOf(r, p)
	if err == nil && !until.IsZero() {
		doc.Tags = append(doc.Tags, untilTags(until.Add(-time.Nanosecond))...)
	}
	return doc, err
}

// tagSpec adds the tags of one kind of piece alone.
func tagSpec(res throughline.Resource, tag func(string, ...string)) {
	switch s := res.Spec.(type) {
	case *throughline.Asset:
		family, _, _ := strings.Cut(s.File.Type, "/")
		tag("type", s.File.Type, family)
		tag("concept", s.Concepts...)
		for locale := range s.Alt {
			tag("locale", locale)
		}
		for _, g := range s.Rights {
			tag("holder", g.Holder)
		}
	case *throughline.Fragment:
		for locale := range s.Values {
			tag("locale", locale)
		}
	}
}

// sameAs has what is alike for pieces that are copies of each other: a file of
// the same bytes, a text of the same words in one of the languages.
func sameAs(res throughline.Resource) (all []string) {
	switch s := res.Spec.(type) {
	case *throughline.Asset:
		return []string{s.File.Digest.String()}
	case *throughline.Fragment:
		for _, locale := range slices.Sorted(keysOf(s.Values)) {
			words := indexWords(s.Values[locale])
			slices.Sort(words)
			if len(words) > 0 {
				all = append(all, strings.ToLower(locale)+" "+strings.Join(slices.Compact(words), " "))
			}
		}
	}
	return all
}

// endOf returns the first instant at which a piece may not be shown any more, by
// its own time, what was granted and the claims it leans on, and which of them
// that is; the zero time for never. A time that cannot be read ends nothing: the
// checks speak of it.
func endOf(r record.Reader, p throughline.Piece) (end time.Time, why string, err error) {
	sooner := func(m throughline.Moment, reason string) {
		if t, err := m.Ends(); err == nil && !t.IsZero() && (end.IsZero() || t.Before(end)) {
			end, why = t, reason
		}
	}
	sooner(p.Validity.Until, "its own time")
	for _, g := range p.Rights {
		sooner(g.Until, "the rights of "+g.Holder)
	}
	for _, name := range p.Claims {
		res, err := resourceOrNone(r, throughline.Ref{Kind: throughline.KindClaim, Name: name})
		if err != nil {
			return end, why, err
		}
		claim, ok := res.Spec.(*throughline.Claim)
		if !ok {
			continue
		}
		sooner(claim.Validity.Until, "the claim "+name)
		if t, err := claim.Evident(); err == nil && !t.IsZero() && (end.IsZero() || t.Before(end)) {
			end, why = t, "the evidence of the claim "+name
		}
	}
	return end, why, nil
}

// beginOf returns when a piece may be shown first; the zero time is always.
func beginOf(r record.Reader, p throughline.Piece) (time.Time, error) {
	b, err := p.Bounds(func(name string) *throughline.Claim {
		res, err := resourceOrNone(r, throughline.Ref{Kind: throughline.KindClaim, Name: name})
		claim, ok := res.Spec.(*throughline.Claim)
		if err != nil || !ok {
			return nil
		}
		return claim
	})
	if err != nil || b == nil || b.From == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(b.From).UTC(), nil
}

// indexed brings the index up to date as far as somebody who asks may wait for
// it, and reports whether it is.
func (c *Content) indexed(ctx context.Context, steps int) (bool, error) {
	for range steps {
		if done, err := c.followIndex(ctx); done || err != nil {
			return done, err
		}
	}
	return false, nil
}

// FollowLibrary keeps the index of the library in step with what is in force
// until ctx ends. What fails is logged and tried again.
func (c *Content) FollowLibrary(ctx context.Context) error {
	changed := c.core.Record.State.Watch(ctx, engine.BucketReleases)
	retry := time.NewTicker(time.Minute)
	defer retry.Stop()
	for {
		done, err := false, error(nil)
		for !done && err == nil && ctx.Err() == nil {
			done, err = c.followIndex(ctx)
		}
		if err != nil && ctx.Err() == nil {
			c.core.Log.Error("the library could not follow the releases", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-retry.C:
		}
	}
}
