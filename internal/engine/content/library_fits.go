package content

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	briefWords = 10
	// briefLook is how many pieces of each word of a brief are looked at.
	briefLook = 60
	// briefCounted is from how many pieces on a word counts as common.
	briefCounted = 1000
	briefMost    = 12
	// briefPlaces is how many placements say what a brief is for.
	briefPlaces = 50
)

// wish is what a brief asks of a piece beside its words. A brief names no channel
// and no language: they are those of the placements that serve it or are measured
// by its goal.
type wish struct {
	name     string
	brief    *throughline.Brief
	peers    map[string]bool // the other briefs of its goal
	slots    []wishSlot      // that there are to fill
	channels map[string]bool
	locales  map[string][]string // of the brands -> those that do for it
	kind     throughline.Kind    // of pieces wanted; empty for every
}

// wishSlot is a slot of a template.
type wishSlot struct {
	throughline.Slot
	template string
}

// wishOf reads what surrounds a brief.
func (k *known) wishOf(r record.Reader, name string, brief *throughline.Brief) (wish, error) {
	w := wish{name: name, brief: brief, peers: map[string]bool{}, channels: map[string]bool{}, locales: map[string][]string{}}
	places := refSet{}
	places.add(k.usersOf(throughline.Ref{Kind: throughline.KindBrief, Name: name}, throughline.KindPlacement)...)
	if brief.Goal != "" {
		goal := throughline.Ref{Kind: throughline.KindGoal, Name: brief.Goal}
		places.add(k.usersOf(goal, throughline.KindPlacement)...)
		for _, ref := range k.usersOf(goal, throughline.KindBrief) {
			if ref.Name != name {
				w.peers[ref.Name] = true
			}
		}
	}
	all := sortedRefs(places)
	for _, ref := range all[:min(len(all), briefPlaces)] {
		if err := w.place(r, ref); err != nil {
			return w, err
		}
	}
	return w, nil
}

// place adds the channel, the slots and the languages of one placement.
func (w *wish) place(r record.Reader, ref throughline.Ref) error {
	res, err := resourceOrNone(r, ref)
	p, ok := res.Spec.(*throughline.Placement)
	if err != nil || !ok {
		return err
	}
	w.channels[p.Channel] = true
	res, err = resourceOrNone(r, throughline.Ref{Kind: throughline.KindTemplate, Name: p.Template})
	t, ok := res.Spec.(*throughline.Template)
	if err != nil || !ok {
		return err
	}
	for _, s := range t.Slots {
		w.slots = append(w.slots, wishSlot{s, p.Template})
	}
	res, err = resourceOrNone(r, throughline.Ref{Kind: throughline.KindBrand, Name: t.Brand})
	if b, ok := res.Spec.(*throughline.Brand); ok {
		for _, l := range b.Locales.All() {
			w.locales[l] = append(w.locales[l], doFor(b.Locales, l)...)
		}
	}
	return err
}

// doFor are the locales whose text is as good as one of the locale: itself, what
// the brand says it falls back to, and others of its language. That the default
// would be shown in the end is no text in the language.
func doFor(all throughline.Locales, locale string) []string {
	language, _, _ := strings.Cut(locale, "-")
	return slices.DeleteFunc(all.Chain(locale), func(l string) bool {
		own, _, _ := strings.Cut(l, "-")
		return own != language && !slices.Contains(all.Fallback[locale], l)
	})
}

// fit is a piece held against a brief.
type fit struct {
	key   string
	words []string // of the brief that it says
	worth float64
	why   []string
}

// The worth of what is no word. A word that one piece alone has is worth 0.6, one
// that a thousand have 0.1, and twice that when it is of the title.
const (
	worthMade, worthGoal, worthAudience, worthSlot, worthLacks = 2, 0.5, 0.3, 0.2, -0.1
)

// judge says what a piece has of what a brief asks for, and whether it fits: it
// may be shown to the audience on one of the channels, and it says two words of
// the brief, or one of its title, or was made for its goal.
func (w *wish) judge(f *fit, res throughline.Resource) bool {
	p, ok := throughline.PieceOf(res)
	if !ok || p.Audience != "" && w.brief.Audience != "" && p.Audience != w.brief.Audience {
		return false
	}
	if !onOneOf(p.Channels, w.channels) {
		return false
	}
	made, peer := p.Brief == w.name, w.peers[p.Brief]
	title := indexWords(w.brief.Title)
	said := len(f.words) > 1 || slices.ContainsFunc(f.words, func(s string) bool { return slices.Contains(title, s) })
	if !made && !peer && !said {
		return false
	}
	because := func(is bool, worth float64, why string) {
		if is {
			f.worth += worth
			f.why = append(f.why, why)
		}
	}
	because(made, worthMade, "was made for this brief")
	because(len(f.words) > 0, 0, "says “"+strings.Join(f.words, "”, “")+"”")
	because(peer, worthGoal, "was made for "+p.Brief+", a brief with the same goal")
	because(p.Audience != "" && p.Audience == w.brief.Audience, worthAudience, "is for the same audience")
	because(p.Audience != "" && w.brief.Audience == "", worthLacks, "is only for "+p.Audience)
	if i := slices.IndexFunc(w.slots, func(s wishSlot) bool { return fills(p, s.Slot) }); i >= 0 {
		because(true, worthSlot, "fills a slot of "+w.slots[i].template)
	}
	because(len(p.Validity.Markets) > 0, 0, "is only for "+strings.Join(p.Validity.Markets, ", "))
	if lacks := w.lacking(res); lacks != "" {
		because(true, worthLacks, "has no text in "+lacks)
	}
	return true
}

