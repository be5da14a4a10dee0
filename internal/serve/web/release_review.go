package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// reviewView is a change as people judge it.
type reviewView struct {
	// Problems and Blocking stop it; Warnings are worth a look.
	Problems           []problemView
	Blocking, Warnings []findingView
	// Means says in a sentence what it comes to.
	Means      string
	Risk       riskView
	Placements []touchedView
	// Unshown counts the renderings left out.
	Unshown int
	Changes []changeView
	// Unlisted counts the changes after those; Range says which they are, Before
	// and After lead to the others, where not all are shown.
	Unlisted             int
	Range, Before, After string
	// Looks are the ways to look at the renderings.
	Looks []lookGroup
	// Dark and Phone are how they are looked at now.
	Dark, Phone bool
	Digest      string
}

type problemView struct{ Text, Fix, Where, URL string }

// findingView is what a guardrail says, with the fix and where to do it.
type findingView struct {
	Where, URL, Says, Fix, Rule string
	Badge                       template.HTML
}

type riskView struct {
	Level   template.HTML
	Reasons []string
}

// touchedView is a placement that the change shows at.
type touchedView struct {
	Name, Title, URL, Channel string
	// App says that it shows a card, not a page.
	App bool
	// Says is what happens to its variants; Notes the rest.
	Says  string
	Notes []string
	Pairs []pairView
	// More are further pairs, folded away.
	More []pairView
}

// pairView is one variant before and after.
type pairView struct {
	Locale string
	// Before and After are addresses of renderings; empty where there is none.
	Before, After string
	Changed       []slotView
}

type slotView struct {
	Slot string
	Diff template.HTML
}

// changeView is one object with what differs in it, field by field.
type changeView struct {
	Ref, Kind, Name, URL string
	Action               string
	Fields               []fieldView
	More                 int
}

type fieldView struct {
	Path string
	Diff template.HTML
}

// lookGroup is one choice of how to look.
type lookGroup struct {
	Name string
	Tabs []tab
}

// shownFields is how many fields of one object are shown at once.
const shownFields = 40

// newReviewView lays out a review found at an address.
// findingOf is a finding with the way to what it is about.
func (w *Web) findingOf(f throughline.Finding) findingView {
	return findingView{Where: where(f.Object, f.Field()), URL: w.fieldURL(f.Object, f.Field()), Says: f.Got + ", want " + f.Want, Fix: f.Fix, Rule: f.Rule, Badge: verdictCell(f).HTML}
}

func (w *Web) newReviewView(r *http.Request, rev content.Review) reviewView {
	q := r.URL.Query()
	v := reviewView{
		Unshown: rev.Unshown, Digest: rev.Digest.String(), Means: sentence(rev.Plan.Means.Says),
		Dark: q.Get("ground") == "dark", Phone: q.Get("width") == "phone",
		Risk: riskView{badge(riskHealth(rev.Plan.Risk.Level), cmp.Or(string(rev.Plan.Risk.Level), "unknown")).HTML, rev.Plan.Risk.Reasons},
	}
	for _, p := range rev.Problems {
		v.Problems = append(v.Problems, problemView{Text: sentence(p.Message), Fix: sentence(p.Fix), Where: where(p.Object, p.Field), URL: w.fieldURL(p.Object, p.Field)})
	}
	for _, f := range distinct(rev.Plan.Findings) {
		view := w.findingOf(f)
		if f.Variants > 0 {
			view.Says += "; " + operate.Plural(f.Variants, "combination is", "combinations are") + " left out"
		}
		if blocks(f) {
			v.Blocking = append(v.Blocking, view)
		} else {
			v.Warnings = append(v.Warnings, view)
		}
	}
	base := strings.TrimSuffix(r.URL.Path, "/")
	at := 0
	for _, t := range rev.Touched {
		view := w.newTouchedView(t)
		for _, p := range t.Pairs {
			view.Pairs = append(view.Pairs, newPairView(base, q, rev.Digest, at, p))
			at++
		}
		view.Pairs, view.More = folded(view.Pairs, t.Before == 0)
		v.Placements = append(v.Placements, view)
	}
	w.pageOfChanges(&v, base, q, rev.Plan.Changes)
	v.Looks = looksAt(base, q, rev.Locales)
	return v
}

