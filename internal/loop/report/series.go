package report

import "slices"

// series is counts by time, in blocks of one width, as many as keep back from
// the newest. Blocks in which nothing happened are absent.
type series struct {
	width  int64 // milliseconds
	keep   int64
	blocks []block // ascending
}

// block is what was delivered in one span of time, and what came of it.
type block struct {
	index int64 // Unix milliseconds divided by the width
	arms  [arms]tally
	// served is the policy's deliveries by candidate, or by what else the series
	// tells apart.
	served []int64
}

func (b *block) serve(i int, n int64) {
	if grow := i + 1 - len(b.served); grow > 0 {
		b.served = append(b.served, make([]int64, grow)...)
	}
	b.served[i] += n
}

// block returns the block of a moment, or nil for one too long ago. It is valid
// until the next call.
func (s *series) block(at int64) *block {
	index := at / s.width
	n := len(s.blocks)
	if n > 0 && index <= s.blocks[n-1].index-s.keep {
		return nil
	}
	i := n
	for i > 0 && s.blocks[i-1].index > index {
		i--
	}
	if i > 0 && s.blocks[i-1].index == index {
		return &s.blocks[i-1]
	}
	s.blocks = slices.Insert(s.blocks, i, block{index: index})
	old := 0
	for s.blocks[old].index <= s.blocks[len(s.blocks)-1].index-s.keep {
		old++
	}
	s.blocks = slices.Delete(s.blocks, 0, old)
	return &s.blocks[i-old]
}
