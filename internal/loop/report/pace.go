package report

// pace is how often something happens, by the time it was recorded.
type pace struct {
	total  int64
	latest int64 // Unix milliseconds; 0 for never
	second ring
	minute ring
}

// ring counts the last sixty spans of time.
type ring struct {
	head int64 // the newest span
	n    [ringSpans]int64
}

const ringSpans = 60

func (p *pace) add(at int64) { p.addMany(at, 1) }

func (p *pace) addMany(at, n int64) {
	if n == 0 {
		return
	}
	p.total += n
	p.latest = max(p.latest, at)
	p.second.add(at/1000, n)
	p.minute.add(at/60_000, n)
}

// lastMinute and lastHour count what happened in the minute or hour up to now.
func (p *pace) lastMinute(now int64) int64 { return p.second.sum(now / 1000) }
func (p *pace) lastHour(now int64) int64   { return p.minute.sum(now / 60_000) }

func (r *ring) add(span, n int64) {
	if span < 0 || span <= r.head-ringSpans {
		return
	}
	for r.head < span {
		r.head = max(r.head+1, span-ringSpans+1)
		r.n[r.head%ringSpans] = 0
	}
	r.n[span%ringSpans] += n
}

func (r *ring) sum(now int64) (total int64) {
	for span := max(now, r.head) - ringSpans + 1; span <= min(now, r.head); span++ {
		if span >= 0 && span > now-ringSpans && span > r.head-ringSpans {
			total += r.n[span%ringSpans]
		}
	}
	return total
}