func riskHealth(level throughline.RiskLevel) operate.Health {
	switch level {
	case throughline.RiskLow:
		return operate.HealthOK
	case throughline.RiskMedium:
		return operate.HealthWarn
	case throughline.RiskHigh, throughline.RiskCritical:
		return operate.HealthBad
	}
	return operate.HealthNone
}

func where(ref throughline.Ref, path string) string {
	if ref.Name == "" {
		return ""
	}
	if path == "" {
		return ref.String()
	}
	return ref.String() + ", " + strings.TrimPrefix(path, "spec.")
}

// fieldURL leads to a field of an object's page; empty where it has none.
func (w *Web) fieldURL(ref throughline.Ref, path string) string {
	at := w.objectURL(ref)
	if at == "" || path == "" {
		return at
	}
	return at + "#" + url.PathEscape(field{Name: path}.ID())
}

func (w *Web) newTouchedView(t content.Touched) touchedView {
	v := touchedView{Name: t.Placement, Title: t.Title, URL: w.placementURL(t.Placement), Channel: t.Channel, App: !t.Surface.HTML()}
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{{t.Altered, "variant looks or reads differently", "variants look or read differently"}, {t.Gained, "comes", "come"}, {t.Lost, "goes", "go"}} {
		if p.n > 0 {
			parts = append(parts, operate.Plural(p.n, p.one, p.many))
		}
	}
	switch {
	case t.Before == 0:
		parts = []string{"new, with " + operate.Plural(t.After, "variant", "variants")}
	case t.After == 0:
		parts = []string{"gone, with its " + operate.Plural(t.Before, "variant", "variants")}
	}
	v.Says = sentence(andList(parts)) + "; " + operate.SayCount(int64(t.Before)) + " before, " + operate.SayCount(int64(t.After)) + " after."
	if len(t.Excluded) > 0 {
		var rules []string
		for _, rule := range slices.Sorted(maps.Keys(t.Excluded)) {
			rules = append(rules, operate.SayCount(int64(t.Excluded[rule]))+" by "+rule)
		}
		v.Notes = append(v.Notes, "Combinations left out: "+andList(rules)+".")
	}
	everyone := func(name string) string { return cmp.Or(name, "everyone") }
	if t.Audience != t.AudienceWas && t.Before > 0 && t.After > 0 {
		v.Notes = append(v.Notes, "It was for "+everyone(t.AudienceWas)+" and is for "+everyone(t.Audience)+".")
	} else {
		v.Notes = append(v.Notes, "For "+everyone(cmp.Or(t.Audience, t.AudienceWas))+".")
	}
	if t.Owner != "" {
		v.Notes = append(v.Notes, t.Owner+" answers for it.")
	}
	return v
}

// openPairs is how many pairs of a placement are open. Those of a new placement
// differ in little, and there is nothing to compare them with: newPairs do.
const (
	openPairs = 4
	newPairs  = 2
)

// folded parts the pairs of a placement into those that are open and those that
// are folded away. Of a new placement, different languages come before different
// wordings of one.
func folded(pairs []pairView, brandNew bool) (open, more []pairView) {
	if !brandNew {
		n := min(openPairs, len(pairs))
		return pairs[:n], pairs[n:]
	}
	seen := make(map[string]bool)
	for _, p := range pairs {
		if len(open) < newPairs && !seen[p.Locale] {
			seen[p.Locale] = true
			open = append(open, p)
			continue
		}
		more = append(more, p)
	}
	n := min(newPairs-len(open), len(more))
	return append(open, more[:n]...), more[n:]
}

func newPairView(base string, q url.Values, digest throughline.Digest, at int, p content.Compared) pairView {
	v := pairView{Locale: p.Locale}
	keep := url.Values{"of": {digest.String()}}
	for _, name := range []string{"ground", "locale"} {
		if q.Get(name) != "" {
			keep.Set(name, q.Get(name))
		}
	}
	if only := q["only"]; len(only) > 0 {
		keep["only"] = only
	}
	side := func(shown *content.Shown, name string) string {
		if shown == nil {
			return ""
		}
		return base + "/rendering/" + strconv.Itoa(at) + "/" + name + "?" + keep.Encode()
	}
	v.Before, v.After = side(p.Before, "before"), side(p.After, "after")
	for _, s := range p.Slots {
		if s.Changed() {
			v.Changed = append(v.Changed, slotView{s.Slot, diffSpaces(s.Reads())})
		}
	}
	return v
}

