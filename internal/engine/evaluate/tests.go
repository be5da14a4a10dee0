package evaluate

import (
	"strconv"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/stat"
)

// Package is one thing that a published test showed to part of its visitors.
type Package struct {
	// Line is where it stands in the file it is from.
	Line int
	// Test is the id of its test.
	Test string
	// Headline, Image and Excerpt fill the three slots; Image is an id.
	Headline, Image, Excerpt string
	// Impressions and Clicks are counts, 0 <= Clicks <= Impressions.
	Impressions, Clicks int64
	// Broken says that visitors were not assigned at random.
	Broken bool
}

// test is the packages of one test. Rows that show the same are one package: a
// visitor could not tell them apart.
type test struct {
	id       string
	packages []pack
	// rows are the impressions of each row of the file, for the split alarm.
	rows                []int64
	impressions, clicks int64
	// broken says that one of its rows is.
	broken bool
}

type pack struct {
	headline, image, excerpt string
	impressions, clicks      int64
}

func (p pack) rate() float64 { return perImpression(p.clicks, p.impressions) }

func (t *test) rate() float64 { return perImpression(t.clicks, t.impressions) }

func perImpression(clicks, impressions int64) float64 {
	return stat.Proportion{Successes: clicks, N: impressions}.Rate()
}

func (t *test) add(p Package) {
	t.rows = append(t.rows, p.Impressions)
	t.impressions += p.Impressions
	t.clicks += p.Clicks
	t.broken = t.broken || p.Broken
	for i := range t.packages {
		k := &t.packages[i]
		if k.headline == p.Headline && k.image == p.Image && k.excerpt == p.Excerpt {
			k.impressions += p.Impressions
			k.clicks += p.Clicks
			return
		}
	}
	t.packages = append(t.packages, pack{p.Headline, p.Image, p.Excerpt, p.Impressions, p.Clicks})
}

// flagged reports whether the split of the file's rows is not one that equal
// chances lead to.
func (t *test) flagged() bool {
	equal := make([]float64, len(t.rows))
	for i := range equal {
		equal[i] = 1
	}
	return stat.SampleRatio(t.rows, equal) < stat.SampleRatioAlarm
}

// The slots of a test's placement.
var slots = [...]string{"headline", "image", "excerpt"}

// placement describes the test as a live placement would be: what varies between
// packages are fragments, and exactly the packages that ran are candidates.
func (t *test) placement() throughline.CataloguedPlacement {
	p := throughline.CataloguedPlacement{
		Name: "upworthy-" + t.id, Goal: "click", Event: "click",
		Arms:   throughline.Arms{Slots: slots[:], Levels: make([][]throughline.Level, len(slots))},
		Policy: throughline.Policy{Kind: throughline.Learned},
	}
	var index [len(slots)]map[string]uint16
	for s := range index {
		index[s] = map[string]uint16{}
	}
	for _, k := range t.packages {
		filling := make([]uint16, len(slots))
		pieces := make([]throughline.Digest, len(slots))
		for s, text := range []string{k.headline, k.image, k.excerpt} {
			level, seen := index[s][text]
			if !seen {
				level = uint16(len(index[s]))
				index[s][text] = level
				name := slots[s] + "-" + strconv.Itoa(int(level)+1)
				p.Arms.Levels[s] = append(p.Arms.Levels[s], throughline.LevelOf(name, 1))
			}
			filling[s], pieces[s] = level, throughline.DigestOf([]byte(text))
		}
		p.Arms.Candidates = append(p.Arms.Candidates, filling)
		p.Variants = append(p.Variants, throughline.NewVariantID(throughline.Digest{}, pieces, "", throughline.Digest{}))
	}
	return p
}
