package content

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// LibraryQuery is a question to the library.
type LibraryQuery struct {
	// Text are words, "phrases" and filters such as role:headline; see
	// docs/library.md.
	Text string
	// Brief names a Brief for which to find what already fits, in place of Text.
	Brief string
	// Kind narrows what fits a brief to one kind of piece; empty for every.
	Kind throughline.Kind
	// Cursor is the Next of a page; empty begins. Limit is at most LibraryMost.
	Cursor string
	Limit  int
}

// The sizes of an answer of the library.
const (
	LibraryMost = 96
	// LibraryCounted is how many pieces are looked at to count them.
	LibraryCounted = 5000
	libraryTwins   = 3
)

// LibraryPage is an answer of the library.
type LibraryPage struct {
	Cards []Card `json:"cards"`
	Next  string `json:"next,omitempty"`
	// Total is how many pieces fit; AtLeast says that there are more.
	Total   int  `json:"total"`
	AtLeast bool `json:"atLeast,omitempty"`
	// Facets are what narrows the question, with how many pieces each leaves.
	Facets []Facet `json:"facets,omitempty"`
	// Behind says that the newest pieces are not found yet.
	Behind bool `json:"behind,omitempty"`
}

// Facet is one way to narrow a question.
type Facet struct {
	Key    string       `json:"key"`
	Values []FacetCount `json:"values"`
}

// FacetCount is one value of a facet and how many of the pieces have it.
type FacetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// The states of a card.
const (
	CardLive      = "live"
	CardDraft     = "draft"
	CardWithdrawn = "withdrawn"
	CardExpired   = "expired"
	CardEarly     = "early" // in force, and its time has not begun: it is found as live is
)

// Card is one piece of the library.
type Card struct {
	Ref   throughline.Ref `json:"ref"`
	Title string          `json:"title"`
	Role  string          `json:"role"`
	State string          `json:"state"`
	// Text is what a fragment says, or what is to be seen on an asset, in Locale.
	Text   string `json:"text,omitempty"`
	Locale string `json:"locale,omitempty"`
	// File is that of an asset.
	File *CardFile `json:"file,omitempty"`
	// From is when it may be shown first, of one that is early.
	From time.Time `json:"from,omitzero"`
	// Until is when it may not be shown any more, and UntilWhy what ends then.
	Until    time.Time `json:"until,omitzero"`
	UntilWhy string    `json:"untilWhy,omitempty"`
	// Templates, Placements and Briefs count where it is used.
	Templates  int `json:"templates"`
	Placements int `json:"placements"`
	Briefs     int `json:"briefs"`
	// Copies are other pieces of the same bytes or words.
	Copies []throughline.Ref `json:"copies,omitempty"`
	// Alike are those that look, or read, almost the same. Both may be of the
	// asker's own draft.
	Alike []throughline.Ref `json:"alike,omitempty"`
	// Why says why it fits a brief.
	Why []string `json:"why,omitempty"`
}

// CardFile is the file of an asset.
type CardFile struct {
	throughline.File
}

// libraryFacets are the groups of tags that are counted.
func libraryFacets() []string {
	return []string{"kind", "role", "channel", "type", "concept", "locale", "label", "owner", "source"}
}

// Library finds pieces that are in force, and those of the asker's own draft with
// state:draft. A question that cannot be read is an error that says why.
func (c *Content) Library(ctx context.Context, by engine.Caller, q LibraryQuery) (page LibraryPage, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return page, err
	}
	done, err := c.indexed(ctx, indexAtOnce)
	if err != nil {
		return page, err
	}
	q.Limit = min(max(1, q.Limit), LibraryMost)
	if q.Brief != "" {
		page, err = c.fits(ctx, by, q)
	} else {
		page, err = c.search(ctx, by, q)
	}
	page.Behind = !done
	return page, err
}

func (c *Content) search(ctx context.Context, by engine.Caller, q LibraryQuery) (page LibraryPage, err error) {
	words, err := c.List(ctx, throughline.KindVocabulary)
	if err != nil {
		return page, err
	}
	a, err := readQuery(q.Text, c.core.Now(), narrowerOf(words))
	if err != nil {
		return page, err
	}
	if a.drafts {
		return c.drafted(ctx, by, a)
	}
	index := record.IndexQuery{Terms: a.terms, All: a.all, None: a.none, After: q.Cursor, Limit: q.Limit}
	if q.Cursor == "" {
		index.Count, index.Facets = LibraryCounted, libraryFacets()
	}
	found, err := c.core.Record.Index.Find(ctx, index)
	if err != nil {
		return page, err
	}
	page = LibraryPage{Next: found.Next, Total: found.Total, AtLeast: found.AtLeast, Facets: facetsOf(found.Facets)}
	page.Cards, err = c.cards(ctx, by, found.Hits)
	return page, err
}

// facetMost is how many values of a facet are shown.
const facetMost = 12

