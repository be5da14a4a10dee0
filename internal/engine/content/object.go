package content

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/own"
	"github.com/throughline-engine/throughline/internal/record"
)

// Object is one resource with all its neighbours.
type Object struct {
	Ref   throughline.Ref `json:"ref"`
	Title string          `json:"title"`
	// Resource is what is in force; nil for what is only in the asker's draft.
	Resource *throughline.Resource `json:"resource,omitempty"`
	Digest   throughline.Digest    `json:"digest,omitzero"`
	// Draft is what the asker's draft makes of it; nil for nothing.
	Draft *DraftItem `json:"draft,omitempty"`
	// Findings are what the checks say of it as it is in force.
	Findings []throughline.Finding `json:"findings,omitempty"`
	// Uses is what it names, UsedBy what names it.
	Uses   []throughline.Ref `json:"uses,omitempty"`
	UsedBy []throughline.Ref `json:"usedBy,omitempty"`
	// Lineage is where it stands between brief and placement.
	Lineage Lineage `json:"lineage"`
	// History are its revisions, the newest first.
	History []Revised `json:"history,omitempty"`
	// Owner answers for it.
	Owner throughline.Ref `json:"owner,omitzero"`
	// OwnerName is what colleagues call them; Inherited is true where the resource
	// itself names nobody. OwnedBy is why it is them: as Stewardship, or of OwnedFrom,
	// where it is by one of those.
	OwnerName   string          `json:"ownerName,omitempty"`
	Initials    string          `json:"initials,omitempty"`
	Inherited   bool            `json:"inherited,omitempty"`
	OwnedBy     OwnedBy         `json:"ownedBy,omitempty"`
	Stewardship string          `json:"stewardship,omitempty"`
	OwnedFrom   throughline.Ref `json:"ownedFrom,omitzero"`
}

// OwnedBy is why somebody answers for a thing.
type OwnedBy = own.By

// The reasons: it names them, a Stewardship is about it, they answer for what it came
// from, or nobody nearer does than the engine's owner.
const (
	OwnedByOwner   = own.ByOwner
	OwnedBySteward = own.BySteward
	OwnedByParent  = own.ByParent
	OwnedByEngine  = own.ByEngine
)

// Lineage is the way from what is wanted to where it is shown. Each list has at
// most a hundred; Pieces counts all of them.
type Lineage struct {
	Briefs     []throughline.Ref `json:"briefs,omitempty"`
	Templates  []throughline.Ref `json:"templates,omitempty"`
	Fragments  []throughline.Ref `json:"fragments,omitempty"`
	Pieces     int               `json:"pieces,omitempty"`
	Placements []throughline.Ref `json:"placements,omitempty"`
}

// Revised is one revision of a resource.
type Revised struct {
	Digest  throughline.Digest `json:"digest,omitzero"` // zero where it was deleted
	Release int                `json:"release"`
	Author  throughline.Actor  `json:"author"`
	At      time.Time          `json:"at"`
	Action  throughline.Action `json:"action"`
	Fields  []string           `json:"fields,omitempty"`
}

// Object returns one resource with where it is used, what it comes from and what
// became of it. Of one that was deleted it returns the history, beside an error
// with the code NotFound.
func (c *Content) Object(ctx context.Context, by engine.Caller, ref throughline.Ref) (o Object, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return o, err
	}
	o.Ref = ref
	err = c.with(ctx, func(k *known, r record.Reader) error {
		if err := c.checked(r, k); err != nil {
			return err
		}
		res, err := resourceOrNone(r, ref)
		if err != nil {
			return err
		}
		if o.Draft, err = readItem(r, draftKey(by.Actor), ref); err != nil {
			return err
		}
		if o.Draft != nil {
			if err := o.Draft.compare(r); err != nil {
				return err
			}
		}
		if o.History, err = history(r, ref); err != nil {
			return err
		}
		if res.Spec == nil && o.Draft == nil {
			return gone(r, ref, o.History)
		}
		shown := res
		if res.Spec != nil {
			o.Resource, o.Digest = &res, res.Digest()
		} else if o.Draft.Resource != nil {
			shown = *o.Draft.Resource
		}
		o.Title = cmp.Or(titleOf(shown), ref.Name)
		o.Uses, o.UsedBy = uses(shown), sortedRefs(k.usedBy[ref])
		for _, f := range k.findings {
			if f.Object == ref || f.Template == ref.Name && ref.Kind == throughline.KindTemplate {
				o.Findings = append(o.Findings, f)
			}
		}
		if o.Lineage, err = k.lineage(r, shown); err != nil {
			return err
		}
		return c.owner(r, shown, &o)
	})
	return o, err
}

