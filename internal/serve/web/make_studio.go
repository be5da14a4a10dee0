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

// studioView is what the page of a template has beside its form: the slots with
// their limits, the template as people will see it, where it is used and what an
// edit does.
type studioView struct {
	Slots []studioSlot
	See   *seeView
	// Faults are what is wrong with its renderings.
	Faults []faultView
	// Used are the placements that show it, UsedSays how much that is.
	Used     []usedView
	UsedSays string
	Impact   *impactView
	// LaterURL asks for what an edit does, where that takes a while.
	LaterURL string
}

// studioSlot is one slot as a row.
type studioSlot struct {
	Name, Role, Type string
	// At leads to its fields in the form.
	At       string
	Required bool
	// Limit is how long or large what fills it may be, Takes what may fill it and
	// Pieces how many there are, at PiecesURL; None says that there are none.
	Limit, Takes, Pieces, PiecesURL string
	None                            bool
	// State says what the draft makes of it.
	State string
	// Said is what the checks say about it; More counts what is left out.
	Said []said
	More int
}

// saidAtSlot is how much is said at one slot.
const saidAtSlot = 3

// faultView is what is wrong with a rendering.
type faultView struct {
	Channel, Where, Source, Text, At string
	// Light says that it is only worth a look, Mark is the shape before it.
	Light bool
	Mark  template.HTML
}

// usedView is one placement that shows a template.
type usedView struct{ Name, Title, URL, Channel, Live, Shown string }

// seeView is the template as people will see it, with everything to choose by.
type seeView struct {
	// Action is where the settings go; As keeps the lens.
	Action, As string
	// Selects have each one answer, as have Modes and Widths, which are few enough
	// to be seen at once.
	Selects []seeSelect
	Panes   []seePane
	// Note says what is worth knowing of what is shown.
	Note string
	// Link is the page with these settings, Look where the rendering is.
	Link, Look string
	channel    string
	// Said is what the checks say about it.
	Said []said
}

// seeSelect is one setting; Key steps through it.
type seeSelect struct {
	Name, Label, Key string
	Options          []option
	// Few are shown side by side.
	Few bool
}

// seePane is one rendering; Set is what it shows other than the settings, as a
// query, which a script joins with them.
type seePane struct{ Title, URL, Set, Width string }

// lookedAt are the settings that an address carries.
type lookedAt struct{ channel, audience, locale, data, mode, width, with string }

// The settings of the preview.
const (
	widthPhone, widthTablet, widthDesktop = "375", "600", "1024"
	modeLight, modeDark                   = "light", "dark"
)

// studio lays out the page of a template.
func (w *Web) studio(r *http.Request, v viewer, page *objectPage, o content.Object) error {
	s, err := w.Making.Studio(r.Context(), v.Caller, content.StudioInput{Template: o.Ref.Name, Whole: page.Asked})
	if err != nil {
		return err
	}
	view := &studioView{}
	page.Studio = view
	page.Scripts = append(page.Scripts, "studio.js")
	if page.AsYAML {
		page.Back = page.YAMLURL
	}
	page.Keys = append(page.Keys, keyHint{"c l d m w b", "another channel, language, data, mode, width, or something beside it"})
	if len(s.Audiences) > 0 {
		page.Keys = append(page.Keys, keyHint{"a", "as another audience sees it"})
	}
	if s.Template == nil {
		return nil
	}
	for i, slot := range s.Slots {
		view.Slots = append(view.Slots, newStudioSlot(o.Ref.Name, i, slot))
	}
	at := newSeen(r.URL.Query(), s)
	if len(s.Channels) > 0 {
		view.See = newSeeView(page, s, at)
		page.Back = view.See.Link
	}
	for _, c := range s.Channels {
		for _, f := range c.Faults {
			view.Faults = append(view.Faults, newFaultView(c, f))
		}
	}
	if s.Later {
		view.LaterURL = page.FormURL + "?" + at.query(page.AsYAML) + "&check=1#edit-does"
	}
	if s.Impact != nil {
		view.Impact = newImpactView(page, s, at)
	}
	return w.used(r.Context(), view, s)
}

