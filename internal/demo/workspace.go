package demo

import (
	"embed"
	"io/fs"
)

//go:embed workspace
var workspace embed.FS

// Workspace returns the example workspace, a small coffee roastery, as the YAML
// files that throughline apply takes: slash-separated paths, UTF-8.
func Workspace() fs.FS {
	dir, err := fs.Sub(workspace, "workspace")
	if err != nil { // the path is a constant that the compiler embedded
		panic("demo: " + err.Error())
	}
	return dir
}
