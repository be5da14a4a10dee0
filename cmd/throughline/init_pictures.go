package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/demo/picture"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// drawing is a picture that a workspace names and that is drawn when the
// workspace is written.
type drawing struct {
	file  throughline.File
	bytes []byte
}

// drawings draws every file that assets of a workspace name and that does not
// lie in it.
func drawings(workspace fs.FS) (all []drawing, err error) {
	files, err := filesOf(workspace)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		resources, err := declare.Decode(f.Name, f.Text)
		if err != nil {
			return nil, err
		}
		for _, r := range resources {
			a, ok := r.Spec.(*throughline.Asset)
			if !ok {
				continue
			}
			if _, err := fs.Stat(workspace, a.File.Name); !errors.Is(err, fs.ErrNotExist) {
				continue
			}
			drawn, err := picture.File(a.File.Name)
			if err != nil {
				return nil, err
			}
			all = append(all, drawing{a.File, drawn})
		}
	}
	return all, nil
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

// writeDrawings puts them beside the manifests.
func writeDrawings(folder string, all []drawing) error {
	for _, d := range all {
		if err := os.WriteFile(filepath.Join(folder, d.file.Name), d.bytes, 0o644); err != nil {
			return err
		}
	}
	return nil
}