// newChangeViews lays out the first changes, and counts the others.
func (w *Web) newChangeViews(changes []throughline.Change) (views []changeView, unlisted int) {
	for _, ch := range changes[:min(len(changes), content.FilledMost)] {
		views = append(views, w.newChangeView(ch))
	}
	return views, len(changes) - len(views)
}

// changesAt reads from an address where its list of changes goes on.
func changesAt(q url.Values) int {
	from, err := strconv.Atoi(q.Get("from"))
	if err != nil || from < 0 {
		return 0
	}
	return from
}

// pageOfChanges lays out the changes from a position on, with the way to those
// before and after them.
func (w *Web) pageOfChanges(v *reviewView, base string, q url.Values, changes []throughline.Change) {
	from := min(changesAt(q), len(changes))
	if from == len(changes) {
		from = 0
	}
	v.Changes, v.Unlisted = w.newChangeViews(changes[from:])
	if from == 0 && v.Unlisted == 0 {
		return
	}
	link := func(at int) string {
		to := url.Values{}
		for name, values := range q {
			to[name] = values
		}
		if to.Set("from", strconv.Itoa(at)); at == 0 {
			to.Del("from")
		}
		return base + "?" + to.Encode() + "#text-title"
	}
	v.Range = operate.SayCount(int64(from+1)) + " to " + operate.SayCount(int64(from+len(v.Changes))) + " of " + operate.SayCount(int64(len(changes)))
	if from > 0 {
		v.Before = link(max(0, from-content.FilledMost))
	}
	if v.Unlisted > 0 {
		v.After = link(from + len(v.Changes))
	}
}

func (w *Web) newChangeView(ch throughline.Change) changeView {
	words := map[throughline.Action]string{throughline.Create: "new", throughline.Update: "changed", throughline.Delete: "deleted"}
	v := changeView{Ref: ch.Ref.String(), Kind: string(ch.Ref.Kind), Name: ch.Ref.Name, URL: w.objectURL(ch.Ref), Action: words[ch.Action]}
	if ch.Action == throughline.Delete {
		v.URL = ""
	}
	v.More = max(0, len(ch.Fields)-shownFields)
	for _, f := range ch.Fields[:len(ch.Fields)-v.More] {
		v.Fields = append(v.Fields, fieldView{strings.TrimPrefix(f.Path, "spec."), diffSpaces(plainValue(f.From), plainValue(f.To))})
	}
	return v
}

// plainValue is a value as people read it: a text without quotes, a list or an
// object with a line for each of its parts.
func plainValue(v string) string {
	var text string
	if json.Unmarshal([]byte(v), &text) == nil {
		return text
	}
	if !strings.HasPrefix(v, "{") && !strings.HasPrefix(v, "[") {
		return v
	}
	var out bytes.Buffer
	if json.Indent(&out, []byte(v), "", "  ") != nil {
		return v
	}
	return out.String()
}

var onlySpace = regexp.MustCompile(`<(del|ins)>([\s\x{a0}\x{2000}-\x{200f}\x{2028}\x{202f}\x{2060}\x{3000}\x{feff}]+)</`)

// diffSpaces is diffText with white space written out where it is the change.
func diffSpaces(before, after string) template.HTML {
	signs := strings.NewReplacer(" ", "·", "\n", "⏎\n", "\t", "⇥", "\u00a0", "⍽", "\u202f", "⍽", "\r", "␍")
	return template.HTML(onlySpace.ReplaceAllStringFunc(string(diffText(before, after)), func(s string) string {
		m := onlySpace.FindStringSubmatch(s)
		shown := signs.Replace(m[2])
		if shown == m[2] { // of no width at all
			shown = strings.Repeat("□", len([]rune(m[2])))
		}
		return "<" + m[1] + ">" + shown + "</"
	}))
}

