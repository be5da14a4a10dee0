package decide

import (
	"slices"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Table decides requests from one snapshot and one epoch. It is immutable to
// its readers and safe for any number of them. What it hands out, the maps of a
// decision above all, is shared and may not be changed.
type Table struct {
	static *static
	// number and asOf are the epoch's; zero before the first.
	number uint32
	asOf   int64
	// current has what changes with the epoch, by placement.
	current []current
	era     *era
}

// era tells one table's epoch from another's, whatever their numbers.
type era struct{ number uint32 }

// static is what a table keeps from epoch to epoch: the compiled snapshot.
type static struct {
	snapshot    *throughline.Snapshot
	digest      throughline.Digest
	short       [8]byte // as tokens have it
	key         []byte
	questionKey [32]byte
	rules       []*rule.Program // by position in Snapshot.Audiences
	placements  []*placement
	byName      map[string]*placement
	variants    variantIndex
	buffers     sync.Pool // of *[]byte, for questions
}

// current is what is known of one placement in one epoch.
type current struct {
	rankings throughline.Rankings
	spent    string // see signature
}

// signatureCap is how many eligible sets a placement keeps. A request with
// another is answered the same, and slower: its set is made for it alone.
const signatureCap = 64

// Compile prepares a snapshot for deciding. The epoch is what was learned, or
// nil before anything was; the key signs decision ids. A snapshot with a rule
// that does not compile, or that refers to what it does not hold, is an error.
func Compile(snapshot *throughline.Snapshot, epoch *throughline.Epoch, key []byte) (*Table, error) {
	digest := throughline.DigestOf(snapshot.Encode())
	s := &static{
		snapshot: snapshot, digest: digest, short: [8]byte(digest[:8]),
		key: slices.Clone(key), questionKey: questionKey(key),
		byName: make(map[string]*placement, len(snapshot.Placements)),
	}
	if len(snapshot.Audiences) > throughline.MaxAudiences {
		return nil, throughline.Errorf(throughline.TooLarge, "the snapshot has %d audiences, at most %d can be told apart", len(snapshot.Audiences), throughline.MaxAudiences)
	}
	bits := make(map[string]uint64, len(snapshot.Audiences))
	env := rule.AudienceEnv()
	for i, a := range snapshot.Audiences {
		p, err := rule.Compile(env, a.Rule)
		if err != nil {
			return nil, throughline.Errorf(throughline.CodeOf(err), "the rule of audience %s cannot be used: %w", a.Name, err).
				At("Audience/" + a.Name)
		}
		s.rules = append(s.rules, p)
		bits[a.Name] = 1 << i
	}
	for i := range snapshot.Placements {
		p, err := compilePlacement(snapshot, i, bits)
		if err != nil {
			return nil, err
		}
		s.placements = append(s.placements, p)
		s.byName[p.Name] = p
	}
	return (&Table{static: s}).With(epoch)
}

// With returns a table of the same snapshot in another epoch. All that the
// epoch does not change is shared, so it costs some words per placement however
// many variants there are.
func (t *Table) With(epoch *throughline.Epoch) (*Table, error) {
	next := &Table{static: t.static, current: make([]current, len(t.static.placements))}
	var learned []throughline.Rankings
	if epoch != nil {
		if epoch.Snapshot != t.static.digest {
			return nil, throughline.Errorf(throughline.Conflict, "epoch %d belongs to snapshot %s, not to %s",
				epoch.Number, epoch.Snapshot.Short(), t.static.digest.Short())
		}
		if len(epoch.Placements) != len(t.static.placements) {
			return nil, throughline.Errorf(throughline.Corrupt, "epoch %d ranks %d placements, its snapshot has %d",
				epoch.Number, len(epoch.Placements), len(t.static.placements))
		}
		next.number, next.asOf, learned = epoch.Number, epoch.AsOf, epoch.Placements
	}
	next.era = &era{next.number}
	for i, p := range t.static.placements {
		if epoch != nil {
			next.current[i].spent = p.limits.spentOf(epoch.Spent)
		}
		switch {
		case p.Policy.Kind == throughline.Fixed:
			next.current[i].rankings = p.fixed
		case p.Policy.Kind != throughline.Uniform && learned != nil:
			next.current[i].rankings = learned[i]
		}
	}
	return next, nil
}

// Snapshot returns what the table was compiled from; it may not be changed.
func (t *Table) Snapshot() *throughline.Snapshot { return t.static.snapshot }

// Digest returns the snapshot's digest.
func (t *Table) Digest() throughline.Digest { return t.static.digest }

// Release returns the number of the release that made the snapshot.
func (t *Table) Release() int { return t.static.snapshot.Release }

// Epoch returns the epoch's number, or 0 before the first.
func (t *Table) Epoch() uint32 { return t.number }

// AsOf returns the Unix time in milliseconds up to which every outcome recorded
// was learned from, or 0 before the first epoch.
func (t *Table) AsOf() int64 { return t.asOf }

// Placements returns the snapshot's placements by name, ascending; they may not
// be changed.
func (t *Table) Placements() []throughline.SnapshotPlacement { return t.static.snapshot.Placements }

// Sticky returns for how long a placement keeps first choices; empty for one
// that does not exist.
func (t *Table) Sticky(placement string) throughline.Stickiness {
	if p, ok := t.static.byName[placement]; ok {
		return p.Sticky
	}
	return ""
}

// PlacementOf returns the name of the placement that a token of this snapshot
// was decided for, and of the person who answers for it. Both are empty for a
// token of another snapshot.
func (t *Table) PlacementOf(token throughline.Token) (name, owner string) {
	if token.Snapshot != t.static.short || int(token.Placement) >= len(t.static.placements) {
		return "", ""
	}
	p := t.static.placements[token.Placement]
	return p.Name, p.Owner
}

// Key returns the name by levels of a candidate, as Arms.Key has it, or "" for
// one that is not there.
func (t *Table) Key(placement string, candidate int) string {
	p, ok := t.static.byName[placement]
	if !ok || candidate < 0 || candidate >= len(p.keys) {
		return ""
	}
	return p.keys[candidate]
}

// placement returns the placement of that name.
func (t *Table) placement(name string) (*placement, error) {
	if p, ok := t.static.byName[name]; ok {
		return p, nil
	}
	err := throughline.Errorf(throughline.NotFound, "there is no placement %q", name)
	var live []string
	for i := range t.static.snapshot.Placements {
		live = append(live, t.static.snapshot.Placements[i].Name)
	}
	if near := text.Nearest(name, live); near != "" {
		return nil, err.WithFix("did you mean %s?", near)
	}
	return nil, err.WithFix("declare it, or ask for one that is live: throughline get placements")
}
