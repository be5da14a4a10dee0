// Package examples holds whole workspaces to look at and to start from, as they
// lie in its folders.
package examples

import (
	"embed"
	"io/fs"
)

//go:embed lido
var folders embed.FS

// Lido returns the workspace of Heron Lido: manifests, token files, logos and a
// README, with slash-separated paths. Its other pictures are drawn by their names,
// see internal/demo/picture.
func Lido() fs.FS {
	dir, err := fs.Sub(folders, "lido")
	if err != nil { // the path is a constant that the compiler embedded
		panic("examples: " + err.Error())
	}
	return dir
}
