package main

import (
	"runtime"
	"runtime/debug"
)

type versionCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run prints what was built, and with what.
func (c *versionCmd) Run(s *shell) error {
	v := struct {
		Version string `json:"version"`
		Go      string `json:"go"`
		OS      string `json:"os"`
		Arch    string `json:"arch"`
	}{version(), runtime.Version(), runtime.GOOS, runtime.GOARCH}
	if c.JSON {
		return s.printJSON(v)
	}
	s.printf("throughline %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Arch)
	return nil
}

// stamped is the version that `make release` links in; empty in any other build.
var stamped string

// version is the one stamped, or else the module's as the build knows it.
func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}
