package web

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// placementURL leads to a placement: its own page, or its row on The Line.
func (w *Web) placementURL(name string) string {
	return cmp.Or(w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: name}), "/#placement-"+strings.ReplaceAll(name, "/", "--"))
}

func (w *Web) decisions(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error {
	kinds := map[string]throughline.Kind{"audience": throughline.KindAudience, "goal": throughline.KindGoal}
	kind, declared := kinds[q.Get("kind")]
	p.Tabs = []tab{
		{Name: "Placements", URL: "/decide", On: !declared},
		{Name: "Audiences", URL: "/decide?kind=audience", On: kind == throughline.KindAudience},
		{Name: "Goals", URL: "/decide?kind=goal", On: kind == throughline.KindGoal},
	}
	if declared {
		p.Table = table{Caption: string(kind) + "s by name", Columns: []column{{Name: string(kind)}, {Name: "What it says"}, {Name: "Owner"}}}
		p.Empty = &beginning{
			Title: "Here you will see every " + strings.ToLower(string(kind)),
			What:  "An audience is a rule over what a request says of the recipient. A goal is the outcome that counts for a placement, and how long after an exposure it does.",
		}
		w.begins(p, kind)
		return w.ofKind(ctx, kind, q, p, func(r throughline.Resource) []cell {
			return []cell{{Text: ruleOf(r)}, p.owner(l, r)}
		})
	}
	p.Table = table{Caption: "Placements by name", Columns: []column{{Name: "Placement"}, {Name: "How it stands"}, {Name: "Policy"}, {Name: "Most served"}, {Name: "Variants", Number: true}, {Name: "Health"}, {Name: "Owner"}}}
	p.Empty = noPlacements()
	w.begins(p, throughline.KindPlacement)
	w.beginsHere(p)
	variants := 0
	for _, at := range l.Placements {
		variants += at.Total
	}
	if n := int64(len(l.Placements)); n > 0 {
		p.answers(operate.Plural(n, "placement chooses", "placements choose") + " among " + operate.Plural(variants, "variant", "variants") + "; " + p.flowed(l))
	}
	for _, at := range l.Placements {
		p.Table.Rows = append(p.Table.Rows, row{URL: w.placementURL(at.Name), Cells: []cell{
			{Text: at.Name},
			{Text: at.State},
			{Text: string(at.Policy)},
			{Text: topShare(at)},
			{Text: operate.SayCount(int64(at.Total))},
			healthCell(at.Health), ownerOf(at.Owner),
		}})
	}
	return nil
}

// flowed says how much went through the station, and when last.
func (p *stationPage) flowed(l operate.Line) string {
	return operate.SayCount(p.Flow.Count) + " " + p.Flow.Unit + ", the latest " + operate.SayAge(p.Flow.Latest, l.AsOf)
}

// beginsHere leads from a station without placements to the guided start, for
// who may begin there.
func (w *Web) beginsHere(p *stationPage) {
	if w.routed["GET /start"] && mayBegin(p.Viewer.Caller) {
		p.Empty.Act, p.Empty.URL, p.Empty.Command = "Begin with a first placement", "/start", ""
	}
}

func noPlacements() *beginning {
	return &beginning{
		Title:   "Here you will see every place where content is asked for",
		What:    "A placement says which channel, which template, for whom, towards which goal, and how it chooses among the variants.",
		Why:     "Without one the engine answers nobody.",
		Command: "throughline apply my-engine",
	}
}

func ruleOf(r throughline.Resource) string {
	switch s := r.Spec.(type) {
	case *throughline.Audience:
		return s.Rule
	case *throughline.Goal:
		return cmp.Or(s.Title, s.Event)
	}
	return ""
}

func healthCell(h operate.Health) cell { return cell{HTML: healthMark(h)} }

func (w *Web) deliveries(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error {
	channels := q.Get("kind") == "channel"
	p.Tabs = []tab{{Name: "Placements", URL: "/deliver", On: !channels}, {Name: "Channels", URL: "/deliver?kind=channel", On: channels}}
	if channels {
		p.Table = table{Caption: "Channels by name", Columns: []column{{Name: "Channel"}, {Name: "Surface"}, {Name: "Owner"}}}
		p.Empty = &beginning{Title: "Here you will see where content goes", What: "A channel says what a place allows: a web page, an app, and what fits there."}
		w.begins(p, throughline.KindChannel)
		return w.ofKind(ctx, throughline.KindChannel, q, p, func(r throughline.Resource) []cell {
			return []cell{{Text: string(r.Spec.(*throughline.Channel).Surface)}, p.owner(l, r)}
		})
	}
	p.Banners = w.mistaken(l.Unheard)
	p.Table = table{Caption: "Deliveries by placement", Columns: []column{{Name: "Placement"}, {Name: "Channel"}, {Name: "Deliveries", Number: true}, {Name: "Health"}, {Name: "Owner"}}}
	p.Empty = noPlacements()
	w.beginsHere(p)
	if n := int64(len(l.Placements)); n > 0 {
		p.answers(p.flowed(l) + ", at " + operate.Plural(n, "placement", "placements"))
	}
	for _, at := range l.Placements {
		p.Table.Rows = append(p.Table.Rows, row{URL: w.placementURL(at.Name), Cells: []cell{
			{Text: at.Name}, {Text: at.Channel}, {Text: operate.SayCount(at.Deliveries)}, healthCell(at.Health), ownerOf(at.Owner),
		}})
	}
	return nil
}

// shownUnheard is how many names that no goal knows are shown.
const shownUnheard = 5

// mistaken says which outcomes count for nothing, and leads to the goal that was
// probably meant.
func (w *Web) mistaken(u operate.Unheard) (all []stationBanner) {
	for _, e := range u.Events[:min(len(u.Events), shownUnheard)] {
		b := stationBanner{Text: e.Says()}
		if e.Goal != "" {
			b.URL, b.Act = w.objectURL(throughline.Ref{Kind: throughline.KindGoal, Name: e.Goal}), "See the goal"
		}
		all = append(all, b)
	}
	if more := len(u.Events) - shownUnheard; more > 0 {
		all = append(all, stationBanner{Text: operate.Plural(more, "more name is", "more names are") + " known to no goal."})
	}
	if says := u.SaysOthers(); says != "" {
		all = append(all, stationBanner{Text: says})
	}
	return all
}

func (w *Web) learnings(_ context.Context, _ url.Values, l operate.Line, p *stationPage) error {
	p.Table = table{Caption: "What each placement learned", Columns: []column{{Name: "Placement"}, {Name: "Rate where it chose"}, {Name: "Rate in the holdout"}, {Name: "Uplift"}, {Name: "What is missing"}, {Name: "Owner"}}}
	p.Empty = noPlacements()
	w.beginsHere(p)
	compared := 0
	for _, at := range l.Placements {
		if at.Thin == nil {
			compared++
		}
		missing := cell{Text: "nothing", Soft: true}
		if at.Thin != nil {
			missing = cell{Text: operate.SayThin(*at.Thin)}
		}
		p.Table.Rows = append(p.Table.Rows, row{URL: w.placementURL(at.Name), Cells: []cell{
			{Text: at.Name}, rateCell(at.Learned, at.Thin != nil), rateCell(at.Holdout, at.Thin != nil), {HTML: gain(at)}, missing, ownerOf(at.Owner),
		}})
	}
	if n := int64(len(l.Placements)); n > 0 {
		p.answers(operate.SayCount(int64(compared)) + " of " + operate.Plural(n, "placement", "placements") + " can be compared with the holdout; " + p.flowed(l))
	}
	if len(l.Figures) > 0 {
		p.Says += ". " + l.Figures[0].Name + ": " + operate.SayNumber(l.Figures[0].Number)
	}
	return nil
}

func rateCell(n throughline.Number, provisional bool) cell {
	switch {
	case n.N == 0:
		return cell{Text: "–", Soft: true}
	case n.Owner == "":
		return cell{Text: "not shown: nobody answers for it"}
	}
	if provisional {
		return cell{Text: operate.SayCases(n)}
	}
	return cell{Text: operate.SayRatio(n) + " · " + operate.SayCount(n.N)}
}
