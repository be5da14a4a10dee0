package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type getCmd struct {
	What string `arg:"" optional:"" default:"resources" help:"resources (default), a kind such as Fragment or people, Kind/name, releases, release/N, drafts, calendar, placement/NAME, variant/ID, line, rules, shares, or status."`
	JSON bool   `help:"Print one line of JSON."`
}

// Run shows what was asked for.
func (c *getCmd) Run(s *shell) error {
	if err := c.resolve(); err != nil {
		return err
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	head, name, named := strings.Cut(c.What, "/")
	switch {
	case c.What == "status":
		return show(s, c, engine, "/api/v1/status", s.printStatus)
	case c.What == "line":
		return show(s, c, engine, "/api/v1/line", s.printLine)
	case c.What == "rules":
		return show(s, c, engine, "/api/v1/rules", s.printRules)
	case c.What == "shares":
		return show(s, c, engine, "/api/v1/shares", s.printShares)
	case c.What == "releases":
		return show(s, c, engine, "/api/v1/releases", s.printReleases)
	case c.What == "drafts":
		return show(s, c, engine, "/api/v1/drafts", s.printDrafts)
	case c.What == "calendar":
		return show(s, c, engine, "/api/v1/calendar", s.printCalendar)
	case head == "release" && named:
		return show(s, c, engine, "/api/v1/releases/"+url.PathEscape(name), func(r throughline.Release) {
			s.printReleases([]throughline.Release{r})
			s.printChanges(r.Changes)
			s.printFindings(r.Findings)
		})
	case head == "placement" && named:
		err := show(s, c, engine, "/api/v1/placements/"+url.PathEscape(name), s.printPlacement)
		return s.suggest(engine, throughline.KindPlacement, name, err)
	case head == "variant" && named:
		return show(s, c, engine, "/api/v1/variants/"+url.PathEscape(name), s.printVariant)
	case named:
		err := show(s, c, engine, "/api/v1/resources/"+url.PathEscape(head)+"/"+url.PathEscape(name), s.printResource)
		return s.suggest(engine, throughline.Kind(head), name, err)
	case c.What == "resources":
		return show(s, c, engine, "/api/v1/resources", s.printResources)
	}
	return show(s, c, engine, "/api/v1/resources?kind="+url.QueryEscape(c.What), s.printResources)
}

// thing is what one can get, by the words that people try for it.
type thing struct {
	// All is the word for every one of them, and One that for a single one, with
	// its name after a slash; empty where there is no such thing to get.
	All, One string
	// Words are what else people write for either, in small letters.
	Words []string
}

// things is everything there is to get. A kind is called by its name and by its
// plural; of a placement, the small word tells how it does, and the kind what is
// declared.
func things() []thing {
	all := []thing{
		{All: "resources", Words: []string{"resource", "all", "everything"}},
		{All: "releases", One: "release", Words: []string{"releases", "release"}},
		{All: "drafts", Words: []string{"draft"}},
		{All: "calendar", Words: []string{"schedule"}},
		{All: "line"},
		{All: "rules"},
		{All: "shares", Words: []string{"share", "links"}},
		{All: "status", Words: []string{"health"}},
		{One: "variant", Words: []string{"variants"}},
		{All: string(throughline.KindPlacement), One: "placement", Words: []string{"placements"}},
	}
	irregular := map[throughline.Kind]string{throughline.KindPerson: "people"}
	for _, k := range throughline.Kinds() {
		small := strings.ToLower(string(k))
		all = append(all, thing{All: string(k), One: string(k), Words: []string{small, small + "s", cmp.Or(irregular[k], small)}})
	}
	return all
}

// resolve writes what was asked for as the engine calls it, and refuses what no
// engine has, naming what one can get. A word as it is written here goes before
// the same one in other letters.
func (c *getCmd) resolve() error {
	head, name, named := strings.Cut(c.What, "/")
	word := func(t thing) string {
		if named {
			return t.One
		}
		return t.All
	}
	var words []string
	for _, same := range []func(thing) bool{
		func(t thing) bool { return head == word(t) },
		func(t thing) bool {
			return slices.Contains(t.Words, strings.ToLower(head)) || strings.EqualFold(head, word(t))
		},
	} {
		for _, t := range things() {
			if word(t) == "" {
				continue
			}
			if words = append(words, word(t)); !same(t) {
				continue
			}
			if c.What = word(t); named {
				c.What += "/" + name
			}
			return nil
		}
	}
	fix := "get resources, releases, drafts, calendar, line, shares, status, release/N, placement/NAME, variant/ID, Kind/name, or all of a kind: " + kindNames()
	if near := text.Nearest(head, words); near != "" {
		fix = "did you mean " + near + "? Otherwise " + fix
	}
	return throughline.Errorf(throughline.NotFound, "there is nothing called %q to get", c.What).WithFix("%s", fix)
}

func kindNames() string {
	names := make([]string, 0, len(throughline.Kinds()))
	for _, k := range throughline.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// suggest adds the nearest name of the kind, or all of them, to an error that
// says there is none of that name.
func (s *shell) suggest(engine *client, kind throughline.Kind, name string, err error) error {
	missing, ok := errors.AsType[*throughline.Error](err)
	if !ok || missing.Code != throughline.NotFound {
		return err
	}
	var all []throughline.Resource
	if listErr := engine.call(s.ctx, http.MethodGet, "/api/v1/resources?kind="+url.QueryEscape(string(kind)), nil, &all); listErr != nil {
		return listErr
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Metadata.Name
	}
	switch near := text.Nearest(name, names); {
	case near != "":
		return missing.WithFix("did you mean %s?", near)
	case len(names) == 0:
		return missing.WithFix("none of the kind %s is declared yet", kind)
	case len(names) > shownNames:
		return missing.WithFix("list them with: throughline get %s", kind)
	}
	return missing.WithFix("name one of: %s", strings.Join(names, ", "))
}

// shownNames is how many names an error lists.
const shownNames = 8

// show reads a T and prints it, for people or as JSON.
func show[T any](s *shell, c *getCmd, engine *client, path string, print func(T)) error {
	var v T
	if err := engine.call(s.ctx, http.MethodGet, path, nil, &v); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(v)
	}
	print(v)
	return nil
}

func (s *shell) printResources(all []throughline.Resource) {
	if len(all) == 0 {
		s.printf("Nothing of that kind is declared. Start with: throughline init my-workspace\n")
		return
	}
	list := s.table("RESOURCE", "DIGEST", "OWNER")
	for _, r := range all {
		owner := r.Metadata.Owner
		if owner == "" {
			owner = "-"
		}
		list.row(r.Ref().String(), r.Digest().Short(), owner)
	}
	list.end()
}

func (s *shell) printResource(r throughline.Resource) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // it came as JSON
		return
	}
	s.printf("%s\n", b)
}

