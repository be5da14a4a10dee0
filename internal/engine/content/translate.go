package content

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/craft/xliff"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// maxTranslated is how many texts go out in one file.
const maxTranslated = 20_000

// TranslateQuery says which texts a translator gets.
type TranslateQuery struct {
	// From and To are languages of a brand; empty, From is the default of the
	// first.
	From, To string
	// Text, Role, Brief, Template and Brand narrow to what a sheet would show; by
	// any but Text, only fragments go out.
	Text, Role, Brief, Template, Brand string
	// Changed narrows to fragments that the draft changes.
	Changed bool
	// Draft takes what the asker's draft has over what is in force.
	Draft bool
}

// Translation is what files of a translator would change.
type Translation struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Base is the release they were compared with.
	Base int `json:"base"`
	// Texts are those that would change, in the order of the files.
	Texts []TranslatedText `json:"texts"`
	// Same counts those that are there already, Open those that nobody has
	// translated.
	Same int `json:"same"`
	Open int `json:"open"`
	// Problems are the texts that cannot be taken, each with its file and line;
	// More counts those beyond.
	Problems throughline.Problems `json:"-"`
	More     int                  `json:"more,omitempty"`
	// Edits put the texts in; Manifest is what they come to, as YAML.
	Edits    []Edit `json:"-"`
	Manifest string `json:"manifest"`
}

// TranslatedText is one text that would change.
type TranslatedText struct {
	Ref    throughline.Ref `json:"ref"`
	Field  string          `json:"field"`
	Locale string          `json:"locale"`
	Before string          `json:"before,omitempty"`
	After  string          `json:"after"`
	// Place is where it is in the files.
	Place string `json:"place"`
}

// Outgoing is a file for a translator.
type Outgoing struct {
	// Name is what the file is called, such as en-de.xlf.
	Name string
	// Text is XLIFF 2.1; nil where there is nothing to translate.
	Text []byte
	// Texts counts them, Outdated those of which there is a translation of another
	// source.
	Texts, Outdated int
	From, To        string
}

// TextsToTranslate writes the texts that have no translation into a language, or
// one of a source that has changed since.
func (c *Content) TextsToTranslate(ctx context.Context, by engine.Caller, q TranslateQuery) (out Outgoing, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return out, err
	}
	var o xliff.Order
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		t, err := c.translating(r, by, &q)
		if err != nil {
			return err
		}
		o, t.bounded = t.order, true
		return t.collect(func(res throughline.Resource, text *xliff.Text) (bool, error) {
			if !t.wanted(res) || !xliff.Words(text.Source) {
				return false, nil
			}
			if text.Target == "" {
				return true, nil
			}
			before, outdated, err := t.outdated(res)
			if text.Before = before; outdated {
				out.Outdated++
			}
			return outdated, err
		}, &o)
	})
	if err != nil {
		return out, err
	}
	out.From, out.To, out.Texts, out.Name = o.From, o.To, len(o.Texts), o.From+"-"+o.To+".xlf"
	if out.Texts > 0 {
		out.Text = xliff.Write(o)
	}
	return out, nil
}

