package media

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Served is a file as an address shows it. It is read from the start or from any
// place, a part at a time. Whoever gets it closes it.
type Served struct {
	io.ReadSeekCloser
	Type string
	Size int64
	// Tag is of the bytes, for clients that have them.
	Tag string
	// Draft is true of a file that no release has shown yet: nobody may keep it.
	Draft bool
}

// Open returns what an address shows: the file of an asset in a rendition. An
// asset that is withdrawn or whose rights have ended is NotFound, like one that
// was never there; so is a file that the asset no longer has. A file that was never in
// force, of a new asset or instead of an asset's own, is seen by whoever knows its
// digest: its previews do.
func (m *Media) Open(ctx context.Context, asset, digest, rendition string) (Served, error) {
	gone := throughline.Errorf(throughline.NotFound, "there is no such picture").WithFix("ask for the content again: its addresses are of today")
	var s stored
	var spec *throughline.Asset
	err := m.core.Record.State.View(ctx, func(r record.Reader) error {
		res, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindAsset, Name: asset})
		switch throughline.CodeOf(err) {
		case throughline.NotFound:
			if was, err := engine.Was(r, throughline.Ref{Kind: throughline.KindAsset, Name: asset}); err != nil || was {
				return gone
			}
			s, err = m.unreleased(r, digest)
		case "":
			spec = res.Spec.(*throughline.Asset)
			if hex.EncodeToString(spec.File.Digest[:8]) != digest {
				spec = nil
				s, err = m.unreleased(r, digest)
				return err
			}
			_, err = engine.GetJSON(r, bucketFiles, spec.File.Digest.String(), &s)
			if throughline.CodeOf(err) == throughline.NotFound { // declared from a folder, and never sent
				return gone
			}
		}
		return err
	})
	if err != nil {
		return Served{}, err
	}
	if s.Doomed || spec != nil && !m.open(spec) {
		return Served{}, gone
	}
	out, err := m.render(ctx, s, spec, rendition)
	out.Draft = spec == nil
	return out, err
}

// unreleased returns a file that no release has shown, by how its digest begins.
func (m *Media) unreleased(r record.Reader, digest string) (stored, error) {
	s, err := byStart(r, digest)
	if err != nil {
		return s, err
	}
	closed, err := m.closed(r, s.File.Digest)
	if err == nil && closed {
		err = throughline.Errorf(throughline.NotFound, "there is no such file").WithFix("ask for the content again: its addresses are of today")
	}
	return s, err
}

// closed reports whether a file is or was in force and no asset of it may be shown:
// who knows it by one of their addresses does not get it by another.
func (m *Media) closed(r record.Reader, d throughline.Digest) (bool, error) {
	byFile, err := m.inForce(r)
	if err != nil {
		return false, err
	}
	for _, name := range byFile[d] {
		res, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindAsset, Name: name})
		if err != nil {
			return false, err
		}
		if m.open(res.Spec.(*throughline.Asset)) {
			return false, nil
		}
	}
	if len(byFile[d]) > 0 {
		return true, nil
	}
	_, err = r.Get(engine.BucketPast, d.String())
	if throughline.CodeOf(err) == throughline.NotFound {
		return false, nil
	}
	return err == nil, err
}

// open reports whether an asset may be shown now, wherever that is.
func (m *Media) open(a *throughline.Asset) bool {
	piece, _ := throughline.PieceOf(throughline.Resource{Kind: throughline.KindAsset, Spec: a})
	bounds, err := piece.Bounds(func(string) *throughline.Claim { return nil })
	return err == nil && a.Withdrawn == "" && bounds.Open(m.core.Now())
}

// byStart returns the file whose digest begins so.
func byStart(r record.Reader, digest string) (s stored, err error) {
	missing := throughline.Errorf(throughline.NotFound, "there is no such file").WithFix("take it in first")
	if b, err := hex.DecodeString(digest); err != nil || len(b) != 8 {
		return s, missing
	}
	for e, err := range r.List(bucketFiles, digest, "") {
		if err != nil {
			return s, err
		}
		_, err = engine.GetJSON(r, bucketFiles, e.Key, &s)
		return s, err
	}
	return s, missing
}

// render returns a file as it is, or a rendition that was made before or is made
// now.
func (m *Media) render(ctx context.Context, s stored, a *throughline.Asset, rendition string) (Served, error) {
	if strings.HasPrefix(rendition, "original") {
		return m.blob(ctx, s.File.Digest, s.File.Type)
	}
	spec, err := specOf(rendition)
	if err != nil {
		return Served{}, err
	}
	if a != nil {
		spec.Focal = a.Focal
	}
	if s.File.Type == image.SVG.MediaType() || !strings.HasPrefix(s.File.Type, "image/") {
		return Served{}, throughline.Errorf(throughline.NotFound, "%s has no renditions", s.File.Type).WithFix("ask for the original")
	}
	key := renditionKey(s.File.Digest, spec)
	var have made
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, bucketRenditions, key, &have)
		return err
	})
	if err == nil {
		out, err := m.blob(ctx, have.Digest, have.Type)
		if throughline.CodeOf(err) != throughline.NotFound {
			return out, err
		}
	} else if throughline.CodeOf(err) != throughline.NotFound {
		return Served{}, err
	}
	if have, err = m.make(ctx, key, s, a, spec); err != nil {
		return Served{}, err
	}
	return m.blob(ctx, have.Digest, have.Type)
}

