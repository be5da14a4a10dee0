package web

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// releasePage is one release: what it changes, where it stands, and what may be
// done about it.
type releasePage struct {
	shell
	Release throughline.Release
	Author  operate.Owner
	Badge   template.HTML
	Health  operate.Health
	Says    string
	// Message is why it was made.
	Message string
	Review  reviewView
	Dates   []dateView
	// Secret is true while its embargo holds.
	Secret  bool
	Trouble *problemView
	Moments []moment
	Acts    releaseActs
	// Back is what rolling it back would do; nil where that is not offered, or not
	// asked for yet, which BackURL does.
	Back    *backView
	BackURL string
	// Problem is what became of the last attempt.
	Problem *serve.Fault
	Reason  field
}

// releaseActs are what the viewer may do now, and why not the rest.
type releaseActs struct {
	URL                                         string
	Approve, Return, Withdraw, Reschedule, Back bool
	// Now is what Reschedule without a date does: go live at once.
	Now bool
	// Why has the reasons of what is not offered though its time is now.
	Why      []string
	Schedule scheduleForm
	// Later says what approving does when it does not let it go live at once.
	Later string
}

// backView is what rolling a release back restores, or what prevents it.
type backView struct {
	Says    string
	Changes []changeView
	// Unlisted counts the changes left out.
	Unlisted int
	Stopped  []problemView
}

func (w *Web) release(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	return w.showRelease(rw, r, v, n, http.StatusOK, nil)
}

func (w *Web) showRelease(rw http.ResponseWriter, r *http.Request, v viewer, n, status int, again *typed) error {
	ctx := r.Context()
	rel, err := w.Releases.Release(ctx, v.Caller, n)
	if err != nil {
		return err
	}
	rights, err := w.Releases.May(ctx, v.Caller, n)
	if err != nil {
		return err
	}
	people, err := w.people(ctx)
	if err != nil {
		return err
	}
	rev, err := w.reviewed(ctx, v, content.ReviewInput{Release: n, Locale: r.URL.Query().Get("locale"), From: changesAt(r.URL.Query())})
	if err != nil {
		return err
	}
	page := releasePage{shell: w.shell(r, v, "Release "+strconv.Itoa(n), crumb{Name: "Release", URL: "/release"}), Release: rel}
	page.Path = releaseURL(n)
	page.Station, page.Wide, page.Styles, page.Scripts = "release", true, []string{"release.css"}, []string{"release.js"}
	page.fill(w, r, people, rev)
	page.Caption = w.captionRelease(r, v, rel)
	page.Acts = newActs(rel, rights, rev, zoneOf(r), again)
	page.Reason = field{Name: "reason", Label: "What should its author change?", Kind: "textarea", Required: true, Max: 1000}
	if again != nil && again.err != nil {
		page.blame(again)
	}
	switch asked := r.URL.Query().Has("back") || again != nil; {
	case !rights.Rollback && rel.State != throughline.ReleaseLive:
	case asked:
		if page.Back, err = w.newBack(ctx, v, n); err != nil {
			return err
		}
	default: // planning it takes a while, and few want to see it
		page.BackURL = releaseURL(n) + "?back=1#back"
	}
	return w.render(rw, r, status, "release", page)
}

// blame says what became of an attempt, at the field it is about.
func (p *releasePage) blame(again *typed) {
	f := serve.FaultOf(again.err)
	switch {
	case p.Acts.Schedule.blame(again.err):
	case f.Field == "reason":
		p.Reason.Problem = sentence(f.Detail) + "."
	default:
		p.Problem = &f
	}
}

// fill lays out a release and its review.
func (p *releasePage) fill(w *Web, r *http.Request, people map[string]operate.Owner, rev content.Review) {
	rel, zone := p.Release, zoneOf(r)
	p.Author, p.Health = actorOf(people, rel.Author), releaseHealth(rel)
	p.Badge = badge(p.Health, string(rel.State)).HTML
	p.Message = rel.Message
	p.Review = w.newReviewView(r, rev)
	if !waits(rel) { // what stood in the way once does not now
		p.Review.Problems = nil
	}
	p.Dates = datesOf(rel.Schedule, zone)
	p.Secret = rel.LiveAt.IsZero() && rel.Schedule != nil && rel.Schedule.EmbargoAt.After(time.Now())
	p.Says = saysRelease(rel, rev, people, zone)
	if t := rel.Trouble; t != nil {
		p.Trouble = &problemView{Text: sentence(t.Message), Fix: sentence(t.Fix), Where: where(t.Object, t.Field), URL: w.fieldURL(t.Object, t.Field)}
	}
	p.Moments = momentsOf(rel, people, zone)
}