// TextsTranslated says what files that translators sent back would change. What
// cannot be taken is told; the rest can be saved as it is.
func (c *Content) TextsTranslated(ctx context.Context, by engine.Caller, files []File, draft bool) (out Translation, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return out, err
	}
	read := make([]*xliff.File, len(files))
	for i, f := range files {
		if read[i], err = xliff.Read(f.Name, f.Text); err != nil {
			return out, err
		}
	}
	out.Texts = []TranslatedText{}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		head, err := headRelease(r)
		if err != nil {
			return err
		}
		out.Base = head.Number
		changed := map[throughline.Ref]int{} // where its edit is
		for i, f := range read {
			if err := c.takeIn(r, by, draft, files[i].Name, f, changed, &out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(out.Edits) == 0 {
		return out, err
	}
	resources := make([]throughline.Resource, len(out.Edits))
	for i, e := range out.Edits {
		resources[i] = *e.Resource
	}
	manifest, err := declare.Encode(resources)
	out.Manifest = string(manifest)
	return out, err
}

func (c *Content) takeIn(r record.Reader, by engine.Caller, draft bool, name string, f *xliff.File, changed map[throughline.Ref]int, out *Translation) error {
	t, err := c.translating(r, by, &TranslateQuery{From: f.From, To: f.To, Draft: draft})
	if err != nil {
		return placed(err, name)
	}
	o := t.order
	have := map[throughline.Ref]current{}
	err = t.collect(func(res throughline.Resource, _ *xliff.Text) (bool, error) {
		if f.Has(res.Ref()) {
			have[res.Ref()] = current{res, t.digest(res)}
			return true, nil
		}
		return false, nil
	}, &o)
	if err != nil {
		return err
	}
	c2, err := f.Check(o)
	if err != nil {
		return err
	}
	out.From, out.To = o.From, o.To
	out.Same, out.Open, out.More, out.Problems = out.Same+c2.Same, out.Open+c2.Open, out.More+c2.More, append(out.Problems, c2.Problems...)
	for _, taken := range c2.Taken {
		now := have[taken.Ref]
		texts, field := xliff.TextsOf(now.resource)
		at, again := changed[taken.Ref]
		if !again {
			at = len(out.Edits)
			changed[taken.Ref] = at
			res := now.resource
			out.Edits = append(out.Edits, Edit{Ref: taken.Ref, Base: now.digest, Resource: &res})
		}
		res := xliff.With(*out.Edits[at].Resource, o.To, taken.Text)
		out.Edits[at].Resource = &res
		out.Texts = append(out.Texts, TranslatedText{taken.Ref, field, o.To, texts[o.To], taken.Text, fmt.Sprintf("%s:%d", name, taken.Line)})
	}
	return nil
}

func placed(err error, name string) error {
	if e, ok := err.(*throughline.Error); ok && e.Place == "" {
		return e.At(name)
	}
	return err
}

// current is a resource as a translation finds it.
type current struct {
	resource throughline.Resource
	digest   throughline.Digest
}

// translating is one walk over the texts of a workspace.
type translating struct {
	*TranslateQuery
	set     declare.Set
	reader  record.Reader
	sheet   sheet
	items   map[throughline.Ref]*DraftItem
	order   xliff.Order
	bounded bool // the order goes out
	// asked counts the histories read one by one; from askedSingly on, pasts has
	// those of a kind.
	asked int
	pasts map[throughline.Kind]map[string][]Revised
}

// askedSingly is how many histories are read one by one before all of a kind are
// read at once, which costs a sixth for each.
const askedSingly = 500

// history returns the revisions of a resource, the newest first.
func (t *translating) history(ref throughline.Ref) ([]Revised, error) {
	if t.asked++; t.asked <= askedSingly {
		return history(t.reader, ref)
	}
	if all, read := t.pasts[ref.Kind]; read {
		return all[ref.Name], nil
	}
	all := map[string][]Revised{}
	prefix := string(ref.Kind) + "/"
	for e, err := range t.reader.List(engine.BucketHistory, prefix, "") {
		if err != nil {
			return nil, err
		}
		end := strings.LastIndexByte(e.Key, ' ') + 1
		one, err := revisedIn(e, e.Key[:end])
		if err != nil {
			return nil, err
		}
		one.Fields = slices.DeleteFunc(one.Fields, func(f string) bool { return !strings.HasSuffix(f, "."+t.From) && !strings.HasSuffix(f, "."+t.To) })
		name := strings.TrimSuffix(e.Key[len(prefix):end], " ")
		all[name] = append(all[name], one)
	}
	for _, past := range all {
		newestFirst(past)
	}
	if t.pasts == nil {
		t.pasts = map[throughline.Kind]map[string][]Revised{}
	}
	t.pasts[ref.Kind] = all
	return all[ref.Name], nil
}

func (c *Content) translating(r record.Reader, by engine.Caller, q *TranslateQuery) (*translating, error) {
	set, err := c.declared(r)
	if err != nil {
		return nil, err
	}
	t := &translating{TranslateQuery: q, set: set, reader: r, items: map[throughline.Ref]*DraftItem{}}
	t.order.Personal = map[string]throughline.PersonalField{}
	t.sheet = sheet{SheetQuery: SheetQuery{Text: q.Text, Role: q.Role, Brief: q.Brief, Template: q.Template, Brand: q.Brand, Changed: q.Changed}, words: text.Words(q.Text)}
	if err := t.languages(); err != nil {
		return nil, err
	}
	for _, r := range set.Of(throughline.KindTemplate) {
		spec := r.Spec.(*throughline.Template)
		if (q.Template == "" || r.Metadata.Name == q.Template) && (q.Brand == "" || spec.Brand == q.Brand) {
			t.sheet.templates = append(t.sheet.templates, spec)
		}
	}
	if !q.Draft {
		return t, nil
	}
	return t, t.drafted(draftKey(by.Actor))
}

// languages settles which languages it is about, and reads what brands say of
// texts.
func (t *translating) languages() error {
	var all []string
	for _, r := range t.set.Of(throughline.KindBrand) {
		b := r.Spec.(*throughline.Brand)
		for _, l := range b.Locales.All() {
			all = appendOnce(all, l)
		}
		maps.Copy(t.order.Personal, b.Personal)
		if b.Voice != "" && (t.Brand == "" || t.Brand == r.Metadata.Name) {
			t.order.Notes = append(t.order.Notes, xliff.Note{About: "voice", Text: cmp.Or(b.Title, r.Metadata.Name) + ": " + b.Voice})
		}
	}
	if len(all) == 0 {
		return throughline.Errorf(throughline.NotFound, "there is no brand, and so no language").WithFix("declare a brand with the languages it speaks")
	}
	t.From = cmp.Or(t.From, all[0])
	for _, l := range []string{t.From, t.To} {
		if !slices.Contains(all, l) {
			return throughline.Errorf(throughline.Invalid, "no brand speaks %q", l).WithFix("choose one of %s, or add it to the locales of a brand", strings.Join(all, ", "))
		}
	}
	if t.From == t.To {
		return throughline.Errorf(throughline.Invalid, "a text is not translated from %s into the same", t.To).WithFix("choose another language")
	}
	t.order.From, t.order.To = t.From, t.To
	return nil
}

// drafted reads the draft's items that have texts.
func (t *translating) drafted(person string) error {
	for _, kind := range xliff.Kinds() {
		for e, err := range t.reader.List(bucketDraftItems, person+" "+string(kind)+"/", "") {
			if err != nil {
				return err
			}
			item, err := decodeItem(e)
			if err != nil {
				return err
			}
			t.items[item.Ref] = &item
		}
	}
	return nil
}

// collect walks over the texts there are, and puts those into an order that take
// says are wanted.
func (t *translating) collect(take func(throughline.Resource, *xliff.Text) (bool, error), o *xliff.Order) error {
	for _, kind := range xliff.Kinds() {
		for _, res := range t.ofKind(kind) {
			texts, _ := xliff.TextsOf(res)
			if texts[t.From] == "" {
				continue
			}
			out := xliff.Text{Ref: res.Ref(), Source: texts[t.From], Target: texts[t.To]}
			switch ok, err := take(res, &out); {
			case err != nil:
				return err
			case !ok:
				continue
			}
			t.describe(res, &out)
			if len(o.Texts) == maxTranslated && t.bounded {
				return throughline.Errorf(throughline.TooLarge, "there are more than %d texts to translate", maxTranslated).WithFix("narrow what is asked for, such as by words or a brief")
			}
			o.Texts = append(o.Texts, out)
		}
	}
	return nil
}

// ofKind returns the resources of a kind as the asker sees them, by name.
func (t *translating) ofKind(kind throughline.Kind) (all []throughline.Resource) {
	for _, res := range t.set.Of(kind) {
		if _, mine := t.items[res.Ref()]; !mine {
			all = append(all, res)
		}
	}
	for ref, item := range t.items {
		if ref.Kind == kind && item.Resource != nil {
			all = append(all, *item.Resource)
		}
	}
	slices.SortFunc(all, func(a, b throughline.Resource) int { return strings.Compare(a.Metadata.Name, b.Metadata.Name) })
	return all
}

// digest identifies a resource as the asker sees it.
func (t *translating) digest(res throughline.Resource) throughline.Digest {
	if item := t.items[res.Ref()]; item != nil {
		return item.Digest
	}
	return res.Digest()
}

// describe says what a translator should know of a text.
func (t *translating) describe(res throughline.Resource, out *xliff.Text) {
	note := func(about, text string) {
		if text != "" {
			out.Notes = append(out.Notes, xliff.Note{About: about, Text: text})
		}
	}
	switch s := res.Spec.(type) {
	case *throughline.Fragment:
		out.Rich = s.Type == throughline.RichText
		note("role", s.Role)
		note("title", s.Title)
		if brief := declare.Spec[*throughline.Brief](t.set, s.Brief); brief != nil {
			note("brief", brief.Title)
		}
		piece, _ := throughline.PieceOf(res)
		bound := map[string]throughline.Length{}
		for _, template := range t.sheet.templates {
			for _, slot := range template.Slots {
				if fills(piece, slot) {
					bounds(t.set, template, slot, bound)
				}
			}
		}
		if l, ok := bound[s.Role]; ok {
			out.Length = &l
		}
	case *throughline.Asset:
		note("role", s.Role)
		note("title", s.Title)
		note("use", "says in words what a picture shows, to those who do not see it")
	case *throughline.Claim:
		note("title", s.Title)
		note("use", "a statement as it was approved: say neither more nor less")
	case *throughline.Disclosure:
		note("title", s.Title)
		note("use", "what a market asks to be said: say neither more nor less")
	}
}

// wanted reports whether a query asks for a text.
func (t *translating) wanted(res throughline.Resource) bool {
	f, fragment := res.Spec.(*throughline.Fragment)
	if fragment {
		row := SheetRow{Name: res.Metadata.Name, Resource: &res, Role: f.Role, Brief: f.Brief, Values: f.Values, Draft: t.items[res.Ref()] != nil}
		return t.sheet.takes(&row)
	}
	if t.Role != "" || t.Brief != "" || t.Template != "" || t.Brand != "" || t.Changed {
		return false
	}
	texts, _ := xliff.TextsOf(res)
	all := res.Metadata.Name
	for _, v := range texts {
		all += " " + v
	}
	return len(t.sheet.words) == 0 || fitting(all, t.sheet.words) == len(t.sheet.words)
}

// outdated reports whether a text was translated from another source than there
// is, and from which.
func (t *translating) outdated(res throughline.Resource) (before string, outdated bool, err error) {
	past, err := t.history(res.Ref())
	if err != nil || len(past) == 0 {
		return "", false, err
	}
	_, field := xliff.TextsOf(res)
	changed := func(locale string) int { // the revision, counted from the newest, that changed a text last
		at := slices.IndexFunc(past, func(p Revised) bool { return slices.Contains(p.Fields, field+"."+locale) })
		if at < 0 {
			return len(past) - 1
		}
		return at
	}
	source, target := changed(t.From), changed(t.To)
	outdated = source < target
	if item := t.items[res.Ref()]; item != nil { // the draft is newer than all of them
		now, err := t.textsAt(past[0].Digest)
		if err != nil {
			return "", false, err
		}
		texts, _ := xliff.TextsOf(res)
		outdated = now[t.To] == texts[t.To] && (outdated || now[t.From] != texts[t.From])
	}
	if !outdated {
		return "", false, nil
	}
	old, err := t.textsAt(past[target].Digest)
	return old[t.From], true, err
}

// textsAt returns the texts of a revision.
func (t *translating) textsAt(digest throughline.Digest) (map[string]string, error) {
	if digest.IsZero() {
		return nil, nil
	}
	res, err := engine.Revision(t.reader, digest.String())
	if err != nil {
		return nil, err
	}
	texts, _ := xliff.TextsOf(res)
	return texts, nil
}
