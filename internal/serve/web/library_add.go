package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Files takes files in, and shows them.
type Files interface {
	// Open returns the file of an asset in a rendition, or an error with the code
	// NotFound for one that may not be shown.
	Open(ctx context.Context, asset, digest, rendition string) (media.Served, error)
	// Take keeps a file and says what it is proposed as.
	Take(ctx context.Context, by engine.Caller, name string, r io.Reader) (media.Intake, error)
	// Offer says again what a file is proposed as.
	Offer(ctx context.Context, by engine.Caller, name string, d throughline.Digest) (media.Intake, error)
}

// addRows is how many pictures of the draft the page has.
const addRows = 200

func (w *Web) registerAdd(p *routes) {
	if w.Files == nil || w.Making == nil || w.Releases == nil {
		return
	}
	p.page("GET /library/add", engine.RightMake, w.addPage)
	p.upload("POST /library/add", engine.RightMake, w.addForm)
	p.upload("POST /library/add/file", engine.RightMake, w.addFile)
	p.page("POST /library/add/both", engine.RightMake, w.addBoth)
	p.form("POST /library/add/words", engine.RightMake, formMost, w.addWords)
	p.command(command{Title: "Add files", URL: "/library/add", Right: engine.RightMake, Words: "upload drop pictures images videos assets import"})
}

// addPage is where files are dropped, and what of them waits in the draft.
type addPage struct {
	shell
	Says    string
	Given   given
	Roles   []string
	Locales []option
	Sources []option
	// Fresh came with this request, Rows wait in the draft.
	Fresh, Rows []addRow
	Wordless    int
	More        int
}

// given is what holds for every file that is dropped at once.
type given struct{ Role, Holder, Source, Locale string }

func givenOf(q url.Values) given {
	g := given{Role: strings.TrimSpace(q.Get("role")), Holder: strings.TrimSpace(q.Get("holder")), Source: q.Get("source"), Locale: q.Get("locale")}
	return g
}

// put completes what a file is proposed as.
func (g given) put(a *throughline.Asset) {
	if g.Role != "" && strings.HasPrefix(a.File.Type, "image/") {
		a.Role = g.Role
	}
	if g.Holder != "" {
		a.Rights = []throughline.RightsGrant{{Holder: g.Holder}}
	}
	if g.Source != "" {
		a.Provenance = &throughline.Provenance{DigitalSourceType: throughline.SourceType(g.Source)}
	}
}

// addRow is a file as it came, or as it waits.
type addRow struct {
	// Name is what it was called, Title what the asset is, and URL where its page is.
	Name, Title, URL string
	// Picture is the address of a small picture; empty for none.
	Picture, Size, Type string
	// Asset is the name in the draft; empty where it is not there.
	Asset  string
	Digest string
	// Alt are its words in Locale; Wants says that it needs some.
	Alt, Locale string
	Wants       bool
	// Said is what came of it; Bad that it could not be taken.
	Said  string
	Bad   bool
	Notes []string
	// Same and Like are assets in force that are this file, or look like it.
	Same []link
	Like []addLike
	// Given is repeated where both shall be kept.
	Given given
}

type addLike struct {
	link
	// Draft says that it waits in the draft.
	Draft          bool
	Picture, Share string
}

func (w *Web) addPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showAdd(rw, r, v, givenOf(r.URL.Query()), nil)
}

