package decide

import (
	"slices"

	"github.com/throughline-engine/throughline"
)

// Distribution returns the choice distribution of a policy over the eligible
// candidates, as weights in parts of [throughline.WeightOne], in the order of
// eligible. They sum to WeightOne exactly; of no candidates it returns nil.
//
// Each draw votes for the eligible candidate it lists first. A draw that lists
// none spreads its share evenly, and so do rankings without draws. The share
// floor, 0 to 1, is spread evenly over eligible whatever the draws say. Shares
// that do not divide differ by at most one part per run of positions, and the
// same arguments give the same weights on every machine.
func Distribution(r throughline.Rankings, eligible []uint16, floor float64) []uint32 {
	if len(eligible) == 0 {
		return nil
	}
	set := newCandidateSet(eligible, int(slices.Max(eligible))+1)
	return newShares(r, floorParts(floor)).over(set).weights
}

// floorParts converts a share to parts of WeightOne. The product with a power
// of two is exact, so machines agree on it.
func floorParts(floor float64) uint32 {
	switch {
	case !(floor > 0): // also what is no number
		return 0
	case floor >= 1:
		return throughline.WeightOne
	}
	return uint32(floor*throughline.WeightOne + 0.5)
}

// candidateSet is a set of candidates that can be walked and asked.
type candidateSet struct {
	// list has the members, by which weights are ordered.
	list []uint16
	// rank has each candidate's position in list, or absent.
	rank []uint16
}

const absent = 0xffff

func newCandidateSet(list []uint16, candidates int) *candidateSet {
	s := &candidateSet{list: list, rank: make([]uint16, candidates)}
	for c := range s.rank {
		s.rank[c] = absent
	}
	for i, c := range list {
		s.rank[c] = uint16(i)
	}
	return s
}

// find returns the rank of a candidate, or -1.
func (s *candidateSet) find(c int) int {
	if c < 0 || c >= len(s.rank) || s.rank[c] == absent {
		return -1
	}
	return int(s.rank[c])
}

// shares divides the positions 0 to WeightOne-1 among the candidates of a set.
// The first voted positions are dealt to the draws in equal runs, and a draw
// passes its run on to the candidate it votes for. Every other position u goes
// to the candidate with rank u modulo the size of the set.
//
// Serving looks up who owns one position; a distribution counts what each owns.
// Both read one layout, which is why a propensity is never off.
type shares struct {
	rankings throughline.Rankings
	draws    int
	voted    uint32
}

func newShares(r throughline.Rankings, floor uint32) shares {
	draws := max(0, r.Draws())
	if draws == 0 {
		return shares{}
	}
	return shares{rankings: r, draws: draws, voted: throughline.WeightOne - floor}
}

// start returns the first position of draw d; start(draws) is voted.
func (s shares) start(d int) uint32 {
	return uint32(uint64(s.voted) * uint64(d) / uint64(s.draws))
}

// drawAt returns the draw whose run holds position u, which is below voted.
func (s shares) drawAt(u uint32) int {
	return int(((uint64(u)+1)*uint64(s.draws) - 1) / uint64(s.voted))
}

// vote returns the rank of the candidate that draw d votes for, or -1.
func (s shares) vote(d int, set *candidateSet) int {
	for k := range s.rankings.Depth {
		if i := set.find(s.rankings.At(d, k)); i >= 0 {
			return i
		}
	}
	return -1
}

// mixture is the shares of one set, counted.
type mixture struct {
	shares
	set *candidateSet
	// weights are by rank, votes by draw: a rank, or absent.
	weights []uint32
	votes   []uint16
}

// over counts, for each candidate of the set, the positions that are its own.
func (s shares) over(set *candidateSet) *mixture {
	m := &mixture{
		shares: s, set: set,
		weights: make([]uint32, len(set.list)), votes: make([]uint16, s.draws),
	}
	even := newDeal(len(set.list))
	even.add(s.voted, throughline.WeightOne)
	for d := range m.votes {
		a, b := s.start(d), s.start(d+1)
		i := s.vote(d, set)
		if i < 0 {
			m.votes[d] = absent
			even.add(a, b)
			continue
		}
		m.votes[d] = uint16(i)
		m.weights[i] += b - a
	}
	even.addTo(m.weights)
	return m
}

// at returns the rank of the candidate that position u belongs to.
func (m *mixture) at(u uint32) int {
	if u < m.voted {
		if i := m.votes[m.drawAt(u)]; i != absent {
			return int(i)
		}
	}
	return int(u) % len(m.set.list)
}

// deal adds up runs of positions dealt evenly. What a run has beyond whole
// rounds falls on neighbours in the circle of ranks, so a run costs two marks
// however many candidates there are.
type deal struct {
	rounds uint32
	marks  []int32 // at i, how many more rank i gets than rank i-1
}

func newDeal(n int) *deal { return &deal{marks: make([]int32, n+1)} }

func (e *deal) add(a, b uint32) {
	n := uint32(len(e.marks) - 1)
	e.rounds += (b - a) / n
	first, rest := a%n, (b-a)%n
	end := first + rest
	e.marks[first]++
	if end > n {
		e.marks[0]++
		end -= n
	}
	e.marks[end]--
}

func (e *deal) addTo(weights []uint32) {
	extra := int32(0)
	for i := range weights {
		extra += e.marks[i]
		weights[i] += e.rounds + uint32(extra)
	}
}