// saysRelease is the answer: how much it changes and how it stands.
func saysRelease(rel throughline.Release, rev content.Review, people map[string]operate.Owner, zone *time.Location) string {
	said := sentence(saysReview(rev))
	if !waits(rel) { // what stood in the way once does not now
		said = sentence(saysExtent(rev))
	}
	at := func(t time.Time) string { return whenIn(t, zone).String() }
	ended := func() string {
		if rel.EndedBy == nil {
			return ""
		}
		return " by " + actorOf(people, *rel.EndedBy).Name
	}
	switch rel.State {
	case throughline.ReleaseProposed:
		return said + ". It waits to be approved" + byWhom(rev.Approvers) + "."
	case throughline.ReleaseApproved:
		if rel.Schedule != nil && !rel.Schedule.GoLiveAt.IsZero() {
			return said + ". It goes live on " + at(rel.Schedule.GoLiveAt) + "."
		}
		return said + ". It is approved and goes live next."
	case throughline.ReleaseLive:
		return said + ". Live since " + at(rel.LiveAt) + "."
	case throughline.ReleaseSuperseded:
		return said + ". Live since " + at(rel.LiveAt) + "; later releases came on top."
	case throughline.ReleaseRolledBack:
		return said + ". Rolled back" + ended() + " on " + at(rel.EndedAt) + "."
	case throughline.ReleaseEnded:
		return said + ". Its time was over on " + at(rel.EndedAt) + "; what was before is back."
	}
	if rel.Returned {
		return said + ". Returned to its author" + ended() + ": " + rel.Reason
	}
	return said + ". Withdrawn" + ended() + "; it never went live."
}

func byWhom(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " by " + orList(names)
}

// momentsOf tells a release's life, the newest first.
func momentsOf(rel throughline.Release, people map[string]operate.Owner, zone *time.Location) (all []moment) {
	add := func(at time.Time, what string, by *throughline.Actor) {
		if at.IsZero() {
			return
		}
		m := moment{At: at.In(zone).Format("2 Jan 2006, 15:04 MST"), Stamp: at.UTC().Format(time.RFC3339), What: template.HTML(template.HTMLEscapeString(what))}
		if by != nil {
			m.By = actorOf(people, *by).Name
		}
		all = append(all, m)
	}
	made := "Proposed"
	if rel.ApprovedBy == nil && rel.Schedule == nil && !rel.LiveAt.IsZero() {
		made = "Made"
	}
	add(rel.CreatedAt, made, &rel.Author)
	approved := "Approved"
	if rel.SelfApproved {
		approved = "Approved by its author, because nobody else may,"
	}
	if rel.ApprovedBy != nil {
		add(rel.ApprovedAt, approved, rel.ApprovedBy)
	}
	live := "Went live"
	if rel.After > 0 {
		live += ", on top of release " + strconv.Itoa(rel.After)
	}
	add(rel.LiveAt, live, nil)
	ends := map[throughline.ReleaseState]string{
		throughline.ReleaseRolledBack: "Rolled back", throughline.ReleaseEnded: "Ended, as planned", throughline.ReleaseWithdrawn: "Withdrawn",
	}[rel.State]
	if rel.Returned {
		ends = "Returned to its author: “" + rel.Reason + "”,"
	}
	if ends != "" {
		add(rel.EndedAt, ends, rel.EndedBy)
	}
	slices.Reverse(all)
	if len(all) > 0 {
		all[0].On = true
	}
	return all
}

// newActs says what may be done with a release as it stands.
func newActs(rel throughline.Release, rights content.ReleaseRights, rev content.Review, zone *time.Location, again *typed) releaseActs {
	a := releaseActs{URL: releaseURL(rel.Number), Approve: rights.Approve, Return: rights.Return, Withdraw: rights.Withdraw, Reschedule: rights.Reschedule, Back: rights.Rollback && rel.Number > 1}
	var s throughline.Schedule
	if rel.Schedule != nil {
		s = *rel.Schedule
	}
	a.Now = rel.State == throughline.ReleaseApproved && rights.Reschedule
	if rel.Schedule != nil && !rel.Schedule.GoLiveAt.IsZero() {
		a.Later = "It then " + saysDates(rel.Schedule) + "."
	}
	if again != nil && !again.schedule.IsZero() {
		s = again.schedule
	}
	a.Schedule = newScheduleForm(s, zone)
	a.Schedule.Live = !waits(rel)
	a.Schedule.Open = again != nil && !again.schedule.IsZero()
	want := map[throughline.ReleaseState][]string{
		throughline.ReleaseProposed: {"approve", "return", "withdraw"}, throughline.ReleaseApproved: {"withdraw", "reschedule"},
		throughline.ReleaseLive: {"rollback"}, throughline.ReleaseSuperseded: {"rollback"},
	}
	for _, name := range want[rel.State] {
		if why := rights.Why[name]; why != "" && !slices.Contains(a.Why, sentence(why)+".") {
			a.Why = append(a.Why, sentence(why)+".")
		}
	}
	if inTheWay(rev) > 0 && a.Approve {
		a.Approve = false
		a.Why = append(a.Why, "It cannot be approved while something is in the way: return it, or mend it in a release of your own.")
	}
	return a
}

// newBack plans the rollback of a release.
func (w *Web) newBack(ctx context.Context, v viewer, n int) (*backView, error) {
	rev, err := w.Releases.Review(ctx, v.Caller, content.ReviewInput{Rollback: n})
	if err != nil {
		return nil, err
	}
	b := &backView{Says: sentence(saysReview(rev))}
	for _, p := range slices.Concat(rev.Problems, rev.Refused) {
		b.Stopped = append(b.Stopped, problemView{Text: sentence(p.Message), Fix: sentence(p.Fix)})
	}
	b.Changes, b.Unlisted = w.newChangeViews(rev.Plan.Changes)
	return b, nil
}

