package content

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// known is what search and the pages of objects keep in memory of what is in
// force: the words, and who uses whom. It follows the releases, so that one of
// them costs what it changes and not what there is.
type known struct {
	mu     sync.Mutex
	head   int // the release in force that it stands at
	last   int // the highest release that it knows
	finder text.Finder
	things map[throughline.Ref]thing
	usedBy map[throughline.Ref]map[throughline.Ref]bool
	// byKind has the things of a kind, byRole the pieces of a role.
	byKind map[throughline.Kind]refSet
	byRole map[string]refSet
	// named are the names of a kind, ascending, as far as somebody asked for them
	// since one of it changed. They are not changed in place.
	named map[throughline.Kind][]Name
	// findings are those of what is in force, at the release checked.
	findings []throughline.Finding
	checked  int
}

// thing is one resource in force.
type thing struct {
	title string
	role  string
	uses  []throughline.Ref
}

// follow brings what is known up to what one state says. The caller holds k.mu.
func (c *Content) follow(k *known, r record.Reader) error {
	var now int
	_, err := engine.GetJSON(r, engine.BucketEngine, engine.KeyHead, &now)
	if err == nil && now == k.head && k.things != nil {
		return k.releases(r) // a release may have ten thousand changes: it is not read to learn its number
	}
	head, err := headRelease(r)
	if err != nil {
		return err
	}
	switch path, ok, err := k.between(r, head); {
	case err != nil:
		return err
	case !ok || k.finder.Gone() > 1000+k.finder.Len():
		all, err := c.everything(r)
		if err != nil {
			return err
		}
		k.rebuild(all)
	default:
		for _, rel := range path {
			if err := k.apply(r, rel); err != nil {
				return err
			}
		}
	}
	k.head = head.Number
	return k.releases(r)
}

// between returns the releases after the one that k stands at, the oldest
// first. It reports whether they could be told: records from before releases
// knew what they came after cannot.
func (k *known) between(r record.Reader, head throughline.Release) (path []throughline.Release, ok bool, err error) {
	const far = 200
	for rel := head; rel.Number != k.head; {
		if k.head == 0 || rel.After == 0 || len(path) == far {
			return nil, false, nil
		}
		whole, err := readRelease(r, rel.Number)
		if err != nil {
			return nil, false, err
		}
		path = append(path, whole)
		if rel, err = readHead(r, rel.After); err != nil {
			return nil, false, err
		}
	}
	slices.Reverse(path)
	return path, k.things != nil, nil
}

func (k *known) rebuild(all []throughline.Resource) {
	k.finder, k.last = text.Finder{}, 0
	k.things, k.usedBy = map[throughline.Ref]thing{}, map[throughline.Ref]map[throughline.Ref]bool{}
	k.byKind, k.byRole, k.named = map[throughline.Kind]refSet{}, map[string]refSet{}, map[throughline.Kind][]Name{}
	for _, res := range all {
		k.put(res)
	}
}

func (k *known) apply(r record.Reader, rel throughline.Release) error {
	for _, ch := range rel.Changes {
		k.drop(ch.Ref)
		if ch.Action == throughline.Delete {
			continue
		}
		res, err := engine.Revision(r, ch.To.String())
		if err != nil {
			return err
		}
		k.put(res)
	}
	return nil
}

// releases adds the releases that are new. Which of them somebody may see is
// told when one is found.
func (k *known) releases(r record.Reader) error {
	last, err := lastNumber(r)
	for n := k.last + 1; err == nil && n <= last; n++ {
		rel, readErr := readHead(r, n)
		switch throughline.CodeOf(readErr) {
		case "":
			k.finder.Put(releaseID(n), "release "+itoa(n), rel.Message)
		case throughline.NotFound:
		default:
			return readErr
		}
	}
	k.last = max(k.last, last)
	return err
}

// releaseID is the id of a release in the finder; resources have Kind/name.
func releaseID(n int) string { return "release/" + itoa(n) }

func (k *known) drop(ref throughline.Ref) {
	for _, used := range k.things[ref].uses {
		delete(k.usedBy[used], ref)
	}
	delete(k.byKind[ref.Kind], ref)
	delete(k.named, ref.Kind)
	delete(k.byRole[k.things[ref].role], ref)
	delete(k.things, ref)
	k.finder.Drop(ref.String())
}

