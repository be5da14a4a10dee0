package media

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/craft/video"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Intake is what came of taking a file in. Nothing is declared yet: the asset is a
// proposal, for a draft or a manifest.
type Intake struct {
	Asset throughline.Resource `json:"asset"`
	// Same names the assets in force that are this very file.
	Same []string `json:"same,omitempty"`
	// Alike are assets in force that show nearly the same, the likest first.
	Alike []Alike `json:"alike,omitempty"`
	// Removed is what told of people and was taken out, by kind and place.
	Removed []string `json:"removed,omitempty"`
	// Notes are what somebody should know of the file.
	Notes []string `json:"notes,omitempty"`
}

// Alike is an asset that shows nearly the same as another file.
type Alike struct {
	Asset string `json:"asset"`
	// Share is how alike they are, from 0 to 1 (structural similarity).
	Share float64 `json:"share"`
	// Draft says that it waits in the asker's draft and is not in force.
	Draft bool `json:"draft,omitempty"`
}

// Take keeps a file. The name is what it was called where it came from: it
// suggests the asset's. What is personal in a picture is never stored, and a
// file that comes a second time is stored once.
func (m *Media) Take(ctx context.Context, by engine.Caller, name string, r io.Reader) (Intake, error) {
	if err := by.Need(engine.RightMake); err != nil {
		return Intake{}, err
	}
	s, err := m.spool(r)
	if err != nil {
		return Intake{}, err
	}
	defer s.Close()
	name = base(name)
	head := make([]byte, 512)
	n, err := s.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return Intake{}, err
	}
	t := taking{Media: m, name: name, file: s, head: head[:n]}
	if err := t.keep(ctx); err != nil {
		return Intake{}, err
	}
	if err := t.compare(ctx, by); err != nil {
		return Intake{}, err
	}
	t.taken.Asset = t.propose()
	t.taken.Asset.Metadata.Name, err = m.free(ctx, t.taken.Asset.Metadata.Name)
	return t.taken, err
}

// Offer is what a file that was taken in is proposed as, under another look at what
// is in force: for whoever was told that it looks like something and wants both.
func (m *Media) Offer(ctx context.Context, by engine.Caller, name string, d throughline.Digest) (Intake, error) {
	if err := by.Need(engine.RightMake); err != nil {
		return Intake{}, err
	}
	t := taking{Media: m, name: base(name)}
	var err error
	if t.stored, err = m.about(ctx, d); err != nil {
		return Intake{}, err
	}
	t.taken.Asset = t.propose()
	t.taken.Asset.Metadata.Name, err = m.free(ctx, t.taken.Asset.Metadata.Name)
	return t.taken, err
}

// taking is one file on its way in.
type taking struct {
	*Media
	name   string
	file   *scratch
	head   []byte
	taken  Intake
	stored stored
	print  *image.Print
	ground []byte // the picture a few pixels wide, as PNG
}

