package video

// A film in fragments tells its length in no place: each fragment says when it
// begins, and how long its samples are (14496-12, 8.8).

// Flags of tfhd and trun: which of their fields are there.
const (
	hasBase        = 0x1
	hasDescription = 0x2
	hasDuration    = 0x8
	hasDataOffset  = 0x1
	hasFirstFlags  = 0x4
	hasDurations   = 0x100
	hasSizes       = 0x200
	hasFlags       = 0x400
	hasOffsets     = 0x800
)

// mvex reads how long samples of each track are, unless a fragment says otherwise.
func (f *film) mvex(in box) error {
	return f.each(in, in.body, func(b box) error {
		if b.name != "trex" {
			return nil
		}
		c, err := f.content(b, 16)
		if err == nil && len(f.usual) < maxTracks {
			f.usual[u32(c[4:])] = u32(c[12:])
		}
		return err
	})
}

// moof reads when the tracks of a fragment end, while not too much was read.
func (f *film) moof(in box) error {
	if f.read > maxRead/2 {
		return nil
	}
	return f.each(in, in.body, func(b box) error {
		if b.name != "traf" {
			return nil
		}
		return f.traf(b)
	})
}

// traf reads when the part of a track that is in a fragment ends.
func (f *film) traf(in box) error {
	var t *track
	var usual uint32
	var end uint64
	begins := false
	err := f.each(in, in.body, func(b box) error {
		switch b.name {
		case "tfhd":
			c, err := f.content(b, 8)
			if err != nil {
				return err
			}
			t, usual = f.track(u32(c[4:])), f.usual[u32(c[4:])]
			at := 8
			if c[3]&hasBase != 0 {
				at += 8
			}
			if c[3]&hasDescription != 0 {
				at += 4
			}
			if c[3]&hasDuration != 0 && len(c) >= at+4 {
				usual = u32(c[at:])
			}
		case "tfdt":
			c, err := f.content(b, 8)
			if err != nil {
				return err
			}
			end, begins = uint64(u32(c[4:])), true
			if c[0] == 1 && len(c) >= 12 {
				end = number(c[4:12])
			}
		case "trun":
			n, err := f.trun(b, usual)
			end += n
			return err
		}
		return nil
	})
	if err != nil || t == nil {
		return err
	}
	if !begins {
		end += t.end
	}
	t.end = max(t.end, end)
	return nil
}

// trun returns how long some samples are together, in the unit of their track.
func (f *film) trun(b box, usual uint32) (total uint64, err error) {
	head, err := f.bytes(b.body, min(8, b.end-b.body), b.path())
	if err != nil || len(head) < 8 {
		return 0, err
	}
	count := uint64(u32(head[4:]))
	flags := u32(head) & 0xffffff
	if flags&hasDurations == 0 {
		return count * uint64(usual), nil
	}
	at, step := 8, 0
	for _, flag := range []uint32{hasDataOffset, hasFirstFlags} {
		if flags&flag != 0 {
			at += 4
		}
	}
	for _, flag := range []uint32{hasDurations, hasSizes, hasFlags, hasOffsets} {
		if flags&flag != 0 {
			step += 4
		}
	}
	c, err := f.content(b, at)
	if err != nil {
		return 0, err
	}
	read := uint64(0)
	for ; read < count && at+4 <= len(c); read, at = read+1, at+step {
		total += uint64(u32(c[at:]))
	}
	if read > 0 && read < count { // more than is ever read of a box: the others are as long
		total = total / read * count
	}
	return total, nil
}

// track returns a track by its number, or nil.
func (f *film) track(id uint32) *track {
	for i := range f.tracks {
		if f.tracks[i].id == id {
			return &f.tracks[i]
		}
	}
	return nil
}

// fragmented keeps the length of the film as its fragments tell it.
func (f *film) fragmented() {
	for _, t := range f.tracks {
		if t.scale > 0 {
			f.lasts(max(f.Duration.Seconds(), float64(t.end)/float64(t.scale)))
		}
	}
}