func (k *known) put(res throughline.Resource) {
	ref := res.Ref()
	t := thing{title: titleOf(res), uses: uses(res)}
	if p, ok := throughline.PieceOf(res); ok {
		t.role = p.Role
	}
	for _, used := range t.uses {
		if k.usedBy[used] == nil {
			k.usedBy[used] = map[throughline.Ref]bool{}
		}
		k.usedBy[used][ref] = true
	}
	k.things[ref] = t
	if k.byKind[ref.Kind] == nil {
		k.byKind[ref.Kind] = refSet{}
	}
	k.byKind[ref.Kind].add(ref)
	delete(k.named, ref.Kind)
	if t.role != "" {
		if k.byRole[t.role] == nil {
			k.byRole[t.role] = refSet{}
		}
		k.byRole[t.role].add(ref)
	}
	var texts []string
	for _, l := range leaves(res) {
		texts = append(texts, l.text)
	}
	k.finder.Put(ref.String(), ref.Name+" "+t.title, texts...)
}

// names returns the names of a kind, ascending; they are not the caller's.
func (k *known) names(kind throughline.Kind) []Name {
	if all, ok := k.named[kind]; ok {
		return all
	}
	all := make([]Name, 0, len(k.byKind[kind]))
	for ref := range k.byKind[kind] {
		all = append(all, Name{ref.Name, k.things[ref].role})
	}
	slices.SortFunc(all, byName)
	k.named[kind] = all
	return all
}

func byName(a, b Name) int { return strings.Compare(a.Name, b.Name) }

// with runs fn on what is known, brought up to date, and on the state it was
// brought up to.
func (c *Content) with(ctx context.Context, fn func(*known, record.Reader) error) error {
	return c.core.Record.State.View(ctx, func(r record.Reader) error {
		c.known.mu.Lock()
		defer c.known.mu.Unlock()
		if err := c.follow(&c.known, r); err != nil {
			return err
		}
		return fn(&c.known, r)
	})
}

