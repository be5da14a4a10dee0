package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// inspectPage asks about whom or what.
type inspectPage struct {
	shell
	Decision field
	// Recipient is nil for who may not ask about recipients.
	Recipient *field
	Cannot    string
}

// inspect is where one asks why somebody saw, or did not see, something.
func (w *Web) inspect(rw http.ResponseWriter, r *http.Request, v viewer) error {
	id := strings.TrimSpace(r.URL.Query().Get("decision"))
	if id == "" {
		return w.askAgain(rw, r, v, http.StatusOK, field{}, field{})
	}
	if _, err := w.Sight.Decisions.Explain(r.Context(), throughline.DecisionID(id)); throughline.CodeOf(err) == throughline.Invalid {
		return w.askAgain(rw, r, v, http.StatusUnprocessableEntity, field{Value: id, Problem: "That is no id that this engine gave out. Copy it whole, as the evaluation returned it."}, field{})
	}
	http.Redirect(rw, r, decisionURL(throughline.DecisionID(id)), http.StatusSeeOther)
	return nil
}

// askAgain shows both questions, with what was typed and what is wrong with it.
func (w *Web) askAgain(rw http.ResponseWriter, r *http.Request, v viewer, status int, decision, recipient field) error {
	decision.Name, decision.Label, decision.Mono, decision.Required = "decision", "By the decision's id", true, true
	decision.Hint = "58 characters, as the evaluation returned it in decisionId."
	page := inspectPage{shell: w.shell(r, v, "Why did somebody see this?"), Decision: decision}
	page.Station, page.Styles = "decide", []string{"see.css"}
	if err := v.Need(engine.RightOperate); err != nil {
		page.Cannot = serve.FaultOf(w.whoCan(r.Context(), err)).Detail
	} else {
		recipient.Name, recipient.Label, recipient.Autocomplete, recipient.Max, recipient.Required = "unit", "By the recipient's id", "off", 256, true
		recipient.Hint = "The targeting key that your client sends. It stands in no address and no log, and is not kept."
		page.Recipient = &recipient
	}
	return w.render(rw, r, status, "inspect", page)
}

