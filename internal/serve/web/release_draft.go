package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// draftPage is one's own open change set: the review before it goes.
type draftPage struct {
	shell
	Says   string
	Health operate.Health
	Items  []draftItemView
	Review reviewView
	// Part is what is chosen of it; nil for all of it.
	Part *draftPart
	// Choosable says that a part can be chosen.
	Choosable bool
	// Message and Schedule are the form; Waits is true where it will be proposed to
	// Approvers, and not go live at once.
	Message   field
	Schedule  scheduleForm
	Waits     bool
	Approvers string
	// Stopped says why it cannot be released as it is; empty where it can.
	Stopped []string
	// Undo and Redo are the latest steps.
	Undo, Redo string
	// Problem is what became of the last attempt.
	Problem *serve.Fault
	Empty   *beginning
}

// draftItemView is one object of a draft.
type draftItemView struct {
	Ref, Name, Kind, URL, Does string
	// Chosen says that it is in what is looked at.
	Chosen  bool
	Problem string
	Saved   when
}

// draftPart is some of a draft, to be released without the rest.
type draftPart struct {
	// Only are the references of what is chosen.
	Only []string
	// Says is how much that is, and what becomes of the rest; Leans is what in it
	// goes with things as they are in force.
	Says  string
	Leans []string
}

// mostChosen is the largest draft of which a part can be chosen on the page: the
// choice is in the address.
const mostChosen = 200

// onlyFrom reads what is chosen of a draft: none for all of it.
func onlyFrom(form url.Values) ([]throughline.Ref, error) {
	if n := len(form["only"]); n > mostChosen {
		return nil, throughline.Errorf(throughline.TooLarge, "%d changes are chosen, and at most %d can be", n, mostChosen).
			WithFix("choose fewer, or release all of the draft")
	}
	return refsOf(form["only"])
}

