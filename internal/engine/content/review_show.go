package content

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Touched is a placement that a change shows at.
type Touched struct {
	throughline.Touch
	Title, Channel string
	Surface        throughline.Surface
	// Audience and AudienceWas name who gets more than the fallback; empty means
	// everyone.
	Audience, AudienceWas string
	// Gained and Lost count the variants that come and go, Altered those that look
	// or read differently.
	Gained, Lost, Altered int
	// Pairs are variants before and after, enough to see each change once.
	Pairs []Compared
}

// Compared is one variant before and after, in one language.
type Compared struct {
	Locale string
	// Slots are what fills it; Before or After is empty where it is not filled.
	Slots []ComparedSlot
	// Before and After are how it looks; nil where there is none.
	Before, After *Shown
}

// ComparedSlot is one slot of a pair.
type ComparedSlot struct {
	Slot, Fragment, Before, After string
	wasAlt, isAlt                 string // a picture in words
}

// Shown is a rendering: HTML for the web, fields for an app.
type Shown struct {
	HTML   string            `json:"html,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

// Reads returns what people read before and after: of a picture what is to be seen.
func (s ComparedSlot) Reads() (before, after string) {
	read := func(text, alt string) string {
		if alt != "" {
			return alt
		}
		if strings.Contains(text, throughline.MediaPath) {
			return s.Fragment
		}
		return text
	}
	return read(s.Before, s.wasAlt), read(s.After, s.isAlt)
}

// Changed reports whether the slot reads differently.
func (s ComparedSlot) Changed() bool { return s.Before != s.After || s.wasAlt != s.isAlt }

// The renderings of a review: at most so many at a placement, and in all.
const (
	pairsAtPlacement = 4
	pairsInReview    = 32
)

// show fills in what a change touches, and how that looks.
func (rev *Review) show(s sides, locale string) error {
	for _, t := range rev.Plan.Touches {
		at := Touched{Touch: t}
		v := view{old: placementIn(s.old, t.Placement), now: placementIn(s.built.snapshot, t.Placement)}
		v.was, v.is = newFace(s.before, v.old), newFace(s.next, v.now)
		if p := cmp.Or(v.now, v.old); p != nil {
			at.Title, at.Channel = p.Title, p.Channel
			if ch := declare.Spec[*throughline.Channel](s.next, p.Channel); ch != nil {
				at.Surface = ch.Surface
			}
		}
		if v.old != nil {
			at.AudienceWas = v.old.Audience
		}
		if v.now != nil {
			at.Audience = v.now.Audience
		}
		v.match()
		at.Gained, at.Lost, at.Altered = len(v.gained), len(v.lost), len(v.altered)
		for _, l := range v.locales() {
			if !slices.Contains(rev.Locales, l) {
				rev.Locales = append(rev.Locales, l)
			}
		}
		pairs, err := v.pairs(locale)
		if err != nil {
			return err
		}
		room := max(0, pairsInReview-rev.shown())
		rev.Unshown += max(0, len(pairs)-room)
		at.Pairs = pairs[:min(len(pairs), room)]
		rev.Touched = append(rev.Touched, at)
	}
	slices.Sort(rev.Locales)
	return nil
}

func (rev *Review) shown() (n int) {
	for _, t := range rev.Touched {
		n += len(t.Pairs)
	}
	return n
}

func placementIn(s *throughline.Snapshot, name string) *throughline.SnapshotPlacement {
	for i := range s.Placements {
		if s.Placements[i].Name == name {
			return &s.Placements[i]
		}
	}
	return nil
}

// face is how a placement draws its variants.
type face struct{ rendering *email.Rendering }

// newFace compiles a placement's rendering; one that cannot be drawn has none.
func newFace(set declare.Set, p *throughline.SnapshotPlacement) face {
	if p == nil {
		return face{}
	}
	t := declare.Spec[*throughline.Template](set, p.Template)
	if t == nil || t.Rendering(p.Channel) == nil {
		return face{}
	}
	m, err := email.CompileRendering(*t.Rendering(p.Channel), t.Placeholders(), declare.Spec[*throughline.Brand](set, t.Brand))
	if err != nil {
		return face{}
	}
	return face{m}
}

// view compares one placement before and after; either may be nil.
type view struct {
	old, now *throughline.SnapshotPlacement
	was, is  face
	// Positions in the candidates of now, of old, and of both.
	gained, lost []int
	altered      [][2]int
}

// fillingKey names what fills a candidate's slots, whatever it says.
func fillingKey(p *throughline.SnapshotPlacement, candidate []uint16) string {
	var b strings.Builder
	for s, choice := range candidate {
		b.WriteString(p.Slots[s].Name + "\x00" + p.Slots[s].Choices[choice].Piece + "\x00")
	}
	return b.String()
}

// match pairs the variants before with those after that have the same pieces.
func (v *view) match() {
	before := map[string]int{}
	if v.old != nil {
		for i, c := range v.old.Candidates {
			before[fillingKey(v.old, c)] = i
		}
	}
	if v.now != nil {
		for i, c := range v.now.Candidates {
			key := fillingKey(v.now, c)
			j, had := before[key]
			delete(before, key)
			switch {
			case !had:
				v.gained = append(v.gained, i)
			case v.old.VariantID(v.old.Candidates[j], v.old.Locales.Default) != v.now.VariantID(c, v.now.Locales.Default):
				v.altered = append(v.altered, [2]int{j, i})
			}
		}
	}
	for _, i := range before {
		v.lost = append(v.lost, i)
	}
	slices.Sort(v.lost)
}

func (v *view) locales() []string {
	var all []string
	for _, p := range []*throughline.SnapshotPlacement{v.now, v.old} {
		if p == nil {
			continue
		}
		for _, l := range p.Locales.All() {
			if !slices.Contains(all, l) {
				all = append(all, l)
			}
		}
	}
	return all
}

// pairs returns variants that show each change once: in the language asked for,
// or in each that differs.
func (v *view) pairs(asked string) (pairs []Compared, err error) {
	locales := v.locales()
	if asked != "" {
		locales = slices.DeleteFunc(locales, func(l string) bool { return l != asked })
	}
	for _, locale := range locales {
		seen := map[string]bool{}
		found := 0
		for _, at := range v.order() {
			p := v.pair(at[0], at[1], locale)
			news := p.news(seen, v.restyled())
			if found == pairsAtPlacement || news == 0 && !(found == 0 && asked != "") {
				continue
			}
			if err := v.draw(&p, at[0], at[1]); err != nil {
				return nil, err
			}
			found++
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

// order lists variants before and after, -1 for none: what differs first, then
// what is new, then what is gone.
func (v *view) order() (all [][2]int) {
	all = slices.Clone(v.altered)
	for _, i := range v.gained {
		all = append(all, [2]int{-1, i})
	}
	for _, i := range v.lost {
		all = append(all, [2]int{i, -1})
	}
	return all
}

// restyled reports whether what is drawn around the texts may differ.
func (v *view) restyled() bool {
	return v.old != nil && v.now != nil && (v.old.TemplateDigest != v.now.TemplateDigest || v.old.TokensDigest != v.now.TokensDigest)
}

// news counts what a pair shows that was not seen yet, and takes it as seen. One
// that reads the same may look different where it is restyled.
func (p *Compared) news(seen map[string]bool, restyled bool) (n int) {
	note := func(what string) {
		if !seen[what] {
			seen[what] = true
			n++
		}
	}
	changed := false
	for _, s := range p.Slots {
		if s.Changed() {
			changed = true
			note(s.Slot + "\x00" + s.Before + "\x00" + s.After)
		}
	}
	if !changed && restyled {
		note("looks")
	}
	return n
}

// pair reads one variant before and after.
func (v *view) pair(old, now int, locale string) Compared {
	p := Compared{Locale: locale}
	at := map[string]int{}
	add := func(s *throughline.SnapshotPlacement, candidate int, set func(s *ComparedSlot, text, alt string)) {
		if s == nil || candidate < 0 {
			return
		}
		for i, choice := range s.Candidates[candidate] {
			slot := &s.Slots[i]
			j, ok := at[slot.Name]
			if !ok {
				j = len(p.Slots)
				at[slot.Name] = j
				p.Slots = append(p.Slots, ComparedSlot{Slot: slot.Name})
			}
			p.Slots[j].Fragment = slot.Choices[choice].Piece
			set(&p.Slots[j], slot.Choices[choice].Text[locale], slot.Choices[choice].Alt[locale])
		}
	}
	add(v.old, old, func(s *ComparedSlot, text, alt string) { s.Before, s.wasAlt = text, alt })
	add(v.now, now, func(s *ComparedSlot, text, alt string) { s.After, s.isAlt = text, alt })
	return p
}

// draw renders both sides.
func (v *view) draw(p *Compared, old, now int) (err error) {
	both := old >= 0 && now >= 0
	if old >= 0 {
		if p.Before, err = v.was.draw(p.Slots, both, func(s ComparedSlot) (string, string) { return s.Before, s.wasAlt }); err != nil {
			return err
		}
	}
	if now >= 0 {
		p.After, err = v.is.draw(p.Slots, both, func(s ComparedSlot) (string, string) { return s.After, s.isAlt })
	}
	return err
}

// draw renders one side, with the slots that changed marked where both are.
func (f face) draw(slots []ComparedSlot, mark bool, text func(ComparedSlot) (text, alt string)) (*Shown, error) {
	if f.rendering == nil {
		return nil, nil
	}
	values := map[string]string{}
	for _, s := range slots {
		values[s.Slot], values[s.Slot+throughline.AltSuffix] = text(s)
	}
	plain, err := f.rendering.HTML(values)
	if err != nil {
		return nil, err
	}
	if plain == "" {
		return &Shown{Fields: f.rendering.Fields(values)}, nil
	}
	for _, s := range slots {
		if !mark || !s.Changed() || values[s.Slot] == "" {
			continue
		}
		kept := values[s.Slot]
		values[s.Slot] = markOpen + kept + markClose
		// Where a mark changes more than what stands between, it cannot be: in the
		// address of a link, say.
		if marked, err := f.rendering.HTML(values); err != nil || unmarked(marked) != plain {
			values[s.Slot] = kept
		}
	}
	marked, err := f.rendering.HTML(values)
	if err != nil {
		return nil, err
	}
	return &Shown{HTML: withMarks(marked)}, nil
}

// What stands around a changed text while it is drawn: characters for private
// use, which no text has a reason to hold.
const (
	markOpen  = "\ue0f0"
	markClose = "\ue0f1"
)

func unmarked(s string) string {
	return strings.NewReplacer(markOpen, "", markClose, "").Replace(s)
}

// withMarks turns the marks in text into elements, and takes out those that are
// elsewhere, as in attributes.
func withMarks(s string) string {
	if !strings.Contains(s, markOpen) {
		return s
	}
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	open := strings.NewReplacer(markOpen, "<mark>", markClose, "</mark>")
	for z.Next() != html.ErrorToken {
		raw := string(z.Raw())
		if strings.HasPrefix(raw, "<") {
			raw = unmarked(raw)
		} else {
			raw = open.Replace(raw)
		}
		out.WriteString(raw)
	}
	return out.String()
}