func (s *shell) printReleases(all []throughline.Release) {
	if len(all) == 0 {
		s.printf("There is no release yet. Make one with: throughline apply FOLDER\n")
		return
	}
	list := s.table("RELEASE", "STATE", "APPLIED AT", "CHANGES", "RISK", "BY", "WHY")
	for _, r := range all {
		list.row(itoa(r.Number), string(r.State), r.CreatedAt.UTC().Format("2006-01-02 15:04:05Z"),
			itoa(len(r.Changes)), string(r.Risk.Level), authorOf(r), r.Message)
	}
	list.end()
}

func (s *shell) printDrafts(all []content.DraftSummary) {
	if len(all) == 0 {
		s.printf("Nobody has anything in a draft.\n")
		return
	}
	list := s.table("DRAFT OF", "ITEMS", "SAVED AT")
	for _, d := range all {
		list.row(d.Person, itoa(d.Items), d.SavedAt.UTC().Format("2006-01-02 15:04:05Z"))
	}
	list.end()
}

func (s *shell) printCalendar(all []content.Entry) {
	if len(all) == 0 {
		s.printf("Nothing went live in the last 30 days, and nothing is planned for the next 90.\n")
		return
	}
	list := s.table("AT", "WHAT", "OF", "STATE", "WHY")
	for _, e := range all {
		of, state := "release "+itoa(e.Release), string(e.State)
		if e.Brief != "" {
			of = "Brief/" + e.Brief
		}
		if e.Trouble {
			state += ", something stands in its way"
		}
		list.row(e.At.UTC().Format("2006-01-02 15:04Z"), e.What, of, state, e.Title)
	}
	list.end()
}

// authorOf names who made a release, and for whom if for somebody else.
func authorOf(r throughline.Release) string {
	if r.Author.OnBehalfOf == "" {
		return r.Author.ID
	}
	return r.Author.ID + " for " + r.Author.OnBehalfOf
}

