package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// push adds a channel that allows less, and a card for it; the card has a version.
var push = strings.NewReplacer(
	"  brand: house\n  brief: visit\n  slots:", "  brand: house\n  version: 1.2.0\n  brief: visit\n  slots:",
	`    - {channel: web, html: "<h2>{{headline}}</h2><p>{{cta}}</p>"}`,
	`    - {channel: web, html: "<h2>{{headline}}</h2><p>{{cta}}</p>"}
    - {channel: push, fields: {title: "{{headline}}", body: "{{cta}}"}}`,
).Replace(enginetest.Workspace) + `
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: push}
spec: {surface: app, limits: {headline: {max: 30}, cta: {max: 40}}}
`

var cardRef = throughline.Ref{Kind: throughline.KindTemplate, Name: "card"}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// edited saves a form with some fields changed, and returns the page after.
func (m *maker) edited(change map[string]string) *goquery.Document {
	m.t.Helper()
	form := formOf(m.page("/template/card"))
	for name, value := range change {
		form.Set(name, value)
	}
	if rw := m.save(cardRef, form); rw.Code != http.StatusSeeOther {
		m.t.Fatalf("saving: %d\n%s", rw.Code, rw.Body)
	}
	return m.page("/template/card?check=1")
}

func TestStudioSlots(t *testing.T) {
	m := newMaker(t, push)
	doc := m.page("/template/card")
	t.Run("a slot says its limit, and the tighter one of a channel", func(t *testing.T) {
		row := doc.Find(`[data-slot="headline"]`)
		if got := text(row.Find(`[data-label="Limit"]`)); got != "50 characters; 30 on push" {
			t.Errorf("got %q", got)
		}
		if got := text(doc.Find(`[data-slot="cta"] [data-label="Limit"]`)); got != "20 characters" {
			t.Errorf("got %q", got)
		}
		if row.Find(".tag").Text() != "required" || text(row.Find(`[data-label="Takes"]`)) != "any headline, 2 pieces" {
			t.Errorf("got %q", text(row))
		}
	})
	t.Run("the pieces that may fill it are counted, and lead to them", func(t *testing.T) {
		link := doc.Find(`[data-slot="headline"] [data-label="Takes"] a`)
		if href, _ := link.Attr("href"); !strings.HasPrefix(text(link), "2 ") || m.send(http.MethodGet, href, nil, "text/html").Code != http.StatusOK {
			t.Errorf("got %q to %q", text(link), href)
		}
	})
	t.Run("a slot leads to its fields in the form", func(t *testing.T) {
		href, _ := doc.Find(`[data-slot="cta"] th a`).Attr("href")
		if doc.Find(href).Length() != 1 {
			t.Errorf("%q leads nowhere", href)
		}
	})
	t.Run("where it is used is said, with how many variants live there", func(t *testing.T) {
		if got := text(doc.Find(`[data-fresh="used"]`)); !strings.Contains(got, "home.hero web, 4 live") {
			t.Errorf("got %q", got)
		}
	})
}