// keep keeps the file and what is known of it. Where the same file is just being
// deleted it waits for that, and keeps it anew.
func (t *taking) keep(ctx context.Context) error {
	for again := 0; ; again++ {
		t.taken, t.print = Intake{}, nil
		if err := t.read(ctx); err != nil {
			return placed(err, t.name)
		}
		err := t.remember(ctx)
		if throughline.CodeOf(err) != throughline.Unavailable || again == 10 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// read looks at the file and keeps its bytes.
func (t *taking) read(ctx context.Context) error {
	kind, err := kindOf(t.name, t.head)
	if err != nil {
		return err
	}
	t.stored.File = throughline.File{Name: t.name, Type: kind, Bytes: int(t.file.size)}
	switch {
	case kind == image.SVG.MediaType():
		return t.drawing(ctx)
	case strings.HasPrefix(kind, "image/"):
		return t.picture(ctx)
	case strings.HasPrefix(kind, "video/"):
		return t.film(ctx)
	case kind == captionsType:
		if _, err := video.CheckCaptions(io.NewSectionReader(t.file, 0, t.file.size)); err != nil {
			return err
		}
	}
	if _, err := t.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	t.stored.File.Digest, _, err = t.core.Record.Blobs.Put(ctx, t.file)
	return err
}

// drawing keeps what of an SVG cannot run or load anything.
func (t *taking) drawing(ctx context.Context) error {
	if t.file.size > image.MaxSVG {
		return throughline.Errorf(throughline.TooLarge, "the drawing has %d bytes, and %d are allowed", t.file.size, image.MaxSVG).WithFix("simplify it, or export it as PNG")
	}
	src := make([]byte, t.file.size)
	if _, err := t.file.ReadAt(src, 0); err != nil && err != io.EOF {
		return err
	}
	safe, findings, err := image.CheckSVG(src)
	if err != nil {
		return err
	}
	for _, f := range findings {
		t.taken.Removed = append(t.taken.Removed, strings.TrimPrefix(f.Place+": "+f.Message, ": "))
	}
	facts, err := image.Inspect(bytes.NewReader(safe), int64(len(safe)))
	if err != nil {
		return err
	}
	t.stored.File.Width, t.stored.File.Height, t.stored.File.Bytes = facts.Width, facts.Height, len(safe)
	t.stored.File.Digest, err = t.Media.keep(ctx, safe)
	return err
}

// picture keeps a picture without what tells of people.
func (t *taking) picture(ctx context.Context) error {
	facts, err := image.Inspect(t.file, t.file.size)
	if err != nil {
		return err
	}
	if err := facts.Decodable(); err != nil {
		return err
	}
	pr, pw := io.Pipe()
	go func() {
		_, err := image.Strip(pw, t.file, t.file.size, image.Notice{})
		pw.CloseWithError(err)
	}()
	digest, size, err := t.core.Record.Blobs.Put(ctx, pr)
	if err != nil {
		pr.CloseWithError(err)
		return err
	}
	f := &t.stored.File
	f.Digest, f.Bytes, f.Type, f.Width, f.Height = digest, int(size), facts.Format.MediaType(), facts.Width, facts.Height
	t.stored.Notice = facts.Notice
	for _, p := range facts.Personal {
		if removed := string(p.Kind) + " (" + p.Where + ")"; !slices.Contains(t.taken.Removed, removed) {
			t.taken.Removed = append(t.taken.Removed, removed)
		}
	}
	t.notes(facts)
	p, done, err := t.decode(ctx, *f)
	if err != nil {
		return err
	}
	defer done()
	found := p.Print()
	t.print = &found
	small, err := p.Render(image.Spec{Width: groundSide, Height: groundSide, Format: image.PNG}, image.Notice{})
	t.ground = small.Bytes
	return err
}

// groundSide is how many pixels wide and high a picture is kept for measuring at
// most: enough for where it is light and where dark.
const groundSide = 32

// notes are what somebody who chose the picture should know.
func (t *taking) notes(f image.Facts) {
	note := func(is bool, what string) {
		if is {
			t.taken.Notes = append(t.taken.Notes, what)
		}
	}
	note(f.Width < 600 && f.Height < 600, "it is small: below 600 pixels on both sides")
	note(f.Model == image.CMYK, "its colours are for print (CMYK), and look different on a screen")
	note(f.Animated, "it moves, and renditions show its first frame")
	note(f.Signed, "it carries a C2PA manifest, which no rendition can keep")
	note(f.Format == image.WebP || f.Format == image.AVIF, "not every mail client shows "+string(f.Format)+"; mails get JPEG")
	t.taken.Notes = append(t.taken.Notes, f.Oddities...)
}

// remember keeps what is known of the file.
func (t *taking) remember(ctx context.Context) error {
	return t.core.Record.State.Update(ctx, func(tx record.Tx) error {
		key := t.stored.File.Digest.String()
		var was stored
		if _, err := engine.GetJSON(tx, bucketFiles, key, &was); err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		if was.Doomed {
			return throughline.Errorf(throughline.Unavailable, "the same file is being deleted, because nothing named it").At(t.name).WithFix("send it again in a minute")
		}
		t.stored.Named, t.stored.Taken = was.Named, t.core.Now()
		if err := engine.PutJSON(tx, bucketFiles, key, t.stored, record.AnyVersion); err != nil || t.print == nil {
			return err
		}
		if _, err := tx.Put(engine.BucketGrounds, key, t.ground, record.AnyVersion); err != nil {
			return err
		}
		return engine.PutJSON(tx, engine.BucketPrints, key, engine.Print{P: t.print.P, D: t.print.D}, record.AnyVersion)
	})
}

// mostAlike is how many assets that look the same are named.
const mostAlike = 5

// compare finds the assets in force that are the same file, or show the same.
func (t *taking) compare(ctx context.Context, by engine.Caller) error {
	var byFile map[throughline.Digest][]string
	err := t.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if byFile, err = t.inForce(r); err != nil {
			return err
		}
		return t.follow(r)
	})
	if err != nil {
		return err
	}
	t.taken.Same = byFile[t.stored.File.Digest]
	if t.print == nil {
		return nil
	}
	waiting, err := t.waiting(ctx, by)
	if err != nil {
		return err
	}
	for _, near := range t.near(*t.print) {
		names, draft := byFile[near], false
		if len(names) == 0 {
			names, draft = waiting[near], true
		}
		if near == t.stored.File.Digest || len(names) == 0 || len(t.taken.Alike) >= mostAlike {
			continue
		}
		alike, same, err := t.look(ctx, near)
		if err != nil {
			return err
		}
		if same {
			t.taken.Alike = append(t.taken.Alike, Alike{names[0], alike, draft})
		}
	}
	slices.SortStableFunc(t.taken.Alike, func(a, b Alike) int { return cmp.Compare(b.Share, a.Share) })
	return nil
}

