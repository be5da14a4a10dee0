package text

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Trigger is why a text may be a claim that needs evidence.
type Trigger string

// The triggers.
const (
	TriggerNumber      Trigger = "number"      // a figure: a price, an amount, a year
	TriggerPercent     Trigger = "percent"     // a percentage
	TriggerSuperlative Trigger = "superlative" // best, leading, number one
	TriggerGuarantee   Trigger = "guarantee"   // a promise, or that there is no risk
	TriggerFree        Trigger = "free"        // without a price
	TriggerDiscount    Trigger = "discount"    // a lower price
	TriggerProof       Trigger = "proof"       // tested, proven, recommended by experts
)

// Triggered is a place that may be a claim.
type Triggered struct {
	Trigger Trigger
	Span    throughline.Span
}

// ClaimTriggers finds what may be a claim in a text of a language: en, de or fr;
// in others figures and percentages alone. It finds wordings and not meanings:
// who asks decides whether a claim with evidence covers the place. Places come
// by start; of two that begin together the longer comes first.
func ClaimTriggers(s, language string) []Triggered {
	var found []Triggered
	for _, at := range percentages().FindAllStringIndex(s, -1) {
		found = append(found, Triggered{TriggerPercent, throughline.Span{Start: at[0], End: at[1]}})
	}
	shares := found
	for _, at := range figures().FindAllStringIndex(s, -1) {
		for len(shares) > 0 && shares[0].Span.End < at[1] { // both come in order
			shares = shares[1:]
		}
		if len(shares) == 0 || shares[0].Span.Start > at[0] {
			found = append(found, Triggered{TriggerNumber, throughline.Span{Start: at[0], End: at[1]}})
		}
	}
	for _, t := range []Trigger{TriggerSuperlative, TriggerGuarantee, TriggerFree, TriggerDiscount, TriggerProof} {
		found = append(found, phrases(s, language, t)...)
	}
	slices.SortStableFunc(found, func(a, b Triggered) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(b.Span.End, a.Span.End))
	})
	return found
}

