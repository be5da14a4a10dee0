package decide

// mixture is the shares of one eligible set, counted once and kept for an epoch.
type mixture struct {
	shares
	// weights are by rank, votes by draw: a rank, or absent.
	weights []uint32
	votes   []uint16
}

// at returns the rank of the candidate that position u belongs to.
func (m *mixture) at(u uint32, set *candidateSet) int {
	if u < m.voted {
		if i := m.votes[m.drawAt(u)]; i != absent {
			return int(i)
		}
	}
	return int(u) % len(set.list)
}
