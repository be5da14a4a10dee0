package text_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

func TestPersonal(t *testing.T) {
	// The account numbers are the examples of the IBAN registry, the cards the
	// test numbers that networks publish.
	tests := []struct {
		name, s string
		want    []string
	}{
		{"an address", "Write to Anna.Meier+news@baeckerei-meier.de!", []string{"email Anna.Meier+news@baeckerei-meier.de"}},
		{"an example's address is nobody's", "you@example.com, a@shop.example", nil},
		{"a handle is no address", "follow @throughline, 3 @ 4.50", nil},
		{"accounts of several countries", "DE89 3704 0044 0532 0130 00, GB29NWBK60161331926819, FR14 2004 1010 0505 0001 3M02 606.", []string{"iban DE89 3704 0044 0532 0130 00", "iban GB29NWBK60161331926819", "iban FR14 2004 1010 0505 0001 3M02 606"}},
		{"an account with a wrong digit is none", "DE88370400440532013000", nil},
		{"an account in a sentence", "Bitte auf NL91ABNA0417164300 zahlen", []string{"iban NL91ABNA0417164300"}},
		{"a code that looks like one", "Code AB12CDEF, SE25WINTER", nil},
		{"cards", "4111 1111 1111 1111, 5555-5555-5555-4444 and 378282246310005", []string{"card 4111 1111 1111 1111", "card 5555-5555-5555-4444", "card 378282246310005"}},
		{"a card with a wrong digit is none", "4111 1111 1111 1112", nil},
		{"an order number is no card", "order 1234567890123456", nil},
		{"international numbers", "+49 30 901820 or +1 (212) 736-5000, 0033 1 42 68 53 00", []string{"phone +49 30 901820", "phone +1 (212) 736-5000", "phone 0033 1 42 68 53 00"}},
		{"national numbers", "030/901820, (0221) 2345678, 0171 2345678, 01 42 68 53 00 and 212-736-5000", []string{"phone 030/901820", "phone (0221) 2345678", "phone 0171 2345678", "phone 01 42 68 53 00", "phone 212-736-5000"}},
		{"a number of the stories is nobody's", "Call 212-555-0123", nil},
		{"dates, prices, amounts and versions are none", "2026-11-22, 22.11.2026, 12:30, 1,299.00 €, 10 000 000, v1.22.333, #0b62d6, 102 400 bytes, 4.5 stars, 2019/2020", nil},
		{"in an address it is worse", "see https://shop.de/?mail=anna%40meier.de&id=7", []string{"url email mail"}},
		{"in a path too", "https://shop.de/u/anna@meier.de/orders", []string{"url email anna@meier.de"}},
		{"a number in an address is an id unless it has a prefix", "https://shop.de/?id=03090182012&tel=%2B4930901820", []string{"url phone tel"}},
		{"an account in an address", "https://shop.de/pay?to=DE89370400440532013000", []string{"url iban to"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range text.Personal(tt.s) {
				says := string(p.Kind) + " " + tt.s[p.Span.Start:p.Span.End]
				if p.InURL {
					says = "url " + says
					if key := tt.s[:p.Span.Start-1]; strings.Contains(key, "?") { // a value is named by its key
						says = "url " + string(p.Kind) + " " + key[strings.LastIndexAny(key, "?&")+1:]
					}
				}
				got = append(got, says)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClaimTriggers(t *testing.T) {
	tests := []struct {
		language, s string
		want        []string
	}{
		{"en", "The best rye in town, guaranteed.", []string{"superlative best", "guarantee guaranteed"}},
		{"en", "Save 20% on 1,500 breads", []string{"discount Save", "percent 20%", "number 1,500"}},
		{"en", "Free delivery from €25.00", []string{"free Free", "number €25.00"}},
		{"en", "Sugar-free and free of nuts. Feel free to ask.", nil},
		{"en", "Best regards, and take off your hat", nil},
		{"en", "Clinically proven to work", []string{"proof Clinically proven"}},
		{"en", "B2B news for the H1 line", nil},
		{"de", "Das beste Brot: 20 Prozent Rabatt, Versand kostenlos", []string{"superlative beste", "percent 20 Prozent", "discount Rabatt", "free kostenlos"}},
		{"de", "Geld-zurück-Garantie, klinisch getestet", []string{"guarantee Geld-zurück-Garantie", "proof klinisch getestet"}},
		{"de", "Am besten heute noch. Beste Grüße", nil},
		{"fr", "Le meilleur pain, prouvé et gratuit", []string{"superlative meilleur", "proof prouvé", "free gratuit"}},
		{"fr", "−30 % pendant les soldes, satisfait ou remboursé", []string{"percent 30 %", "discount soldes", "guarantee satisfait ou remboursé"}},
		{"it", "Il migliore: 20 % in meno", []string{"percent 20 %"}},
		{"en", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.s, func(t *testing.T) {
			var got []string
			for _, c := range text.ClaimTriggers(tt.s, tt.language) {
				got = append(got, fmt.Sprintf("%s %s", c.Trigger, tt.s[c.Span.Start:c.Span.End]))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// clean is a mail that no heuristic has anything to say about.
func clean() text.Mail {
	return text.Mail{
		Subject: "Rye is back this Friday", Preheader: "Order until Thursday evening",
		Text:  "Dear Anna, our rye bread is back. We bake it on Friday morning and keep one for you when you order until Thursday. " + strings.Repeat("It is made of flour, water and salt, and of time. ", 6),
		Links: []text.MailLink{{"Order rye", "https://bakery.example/rye"}, {"bakery.example", "https://www.bakery.example/"}}, Images: 1, Bytes: 20000, Unsubscribe: true, Plain: true, Address: true,
	}
}

func TestSpamSigns_eachRuleCanFire(t *testing.T) {
	if signs := text.SpamSigns(clean()); len(signs) > 0 {
		t.Fatalf("a clean mail has %v", signs)
	}
	link := func(shown, to string) func(*text.Mail) {
		return func(m *text.Mail) { m.Links = append(m.Links, text.MailLink{Text: shown, URL: to}) }
	}
	subject := func(s string) func(*text.Mail) { return func(m *text.Mail) { m.Subject = s } }
	body := func(s string) func(*text.Mail) { return func(m *text.Mail) { m.Text += s } }
	faults := map[string]func(*text.Mail){
		"subject-missing":      subject(" "),
		"subject-long":         subject(strings.Repeat("rye ", 40)),
		"subject-capitals":     subject("RYE BREAD IS BACK"),
		"subject-exclamations": subject("Rye! Now!"),
		"subject-marks":        subject("Rye is back??"),
		"subject-reply":        subject("Re: your order"),
		"subject-money":        subject("Win 10,000 €"),
		"subject-emoji":        subject("Rye 🍞🍞🍞"),
		"subject-spaced":       subject("F r e e b r e a d"),
		"preheader-same":       func(m *text.Mail) { m.Preheader = m.Subject },
		"body-empty":           func(m *text.Mail) { m.Text, m.Images = "", 0 },
		"body-capitals":        body(strings.Repeat(" BREAD", 20)),
		"body-exclamations":    body(strings.Repeat(" Now! Yes!", 4)),
		"body-urgent":          body(" Last chance."),
		"body-money":           body(" Make money fast."),
		"body-prize":           body(" Sie haben gewonnen."),
		"body-miracle":         body(" A miracle."),
		"body-click-here":      body(" Klicken Sie hier."),
		"body-account":         body(" Verify your account."),
		"body-hidden":          body(" fr\u200bee"),
		"body-pictures":        func(m *text.Mail) { m.Text, m.Images = "Look", 4 },
		"body-large":           func(m *text.Mail) { m.Bytes = 110000 },
		"plain-missing":        func(m *text.Mail) { m.Plain = false },
		"unsubscribe-missing":  func(m *text.Mail) { m.Unsubscribe = false },
		"address-missing":      func(m *text.Mail) { m.Address = false },
		"links-many": func(m *text.Mail) {
			for range 12 {
				link("x", "https://bakery.example/")(m)
			}
		},
		"link-shortener":   link("x", "https://bit.ly/abc"),
		"link-address":     link("x", "https://192.0.2.7/"),
		"link-plain":       link("x", "http://bakery.example/"),
		"link-other":       link("bakery.example", "https://other.example/"),
		"link-credentials": link("x", "https://bakery.example@other.example/"),
	}
	for _, rule := range text.SpamRules() {
		plant := faults[rule]
		if plant == nil {
			t.Errorf("no fault is planted for %s", rule)
			continue
		}
		m := clean()
		plant(&m)
		fired := false
		for _, s := range text.SpamSigns(m) {
			fired = fired || s.Rule == rule && s.Says != ""
		}
		if !fired {
			t.Errorf("%s does not see what is planted", rule)
		}
	}
	if len(text.SpamRules()) < 25 || len(faults) != len(text.SpamRules()) {
		t.Errorf("%d rules and %d faults", len(text.SpamRules()), len(faults))
	}
}

func FuzzSense(f *testing.F) {
	for _, s := range []string{"a@b.de +49 30 901820 DE89 3704", "https://x.de/?a=%40&b=a%40b.de 20 %", "Am 3. Mai! 4111 1111 1111 1111", "\xff BEST\u00a0", "İßﬁ"} {
		f.Add(s, "de")
	}
	f.Fuzz(func(t *testing.T, s, language string) {
		whole := func(start, end int) {
			if start < 0 || start >= end || end > len(s) || utf8.ValidString(s) && !utf8.ValidString(s[start:end]) {
				t.Fatalf("%q: the span %d to %d", s, start, end)
			}
		}
		last := 0
		for _, p := range text.Personal(s) {
			whole(p.Span.Start, p.Span.End)
			if p.Span.Start < last {
				t.Fatalf("%q: two lie over each other", s)
			}
			last = p.Span.End
		}
		for _, c := range text.ClaimTriggers(s, language) {
			whole(c.Span.Start, c.Span.End)
		}
		last = 0
		for _, span := range text.Sentences(s, language) {
			whole(span.Start, span.End)
			if span.Start < last {
				t.Fatalf("%q: sentences lie over each other", s)
			}
			last = span.End
		}
		c := text.Count(s, language)
		if c.Syllables < c.Words || c.Sentences > c.Words || c.Long > c.Words {
			t.Fatalf("%q: %+v", s, c)
		}
		m := text.MeasureSMS(s)
		if most := 153; m.Units > 160 && !m.Unicode && (m.Segments*most < m.Units || (m.Segments-1)*most > m.Units) {
			t.Fatalf("%q: %+v", s, m)
		}
		text.SpamSigns(text.Mail{Subject: s, Text: s, Links: []text.MailLink{{s, s}}})
		text.Language(s)
	})
}
