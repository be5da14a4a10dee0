package text

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mail is what the spam heuristics look at.
type Mail struct {
	Subject, Preheader string
	// Text is the visible text of the body.
	Text string
	// Links are the addresses the mail leads to, with the text each stands on.
	Links []MailLink
	// Images is how many pictures it has.
	Images int
	// Bytes is the size of the HTML.
	Bytes int
	// Unsubscribe says that the mail has a List-Unsubscribe header, Plain a part
	// in plain text, Address the sender's postal address in its text.
	Unsubscribe, Plain, Address bool
}

// MailLink is a link of a mail.
type MailLink struct{ Text, URL string }

// SpamSign is something that spam filters are known to dislike.
type SpamSign struct {
	// Rule is the heuristic's name.
	Rule string
	// Says is what was found, for people.
	Says string
}

// spamRule is one heuristic: what it is called and what it says, or "".
type spamRule struct {
	name string
	says func(Mail) string
}

// SpamSigns applies the heuristics of SpamRules. They are rules of thumb, written
// down from what filters document and mail designers report: no filter is asked,
// none publishes all it does, and most of what decides, such as the sender's
// reputation, is not in the mail. A finding should say that it is a heuristic.
func SpamSigns(m Mail) []SpamSign {
	var signs []SpamSign
	for _, r := range spamRules() {
		if says := r.says(m); says != "" {
			signs = append(signs, SpamSign{r.name, says})
		}
	}
	return signs
}

// SpamRules returns the names of the heuristics.
func SpamRules() []string {
	var names []string
	for _, r := range spamRules() {
		names = append(names, r.name)
	}
	return names
}

func when(is bool, says string) string {
	if is {
		return says
	}
	return ""
}

func spamRules() []spamRule {
	return append([]spamRule{
		{"subject-missing", func(m Mail) string { return when(strings.TrimSpace(m.Subject) == "", "the mail has no subject") }},
		{"subject-long", func(m Mail) string {
			return when(utf8.RuneCountInString(m.Subject) > 120, "the subject has more than 120 characters")
		}},
		{"subject-capitals", func(m Mail) string {
			return when(capitals(m.Subject) > 0.5, "more than half of the subject's letters are capitals")
		}},
		{"subject-exclamations", func(m Mail) string {
			return when(len(Exclamations(m.Subject)) > 1, "the subject has more than one exclamation mark")
		}},
		{"subject-marks", func(m Mail) string {
			return when(regexp.MustCompile(`[!?]{2,}|\.{4,}|\*{2,}`).MatchString(m.Subject), "the subject repeats punctuation marks")
		}},
		{"subject-reply", func(m Mail) string {
			return when(regexp.MustCompile(`(?i)^\s*(?:re|fw|fwd|aw|wg|tr|rv)\s*:`).MatchString(m.Subject), "the subject pretends to be a reply or forwarded")
		}},
		{"subject-money", func(m Mail) string {
			return when(regexp.MustCompile(`[$€£]{2,}|(?:[$€£]\s?[0-9][0-9.,]{3,}|[0-9][0-9.,]{3,}\s?[$€£])`).MatchString(m.Subject), "the subject names a large amount of money")
		}},
		{"subject-emoji", func(m Mail) string { return when(pictographs(m.Subject) > 2, "the subject has more than two emoji") }},
		{"subject-spaced", func(m Mail) string {
			return when(regexp.MustCompile(`(?:\b\pL[ .*_-]){4,}\pL\b`).MatchString(m.Subject), "letters of the subject are set apart to hide a word")
		}},
		{"preheader-same", func(m Mail) string {
			return when(m.Subject != "" && strings.EqualFold(strings.TrimSpace(m.Subject), strings.TrimSpace(m.Preheader)), "the preheader repeats the subject")
		}},
	}, append(bodyRules(), linkRules()...)...)
}

