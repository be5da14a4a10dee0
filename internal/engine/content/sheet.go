package content

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// SheetQuery says which fragments a sheet shows. All that is given must hold.
type SheetQuery struct {
	// Text is words in the name or the texts.
	Text string
	// Role, Brief, Template and Brand narrow to what has, was made for or fills
	// them.
	Role, Brief, Template, Brand string
	// Missing narrows to what has no text in a language, Changed to what the
	// asker's draft changes.
	Missing string
	Changed bool
	// Names, when there are any, are the only ones shown, in their order.
	Names []string
	// Cursor is SheetPage.Next of the page before; Limit is how many at most, 0 for
	// 100.
	Cursor string
	Limit  int
}

// SheetRow is one fragment as the asker's draft has it.
type SheetRow struct {
	Name string `json:"name"`
	// Digest identifies what is shown.
	Digest   throughline.Digest    `json:"digest"`
	Resource *throughline.Resource `json:"-"`
	// Values are its texts by language; nil where the draft holds text that cannot
	// be read.
	Role   string            `json:"role"`
	Brief  string            `json:"brief,omitempty"`
	Values map[string]string `json:"values"`
	Labels map[string]string `json:"labels,omitempty"`
	// Draft is true where the draft changes it.
	Draft bool `json:"draft,omitempty"`
	// Unreadable is true where the draft holds text that is not YAML of a fragment.
	Unreadable bool `json:"unreadable,omitempty"`
}

// SheetPage is some fragments, by name.
type SheetPage struct {
	Rows []SheetRow `json:"rows"`
	// Locales are the languages of the brands, Bounds how long a text of a role may
	// be.
	Locales []string                      `json:"locales"`
	Bounds  map[string]throughline.Length `json:"bounds"`
	// Total counts the fragments there are; Next is the cursor of the next page,
	// empty at the end.
	Total int    `json:"total"`
	Next  string `json:"next,omitempty"`
}

// Sheet returns fragments side by side, with the asker's draft over what is in
// force. A page costs the same wherever it stands.
func (c *Content) Sheet(ctx context.Context, by engine.Caller, q SheetQuery) (page SheetPage, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return page, err
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	page.Rows = []SheetRow{}
	err = c.with(ctx, func(k *known, r record.Reader) error {
		s := sheet{SheetQuery: q, reader: r, person: draftKey(by.Actor), words: text.Words(q.Text)}
		if err := s.ground(&page); err != nil {
			return err
		}
		names, err := s.names(k)
		if err != nil {
			return err
		}
		page.Total = len(names)
		return s.fill(names, &page)
	})
	return page, err
}

// sheet is one page being read.
type sheet struct {
	SheetQuery
	reader    record.Reader
	person    string
	words     []string
	templates []*throughline.Template
}

// ground reads the languages, the lengths and the templates asked for.
func (s *sheet) ground(page *SheetPage) error {
	set, err := s.few(throughline.KindBrand, throughline.KindTemplate, throughline.KindChannel)
	if err != nil {
		return err
	}
	page.Bounds = map[string]throughline.Length{}
	brands := map[string]bool{}
	for _, r := range set.Of(throughline.KindTemplate) {
		t := r.Spec.(*throughline.Template)
		if s.Template != "" && r.Metadata.Name != s.Template || s.Brand != "" && t.Brand != s.Brand {
			continue
		}
		brands[t.Brand] = true
		s.templates = append(s.templates, t)
		for _, slot := range t.Slots {
			bounds(set, t, slot, page.Bounds)
		}
	}
	for _, r := range set.Of(throughline.KindBrand) {
		if s.Brand != "" && r.Metadata.Name != s.Brand || s.Template != "" && !brands[r.Metadata.Name] {
			continue
		}
		for _, l := range r.Spec.(*throughline.Brand).Locales.All() {
			page.Locales = appendOnce(page.Locales, l)
		}
	}
	return nil
}

// few reads all resources of kinds of which there are not many.
func (s *sheet) few(kinds ...throughline.Kind) (declare.Set, error) {
	var all []throughline.Resource
	for _, kind := range kinds {
		for e, err := range s.reader.List(engine.BucketHead, string(kind)+"/", "") {
			if err != nil {
				return declare.Set{}, err
			}
			res, err := engine.Revision(s.reader, string(e.Value))
			if err != nil {
				return declare.Set{}, err
			}
			all = append(all, res)
		}
	}
	return declare.NewSet(all), nil
}