func (w *Web) showAdd(rw http.ResponseWriter, r *http.Request, v viewer, g given, fresh []addRow) error {
	p := &addPage{shell: w.shell(r, v, "Add files", crumb{Name: "Make", URL: "/make"}, crumb{Name: "Library", URL: "/library"}), Given: g, Fresh: fresh}
	p.Path, p.Station, p.Styles, p.Scripts = "/library/add", "make", []string{"make.css", "library.css"}, []string{"add.js"}
	if err := w.addChoices(r.Context(), p); err != nil {
		return err
	}
	draft, err := w.Releases.Draft(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	shown := map[string]bool{}
	for _, row := range fresh {
		shown[row.Asset] = true
	}
	for _, item := range draft.Items {
		if item.Resource == nil || item.Ref.Kind != throughline.KindAsset {
			continue
		}
		row := w.waitingRow(*item.Resource, p.Given.Locale)
		if row.Wants && row.Alt == "" {
			p.Wordless++
		}
		switch {
		case shown[item.Ref.Name]:
		case len(p.Rows) == addRows:
			p.More++
		default:
			p.Rows = append(p.Rows, row)
		}
	}
	p.Says = sayAdd(len(p.Rows)+p.More, p.Wordless, fresh)
	return w.render(rw, r, http.StatusOK, "library-add", p)
}

func sayAdd(waiting, wordless int, fresh []addRow) string {
	kept, there, bad := 0, 0, 0
	for _, row := range fresh {
		switch {
		case row.Bad:
			bad++
		case row.Asset != "":
			kept++
		default:
			there++
		}
	}
	says := "Pictures, films and other files, as many at once as you like."
	if len(fresh) > 0 {
		says = operate.Plural(kept, "file is", "files are") + " in your draft."
		if there > 0 {
			says += " " + operate.Plural(there, "file is", "files are") + " there already, or like one that is."
		}
		if bad > 0 {
			says += " " + operate.Plural(bad, "file", "files") + " could not be taken."
		}
	} else if waiting > 0 {
		says = operate.Plural(waiting, "file waits", "files wait") + " in your draft."
	}
	if wordless > 0 {
		says += " " + operate.Plural(wordless, "picture has", "pictures have") + " no words yet: no template may show one without."
	}
	return says
}

// addChoices fills in what may be said of all files: the roles of slots that show
// pictures, and the languages.
func (w *Web) addChoices(ctx context.Context, p *addPage) error {
	templates, err := w.Library.List(ctx, throughline.KindTemplate)
	if err != nil {
		return err
	}
	for _, res := range templates {
		for _, s := range res.Spec.(*throughline.Template).Slots {
			if s.Type == throughline.Image && !slices.Contains(p.Roles, s.Role) {
				p.Roles = append(p.Roles, s.Role)
			}
		}
	}
	slices.Sort(p.Roles)
	brands, err := w.Library.List(ctx, throughline.KindBrand)
	if err != nil {
		return err
	}
	var locales []string
	for _, res := range brands {
		for _, l := range res.Spec.(*throughline.Brand).Locales.All() {
			if !slices.Contains(locales, l) {
				locales = append(locales, l)
			}
		}
	}
	if len(locales) == 0 {
		locales = []string{"en"}
	}
	if !slices.Contains(locales, p.Given.Locale) {
		p.Given.Locale = locales[0]
	}
	p.Locales = optionsOf(locales, p.Given.Locale)
	p.Sources = []option{{Label: "As the file says", On: p.Given.Source == ""}}
	for _, s := range [][2]throughline.SourceType{{throughline.DigitalCapture, "A camera"}, {throughline.Trained, "A trained model"}, {throughline.WithTrained, "Several, with a trained model"}} {
		p.Sources = append(p.Sources, option{Value: string(s[0]), Label: string(s[1]), On: p.Given.Source == string(s[0])})
	}
	return nil
}

// waitingRow is an asset of the draft.
func (w *Web) waitingRow(res throughline.Resource, locale string) addRow {
	a := res.Spec.(*throughline.Asset)
	row := addRow{
		Name: a.File.Name, Title: a.Title, URL: w.objectURL(res.Ref()), Asset: res.Metadata.Name, Digest: a.File.Digest.String(),
		Type: a.File.Type, Size: sizeOf(a.File), Alt: a.Alt[locale], Locale: locale, Wants: !a.Decorative && strings.HasPrefix(a.File.Type, "image/"),
	}
	row.Picture = w.thumb(res.Metadata.Name, a.File, 240)
	return row
}

// addForm takes the files of a form that was sent without a script. What holds for
// all stands in the form before them.
func (w *Web) addForm(rw http.ResponseWriter, r *http.Request, v viewer) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return throughline.Errorf(throughline.Invalid, "no file was sent").WithFix("choose some files, and send the form again")
	}
	fields := url.Values{}
	var rows []addRow
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return formError(err)
		}
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, formBytes))
			if err != nil {
				return formError(err)
			}
			fields.Set(part.FormName(), string(text))
			continue
		}
		row, err := w.take(r.Context(), v, fileName(part), part, givenOf(fields))
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return throughline.Errorf(throughline.Invalid, "no file was sent").WithFix("choose some files, and send the form again")
	}
	return w.showAdd(rw, r, v, givenOf(fields), rows)
}

