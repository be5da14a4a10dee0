package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
)

// sharedCards is how many pieces a page of a link has.
const sharedCards = 60

// registerShared adds what whoever holds a link may see, signed in or not.
func (p *routes) registerShared() {
	const why = "the address carries the secret of a link, and shows what the link holds"
	p.open("GET /shared/{secret}", why, p.shared)
	p.open("GET /shared/{secret}/list.csv", why, p.sharedCSV)
	p.open("GET /shared/{secret}/list.json", why, p.sharedJSON)
	p.file("GET /shared/{secret}/media/{piece}/{rendition}", why, p.answer(p.sharedFile))
}

// sharedPage is what the holder of a link sees. Its shell knows nobody: who is
// signed in sees what everybody does.
type sharedPage struct {
	shell
	share.Opened
	Base  string
	Cards []sharedCard
	Pages pager
}

// sharedCard is a piece with the addresses of its files.
type sharedCard struct {
	share.Piece
	// Heading names it, Alt are its words in one language.
	Heading, Alt string
	// Picture is the address of a small picture; empty for none.
	Picture string
	// Downloads are the files to take, Size what the original is.
	Downloads []sharedFile
	Size      string
	// Refused says why there is nothing to take.
	Refused string
}

// sharedFile is a file to take: Name is what it is called where it is kept.
type sharedFile struct{ Text, URL, Name string }

// look is a request by the secret of a link. Answers to it are for its holder
// alone, and nobody finds them by a search.
func (w *Web) look(rw http.ResponseWriter, r *http.Request) share.Look {
	rw.Header().Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	rw.Header().Set("Referrer-Policy", "no-referrer")
	rw.Header().Set("Cache-Control", "no-store")
	return share.Look{Secret: r.PathValue("secret"), From: w.origin(r).Address}
}

func (w *Web) shared(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	look := w.look(rw, r)
	look.After, _ = strconv.Atoi(r.URL.Query().Get("after"))
	look.Limit, look.Counts = sharedCards, r.Method == http.MethodGet && look.After <= 0
	opened, err := w.Shares.Open(r.Context(), look)
	if err != nil {
		return w.sharedOver(rw, r, err)
	}
	page := sharedPage{shell: w.secretShell(r, viewer{}, "Shared with "+opened.For), Opened: opened, Base: "/shared/" + look.Secret}
	page.Owner = operate.Ownership{Engine: opened.Engine}
	page.Wide, page.Styles, page.Scripts = true, []string{"library.css", "share.css"}, []string{"people.js"}
	for _, p := range opened.Pieces {
		page.Cards = append(page.Cards, newSharedCard(p, page.Base, opened))
	}
	if last := max(0, look.After) + len(opened.Pieces); last < opened.Total {
		page.Pages.Next = page.Base + "?after=" + strconv.Itoa(last)
	}
	if look.After > 0 {
		page.Pages.First = page.Base
	}
	return w.render(rw, r, http.StatusOK, "shared", page)
}

// sharedOver answers for a link that does not open, to people as a page that
// tells nothing of the engine.
func (w *Web) sharedOver(rw http.ResponseWriter, r *http.Request, err error) error {
	f := serve.FaultOf(err)
	if f.Status >= http.StatusInternalServerError {
		return err
	}
	if share.IsOver(err) {
		f.Status, f.Title = http.StatusGone, http.StatusText(http.StatusGone)
	}
	if !wantsPage(r) {
		serve.Refuse(rw, f)
		return nil
	}
	if f.Status == http.StatusTooManyRequests {
		rw.Header().Set("Retry-After", "60")
	}
	page := errorPage{shell: w.secretShell(r, viewer{}, "Nothing is shared here"), Fault: f, Said: sayFault(f)}
	if share.IsOver(err) {
		page.Said = "This link is over."
	}
	return w.render(rw, r, f.Status, "shared-over", page)
}

// sharedWidths are the widths in which pictures are offered.
func sharedWidths() []int { return []int{640, 1200, 2400} }

func newSharedCard(p share.Piece, base string, of share.Opened) sharedCard {
	c := sharedCard{Piece: p, Heading: p.Title}
	if c.Heading == "" {
		c.Heading = p.Name
	}
	for _, t := range p.Texts {
		if c.Alt == "" || t.Locale == "en" {
			c.Alt = t.Text
		}
	}
	if p.File == nil {
		return c
	}
	c.Size = operate.SayCount(int64(p.File.Bytes+1023)/1024) + " KB"
	if p.File.Width > 0 {
		c.Size = strconv.Itoa(p.File.Width) + " × " + strconv.Itoa(p.File.Height) + ", " + c.Size
	}
	at := base + "/media/" + strconv.Itoa(p.Number) + "/"
	file := strings.ReplaceAll(p.Name, "/", "-")
	kept := throughline.File{Type: p.File.Type}
	end := kept.RenditionExtension()
	if end != "" {
		c.Picture = at + "w480" + end
		for _, width := range sharedWidths() {
			if p.File.Width >= width || width == sharedWidths()[0] {
				name := "w" + strconv.Itoa(width) + end
				c.Downloads = append(c.Downloads, sharedFile{strconv.Itoa(min(width, max(1, p.File.Width))) + " px wide", at + name, file + "-" + name})
			}
		}
	}
	original := "original" + kept.Extension()
	switch {
	case of.Originals:
		if end == "" && strings.HasPrefix(p.File.Type, "image/") {
			c.Picture = at + original
		}
		c.Downloads = append(c.Downloads, sharedFile{"Original", at + original, file + kept.Extension()})
	case end == "":
		c.Refused = "There is only the original, and this link does not give originals. Ask " + of.By + " for it."
	}
	return c
}

