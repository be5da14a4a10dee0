package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/craft/video"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/intake/source"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type importAssetsCmd struct {
	From    []string `arg:"" name:"from" help:"Files, folders, or buckets as s3://BUCKET/PREFIX."`
	Role    string   `help:"What they are for: the role of the slots they fill; image when left out."`
	Copies  bool     `help:"Take in also what looks like a picture that is in force."`
	Apply   bool     `help:"Make a release of them instead of printing manifests."`
	Message string   `short:"m" help:"Why, for the release."`
	JSON    bool     `help:"Print one line of JSON."`

	Endpoint string `help:"The object store's address, where it is not Amazon's." env:"AWS_ENDPOINT_URL_S3,AWS_ENDPOINT_URL" placeholder:"URL"`
	Region   string `help:"The bucket's region; the store is asked when left out." env:"AWS_REGION"`
}

// assetsRelease is how many assets one release has at most: what is released is
// not sent again when an import goes on later.
const assetsRelease = 500

// Run takes files in and prints a manifest of what they are proposed as, or
// releases it. What cannot be taken is told, and makes it fail; the rest is taken
// all the same.
func (c *importAssetsCmd) Run(s *shell) error {
	files, done, err := c.files(s.ctx)
	defer done()
	if err != nil {
		return err
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	in := assetImport{importAssetsCmd: c, shell: s, engine: engine, names: map[string]bool{}, sent: map[throughline.Digest]string{}}
	err = in.run(files)
	if closed := engine.close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if err := in.finish(); err != nil {
		return err
	}
	return in.problems.Err()
}

// files lists what is to be taken in; done gives the folders back.
func (c *importAssetsCmd) files(ctx context.Context) (files []source.File, done func(), err error) {
	var folders []*source.Folder
	done = func() {
		for _, f := range folders {
			f.Close()
		}
	}
	for _, from := range c.From {
		var all source.Source
		if strings.HasPrefix(from, "s3://") {
			all, err = source.OpenBucket(from, source.BucketConfig{
				Endpoint: c.Endpoint, Region: c.Region,
				Key: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY"), Session: os.Getenv("AWS_SESSION_TOKEN"),
			})
		} else if info, statErr := os.Stat(from); statErr == nil && info.IsDir() {
			var folder *source.Folder
			if folder, err = source.OpenFolder(from); err == nil {
				folders, all = append(folders, folder), folder
			}
		} else {
			var one source.File
			if one, err = source.OpenFile(from); err == nil {
				files = append(files, one)
				continue
			}
		}
		if err != nil {
			return nil, done, err
		}
		for f, err := range all.Files(ctx) {
			switch {
			case err != nil:
				return nil, done, err
			case byName(f.Name):
				files = append(files, f)
			}
		}
	}
	return files, done, nil
}

// byName reports whether a file that was found beside others is one to take in, by
// its name; what it is, is read from its bytes.
func byName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif", ".heic", ".heif", ".tif", ".tiff", ".bmp", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".vtt", ".pdf":
		return true
	}
	return false
}

// assetImport is one import as it goes on.
type assetImport struct {
	*importAssetsCmd
	*shell
	engine *client

	there map[throughline.Digest]string // what is in force -> its name
	sent  map[throughline.Digest]string // what this import took in -> where it was
	names map[string]bool               // that this import gave
	told  importedAssets
	wait  []throughline.Resource // proposed, and not yet released

	problems throughline.Problems
}

// importedAssets is what an import says of itself.
type importedAssets struct {
	Assets   []importedAsset       `json:"assets"`
	There    []thereAlready        `json:"there,omitempty"`
	Refused  []string              `json:"refused,omitempty"`
	Releases []throughline.Release `json:"releases,omitempty"`
}

type importedAsset struct {
	From string `json:"from"`
	media.Intake
	// Left is true of one that looks like another and was left out.
	Left bool `json:"left,omitempty"`
}

// thereAlready is a file that is in force, or came twice.
type thereAlready struct {
	From string `json:"from"`
	As   string `json:"as"`
}