// inForce returns the names of the assets in force by their file. Of very many they
// are read once a release; nobody changes what it returns.
func (m *Media) inForce(r record.Reader) (map[throughline.Digest][]string, error) {
	head, err := r.Get(engine.BucketEngine, engine.KeyHead)
	if err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byFile != nil && m.asOf == string(head.Value) {
		return m.byFile, nil
	}
	byFile := map[throughline.Digest][]string{}
	for res, err := range engine.InForce(r, throughline.KindAsset) {
		if err != nil {
			return nil, err
		}
		d := res.Spec.(*throughline.Asset).File.Digest
		byFile[d] = append(byFile[d], res.Metadata.Name)
	}
	m.byFile, m.asOf = byFile, string(head.Value)
	return byFile, nil
}

// waiting returns the names of the assets in the caller's draft, by their file.
func (t *taking) waiting(ctx context.Context, by engine.Caller) (map[throughline.Digest][]string, error) {
	if t.config.Waiting == nil {
		return nil, nil
	}
	assets, err := t.config.Waiting(ctx, by)
	byFile := map[throughline.Digest][]string{}
	for _, res := range assets {
		d := res.Spec.(*throughline.Asset).File.Digest
		byFile[d] = append(byFile[d], res.Metadata.Name)
	}
	return byFile, err
}

// follow reads the prints that are not known yet.
func (m *Media) follow(r record.Reader) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for e, err := range r.List(engine.BucketPrints, "", "") {
		if err != nil {
			return err
		}
		d, err := throughline.ParseDigest(e.Key)
		if err != nil || m.read[d] {
			continue
		}
		var p engine.Print
		if err := json.Unmarshal(e.Value, &p); err != nil {
			return throughline.Errorf(throughline.Corrupt, "the print of %s cannot be read: %w", e.Key, err)
		}
		m.p.Add(p.P)
		m.d.Add(p.D)
		m.names, m.read[d] = append(m.names, d), true
	}
	return nil
}

