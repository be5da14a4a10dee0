package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/examples"
	"github.com/throughline-engine/throughline/internal/demo/picture"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/media"
)

// exampleWorkspace is the example: what its manifests declare, and every file of it
// as it is written to a folder, those among them that its assets name.
type exampleWorkspace struct {
	resources []throughline.Resource
	files     []content.File
}

// readExample reads the example workspace and draws its pictures.
func readExample() (e exampleWorkspace, err error) {
	if e.files, err = filesIn(examples.Lido()); err != nil {
		return e, err
	}
	if e.resources, err = content.Read(onlyManifests(e.files)); err != nil {
		return e, err
	}
	drawn, err := drawings(e.resources, examples.Lido())
	if err != nil {
		return e, err
	}
	right := corrected(drawn)
	for i, f := range e.files {
		if isManifest(f.Name) {
			e.files[i].Text = []byte(right.Replace(string(f.Text)))
		}
	}
	for _, d := range drawn {
		e.files = append(e.files, content.File{Name: d.file.Name, Text: d.bytes})
	}
	e.resources, err = content.Read(onlyManifests(e.files))
	return e, err
}

// takeFiles takes in the files that the example's assets name.
func (e exampleWorkspace) takeFiles(ctx context.Context, files *media.Media, by engine.Caller) error {
	lying := map[string][]byte{}
	for _, f := range e.files {
		lying[f.Name] = f.Text
	}
	for _, r := range e.resources {
		a, ok := r.Spec.(*throughline.Asset)
		if !ok {
			continue
		}
		if _, err := files.Take(ctx, by, a.File.Name, bytes.NewReader(lying[a.File.Name])); err != nil {
			return err
		}
	}
	return nil
}

// drawing is a picture that a workspace names and that is drawn when the workspace
// is read.
type drawing struct {
	file  throughline.File
	bytes []byte
}

// drawings draws every file that assets name and that does not lie in a workspace.
func drawings(resources []throughline.Resource, workspace fs.FS) ([]drawing, error) {
	var all []drawing
	for _, r := range resources {
		a, ok := r.Spec.(*throughline.Asset)
		if !ok {
			continue
		}
		if _, err := fs.Stat(workspace, a.File.Name); errors.Is(err, fs.ErrNotExist) {
			all = append(all, drawing{file: a.File})
		}
	}
	var painters errgroup.Group
	for i := range all {
		painters.Go(func() (err error) {
			all[i].bytes, err = picture.File(all[i].file.Name)
			return err
		})
	}
	return all, painters.Wait()
}

// corrected returns what replaces, in manifests, the digests of pictures that
// this machine draws differently in the last bit.
func corrected(all []drawing) *strings.Replacer {
	var pairs []string
	for _, d := range all {
		entry := func(digest throughline.Digest, bytes int) string {
			return fmt.Sprintf("digest: %q, type: %s, bytes: %d,", digest, d.file.Type, bytes)
		}
		pairs = append(pairs, entry(d.file.Digest, d.file.Bytes), entry(throughline.DigestOf(d.bytes), len(d.bytes)))
	}
	return strings.NewReplacer(pairs...)
}

// filesIn reads every file of a folder, ascending by name.
func filesIn(folder fs.FS) (files []content.File, err error) {
	return files, fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		files = append(files, content.File{Name: name, Text: text})
		return err
	})
}

// onlyManifests are those of the files that declare resources.
func onlyManifests(files []content.File) (manifests []content.File) {
	for _, f := range files {
		if isManifest(f.Name) {
			manifests = append(manifests, f)
		}
	}
	return manifests
}
