package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/intake/source"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

// besideFile is the file of an asset that lies beside its manifest.
type besideFile struct {
	path, asset string
	file        throughline.File
}

// besides finds the files that lie beside the manifests that name them. One whose
// bytes are others than the manifest says is an error: it would show what nobody
// looked at. Manifests that cannot be read are for whoever takes them.
func besides(ctx context.Context, files []api.File) (all []besideFile, err error) {
	var problems throughline.Problems
	for _, f := range files {
		resources, err := declare.Decode(f.Name, []byte(f.Text))
		if err != nil || f.Name == standardInput {
			continue
		}
		for _, r := range resources {
			a, ok := r.Spec.(*throughline.Asset)
			if !ok || !filepath.IsLocal(a.File.Name) {
				continue
			}
			path := filepath.Join(filepath.Dir(f.Name), a.File.Name)
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
				continue
			}
			problems.Add(sameBytes(ctx, path, r.Ref(), a.File))
			all = append(all, besideFile{path, r.Metadata.Name, a.File})
		}
	}
	return all, problems.Err()
}

func sameBytes(ctx context.Context, path string, ref throughline.Ref, f throughline.File) error {
	one, err := source.OpenFile(path)
	if err != nil {
		return err
	}
	disk, err := onDisk(ctx, one)
	if err != nil {
		return err
	}
	defer disk.close()
	digest, err := kept(disk)
	if err != nil {
		return at(err, one)
	}
	if digest == f.Digest {
		return nil
	}
	return throughline.Errorf(throughline.Invalid, "the file beside %s is kept as %s, and its manifest says %s", ref, digest, f.Digest).
		In(ref, "spec.file.digest").At(path).WithFix("write digest: %q, or put back the file that was meant", digest)
}

// sendFiles sends the files that the engine does not have.
func (c *client) sendFiles(ctx context.Context, s *shell, files []besideFile) error {
	bar := newBar(s.err, "Sending files")
	defer bar.end()
	for i, f := range files {
		bar.show(uint64(i), uint64(len(files)))
		if c.shows(ctx, f.file.Address(f.asset, "original")) {
			continue
		}
		one, err := source.OpenFile(f.path)
		if err != nil {
			return err
		}
		disk, err := onDisk(ctx, one)
		if err != nil {
			return err
		}
		_, err = c.upload(ctx, f.file.Name, disk)
		disk.close()
		if err != nil {
			return at(err, one)
		}
	}
	return nil
}

// shows reports whether the engine has the file of an address.
func (c *client) shows(ctx context.Context, address string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, c.base+address, nil)
	if err != nil {
		return false
	}
	res, err := c.http.Do(r)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