// lookUp leads to the decisions for a recipient.
func (w *Web) lookUp(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	handle, err := w.Sight.Lookup.Handle(r.Context(), v.Caller, r.PostFormValue("unit"))
	if throughline.CodeOf(err) == throughline.Invalid {
		return w.askAgain(rw, r, v, http.StatusUnprocessableEntity, field{}, field{Problem: sentence(serve.FaultOf(err).Detail) + "."})
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/recipient/"+handle, http.StatusSeeOther)
	return nil
}

// recipientPage is what was decided for one recipient, without who they are.
type recipientPage struct {
	shell
	operate.Asked
	Says  string
	Rows  table
	Short string
	Empty *beginning
}

func (w *Web) recipient(rw http.ResponseWriter, r *http.Request, v viewer) error {
	handle := r.PathValue("handle")
	asked, err := w.Sight.Lookup.Asked(v.Caller, handle)
	if err != nil {
		return err
	}
	page := recipientPage{shell: w.shell(r, v, "A recipient", crumb{Name: "Why did somebody see this?", URL: "/inspect"}), Asked: asked}
	page.Station, page.Wide, page.Styles = "decide", true, []string{"see.css"}
	switch asked.Known {
	case operate.KnownErased:
		page.Says = "This recipient was forgotten. What was recorded of them can no longer be read, and nothing is recorded of them any more."
	case operate.KnownNot:
		page.Says = "The engine has never decided for this recipient."
		page.Empty = &beginning{Title: "Nobody of this id has asked", What: "Ids are compared to the letter, with case. What your client sends as targetingKey is what to type here.", Act: "Ask for another", URL: "/inspect"}
	default:
		return w.recorded(rw, r, handle, page)
	}
	return w.render(rw, r, http.StatusOK, "recipient", page)
}

// recorded lists what was decided for a recipient whom the engine knows.
func (w *Web) recorded(rw http.ResponseWriter, r *http.Request, handle string, page recipientPage) error {
	before, _ := strconv.ParseUint(r.URL.Query().Get("before"), 10, 64) // what is no number begins at the newest
	found, err := w.Sight.Journal.Find(r.Context(), operate.JournalQuery{Subject: page.Subject, Before: before, Look: 240_000})
	if err != nil {
		return err
	}
	page.Short = page.Subject.String()[18:]
	page.Rows = table{Caption: "What was decided and what came of it, the newest first", Columns: []column{{Name: "When, UTC"}, {Name: "What"}, {Name: "Placement"}, {Name: "Arm"}, {Name: "Chance", Number: true}}}
	decided := 0
	for _, e := range found.Events {
		rowOf := row{Cells: []cell{{Text: exact(e.OccurredAt)}, {Text: saysEvent(e)}, {}, {}, {}}}
		if id := w.Sight.Journal.DecisionID(e); id != "" {
			rowOf.URL = decisionURL(id)
		}
		if t, ok := w.Sight.Journal.Tell(e); ok {
			decided++
			rowOf.Cells[2], rowOf.Cells[3], rowOf.Cells[4] = cell{Text: t.Placement}, cell{Text: t.Arm.String()}, cell{Text: operate.SayShare(t.Propensity)}
		}
		page.Rows.Rows = append(page.Rows.Rows, rowOf)
	}
	page.Says = fmt.Sprintf("%s on this page, each with the reason.", operate.Plural(decided, "decision", "decisions"))
	if len(found.Events) == 0 {
		page.Says = "The engine knows this recipient, and the part of the journal looked through has nothing of them."
	}
	page.Rows.Pages = pagerOf("/recipient/"+handle, nil, before, found)
	return w.render(rw, r, http.StatusOK, "recipient", page)
}

// decisionPage says why one decision came out as it did.
type decisionPage struct {
	shell
	It           live.Answer
	Says, Kept   string
	By           operate.Owner
	Options      table
	Excluded     table
	Sides        []side
	Slots        table
	Facts        []setting
	Followed     []moment
	FollowedNote string
	Further      string
	Preview      string
	Cause        string
}

// side is the answer under the rules of one time.
type side struct {
	Title, Variant, URL, Reason string
	Texts                       []crumb
	Facts                       []setting
}

func (w *Web) decision(rw http.ResponseWriter, r *http.Request, v viewer) error {
	id := throughline.DecisionID(r.PathValue("id"))
	a, err := w.Sight.Decisions.Explain(r.Context(), id)
	if err != nil {
		return err
	}
	crumbs := []crumb{{Name: "Decide", URL: "/decide"}}
	if a.Placement != "" {
		crumbs = append(crumbs, crumb{Kind: "Placement", Name: a.Placement, URL: w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: a.Placement})})
	}
	page := decisionPage{shell: w.shell(r, v, "Decision …"+string(id[max(0, len(id)-10):]), crumbs...), It: a, Says: saysDecision(a), Kept: keptSince(a)}
	if l, err := w.Lines.Line(r.Context()); err == nil {
		for _, p := range l.Placements {
			if p.Name == a.Placement {
				page.By = p.Owner
			}
		}
	}
	page.Station, page.Wide, page.Styles = "decide", true, []string{"see.css"}
	page.Facts = factsOfDecision(a)
	if a.Why != nil {
		page.Options, page.Excluded, page.Slots = mightHaveSeen(a), excludedOf(a.Why.Excluded), slotChances(a)
		page.Sides = append(page.Sides, sideOf("As it was decided", a.Why, a.Placement))
		if a.Why.Variant != "" && len(a.Placement) > 0 {
			page.Preview = previewPath(a.Placement, a.Why.Variant)
			if _, err := w.Previews.Preview(r.Context(), a.Placement, string(a.Why.Variant)); err != nil {
				page.Preview = "" // of an earlier release: its texts stand beside
			}
		}
	}
	if a.Today != nil {
		page.Sides = append(page.Sides, sideOf("Under today's rules", a.Today, a.Placement))
	}
	if err := w.follow(r, &page); err != nil {
		return err
	}
	page.Caption = w.captionDecision(r, v, &page)
	return w.render(rw, r, http.StatusOK, "decision", page)
}