// fileName is what a part's file was called, as it was sent: multipart would leave
// only what follows the last slash of this system.
func fileName(part *multipart.Part) string {
	if _, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		return params["filename"]
	}
	return part.FileName()
}

// addFile takes the one file that is the body of the request, and answers with its
// row.
func (w *Web) addFile(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := r.URL.Query()
	if q.Get("name") == "" {
		return throughline.Errorf(throughline.Invalid, "the file has no name").At("name").WithFix("say in the address what it is called: ?name=lake.jpg")
	}
	row, err := w.take(r.Context(), v, q.Get("name"), r.Body, givenOf(q))
	if err != nil {
		return err
	}
	return w.addRow(rw, r, row)
}

func (w *Web) addRow(rw http.ResponseWriter, r *http.Request, row addRow) error {
	var body bytes.Buffer
	if err := w.pages["library-add"].ExecuteTemplate(&body, "add-row", row); err != nil {
		return throughline.Errorf(throughline.Internal, "the row cannot be written: %w", err)
	}
	return writeHTML(rw, r, http.StatusOK, body.Bytes())
}

// take takes a file in and, unless something like it is in force, puts it into the
// draft. A file that cannot be taken is a row that says why; an error is the
// engine's own, or says that the reader is gone.
func (w *Web) take(ctx context.Context, v viewer, name string, r io.Reader, g given) (addRow, error) {
	row := addRow{Name: name, Title: name, Given: g}
	got, err := w.Files.Take(ctx, v.Caller, name, r)
	switch throughline.CodeOf(err) {
	case "":
	case throughline.Invalid, throughline.TooLarge:
		row.refuse(err)
		return row, nil
	default:
		return row, err
	}
	row.take(got)
	a := got.Asset.Spec.(*throughline.Asset)
	for _, same := range got.Same {
		row.Same = append(row.Same, link{same, w.objectURL(throughline.Ref{Kind: throughline.KindAsset, Name: same})})
	}
	for _, like := range got.Alike {
		row.Like = append(row.Like, w.addLike(ctx, v, like))
	}
	if len(row.Same) > 0 {
		row.Said = "This very file is there already. Nothing was added."
		return row, nil
	}
	if len(row.Like) > 0 {
		row.Said = "It looks like one that is there."
		row.Picture = w.thumb(got.Asset.Metadata.Name, a.File, 240)
		return row, nil
	}
	return w.bring(ctx, v, row, got.Asset, g)
}

// bring puts a file into the draft and completes its row.
func (w *Web) bring(ctx context.Context, v viewer, row addRow, asset throughline.Resource, g given) (addRow, error) {
	g.put(asset.Spec.(*throughline.Asset))
	brought, err := w.Making.Bring(ctx, v.Caller, asset)
	if throughline.CodeOf(err) == throughline.TooLarge { // the draft is full
		row.refuse(err)
		return row, nil
	}
	if err != nil {
		return row, err
	}
	asset.Metadata.Name = brought.Ref.Name
	waits := w.waitingRow(asset, g.Locale)
	waits.Name, waits.Notes, waits.Said = row.Name, row.Notes, "In your draft."
	if brought.Had {
		waits.Said = "It was in your draft already."
	}
	return waits, nil
}

// refuse says why a file could not be taken.
func (row *addRow) refuse(err error) {
	var found throughline.Problems
	found.Add(err)
	row.Bad = true
	for _, e := range found {
		said := sentence(e.Message) + "."
		if e.Fix != "" {
			said += " " + sentence(e.Fix) + "."
		}
		row.Said = strings.TrimSpace(row.Said + " " + said)
	}
}