func TestStudioPreview(t *testing.T) {
	m := newMaker(t, push)
	frame := func(query string) (string, *goquery.Selection) {
		t.Helper()
		pane := m.page("/template/card" + query).Find("[data-panes] iframe").First()
		src, _ := pane.Attr("src")
		rw := m.send(http.MethodGet, src, nil, "text/html")
		if rw.Code != http.StatusOK || !strings.Contains(rw.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Fatalf("%s: %d %v", src, rw.Code, rw.Header())
		}
		return rw.Body.String(), pane
	}
	t.Run("it shows what a placement falls back to", func(t *testing.T) {
		if body, _ := frame(""); !strings.Contains(body, "<h2>Less work</h2><p>Try it</p>") {
			t.Error(body)
		}
	})
	t.Run("the address carries every setting", func(t *testing.T) {
		body, pane := frame("?channel=push&locale=en&data=longest&mode=dark&width=600")
		if !pane.HasClass("w600") || !strings.Contains(body, `class="dark"`) || !strings.Contains(body, "Wommmelmangrüße") {
			t.Error(body)
		}
		doc := m.page("/template/card?channel=push&locale=en&data=longest&mode=dark&width=600")
		for name, want := range map[string]string{"channel": "push", "data": "longest"} {
			if got, _ := doc.Find(`#see-` + name + ` option[selected]`).Attr("value"); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		if got, _ := doc.Find("[data-see-link]").Attr("href"); got != "/template/card?channel=push&data=longest&locale=en&mode=dark&width=600#see" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("nasty text is as long as the tightest limit, and stays text", func(t *testing.T) {
		body, _ := frame("?channel=push&data=markup")
		if strings.Contains(body, "<script>") || !strings.Contains(body, "&lt;b&gt;5 &gt; 3") {
			t.Error(body)
		}
		for _, data := range []string{"nasty", "word", "rtl", "wide", "marks", "emoji", "empty", "personal"} {
			if body, _ := frame("?channel=web&data=" + data); !strings.Contains(body, "<h2>") {
				t.Errorf("%s: %s", data, body)
			}
		}
	})
	t.Run("the longest is as long as the tighter of slot and channel", func(t *testing.T) {
		for channel, want := range map[string]int{"web": 50, "push": 30} {
			rw := m.send(http.MethodGet, "/look/card?data=word&channel="+channel, nil, "text/html")
			doc, err := goquery.NewDocumentFromReader(rw.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Find("h2, .app-title").Text(); content.Measure(got, throughline.Grapheme) != want {
				t.Errorf("%s: %q is not %d long", channel, got, want)
			}
		}
	})
	t.Run("in the dark it has the brand's dark colours, whatever the reader has set", func(t *testing.T) {
		m := newMaker(t, strings.NewReplacer(
			"{title: House,", `{title: House, tokens: {ink: "#101010"}, modes: {dark: {ink: "#e0e0e0"}},`,
			`html: "<h2>{{headline}}</h2>`, `html: "<h2 style=\"color:{{token.ink}}\">{{headline}}</h2>`,
			"    - {channel: push,", "    - {channel: mail, fields: {subject: \"{{headline}}\"}, mjml: \"<mjml><mj-body><mj-section><mj-column><mj-text color='{{token.ink}}'>{{headline}}{{cta}}</mj-text></mj-column></mj-section></mj-body></mjml>\"}\n    - {channel: push,",
		).Replace(push), "apiVersion: throughline/v1\nkind: Channel\nmetadata: {name: mail}\nspec: {surface: email}\n")
		for query, want := range map[string]string{
			"channel=web": "color:#101010", "channel=web&mode=dark": "color:#e0e0e0",
			"channel=mail": "@media not all", "channel=mail&mode=dark": "@media all",
		} {
			body := m.send(http.MethodGet, "/look/card?"+query, nil, "text/html").Body.String()
			if !strings.Contains(body, want) || strings.Contains(body, "prefers-color-scheme") {
				t.Errorf("%s: no %q in %s", query, want, body)
			}
		}
	})
	t.Run("two settings stand side by side", func(t *testing.T) {
		doc := m.page("/template/card?with=data%3Dnasty")
		if got := doc.Find("[data-panes] figure").Length(); got != 2 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("what no setting has is as most people see it", func(t *testing.T) {
		if _, pane := frame("?channel=fax&locale=xx&data=%3Cb%3E&mode=pink&width=9&with=1"); !pane.HasClass("w375") {
			t.Error("not the standard")
		}
		if rw := m.send(http.MethodGet, "/look/card?channel=web&data=pink", nil, "text/html"); rw.Code != http.StatusNotFound {
			t.Errorf("got %d", rw.Code)
		}
	})
}

func TestStudioImpact(t *testing.T) {
	t.Run("a change of a rendering says how many live variants change, and shows only where it differs", func(t *testing.T) {
		m := newMaker(t, push)
		if n := m.page("/template/card").Find(".impact details").Length(); n != 0 {
			t.Fatal("an edit where there is none")
		}
		doc := m.edited(map[string]string{"spec.renderings[0].html": "<h3>{{headline}}</h3><p>{{cta}}</p>"})
		if got := text(doc.Find(".impact summary")); !strings.Contains(got, "Your edit changes 16 of 16 live variants; it looks different on 1 channel.") {
			t.Errorf("got %q", got)
		}
		sights := doc.Find(".sight")
		if got := text(sights.Find(".tag")); got != "web" {
			t.Errorf("got %q", got)
		}
		for side, want := range map[string]string{"Before, web": "<h2>", "With your edit, web": "<h3>"} {
			src, _ := sights.Find(fmt.Sprintf("iframe[title=%q]", side)).Attr("src")
			if body := m.send(http.MethodGet, src, nil, "text/html").Body.String(); !strings.Contains(body, want) {
				t.Errorf("%s: %s", side, body)
			}
		}
		if href, _ := doc.Find(".impact .acts a").Attr("href"); href != "/draft?only=Template%2Fcard" {
			t.Errorf("got %q", href)
		}
	})
	t.Run("a change that breaks offers the version it has to have, and takes it", func(t *testing.T) {
		m := newMaker(t, push)
		doc := m.edited(map[string]string{"spec.slots[1].length.max": "15"})
		if got := text(doc.Find(".impact .breaks")); !strings.Contains(got, "The slot cta may have at most 15 now.") || !strings.Contains(got, "Make it version 2.0.0") {
			t.Fatalf("got %q", got)
		}
		form := url.Values{"do": {"save"}}
		doc.Find(".impact form input").Each(func(_ int, s *goquery.Selection) { form.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
		if rw := m.save(cardRef, form); rw.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rw.Code, rw.Body)
		}
		doc = m.page("/template/card")
		if got, _ := doc.Find(`[name="spec.version"]`).Attr("value"); got != "2.0.0" || doc.Find(".impact form").Length() != 0 {
			t.Errorf("got %q and %q", got, text(doc.Find(".impact")))
		}
	})
	t.Run("a new rule says how many combinations it takes out", func(t *testing.T) {
		m := newMaker(t, push)
		form := formOf(m.page("/template/card?as=yaml"))
		form.Set("yaml", strings.Replace(form.Get("yaml"), "  renderings:", "  constraints:\n    - {name: short-and-try, assert: 'cta.name != \"cta-see\" || headline.name == \"headline-long\"'}\n  renderings:", 1))
		if rw := m.save(cardRef, form); rw.Code != http.StatusSeeOther {
			t.Fatalf("%d", rw.Code)
		}
		got := text(m.page("/template/card").Find(".impact"))
		for _, want := range []string{"3 of 4, was all 4", "short-and-try takes out 1", "The constraint short-and-try is new or says something else."} {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in %q", want, got)
			}
		}
	})
	t.Run("what the checks say stands at its slot", func(t *testing.T) {
		waived := "apiVersion: throughline/v1\nkind: GuardrailSet\nmetadata: {name: waived}\nspec:\n  title: Waived\n  overrides:\n    - {rule: Template/card#length, object: Fragment/headline-short, reason: It is going soon, until: '2999-01-01'}\n"
		doc := newMaker(t, push, waived).edited(map[string]string{"spec.slots[0].length.max": "8", "spec.version": "2.0.0"})
		if got := text(doc.Find(`[data-slot="headline"] + .said-row`)); !strings.Contains(got, "headline-long en: Got") {
			t.Errorf("got %q", got)
		}
		if got := text(doc.Find(`[data-slot="headline"] + .said-row .note-text`)); !strings.Contains(got, "Let pass until 2999-01-01: It is going soon.") {
			t.Errorf("what is overridden says %q", got)
		}
		if got := text(doc.Find(".impact summary")); !strings.Contains(got, "1 thing keeps it from going live.") {
			t.Errorf("got %q", got)
		}
		if got := text(doc.Find(".see-it .faults")); !strings.Contains(got, "headline-long") {
			t.Errorf("got %q", got)
		}
	})
}

func TestStudioStates(t *testing.T) {
	t.Run("a fault in a rendering is said with its line, and where it is drawn", func(t *testing.T) {
		m := newMaker(t, push)
		doc := m.edited(map[string]string{"spec.renderings[0].html": "<h2>\r\n{{headlin}}</h2>"})
		fault := text(doc.Find(".see-it .fault"))
		if !strings.Contains(fault, "web, html line 2") || !strings.Contains(fault, "{{headlin}}") {
			t.Errorf("got %q", fault)
		}
		src, _ := doc.Find("[data-panes] iframe").Attr("src")
		if body := m.send(http.MethodGet, src, nil, "text/html").Body.String(); !strings.Contains(body, "html, line 2: ") {
			t.Error(body)
		}
		if got := text(doc.Find(".impact")); !strings.Contains(got, "The rest can be told once this is mended") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a mail says its line too", func(t *testing.T) {
		m := newMaker(t, push)
		form := formOf(m.page("/template/card?as=yaml"))
		form.Set("yaml", strings.Replace(form.Get("yaml"), "  renderings:", "  renderings:\n  - {channel: mail, mjml: \"<mjml><mj-body>\\n<mj-nothing></mj-nothing>\\n</mj-body></mjml>\"}", 1))
		if rw := m.save(cardRef, form); rw.Code != http.StatusSeeOther {
			t.Fatalf("%d", rw.Code)
		}
		if got := text(m.page("/template/card?channel=mail").Find(".fault")); !strings.Contains(got, "mail, mjml line 2") || !strings.Contains(got, "<mj-nothing>") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a template without slots and renderings says how to begin", func(t *testing.T) {
		m := newMaker(t, push)
		rw := m.save(throughline.Ref{Kind: throughline.KindTemplate, Name: "bare"}, url.Values{"yaml": {"apiVersion: throughline/v1\nkind: Template\nmetadata: {name: bare}\nspec: {brand: house, slots: [], renderings: []}\n"}})
		if rw.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rw.Code, rw.Body)
		}
		doc := m.page("/template/bare")
		for _, want := range []string{"It has no slots yet", "It is drawn on no channel yet", "No placement shows it yet", "It is new in your draft"} {
			if !strings.Contains(text(doc.Find("main")), want) {
				t.Errorf("no %q", want)
			}
		}
	})
	t.Run("a slot that nothing fills says so", func(t *testing.T) {
		doc := newMaker(t, push).edited(map[string]string{"spec.slots[1].role": "fanfare"})
		if got := text(doc.Find(`[data-slot="cta"] + .said-row`)); !strings.Contains(got, "Nothing fills it yet") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("twelve slots and seven channels are all there", func(t *testing.T) {
		var slots, channels, renderings strings.Builder
		for i := range 12 {
			fmt.Fprintf(&slots, "\n    - {name: s%d, role: headline, length: {max: %d}}", i, 20+i)
		}
		for i := range 7 {
			fmt.Fprintf(&channels, "\n---\napiVersion: throughline/v1\nkind: Channel\nmetadata: {name: c%d}\nspec: {surface: app}\n", i)
			fmt.Fprintf(&renderings, "\n    - {channel: c%d, fields: {title: \"{{s%d}}\"}}", i, i)
		}
		m := newMaker(t, push, channels.String(), "apiVersion: throughline/v1\nkind: Template\nmetadata: {name: wide}\nspec:\n  brand: house\n  slots:"+slots.String()+"\n  renderings:"+renderings.String()+"\n")
		doc := m.page("/template/wide?channel=c6&data=nasty")
		if doc.Find(".impact a").Length() != 0 {
			t.Error("an edit where there is none")
		}
		if rows, options := doc.Find("[data-slot]").Length(), doc.Find("#see-channel option").Length(); rows != 12 || options != 7 {
			t.Errorf("%d slots, %d channels", rows, options)
		}
		src, _ := doc.Find("[data-panes] iframe").Attr("src")
		if rw := m.send(http.MethodGet, src, nil, "text/html"); rw.Code != http.StatusOK || !strings.Contains(rw.Body.String(), "app-title") {
			t.Errorf("%d %s", rw.Code, rw.Body)
		}
	})
}

func TestStudioOthers(t *testing.T) {
	t.Run("who may not change a template looks at all of it, and is told why not", func(t *testing.T) {
		m := newMaker(t, push, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: vera}\nspec: {name: Vera Lind, discipline: creative, roles: [{role: viewer}]}\n")
		var err error
		if m.cookie, _, err = m.engine.Access.StartSession(t.Context(), "vera"); err != nil {
			t.Fatal(err)
		}
		doc := m.page("/template/card?data=nasty")
		if doc.Find("[data-slot]").Length() != 2 || doc.Find("[data-panes] iframe").Length() != 1 || !strings.Contains(text(doc.Find(".banner")), "You can look.") {
			t.Error(text(doc.Find("main")))
		}
		if doc.Find("[data-see] select[disabled]").Length() > 0 || doc.Find("[data-make] fieldset[disabled]").Length() == 0 {
			t.Error("the settings are for everybody, the form is not")
		}
		src, _ := doc.Find("[data-panes] iframe").Attr("src")
		if rw := m.send(http.MethodGet, src, nil, "text/html"); rw.Code != http.StatusOK {
			t.Errorf("got %d", rw.Code)
		}
	})
	t.Run("an edit that somebody else overtook is joined, and what it does is told against what is live now", func(t *testing.T) {
		m := newMaker(t, push)
		m.edited(map[string]string{"spec.title": "My card"})
		m.engine.Apply(t, strings.Replace(push, "length: {max: 50}", "length: {max: 60}", 1))
		doc := m.page("/template/card")
		if !strings.Contains(text(doc.Find("main")), "Both are joined below") || text(doc.Find(`[data-slot="headline"] [data-label="Limit"]`)) != "60 characters; 30 on push" {
			t.Error(text(doc.Find("main")))
		}
		if got := text(doc.Find(".impact")); strings.Contains(got, "no longer") || strings.Contains(got, "looks different") {
			t.Errorf("what they did is said to be mine: %q", got)
		}
	})
	t.Run("two people who changed the same choose, as everywhere", func(t *testing.T) {
		m := newMaker(t, push)
		m.edited(map[string]string{"spec.title": "My card"})
		m.engine.Apply(t, strings.Replace(push, "  version: 1.2.0\n", "  version: 1.2.0\n  title: Their card\n", 1))
		if doc := m.page("/template/card"); doc.Find(".clash").Length() != 1 || doc.Find("[data-see]").Length() != 0 {
			t.Error(text(doc.Find("main")))
		}
	})
	t.Run("a text that speaks of people has an example, and at its longest the longest", func(t *testing.T) {
		personal := strings.Replace(push, "{title: House,", "{title: House, personal: {first_name: {fallback: friend, max: 24, example: Ana}},", 1)
		personal = strings.Replace(personal, `{en: "Less work"}`, `{en: "Hi {{person.first_name}}"}`, 1)
		if personal == push {
			t.Fatal("the workspace changed")
		}
		m := newMaker(t, personal)
		for data, want := range map[string]string{"real": "<h2>Hi Ana</h2>", "personal": "<h2>Hi Donaudampfschifffahrtsge</h2>"} {
			if body := m.send(http.MethodGet, "/look/card?channel=web&data="+data, nil, "text/html").Body.String(); !strings.Contains(body, want) {
				t.Errorf("%s: %s", data, body)
			}
		}
	})
	t.Run("a guardrail between slots counts among what takes combinations out", func(t *testing.T) {
		m := newMaker(t, push, "apiVersion: throughline/v1\nkind: Guardrail\nmetadata: {name: calm}\nspec: {severity: block, assert: 'headline.name != \"headline-long\" || cta.name != \"cta-see\"'}\n")
		got := text(m.edited(map[string]string{"spec.renderings[0].html": "<h3>{{headline}}</h3><p>{{cta}}</p>"}).Find(".impact"))
		if !strings.Contains(got, "web 3 of 4, as before") || !strings.Contains(got, "Guardrail/calm takes out 1") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("an audience sees what is for it alone, and everybody else does not", func(t *testing.T) {
		m := newMaker(t, push, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: headline-members}\nspec: {role: headline, audience: members, values: {en: Good to see you again}}\n")
		if got := text(m.page("/template/card").Find("#see-audience")); got != "everyone members" && got != "everyonemembers" {
			t.Errorf("got %q", got)
		}
		for audience, want := range map[string]string{"members": "<h2>Good to see you again</h2>", "": "<h2>Less work</h2>"} {
			if body := m.send(http.MethodGet, "/look/card?channel=web&audience="+audience, nil, "text/html").Body.String(); !strings.Contains(body, want) {
				t.Errorf("%q: %s", audience, body)
			}
		}
	})
	t.Run("where there is very much, what an edit does is told when asked for", func(t *testing.T) {
		var slots strings.Builder
		for i := range 10 {
			fmt.Fprintf(&slots, "\n    - {name: s%d, role: headline}", i)
		}
		m := newMaker(t, push, "apiVersion: throughline/v1\nkind: Template\nmetadata: {name: many}\nspec:\n  brand: house\n  slots:"+slots.String()+"\n  renderings:\n    - {channel: web, html: \"{{s0}}\"}\n")
		form := formOf(m.page("/template/many"))
		form.Set("spec.title", "Many")
		m.save(throughline.Ref{Kind: throughline.KindTemplate, Name: "many"}, form)
		doc := m.page("/template/many")
		to, _ := doc.Find(".impact a").Attr("href")
		if doc.Find(".impact details").Length() != 0 || !strings.Contains(to, "check=1") {
			t.Fatalf("got %q", text(doc.Find(".impact")))
		}
		if got := text(m.page(strings.TrimSuffix(to, "#edit-does")).Find(".impact")); !strings.Contains(got, "web all 59,049, as before") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("what is broken elsewhere in the draft is left out", func(t *testing.T) {
		m := newMaker(t, push)
		bare := throughline.Ref{Kind: throughline.KindTemplate, Name: "bare"}
		m.save(bare, url.Values{"yaml": {"apiVersion: throughline/v1\nkind: Template\nmetadata: {name: bare}\nspec: {brand: nobody, slots: [{name: a, role: a}], renderings: [{channel: web, html: x}]}\n"}})
		got := text(m.edited(map[string]string{"spec.renderings[0].html": "<h3>{{headline}}</h3><p>{{cta}}</p>"}).Find(".impact"))
		if !strings.Contains(got, "changes 16 of 16 live variants") || !strings.Contains(got, "Without the 1 other change of your draft") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a rendering can stand beside itself as it is in force", func(t *testing.T) {
		m := newMaker(t, push)
		m.edited(map[string]string{"spec.renderings[0].html": "<h3>{{headline}}</h3><p>{{cta}}</p>"})
		frames := m.page("/template/card?channel=web&with=inforce%3D1").Find("[data-panes] iframe")
		for i, want := range []string{"<h3>", "<h2>"} {
			src, _ := frames.Eq(i).Attr("src")
			if body := m.send(http.MethodGet, src, nil, "text/html").Body.String(); !strings.Contains(body, want) {
				t.Errorf("%s: %s", src, body)
			}
		}
	})
}
