package web

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
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
	// Title is the page's name in the browser's tab and the breadcrumb.
	Title string
	// Owner answers for the engine; its Engine is what the engine is called.
	Owner operate.Ownership
	// Viewer is who looks at the page; empty when nobody is signed in.
	Viewer operate.Owner
	// Theme is light, dark, or empty for what the system says.
	Theme string
	// Path is the page's own address, to come back to.
	Path string
	// Assets is the address below which styles and scripts are.
	Assets string
	// Terms are the words that open their definition.
	Terms []definition
	// Live says that the page has a stream to listen to.
	Live bool
	// Keys says that the page has a list to walk through by keys.
	Keys bool
	// Wide pages use the whole content width; others are a column of text.
	Wide bool
}

// shell returns the layout's data for a request. Pages must show even while the
// record does not answer, so a failure to read the owner leaves it out.
func (w *Web) shell(r *http.Request, title string) shell {
	s := shell{Title: title, Theme: themeOf(r), Path: r.URL.Path, Assets: w.assets.base(), Terms: definitions()}
	person, ok, err := w.Access.Who(r.Context(), cookieOf(r))
	if err != nil || !ok {
		return s
	}
	s.Viewer = operate.Owner{Person: person, Name: person, Initials: initials(person)}
	if o, err := w.Access.Ownership(r.Context()); err == nil {
		s.Owner = o
		if o.Person == person {
			s.Viewer = operate.Owner{Person: person, Name: o.Name, Initials: o.Initials}
		}
	}
	return s
}

// initials makes up to two letters of a resource name: ana.kim is AK.
func initials(name string) string {
	out := ""
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("./- ", r) }) {
		if len(out) < 2 {
			out += strings.ToUpper(part[:1])
		}
	}
	return out
}

// parsePages returns one template set a page, each with the layout and the
// parts in it.
func parsePages() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(template.FuncMap{
		"health":   healthMark,
		"term":     termButtons(),
		"icon":     icon,
		"count":    func(n int) string { return operate.SayCount(int64(n)) },
		"clock":    func(t time.Time) string { return t.Format("15:04 MST") },
		"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"day":      func(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") },
		"sentence": sentence,
	}).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	pages := make(map[string]*template.Template)
	for _, name := range []string{"line", "sign-in", "welcome", "error"} {
		set, err := base.Clone()
		if err == nil {
			set, err = set.ParseFS(templateFiles, "templates/"+name+".html")
		}
		if err != nil {
			return nil, fmt.Errorf("web: template %s: %w", name, err)
		}
		pages[name] = set
	}
	pages["preview"], err = template.ParseFS(templateFiles, "templates/preview.html")
	return pages, err
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
func (w *Web) theme(rw http.ResponseWriter, r *http.Request) error {
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
