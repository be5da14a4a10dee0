package text

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/throughline-engine/throughline"
)

// PersonalKind is what a piece of personal data is.
type PersonalKind string

// The kinds of personal data that Personal finds.
const (
	Email PersonalKind = "email"
	Phone PersonalKind = "phone"
	IBAN  PersonalKind = "iban" // with a country's own length and the check digits of ISO 7064
	Card  PersonalKind = "card" // with the first digits of a payment card and the check digit of Luhn
)

// PersonalData is one piece of it in a text.
type PersonalData struct {
	Kind PersonalKind
	Span throughline.Span
	// InURL says that it stands in an address, where every log on the way keeps it.
	InURL bool
}

// Personal finds what names a person in a text and in the addresses in it, also
// where these have it percent-encoded: by start, never two over each other.
// Addresses and numbers that nobody can have are left out: the domains that RFC
// 2606 reserves for examples, and the 555-01xx numbers.
func Personal(s string) []PersonalData {
	f := personalFinder{text: s}
	f.urls()
	f.email(s, 0, false)
	f.iban(s, 0, false)
	f.card(s, 0, false)
	f.phone(s, 0, false)
	slices.SortFunc(f.found, func(a, b PersonalData) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	return f.found
}

// The shapes of personal data, made once: they are asked of each part of each address.
var (
	urlShape   = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"]+`)
	emailShape = regexp.MustCompile(`(?i)[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}\b`)
	ibanShape  = regexp.MustCompile(`(?i)\b[a-z]{2}[0-9]{2}[ \x{a0}]?[a-z0-9]`)
	cardShape  = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){12,18}`)
	phoneShape = regexp.MustCompile(`(?:\+|\b00)[1-9][0-9]{0,2}(?:[ ./-]?\(?0?\)?[ ./-]?[0-9]{1,5}){2,6}|\(0?[0-9]{2,5}\)[ ./-]?[0-9]{3,}(?:[ -]?[0-9]{2,})*|\b0[1-9][0-9]{1,4}[ ]?[/-][ ]?[0-9]{3,}(?:[ -]?[0-9]{2,})*|\b0[1-9][0-9]{1,4} [0-9]{3,}(?: ?[0-9]{2,})*|\b0[1-9](?: [0-9]{2}){4}\b|\b[2-9][0-9]{2}[.-][0-9]{3}[.-][0-9]{4}\b`)
)

type personalFinder struct {
	text  string
	found []PersonalData
	taken []bool // by byte of the text
}

// add takes something unless a part of it was taken before.
func (f *personalFinder) add(kind PersonalKind, start, end int, inURL bool) {
	if f.taken == nil {
		f.taken = make([]bool, len(f.text))
	}
	if slices.Contains(f.taken[start:end], true) {
		return
	}
	for i := range f.taken[start:end] {
		f.taken[start+i] = true
	}
	f.found = append(f.found, PersonalData{kind, throughline.Span{Start: start, End: end}, inURL})
}

// urls looks into each part of each address as it reads once decoded. What is
// found there spans the whole part, since decoding moves letters.
func (f *personalFinder) urls() {
	for _, at := range urlShape.FindAllStringIndex(f.text, -1) {
		address := f.text[at[0]:at[1]]
		start := 0
		for i := 0; i <= len(address); i++ {
			if i < len(address) && !strings.ContainsRune("/?&=#;", rune(address[i])) {
				continue
			}
			part := address[start:i]
			offset := at[0] + start
			start = i + 1
			plain, err := url.QueryUnescape(part)
			if err != nil || part == "" {
				continue
			}
			whole := personalFinder{text: plain}
			whole.email(plain, 0, true)
			whole.iban(plain, 0, true)
			whole.card(plain, 0, true)
			if strings.HasPrefix(plain, "+") || strings.HasPrefix(part, "+") || strings.HasPrefix(plain, "00") { // a number in an address is an id more often
				whole.phone("+"+strings.TrimLeft(plain, "+0 "), 0, true)
			}
			for _, p := range whole.found {
				f.add(p.Kind, offset, offset+len(part), true)
			}
		}
	}
}

func (f *personalFinder) email(s string, offset int, inURL bool) {
	for _, at := range emailShape.FindAllStringIndex(s, -1) {
		domain := strings.ToLower(s[strings.LastIndexByte(s[:at[1]], '@')+1 : at[1]])
		example := slices.ContainsFunc([]string{"example.com", "example.net", "example.org", "example", "test", "invalid"}, func(d string) bool {
			return domain == d || strings.HasSuffix(domain, "."+d)
		})
		if !example {
			f.add(Email, offset+at[0], offset+at[1], inURL)
		}
	}
}

// ibanLengths are the countries of the IBAN registry (ISO 13616) with the length
// of their account numbers.
const ibanLengths = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 " +
	"GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 " +
	"OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"

func (f *personalFinder) iban(s string, offset int, inURL bool) {
	for _, at := range ibanShape.FindAllStringIndex(s, -1) {
		country := strings.Index(ibanLengths, strings.ToUpper(s[at[0]:at[0]+2]))
		if country < 0 || country%5 != 0 {
			continue
		}
		want := int(ibanLengths[country+2]-'0')*10 + int(ibanLengths[country+3]-'0')
		var digits strings.Builder
		end := at[0]
		for i, r := range s[at[0]:] {
			if r == ' ' || r == '\u00a0' {
				continue
			}
			if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) || digits.Len() == want {
				break
			}
			digits.WriteRune(unicode.ToUpper(r))
			end = at[0] + i + 1
		}
		if digits.Len() == want && mod97(digits.String()) && !wordGoesOn(s, end) {
			f.add(IBAN, offset+at[0], offset+end, inURL)
		}
	}
}

func wordGoesOn(s string, at int) bool {
	return at < len(s) && (s[at] >= '0' && s[at] <= '9' || s[at] >= 'a' && s[at] <= 'z' || s[at] >= 'A' && s[at] <= 'Z')
}

// mod97 checks an IBAN: with its first four characters at its end and letters as
// 10 to 35 it leaves 1 when divided by 97 (ISO 7064, MOD 97-10).
func mod97(iban string) bool {
	rest := 0
	for _, r := range iban[4:] + iban[:4] {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest == 1
}

func (f *personalFinder) card(s string, offset int, inURL bool) {
	for _, at := range cardShape.FindAllStringIndex(s, -1) {
		if at[0] > 0 && (s[at[0]-1] == '.' || s[at[0]-1] == ',' || wordGoesOn(s, at[0]-1)) || wordGoesOn(s, at[1]) {
			continue
		}
		digits := onlyDigits(s[at[0]:at[1]])
		if cardPrefix(digits) && luhn(digits) {
			f.add(Card, offset+at[0], offset+at[1], inURL)
		}
	}
}

// cardPrefix reports whether a number begins and is as long as the cards of a
// network that issues them.
func cardPrefix(d string) bool {
	two, four := d[:2], d[:4]
	switch {
	case d[0] == '4':
		return len(d) == 13 || len(d) == 16 || len(d) == 19
	case two >= "51" && two <= "55", four >= "2221" && four <= "2720":
		return len(d) == 16
	case two == "34" || two == "37":
		return len(d) == 15
	case two == "36" || two == "38" || two == "39" || two == "30":
		return len(d) == 14
	case four == "6011" || two == "65" || two == "64" || two == "62" || two == "35" || two == "50" || two >= "56" && two <= "69":
		return len(d) >= 16
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// phone finds numbers with a country's prefix, and national ones in the shapes
// that nothing else has: an area code in parentheses or after a 0 and set apart,
// or three groups as in North America.
func (f *personalFinder) phone(s string, offset int, inURL bool) {
	for _, at := range phoneShape.FindAllStringIndex(s, -1) {
		n := len(onlyDigits(s[at[0]:at[1]]))
		if n < 8 || n > 16 || wordGoesOn(s, at[1]) || fiction(onlyDigits(s[at[0]:at[1]])) {
			continue
		}
		if at[0] > 0 && (wordGoesOn(s, at[0]-1) || s[at[0]-1] == '#') {
			continue
		}
		f.add(Phone, offset+at[0], offset+at[1], inURL)
	}
}

// fiction reports whether a number is one of 555-0100 to 555-0199, which North
// America keeps for stories.
func fiction(digits string) bool {
	return len(digits) >= 10 && strings.HasPrefix(digits[len(digits)-7:], "55501")
}