// used says where a template is shown, and how often people saw it there.
func (w *Web) used(ctx context.Context, view *studioView, s content.Studio) error {
	if len(s.Used) == 0 {
		return nil
	}
	line, err := w.Lines.Line(ctx)
	if err != nil {
		return err
	}
	var live int
	var shown int64
	for _, u := range s.Used {
		row := usedView{Name: u.Name, Title: u.Title, Channel: u.Channel, URL: "/placement/" + refEscape(u.Name), Live: operate.SayCount(int64(u.Live))}
		for _, p := range line.Placements {
			if p.Name == u.Name {
				row.Shown = operate.SayCount(p.Deliveries)
				shown += p.Deliveries
			}
		}
		live += u.Live
		view.Used = append(view.Used, row)
	}
	view.UsedSays = fmt.Sprintf("%s at %s", operate.Plural(live, "live variant", "live variants"), operate.Plural(len(s.Used), "placement", "placements"))
	if shown > 0 {
		view.UsedSays += ", seen " + operate.SayCount(shown) + " times"
	}
	return nil
}

func refEscape(name string) string { return (&url.URL{Path: name}).EscapedPath() }

func newStudioSlot(name string, i int, s content.StudioSlot) studioSlot {
	row := studioSlot{
		Name: s.Name, Role: s.Role, Type: string(cmp.Or(s.Type, throughline.Text)), Required: s.Required,
		At: "#at-f-spec-slots-" + strconv.Itoa(i), Limit: limitWords(s), Takes: takesWords(s.Slot),
		Pieces: operate.Plural(s.Pieces, "piece", "pieces"), None: s.Pieces == 0 && s.Type != throughline.DisclosureText,
		PiecesURL: "/make/copy?" + url.Values{"role": {s.Role}, "template": {name}}.Encode(),
	}
	switch {
	case s.New:
		row.State = "new"
	case s.Changed:
		row.State = "changed"
	}
	return row
}

// limitWords says how long or large what fills a slot may be: 40 characters; 30
// on push.
func limitWords(s content.StudioSlot) string {
	var all []string
	unit := throughline.Grapheme
	if l := s.Length; l != nil && (l.Max > 0 || l.Min > 0) {
		unit = cmp.Or(l.Unit, throughline.Grapheme)
		all = append(all, lengthWords(*l, true))
	}
	byLimit := map[throughline.Length][]string{}
	var order []throughline.Length
	for _, t := range s.Tighter {
		l := throughline.Length{Max: t.Max, Unit: cmp.Or(t.Unit, throughline.Grapheme)}
		if byLimit[l] == nil {
			order = append(order, l)
		}
		byLimit[l] = append(byLimit[l], t.Channel)
	}
	for _, l := range order {
		all = append(all, lengthWords(l, len(all) == 0 || l.Unit != unit)+" on "+andWords(byLimit[l]))
	}
	if s.Items != nil && (s.Items.Min > 0 || s.Items.Max > 0) {
		all = append(all, rangeWords(s.Items.Min, s.Items.Max)+" items")
	}
	if p := s.Picture; p != nil {
		all = append(all, pictureWords(p))
	}
	if len(all) == 0 {
		return "no limit"
	}
	return strings.Join(all, "; ")
}

func lengthWords(l throughline.Length, unit bool) string {
	words := rangeWords(l.Min, l.Max)
	if unit {
		words += " " + content.Unit(max(l.Max, l.Min), l.Unit)
	}
	return words
}

func rangeWords(least, most int) string {
	switch {
	case least == most:
		return "exactly " + strconv.Itoa(most)
	case most == 0:
		return "at least " + strconv.Itoa(least)
	case least == 0:
		return strconv.Itoa(most)
	}
	return strconv.Itoa(least) + " to " + strconv.Itoa(most)
}