// after tells what became of a form about a release: the release's page, with
// what it is to be told, or the form again with its problem.
func (w *Web) after(rw http.ResponseWriter, r *http.Request, v viewer, n int, sent *typed, rel throughline.Release, say toast) error {
	if sent.err == nil {
		w.toast(rw, r, say)
		http.Redirect(rw, r, releaseURL(cmp.Or(rel.Number, n)), http.StatusSeeOther)
		return nil
	}
	if !isProblem(sent.err) {
		return sent.err
	}
	if _, err := w.Releases.ReleaseHead(r.Context(), v.Caller, n); err != nil {
		return err
	}
	return w.showRelease(rw, r, v, n, serve.FaultOf(sent.err).Status, sent)
}

func (w *Web) approve(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	now, err := w.Releases.ReleaseHead(ctx, v.Caller, n)
	if err != nil {
		return err
	}
	if now.ApprovedBy != nil && !waitsForApproval(now) {
		return w.approvedAlready(rw, r, now)
	}
	sent := &typed{err: w.sameAsSeen(r, v, n)}
	var rel throughline.Release
	if sent.err == nil {
		rel, sent.err = w.Releases.Approve(ctx, v.Caller, n)
	}
	if throughline.CodeOf(sent.err) == throughline.Conflict {
		if now, err := w.Releases.ReleaseHead(ctx, v.Caller, n); err == nil && now.ApprovedBy != nil {
			return w.approvedAlready(rw, r, now)
		}
	}
	return w.after(rw, r, v, n, sent, rel, released(rel))
}

func waitsForApproval(rel throughline.Release) bool { return rel.State == throughline.ReleaseProposed }

// approvedAlready tells who was faster; what was wanted is done.
func (w *Web) approvedAlready(rw http.ResponseWriter, r *http.Request, rel throughline.Release) error {
	people, err := w.people(r.Context())
	if err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: actorOf(people, *rel.ApprovedBy).Name + " approved release " + strconv.Itoa(rel.Number) + " already."})
	http.Redirect(rw, r, releaseURL(rel.Number), http.StatusSeeOther)
	return nil
}

// sameAsSeen refuses a decision about something else than what the form showed.
func (w *Web) sameAsSeen(r *http.Request, v viewer, n int) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	seen, err := digestFrom(r)
	if err != nil {
		return err
	}
	rev, err := w.reviewed(r.Context(), v, content.ReviewInput{Release: n})
	if err == nil && rev.Digest != seen {
		err = throughline.Errorf(throughline.Conflict, "what would go live has changed since you looked at it").
			WithFix("look at it as it is now, and decide again")
	}
	return err
}

func (w *Web) giveBack(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	rel, err := w.Releases.Return(r.Context(), v.Caller, n, strings.TrimSpace(r.PostFormValue("reason")))
	return w.after(rw, r, v, n, &typed{err: err}, rel, toast{Text: "Release " + strconv.Itoa(n) + " is back with its author, as a draft."})
}

func (w *Web) withdraw(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	rel, err := w.Releases.Withdraw(r.Context(), v.Caller, n, strings.TrimSpace(r.PostFormValue("reason")))
	return w.after(rw, r, v, n, &typed{err: err}, rel, toast{Text: "Release " + strconv.Itoa(n) + " is withdrawn, and never went live."})
}

func (w *Web) reschedule(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	sent := &typed{schedule: scheduleFrom(r)}
	if r.PostFormValue("do") == "now" {
		sent.schedule = throughline.Schedule{}
	}
	rel, err := w.Releases.Reschedule(r.Context(), v.Caller, n, sent.schedule)
	sent.err = err
	say := released(rel)
	switch {
	case rel.State == throughline.ReleaseProposed && rel.Schedule != nil:
		say = toast{Text: "Once approved, release " + strconv.Itoa(n) + " " + saysDates(rel.Schedule) + "."}
	case !rel.LiveAt.IsZero() && rel.Schedule != nil:
		say = toast{Text: "Release " + strconv.Itoa(n) + " " + saysDates(rel.Schedule) + "."}
	case rel.Schedule == nil && r.PostFormValue("do") != "now":
		say = toast{Text: "Release " + strconv.Itoa(n) + " has no dates any more."}
	}
	return w.after(rw, r, v, n, sent, rel, say)
}

func (w *Web) rollback(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := numberOf(r)
	if err != nil {
		return err
	}
	rel, err := w.Releases.Rollback(r.Context(), v.Caller, n)
	say := toast{
		Text: "Release " + strconv.Itoa(n) + " is undone: release " + strconv.Itoa(rel.Number) + " put back what was before.",
		Undo: &undo{URL: releaseURL(rel.Number) + "/rollback", Label: "Bring it back"},
	}
	return w.after(rw, r, v, n, &typed{err: err}, rel, say)
}