// sharedFile gives a file of a link. What may be shown is asked anew each time:
// a browser keeps nothing without asking.
func (w *Web) sharedFile(rw http.ResponseWriter, r *http.Request) error {
	look := w.look(rw, r)
	number, err := strconv.Atoi(r.PathValue("piece"))
	if err != nil {
		number = 0 // which no piece has, so that a wrong secret is told first
	}
	rendition := r.PathValue("rendition")
	asset, digest, err := w.Shares.File(r.Context(), look, number, rendition)
	if err != nil {
		return w.sharedOver(rw, r, err)
	}
	f, err := w.Files.Open(r.Context(), asset, digest, rendition)
	if err != nil {
		return w.sharedOver(rw, r, err)
	}
	defer f.Close()
	rw.Header().Set("Cache-Control", "private, no-cache")
	serve.SendFile(rw, r, serve.File{
		ReadSeeker: f, Type: f.Type, Tag: f.Tag,
		Name: strings.ReplaceAll(asset, "/", "-") + strings.TrimPrefix(rendition, "original"),
	})
	return nil
}

// listedFile is an address of a file in a list.
type listedFile struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// listedPiece is a piece of a link in its list.
type listedPiece struct {
	share.Piece
	Files []listedFile `json:"files,omitempty"`
}

// sharedList reads all of a link, for a program or a spreadsheet.
func (w *Web) sharedList(rw http.ResponseWriter, r *http.Request) (share.Opened, []listedPiece, error) {
	opened, err := w.Shares.Open(r.Context(), w.look(rw, r))
	all := make([]listedPiece, 0, len(opened.Pieces))
	base := w.publicURL(r) + "/shared/" + r.PathValue("secret")
	for _, p := range opened.Pieces {
		out := listedPiece{Piece: p}
		for _, f := range newSharedCard(p, base, opened).Downloads {
			out.Files = append(out.Files, listedFile{f.Name, f.URL})
		}
		all = append(all, out)
	}
	return opened, all, err
}

func (w *Web) sharedJSON(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	opened, all, err := w.sharedList(rw, r)
	if err != nil {
		return w.sharedOver(rw, r, err)
	}
	return answerJSON(rw, struct {
		share.Opened
		Pieces []listedPiece `json:"pieces"`
	}{opened, all})
}

// sharedCSV has a row for each text of a piece, and one for a piece without.
func (w *Web) sharedCSV(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	_, all, err := w.sharedList(rw, r)
	if err != nil {
		return w.sharedOver(rw, r, err)
	}
	h := rw.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="shared.csv"`)
	rows := [][]string{{"number", "kind", "name", "title", "state", "role", "language", "text", "characters", "type", "width", "height", "bytes", "rights", "files"}}
	for _, p := range all {
		for _, t := range append(p.Texts, share.Text{})[:max(1, len(p.Texts))] {
			rows = append(rows, sharedRow(p, t))
		}
	}
	sendCSV(rw, rows)
	return nil
}

func sharedRow(p listedPiece, t share.Text) []string {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	row := []string{strconv.Itoa(p.Number), string(p.Kind), p.Name, p.Title, p.State, p.Role, t.Locale, t.Text, number(t.Length)}
	file, rights := share.File{}, ""
	if p.File != nil {
		file = *p.File
	}
	if p.Rights != nil {
		rights = p.Rights.Says
	}
	urls := make([]string, len(p.Files))
	for i, f := range p.Files {
		urls[i] = f.URL
	}
	return append(row, file.Type, number(file.Width), number(file.Height), number(file.Bytes), rights, strings.Join(urls, " "))
}

// sayState says why a piece of a link is not there.
func sayState(state string) string {
	switch state {
	case share.StateWithdrawn:
		return "It was withdrawn. Do not use it any more, also where you have it already."
	case share.StateEnded:
		return "Its time is over: a right or a date has ended. Do not use it any more."
	case share.StateEarly:
		return "Its time has not begun yet."
	}
	return "It is not there any more."
}
