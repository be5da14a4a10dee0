package email

import (
	"maps"
	"slices"
	"strings"
)

// darkened makes a page change its colours in dark mode. Where a style has a
// token with a dark colour, its element gets a class; the head gets rules for
// clients that ask for the mode, and for Outlook.com, which marks what it has
// inverted with data-ogsc (text) and data-ogsb (background).
func darkened(page string, tokens map[string]Token) string {
	if !slices.ContainsFunc(slices.Collect(maps.Values(tokens)), func(t Token) bool { return t.Dark != "" }) {
		return page
	}
	used := map[string]string{} // rule by class
	var w writer
	at := 0
	s := scanner{src: page, raw: true}
	for {
		t, ok := s.next()
		if !ok {
			break
		}
		if t.kind != startToken {
			continue
		}
		classes := darkClasses(page, t, tokens, used)
		if len(classes) == 0 {
			continue
		}
		w.text(page[at:t.start])
		addClasses(&w, page, t, strings.Join(classes, " "))
		at = t.end
	}
	if len(used) == 0 {
		return page
	}
	w.text(page[at:])
	page = string(w.buf)
	end := strings.Index(page, "\n</head>")
	return page[:end] + darkHead(used) + page[end:]
}

// darkClasses returns the classes of an element and notes their rules.
func darkClasses(page string, t token, tokens map[string]Token, used map[string]string) (classes []string) {
	for _, a := range t.attributes {
		if a.name != "style" || !strings.Contains(page[a.start:a.end], "{{token.") {
			continue
		}
		for _, d := range declarations(page[a.start:a.end], 0) {
			property := darkProperty(d.property)
			in(d.value, 0, inStyle, func(p place) {
				name := strings.TrimPrefix(p.inside, "token.")
				if tokens[name].Dark == "" || property == "" {
					return
				}
				class := "dark-" + property + "-" + strings.NewReplacer("_", "__", ".", "_").Replace(name)
				used[class] = property + ":" + tokens[name].Dark + " !important"
				if !slices.Contains(classes, class) {
					classes = append(classes, class)
				}
			})
		}
	}
	return classes
}

// darkProperty is the one that holds nothing but the colour.
func darkProperty(property string) string {
	switch {
	case property == "color":
		return property
	case property == "background" || property == "background-color":
		return "background-color"
	case strings.HasPrefix(property, "border"):
		return strings.TrimSuffix(property, "-color") + "-color"
	}
	return ""
}

func addClasses(w *writer, page string, t token, classes string) {
	for _, a := range t.attributes {
		if a.name == "class" && a.quote != 0 {
			w.text(page[t.start:a.start], strings.TrimLeft(page[a.start:a.end]+" "+classes, " "), page[a.end:t.end])
			return
		}
	}
	at := t.start + 1 + len(t.name)
	w.text(page[t.start:at], ` class="`, classes, `"`, page[at:t.end])
}

func darkHead(used map[string]string) string {
	var w writer
	classes := slices.Sorted(maps.Keys(used))
	w.text("\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"supported-color-schemes\" content=\"light dark\">\n",
		"<style type=\"text/css\">\n:root { color-scheme:light dark;supported-color-schemes:light dark; }\n@media (prefers-color-scheme:dark) {\n")
	for _, c := range classes {
		w.text(".", c, " { ", used[c], "; }\n")
	}
	w.text("}\n")
	for _, c := range classes {
		mark := "[data-ogsc]"
		if strings.HasPrefix(used[c], "background") {
			mark = "[data-ogsb]"
		}
		w.text(mark, " .", c, " { ", used[c], "; }\n")
	}
	w.text("</style>")
	return string(w.buf)
}
