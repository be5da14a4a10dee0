package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// formMaker reads what a form of the kind offers to choose from.
func (w *Web) formMaker(ctx context.Context, v viewer, kind throughline.Kind, root content.Value) (*formMaker, error) {
	m := &formMaker{kind: kind, root: root, names: map[throughline.Kind][]string{}, roles: map[string][]string{}, bounds: map[string]throughline.Length{}}
	for _, ref := range refsIn(content.SchemaOf(kind)) {
		names, err := w.Making.Names(ctx, v.Caller, ref)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			m.names[ref] = append(m.names[ref], n.Name)
			if ref == throughline.KindFragment {
				m.roles[n.Role] = append(m.roles[n.Role], n.Name)
			}
		}
	}
	if kind == throughline.KindFragment || kind == throughline.KindTemplate || kind == throughline.KindPlacement || kind == throughline.KindGuardrail {
		if err := w.grounds(ctx, v, m); err != nil {
			return nil, err
		}
	}
	m.rule = m.variables
	return m, nil
}

// refsIn returns the kinds that a schema's values name.
func refsIn(s *content.Schema) (kinds []throughline.Kind) {
	add := func(more ...throughline.Kind) {
		for _, k := range more {
			if k != "" && !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	add(s.Ref)
	for _, p := range s.Properties {
		add(refsIn(p.Schema)...)
	}
	if s.Items != nil {
		add(refsIn(s.Items)...)
	}
	if s.Values != nil {
		add(refsIn(s.Values)...)
	}
	return kinds
}

// few is how many templates, brands and channels a form looks at.
const few = 500

// each reads the resources of a kind.
func (w *Web) each(ctx context.Context, v viewer, kind throughline.Kind, fn func(throughline.Resource)) error {
	page, err := w.Making.Objects(ctx, v.Caller, content.ObjectQuery{Kind: kind, Limit: few})
	for _, r := range page.Rows {
		fn(r.Resource)
	}
	return err
}

// grounds reads what texts are made for: languages, slots and lengths.
func (w *Web) grounds(ctx context.Context, v viewer, m *formMaker) error {
	channels := map[string]*throughline.Channel{}
	err := w.each(ctx, v, throughline.KindChannel, func(r throughline.Resource) { channels[r.Metadata.Name] = r.Spec.(*throughline.Channel) })
	if err != nil {
		return err
	}
	brands := map[string]bool{}
	err = w.each(ctx, v, throughline.KindTemplate, func(r throughline.Resource) {
		t := r.Spec.(*throughline.Template)
		if m.kind == throughline.KindPlacement && r.Metadata.Name == m.root.At("spec", "template") {
			m.slots = t.Slots
		}
		for _, s := range t.Slots {
			if !slices.Contains(m.roleOf, s.Role) {
				m.roleOf = append(m.roleOf, s.Role)
			}
			if s.Role == m.root.At("spec", "role") {
				brands[t.Brand] = true
			}
			m.bound(s, t, channels)
		}
	})
	if err != nil {
		return err
	}
	slices.Sort(m.roleOf)
	return w.each(ctx, v, throughline.KindBrand, func(r throughline.Resource) {
		if len(brands) > 0 && !brands[r.Metadata.Name] {
			return
		}
		for _, l := range r.Spec.(*throughline.Brand).Locales.All() {
			if !slices.Contains(m.locales, l) {
				m.locales = append(m.locales, l)
			}
		}
	})
}

// bound takes in how long a slot's text may be. Of several slots of a role the
// tightest is said; the checks know them all.
func (m *formMaker) bound(s throughline.Slot, t *throughline.Template, channels map[string]*throughline.Channel) {
	tighten := func(l throughline.Length) {
		have, ok := m.bounds[s.Role]
		if ok && cmp.Or(have.Unit, throughline.Grapheme) != cmp.Or(l.Unit, throughline.Grapheme) {
			return
		}
		have.Unit, have.Min = l.Unit, max(have.Min, l.Min)
		if l.Max > 0 && (have.Max == 0 || l.Max < have.Max) {
			have.Max = l.Max
		}
		m.bounds[s.Role] = have
	}
	if s.Length != nil {
		tighten(*s.Length)
	}
	for _, r := range t.Renderings {
		if c := channels[r.Channel]; c != nil {
			if l, ok := c.Limits[s.Role]; ok {
				tighten(l)
			}
		}
	}
}

// variables are what a rule may speak of.
func (m *formMaker) variables(path string) []string {
	spec, _ := m.root.Get("spec")
	switch m.kind {
	case throughline.KindAudience:
		return []string{"context, what the request says of the recipient: context.plan == \"pro\""}
	case throughline.KindTemplate:
		slots, _ := spec.Get("slots")
		var all []string
		for _, s := range slots.Items {
			if name := s.At("name"); name != "" {
				all = append(all, name)
			}
		}
		return append(all, "each with .name, .text, .empty and .labels.tone")
	case throughline.KindGuardrail:
		return []string{"the slots by name, each with .name, .text, .empty and .labels", "locale", "channel", "template", "tokens"}
	}
	return nil
}

// saysObject is an object in a sentence: what it is, since when, and where it
// counts.
func saysObject(o content.Object) string {
	res := o.Resource
	if res == nil && o.Draft != nil {
		res = o.Draft.Resource
	}
	says := "A " + strings.ToLower(string(o.Ref.Kind)) + " that cannot be read yet"
	if res != nil {
		says = whatIs(*res)
	}
	switch {
	case o.Draft != nil && o.Draft.Deleted:
		says += ", which your draft deletes"
	case o.Resource == nil:
		says += ", new in your draft and nowhere else"
	case len(o.History) > 0:
		says += fmt.Sprintf(", in force since release %d", o.History[0].Release)
	}
	if used := len(o.UsedBy); used > 0 {
		says += ", named by " + operate.Plural(used, "other thing", "other things")
	} else if n := len(o.Lineage.Placements); n > 0 && o.Ref.Kind == throughline.KindFragment {
		says += fmt.Sprintf(", which %s may show", operate.Plural(n, "placement", "placements"))
	}
	says += "."
	if n := len(o.Findings); n > 0 {
		says += " The checks say " + operate.Plural(n, "thing", "things") + " about it."
	}
	return says
}

// whatIs says what a thing is, in a few words.
func whatIs(r throughline.Resource) string {
	switch s := r.Spec.(type) {
	case *throughline.Fragment:
		return sentence(articled(s.Role)) + " in " + operate.Plural(len(s.Values), "language", "languages")
	case *throughline.Template:
		return "A template with " + operate.Plural(len(s.Slots), "slot", "slots") + " for " + operate.Plural(len(s.Renderings), "channel", "channels")
	case *throughline.Brand:
		return "A brand that speaks " + operate.Plural(len(s.Locales.All()), "language", "languages")
	case *throughline.Brief:
		if s.Due != "" {
			return "What is wanted by " + dayWords(s.Due)
		}
		return "What is wanted, without a date"
	case *throughline.Guardrail:
		return guards(s.Severity)
	case *throughline.Audience:
		return "The recipients for whom its rule holds"
	case *throughline.Goal:
		return "Reached by the event " + s.Event + " within " + s.Window.String()
	case *throughline.Channel:
		return "A channel that shows " + map[throughline.Surface]string{
			throughline.Web: "web pages", throughline.App: "named fields of an app", throughline.Email: "mail", throughline.Push: "push messages",
			throughline.SMS: "SMS", throughline.Display: "display ads of Google", throughline.Feed: "ads in a feed of Meta",
		}[s.Surface]
	case *throughline.Team:
		return "A team of " + operate.Plural(len(s.People), "person", "people")
	case *throughline.Stewardship:
		return "Who answers for " + whichThings(s)
	case *throughline.Vocabulary:
		return "A vocabulary of " + operate.Plural(len(s.Concepts), "concept", "concepts")
	case *throughline.GuardrailSet:
		return "A set of " + operate.Plural(len(s.Guardrails)+len(s.Checks), "rule", "rules") + " with " + operate.Plural(len(s.Overrides), "override", "overrides")
	case *throughline.Disclosure:
		if len(s.Markets) == 0 {
			return "What must be said everywhere"
		}
		return "What must be said in " + strings.Join(s.Markets, ", ")
	case *throughline.Claim:
		if len(s.Evidence) == 0 {
			return "A claim without evidence, which covers nothing"
		}
		return "A claim with " + operate.Plural(len(s.Evidence), "piece", "pieces") + " of evidence"
	case *throughline.Asset:
		return "An asset for " + articled(s.Role) + ", " + s.File.Type
	case *throughline.Placement:
		return "A place on the channel " + s.Channel + " that is filled from the template " + s.Template
	case *throughline.Person:
		return s.Name + ", who has " + operate.Plural(len(s.Roles), "role", "roles")
	case *throughline.Engine:
		if s.Releases == throughline.Approved {
			return "The workspace, whose releases wait to be approved"
		}
		return "The workspace, whose releases go live at once"
	}
	return "A thing"
}

func guards(s throughline.Severity) string {
	switch s {
	case throughline.Warn:
		return "A guardrail that warns"
	case throughline.Info:
		return "A guardrail that informs"
	}
	return "A guardrail that keeps what fails from going live"
}

func articled(s string) string {
	if s == "" {
		return "a text"
	}
	if strings.ContainsAny(s[:1], "aeiou") {
		return "an " + s
	}
	return "a " + s
}

// fieldDiff is one field before and after.
type fieldDiff struct {
	Path          string
	Before, After template.HTML
	One           template.HTML
}

// history lists the revisions, and compares the one asked for with the one
// before it.
func (w *Web) history(r *http.Request, v viewer, o content.Object, page *objectPage) error {
	asked := r.URL.Query().Get("at")
	for i, h := range o.History {
		verb := map[throughline.Action]string{throughline.Create: "made", throughline.Delete: "deleted"}[h.Action]
		what := cmp.Or(verb, "changed "+strings.Join(shortPaths(h.Fields), ", "))
		link := page.FormURL + "?at=" + strconv.Itoa(h.Release) + "#history"
		page.History = append(page.History, moment{
			At: h.At.UTC().Format("2 Jan 2006, 15:04 MST"), Stamp: h.At.UTC().Format("2006-01-02T15:04:05Z"), By: h.Author.ID, On: i == 0 && o.Resource != nil,
			What: template.HTML(`<a href="/release/` + strconv.Itoa(h.Release) + `">Release ` + strconv.Itoa(h.Release) + `</a> ` + template.HTMLEscapeString(what) + ` <a class="soft" href="` + template.HTMLEscapeString(link) + `">compare</a>`),
		})
		if asked == strconv.Itoa(h.Release) {
			if err := w.compare(r.Context(), v, o, i, page); err != nil {
				return err
			}
		}
	}
	return nil
}

func shortPaths(paths []string) []string {
	const most = 3
	var all []string
	for _, p := range paths[:min(len(paths), most)] {
		all = append(all, strings.TrimPrefix(p, "spec."))
	}
	if more := len(paths) - most; more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return all
}

func (w *Web) compare(ctx context.Context, v viewer, o content.Object, i int, page *objectPage) error {
	var before, after throughline.Resource
	var err error
	if d := o.History[i].Digest; !d.IsZero() {
		if after, err = w.Making.Revision(ctx, v.Caller, o.Ref, d); err != nil {
			return err
		}
	}
	if i+1 < len(o.History) && !o.History[i+1].Digest.IsZero() {
		if before, err = w.Making.Revision(ctx, v.Caller, o.Ref, o.History[i+1].Digest); err != nil {
			return err
		}
	}
	page.DiffTitle = fmt.Sprintf("What release %d changed", o.History[i].Release)
	for _, f := range content.Differences(before, after) {
		page.Diffs = append(page.Diffs, fieldDiff{Path: f.Path, One: diffText(said1(f.From), said1(f.To))})
	}
	return nil
}

// samples finds where the object can be seen.
func (w *Web) samples(ctx context.Context, v viewer, page *objectPage, o content.Object) error {
	const most = 3
	page.File = w.faceOf(o)
	w.filmOf(ctx, v, o, page.File)
	places := o.Lineage.Placements
	switch o.Ref.Kind {
	case throughline.KindPlacement:
		if res := wantedOf(o); res != nil && res.Spec.(*throughline.Placement).Template != "" { // before that there is nothing to see
			places = []throughline.Ref{o.Ref}
		}
	case throughline.KindBrand:
		for _, user := range o.UsedBy {
			if user.Kind == throughline.KindTemplate && len(places) == 0 {
				t, err := w.Making.Object(ctx, v.Caller, user)
				if err != nil {
					return err
				}
				places = t.Lineage.Placements
			}
		}
	case throughline.KindFragment, throughline.KindAsset:
	default:
		return nil
	}
	for _, p := range places[:min(len(places), most)] {
		page.Shown = append(page.Shown, sample{Title: "In " + p.Name, URL: sampleURL(o.Ref, p.Name)})
	}
	return nil
}

func sampleURL(ref throughline.Ref, placement string) string {
	return "/make/preview" + refPath(ref) + "?in=" + url.QueryEscape(placement)
}

// samplePage is one rendering of an object as the viewer's draft has it.
func (w *Web) samplePage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	ref, err := askedRef(r)
	if err != nil {
		return err
	}
	sample, err := w.Making.Sample(r.Context(), v.Caller, ref, r.URL.Query().Get("in"), r.URL.Query().Get("locale"))
	if err != nil {
		return err
	}
	return w.writeSample(rw, r, sample, false)
}

// exampleOf returns the spec of an example of a kind, and in a few words what it
// is.
func exampleOf(kind throughline.Kind) (text, says string) {
	switch kind {
	case throughline.KindPerson:
		return "name: Robin Hale\ndiscipline: creative\nroles: [{role: maker}]\n", "somebody who makes content"
	case throughline.KindTeam:
		return "title: The studio\npeople: [robin]\n", "people who work together"
	case throughline.KindStewardship:
		return "title: Everything that is mailed\nkinds: [Template, Placement]\nnames: [\"mail.*\"]\n", "templates and placements whose name begins alike"
	case throughline.KindEngine:
		return "title: Our engine\n", "a workspace"
	case throughline.KindBrand:
		return "title: Harbour\ntokens: {accent: \"#0b62d6\", ink: \"#1b1d22\"}\nvoice: Plain words, short sentences, no exclamation marks.\nterms:\n  - {avoid: [cheap], prefer: good value, severity: warn, why: We never sound like a sale.}\nlocales: {default: en, supported: [en, de]}\n", "a brand with two languages, two colours and a word it avoids"
	case throughline.KindBrief:
		return "title: More people try it\nwant: A reason to try it on the first visit.\nwhy: Half of all visitors leave without a look inside.\n", "a brief with a want and a why"
	case throughline.KindChannel:
		return "title: Website\nsurface: web\nlimits: {headline: {max: 60}, cta: {max: 24}}\n", "a website with lengths for headlines and buttons"
	case throughline.KindAudience:
		return "title: Subscribers\nrule: context.plan == \"pro\"\n", "everyone whose plan is pro"
	case throughline.KindGoal:
		return "title: Signed up\nevent: Signed Up\nwindow: 7d\n", "a sign-up within seven days"
	case throughline.KindGuardrail:
		return "title: No false hurry\nseverity: block\nforbid: [last chance, only today]\nfix: Say what is true tomorrow as well.\n", "words that may not be used"
	case throughline.KindTemplate:
		return "title: Card\nslots:\n  - {name: headline, role: headline, required: true, length: {max: 60}}\n  - {name: cta, role: cta, required: true, length: {max: 24}}\nrenderings:\n  - channel: web\n    html: \"<h2>{{headline}}</h2><p><b>{{cta}}</b></p>\"\n", "a card with a headline and a button"
	case throughline.KindFragment:
		return "role: headline\nvalues: {en: Something worth a minute of your time}\n", "a headline in English"
	case throughline.KindVocabulary:
		return "title: What pictures show\nconcepts:\n  - {name: place, prefLabel: {en: place}}\n  - {name: beach, prefLabel: {en: beach}, broader: [place]}\n", "two words, one of them narrower"
	case throughline.KindGuardrailSet:
		return "title: What everything is held to\nchecks:\n  - {use: alt-text, severity: block}\n", "one of the engine's own checks, set to block"
	case throughline.KindDisclosure:
		return "title: Prices\ntexts: {en: Prices include tax., de: Preise inklusive Steuern.}\nmarkets: [de]\n", "a sentence for one market"
	case throughline.KindClaim:
		return "title: Thirty per cent less energy\ncovers: [\"30 %\"]\nevidence:\n  - {title: Laboratory report of this year}\n", "a figure with the report behind it"
	case throughline.KindAsset:
		return "role: hero\nfile: {name: beach.jpg, digest: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, type: image/jpeg, bytes: 1, width: 1600, height: 900}\nalt: {en: A beach at low tide}\n", "a picture by the digest of its file"
	case throughline.KindPlacement:
		return "title: Top of the home page\nholdout: {share: 0.1}\nfallback: {}\n", "a place with a tenth of its visitors held out"
	}
	return "{}", ""
}
