package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

//go:embed templates
var templateFiles embed.FS

// shell is what the layout around every page needs.
type shell struct {
	// Title is the page's name in the browser's tab and the last of the
	// breadcrumbs.
	Title string
	// Crumbs are what the page's subject comes from, the oldest first: its
	// lineage.
	Crumbs []crumb
	// Loop are the stations on top of every page; Station is the id of the one
	// the page belongs to, such as make.
	Loop    []stationLink
	Station string
	// Owner answers for the engine; its Engine is what the engine is called.
	Owner operate.Ownership
	// Viewer is who looks at the page; nobody when nobody is signed in.
	Viewer viewer
	// Team says that there are pages about people, keys and who did what.
	Team bool
	// API says that there are pages about what programs can ask.
	API bool
	// Theme is light, dark, or empty for what the system says.
	Theme string
	// Path is the page's own address, to come back to.
	Path string
	// Assets is the address below which styles and scripts are; Styles and
	// Scripts are the page's own among them.
	Assets          string
	Styles, Scripts []string
	// Toast is what the last change has to say; nil for nothing.
	Toast *toast
	// Lap is how long once around the loop takes, on the page that measures it.
	Lap leaf
	// Live says that the page has a stream to listen to.
	Live bool
	// Keys are the page's own keys, for its help.
	Keys []keyHint
	// Wide pages use the whole content width; others are a column of text.
	Wide bool
	// Captions says that this engine has captions, Caption is the page's; nil for
	// none, or for who closed them.
	Captions bool
	Caption  *captionView
	// Query is what the search field holds.
	Query string
}

// crumb is one step of a page's lineage.
type crumb struct {
	// Kind says what it is, such as Brief; empty where Name says it.
	Kind, Name, URL string
}

// keyHint is a key and what it does on a page, as it reads after the key.
type keyHint struct{ Key, Does string }

// shell returns the layout's data for a request. Pages must show even while the
// record does not answer, so a failure to read the owner leaves it out.
func (w *Web) shell(r *http.Request, v viewer, title string, crumbs ...crumb) shell {
	s := shell{Title: title, Crumbs: crumbs, Viewer: v, Team: w.People != nil, API: w.Described != nil, Theme: themeOf(r), Path: r.URL.RequestURI(), Assets: w.assets.base()}
	if v.Person() == "" {
		return s
	}
	s.Toast, s.Captions = toastOf(r), w.Captions
	s.Loop = loopLinks(leaves{}, w.glance.look(r.Context(), w.Lines))
	if o, err := w.Access.Ownership(r.Context()); err == nil {
		s.Owner = o
	}
	return s
}

// initials makes up to two letters of a resource name: ana.kim is AK.
func initials(name string) string {
	out := ""
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("./- ", r) }) {
		if utf8.RuneCountInString(out) < 2 {
			out += strings.ToUpper(string([]rune(part)[:1]))
		}
	}
	return out
}

// parsePages returns one template set a page, each with the layout and the
// parts in it. A page is every file that is neither; its name is the file's.
func parsePages(words *glossary) (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(template.FuncMap{
		"health":   healthMark,
		"term":     words.button,
		"icon":     icon,
		"count":    func(n int) string { return operate.SayCount(int64(n)) },
		"clock":    func(t time.Time) string { return t.Format("15:04 MST") },
		"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"day":      func(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") },
		"sentence": sentence,
		"sayState": sayState,
		"lower":    strings.ToLower,
		"sayGrant": operate.SayGrant, "pathescape": url.PathEscape,
	}).ParseFS(templateFiles, "templates/layout.html", "templates/parts*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*template.Template)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		switch {
		case name == "layout" || strings.HasPrefix(name, "parts"):
			continue
		case name == "preview": // a document of its own
			pages[name], err = template.ParseFS(templateFiles, file)
		default:
			pages[name], err = parsePage(base, file)
		}
		if err != nil {
			return nil, fmt.Errorf("web: template %s: %w", name, err)
		}
	}
	return pages, nil
}

func parsePage(base *template.Template, file string) (*template.Template, error) {
	set, err := base.Clone()
	if err != nil {
		return nil, err
	}
	return set.ParseFS(templateFiles, file)
}

// sentence begins with a capital: errors are written to stand inside others.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

const themeCookie = "throughline_theme"

func themeOf(r *http.Request) string {
	c, err := r.Cookie(themeCookie)
	if err != nil || c.Value != "light" && c.Value != "dark" {
		return ""
	}
	return c.Value
}

// theme keeps the reader's choice of light, dark or the system's.
func (w *Web) theme(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	c := w.cookie(r, themeCookie, r.PostFormValue("theme"))
	c.MaxAge = int((365 * 24 * time.Hour).Seconds())
	if c.Value != "light" && c.Value != "dark" {
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(rw, c)
	http.Redirect(rw, r, localPath(r.PostFormValue("next")), http.StatusSeeOther)
	return nil
}

// localPath returns a path of this door, so that nobody can be sent elsewhere.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(s, `\`) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}