// gone says that something was deleted, and by which release.
func gone(r record.Reader, ref throughline.Ref, past []Revised) error {
	if len(past) > 0 {
		return throughline.Errorf(throughline.NotFound, "%s was deleted by release %d", ref, past[0].Release).
			WithFix("to have it back, roll release %d back", past[0].Release)
	}
	_, err := engine.Resource(r, ref)
	return err
}

// checked brings the findings of what is in force up to date.
func (c *Content) checked(r record.Reader, k *known) error {
	if k.checked == k.head {
		return nil
	}
	set, err := c.declared(r)
	if err != nil {
		return err
	}
	built, err := c.build(k.head, set)
	if err != nil && built.findings == nil {
		return err
	}
	k.findings, k.checked = built.findings, k.head
	return nil
}

func history(r record.Reader, ref throughline.Ref) (all []Revised, err error) {
	prefix := ref.String() + " "
	for e, err := range r.List(engine.BucketHistory, prefix, "") {
		if err != nil {
			return nil, err
		}
		one, err := revisedIn(e, prefix)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	newestFirst(all)
	return all, nil
}

// revisedIn reads an entry of a history, whose key is a prefix and the release.
func revisedIn(e record.Entry, prefix string) (Revised, error) {
	var entry revised
	if err := json.Unmarshal(e.Value, &entry); err != nil {
		return Revised{}, throughline.Errorf(throughline.Corrupt, "the revision %q cannot be read: %w", e.Key, err)
	}
	number, err := strconv.Atoi(strings.TrimPrefix(e.Key, prefix))
	if err != nil {
		return Revised{}, throughline.Errorf(throughline.Corrupt, "the revision %q cannot be read: %w", e.Key, err)
	}
	return Revised{entry.Digest, number, entry.Author, entry.At, entry.Action, entry.Fields}, nil
}

// newestFirst puts revisions in order: a release that waited has a lower number
// than what went live before it.
func newestFirst(all []Revised) {
	slices.SortStableFunc(all, func(a, b Revised) int { return b.At.Compare(a.At) })
}

// Revision returns a revision that a resource had in force once.
func (c *Content) Revision(ctx context.Context, by engine.Caller, ref throughline.Ref, digest throughline.Digest) (res throughline.Resource, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return res, err
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		past, err := history(r, ref)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(past, func(p Revised) bool { return p.Digest == digest && !digest.IsZero() }) {
			return throughline.Errorf(throughline.NotFound, "%s was never %s", ref, digest.Short()).WithFix("its history names every revision")
		}
		res, err = engine.Revision(r, digest.String())
		return err
	})
	return res, err
}

// owner finds who answers for a resource, and why.
func (c *Content) owner(r record.Reader, res throughline.Resource, o *Object) error {
	owners, failed := ownersIn(r)
	answer := owners.Of(res)
	if err := failed(); err != nil {
		return err
	}
	o.Inherited, o.OwnedBy, o.Stewardship, o.OwnedFrom = answer.By != own.ByOwner, answer.By, answer.Stewardship, answer.From
	o.Owner, o.OwnerName = throughline.Ref{Kind: throughline.KindPerson, Name: answer.Person}, answer.Person
	person, err := resourceOrNone(r, o.Owner)
	if p, ok := person.Spec.(*throughline.Person); ok {
		o.OwnerName, o.Initials = p.Name, p.Initials()
	}
	return err
}

// ownersIn knows who answers for what is in force. What it could not read, failed
// says once somebody was asked for.
func ownersIn(r record.Reader) (owners *own.Owners, failed func() error) {
	var first error
	each := func(kind throughline.Kind) iter.Seq[throughline.Resource] {
		return func(yield func(throughline.Resource) bool) {
			for res, err := range engine.InForce(r, kind) {
				if err != nil {
					first = cmp.Or(first, err)
					return
				}
				if !yield(res) {
					return
				}
			}
		}
	}
	owners = own.New(each(throughline.KindEngine), each(throughline.KindStewardship), func(ref throughline.Ref) (throughline.Resource, bool) {
		res, err := resourceOrNone(r, ref)
		first = cmp.Or(first, err)
		return res, err == nil && res.Spec != nil
	})
	return owners, func() error { return first }
}