func pictureWords(p *throughline.PictureRule) string {
	var all []string
	if p.AspectRatio != "" {
		all = append(all, p.AspectRatio)
	}
	switch {
	case p.MinWidth > 0 && p.MinHeight > 0:
		all = append(all, fmt.Sprintf("at least %d × %d px", p.MinWidth, p.MinHeight))
	case p.MinWidth > 0:
		all = append(all, fmt.Sprintf("at least %d px wide", p.MinWidth))
	case p.MinHeight > 0:
		all = append(all, fmt.Sprintf("at least %d px high", p.MinHeight))
	}
	if p.MaxBytes > 0 {
		all = append(all, fmt.Sprintf("at most %d kB", (p.MaxBytes+999)/1000))
	}
	for _, f := range p.Formats {
		all = append(all, strings.ToUpper(strings.TrimPrefix(f, "image/")))
	}
	if len(p.Concepts) > 0 {
		all = append(all, "shows "+strings.Join(p.Concepts, " or "))
	}
	return cmp.Or(strings.Join(all, ", "), "any picture")
}

// takesWords says what may fill a slot.
func takesWords(s throughline.Slot) string {
	var all []string
	switch {
	case s.Type == throughline.DisclosureText && len(s.Requires) == 0:
		return "no disclosure is named yet"
	case s.Type == throughline.DisclosureText:
		return strings.Join(s.Requires, ", ")
	case s.Fill != nil && len(s.Fill.Names) > 0:
		all = append(all, "only "+andWords(s.Fill.Names))
	default:
		all = append(all, "any "+s.Role)
	}
	if s.Fill != nil {
		var labels []string
		for k, val := range s.Fill.Labels {
			labels = append(labels, k+": "+val)
		}
		if slices.Sort(labels); len(labels) > 0 {
			all = append(all, "labelled "+strings.Join(labels, ", "))
		}
	}
	if s.Items != nil && s.Items.Role != "" {
		all = append(all, "of "+s.Items.Role)
	}
	if len(s.Marks) > 0 {
		var marks []string
		for _, m := range s.Marks {
			marks = append(marks, string(m))
		}
		all = append(all, "with "+andWords(marks))
	}
	if s.Keep {
		all = append(all, "as the fallback has it")
	}
	return strings.Join(all, ", ")
}

