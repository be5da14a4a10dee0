package email

import (
	"regexp"
	"slices"
	"strings"
)

// page puts the body into its page.
func (d *drawing) page(opts *Options) string {
	h, body := d.head, string(d.buf)
	if d.foreign {
		body = squeezed(body)
	}
	if len(h.html) > 0 {
		var ok bool
		body, ok = decorate(body, h.html)
		d.slow = d.slow || !ok
	}
	var w writer
	for _, first := range h.first {
		w.text(first, "\n")
	}
	w.text("<!doctype html>\n<html lang=\"", h.lang, `" dir="`, h.dir, `" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">`,
		"\n<head>\n<title>", h.title, "</title>\n", skeleton)
	w.fonts(h, body)
	w.queries(h, d.queries)
	w.looks(h, d.looks)
	if len(h.styles) > 0 {
		w.text("<style type=\"text/css\">\n", strings.Join(h.styles, "\n"), "\n</style>\n")
	}
	w.text(strings.Join(h.raws, "\n"), "\n</head>\n")
	page := string(w.buf) + body + "\n</html>\n"
	if len(h.inline) > 0 {
		var ok bool
		page, ok = inline(page, strings.Join(h.inline, ""))
		d.slow = d.slow || !ok
	}
	if d.foreign {
		page = again.ReplaceAllString(strings.ReplaceAll(page, ending, kept), "")
		page = strings.ReplaceAll(page, kept, ending)
	}
	return darkened(page, opts.Tokens)
}

// skeleton is what stands in the head of each mail: resets that clients need,
// and the resolution Outlook scales by.
const skeleton = `<!--[if !mso]><!-->
<meta http-equiv="X-UA-Compatible" content="IE=edge">
<!--<![endif]-->
<meta http-equiv="Content-Type" content="text/html; charset=UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
#outlook a { padding:0; }
body { margin:0;padding:0;-webkit-text-size-adjust:100%;-ms-text-size-adjust:100%; }
table, td { border-collapse:collapse;mso-table-lspace:0pt;mso-table-rspace:0pt; }
img { border:0;height:auto;line-height:100%; outline:none;text-decoration:none;-ms-interpolation-mode:bicubic; }
p { display:block;margin:13px 0; }
</style>
<!--[if mso]>
<noscript>
<xml>
<o:OfficeDocumentSettings>
<o:AllowPNG/>
<o:PixelsPerInch>96</o:PixelsPerInch>
</o:OfficeDocumentSettings>
</xml>
</noscript>
<![endif]-->
<!--[if lte mso 11]>
<style type="text/css">
.mj-outlook-group-fix { width:100% !important; }
</style>
<![endif]-->
`

// fonts loads those that a style in the body or an inline style names.
func (w *writer) fonts(h *head, body string) {
	var used []string
	named := families(body)
	for _, f := range h.fonts {
		if wears(named, h.inline, strings.ToLower(f.name)) {
			used = append(used, f.href)
		}
	}
	if len(used) == 0 {
		return
	}
	w.text("<!--[if !mso]><!-->\n")
	for _, href := range used {
		w.text(`<link href="`, href, `" rel="stylesheet" type="text/css">`, "\n")
	}
	w.text("<style type=\"text/css\">\n")
	for _, href := range used {
		w.text("@import url(", href, ");\n")
	}
	w.text("</style>\n<!--<![endif]-->\n")
}

const fontFamily = "font-family:"

// families returns what stands behind each font-family in an attribute, once.
func families(body string) (named []string) {
	for at := 0; ; {
		i := strings.IndexByte(body[at:], ':')
		if i < 0 {
			return named
		}
		at += i + 1
		if at < len(fontFamily) || !strings.EqualFold(body[at-len(fontFamily):at], fontFamily) {
			continue
		}
		value, _, _ := strings.Cut(body[at:], `"`)
		if value = strings.ToLower(value); len(named) > 1000 || !slices.Contains(named, value) {
			named = append(named, value)
		}
	}
}

