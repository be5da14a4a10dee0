package shown

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// LinkRules is what links have to keep to.
type LinkRules struct {
	// Hosts that links may lead to, subdomains included; none means any.
	Hosts []string
	// Params are what is known of parameters. Where there are any, no other utm_
	// parameter may stand.
	Params []Param
	// Lower asks for lower case in the values of utm_ parameters.
	Lower bool
	// Except are the paths of links that need no parameter, each with all below it.
	Except []string
	// Personal are further names of parameters that would carry personal data,
	// beside the usual ones, such as email.
	Personal []string
}

// Param is a parameter and what it may say.
type Param struct {
	Key      string
	Values   []string // none means any
	Required bool     // in links to Hosts
}

// vague are the texts of links that say nothing out of their place (WCAG 2.4.4).
var vague = []string{
	"click here", "here", "read more", "more", "learn more", "link", "this link", "click", "details", "see more", "go",
	"hier", "hier klicken", "mehr", "mehr erfahren", "weiterlesen", "klicken", "details ansehen",
	"cliquez ici", "ici", "en savoir plus", "aquí", "haz clic aquí", "más", "clicca qui", "qui",
}

// Links holds each link against the rules. A link to "#", an empty one, one that
// cannot be read, one that is not https, and one that says nothing are always told.
func Links(s Shown, rules LinkRules) []Issue {
	var out []Issue
	for _, l := range s.Links {
		out = append(out, linkText(l)...)
		out = append(out, linkTarget(l, rules)...)
	}
	return out
}

// Target holds the address of a link against the rules, wherever it stands.
func Target(href string, rules LinkRules) []Issue { return linkTarget(Link{Href: href}, rules) }

func linkText(l Link) []Issue {
	said := strings.Trim(strings.ToLower(l.Text), " .:!>»→…›")
	switch {
	case said == "":
		return []Issue{l.issue("link.text", "a link without words", "where it leads", "give it words, or its picture an alt")}
	case slices.Contains(vague, said):
		return []Issue{l.issue("link.text", l.Text, "where it leads", "say what is behind it, such as the thing it shows")}
	}
	return nil
}

func linkTarget(l Link, rules LinkRules) []Issue {
	href := l.Href
	lower := strings.ToLower(href)
	switch {
	case href == "":
		return []Issue{l.issue("link.empty", "an empty href", "an address", "give it an address, or take the link out")}
	case href == "#":
		return []Issue{l.issue("link.empty", "#", "an address", "give it an address, or take the link out")}
	case strings.HasPrefix(href, "#"), strings.HasPrefix(lower, "tel:"), strings.HasPrefix(lower, "sms:"):
		return nil
	case strings.HasPrefix(lower, "mailto:"):
		return nil
	case strings.Contains(href, "{{") || strings.HasPrefix(href, "%%"):
		return []Issue{l.issue("link.parse", shorten(href), "an address", "fill the placeholder before this is checked").unknown()}
	}
	u, err := url.Parse(href)
	if err != nil {
		return []Issue{l.issue("link.parse", shorten(href), "an address", "write it as https://host/path, with what is not a letter percent-encoded")}
	}
	if u.Scheme == "" && u.Host == "" {
		return params(l, u, rules)
	}
	var out []Issue
	if u.Scheme != "https" {
		out = append(out, l.issue("link.https", shorten(href), "https", "lead to the https address"))
	}
	if u.Host == "" {
		return append(out, l.issue("link.parse", shorten(href), "a host", "write it as https://host/path"))
	}
	if len(rules.Hosts) > 0 && !allowed(u.Hostname(), rules.Hosts) {
		out = append(out, l.issue("link.host", u.Hostname(), "one of "+strings.Join(rules.Hosts, ", "), "lead to a host that is allowed, or allow this one"))
	}
	return append(out, params(l, u, rules)...)
}

func allowed(host string, hosts []string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.ContainsFunc(hosts, func(h string) bool {
		h = strings.ToLower(h)
		return host == h || strings.HasSuffix(host, "."+h)
	})
}

// personal are names of parameters whose values are about a person.
var personal = []string{"email", "e-mail", "mail", "name", "firstname", "first_name", "lastname", "last_name", "phone", "tel", "dob", "birthday", "address", "ssn", "iban"}

func params(l Link, u *url.URL, rules LinkRules) []Issue {
	var out []Issue
	if strings.Count(u.RawQuery, "?") > 0 {
		out = append(out, l.issue("link.query", shorten(l.Href), `one "?"`, `join further parameters with "&"`))
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		out = append(out, l.issue("link.query", shorten(u.RawQuery), "parameters that can be read", "percent-encode what is not a letter"))
	}
	keys := make([]string, 0, len(values))
	for k := range values {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		out = append(out, param(l, k, values[k], rules)...)
	}
	if len(text.Personal(u.Path)) > 0 {
		out = append(out, l.issue("link.personal", "personal data in the path", "none", "name people by an id that means nothing elsewhere"))
	}
	if u.Host == "" || len(rules.Hosts) > 0 && !allowed(u.Hostname(), rules.Hosts) {
		return out
	}
	if slices.ContainsFunc(rules.Except, func(path string) bool {
		return u.Path == path || strings.HasPrefix(u.Path, strings.TrimSuffix(path, "/")+"/")
	}) {
		return out
	}
	for _, p := range rules.Params {
		if p.Required && !values.Has(p.Key) {
			out = append(out, l.issue("link.utm", "no "+p.Key, p.Key, "add "+p.Key+" to the address"))
		}
	}
	return out
}

func param(l Link, key string, values []string, rules LinkRules) []Issue {
	var out []Issue
	lower := strings.ToLower(key)
	for _, v := range values {
		if v != "" && (slices.Contains(personal, lower) || slices.Contains(rules.Personal, key) || len(text.Personal(v)) > 0) {
			out = append(out, l.issue("link.personal", "personal data in "+key, "none", "name people by an id that means nothing elsewhere"))
			break
		}
	}
	i := slices.IndexFunc(rules.Params, func(p Param) bool { return p.Key == lower || p.Key == key })
	if !strings.HasPrefix(lower, "utm_") && i < 0 {
		return out
	}
	if key != lower && strings.HasPrefix(lower, "utm_") {
		out = append(out, l.issue("link.utm", key, lower, "write the parameter in lower case"))
	}
	if len(values) > 1 {
		out = append(out, l.issue("link.utm", fmt.Sprintf("%s %d times", key, len(values)), "once", "keep one of them"))
	}
	if i < 0 && len(rules.Params) > 0 {
		return append(out, l.issue("link.utm", key, "a parameter of the taxonomy", "take it out, or add it to the taxonomy"))
	}
	for _, v := range values {
		switch {
		case rules.Lower && v != strings.ToLower(v):
			out = append(out, l.issue("link.utm", key+"="+shorten(v), strings.ToLower(v), "write the value in lower case"))
		case strings.TrimSpace(v) == "":
			out = append(out, l.issue("link.utm", key+" is empty", "a value", "give it a value, or take it out"))
		case i >= 0 && len(rules.Params[i].Values) > 0 && !slices.Contains(rules.Params[i].Values, v):
			out = append(out, l.issue("link.utm", key+"="+shorten(v), strings.Join(rules.Params[i].Values, ", "), "use a value of the taxonomy"))
		}
	}
	return out
}