func onOneOf(channels []string, of map[string]bool) bool {
	return len(channels) == 0 || len(of) == 0 || slices.ContainsFunc(channels, func(c string) bool { return of[c] })
}

// lacking are the languages that a fragment has no text in.
func (w *wish) lacking(res throughline.Resource) string {
	s, ok := res.Spec.(*throughline.Fragment)
	if !ok || len(s.Values) == 0 {
		return ""
	}
	var lacks []string
	for l, do := range w.locales {
		if !slices.ContainsFunc(do, func(l string) bool { _, has := s.Values[l]; return has }) {
			lacks = append(lacks, l)
		}
	}
	slices.Sort(lacks)
	return strings.Join(lacks, ", ")
}

// fits offers what already fits a brief, the best first: see judge.
func (c *Content) fits(ctx context.Context, by engine.Caller, q LibraryQuery) (page LibraryPage, err error) {
	page.Cards = []Card{}
	var w wish
	err = c.with(ctx, func(k *known, r record.Reader) error {
		brief, err := briefOf(r, by, q.Brief)
		if err != nil {
			return err
		}
		w, err = k.wishOf(r, q.Brief, brief)
		w.kind = q.Kind
		return err
	})
	if err != nil {
		return page, err
	}
	found, err := c.candidates(ctx, &w)
	if err != nil {
		return page, err
	}
	best, err := c.heldAgainst(ctx, &w, found)
	if err != nil {
		return page, err
	}
	var hits []record.IndexHit
	why := map[string][]string{}
	for _, f := range best[:min(len(best), q.Limit, briefMost)] {
		hits, why[f.key] = append(hits, record.IndexHit{Key: f.key}), f.why
	}
	page.Cards, err = c.cards(ctx, by, hits)
	for i := range page.Cards {
		page.Cards[i].Why = why[page.Cards[i].Ref.String()]
	}
	page.Total, page.AtLeast = len(page.Cards), len(best) > len(hits)
	return page, err
}

// briefOf returns a brief as the asker's draft has it, or as it is in force.
func briefOf(r record.Reader, by engine.Caller, name string) (*throughline.Brief, error) {
	ref := throughline.Ref{Kind: throughline.KindBrief, Name: name}
	item, err := readItem(r, draftKey(by.Actor), ref)
	if err != nil {
		return nil, err
	}
	if item != nil && item.Resource != nil {
		if b, ok := item.Resource.Spec.(*throughline.Brief); ok {
			return b, nil
		}
	}
	res, err := engine.Resource(r, ref)
	if err != nil {
		return nil, err
	}
	return res.Spec.(*throughline.Brief), nil
}

// candidates are pieces that may be shown and have a word of the brief, or were
// made for it or for its goal.
func (c *Content) candidates(ctx context.Context, w *wish) (map[string]*fit, error) {
	only, err := readQuery("state:live ", c.core.Now(), nil)
	if err != nil {
		return nil, err
	}
	found := map[string]*fit{}
	ask := func(q record.IndexQuery, do func(*fit, record.IndexPage)) error {
		q.None, q.Limit = only.none, briefLook
		if w.kind != "" {
			q.All = append(q.All, []string{"kind:" + strings.ToLower(string(w.kind))})
		}
		page, err := c.core.Record.Index.Find(ctx, q)
		for _, hit := range page.Hits {
			if found[hit.Key] == nil {
				found[hit.Key] = &fit{key: hit.Key}
			}
			do(found[hit.Key], page)
		}
		return err
	}
	title := indexWords(w.brief.Title)
	for _, word := range briefTerms(w.brief) {
		weight := 1.0
		if slices.Contains(title, word) {
			weight = 2
		}
		err := ask(record.IndexQuery{Terms: []record.IndexTerm{{Words: []string{word}}}, Count: briefCounted}, func(f *fit, page record.IndexPage) {
			f.words, f.worth = append(f.words, word), f.worth+weight/math.Log2(2+float64(page.Total))
		})
		if err != nil {
			return nil, err
		}
	}
	briefs := []string{"brief:" + strings.ToLower(w.name)}
	for _, peer := range slices.Sorted(maps.Keys(w.peers))[:min(len(w.peers), briefPlaces)] {
		briefs = append(briefs, "brief:"+strings.ToLower(peer))
	}
	return found, ask(record.IndexQuery{All: [][]string{briefs}}, func(*fit, record.IndexPage) {})
}

// heldAgainst returns what of the candidates fits, the best first.
func (c *Content) heldAgainst(ctx context.Context, w *wish, found map[string]*fit) (best []*fit, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		for _, f := range found {
			ref, err := throughline.ParseRef(f.key)
			if err != nil {
				return err
			}
			res, err := resourceOrNone(r, ref)
			if err != nil {
				return err
			}
			if res.Spec != nil && w.judge(f, res) {
				best = append(best, f)
			}
		}
		return nil
	})
	slices.SortFunc(best, func(a, b *fit) int { return cmp.Or(-cmp.Compare(a.worth, b.worth), cmp.Compare(a.key, b.key)) })
	return best, err
}

// briefTerms are the words of a brief that say what it is about: the longer ones,
// each once, those of the title first.
func briefTerms(b *throughline.Brief) (words []string) {
	for _, w := range indexWords(b.Title + " " + b.Want + " " + b.Why) {
		if (len(w) > 3 || dense([]rune(w)[0])) && !slices.Contains(words, w) && len(words) < briefWords {
			words = append(words, w)
		}
	}
	return words
}