// wears reports whether a font is named in an attribute of the body or in a
// style that goes there.
func wears(named, styles []string, font string) bool {
	for _, n := range named {
		if strings.Contains(n, font) {
			return true
		}
	}
	for _, s := range styles {
		for rest := strings.ToLower(s); ; {
			at := strings.Index(rest, fontFamily)
			if at < 0 {
				break
			}
			rest = rest[at+len(fontFamily):]
			value, _, _ := strings.Cut(rest, ";")
			value, _, _ = strings.Cut(value, "}")
			if strings.Contains(value, font) {
				return true
			}
		}
	}
	return false
}

// queries writes the widths of columns on wide screens: for all clients, for
// Thunderbird, and for Outlook on the web when it is to show the desktop layout.
func (w *writer) queries(h *head, queries []query) {
	if len(queries) == 0 {
		return
	}
	w.text("<style type=\"text/css\">\n@media only screen and (min-width:", h.breakpoint, ") {\n")
	w.rules(queries, "", "")
	w.text("}\n</style>\n<style media=\"screen and (min-width:", h.breakpoint, ")\">\n")
	w.rules(queries, ".moz-text-html ", "")
	w.text("</style>\n")
	if h.desktop {
		w.text("<style type=\"text/css\">\n")
		w.rules(queries, "", "[owa] ")
		w.text("</style>\n")
	}
}

// looks writes the rules of tags that need some.
func (w *writer) looks(h *head, tags []string) {
	if len(tags) == 0 {
		return
	}
	w.text("<style type=\"text/css\">\n")
	for _, tag := range tags {
		rules := phonePictures
		switch tag {
		case "mj-navbar":
			rules = menus
		case "mj-accordion":
			rules = folds
		}
		w.text(strings.ReplaceAll(rules, "BELOW", below(h.breakpoint)))
	}
	w.text("</style>\n")
}

const phonePictures = `@media only screen and (max-width:BELOW) {
table.mj-full-width-mobile { width: 100% !important; }
td.mj-full-width-mobile { width: auto !important; }
}
`

// rules writes classes with the same rule as one.
func (w *writer) rules(queries []query, before, first string) {
	done := map[string]bool{}
	for i, q := range queries {
		if done[q.rule] {
			continue
		}
		done[q.rule] = true
		w.text(first, before, ".", q.class)
		for _, other := range queries[i+1:] {
			if other.rule == q.rule {
				w.text(", ", before, ".", other.class)
			}
		}
		w.text(" ", q.rule, "\n")
	}
}

// below is the widest screen under the breakpoint.
func below(breakpoint string) string {
	i := strings.IndexAny(breakpoint, "0123456789")
	if i < 0 {
		return breakpoint
	}
	return px(whole(breakpoint[i:]) - 1)
}

// What authors write for Outlook by hand is squeezed as the reference does it.
const anyBlank = `[\s\v\x{a0}\x{feff}\p{Z}]`

var (
	conditionals = regexp.MustCompile(`(?s)(<!--\[if\s[^\]]+\]>)(.*?)(<!\[endif\]-->)`)
	betweenTags  = regexp.MustCompile(`(?m)(^|>)` + anyBlank + `+(<|$)`)
	manyBlanks   = regexp.MustCompile(anyBlank + `{2,}`)
	again        = regexp.MustCompile(`<!\[endif\]-->` + anyBlank + `*<!--\[if mso \| IE\]>`)
)

// A conditional that everyone but Outlook reads ends in a comment's end of its
// own, which must not be taken for the end of one that only Outlook reads.
const (
	ending = "<!--<![endif]-->"
	kept   = "<!--\x00-->"
)

func squeezed(body string) string {
	return conditionals.ReplaceAllStringFunc(body, func(s string) string {
		m := conditionals.FindStringSubmatch(s)
		inner := betweenTags.ReplaceAllString(m[2], "$1$2")
		return m[1] + manyBlanks.ReplaceAllString(inner, " ") + m[3]
	})
}
