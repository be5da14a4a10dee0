package throughline

import "encoding/json"

// Snapshot is all that deciding needs of one release: serialisable,
// content-addressed, and the same for every process that reads it.
type Snapshot struct {
	// Engine is the id of the engine it belongs to.
	Engine string `json:"engine"`
	// Release is the number of the release that made it.
	Release int `json:"release"`
	// PublicDecisions is Engine.PublicDecisions.
	PublicDecisions bool `json:"publicDecisions,omitempty"`
	// Audiences are the rules its placements and pieces refer to, by name,
	// ascending; at most MaxAudiences.
	Audiences []SnapshotAudience `json:"audiences,omitempty"`
	// Placements by name, ascending.
	Placements []SnapshotPlacement `json:"placements"`
}

// MaxAudiences is how many audiences one snapshot may refer to: a request keeps
// one bit for each.
const MaxAudiences = 64

// Encode returns the snapshot's bytes, of which its digest is made.
func (s *Snapshot) Encode() []byte { return mustJSON(s) }

// SnapshotAudience is one audience rule.
type SnapshotAudience struct {
	Name string `json:"name"`
	Rule string `json:"rule"`
}

// SnapshotPlacement is one placement, ready to be compiled.
type SnapshotPlacement struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Owner    string `json:"owner"` // resource name of the Person who answers for it, never empty
	Channel  string `json:"channel"`
	Template string `json:"template"`
	Goal     string `json:"goal"`
	// Event and Window are the goal's.
	Event  string   `json:"event"`
	Window Duration `json:"window"`
	// Locales are the brand's.
	Locales Locales `json:"locales"`
	// Personal are the brand's fields of a recipient.
	Personal map[string]PersonalField `json:"personal,omitempty"`
	// Audience names who gets more than the fallback; empty means everyone.
	Audience string `json:"audience,omitempty"`
	// Policy, Holdout and Sticky have their defaults filled in.
	Policy  Policy     `json:"policy"`
	Holdout *Holdout   `json:"holdout,omitempty"`
	Sticky  Stickiness `json:"sticky"`
	// TemplateDigest and TokensDigest are parts of every variant's id.
	TemplateDigest Digest `json:"templateDigest"`
	TokensDigest   Digest `json:"tokensDigest"`
	// Slots hold what may fill them; Candidates are positions in Choices.
	Slots      []SnapshotSlot `json:"slots"`
	Candidates [][]uint16     `json:"candidates"`
	// Fallback is a vector like a candidate's; it need not be one.
	Fallback []uint16 `json:"fallback"`
	// Control and Fixed are positions in Candidates, or -1.
	Control int `json:"control"`
	Fixed   int `json:"fixed"`
}

// SnapshotSlot is a slot and what may fill it.
type SnapshotSlot struct {
	Name    string   `json:"name"`
	Role    string   `json:"role"`
	Choices []Choice `json:"choices"`
}

// Choice is one way to fill a slot.
type Choice struct {
	// Piece is its name, empty when the choice is to leave the slot unfilled.
	Piece string `json:"fragment,omitempty"`
	// Kind is the piece's; empty is KindFragment.
	Kind   Kind   `json:"kind,omitempty"`
	Level  Level  `json:"level"`
	Digest Digest `json:"digest,omitzero"`
	// Audience names who may see it; empty means everyone.
	Audience string `json:"audience,omitempty"`
	// Bounds are when, where and how often it may be shown; nil is always.
	Bounds *Bounds `json:"bounds,omitempty"`
	// Text is the value by locale: of an asset its address.
	Text map[string]string `json:"text,omitempty"`
	// Alt is an asset in words, by locale.
	Alt map[string]string `json:"alt,omitempty"`
}

// Ref names the piece.
func (c Choice) Ref() Ref {
	if c.Kind == "" {
		return Ref{Kind: KindFragment, Name: c.Piece}
	}
	return Ref{Kind: c.Kind, Name: c.Piece}
}

// Says is the choice in words: its text, and of an asset what is to be seen on it.
func (c Choice) Says(locale string) string {
	switch {
	case c.Kind != KindAsset:
		return c.Text[locale]
	case c.Alt[locale] != "":
		return c.Alt[locale]
	}
	return c.Piece
}

// Arms returns the placement's candidates as learning sees them.
func (p *SnapshotPlacement) Arms() Arms {
	a := Arms{Candidates: p.Candidates}
	for _, s := range p.Slots {
		levels := make([]Level, len(s.Choices))
		for i, c := range s.Choices {
			levels[i] = c.Level
		}
		a.Slots = append(a.Slots, s.Name)
		a.Levels = append(a.Levels, levels)
	}
	return a
}

// Key names a filling, given as positions in each slot's Choices, as Arms.Key
// names a candidate.
func (p *SnapshotPlacement) Key(filling []uint16) string {
	a := p.Arms()
	a.Candidates = [][]uint16{filling}
	return a.Key(0)
}

// Epoch is what the policies have learned by one moment, in integers that every
// process reads alike. Between two epochs the same question has the same answer.
type Epoch struct {
	// Number is the Unix time of publication in seconds, raised where needed so
	// that it grows strictly.
	Number uint32 `json:"number"`
	// Snapshot is the digest of the snapshot it belongs to.
	Snapshot Digest `json:"snapshot"`
	// Through is the last journal event it has learned from.
	Through uint64 `json:"through"`
	// AsOf is the Unix time in milliseconds when that event was recorded: every
	// outcome acknowledged before it is in.
	AsOf int64 `json:"asOf"`
	// Placements has one entry for each of the snapshot's, in its order.
	Placements []Rankings `json:"placements"`
	// Spent are the pieces that were shown as often as their rights allow, by name,
	// ascending.
	Spent []string `json:"spent,omitempty"`
}

// Encode returns the epoch's bytes, of which its digest is made.
func (e *Epoch) Encode() []byte { return mustJSON(e) }

// Rankings are draws from a policy's belief about which candidate is best. Each
// draw lists candidates, best first, cut at Depth. A policy without opinion has
// no draws.
type Rankings struct {
	// Depth is how many candidates each draw lists.
	Depth int `json:"depth,omitempty"`
	// Order is draw after draw, Depth positions in Candidates each, two bytes
	// each, low byte first.
	Order []byte `json:"order,omitempty"`
}

// NewRankings packs draws of equal length.
func NewRankings(draws [][]uint16) Rankings {
	if len(draws) == 0 || len(draws[0]) == 0 {
		return Rankings{}
	}
	r := Rankings{Depth: len(draws[0])}
	for _, d := range draws {
		for _, c := range d {
			r.Order = append(r.Order, byte(c), byte(c>>8))
		}
	}
	return r
}

// Draws returns how many draws there are.
func (r Rankings) Draws() int {
	if r.Depth == 0 {
		return 0
	}
	return len(r.Order) / (2 * r.Depth)
}

// At returns the candidate that draw d puts in place k, both from 0.
func (r Rankings) At(d, k int) int {
	i := 2 * (d*r.Depth + k)
	return int(r.Order[i]) | int(r.Order[i+1])<<8
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // v is plain data of this package
		panic("throughline: " + err.Error())
	}
	return b
}

// VariantID returns the id of a filling, given as positions in each slot's
// Choices, in a locale.
func (p *SnapshotPlacement) VariantID(filling []uint16, locale string) VariantID {
	pieces := make([]Digest, len(filling))
	for s, c := range filling {
		pieces[s] = p.Slots[s].Choices[c].Digest
	}
	return NewVariantID(p.TemplateDigest, pieces, locale, p.TokensDigest)
}