// furtherOn is how many events are looked at for what came of a decision when
// somebody asks for more.
const furtherOn = 2_000_000

// follow adds what came of a decision.
func (w *Web) follow(r *http.Request, page *decisionPage) error {
	after := uint64(0)
	if page.It.Event != nil {
		after = page.It.Event.Seq
		page.Cause = "/journal/" + strconv.FormatUint(page.It.Event.Seq, 10)
		page.Followed = append(page.Followed, moment{At: exact(page.It.Event.OccurredAt), Stamp: stamp(page.It.Event.OccurredAt), What: template.HTML(`<a href="` + page.Cause + `">Decided</a>`), On: true})
	}
	if page.It.Event == nil && page.It.Release == 0 {
		return nil // what is not kept has no place in the journal to begin from
	}
	look := 0
	if r.URL.Query().Get("further") != "" {
		look = furtherOn
	}
	f, err := w.Sight.Journal.Following(r.Context(), page.It.DecisionID, after, look)
	if err != nil {
		return err
	}
	for _, e := range f.Events {
		page.Followed = append(page.Followed, moment{
			At: exact(e.OccurredAt), Stamp: stamp(e.OccurredAt),
			What: template.HTML(`<a href="/journal/` + strconv.FormatUint(e.Seq, 10) + `">` + esc(sentence(saysEvent(e))) + `</a>`),
		})
	}
	switch {
	case !f.All:
		page.FollowedNote = "The journal was looked through up to " + exact(f.Until) + " UTC."
		if look == 0 {
			page.Further = decisionURL(page.It.DecisionID) + "?further=1#after-title"
		}
	case len(f.Events) == 0:
		page.FollowedNote = "No exposure and no outcome has come back yet."
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// saysDecision answers why somebody saw what they saw, and not the rest.
func saysDecision(a live.Answer) string {
	if a.Why == nil {
		switch {
		case a.Erased:
			return fmt.Sprintf("The recipient was forgotten. What is left is what the signed id proves: the arm was %s, and the chance %s.", a.Arm, operate.SayShare(a.Propensity))
		case a.Placement == "":
			return fmt.Sprintf("What this was decided from is no longer kept. The signed id proves that the arm was %s, and the chance %s.", a.Arm, operate.SayShare(a.Propensity))
		}
		return fmt.Sprintf("The record of this decision is not in the journal. The signed id proves that %s decided it, in the arm %s, with a chance of %s.", a.Placement, a.Arm, operate.SayShare(a.Propensity))
	}
	chosen, best := -1, -1
	for i, o := range a.Why.Options {
		if o.Chosen {
			chosen = i
		} else if best < 0 || o.Propensity > a.Why.Options[best].Propensity {
			best = i
		}
	}
	if chosen < 0 {
		return "This person saw the fallback: " + lowerFirst(strings.TrimPrefix(a.Why.Reason, "The fallback, "))
	}
	label := operate.VariantLabel(a.Why.Options[chosen].Candidate)
	says := fmt.Sprintf("This person saw variant %s. %s", label, a.Why.Reason)
	if best >= 0 {
		o := a.Why.Options[best]
		says += fmt.Sprintf(" They might have seen %s, which had %s; the draw went the other way.", operate.VariantLabel(o.Candidate), operate.SayShare(o.Propensity))
	}
	if n := len(a.Why.Excluded); n > 0 {
		says += fmt.Sprintf(" %s could not be seen: %s.", operate.Plural(n, "variant", "variants"), a.Why.Excluded[0].Reason)
	}
	return says
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// keptSince says for how long the choice stands.
func keptSince(a live.Answer) string {
	if a.Why == nil || a.Arm == throughline.ArmFallback {
		return ""
	}
	since := exact(a.At) + " UTC"
	switch a.Why.Sticky {
	case throughline.StickyRecipient:
		return "The first choice for this recipient here, kept for good since " + since + "."
	case throughline.StickyNone:
		return "Nothing is kept here: each request is drawn anew."
	}
	return "The first choice of a session, kept while it lasts, since " + since + "."
}

// factsOfDecision are the versions it was decided from.
func factsOfDecision(a live.Answer) []setting {
	f := []setting{{"", "Arm", a.Arm.String()}, {"propensity", "Chance", fmt.Sprintf("%.4g", a.Propensity)}}
	if a.Release > 0 {
		f = append(f, setting{"release", "Release", strconv.Itoa(a.Release)})
	}
	f = append(f, setting{"epoch", "Epoch", strconv.FormatUint(uint64(a.Epoch), 10)})
	if !a.Snapshot.IsZero() {
		f = append(f, setting{"snapshot", "Snapshot", short(a.Snapshot)})
	}
	if a.Why == nil {
		return f
	}
	f = append(f, setting{"policy", "Policy", string(a.Why.Policy.Kind)})
	switch h := a.Why.Holdout; {
	case h == nil:
		f = append(f, setting{"holdout", "Holdout", "none"})
	default:
		in := "not held out"
		if h.HeldOut {
			in = "held out"
		}
		f = append(f, setting{"holdout", "Holdout", fmt.Sprintf("%s: place %.3f of 1, held out below %g", in, h.Place, h.Share)})
	}
	again := "gives the same variant and chance"
	if !a.Same {
		again = "gives another answer: tell whoever runs the engine"
	}
	return append(f, setting{"", "Decided again", again})
}

func short(d throughline.Digest) string {
	s := d.String()
	return s[:min(len(s), 12)]
}

// likeliest is how many variants that might have been seen are listed.
const likeliest = 12

// mightHaveSeen are the variants that might have been seen, the likeliest first.
func mightHaveSeen(a live.Answer) table {
	t := table{Caption: "What might have been seen, the likeliest first", Columns: []column{{Name: "Variant"}, {Name: "It says"}, {Name: "Chance then", Number: true}, {Name: "Chance today", Number: true}}}
	today := map[throughline.VariantID]float64{}
	if a.Today != nil {
		for _, o := range a.Today.Options {
			today[o.Variant] = o.Propensity
		}
	}
	all := slices.Clone(a.Why.Options)
	slices.SortStableFunc(all, func(x, y live.Option) int {
		switch {
		case x.Chosen != y.Chosen && x.Chosen:
			return -1
		case x.Chosen != y.Chosen:
			return 1
		case x.Propensity > y.Propensity:
			return -1
		case x.Propensity < y.Propensity:
			return 1
		}
		return 0
	})
	for _, o := range all[:min(len(all), likeliest)] {
		name := `<b>` + operate.VariantLabel(o.Candidate) + `</b>`
		if o.Chosen {
			name += ` <span class="tag">seen</span>`
		}
		now := cell{Text: "not eligible", Soft: true}
		if p, ok := today[o.Variant]; ok {
			now = cell{Text: operate.SayShare(p)}
		}
		t.Rows = append(t.Rows, row{URL: variantURL(a.Placement, o.Variant), Cells: []cell{
			{HTML: template.HTML(name)},
			{Text: textsOf(o.Values, a.Why.Decision.Slots)},
			{HTML: bar(o.Propensity, "s1") + template.HTML(operate.SayShare(o.Propensity))},
			now,
		}})
	}
	if rest := all[min(len(all), likeliest):]; len(rest) > 0 {
		together := 0.0
		for _, o := range rest {
			together += o.Propensity
		}
		t.Pages.Says = fmt.Sprintf("%s more, with at most %s each and %s together.",
			operate.SayCount(int64(len(rest))), operate.SayShare(rest[0].Propensity), operate.SayShare(together))
	}
	return t
}

// textsOf joins what a variant says, in the order of its slots.
func textsOf(values map[string]string, slots []string) string {
	var said []string
	for _, s := range slots {
		if values[s] != "" {
			said = append(said, reads(values[s]))
		}
	}
	return strings.Join(said, " · ")
}

// reads is what fills a slot, in words: of a picture the name of its asset.
func reads(value string) string { return cmp.Or(throughline.AssetAt(value), value) }

// excludedOf gathers the candidates that could not be seen by their reason.
func excludedOf(all []throughline.Exclusion) table {
	t := table{Caption: "What could not be seen, by reason", Columns: []column{{Name: "Reason"}, {Name: "For example"}, {Name: "Variants", Number: true}}}
	at := map[string]int{}
	counts := []int{}
	for _, x := range all {
		i, ok := at[x.Reason]
		if !ok {
			i = len(t.Rows)
			at[x.Reason] = i
			counts = append(counts, 0)
			var levels []string
			for slot, level := range x.Levels {
				levels = append(levels, slot+" "+string(level))
			}
			slices.Sort(levels)
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: sentence(x.Reason)}, {Text: operate.VariantLabel(x.Candidate) + ": " + strings.Join(levels, ", ")}, {}}})
		}
		counts[i]++
	}
	for i := range t.Rows {
		t.Rows[i].Cells[2].Text = operate.SayCount(int64(counts[i]))
	}
	return t
}

