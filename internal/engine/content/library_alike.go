package content

import (
	"context"
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
	// Each text has nearBands keys of nearRows least hashes (MinHash, Broder 1997):
	// two with 0.8 of their words alike share one in 98 of 100 times.
	nearBands, nearRows = 6, 3
)

// looks is what a piece is compared by: two of which are copies when they have a
// key of same alike, and alike when they share one of near and Like says so.
type looks struct {
	same, near []string
	print      *engine.Print
	words      []string // of one language, ascending, each once
}

// looksOf reads what a piece is compared by.
func looksOf(r record.Reader, res throughline.Resource) (l looks, err error) {
	l.same = sameAs(res)
	switch s := res.Spec.(type) {
	case *throughline.Asset:
		p, ok, err := engine.PrintOf(r, s.File.Digest)
		if err != nil || !ok || p.Blank() {
			return l, err
		}
		l.print, l.near = &p, append(hashBands("p", p.P), hashBands("d", p.D)...)
	case *throughline.Fragment:
		text, locale := firstOf(s.Values)
		l.words = indexWords(text)
		slices.Sort(l.words)
		if l.words = slices.Compact(l.words); len(l.words) >= wordsFew {
			l.near = wordBands(strings.ToLower(locale), l.words)
		}
	}
	return l, nil
}

// keys are what the index finds a piece by when another is compared with it.
func (l looks) keys() (all []string) {
	for _, s := range l.same {
		all = append(all, "same:"+s)
	}
	for _, n := range l.near {
		all = append(all, "near:"+n)
	}
	return all
}

// like reports whether two pieces look, or read, almost the same.
func (l looks) like(o looks) bool {
	if l.print != nil && o.print != nil {
		return image.Distance(l.print.P, o.print.P) <= bitsAlike && image.Distance(l.print.D, o.print.D) <= bitsAlike
	}
	if len(l.words) < wordsFew || len(o.words) < wordsFew {
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

// hashBands cuts a hash into three: two that differ in at most two bits have one
// alike, and of those that differ in three, three of four.
func hashBands(of string, hash uint64) (keys []string) {
	for i := range 3 {
		keys = append(keys, of+strconv.Itoa(i)+strconv.FormatUint(hash>>(21*i)&(1<<21-1), 36))
	}
	return keys
}

// wordBands are the keys of a text: the least of several hashes of its words, a
// few together.
func wordBands(locale string, words []string) (keys []string) {
	const odd = 0x9e3779b97f4a7c15 // the golden ratio in 64 bits: a hash of a hash for each row
	hashes := make([]uint64, len(words))
	for i, w := range words {
		hashes[i] = xxhash.Sum64String(w)
	}
	for band := range nearBands {
		key := uint64(band)
		for row := range nearRows {
			turn, least := odd*uint64(1+band*nearRows+row), uint64(math.MaxUint64)
			for _, h := range hashes {
				h = (h ^ turn) * odd
				least = min(least, (h^h>>32)*odd)
			}
			key = (key ^ least) * odd
			key ^= key >> 29
		}
		keys = append(keys, fmt.Sprintf("%s%d%s", locale, band, strconv.FormatUint(key, 36)))
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
	return c.core.Record.State.View(ctx, func(r record.Reader) error {
		compare := func(res throughline.Resource) error {
			l, err := looksOf(r, res)
			if err == nil {
				pair(cards, of, byKey, res.Ref(), l)
			}
			return err
		}
		for _, hit := range found.Hits {
			ref, err := throughline.ParseRef(hit.Key)
			if err != nil {
				return err
			}
			res, err := resourceOrNone(r, ref)
			if err != nil {
				return err
			}
			if res.Spec == nil {
				continue
			}
			if err := compare(res); err != nil {
				return err
			}
		}
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil {
			return err
		}
		for _, item := range items {
			if item.Resource == nil || item.Ref.Kind != throughline.KindAsset && item.Ref.Kind != throughline.KindFragment {
				continue
			}
			if err := compare(*item.Resource); err != nil {
				return err
			}
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
			case card.Ref == ref:
			case slices.ContainsFunc(l.same, func(s string) bool { return slices.Contains(of[i].same, s) }):
				add(&card.Copies)
			case l.like(of[i]):
				add(&card.Alike)
			}
		}
	}
}