func facetsOf(counted map[string]map[string]int) (all []Facet) {
	for _, key := range libraryFacets() {
		f := Facet{Key: key}
		for value, n := range counted[key] {
			if value == "*" || key == "label" && !strings.Contains(value, "=") || key == "type" && !strings.Contains(value, "/") {
				continue
			}
			f.Values = append(f.Values, FacetCount{value, n})
		}
		slices.SortFunc(f.Values, func(a, b FacetCount) int {
			return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Value, b.Value))
		})
		if f.Values = f.Values[:min(len(f.Values), facetMost)]; len(f.Values) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// cards reads what was found. What is gone since the index saw it is left out.
func (c *Content) cards(ctx context.Context, by engine.Caller, hits []record.IndexHit) (all []Card, err error) {
	all = []Card{}
	var compared []looks
	err = c.with(ctx, func(k *known, r record.Reader) error {
		takers, err := k.takersOf(r)
		if err != nil {
			return err
		}
		for _, hit := range hits {
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
			card, err := c.card(r, takers, res)
			if err != nil {
				return err
			}
			l, err := looksOf(r, res)
			if err != nil {
				return err
			}
			all, compared = append(all, card), append(compared, l)
		}
		return nil
	})
	if err != nil {
		return all, err
	}
	return all, c.twins(ctx, by, all, compared)
}

// taker is a template that pieces may fill, and the placements that show it.
type taker struct {
	slots      []throughline.Slot
	placements []throughline.Ref
}

// takersOf reads the templates in force, once for all cards of a page.
func (k *known) takersOf(r record.Reader) (all []taker, err error) {
	for t, err := range engine.InForce(r, throughline.KindTemplate) {
		if err != nil {
			return nil, err
		}
		all = append(all, taker{t.Spec.(*throughline.Template).Slots, k.usersOf(t.Ref(), throughline.KindPlacement)})
	}
	return all, nil
}

// use counts where a piece is used.
func (c *Card) use(p throughline.Piece, takers []taker) {
	placements := refSet{}
	for _, t := range takers {
		if slices.ContainsFunc(t.slots, func(s throughline.Slot) bool { return fills(p, s) }) {
			c.Templates++
			placements.add(t.placements...)
		}
	}
	c.Placements = len(placements)
	if p.Brief != "" {
		c.Briefs = 1
	}
}

func (c *Content) card(r record.Reader, takers []taker, res throughline.Resource) (Card, error) {
	p, _ := throughline.PieceOf(res)
	card := Card{Ref: p.Ref, Title: cmp.Or(titleOf(res), p.Name), Role: p.Role, State: CardLive}
	switch s := res.Spec.(type) {
	case *throughline.Asset:
		card.File = &CardFile{s.File}
		card.Text, card.Locale = firstOf(s.Alt)
	case *throughline.Fragment:
		card.Text, card.Locale = firstOf(s.Values)
	}
	var err error
	if card.Until, card.UntilWhy, err = endOf(r, p); err != nil {
		return card, err
	}
	if from, err := beginOf(r, p); err == nil && from.After(c.core.Now()) {
		card.State, card.From = CardEarly, from
	}
	if !card.Until.IsZero() && !card.Until.After(c.core.Now()) {
		card.State = CardExpired
	}
	if p.Withdrawn != "" {
		card.State = CardWithdrawn
	}
	card.use(p, takers)
	return card, nil
}

// firstOf returns the English text, or the first by locale.
func firstOf(texts map[string]string) (text, locale string) {
	if s, ok := texts["en"]; ok {
		return s, "en"
	}
	for _, locale := range slices.Sorted(keysOf(texts)) {
		return texts[locale], locale
	}
	return "", ""
}

func keysOf(m map[string]string) iter.Seq[string] { return maps.Keys(m) }

// drafted finds pieces of the asker's own draft, by words alone.
func (c *Content) drafted(ctx context.Context, by engine.Caller, a asked) (page LibraryPage, err error) {
	page.Cards = []Card{}
	var compared []looks
	var words []string
	for _, t := range a.terms {
		words = append(words, t.Words...)
	}
	err = c.with(ctx, func(k *known, r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil {
			return err
		}
		takers, err := k.takersOf(r)
		if err != nil {
			return err
		}
		for _, item := range items {
			if item.Resource == nil || item.Ref.Kind != throughline.KindAsset && item.Ref.Kind != throughline.KindFragment {
				continue
			}
			doc, err := indexDoc(r, *item.Resource)
			if err != nil {
				return err
			}
			if fitting(doc.Name+" "+doc.Text, words) < len(words) || !hasTags(doc.Tags, a) {
				continue
			}
			card, err := c.card(r, takers, *item.Resource)
			if err != nil {
				return err
			}
			card.State = CardDraft
			l, err := looksOf(r, *item.Resource)
			if err != nil {
				return err
			}
			if page.Cards, compared = append(page.Cards, card), append(compared, l); len(compared) == LibraryMost {
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return page, err
	}
	page.Total = len(page.Cards)
	return page, c.twins(ctx, by, page.Cards, compared)
}

func hasTags(tags []string, a asked) bool {
	has := func(tag string) bool { return slices.Contains(tags, tag) }
	for _, group := range a.all {
		if !slices.ContainsFunc(group, has) {
			return false
		}
	}
	return !slices.ContainsFunc(a.none, has)
}