func (s *shell) printStatus(st operate.Status) {
	owner := "nobody yet"
	if st.Owner.Person != "" {
		owner = st.Owner.Name
		if !st.Owner.Accepted {
			owner += " (has not accepted)"
		}
	}
	serves := "serves decisions"
	if !st.Ready {
		serves = "has nothing live to serve"
	}
	s.printf("%s %s. Owner: %s.\n", cmp.Or(st.Title, "This engine"), serves, owner)
	for _, trouble := range st.Troubles {
		s.printf("Trouble: %s\n", trouble)
	}
	s.printf("Journal: %s, %s of them in the numbers.\n", operate.Plural(st.Journal.Seq, "event", "events"), operate.SayCount(int64(st.Folded)))
	s.printf("Decisions since start: %d journaled, %d dropped. Lost before: %d. Known only from their exposure: %d.\n", st.DecisionsJournaled, st.DecisionsDropped, st.DecisionsLost, st.DecisionsFromExposure)
	if st.TrialsEvicted > 0 {
		s.printf("Outcomes may be missing: %d decisions were forgotten before their goal's window closed, because too many of one placement were open. A shorter window keeps fewer open.\n", st.TrialsEvicted)
	}
	if st.EventsUnplaced > 0 {
		s.printf("%d events name a decision from a release that the journal does not tell of: throughline verify\n", st.EventsUnplaced)
	}
	if st.Swept.Files > 0 {
		s.printf("Deleted, because nothing named them: %s, %d MB, the last on %s.\n", operate.Plural(st.Swept.Files, "file", "files"), (st.Swept.Bytes+999_999)/1_000_000, st.Swept.At.UTC().Format(time.DateOnly))
	}
	s.printUnheard(st.Unheard)
	s.printf("Outcome to changed decision: %s. Apply to served: %s.\n", operate.SayNumber(st.SignalToDecision), operate.SayNumber(st.ApplyToServed))
}

// toldUnheard is how many names that no goal knows a person is told.
const toldUnheard = 5

func (s *shell) printUnheard(u operate.Unheard) {
	for _, e := range u.Events[:min(len(u.Events), toldUnheard)] {
		s.printf("%s\n", e.Says())
	}
	if more := len(u.Events) - toldUnheard; more > 0 {
		s.printf("%s like that: throughline get status --json\n", operate.Plural(more, "name more is", "names more are"))
	}
	if says := u.SaysOthers(); says != "" {
		s.printf("%s\n", says)
	}
}

func (s *shell) printLine(l operate.Line) {
	s.printf("%s\n", l.Sentence)
	if len(l.Stations) == 0 {
		return
	}
	list := s.table("STATION", "COUNT", "OF", "OWNER", "NOTE")
	for _, st := range l.Stations {
		list.row(string(st.Name), fmt.Sprint(st.Count), st.Unit, st.Owner.Name, st.Note)
	}
	list.end()
	for _, p := range l.Placements {
		s.printf("%s: %s\n", p.Name, p.State)
	}
}

func (s *shell) printRules(rules []operate.Rule) {
	if len(rules) == 0 {
		s.printf("No rule has spoken yet.\n")
		return
	}
	list := s.table("RULE", "FIRED", "BLOCKED", "OVERRIDDEN", "ESCAPED", "LAST")
	for _, r := range rules {
		list.row(r.Rule, fmt.Sprint(r.Fires), fmt.Sprint(r.Blocks), fmt.Sprint(r.Overrides), fmt.Sprint(r.Escapes), r.Latest.Format("2006-01-02 15:04"))
	}
	list.end()
}

func (s *shell) printPlacement(p operate.Placement) {
	s.printf("%s (%s, %s): %s\n", p.Line.Name, p.Line.Channel, p.Line.Owner.Name, p.Line.State)
	list := s.table("VARIANT", "ID", "TRAFFIC", "DELIVERIES", "RATE")
	for _, v := range p.Line.Variants {
		list.row(v.Label, string(v.ID), fmt.Sprintf("%.1f %%", 100*v.Share), fmt.Sprint(v.Deliveries), operate.SayRatio(v.Rate))
	}
	list.end()
	s.printf("\n")
	list = s.table("VARIANT", "SLOT", "LEVEL", "TEXT")
	for _, v := range p.Line.Variants {
		for _, slot := range v.Slots {
			list.row(v.Label, slot.Slot, string(slot.Level), slot.Text)
		}
	}
	list.end()
	if len(p.Effects) == 0 {
		return
	}
	s.printf("\n")
	list = s.table("SLOT", "LEVEL", "CHANGE OF THE ODDS", "TRIALS")
	for _, e := range p.Effects {
		list.row(e.Slot, string(e.Level), operate.SayChange(e.Change), fmt.Sprint(e.Change.N))
	}
	list.end()
}

func (s *shell) printVariant(v operate.Variant) {
	s.printf("Variant %s of %s, owner %s\n", v.ID, v.Placement, v.Owner.Name)
	s.printf("Template %s, brief %s, in %s.\n", v.Template, cmp.Or(v.Brief, "none"), releaseNumbers(v.Releases))
	list := s.table("SLOT", "LEVEL", "TEXT")
	for _, slot := range v.Slots {
		list.row(slot.Slot, string(slot.Level), slot.Text)
	}
	list.end()
	s.printf("%s, rate %s\n", operate.Plural(v.Deliveries, "delivery", "deliveries"), operate.SayRatio(v.Rate))
}

func releaseNumbers(numbers []int) string {
	if len(numbers) == 0 {
		return "no release"
	}
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = itoa(n)
	}
	if len(words) == 1 {
		return "release " + words[0]
	}
	return "releases " + strings.Join(words, ", ")
}
