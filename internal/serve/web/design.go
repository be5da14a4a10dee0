package web

import (
	"html/template"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// designPage shows every component in all its states.
type designPage struct {
	shell
	Healths  []operate.Health
	Colours  []string
	Icons    []string
	Fields   []field
	Table    table
	Tabs     []tab
	Toasts   []toast
	Empty    beginning
	Numbers  []measured
	Moments  []moment
	Steps    []step
	Spark    template.HTML
	Whiskers template.HTML
	Thin     template.HTML
	Area     template.HTML
	Bar      template.HTML
	Diff     template.HTML
	Before   string
	After    string
	Code     string
}

// design shows the design system on made-up data, in the reader's theme.
func (w *Web) design(rw http.ResponseWriter, r *http.Request, v viewer) error {
	page := newDesignPage()
	page.shell = w.shell(r, v, "Components")
	page.Wide, page.Styles = true, []string{"design.css"}
	page.Keys = []keyHint{{"n", "next rows of a list"}}
	return w.render(rw, r, http.StatusOK, "design", page)
}

func newDesignPage() designPage {
	owner := operate.Owner{Person: "ada", Name: "Ada Kowalska", Initials: "AK"}
	number := func(value, low, high float64, n int64) throughline.Number {
		return throughline.Number{Value: value, Low: low, High: high, N: n, Unit: "ratio", Owner: "ada"}
	}
	before, after := "Shop the autumn sale, today only.", "Shop our autumn sale while it lasts."
	return designPage{
		Healths: []operate.Health{operate.HealthOK, operate.HealthWarn, operate.HealthBad, operate.HealthNone},
		Colours: []string{"s1", "s2", "s3", "s4", "s5", "s6", "sh", "s0"},
		Icons:   iconNames(),
		Fields:  designFields(),
		Table:   designTable(),
		Tabs:    []tab{{Name: "Fragments", URL: "/design", Count: "312", On: true}, {Name: "Templates", URL: "/design?tab=templates", Count: "9"}, {Name: "Brands", URL: "/design?tab=brands"}},
		Toasts:  []toast{{Text: "Release 12 is live.", Undo: &undo{URL: "/theme", Fields: map[string]string{"next": "/design"}}}, {Text: "Not saved: the engine cannot be reached. What you typed is still here.", Bad: true}},
		Empty: beginning{
			Title: "Here you will see what is wanted, for whom and by when", What: "A brief is where the line begins. What is made for it leads back to it.",
			Why: "Content without a brief cannot be judged: nobody wrote down what it was for.", Act: "Write the first brief", URL: "/design", SampleText: "See an example", Sample: "/design",
		},
		Numbers: []measured{
			newMeasured(number(0.042, 0.039, 0.046, 18_204), owner), newMeasured(number(0.31, 0.12, 0.52, 412), owner),
			{Value: "14 of 371", Provisional: true, Owner: owner},
			newMeasured(throughline.Number{Value: 1, N: 9}, operate.Owner{}), newMeasured(throughline.Number{}, owner),
		},
		Moments: []moment{
			{At: "today, 14:02 CET", What: "went live", By: "Cem Maras", On: true},
			{At: "today, 13:40 CET", What: "was approved", By: "Ada Kowalska"},
			{At: "yesterday, 17:12 CET", What: "was proposed: <b>autumn headlines</b>", By: "Cem Maras"},
		},
		Steps: []step{{Kind: "Brief", Name: "autumn-sale", URL: "/brief"}, {Kind: "Template", Name: "hero", URL: "/make"}, {Kind: "Fragment", Name: "cta-shop-now", On: true}, {Kind: "Placement", Name: "home.hero", URL: "/decide", Others: 2}},
		Spark: spark([]float64{3, 4, 3.5, 5, 6, 5.5, 7, 8}), Whiskers: rateChart(number(0.051, 0.048, 0.054, 9000), number(0.039, 0.03, 0.048, 1000), false),
		Thin: rateChart(number(0.038, 0.01, 0.07, 371), number(0.024, 0, 0.09, 41), true), Area: allocationChart(designAllocation(), 4000), Bar: bar(0.4, "s1"),
		Diff: diffText(before, after), Before: before, After: after, Code: "throughline apply my-engine",
	}
}

func designFields() []field {
	locales := []entry{{Key: "en", Label: "en", Value: "Shop now"}, {Key: "de-CH", Label: "de-CH", Value: "Jetzt stöbern und sparen im grossen Herbstausverkauf", Problem: "51 characters, at most 24"}, {Key: "ar", Label: "ar", Value: "تسوق الآن"}}
	return []field{
		{Name: "name", Label: "Name", Value: "cta-shop-now", Hint: "Lower-case letters, digits and dashes.", Required: true, Mono: true},
		{Name: "title", Label: "Title", Value: "", Hint: "What colleagues call it."},
		{Name: "due", Label: "Due", Kind: "date", Value: "2026-12-01"},
		{Name: "meaning", Label: "Meaning", Kind: "number", Value: "0", Problem: "a meaning is 1 or more", Required: true},
		{Name: "want", Label: "What is wanted", Kind: "textarea", Value: "More people who look at the sale also see the new chairs.\nNo shouting.", Required: true},
		{Name: "role", Label: "Role", Kind: "select", Options: []option{{"headline", "headline", false}, {"cta", "cta", true}}, Required: true},
		{Name: "sticky", Label: "Keep a recipient's first variant", Kind: "check", On: true, Hint: "For as long as the variant is live."},
		{Name: "forbid", Label: "Words that may not appear", Kind: "list", Entries: []entry{{Value: "guaranteed"}, {Value: "miracle"}}},
		{Name: "values", Label: "Text by language", Kind: "map", Entries: locales},
	}
}

func designTable() table {
	says := func(s string) cell { return cell{Text: s} }
	return table{
		Caption: "Fragments by name", Select: true,
		Columns: []column{{Name: "Fragment", Sort: "/design?sort=-name", Sorted: "ascending"}, {Name: "Says", Sort: "/design?sort=says"}, {Name: "Health"}, {Name: "Deliveries", Number: true}, {Name: "Owner"}},
		Rows: []row{
			{ID: "1", URL: "/design#1", Cells: []cell{says("cta-look"), says("Look around"), badge(operate.HealthOK, "well"), says("18,204"), ownerOf(operate.Owner{Name: "Ada Kowalska", Initials: "AK"})}},
			{ID: "2", URL: "/design#2", Cells: []cell{says("cta-shop-now"), says("Shop now"), badge(operate.HealthWarn, "needs a look"), says("9,310"), ownerOf(operate.Owner{Name: "Cem Maras", Initials: "CM"})}},
			{ID: "3", URL: "/design#3", Cells: []cell{says("headline-with-a-rather-long-name"), says("A headline that goes on for longer than anybody would want to read, and then some more"), badge(operate.HealthBad, "blocks"), says("0"), ownerOf(operate.Owner{Name: "Nobody"})}},
		},
		Pages: pager{Next: "/design?after=3", Says: "3 of 100,000"},
	}
}

// designAllocation is how learning moves traffic, made up.
func designAllocation() operate.Allocation {
	a := operate.Allocation{Series: []operate.Share{{Label: "A"}, {Label: "B"}, {Label: "C"}}}
	begin := time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)
	for i := range 24 {
		b := 1.0/3 + 0.55*float64(i)/23
		a.At = append(a.At, begin.Add(time.Duration(i)*time.Minute))
		for s, share := range []float64{(1 - b) * 0.6, b, (1 - b) * 0.3} {
			a.Series[s].Values = append(a.Series[s].Values, share)
		}
	}
	a.Releases = []operate.ReleaseMark{{At: begin.Add(6 * time.Minute), Number: 2}}
	return a
}