// andWords joins words as people do: a, b and c.
func andWords(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

func newFaultView(c content.StudioChannel, f content.RenderingFault) faultView {
	v := faultView{Channel: c.Name, Where: f.Part, Source: f.Source, Text: sentence(f.Text) + ".", At: "#at-f-spec-renderings-" + strconv.Itoa(c.At), Mark: icon("warn")}
	if f.Line > 0 {
		v.Where += " line " + strconv.Itoa(f.Line)
	}
	if f.Fix != "" {
		v.Text += " " + sentence(f.Fix) + "."
	}
	return v
}

// place puts what is said at its slot and beside the rendering; the rest comes
// back.
func (s *studioView) place(all []said) (rest []said) {
	wrong := 0
	for _, one := range all {
		if one.Wrong {
			wrong++
		}
		i := slices.IndexFunc(s.Slots, func(slot studioSlot) bool { return slot.Name == one.Slot })
		switch {
		case i < 0 && one.Channel != "" && one.Path == "":
			s.Faults = append(s.Faults, faultView{Channel: one.Channel, Text: one.Text, At: "#at-f-spec-renderings", Light: !one.Wrong, Mark: one.Mark()})
			continue
		case i < 0:
			rest = append(rest, one)
			continue
		case len(s.Slots[i].Said) < saidAtSlot:
			s.Slots[i].Said = append(s.Slots[i].Said, one)
		default:
			s.Slots[i].More++
		}
		if s.See != nil && (one.Channel == "" || one.Channel == s.See.channel) && len(s.See.Said) < saidAtSlot {
			s.See.Said = append(s.See.Said, one)
		}
	}
	if s.Impact != nil && wrong > 0 {
		s.Impact.Health = operate.HealthBad
		s.Impact.Says += " " + operate.Plural(wrong, "thing keeps", "things keep") + " it from going live."
	}
	return rest
}

// newSeen reads the settings of an address; what is not there is as most people
// see it.
func newSeen(q url.Values, s content.Studio) lookedAt {
	pick := func(name string, all []string, standard string) string {
		if asked := q.Get(name); slices.Contains(all, asked) {
			return asked
		}
		return standard
	}
	var channels []string
	for _, c := range s.Channels {
		channels = append(channels, c.Name)
	}
	first := func(all []string) string {
		if len(all) == 0 {
			return ""
		}
		return all[0]
	}
	at := lookedAt{
		channel: pick("channel", channels, first(channels)), audience: pick("audience", s.Audiences, ""), locale: pick("locale", s.Locales, first(s.Locales)),
		data: pick("data", dataNames(s), content.DataReal), mode: pick("mode", []string{modeDark}, modeLight), width: pick("width", []string{widthTablet, widthDesktop}, widthPhone),
	}
	var with []string
	for _, o := range at.besides(s) {
		with = append(with, o.Value)
	}
	at.with = pick("with", with, "")
	return at
}

// dataNames are the sets of data that show something of a template.
func dataNames(s content.Studio) (all []string) {
	for _, d := range content.DataSets() {
		if d.Name != "personal" || len(s.Personal) > 0 {
			all = append(all, d.Name)
		}
	}
	return all
}

// query writes the settings as an address carries them: what is as most people
// see it is left out.
func (a lookedAt) query(asYAML bool) string {
	q := url.Values{}
	set := func(name, value, standard string) {
		if value != standard {
			q.Set(name, value)
		}
	}
	q.Set("channel", a.channel)
	set("audience", a.audience, "")
	q.Set("locale", a.locale)
	set("data", a.data, content.DataReal)
	set("mode", a.mode, modeLight)
	set("width", a.width, widthPhone)
	set("with", a.with, "")
	if asYAML {
		q.Set("as", "yaml")
	}
	return q.Encode()
}

// besides are what may stand beside the rendering.
func (a lookedAt) besides(s content.Studio) []option {
	all := []option{{Label: "nothing"}}
	if s.Before != nil && s.Before.Rendering(a.channel) != nil {
		all = append(all, option{Value: "inforce=1", Label: "as it is in force"})
	}
	all = append(all, option{Value: "mode=dark", Label: "dark"}, option{Value: "mode=light", Label: "light"}, option{Value: "data=real", Label: "real data"}, option{Value: "data=nasty", Label: "nasty data"})
	for _, l := range s.Locales {
		all = append(all, option{Value: "locale=" + l, Label: "in " + l})
	}
	for _, c := range s.Channels {
		all = append(all, option{Value: "channel=" + c.Name, Label: "on " + c.Name})
	}
	for i := range all {
		all[i].On = all[i].Value == a.with
	}
	return all
}

// newSeeView lays out the preview with its settings.
func newSeeView(page *objectPage, s content.Studio, at lookedAt) *seeView {
	v := &seeView{Action: page.FormURL, channel: at.channel, Link: page.FormURL + "?" + at.query(page.AsYAML)}
	if page.AsYAML {
		v.As = "yaml"
	}
	if !s.Dark {
		v.Note = "The brand names no dark colours, so that in the dark it shows the light ones."
	}
	options := func(names []string, on string, says func(string) string) (all []option) {
		for _, n := range names {
			all = append(all, option{n, says(n), n == on})
		}
		return all
	}
	same := func(s string) string { return s }
	var channels []string
	for _, c := range s.Channels {
		channels = append(channels, c.Name)
	}
	v.add(seeSelect{Name: "channel", Label: "Channel", Key: "c", Options: options(channels, at.channel, same)})
	v.add(seeSelect{Name: "locale", Label: "Language", Key: "l", Options: options(s.Locales, at.locale, same)})
	if len(s.Audiences) > 0 {
		v.add(seeSelect{Name: "audience", Label: "Audience", Key: "a", Options: append([]option{{"", "everyone", at.audience == ""}}, options(s.Audiences, at.audience, same)...)})
	}
	v.add(seeSelect{Name: "data", Label: "Data", Key: "d", Options: options(dataNames(s), at.data, dataWords)})
	v.add(seeSelect{Name: "with", Label: "Beside it", Key: "b", Options: at.besides(s)})
	v.add(seeSelect{Name: "width", Label: "Width", Key: "w", Few: true, Options: options([]string{widthPhone, widthTablet, widthDesktop}, at.width, func(w string) string {
		return map[string]string{widthPhone: "Phone", widthTablet: "Tablet", widthDesktop: "Desktop"}[w]
	})})
	v.add(seeSelect{Name: "mode", Label: "Mode", Key: "m", Few: true, Options: options([]string{modeLight, modeDark}, at.mode, sentence)})
	base := "/look/" + refEscape(page.Ref.Name)
	v.Look = base
	q := at.look()
	v.Panes = append(v.Panes, seePane{Title: at.title(), URL: base + "?" + q.Encode(), Width: at.width})
	if at.with != "" {
		name, value, _ := strings.Cut(at.with, "=")
		q.Set(name, value)
		v.Panes = append(v.Panes, seePane{Title: besideWords(at.besides(s)), URL: base + "?" + q.Encode(), Set: at.with, Width: at.width})
	}
	return v
}

func dataWords(name string) string {
	for _, d := range content.DataSets() {
		if d.Name == name {
			return sentence(d.Says)
		}
	}
	return name
}

func besideWords(all []option) string {
	for _, o := range all {
		if o.On {
			return sentence(o.Label)
		}
	}
	return ""
}

// add takes a setting that there is something to choose of.
func (v *seeView) add(s seeSelect) { v.Selects = append(v.Selects, s) }

// look is the query of the rendering.
func (a lookedAt) look() url.Values {
	return url.Values{"channel": {a.channel}, "audience": {a.audience}, "locale": {a.locale}, "data": {a.data}, "mode": {a.mode}}
}

func (a lookedAt) title() string {
	title := a.channel + ", " + a.locale
	if a.audience != "" {
		title += ", " + a.audience
	}
	if a.data != content.DataReal {
		title += ", nasty data"
	}
	return title
}

// lookPage is a template drawn with some data, as a document that can do nothing.
func (w *Web) lookPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := r.URL.Query()
	in := content.LookInput{
		Template: r.PathValue("name"), Channel: q.Get("channel"), Audience: q.Get("audience"), Locale: q.Get("locale"), Data: q.Get("data"),
		Dark: q.Get("mode") == modeDark, InForce: q.Get("inforce") != "", Mark: q.Get("mark") != "",
	}
	sample, err := w.Making.Look(r.Context(), v.Caller, in)
	if err != nil {
		return err
	}
	return w.writeSample(rw, r, sample, in.Dark)
}

// writeSample answers with a sample as a document.
func (w *Web) writeSample(rw http.ResponseWriter, r *http.Request, sample content.Sample, dark bool) error {
	page := previewPage{Title: sample.Title, Locale: sample.Locale, Dark: dark}
	switch shown := sample.Shown; {
	case shown == nil:
		page.HTML = template.HTML("<p>" + template.HTMLEscapeString(cmp.Or(sample.Problem, "There is nothing to show yet.")) + "</p>")
	case shown.HTML != "":
		page.HTML = template.HTML(shown.HTML)
	default:
		page.Card = newCard(operate.Preview{Title: page.Title, Surface: throughline.App, Fields: shown.Fields})
	}
	return w.writePreview(rw, r, page, "private, no-store")
}