// near returns the files of which one of the two hashes is near, nearest first.
func (m *Media) near(p image.Print) (all []throughline.Digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := append(m.p.Find(p.P, image.NearBits), m.d.Find(p.D, image.NearBits)...)
	slices.SortStableFunc(found, func(a, b image.Near) int { return cmp.Compare(a.Distance, b.Distance) })
	for _, n := range found {
		if !slices.Contains(all, m.names[n.Number]) {
			all = append(all, m.names[n.Number])
		}
	}
	return all[:min(len(all), mostLooked)]
}

// mostLooked is with how many pictures another is compared pixel by pixel.
const mostLooked = 16

// look compares the picture with a stored one.
func (t *taking) look(ctx context.Context, other throughline.Digest) (float64, bool, error) {
	s, err := t.about(ctx, other)
	if err != nil {
		return 0, false, err
	}
	p, done, err := t.decode(ctx, s.File)
	if err != nil {
		return 0, false, err
	}
	defer done()
	theirs := p.Print()
	alike, same := t.print.Same(&theirs)
	return alike, same, nil
}

// about returns what is kept of a file.
func (m *Media) about(ctx context.Context, d throughline.Digest) (s stored, err error) {
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, bucketFiles, d.String(), &s)
		return err
	})
	return s, err
}

// propose is the asset that the file suggests.
func (t *taking) propose() throughline.Resource {
	n := t.stored.Notice
	title := cmp.Or(strings.TrimSpace(n.Title), strings.TrimSuffix(t.name, path.Ext(t.name)))
	a := &throughline.Asset{Title: title, Role: "image", File: t.stored.File}
	switch {
	case a.File.IsFilm():
		a.Role = "video"
	case a.File.Type == captionsType: // they say in words what a film says, and show nothing
		a.Role, a.Decorative = "captions", true
	}
	if n.SourceType != "" {
		a.Provenance = &throughline.Provenance{DigitalSourceType: n.SourceType}
	}
	if holder := cmp.Or(n.Rights, strings.Join(n.Creator, ", "), n.Credit); holder != "" {
		a.Rights = []throughline.RightsGrant{{Holder: holder, Reference: n.Usage}}
	}
	return throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindAsset, Metadata: throughline.Metadata{Name: nameOf(t.name)}, Spec: a,
	}
}

// free returns a name that no piece in force has: the one given, or one with a
// number behind it.
func (m *Media) free(ctx context.Context, name string) (string, error) {
	free := name
	err := m.core.Record.State.View(ctx, func(r record.Reader) error {
		for n := 2; ; n++ {
			taken := false
			for _, kind := range []throughline.Kind{throughline.KindAsset, throughline.KindFragment} {
				_, err := r.Get(engine.BucketHead, throughline.Ref{Kind: kind, Name: free}.String())
				if err != nil && throughline.CodeOf(err) != throughline.NotFound {
					return err
				}
				taken = taken || err == nil
			}
			if !taken {
				return nil
			}
			free = name + "-" + strconv.Itoa(n)
		}
	})
	return free, err
}

// nameMost is how many bytes of a file's name are kept.
const nameMost = 200

// base returns a file's own name, without folders of whatever system, and without
// signs that nobody sees or that turn others round.
func base(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\\", "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, name)
	if name == "." || name == "/" || name == "" {
		return "file"
	}
	if len(name) <= nameMost {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > nameMost/10 {
		ext = ""
	}
	return strings.ToValidUTF8(name[:nameMost-len(ext)], "") + ext
}

// nameOf makes a resource's name of a file's.
func nameOf(file string) string {
	var out strings.Builder
	for _, r := range text.Fold(strings.TrimSuffix(file, path.Ext(file))) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		case out.Len() > 0 && !strings.HasSuffix(out.String(), "-"):
			out.WriteByte('-')
		}
	}
	name := strings.Trim(out.String(), "-")
	return cmp.Or(name[:min(len(name), 60)], "picture")
}

func placed(err error, name string) error {
	var found throughline.Problems
	found.Add(err)
	if len(found) == 1 && found[0].Place == "" {
		return found[0].At(name)
	}
	return err
}