func percentages() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[0-9]+(?:[.,][0-9]+)*[\s\x{a0}\x{202f}]?(?:%|‰|percent\b|per cent\b|prozent\b|pour[ -]cent\b|pct\b)`)
}

// figures are numbers with what makes them an amount; a digit inside a word, as
// in B2B, is none.
func figures() *regexp.Regexp {
	return regexp.MustCompile(`(?:[€$£]\s?)?\b[0-9]+(?:[.,' \x{a0}\x{202f}][0-9]{3})*(?:[.,][0-9]+)?\b(?:\s?[€$£])?`)
}

// phrases finds the wordings of a trigger and leaves out those that only look
// like one.
func phrases(s, language string, t Trigger) []Triggered {
	words, not := claimWords(language, t)
	if len(words) == 0 {
		return nil
	}
	var found []Triggered
	innocent := NewTerms(not).Find(s)
	reach := 0 // how far what began until here goes
	for _, m := range NewTerms(words).Find(s) {
		for len(innocent) > 0 && innocent[0].Span.Start <= m.Span.Start { // both come in order
			reach = max(reach, innocent[0].Span.End)
			innocent = innocent[1:]
		}
		if m.Span.End <= reach {
			continue
		}
		if t == TriggerFree && m.Span.Start > 0 && s[m.Span.Start-1] == '-' { // sugar-free
			continue
		}
		if n := len(found); n > 0 && m.Span.Start < found[n-1].Span.End { // "number one" holds "one"
			found[n-1].Span.End = max(found[n-1].Span.End, m.Span.End)
			continue
		}
		found = append(found, Triggered{t, m.Span})
	}
	return found
}

// claimWords returns the wordings of a trigger in a language, and wordings that
// hold one of them and are no claim.
func claimWords(language string, t Trigger) (words, not []string) {
	list := func(s string) []string { return strings.Split(s, "|") }
	switch language + " " + string(t) {
	case "en superlative":
		return list("best|leading|number one|number 1|no. 1|no.1|#1|fastest|cheapest|lowest|highest|largest|biggest|strongest|safest|greatest|most advanced|most popular|most trusted|most effective|most reliable|unbeatable|unrivalled|unrivaled|unmatched|world-class|the only|first ever|ultimate|perfect"),
			list("best regards|best wishes|all the best|do your best|at best|best before|leading to|leading up")
	case "en guarantee":
		return list("guarantee|guarantees|guaranteed|warranty|risk-free|risk free|no risk|money back|money-back|promise|promised|always works|never fails|100% safe|satisfaction assured"), nil
	case "en free":
		return list("free|free of charge|at no cost|no cost|complimentary|for nothing|gratis"),
			list("feel free|free time|free from|free of|hands free|free will|set free|free kick|free range|free to")
	case "en discount":
		return list("discount|discounts|discounted|sale|save|saving|savings|off|half price|half-price|reduced|price cut|deal|deals|bargain|clearance|special offer|cashback|lowest price"),
			list("off the|take off|kick off|day off|switch off|turn off|sign off|far off|for sale|save the date|off you|save your|save as|great deal of|good deal of")
	case "en proof":
		return list("proven|clinically|clinically proven|clinically tested|scientifically|scientifically proven|dermatologically tested|studies show|doctor recommended|experts agree|recommended by|certified|award-winning|cures|cure|heals|treats|prevents"), nil
	case "de superlative":
		return list("beste|bester|bestes|besten|bestem|führend|führende|führender|führendes|führenden|nr. 1|nr.1|nummer 1|nummer eins|schnellste|schnellsten|schnellstes|schnellster|günstigste|günstigsten|günstigstes|günstigster|billigste|billigsten|größte|größten|größtes|größter|höchste|höchsten|stärkste|stärksten|sicherste|sichersten|meistverkauft|meistverkaufte|beliebteste|beliebtesten|unschlagbar|unschlagbare|unschlagbaren|einzigartig|einzigartige|einzigartigen|weltweit einzige|der einzige|die einzige|das einzige|perfekt|perfekte|perfekten|ultimative|ultimativen"),
			list("besten dank|besten gruß|beste grüße|am besten|alles beste|zum besten")
	case "de guarantee":
		return list("garantie|garantiert|garantierte|garantierten|garantieren|gewährleistung|risikofrei|ohne risiko|kein risiko|geld zurück|geld-zurück|geld-zurück-garantie|versprechen|versprochen|100% sicher"), nil
	case "de free":
		return list("kostenlos|kostenlose|kostenloser|kostenloses|kostenlosen|gratis|umsonst|kostenfrei|kostenfreie|kostenfreien|unentgeltlich|geschenkt|zum nulltarif|ohne kosten"), list("nicht umsonst")
	case "de discount":
		return list("rabatt|rabatte|rabattiert|reduziert|reduzierte|reduzierten|sparen|spar|spare|sparpreis|ersparnis|nachlass|preisnachlass|sonderangebot|sonderangebote|angebot|angebote|sonderpreis|sale|schnäppchen|günstiger|billiger|halber preis|zum halben preis|tiefpreis|bestpreis"),
			list("platz sparen|zeit sparen")
	case "de proof":
		return list("klinisch|klinisch getestet|klinisch bewiesen|wissenschaftlich|wissenschaftlich bewiesen|nachgewiesen|erwiesen|bewiesen|dermatologisch getestet|getestet|testsieger|studien zeigen|studien belegen|von ärzten empfohlen|empfohlen von|zertifiziert|zertifizierte|ausgezeichnet|heilt|lindert|beugt vor"), nil
	case "fr superlative":
		return list("meilleur|meilleure|meilleurs|meilleures|le plus|la plus|les plus|n° 1|n°1|numéro 1|numéro un|leader|imbattable|imbattables|unique au monde|le seul|la seule|parfait|parfaite|ultime|incomparable"),
			list("meilleurs vœux|meilleures salutations|le plus souvent|le plus tôt|au plus|la plus grande partie")
	case "fr guarantee":
		return list("garantie|garanties|garanti|garantis|garantit|garantir|garantissons|sans risque|sans risques|aucun risque|satisfait ou remboursé|remboursé|promesse|promis"), nil
	case "fr free":
		return list("gratuit|gratuite|gratuits|gratuites|gratuitement|offert|offerte|offerts|offertes|sans frais|cadeau"), nil
	case "fr discount":
		return list("remise|remises|réduction|réductions|soldes|promo|promos|promotion|promotions|rabais|économisez|économies|moitié prix|à moitié prix|prix réduit|prix cassé|prix cassés|bon plan|bons plans|moins cher|déstockage"), nil
	case "fr proof":
		return list("prouvé|prouvée|prouvés|prouvées|cliniquement|cliniquement prouvé|cliniquement testé|scientifiquement|scientifiquement prouvé|testé|testée|testés|testées|testé dermatologiquement|études montrent|recommandé par|recommandée par|certifié|certifiée|primé|primée|guérit|soigne|soulage"), nil
	}
	return nil, nil
}
