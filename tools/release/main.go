// Release builds what people download: an archive for each system and
// architecture, their checksums, and a bill of materials in CycloneDX. Run it
// with `make release`.
//
// The same commit gives the same bytes: nothing in an archive depends on when,
// where or by whom it was built.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	name = "throughline"
	sums = "SHA256SUMS"
)

// target is a system and an architecture.
type target struct{ os, arch string }

// targets are what is built when none is named.
const targets = "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := flag.String("out", "dist", "folder that is made anew")
	root := flag.String("root", ".", "root of the repository")
	only := flag.String("targets", cmp.Or(os.Getenv("TARGETS"), targets), "systems and architectures to build for")
	twice := flag.Bool("twice", false, "build everything again from an empty cache, and fail where a byte differs")
	flag.Parse()
	if err := os.Chdir(*root); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
	err := run(ctx, *out, strings.Fields(*only))
	if err == nil && *twice {
		err = again(ctx, *out, strings.Fields(*only))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// again builds everything once more, with nothing left of the first time, and
// compares.
func again(ctx context.Context, first string, only []string) error {
	folder, err := os.MkdirTemp("", "throughline-again-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.Setenv("GOCACHE", filepath.Join(folder, "cache")); err != nil {
		return err
	}
	second := filepath.Join(folder, "dist")
	if err := run(ctx, second, only); err != nil {
		return err
	}
	before, err := os.ReadFile(filepath.Join(first, sums))
	if err != nil {
		return err
	}
	after, err := os.ReadFile(filepath.Join(second, sums))
	if err != nil {
		return err
	}
	return differ(string(before), string(after))
}

// differ names the files whose sums are not the same.
func differ(before, after string) error {
	var names []string
	for line := range strings.Lines(before) {
		if !strings.Contains(after, line) {
			_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			names = append(names, name)
		}
	}
	if len(names) > 0 || len(before) != len(after) {
		return fmt.Errorf("built again, these are not the same bytes: %s", strings.Join(names, ", "))
	}
	return nil
}

func run(ctx context.Context, out string, only []string) error {
	c, err := readCommit(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var made []string
	for i, t := range only {
		system, arch, ok := strings.Cut(t, "/")
		if !ok {
			return fmt.Errorf("%q is not a system and an architecture, such as linux/amd64", t)
		}
		archive, info, err := build(ctx, out, c, target{system, arch})
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		made = append(made, archive)
		if i == 0 { // the others are made of the same modules
			bill, err := writeBill(out, c, info)
			if err != nil {
				return err
			}
			made = append(made, bill)
		}
		fmt.Println(filepath.Join(out, archive))
	}
	return writeSums(out, made)
}

// commit is what is released.
type commit struct {
	version string // of the tag, or of the commit where there is none
	hash    string
	at      time.Time
}

func readCommit(ctx context.Context) (commit, error) {
	version, err := git(ctx, "describe", "--tags", "--always", "--dirty", "--match", "v*")
	if err != nil {
		return commit{}, err
	}
	shown, err := git(ctx, "show", "--no-patch", "--format=%H %ct", "HEAD")
	if err != nil {
		return commit{}, err
	}
	hash, seconds, _ := strings.Cut(shown, " ")
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return commit{}, fmt.Errorf("the time of the commit is %q", seconds)
	}
	return commit{version: version, hash: hash, at: time.Unix(unix, 0).UTC()}, nil
}

func git(ctx context.Context, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(text)), nil
}

// build makes one archive and returns its name and what its binary is made of.
func build(ctx context.Context, out string, c commit, t target) (string, *debug.BuildInfo, error) {
	folder, err := os.MkdirTemp("", "throughline-release-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(folder)
	binary := name
	if t.os == "windows" {
		binary += ".exe"
	}
	path := filepath.Join(folder, binary)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", // the version is stamped, and a checkout's state is no part of it

		"-ldflags", "-s -w -X main.stamped="+c.version, "-o", path, "./cmd/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", nil, err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	files := []file{{path, binary, 0o755}, {"LICENSE", "LICENSE", 0o644}, {"README.md", "README.md", 0o644}, {"CHANGELOG.md", "CHANGELOG.md", 0o644}}
	if t.os == "linux" {
		files = append(files, file{"packaging/throughline.service", "throughline.service", 0o644})
	}
	base := fmt.Sprintf("%s_%s_%s_%s", name, c.version, t.os, t.arch)
	archive, write := base+".tar.gz", writeTar
	if t.os == "windows" {
		archive, write = base+".zip", writeZip
	}
	f, err := os.Create(filepath.Join(out, archive))
	if err != nil {
		return "", nil, err
	}
	return archive, info, errors.Join(write(f, base, files, c.at), f.Close())
}

// file is one file of an archive.
type file struct {
	path, name string
	mode       os.FileMode
}

func writeTar(w io.Writer, folder string, files []file, at time.Time) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	for _, f := range files {
		text, err := os.ReadFile(f.path)
		if err != nil {
			return err
		}
		h := &tar.Header{Name: folder + "/" + f.name, Mode: int64(f.mode), Size: int64(len(text)), ModTime: at, Format: tar.FormatPAX}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := t.Write(text); err != nil {
			return err
		}
	}
	return errors.Join(t.Close(), z.Close())
}

func writeZip(w io.Writer, folder string, files []file, at time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		text, err := os.ReadFile(f.path)
		if err != nil {
			return err
		}
		h := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at}
		h.SetMode(f.mode)
		entry, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := entry.Write(text); err != nil {
			return err
		}
	}
	return z.Close()
}

// component is one part of a bill of materials, as CycloneDX 1.6 has it.
type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// bill is a bill of materials.
type bill struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	} `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

// writeBill lists what the linker put into the binary: the modules as the binary
// itself names them, and the Go release.
func writeBill(out string, c commit, info *debug.BuildInfo) (string, error) {
	b := bill{Format: "CycloneDX", Spec: "1.6", Version: 1}
	b.Metadata.Timestamp = c.at.Format(time.RFC3339)
	b.Metadata.Component = component{
		Type: "application", Ref: name, Name: name, Version: c.version,
		PURL:       "pkg:golang/" + info.Main.Path + "@" + c.version,
		Properties: []property{{"commit", c.hash}},
	}
	b.Components = append(b.Components, component{
		Type: "library", Ref: "std", Name: "std", Version: strings.TrimPrefix(info.GoVersion, "go"),
		PURL: "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go"),
	})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		b.Components = append(b.Components, component{
			Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl,
			Properties: []property{{"go.sum", m.Sum}},
		})
	}
	all := dependency{Ref: name}
	for _, m := range b.Components {
		all.DependsOn = append(all.DependsOn, m.Ref)
	}
	b.Dependencies = []dependency{all}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return "", err
	}
	file := fmt.Sprintf("%s_%s.cdx.json", name, c.version)
	return file, os.WriteFile(filepath.Join(out, file), append(text, '\n'), 0o644)
}

// writeSums writes SHA256SUMS in the form that sha256sum -c reads.
func writeSums(out string, names []string) error {
	slices.Sort(names)
	var list bytes.Buffer
	for _, n := range names {
		text, err := os.ReadFile(filepath.Join(out, n))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(text), n)
	}
	return os.WriteFile(filepath.Join(out, sums), list.Bytes(), 0o644)
}