func bodyRules() []spamRule {
	return []spamRule{
		{"body-empty", func(m Mail) string { return when(len(WordSpans(m.Text)) == 0, "the mail has no text") }},
		{"body-capitals", func(m Mail) string {
			return when(len(AllCaps(m.Text, 5))*10 > len(WordSpans(m.Text)) && len(AllCaps(m.Text, 5)) > 2, "more than a tenth of the words are in capitals")
		}},
		{"body-exclamations", func(m Mail) string {
			n := len(Exclamations(m.Text))
			return when(n > 3 && n > len(Sentences(m.Text, ""))/4, "the text has "+strconv.Itoa(n)+" exclamation marks")
		}},
		{"body-urgent", func(m Mail) string {
			return wording(m, "urgency", "act now|last chance|only today|expires today|urgent|hurry|while supplies last|jetzt zugreifen|nur heute|letzte chance|dringend|solange der vorrat reicht|dernière chance|dépêchez-vous|plus que quelques heures")
		}},
		{"body-money", func(m Mail) string {
			return wording(m, "easy money", "earn extra cash|make money fast|million dollars|cash bonus|no credit check|get paid|work from home|double your income|schnelles geld|nebenverdienst|kredit ohne schufa|argent facile|gagnez de l'argent")
		}},
		{"body-prize", func(m Mail) string {
			return wording(m, "a prize", "you have won|you've won|congratulations|claim your prize|winner|sie haben gewonnen|herzlichen glückwunsch|gewinner|vous avez gagné|félicitations")
		}},
		{"body-miracle", func(m Mail) string {
			return wording(m, "a miracle", "miracle|lose weight|weight loss|anti-aging|viagra|risk-free|100% free|guaranteed|wundermittel|abnehmen|risikofrei|perdre du poids|sans risque")
		}},
		{"body-click-here", func(m Mail) string {
			return wording(m, "a bare call to click", "click here|click below|hier klicken|klicken sie hier|cliquez ici")
		}},
		{"body-account", func(m Mail) string {
			return wording(m, "an account in danger, as phishing does", "verify your account|confirm your password|your account has been suspended|update your payment|konto bestätigen|passwort bestätigen|ihr konto wurde gesperrt|vérifiez votre compte|votre compte a été suspendu")
		}},
		{"body-hidden", func(m Mail) string {
			return when(strings.ContainsAny(m.Subject+m.Text, "\u00ad\u200b\u2060\ufeff"), "the text has invisible characters, which hide words from filters")
		}},
		{"body-pictures", func(m Mail) string {
			return when(m.Images > 0 && len(WordSpans(m.Text)) < 20*m.Images && len(WordSpans(m.Text)) < 100, "there is little text beside the pictures")
		}},
		{"body-large", func(m Mail) string { return when(m.Bytes > 102400, "the HTML has more than 100 KB") }},
		{"plain-missing", func(m Mail) string { return when(!m.Plain, "the mail has no part in plain text") }},
		{"unsubscribe-missing", func(m Mail) string { return when(!m.Unsubscribe, "the mail has no List-Unsubscribe header") }},
		{"address-missing", func(m Mail) string { return when(!m.Address, "the sender's postal address is not in the mail") }},
	}
}

func linkRules() []spamRule {
	each := func(name, says string, is func(MailLink, *url.URL) bool) spamRule {
		return spamRule{name, func(m Mail) string {
			for _, l := range m.Links {
				if u, err := url.Parse(strings.TrimSpace(l.URL)); err == nil && is(l, u) {
					return says + ": " + shorten(l.URL)
				}
			}
			return ""
		}}
	}
	return []spamRule{
		{"links-many", func(m Mail) string {
			return when(len(m.Links) > 10 && len(m.Links)*15 > len(WordSpans(m.Text)), "there is a link for every few words")
		}},
		each("link-shortener", "a link hides where it leads behind a shortener", func(_ MailLink, u *url.URL) bool {
			return slices.Contains(strings.Fields("bit.ly tinyurl.com goo.gl t.co ow.ly is.gd buff.ly rebrand.ly cutt.ly rb.gy t.ly shorturl.at"), strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."))
		}),
		each("link-address", "a link leads to a number instead of a name", func(_ MailLink, u *url.URL) bool {
			return regexp.MustCompile(`^[0-9.]+$|^\[|:`).MatchString(u.Hostname()) && u.Hostname() != ""
		}),
		each("link-plain", "a link is not encrypted", func(_ MailLink, u *url.URL) bool { return strings.EqualFold(u.Scheme, "http") }),
		each("link-other", "a link shows one address and leads to another", func(l MailLink, u *url.URL) bool {
			shown := regexp.MustCompile(`(?i)^(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]\S*)?$`).FindStringSubmatch(strings.TrimSpace(l.Text))
			host := strings.ToLower(u.Hostname())
			return shown != nil && host != "" && !sameSite(strings.ToLower(shown[1]), host)
		}),
		each("link-credentials", "a link has a user name before its host", func(_ MailLink, u *url.URL) bool { return u.User != nil }),
	}
}

// sameSite reports whether one host is the other or below it.
func sameSite(a, b string) bool {
	a, b = strings.TrimPrefix(a, "www."), strings.TrimPrefix(b, "www.")
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// wording says which of the phrases a mail has.
func wording(m Mail, what, phrases string) string {
	terms := NewTerms(strings.Split(phrases, "|"))
	for _, s := range []string{m.Subject, m.Preheader, m.Text} {
		if found := terms.Find(s); len(found) > 0 {
			return "the wording is that of " + what + ": " + s[found[0].Span.Start:found[0].Span.End]
		}
	}
	return ""
}

// capitals is the share of capitals among the letters, or 0 for few letters.
func capitals(s string) float64 {
	letters, upper := 0, 0
	for _, r := range s {
		if unicode.IsUpper(r) || unicode.IsLower(r) {
			letters++
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	if letters < 8 {
		return 0
	}
	return float64(upper) / float64(letters)
}

func pictographs(s string) int {
	n := 0
	for _, r := range s {
		if r >= 0x1f300 && r <= 0x1faff && (r < 0x1f3fb || r > 0x1f3ff) || r >= 0x2600 && r <= 0x27bf {
			n++
		}
	}
	return n
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