// made is a rendition that is kept.
type made struct {
	Digest throughline.Digest `json:"digest"`
	Type   string             `json:"type"`
}

// make renders a picture, once for all who ask for it at a time.
func (m *Media) make(ctx context.Context, key string, s stored, a *throughline.Asset, spec image.Spec) (made, error) {
	v, err, _ := m.making.Do(key, func() (any, error) {
		ctx := context.WithoutCancel(ctx) // others may wait for it
		p, done, err := m.decode(ctx, s.File)
		if err != nil {
			return made{}, err
		}
		defer done()
		r, err := m.config.Encode(ctx, p, spec, noticeOf(s, a))
		if err != nil {
			return made{}, err
		}
		d, _, err := m.core.Record.Blobs.Put(ctx, bytes.NewReader(r.Bytes))
		if err != nil {
			return made{}, err
		}
		out := made{d, r.Format.MediaType()}
		return out, m.core.Record.State.Update(ctx, func(tx record.Tx) error {
			return engine.PutJSON(tx, bucketRenditions, key, out, record.AnyVersion)
		})
	})
	if err != nil {
		return made{}, err
	}
	return v.(made), nil
}

// noticeOf is what goes with every rendition: what the file said of itself, and
// what was declared.
func noticeOf(s stored, a *throughline.Asset) image.Notice {
	n := s.Notice
	n.DerivedFrom = s.File.Digest
	if a == nil {
		return n
	}
	if a.Title != "" {
		n.Title = a.Title
	}
	if a.Provenance != nil && a.Provenance.DigitalSourceType != "" {
		n.SourceType = a.Provenance.DigitalSourceType
	}
	if n.Rights == "" && len(a.Rights) > 0 {
		n.Rights = a.Rights[0].Holder
	}
	return n
}

func renditionKey(d throughline.Digest, s image.Spec) string {
	focal := ""
	if s.Focal != nil && s.Fit == image.Cover {
		focal = strconv.FormatFloat(s.Focal.X, 'f', 2, 64) + "," + strconv.FormatFloat(s.Focal.Y, 'f', 2, 64)
	}
	return d.String() + "/" + strconv.Itoa(s.Width) + "x" + strconv.Itoa(s.Height) + focal + "." + string(s.Format)
}

// specOf reads w640.jpeg, or 640x360.webp, which is cut. Sizes are raised to the
// next that is served.
func specOf(rendition string) (image.Spec, error) {
	wrong := throughline.Errorf(throughline.NotFound, "%q is no rendition", rendition).WithFix("ask for original, w640.jpeg or 640x360.png, with the format jpeg, png, webp or avif")
	size, format, ok := strings.Cut(rendition, ".")
	if format == "jpg" {
		format = "jpeg"
	}
	if !ok || !slices.Contains([]string{"jpeg", "png", "webp", "avif"}, format) {
		return image.Spec{}, wrong
	}
	s := image.Spec{Format: image.Format(format)}
	if w, ok := strings.CutPrefix(size, "w"); ok {
		n, err := strconv.Atoi(w)
		if err != nil || n < 1 {
			return s, wrong
		}
		s.Width = rung(n)
		return s, nil
	}
	w, h, ok := strings.Cut(size, "x")
	width, err := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if !ok || err != nil || err2 != nil || width < 1 || height < 1 || width > 8*height || height > 8*width {
		return s, wrong
	}
	s.Width = rung(width)
	s.Height = max(1, height*s.Width/width)
	s.Height, s.Fit = (s.Height+4)/10*10, image.Cover // so that strangers have few heights to ask for
	s.Height = max(10, s.Height)
	return s, nil
}

// rung returns the width that is served for one that is asked for.
func rung(width int) int {
	all := throughline.Widths()
	for _, w := range all {
		if w >= width {
			return w
		}
	}
	return all[len(all)-1]
}

// blob opens stored bytes.
func (m *Media) blob(ctx context.Context, d throughline.Digest, kind string) (Served, error) {
	at, err := m.core.Record.Blobs.At(ctx, d)
	if err != nil {
		return Served{}, err
	}
	return Served{ReadSeekCloser: newReading(at, d), Type: kind, Size: at.Size(), Tag: d.String()[:32]}, nil
}