func (in *assetImport) run(files []source.File) error {
	if err := in.look(); err != nil {
		return err
	}
	progress := newBar(in.err, "Taking files in")
	for i, f := range files {
		progress.show(uint64(i), uint64(len(files)))
		if err := in.take(f); err != nil {
			if in.ctx.Err() != nil || throughline.CodeOf(err) == throughline.Unavailable {
				progress.end()
				return err
			}
			in.told.Refused = append(in.told.Refused, f.Place)
			in.problems.Add(at(err, f))
		}
		if len(in.wait) >= assetsRelease {
			if err := in.release(); err != nil {
				progress.end()
				return err
			}
		}
	}
	progress.show(uint64(len(files)), uint64(max(1, len(files))))
	progress.end()
	return in.release()
}

// at names the file in an error, beside the place in it.
func at(err error, f source.File) error {
	var all, out throughline.Problems
	all.Add(err)
	for _, e := range all {
		switch within := strings.TrimPrefix(strings.TrimPrefix(e.Place, f.Place), f.Name); within {
		case "":
			e = e.At(f.Place)
		default:
			e = e.At(f.Place + ": " + within)
		}
		out.Add(e)
	}
	return out.Err()
}

// look reads which files are in force, and what their assets are called.
func (in *assetImport) look() error {
	in.there = map[throughline.Digest]string{}
	all, err := in.engine.all(in.shell, throughline.KindAsset)
	for _, r := range all {
		in.there[r.Spec.(*throughline.Asset).File.Digest] = r.Metadata.Name
	}
	return err
}

// take takes one file in, unless the engine has it.
func (in *assetImport) take(f source.File) error {
	disk, err := onDisk(in.ctx, f)
	if err != nil {
		return err
	}
	defer disk.close()
	digest, err := kept(disk)
	if err != nil {
		return err
	}
	as, known := in.there[digest]
	if !known {
		as, known = in.sent[digest]
	}
	if known {
		in.told.There = append(in.told.There, thereAlready{f.Place, as})
		in.notef("%s is there already, as %s.\n", f.Place, as)
		return nil
	}
	got, err := in.engine.upload(in.ctx, f.Name, disk)
	if err != nil {
		return err
	}
	in.sent[digest] = f.Place
	if spec, ok := got.Asset.Spec.(*throughline.Asset); ok {
		spec.Role = cmp.Or(in.Role, spec.Role)
		in.sent[spec.File.Digest] = f.Place
	}
	got.Asset.Metadata.Name = in.free(got.Asset.Metadata.Name)
	one := importedAsset{From: f.Place, Intake: got, Left: len(got.Same) > 0 || len(got.Alike) > 0 && !in.Copies}
	in.tell(one)
	in.told.Assets = append(in.told.Assets, one)
	if !one.Left {
		in.names[got.Asset.Metadata.Name] = true
		in.wait = append(in.wait, got.Asset)
	}
	return nil
}

// free returns a name that this import did not give yet.
func (in *assetImport) free(name string) string {
	free := name
	for n := 2; in.names[free]; n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}

// tell says of a file what somebody should know, as it is taken in.
func (in *assetImport) tell(a importedAsset) {
	for _, name := range a.Same {
		in.notef("%s is there already, as %s.\n", a.From, name)
	}
	for _, like := range a.Alike {
		in.notef("%s looks like %s (%.0f %%)", a.From, like.Asset, 100*like.Share)
		if a.Left {
			in.notef(" and is left out; --copies takes it all the same")
		}
		in.notef(".\n")
	}
	if len(a.Removed) > 0 {
		in.notef("%s: taken out: %s.\n", a.From, strings.Join(a.Removed, ", "))
	}
	for _, note := range a.Notes {
		in.notef("%s: %s.\n", a.From, note)
	}
}

// release makes a release of what waits, where one is asked for.
func (in *assetImport) release() error {
	if !in.Apply || len(in.wait) == 0 {
		return nil
	}
	manifest, err := declare.Encode(in.wait)
	if err != nil {
		return err
	}
	body := api.ChangeBody{Files: []api.File{{Name: "assets", Text: string(manifest)}}, Message: cmp.Or(in.Message, "import assets")}
	var rel throughline.Release
	if err := in.engine.call(in.ctx, http.MethodPost, "/api/v1/apply", body, &rel); err != nil {
		in.notef("The files are kept, and nothing is declared: without --apply their manifests are printed, to be completed.\n")
		return err
	}
	in.wait, in.told.Releases = nil, append(in.told.Releases, rel)
	return nil
}

