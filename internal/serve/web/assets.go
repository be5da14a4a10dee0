package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve"
)

//go:embed assets
var assetFiles embed.FS

// assets serves the door's own files under the hash of them all. One hash for
// the set lets a style sheet or a module name its neighbours by relative paths.
type assets struct {
	version string
	files   map[string]asset
}

type asset struct {
	kind          string
	plain, packed []byte
}

func loadAssets() (*assets, error) {
	a := &assets{files: make(map[string]asset)}
	sum := sha256.New()
	root, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, err
	}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		var packed bytes.Buffer
		if err := compress(&packed, body); err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(body), body)
		a.files[name] = asset{kind: mime.TypeByExtension(path.Ext(name)), plain: body, packed: packed.Bytes()}
		return nil
	})
	a.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return a, err
}

// base is the address below which the files of this version are.
func (a *assets) base() string { return "/assets/" + a.version }

// ServeHTTP answers with a file, which may be kept for ever: another content
// has another address.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("file")]
	if !ok || r.PathValue("version") != a.version {
		serve.Problem(w, throughline.Errorf(throughline.NotFound, "there is no such file in this version").WithFix("reload the page"))
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Add("Vary", "Accept-Encoding")
	body := f.plain
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = f.packed
	}
	w.Write(body) // a reader who left cannot be told
}