// lineageMost bounds each list of a lineage.
const lineageMost = 100

// lineage finds what stands before and after a resource on the way from brief to
// placement. What fills a template is found by the slots, not by a name.
func (k *known) lineage(r record.Reader, res throughline.Resource) (l Lineage, err error) {
	ref := res.Ref()
	briefs, templates, fragments, placements := refSet{}, refSet{}, refSet{}, refSet{}
	switch s := res.Spec.(type) {
	case *throughline.Brief:
		templates.add(k.usersOf(ref, throughline.KindTemplate)...)
		fragments.add(k.usersOf(ref, throughline.KindFragment)...)
		placements.add(k.usersOf(ref, throughline.KindPlacement)...)
	case *throughline.Fragment, *throughline.Asset:
		piece, _ := throughline.PieceOf(res)
		briefs.name(throughline.KindBrief, piece.Brief)
		if err := k.taking(r, res, templates); err != nil {
			return l, err
		}
		for t := range templates {
			placements.add(k.usersOf(t, throughline.KindPlacement)...)
		}
	case *throughline.Template:
		briefs.name(throughline.KindBrief, s.Brief)
		placements.add(k.usersOf(ref, throughline.KindPlacement)...)
		k.filling(s, fragments)
	case *throughline.Placement:
		briefs.name(throughline.KindBrief, s.Brief)
		templates.name(throughline.KindTemplate, s.Template)
		if t, err := resourceOrNone(r, throughline.Ref{Kind: throughline.KindTemplate, Name: s.Template}); err != nil {
			return l, err
		} else if spec, ok := t.Spec.(*throughline.Template); ok {
			k.filling(spec, fragments)
		}
	}
	l.Briefs, l.Templates, l.Placements = briefs.most(), templates.most(), placements.most()
	l.Fragments, l.Pieces = fragments.most(), len(fragments)
	return l, nil
}

type refSet map[throughline.Ref]bool

func (s refSet) add(refs ...throughline.Ref) {
	for _, r := range refs {
		s[r] = true
	}
}

func (s refSet) name(kind throughline.Kind, name string) {
	if name != "" {
		s[throughline.Ref{Kind: kind, Name: name}] = true
	}
}

func (s refSet) most() []throughline.Ref {
	all := sortedRefs(s)
	return all[:min(len(all), lineageMost)]
}

func (k *known) usersOf(ref throughline.Ref, kind throughline.Kind) []throughline.Ref {
	return slices.Collect(func(yield func(throughline.Ref) bool) {
		for user := range maps.Keys(k.usedBy[ref]) {
			if user.Kind == kind && !yield(user) {
				return
			}
		}
	})
}

// taking adds the templates with a slot that takes a piece.
func (k *known) taking(r record.Reader, res throughline.Resource, into refSet) error {
	p, _ := throughline.PieceOf(res)
	for t, err := range engine.InForce(r, throughline.KindTemplate) {
		if err != nil {
			return err
		}
		if slices.ContainsFunc(t.Spec.(*throughline.Template).Slots, func(s throughline.Slot) bool { return fills(p, s) }) {
			into.add(t.Ref())
		}
	}
	return nil
}

// filling adds the pieces whose role a slot of the template has.
func (k *known) filling(t *throughline.Template, into refSet) {
	for _, s := range t.Slots {
		if s.Fill == nil || len(s.Fill.Names) == 0 {
			maps.Copy(into, k.byRole[s.Role])
			continue
		}
		for _, name := range s.Fill.Names {
			for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
				if ref := (throughline.Ref{Kind: kind, Name: name}); k.byRole[s.Role][ref] {
					into.add(ref)
				}
			}
		}
	}
}