// bounds takes in how long a text may be in a slot. Of several slots of a role
// the tightest counts; the checks know them all.
func bounds(set declare.Set, t *throughline.Template, slot throughline.Slot, into map[string]throughline.Length) {
	tighten := func(l throughline.Length) {
		have, ok := into[slot.Role]
		if ok && unitOf(have) != unitOf(l) {
			return
		}
		have.Unit, have.Min = unitOf(l), max(have.Min, l.Min)
		if l.Max > 0 && (have.Max == 0 || l.Max < have.Max) {
			have.Max = l.Max
		}
		into[slot.Role] = have
	}
	if slot.Length != nil {
		tighten(*slot.Length)
	}
	for _, r := range t.Renderings {
		if channel := declare.Spec[*throughline.Channel](set, r.Channel); channel != nil {
			if l, ok := channel.Limits[slot.Role]; ok {
				tighten(l)
			}
		}
	}
}

func unitOf(l throughline.Length) throughline.LengthUnit {
	if l.Unit == "" {
		return throughline.Grapheme
	}
	return l.Unit
}

// names returns the fragments there are, in force or in the draft, by name.
func (s *sheet) names(k *known) (names []string, err error) {
	if len(s.Names) > 0 {
		return s.Names, nil
	}
	if !s.Changed {
		for ref := range k.byKind[throughline.KindFragment] {
			names = append(names, ref.Name)
		}
	}
	mine := s.person + " " + string(throughline.KindFragment) + "/"
	for e, err := range s.reader.List(bucketDraftItems, mine, "") {
		if err != nil {
			return nil, err
		}
		names = append(names, strings.TrimPrefix(e.Key, mine))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (s *sheet) fill(names []string, page *SheetPage) error {
	from := 0
	if s.Cursor != "" && len(s.Names) == 0 {
		at, found := slices.BinarySearch(names, s.Cursor)
		if from = at; found {
			from++
		}
	}
	for i, name := range names[from:] {
		if len(page.Rows) == s.Limit || i == sifted {
			page.Next = names[from+i-1]
			return nil
		}
		row, err := s.row(name)
		if err != nil {
			return err
		}
		if row != nil && s.takes(row) {
			page.Rows = append(page.Rows, *row)
		}
	}
	return nil
}

// row reads one fragment; nil where there is none, or the draft deletes it.
func (s *sheet) row(name string) (*SheetRow, error) {
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: name}
	item, err := readItem(s.reader, s.person, ref)
	if err != nil {
		return nil, err
	}
	row := &SheetRow{Name: name}
	switch {
	case item != nil && item.Deleted:
		return nil, nil
	case item != nil:
		row.Draft, row.Digest, row.Unreadable, row.Resource = true, item.Digest, item.Resource == nil, item.Resource
	default:
		res, err := resourceOrNone(s.reader, ref)
		if err != nil || res.Spec == nil {
			return nil, err
		}
		row.Resource, row.Digest = &res, res.Digest()
	}
	if row.Resource != nil {
		f := row.Resource.Spec.(*throughline.Fragment)
		row.Role, row.Brief, row.Labels, row.Values = f.Role, f.Brief, row.Resource.Metadata.Labels, f.Values
	}
	return row, nil
}

func (s *sheet) takes(row *SheetRow) bool {
	if len(s.Names) > 0 {
		return true
	}
	if row.Unreadable {
		return s.Text == "" || strings.Contains(row.Name, strings.ToLower(s.Text))
	}
	if s.Role != "" && row.Role != s.Role || s.Brief != "" && row.Brief != s.Brief || s.Changed && !row.Draft {
		return false
	}
	if s.Missing != "" && row.Values[s.Missing] != "" {
		return false
	}
	piece, _ := throughline.PieceOf(*row.Resource)
	if (s.Template != "" || s.Brand != "") && !slices.ContainsFunc(s.templates, func(t *throughline.Template) bool {
		return slices.ContainsFunc(t.Slots, func(slot throughline.Slot) bool { return fills(piece, slot) })
	}) {
		return false
	}
	if len(s.words) == 0 {
		return true
	}
	all := row.Name
	for _, v := range slices.Sorted(maps.Values(row.Values)) {
		all += " " + v
	}
	return fitting(all, s.words) == len(s.words)
}
