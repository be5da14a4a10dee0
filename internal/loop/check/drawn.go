package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/shown"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Drawing is one filling as it is seen on the channel.
type Drawing struct {
	// Filling says which, for people.
	Filling, Locale string
	HTML            string
	// Text is a mail as plain text, Fields what goes with it: the subject and so on.
	Text   string
	Fields map[string]string
	// Values are what fills the slots, so that a place can say whose it is.
	Values map[string]string
}

// Clients says how mail clients show what a mail uses.
type Clients func(used []shown.Feature, clients []string) []shown.Issue

// Drawn checks renderings as they are seen: colours that meet in every mode,
// links, what could run, what clients support, bytes, logos, and what a mail has
// to have. The same thing seen in several fillings is told of once.
func Drawn(in Input, drawings []Drawing, clients Clients) ([]throughline.Finding, error) {
	r, err := newRun(in)
	if err != nil {
		return nil, err
	}
	d := drawn{run: r, clients: clients, told: map[string]bool{}}
	for i := range drawings {
		if err := d.look(&drawings[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(r.findings, compare)
	return r.findings, nil
}

type drawn struct {
	*run
	clients Clients
	told    map[string]bool
	on      *Drawing
}

func (d *drawn) look(on *Drawing) error {
	d.on = on
	seen, err := shown.Read([]byte(on.HTML), shown.Options{Slots: on.Values, Open: d.Open})
	if err != nil {
		return err
	}
	d.proportion(&seen)
	mail := d.channel.Surface == throughline.Email
	d.all(throughline.CheckContrast, "", shown.Contrasts(seen, shown.Light, shown.Dark))
	d.all(throughline.CheckContrast, throughline.Warn, shown.Contrasts(seen, shown.Partial, shown.Full))
	d.all(throughline.CheckContrast, "", shown.Meet(seen, d.never()))
	d.links(seen)
	for _, i := range shown.Safety(seen) {
		var own throughline.Severity
		if mail && i.Rule == "safety.style" { // MJML asks for the fonts it names; clients that do not load them use another
			own = throughline.Info
		}
		d.all(throughline.CheckMarkup, own, []shown.Issue{i})
	}
	d.all(throughline.CheckMarkup, throughline.Warn, shown.Accessibility(seen))
	limit := d.channel.MaxBytes
	if limit == 0 {
		limit = d.channel.Surface.MaxBytes()
	}
	if limit > 0 {
		d.all(throughline.CheckBytes, "", shown.Size(seen, limit))
	}
	d.logos(seen)
	if !mail {
		return nil
	}
	message := shown.Mail{Subject: on.Fields["subject"], Preheader: on.Fields["preheader"], Text: on.Text, Address: d.brand.PostalAddress}
	for _, i := range message.Structure(seen) {
		own := throughline.Warn
		if i.Rule == "mail.subject" || i.Rule == "mail.text" {
			own = throughline.Block
		}
		d.all(throughline.CheckMail, own, []shown.Issue{i})
	}
	if len(d.channel.Clients) > 0 {
		d.all(throughline.CheckClients, "", d.clients(seen.Features, d.channel.Clients))
	}
	d.spam(seen)
	return nil
}

// never returns the colours of the brand that may not meet, in every mode.
func (d *drawn) never() (pairs []shown.Pair) {
	if d.brand.Colors == nil {
		return nil
	}
	for _, mode := range append([]string{""}, slices.Sorted(maps.Keys(d.brand.Modes))...) {
		values := d.brand.Values(mode)
		for _, n := range d.brand.Colors.Never {
			one, bad := contrast.Parse(values[n.One])
			other, worse := contrast.Parse(values[n.Other])
			if p := (shown.Pair{One: one, Other: other, OneName: n.One, OtherName: n.Other}); bad == nil && worse == nil && !slices.Contains(pairs, p) {
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// links holds what links say and where they lead against the rules. The address of
// a slot that is one is told of with the piece.
func (d *drawn) links(seen shown.Shown) {
	rules, own := d.linkRules()
	for _, i := range shown.Links(seen, rules) {
		if slot, _ := d.template.Slot(i.Slot); slot != nil && slot.Type == throughline.Link && i.Rule != "link.text" {
			continue
		}
		d.all(throughline.CheckLinks, own, []shown.Issue{i})
	}
}

// all tells of issues, each once however many drawings have it.
func (d *drawn) all(use throughline.CheckName, own throughline.Severity, issues []shown.Issue) {
	for _, i := range issues {
		key := strings.Join([]string{string(use), i.Rule, i.Got, i.Slot}, "\x00")
		if d.told[key] {
			continue
		}
		d.told[key] = true
		stage, severity, speaks := d.judge.speaks(use, own, "", d.on.Locale)
		if !speaks {
			continue
		}
		f := throughline.Finding{
			Rule: d.rule(use), Stage: stage, Severity: severity, Object: d.Template.Ref(), Template: d.Template.Metadata.Name,
			Slot: i.Slot, Channel: d.Channel.Metadata.Name, Got: i.Got, Want: i.Want, Fix: i.Fix,
		}
		if i.Line > 0 {
			f.Got += fmt.Sprintf(", for example with %s", d.on.Filling)
		}
		if i.Unknown {
			f.Verdict = throughline.VerdictUnknown
			if f.Severity == throughline.Block {
				f.Severity = throughline.Warn // somebody should look: nobody can tell
			}
		}
		d.findings = append(d.findings, d.judge.settle(f))
	}
}

// proportion gives pictures of assets the side that a document leaves open.
func (d *drawn) proportion(seen *shown.Shown) {
	for i := range seen.Pictures {
		p := &seen.Pictures[i]
		f := d.fileAt(p.Src)
		switch {
		case f.Width == 0 || f.Height == 0:
		case p.Height == 0:
			p.Height = p.Width * float64(f.Height) / float64(f.Width)
		case p.Width == 0:
			p.Width = p.Height * float64(f.Width) / float64(f.Height)
		}
	}
}

// fileAt is the file of the asset that an address names; none for any other.
func (d *drawn) fileAt(address string) throughline.File {
	a, ok := d.pieces[throughline.AssetAt(address)].Spec.(*throughline.Asset)
	if !ok {
		return throughline.File{}
	}
	return a.File
}

// logos holds each logo against its rule.
func (d *drawn) logos(seen shown.Shown) {
	values := d.brand.Values("")
	for _, rule := range d.brand.Logos {
		a, ok := d.pieces[rule.Asset].Spec.(*throughline.Asset)
		if !ok {
			continue
		}
		logo := shown.Logo{Src: a.File.SlotAddress(rule.Asset), MinWidth: float64(rule.MinWidth[d.Channel.Metadata.Name]), Clear: rule.ClearSpace}
		for _, token := range rule.Backgrounds {
			if c, err := contrast.Parse(values[token]); err == nil {
				logo.Grounds = append(logo.Grounds, c)
			}
		}
		d.all(throughline.CheckLogo, rule.Severity, shown.Logos(seen, logo))
	}
}

// spam tells of what filters are known to dislike. They are rules of thumb, and
// say so.
func (d *drawn) spam(seen shown.Shown) {
	m := text.Mail{
		Subject: d.on.Fields["subject"], Preheader: d.on.Fields["preheader"], Text: d.on.Text, Images: len(seen.Pictures), Bytes: seen.Bytes,
		Unsubscribe: true, Plain: d.on.Text != "", Address: true, // asked for by the check mail
	}
	for _, l := range seen.Links {
		m.Links = append(m.Links, text.MailLink{Text: l.Text, URL: l.Href})
	}
	for _, s := range text.SpamSigns(m) {
		d.all(throughline.CheckSpam, "", []shown.Issue{{Rule: s.Rule, Got: s.Says, Want: "a mail that filters let through (a rule of thumb)", Fix: "change it, or let it pass"}})
	}
}