// finish prints what came of it.
func (in *assetImport) finish() error {
	left := 0
	for _, a := range in.told.Assets {
		if a.Left {
			left++
		}
	}
	in.notef("%s taken in, %d there already, %d left out, %d refused.\n", operate.Plural(len(in.told.Assets)-left, "file", "files"), len(in.told.There), left, len(in.told.Refused))
	switch {
	case in.JSON:
		return in.printJSON(in.told)
	case in.Apply:
		for _, rel := range in.told.Releases {
			in.printChanges(rel.Changes)
			in.printFindings(rel.Findings)
			in.printf("Release %d is %s (risk %s).\n", rel.Number, rel.State, rel.Risk.Level)
		}
		return nil
	case len(in.wait) == 0:
		return nil
	}
	manifest, err := declare.Encode(in.wait)
	if err != nil {
		return err
	}
	in.notef("Say in alt what is to be seen, and apply this, or add --apply.\n")
	_, err = in.out.Write(manifest)
	return err
}

// diskFile is a file that can be read at any place, and more than once.
type diskFile struct {
	*io.SectionReader
	close func()
}

// onDisk opens a file; one from elsewhere is fetched once, to a temporary one.
func onDisk(ctx context.Context, f source.File) (diskFile, error) {
	in, err := f.Open(ctx)
	if err != nil {
		return diskFile{}, err
	}
	if local, ok := in.(io.ReaderAt); ok && !strings.HasPrefix(f.Place, "s3://") {
		return diskFile{io.NewSectionReader(local, 0, f.Size), func() { in.Close() }}, nil
	}
	defer in.Close()
	tmp, err := os.CreateTemp("", "throughline-import-*")
	if err != nil {
		return diskFile{}, throughline.Errorf(throughline.Unavailable, "no temporary file can be made: %w", err)
	}
	remove := func() {
		tmp.Close()
		os.Remove(tmp.Name())
	}
	size, err := io.Copy(tmp, in)
	if err != nil {
		remove()
		return diskFile{}, err
	}
	return diskFile{io.NewSectionReader(tmp, 0, size), remove}, nil
}

// kept returns the digest that an engine keeps a file under, which is that of the
// file without what is personal. An engine of another version may keep it under
// another, and then it is sent, and found to be there.
func kept(f diskFile) (throughline.Digest, error) {
	h := sha256.New()
	facts, err := image.Inspect(f, f.Size())
	_, notFilm := video.Inspect(f, f.Size())
	switch {
	case notFilm == nil:
		_, err = video.Strip(h, f, f.Size())
	case err != nil: // no picture
		_, err = io.Copy(h, io.NewSectionReader(f, 0, f.Size()))
	case facts.Format == image.SVG:
		var src, safe []byte
		if src, err = io.ReadAll(io.NewSectionReader(f, 0, min(f.Size(), image.MaxSVG+1))); err == nil {
			safe, _, err = image.CheckSVG(src)
			h.Write(safe)
		}
	default:
		_, err = image.Strip(h, f, f.Size(), image.Notice{})
	}
	return throughline.Digest(h.Sum(nil)), err
}

// upload sends a file as it is.
func (c *client) upload(ctx context.Context, name string, f diskFile) (got media.Intake, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/api/v1/files?name="+url.QueryEscape(name), io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		return got, throughline.Errorf(throughline.Invalid, "%q is not an address: %w", c.base, err)
	}
	r.ContentLength = f.Size()
	r.Header.Set("Content-Type", "application/octet-stream")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(r)
	switch {
	case ctx.Err() != nil:
		return got, ctx.Err()
	case err != nil:
		return got, throughline.Errorf(throughline.Unavailable, "the engine at %s does not answer: %w", c.base, err).WithFix("start it with: throughline serve")
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		return got, readProblem(res)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&got); err != nil {
		return got, throughline.Errorf(throughline.Unavailable, "the engine's answer cannot be read: %w", err)
	}
	return got, nil
}
