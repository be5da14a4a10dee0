package web

import (
	"cmp"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// gonePage is the page of something that a release deleted: who did it, and the
// way back.
type gonePage struct {
	shell
	Ref throughline.Ref
	// Who deleted it, When, and by which release.
	Who        string
	When       when
	Release    int
	ReleaseURL string
	// YAML is what it was last, and Save where that is put back into the viewer's
	// draft; empty where they may not.
	YAML, Save string
	// Next is its form, to see it there.
	Next   string
	Cannot string
}

// goneOr answers for an address that was something's until it was deleted, as the
// back button leads there; any other error comes back.
func (w *Web) goneOr(rw http.ResponseWriter, r *http.Request, v viewer, o content.Object, err error) error {
	if throughline.CodeOf(err) != throughline.NotFound || len(o.History) == 0 || !wantsPage(r) {
		return err
	}
	return w.showGone(rw, r, v, o.Ref, o.History)
}

// lensGone is goneOr for pages that do not read the object itself.
func (w *Web) lensGone(rw http.ResponseWriter, r *http.Request, v viewer, ref throughline.Ref, err error) error {
	if throughline.CodeOf(err) != throughline.NotFound || w.Making == nil {
		return err
	}
	o, missing := w.Making.Object(r.Context(), v.Caller, ref)
	if throughline.CodeOf(missing) != throughline.NotFound {
		return err // it is there, and not live
	}
	return w.goneOr(rw, r, v, o, err)
}

func (w *Web) showGone(rw http.ResponseWriter, r *http.Request, v viewer, ref throughline.Ref, past []content.Revised) error {
	last := past[0]
	page := gonePage{Ref: ref, Who: cmp.Or(last.Author.OnBehalfOf, last.Author.ID), When: whenIn(last.At, zoneOf(r)), Release: last.Release, ReleaseURL: releaseURL(last.Release)}
	page.shell = w.shell(r, v, ref.Name)
	page.Station, page.Styles, page.Scripts = stationOf(ref.Kind), []string{"release.css"}, []string{"release.js"}
	known, err := w.people(r.Context())
	if err != nil {
		return err
	}
	if person, ok := known[page.Who]; ok {
		page.Who = person.Name
	}
	may := false
	if ref.Kind != throughline.KindPerson { // people come back as they left: by the release
		may, page.Cannot = w.mayChange(r.Context(), v, ref)
	}
	if may {
		if page.YAML, err = w.lastOf(r, v, ref, past); err != nil {
			return err
		}
		page.Save, page.Next = saveURL(ref), editURL(ref)
	}
	return w.render(rw, r, http.StatusNotFound, "gone", page)
}

// lastOf returns the last revision of something as YAML, empty where none is kept.
func (w *Web) lastOf(r *http.Request, v viewer, ref throughline.Ref, past []content.Revised) (string, error) {
	for _, p := range past {
		if p.Digest.IsZero() {
			continue
		}
		res, err := w.Making.Revision(r.Context(), v.Caller, ref, p.Digest)
		if err != nil {
			return "", err
		}
		return content.YAML(res)
	}
	return "", nil
}