// Follow keeps what search needs up to date until ctx ends, so that the first
// search after a start or a release does not wait for it. What fails is logged;
// whoever searches meets it again.
func (c *Content) Follow(ctx context.Context) error {
	changed := c.core.Record.State.Watch(ctx, engine.BucketReleases)
	if err := c.setApart(ctx); err != nil && ctx.Err() == nil {
		c.core.Log.Error("the changes of earlier releases were not kept apart from them: lists take longer; the next start tries again", "error", err)
	}
	for {
		err := c.with(ctx, func(*known, record.Reader) error { return nil })
		if err != nil && ctx.Err() == nil {
			c.core.Log.Error("search could not follow the releases", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// titleOf returns what people call a resource; empty for one that has only its
// name.
func titleOf(res throughline.Resource) string {
	switch s := res.Spec.(type) {
	case *throughline.Person:
		return s.Name
	case *throughline.Engine:
		return s.Title
	case *throughline.Brand:
		return s.Title
	case *throughline.Brief:
		return s.Title
	case *throughline.Channel:
		return s.Title
	case *throughline.Audience:
		return s.Title
	case *throughline.Goal:
		return s.Title
	case *throughline.Guardrail:
		return s.Title
	case *throughline.GuardrailSet:
		return s.Title
	case *throughline.Disclosure:
		return s.Title
	case *throughline.Claim:
		return s.Title
	case *throughline.Vocabulary:
		return s.Title
	case *throughline.Asset:
		return s.Title
	case *throughline.Template:
		return s.Title
	case *throughline.Fragment:
		return s.Title
	case *throughline.Placement:
		return s.Title
	}
	return ""
}

// uses returns what a resource names, each once, by kind and name.
func uses(res throughline.Resource) []throughline.Ref {
	seen := map[throughline.Ref]bool{}
	add := func(kind throughline.Kind, names ...string) {
		for _, n := range names {
			if n != "" {
				seen[throughline.Ref{Kind: kind, Name: n}] = true
			}
		}
	}
	pieces := func(names ...string) { // which of the two it is, only the rest knows
		add(throughline.KindFragment, names...)
		add(throughline.KindAsset, names...)
	}
	add(throughline.KindPerson, res.Metadata.Owner)
	switch s := res.Spec.(type) {
	case *throughline.Engine:
		add(throughline.KindPerson, s.Owner, s.Deputy)
	case *throughline.Team:
		add(throughline.KindPerson, s.People...)
	case *throughline.Stewardship:
		add(throughline.KindPerson, s.Person, s.Deputy)
	case *throughline.Brief:
		add(throughline.KindAudience, s.Audience)
		add(throughline.KindGoal, s.Goal)
	case *throughline.Guardrail:
		add(throughline.KindTemplate, s.Match.Templates...)
		add(throughline.KindChannel, s.Match.Channels...)
	case *throughline.GuardrailSet:
		add(throughline.KindGuardrail, s.Guardrails...)
		add(throughline.KindTemplate, s.Match.Templates...)
		add(throughline.KindChannel, s.Match.Channels...)
	case *throughline.Brand:
		for _, l := range s.Logos {
			add(throughline.KindAsset, l.Asset)
		}
	case *throughline.Claim:
		add(throughline.KindDisclosure, s.Disclosures...)
	case *throughline.Asset:
		add(throughline.KindBrief, s.Brief)
		add(throughline.KindAudience, s.Audience)
		add(throughline.KindChannel, s.Channels...)
		add(throughline.KindAsset, append(slices.Collect(maps.Values(s.Captions)), s.Poster)...)
		for _, c := range s.Concepts {
			name, _, _ := strings.Cut(c, "#")
			add(throughline.KindVocabulary, name)
		}
		for _, g := range s.Rights {
			add(throughline.KindChannel, g.Channels...)
		}
	case *throughline.Template:
		add(throughline.KindBrand, s.Brand)
		add(throughline.KindBrief, s.Brief)
		for _, rendering := range s.Renderings {
			add(throughline.KindChannel, rendering.Channel)
		}
		for _, slot := range s.Slots {
			if slot.Fill != nil {
				pieces(slot.Fill.Names...)
			}
			add(throughline.KindDisclosure, slot.Requires...)
		}
	case *throughline.Fragment:
		add(throughline.KindBrief, s.Brief)
		add(throughline.KindAudience, s.Audience)
		add(throughline.KindChannel, s.Channels...)
		add(throughline.KindClaim, s.Claims...)
		add(throughline.KindFragment, s.Items...)
	case *throughline.Placement:
		add(throughline.KindChannel, s.Channel)
		add(throughline.KindTemplate, s.Template)
		add(throughline.KindBrief, s.Brief)
		add(throughline.KindAudience, s.Audience)
		add(throughline.KindGoal, s.Goal)
		fillings := []throughline.Filling{s.Fallback, s.Policy.Fixed}
		if s.Holdout != nil {
			fillings = append(fillings, s.Holdout.Control)
		}
		for _, f := range fillings {
			pieces(slices.Collect(maps.Values(f))...)
		}
	}
	return sortedRefs(seen)
}

// sortedRefs lists refs by kind and name.
func sortedRefs(set map[throughline.Ref]bool) []throughline.Ref {
	return slices.SortedFunc(maps.Keys(set), throughline.Ref.Compare)
}

// leaf is one text of a resource and the field it is in.
type leaf struct{ path, text string }

// leaves returns every text of a resource's spec and its labels, by field.
func leaves(res throughline.Resource) (all []leaf) {
	dec := json.NewDecoder(bytes.NewReader(res.Canonical()))
	dec.UseNumber()
	var tree map[string]any
	if err := dec.Decode(&tree); err != nil { // Canonical is JSON
		panic("content: canonical form of " + res.Ref().String() + ": " + err.Error())
	}
	metadata, _ := tree["metadata"].(map[string]any)
	collect("spec", tree["spec"], &all)
	collect("metadata.labels", metadata["labels"], &all)
	return all
}

func collect(path string, v any, all *[]leaf) {
	switch v := v.(type) {
	case string:
		*all = append(*all, leaf{path, v})
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			collect(path+"."+key, v[key], all)
		}
	case []any:
		for i, item := range v {
			collect(path+"["+itoa(i)+"]", item, all)
		}
	}
}