// ObjectQuery says which resources of one kind are wanted.
type ObjectQuery struct {
	Kind throughline.Kind
	// Text narrows to what has the words in its name or texts; Owner, Brief and
	// Role to what names them, Labels to what has all of them. Each may be empty.
	Text, Owner, Brief, Role string
	Labels                   map[string]string
	// Cursor is ObjectPage.Next of the page before; empty starts at the first.
	Cursor string
	// Limit is how many at most; 0 means 100.
	Limit int
}

// ObjectRow is one resource in a list.
type ObjectRow struct {
	Ref      throughline.Ref      `json:"ref"`
	Title    string               `json:"title"`
	Resource throughline.Resource `json:"resource"`
	Digest   throughline.Digest   `json:"digest"`
	// Release changed it last, by whom and when; 0 for not known.
	Release int               `json:"release,omitempty"`
	By      throughline.Actor `json:"by,omitzero"`
	At      time.Time         `json:"at,omitzero"`
	// Draft is true when the asker's draft changes it.
	Draft bool `json:"draft,omitempty"`
	// Answers is the Person who answers for it, named or not.
	Answers string `json:"answers,omitempty"`
}

// ObjectPage is some rows, by name.
type ObjectPage struct {
	Rows []ObjectRow `json:"rows"`
	// Total counts the kind; Next is the cursor of the next page, empty at the end.
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"`
}

// sifted is how many resources one page looks at before it hands over what it
// has: a page with a narrow filter may be short, and still have a next.
const sifted = 2000

// Objects returns resources of one kind by name. A page costs the same wherever
// it stands.
func (c *Content) Objects(ctx context.Context, by engine.Caller, q ObjectQuery) (page ObjectPage, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return page, err
	}
	if throughline.NewSpec(q.Kind) == nil {
		return page, throughline.Errorf(throughline.Invalid, "there is no kind %q", q.Kind).WithFix("kinds are %s", kindNames())
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	page.Rows = []ObjectRow{}
	words, prefix, person := text.Words(q.Text), string(q.Kind)+"/", draftKey(by.Actor)
	err = c.with(ctx, func(k *known, r record.Reader) error {
		page.Total = len(k.byKind[q.Kind])
		owners, failed := ownersIn(r)
		after, looked := "", 0
		if q.Cursor != "" {
			after = prefix + q.Cursor
		}
		for e, err := range r.List(engine.BucketHead, prefix, after) {
			if err != nil {
				return err
			}
			if len(page.Rows) == q.Limit || looked == sifted {
				page.Next = strings.TrimPrefix(after, prefix)
				return failed()
			}
			after, looked = e.Key, looked+1
			res, err := engine.Revision(r, string(e.Value))
			if err != nil {
				return err
			}
			if !q.takes(res, words) {
				continue
			}
			row, err := rowOf(r, person, res)
			if err != nil {
				return err
			}
			row.Answers = owners.Of(res).Person
			page.Rows = append(page.Rows, row)
		}
		return failed()
	})
	return page, err
}

func (q *ObjectQuery) takes(res throughline.Resource, words []string) bool {
	names := uses(res)
	named := func(kind throughline.Kind, name string) bool {
		return name == "" || slices.Contains(names, throughline.Ref{Kind: kind, Name: name})
	}
	if q.Owner != "" && res.Metadata.Owner != q.Owner || !named(throughline.KindBrief, q.Brief) {
		return false
	}
	if f, ok := res.Spec.(*throughline.Fragment); q.Role != "" && (!ok || f.Role != q.Role) {
		return false
	}
	for k, v := range q.Labels {
		if res.Metadata.Labels[k] != v {
			return false
		}
	}
	if len(words) == 0 {
		return true
	}
	all := res.Metadata.Name
	for _, l := range leaves(res) {
		all += " " + l.text
	}
	return fitting(all, words) == len(words)
}

func rowOf(r record.Reader, person string, res throughline.Resource) (ObjectRow, error) {
	row := ObjectRow{Ref: res.Ref(), Title: cmp.Or(titleOf(res), res.Metadata.Name), Resource: res, Digest: res.Digest()}
	past, err := history(r, row.Ref)
	if err != nil {
		return row, err
	}
	if len(past) > 0 {
		row.Release, row.By, row.At = past[0].Release, past[0].Author, past[0].At
	}
	item, err := readItem(r, person, row.Ref)
	row.Draft = item != nil
	return row, err
}