// take says what was found in a file.
func (row *addRow) take(got media.Intake) {
	a := got.Asset.Spec.(*throughline.Asset)
	row.Title, row.Digest, row.Type, row.Size = a.Title, a.File.Digest.String(), a.File.Type, sizeOf(a.File)
	if len(got.Removed) > 0 {
		row.Notes = append(row.Notes, "Taken out: "+andList(kindsOf(got.Removed))+".")
	}
	for _, note := range got.Notes {
		row.Notes = append(row.Notes, sentence(note)+".")
	}
	if len(a.Rights) > 0 && a.Rights[0].Holder != "" {
		row.Notes = append(row.Notes, "The file names "+a.Rights[0].Holder+" as who owns the rights.")
	}
}

// kindsOf says what was taken out by its kind, without the fields it stood in.
func kindsOf(removed []string) (kinds []string) {
	for _, r := range removed {
		kind, _, _ := strings.Cut(r, " (")
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (w *Web) addLike(ctx context.Context, v viewer, like media.Alike) addLike {
	ref := throughline.Ref{Kind: throughline.KindAsset, Name: like.Asset}
	out := addLike{link: link{like.Asset, w.objectURL(ref)}, Share: operate.SayShare(like.Share), Draft: like.Draft}
	if o, err := w.Making.Object(ctx, v.Caller, ref); err == nil && wantedOf(o) != nil {
		if a, ok := wantedOf(o).Spec.(*throughline.Asset); ok {
			out.Picture = w.thumb(like.Asset, a.File, 240)
		}
	}
	return out
}

// addBoth puts a file into the draft that looks like one in force.
func (w *Web) addBoth(rw http.ResponseWriter, r *http.Request, v viewer) error {
	d, err := throughline.ParseDigest(r.FormValue("digest")) // of the address of the button, or of the script's body
	if err != nil {
		return err
	}
	g := givenOf(r.Form)
	got, err := w.Files.Offer(r.Context(), v.Caller, r.FormValue("name"), d)
	if err != nil {
		return err
	}
	row := addRow{Name: r.FormValue("name"), Given: g}
	row.take(got)
	if row, err = w.bring(r.Context(), v, row, got.Asset, g); err != nil {
		return err
	}
	if !wantsPage(r) {
		return w.addRow(rw, r, row)
	}
	return w.showAdd(rw, r, v, g, []addRow{row})
}

// addWords writes what is to be seen on pictures of the draft.
func (w *Web) addWords(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	var p addPage
	p.Given.Locale = r.PostForm.Get("locale")
	locale := p.Given.Locale
	if err := w.addChoices(r.Context(), &p); err != nil {
		return err
	}
	if p.Given.Locale != locale {
		return throughline.Errorf(throughline.Invalid, "no brand speaks %q", locale).At("locale").WithFix("name one of the languages of a brand")
	}
	draft, err := w.Releases.Draft(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	var edits []content.Edit
	for _, item := range draft.Items {
		words, sent := r.PostForm["alt."+item.Ref.Name]
		if !sent || item.Resource == nil || item.Ref.Kind != throughline.KindAsset {
			continue
		}
		said := strings.TrimSpace(words[0])
		a := *item.Resource.Spec.(*throughline.Asset)
		if a.Alt[locale] == said {
			continue
		}
		alt := map[string]string{}
		for l, text := range a.Alt {
			alt[l] = text
		}
		if alt[locale] = said; said == "" {
			delete(alt, locale)
		}
		a.Alt = alt
		res := *item.Resource
		res.Spec = &a
		edits = append(edits, content.Edit{Ref: item.Ref, Base: item.Digest, Resource: &res})
	}
	says := "Nothing was changed."
	if len(edits) > 0 {
		if _, err := w.Making.Save(r.Context(), v.Caller, content.SaveInput{Version: draft.Version, Edits: edits}); err != nil {
			return err
		}
		says = operate.Plural(len(edits), "picture has", "pictures have") + " new words, in your draft."
	}
	w.toast(rw, r, toast{Text: says})
	http.Redirect(rw, r, "/library/add?"+url.Values{"locale": {locale}}.Encode(), http.StatusSeeOther)
	return nil
}

// thumb is the address of a picture so many pixels wide; empty where there is none.
func (w *Web) thumb(name string, f throughline.File, width int) string {
	if !strings.HasPrefix(f.Type, "image/") || !w.routed["GET "+throughline.MediaPath+"{asset}/{digest}/{rendition}"] {
		return ""
	}
	return throughline.AtWidth(f.SlotAddress(name), width)
}
