package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// A session can end while somebody types. Their form then comes from a stranger:
// it is not taken, and not lost. The sign-in page carries it, sealed, and gives
// it back to the person who sent it once they are in again.

// resumeBytes bounds a form that is kept, sealed and in base 64.
const resumeBytes = 2 << 20

const resumePurpose = "resume"

// kept is a form that was sent after its session ended.
type kept struct {
	Path   string     `json:"p"`
	Values url.Values `json:"v"`
	// Person sent it; empty where nobody knows any more.
	Person string `json:"w,omitempty"`
}

// keepForm shows the sign-in page with the form that a stranger has sent in it.
// A form too long to be kept is answered with err.
func (w *Web) keepForm(rw http.ResponseWriter, r *http.Request, err error) error {
	if r.ParseForm() != nil || len(r.PostForm) == 0 {
		return err
	}
	k := kept{Path: r.URL.RequestURI(), Values: r.PostForm}
	whose, werr := w.Access.Whose(r.Context(), cookieOf(r))
	if werr != nil {
		return werr
	}
	k.Person = whose
	b, merr := json.Marshal(k)
	if merr != nil || len(b) > resumeBytes/2 {
		return err
	}
	sealed, serr := w.Access.Seal(resumePurpose, b)
	if serr != nil {
		return serr
	}
	return w.showSignIn(rw, r, http.StatusUnauthorized, signInPage{
		shell: w.shell(r, viewer{}, "Sign in"), Next: "/", Resume: sealed, Person: whose,
		Says: "Your session ended while you were typing. Nothing is lost: sign in again, and what you sent goes on.",
	})
}

// resumePage gives somebody back what they had sent.
type resumePage struct {
	shell
	Action string
	Fields []keptField
	// Other says that somebody else had typed it.
	Other bool
}

type keptField struct{ Name, Value string }

// enterOrResume goes on where somebody was who has signed in again.
func (w *Web) enterOrResume(rw http.ResponseWriter, r *http.Request, in operate.Entered, next, sealed string) error {
	if sealed == "" {
		return w.enterAs(rw, r, in, next)
	}
	var k kept
	b, err := w.Access.Unseal(resumePurpose, sealed)
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		return w.enterAs(rw, r, in, next)
	}
	if err := w.leaveCookies(rw, r, in); err != nil {
		return err
	}
	visit, err := w.Access.Visit(r.Context(), in.Cookie)
	if err != nil {
		return err
	}
	page := resumePage{shell: w.shell(r, viewer{Caller: visit.Caller, Name: visit.Who.Name, Initials: visit.Who.Initials}, "Welcome back")}
	page.Path, page.Styles = "/", []string{"people.css"}
	if k.Person != "" && k.Person != in.Person {
		page.Other = true
		return w.render(rw, r, http.StatusOK, "resume", page)
	}
	page.Action = localPath(k.Path)
	for _, name := range slices.Sorted(maps.Keys(k.Values)) {
		for _, v := range k.Values[name] {
			page.Fields = append(page.Fields, keptField{name, v})
		}
	}
	return w.render(rw, r, http.StatusOK, "resume", page)
}

// lost reports whether a form came from somebody who is not signed in.
func lost(r *http.Request, err error) bool {
	return r.Method == http.MethodPost && throughline.CodeOf(err) == throughline.Unauthorized && wantsPage(r)
}
