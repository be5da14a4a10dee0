package content

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	// nearMost is how many pieces that may be alike are looked at for a page of
	// cards: at a million pictures a page has about 150 by chance.
	nearMost = 400
	// bitsAlike is how many bits of each hash of a picture may differ. What comes
	// in is compared pixel by pixel; cards go by the hashes alone, so both must agree.
	bitsAlike = 10
	// wordsAlike is which part of the words of two texts both have, at least, and
	// wordsFew the number below which words say too little.
	wordsAlike, wordsFew = 0.65, 4
	// nearWords bounds the words of a text that are compared.
	nearWords = 200
	// Each text has nearBands keys of nearRows least hashes (MinHash, Broder 1997):
	// two with 0.8 of their words alike share one in 94 of 100 times.
	nearBands, nearRows = 4, 3
)

// looks is what a piece is compared by. The index keeps it beside the words, so
// that what might be alike is compared without being read.
type looks struct {
	// same are hashes of what copies have alike: bytes, or the words of a language.
	same  []uint64
	print *engine.Print
	// words are hashes of the words in the language of locale, ascending, each once.
	locale string
	words  []uint32
}

// looksOf reads what a piece is compared by.
func looksOf(r record.Reader, res throughline.Resource) (l looks, err error) {
	for _, s := range sameAs(res) {
		l.same = append(l.same, xxhash.Sum64String(s))
	}
	switch s := res.Spec.(type) {
	case *throughline.Asset:
		p, ok, err := engine.PrintOf(r, s.File.Digest)
		if err == nil && ok && !p.Blank() {
			l.print = &p
		}
		return l, err
	case *throughline.Fragment:
		text, locale := firstOf(s.Values)
		l.locale = strings.ToLower(locale)
		for _, w := range indexWords(text) {
			l.words = append(l.words, uint32(xxhash.Sum64String(w)))
		}
		slices.Sort(l.words)
		l.words = slices.Compact(l.words)
		l.words = l.words[:min(len(l.words), nearWords)]
	}
	return l, nil
}

// bytes is what the index keeps; looksFrom reads it.
func (l looks) bytes() []byte {
	b := binary.AppendUvarint(nil, uint64(len(l.same)))
	for _, s := range l.same {
		b = binary.LittleEndian.AppendUint64(b, s)
	}
	if l.print == nil {
		b = append(b, 0)
	} else {
		b = binary.LittleEndian.AppendUint64(append(b, 1), l.print.P)
		b = binary.LittleEndian.AppendUint64(b, l.print.D)
	}
	b = append(binary.AppendUvarint(b, uint64(len(l.locale))), l.locale...)
	for _, w := range l.words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// looksFrom reads what bytes wrote. Of anything else it reads as much as there is:
// the index is no truth, and what looks like nothing is like nothing.
func looksFrom(b []byte) (l looks) {
	take := func(n int) []byte {
		part := make([]byte, n)
		b = b[copy(part, b):]
		return part
	}
	count := func() int {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)) {
			b = nil
			return 0
		}
		b = b[size:]
		return int(n)
	}
	for range count() {
		l.same = append(l.same, binary.LittleEndian.Uint64(take(8)))
	}
	if take(1)[0] == 1 {
		l.print = &engine.Print{P: binary.LittleEndian.Uint64(take(8)), D: binary.LittleEndian.Uint64(take(8))}
	}
	l.locale = string(take(min(count(), len(b))))
	for len(b) >= 4 {
		l.words = append(l.words, binary.LittleEndian.Uint32(take(4)))
	}
	return l
}

// keys are what the index finds a piece by when another is compared with it.
func (l looks) keys() (all []string) {
	for _, s := range l.same {
		all = append(all, "same:"+strconv.FormatUint(s, 36))
	}
	if l.print != nil {
		all = append(append(all, hashBands("p", l.print.P)...), hashBands("d", l.print.D)...)
	}
	if len(l.words) >= wordsFew {
		all = append(all, wordBands(l.locale, l.words)...)
	}
	return all
}

// like reports whether two pieces look, or read, almost the same.
func (l looks) like(o looks) bool {
	if l.print != nil && o.print != nil {
		return image.Distance(l.print.P, o.print.P) <= bitsAlike && image.Distance(l.print.D, o.print.D) <= bitsAlike
	}
	if l.locale != o.locale || len(l.words) < wordsFew || len(o.words) < wordsFew {
		return false
	}
	both := 0
	for _, w := range l.words {
		if _, ok := slices.BinarySearch(o.words, w); ok {
			both++
		}
	}
	return float64(both) >= wordsAlike*float64(len(l.words)+len(o.words)-both)
}

// hashBands are the keys of one hash of a picture.
func hashBands(of string, hash uint64) (keys []string) {
	for i, part := range image.Bands(hash) {
		keys = append(keys, "near:"+of+strconv.Itoa(i)+strconv.FormatUint(uint64(part), 36))
	}
	return keys
}

// wordBands are the keys of a text: the least of several hashes of its words, a
// few together.
func wordBands(locale string, words []uint32) (keys []string) {
	const odd = 0x9e3779b97f4a7c15 // the golden ratio in 64 bits: a hash of a hash for each row
	for band := range nearBands {
		key := uint64(band)
		for row := range nearRows {
			turn, least := odd*uint64(1+band*nearRows+row), uint64(math.MaxUint64)
			for _, w := range words {
				h := (uint64(w) ^ turn) * odd
				least = min(least, (h^h>>32)*odd)
			}
			key = (key ^ least) * odd
			key ^= key >> 29
		}
		keys = append(keys, fmt.Sprintf("near:%s%d%s", locale, band, strconv.FormatUint(key, 36)))
	}
	return keys
}

// twins finds what is the same as, or like, the cards of a page: among what is in
// force by one question to the index, and in the asker's own draft.
func (c *Content) twins(ctx context.Context, by engine.Caller, cards []Card, of []looks) error {
	byKey := map[string][]int{}
	var keys []string
	for i, l := range of {
		for _, k := range l.keys() {
			if byKey[k] == nil {
				keys = append(keys, k)
			}
			byKey[k] = append(byKey[k], i)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := c.core.Record.Index.Find(ctx, record.IndexQuery{All: [][]string{keys}, Limit: nearMost})
	if err != nil {
		return err
	}
	for _, hit := range found.Hits {
		ref, err := throughline.ParseRef(hit.Key)
		if err != nil {
			return err
		}
		pair(cards, of, byKey, ref, looksFrom(hit.Data))
	}
	return c.core.Record.State.View(ctx, func(r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil {
			return err
		}
		for _, item := range items {
			if item.Resource == nil || item.Ref.Kind != throughline.KindAsset && item.Ref.Kind != throughline.KindFragment {
				continue
			}
			l, err := looksOf(r, *item.Resource)
			if err != nil {
				return err
			}
			pair(cards, of, byKey, item.Ref, l)
		}
		return nil
	})
}

// pair adds a piece to the cards that it is the same as, or like.
func pair(cards []Card, of []looks, byKey map[string][]int, ref throughline.Ref, l looks) {
	add := func(to *[]throughline.Ref) {
		if !slices.Contains(*to, ref) && len(*to) < libraryTwins {
			*to = append(*to, ref)
		}
	}
	for _, key := range l.keys() {
		for _, i := range byKey[key] {
			card := &cards[i]
			switch {
			case card.Ref == ref: // itself, or the draft of it
			case slices.ContainsFunc(l.same, func(s uint64) bool { return slices.Contains(of[i].same, s) }):
				add(&card.Copies)
			case l.like(of[i]):
				add(&card.Alike)
			}
		}
	}
}