// looksAt are the ways to look at renderings: on which ground, how wide, in
// which language.
func looksAt(base string, q url.Values, locales []string) []lookGroup {
	link := func(name, value string) string {
		keep := url.Values{}
		for _, n := range []string{"ground", "width", "locale"} {
			if v := q.Get(n); v != "" && n != name {
				keep.Set(n, v)
			}
		}
		if value != "" {
			keep.Set(name, value)
		}
		if only := q["only"]; len(only) > 0 {
			keep["only"] = only
		}
		if len(keep) == 0 {
			return base + "#looks"
		}
		return base + "?" + keep.Encode() + "#looks"
	}
	group := func(label, name string, choices ...[2]string) lookGroup {
		g := lookGroup{Name: label}
		for _, c := range choices {
			g.Tabs = append(g.Tabs, tab{Name: c[1], URL: link(name, c[0]), On: q.Get(name) == c[0]})
		}
		return g
	}
	out := []lookGroup{
		group("Ground", "ground", [2]string{"", "Light"}, [2]string{"dark", "Dark"}),
		group("Width", "width", [2]string{"", "Wide"}, [2]string{"phone", "Phone"}),
	}
	if len(locales) > 1 {
		choices := [][2]string{{"", "What differs"}}
		for _, l := range locales {
			choices = append(choices, [2]string{l, l})
		}
		out = append(out, group("Language", "locale", choices...))
	}
	return out
}

// seen keeps the latest reviews, so that their renderings need not be made
// again for each frame of a page.
type seen struct {
	mu   sync.Mutex
	keys []string
	kept map[string][]content.Compared
}

// seenMost bounds how many reviews are kept.
const seenMost = 16

func (s *seen) put(key string, rev content.Review) {
	var all []content.Compared
	for _, t := range rev.Touched {
		all = append(all, t.Pairs...)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[string][]content.Compared{}
	}
	if _, ok := s.kept[key]; !ok {
		if s.keys = append(s.keys, key); len(s.keys) > seenMost {
			delete(s.kept, s.keys[0])
			s.keys = s.keys[1:]
		}
	}
	s.kept[key] = all
}

func (s *seen) get(key string) ([]content.Compared, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, ok := s.kept[key]
	return all, ok
}

func seenKey(of, digest, locale string) string { return of + " " + digest + " " + locale }

// reviewed returns a review and keeps its renderings.
func (w *Web) reviewed(ctx context.Context, v viewer, in content.ReviewInput) (content.Review, error) {
	rev, err := w.Releases.Review(ctx, v.Caller, in)
	if err == nil {
		w.seen.put(seenKey(keptAs(v, in), rev.Digest.String(), in.Locale), rev)
	}
	return rev, err
}

// keptAs names what is reviewed; a draft is its author's alone.
func keptAs(v viewer, in content.ReviewInput) string {
	if in.Draft {
		return "draft of " + v.Person()
	}
	return "release " + strconv.Itoa(in.Release)
}

func (w *Web) draftRendering(rw http.ResponseWriter, r *http.Request, v viewer) error {
	only, err := onlyFrom(r.URL.Query())
	if err != nil {
		return err
	}
	return w.rendering(rw, r, v, content.ReviewInput{Draft: true, Only: only, Locale: r.URL.Query().Get("locale")})
}

func (w *Web) releaseRendering(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	if _, err := w.Releases.ReleaseHead(r.Context(), v.Caller, n); err != nil {
		return err // before anything kept is shown: it may be secret
	}
	return w.rendering(rw, r, v, content.ReviewInput{Release: n, Locale: r.URL.Query().Get("locale")})
}

// rendering shows one side of a pair as a document of its own.
func (w *Web) rendering(rw http.ResponseWriter, r *http.Request, v viewer, in content.ReviewInput) error {
	all, ok := w.seen.get(seenKey(keptAs(v, in), r.URL.Query().Get("of"), in.Locale))
	if !ok {
		rev, err := w.reviewed(r.Context(), v, in)
		if err != nil {
			return err
		}
		for _, t := range rev.Touched {
			all = append(all, t.Pairs...)
		}
	}
	at, err := strconv.Atoi(r.PathValue("at"))
	if err != nil || at < 0 || at >= len(all) || !slices.Contains([]string{"before", "after"}, r.PathValue("side")) {
		return noPage()
	}
	shown := all[at].After
	if r.PathValue("side") == "before" {
		shown = all[at].Before
	}
	if shown == nil {
		return noPage()
	}
	page := previewPage{Title: sentence(r.PathValue("side")), Locale: all[at].Locale, Dark: r.URL.Query().Get("ground") == "dark"}
	if shown.Fields != nil {
		page.Card = newCard(operate.Preview{Fields: shown.Fields})
	} else {
		page.HTML = template.HTML(shown.HTML)
	}
	return w.writePreview(rw, r, page, "private, no-store")
}