// refsOf reads refs as Kind/name.
func refsOf(texts []string) (refs []throughline.Ref, err error) {
	for _, text := range texts {
		ref, err := throughline.ParseRef(text)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// typed is what a form sent, to be shown again.
type typed struct {
	message  string
	schedule throughline.Schedule
	err      error
}

func (w *Web) draft(rw http.ResponseWriter, r *http.Request, v viewer) error {
	only, err := onlyFrom(r.URL.Query())
	if err != nil {
		return err
	}
	return w.showDraft(rw, r, v, http.StatusOK, only, nil)
}

func (w *Web) showDraft(rw http.ResponseWriter, r *http.Request, v viewer, status int, only []throughline.Ref, again *typed) error {
	d, err := w.Releases.Draft(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	page := draftPage{shell: w.shell(r, v, "Your draft", crumb{Name: "Release", URL: "/release"}), Undo: d.Undo, Redo: d.Redo}
	page.Path = "/draft"
	page.Station, page.Wide, page.Styles, page.Scripts = "release", true, []string{"release.css"}, []string{"release.js"}
	if again != nil && again.err != nil {
		f := serve.FaultOf(again.err)
		page.Problem = &f
	}
	if len(d.Items) == 0 {
		page.Says, page.Health = "Your draft is empty", operate.HealthNone
		page.Empty = &beginning{
			Title: "Here you will see what you changed, before anybody else does",
			What:  "What you edit collects here, saved as you type. You look at it as people will see it, and release it as one.",
			Why:   "What goes live together is judged together, and undone together.",
			Act:   "Make something", URL: "/make",
		}
		return w.render(rw, r, status, "draft", page)
	}
	only = slices.DeleteFunc(only, func(ref throughline.Ref) bool { // it may have left the draft meanwhile
		return !slices.ContainsFunc(d.Items, func(item content.DraftItem) bool { return item.Ref == ref })
	})
	if len(only) == len(d.Items) {
		only = nil
	}
	rev, err := w.reviewed(r.Context(), v, content.ReviewInput{Draft: true, Only: only, Locale: r.URL.Query().Get("locale"), From: changesAt(r.URL.Query())})
	if err != nil {
		return err
	}
	page.choose(only, rev, len(d.Items))
	page.fill(w, r, d, rev, again)
	page.Caption = w.captionDraft(r, d, len(page.Stopped) > 0)
	return w.render(rw, r, status, "draft", page)
}

// choose lays out what is chosen of a draft.
func (p *draftPage) choose(only []throughline.Ref, rev content.Review, items int) {
	p.Choosable = items > 1 && items <= mostChosen
	if len(only) == 0 {
		return
	}
	rest := "the other one stays"
	if rev.Left > 1 {
		rest = "the other " + strconv.Itoa(rev.Left) + " stay"
	}
	p.Part = &draftPart{Says: strconv.Itoa(len(only)) + " of " + strconv.Itoa(items) + " changes; " + rest + " in your draft"}
	for _, ref := range only {
		p.Part.Only = append(p.Part.Only, ref.String())
	}
	for _, l := range rev.Leaning {
		if l.Must {
			p.Stopped = append(p.Stopped, l.Ref.String()+" cannot go without "+l.Needs.String()+", which you left out. Choose both, or neither.")
		} else {
			p.Part.Leans = append(p.Part.Leans, l.Ref.String()+" goes with "+l.Needs.String()+" as it is in force, because your change to that is left out.")
		}
	}
}

// fill lays out a draft and its review.
func (p *draftPage) fill(w *Web, r *http.Request, d content.Draft, rev content.Review, again *typed) {
	p.Review = w.newReviewView(r, rev)
	p.Says, p.Health = sentence(saysReview(rev)), operate.HealthOK
	if rev.Blocked() || len(rev.Refused) > 0 {
		p.Health = operate.HealthBad
	}
	for _, item := range d.Items {
		view := w.newDraftItem(r, item)
		view.Chosen = p.Part == nil || slices.Contains(p.Part.Only, view.Ref)
		p.Items = append(p.Items, view)
	}
	p.Waits, p.Approvers = rev.Waits, orList(rev.Approvers)
	for _, problem := range rev.Refused {
		p.Stopped = append(p.Stopped, sentence(problem.Message)+". "+sentence(problem.Fix)+".")
	}
	if n := inTheWay(rev); n > 0 {
		p.Stopped = append(p.Stopped, "First mend what is in the way.")
	}
	message := d.Message
	if message == "" {
		message = saysChanges(rev.Plan.Changes)
	}
	schedule := throughline.Schedule{}
	if again != nil {
		message, schedule = again.message, again.schedule
	}
	p.Message = field{Name: "message", Label: "What is it for?", Kind: "textarea", Value: message, Hint: "People read it in the list of releases, and in the calendar.", Max: 500}
	p.Schedule = newScheduleForm(schedule, zoneOf(r))
	p.Schedule.Open = !schedule.IsZero()
	if again != nil && again.err != nil && p.Schedule.blame(again.err) {
		p.Problem = nil // it is said at the field
	}
}

func (w *Web) newDraftItem(r *http.Request, item content.DraftItem) draftItemView {
	v := draftItemView{Ref: item.Ref.String(), Kind: string(item.Ref.Kind), Name: item.Ref.Name, URL: w.objectURL(item.Ref), Does: "changed", Saved: whenIn(item.SavedAt, zoneOf(r))}
	switch {
	case item.Deleted:
		v.Does = "deleted"
	case item.Base.IsZero():
		v.Does = "new"
	}
	switch {
	case item.Text != "":
		v.Problem = "It cannot be read yet."
		if len(item.Problems) > 0 {
			v.Problem = sentence(item.Problems[0].Message) + "."
		}
	case len(item.Conflicts) > 0:
		v.Problem = "Somebody changed it too: choose between the two."
	case item.Stale:
		v.Does += ", joined with what somebody else released"
	}
	return v
}

// changeDraft does one thing to the draft: releases it, or takes steps back.
func (w *Web) changeDraft(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	ctx, by := r.Context(), v.Caller
	var err error
	switch r.PostFormValue("do") {
	case "release", "schedule":
		return w.releaseDraft(rw, r, v)
	case "discard":
		refs, err := refsOf(r.PostForm["ref"])
		if err != nil {
			return err
		}
		if _, err = w.Releases.Discard(ctx, by, refs...); err == nil {
			said := "The draft is discarded."
			if len(refs) > 0 {
				said = "Discarded your changes to " + refs[0].String() + "."
			}
			w.toast(rw, r, toast{Text: said, Undo: &undo{URL: "/draft", Fields: map[string]string{"do": "undo"}}})
		}
	case "undo":
		if _, err = w.Releases.Undo(ctx, by); err == nil {
			w.toast(rw, r, toast{Text: "Undone.", Undo: &undo{URL: "/draft", Fields: map[string]string{"do": "redo"}, Label: "Do it again"}})
		}
	case "redo":
		if _, err = w.Releases.Redo(ctx, by); err == nil {
			w.toast(rw, r, toast{Text: "Done again.", Undo: &undo{URL: "/draft", Fields: map[string]string{"do": "undo"}}})
		}
	default:
		return throughline.Errorf(throughline.Invalid, "the form does not say what to do").WithFix("go back and press one of its buttons")
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/draft", http.StatusSeeOther)
	return nil
}

// digestFrom reads the digest of what was looked at. A form without one is of
// nothing that anybody saw.
func digestFrom(r *http.Request) (throughline.Digest, error) {
	d, err := throughline.ParseDigest(r.PostFormValue("reviewed"))
	if err != nil || d.IsZero() {
		return d, throughline.Errorf(throughline.Conflict, "the form does not say what you looked at").WithFix("look at it as it is now, and decide")
	}
	return d, nil
}

func (w *Web) releaseDraft(rw http.ResponseWriter, r *http.Request, v viewer) error {
	only, err := onlyFrom(r.PostForm)
	if err != nil {
		return err
	}
	sent := &typed{message: strings.TrimSpace(r.PostFormValue("message"))}
	if r.PostFormValue("do") == "schedule" {
		sent.schedule = scheduleFrom(r)
		if sent.schedule.IsZero() {
			sent.err = throughline.Errorf(throughline.Invalid, "the schedule has no date").In(throughline.Ref{}, "goLive").
				WithFix("say when it goes live, or release it now")
		}
	}
	var rel throughline.Release
	reviewed, err := digestFrom(r)
	if err == nil {
		err = sent.err
	}
	if err == nil {
		rel, err = w.Releases.Propose(r.Context(), v.Caller, content.Proposal{Draft: true, Only: only, Message: sent.message, Schedule: sent.schedule, Reviewed: reviewed})
	}
	if err != nil {
		if !isProblem(err) {
			return err
		}
		sent.err = err
		return w.showDraft(rw, r, v, serve.FaultOf(err).Status, only, sent)
	}
	w.toast(rw, r, released(rel))
	http.Redirect(rw, r, releaseURL(rel.Number), http.StatusSeeOther)
	return nil
}

// released is what to say of a release that was just made or approved, with the
// way back where there is one.
func released(rel throughline.Release) toast {
	name := "Release " + strconv.Itoa(rel.Number)
	switch {
	case rel.Trouble != nil:
		return toast{Text: name + " could not go live: " + rel.Trouble.Message + ".", Bad: true}
	case rel.State == throughline.ReleaseLive && rel.Number > 1:
		return toast{Text: name + " is live.", Undo: &undo{URL: releaseURL(rel.Number) + "/rollback"}}
	case rel.State == throughline.ReleaseLive:
		return toast{Text: name + " is live."}
	case rel.State == throughline.ReleaseProposed:
		return toast{Text: name + " is proposed, and waits to be approved.", Undo: &undo{URL: releaseURL(rel.Number) + "/withdraw", Label: "Withdraw"}}
	case rel.Schedule != nil:
		return toast{Text: name + " " + saysDates(rel.Schedule) + "."}
	}
	return toast{Text: name + " is " + string(rel.State) + "."}
}