// slotChances are the chances of the levels that were served.
func slotChances(a live.Answer) table {
	t := table{Caption: "Slot by slot", Columns: []column{{Name: "Slot"}, {Name: "Piece and meaning"}, {Name: "It says"}, {Name: "Chance of this piece", Number: true}}}
	for _, s := range a.Why.Decision.Slots {
		chance := cell{Text: "–", Soft: true}
		if p, ok := a.Why.SlotPropensity[s]; ok {
			chance = cell{Text: operate.SayShare(p)}
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: s}, {Text: string(a.Why.Levels[s])}, {Text: reads(a.Why.Values[s])}, chance}})
	}
	return t
}

func sideOf(title string, x *live.Explanation, placement string) side {
	s := side{Title: title, Reason: x.Reason, Variant: "fallback"}
	for _, o := range x.Options {
		if o.Chosen {
			s.Variant, s.URL = operate.VariantLabel(o.Candidate), variantURL(placement, o.Variant)
		}
	}
	for _, slot := range x.Decision.Slots {
		if x.Values[slot] != "" {
			text := crumb{Kind: slot, Name: reads(x.Values[slot])}
			if asset := throughline.AssetAt(x.Values[slot]); asset != "" {
				text.URL = refPath(throughline.Ref{Kind: throughline.KindAsset, Name: asset})
			}
			s.Texts = append(s.Texts, text)
		}
	}
	s.Facts = []setting{
		{"", "Arm", x.Arm.String()},
		{"propensity", "Chance", fmt.Sprintf("%.4g", x.Propensity)},
		{"policy", "Policy", string(x.Policy.Kind)},
		{"release", "Release", strconv.Itoa(x.Release)},
		{"epoch", "Epoch", strconv.FormatUint(uint64(x.Epoch), 10)},
		{"", "Eligible", fmt.Sprintf("%s of %s", operate.SayCount(int64(len(x.Options))), operate.SayCount(int64(len(x.Options)+len(x.Excluded))))},
	}
	for _, answer := range x.Audiences {
		said := "matches"
		if !answer.Matches {
			said = "does not match"
		}
		s.Facts = append(s.Facts, setting{"audience", "Audience", answer.Name + " " + said})
	}
	return s
}

// pagerOf leads to what is further back in the journal.
func pagerOf(base string, keep url.Values, before uint64, found operate.JournalPage) (p pager) {
	first := base
	if len(keep) > 0 {
		first += "?" + keep.Encode()
	}
	if before > 0 {
		p.First = first
	}
	if found.Next > 1 {
		more := url.Values{"before": {strconv.FormatUint(found.Next, 10)}}
		for name, values := range keep {
			more[name] = values
		}
		p.Next = base + "?" + more.Encode()
		if !found.Full {
			p.Says = "Looked through back to " + found.Back.UTC().Format("2 January 2006, 15:04") + " UTC. There may be more further back."
		}
	}
	return p
}
