// Package encode writes pictures with the encoders that are found on PATH: cwebp,
// avifenc and vips. None is needed: what Go writes by itself (JPEG, PNG, lossless
// WebP) is the fallback, and AVIF says what to install.
//
// A tool gets its arguments as a list and never through a shell; the files have
// names of ours, in a folder that is removed; it runs within a time and what it
// writes is bounded. It sees pixels that were decoded here, never a stranger's
// file.
package encode

import (
	"bytes"
	"context"
	"fmt"
	stdimage "image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
)

// Tool is an encoder that was found.
type Tool struct {
	Name    string // cwebp, avifenc or vips
	Path    string
	Version string // as it says; empty when it says none
	Formats []image.Format
}

// Builtin is the name of what Go writes by itself.
const Builtin = "builtin"

// Encoder makes renditions.
type Encoder struct {
	// Tools are asked in their order.
	Tools []Tool
	// Folder is where temporary folders are made; empty is the system's.
	Folder string
	// Timeout bounds one run of a tool; 0 is 30 seconds.
	Timeout time.Duration
	// MaxBytes bounds what a tool writes; 0 is 64 MB.
	MaxBytes int64
}

// Find returns an Encoder with the tools that lookup finds, as exec.LookPath does,
// and that answer when asked for their version.
func Find(ctx context.Context, lookup func(name string) (path string, err error)) Encoder {
	var e Encoder
	for _, known := range []struct {
		name, ask string
		formats   []image.Format
	}{
		{"cwebp", "-version", []image.Format{image.WebP}},
		{"avifenc", "--version", []image.Format{image.AVIF}},
		{"vips", "--version", []image.Format{image.WebP, image.AVIF}},
	} {
		path, err := lookup(known.name)
		if err != nil {
			continue
		}
		said, err := run(ctx, 5*time.Second, os.TempDir(), path, known.ask)
		if err != nil {
			continue
		}
		e.Tools = append(e.Tools, Tool{known.name, path, version(said), known.formats})
	}
	return e
}

// numbers is how a version is written.
var numbers = regexp.MustCompile(`\d+(\.\d+)+`)

func version(said []byte) string { return string(numbers.Find(said)) }

// Formats returns what can be written, without doubles.
func (e Encoder) Formats() []image.Format {
	out := []image.Format{image.JPEG, image.PNG, image.WebP}
	for _, t := range e.Tools {
		for _, f := range t.Formats {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// Made is a rendition and what wrote it.
type Made struct {
	image.Rendition
	Tool, Version string
	// Failed are the tools that were tried before, with what they said.
	Failed []error
}

// Render makes one rendition of a picture: WebP and AVIF by the first tool that
// can, everything else, and WebP where no tool could, by Go.
func (e Encoder) Render(ctx context.Context, p *image.Picture, spec image.Spec, notice image.Notice) (Made, error) {
	var failed []error
	for _, t := range e.Tools {
		if !slices.Contains(t.Formats, spec.Format) {
			continue
		}
		made, err := e.with(ctx, t, p, spec, notice)
		if err == nil {
			made.Failed = failed
			return made, nil
		}
		if ctx.Err() != nil || throughline.CodeOf(err) == throughline.Invalid {
			return Made{}, err
		}
		failed = append(failed, err)
	}
	if spec.Format == image.AVIF {
		err := throughline.Errorf(throughline.Unavailable, "nothing on this machine writes AVIF").At("rendition avif").WithFix("install avifenc (libavif), or ask for webp or jpeg")
		if len(failed) > 0 {
			err = throughline.Errorf(throughline.Unavailable, "AVIF could not be written: %w", failed[0]).At("rendition avif").WithFix("look at what the encoder says, or ask for webp or jpeg")
		}
		return Made{}, err
	}
	r, err := p.Render(spec, notice)
	return Made{Rendition: r, Tool: Builtin, Failed: failed}, err
}

// with makes a rendition with one tool.
func (e Encoder) with(ctx context.Context, t Tool, p *image.Picture, spec image.Spec, notice image.Notice) (made Made, err error) {
	img, err := p.Sized(spec)
	if err != nil {
		return Made{}, err
	}
	xmp, err := notice.XMP()
	if err != nil {
		return Made{}, err
	}
	folder, err := os.MkdirTemp(e.Folder, "throughline-encode-")
	if err != nil {
		return Made{}, throughline.Errorf(throughline.Unavailable, "no temporary folder can be made: %w", err).At(t.Name).WithFix("make room, or set another folder")
	}
	defer func() {
		if e := os.RemoveAll(folder); err == nil && e != nil {
			err = throughline.Errorf(throughline.Unavailable, "a temporary folder cannot be removed: %w", e).At(t.Name).WithFix("look at its permissions")
		}
	}()
	files, err := lay(folder, img, spec.Format, xmp, p.Profile())
	if err != nil {
		return Made{}, throughline.Errorf(throughline.Unavailable, "the pixels cannot be handed over: %w", err).At(t.Name).WithFix("make room for temporary files")
	}
	timeout := e.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	if _, err := run(ctx, timeout, folder, t.Path, files.arguments(t.Name, spec)...); err != nil {
		return Made{}, err
	}
	out, err := e.collect(t, files.out)
	if err != nil {
		return Made{}, err
	}
	if spec.Format == image.WebP {
		if out, err = image.Carry(out, xmp, p.Profile()); err != nil {
			return Made{}, err
		}
	}
	b := img.Bounds()
	return Made{Rendition: image.Rendition{Spec: spec, Format: spec.Format, Width: b.Dx(), Height: b.Dy(), Bytes: out}, Tool: t.Name, Version: t.Version}, nil
}

// collect reads what a tool wrote, when it is what was asked for.
func (e Encoder) collect(t Tool, path string) ([]byte, error) {
	most := e.MaxBytes
	if most == 0 {
		most = 64 << 20
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, throughline.Errorf(throughline.Unavailable, "%s wrote no picture", t.Name).At(t.Name).WithFix("update it, or ask for jpeg")
	}
	if info.Size() > most {
		return nil, throughline.Errorf(throughline.TooLarge, "%s wrote %d bytes, over the limit of %d", t.Name, info.Size(), most).At(t.Name).WithFix("ask for a smaller picture or a lower quality")
	}
	out, err := os.ReadFile(path)
	if err != nil {
		return nil, throughline.Errorf(throughline.Unavailable, "what %s wrote cannot be read: %w", t.Name, err).At(t.Name).WithFix("look at the permissions of the temporary folder")
	}
	if _, err := image.Inspect(bytes.NewReader(out), int64(len(out))); err != nil {
		return nil, throughline.Errorf(throughline.Unavailable, "%s wrote what is no picture", t.Name).At(t.Name).WithFix("update it, or ask for jpeg")
	}
	return out, nil
}

// files are what a tool is handed, by path.
type files struct{ in, out, xmp string }

// lay writes the pixels, and for AVIF what goes with them, which nothing here can
// add after.
func lay(folder string, img stdimage.Image, format image.Format, xmp, icc []byte) (files, error) {
	f := files{in: filepath.Join(folder, "in.png"), out: filepath.Join(folder, "out."+string(format))}
	var pixels bytes.Buffer
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := fast.Encode(&pixels, img); err != nil {
		return f, err
	}
	in := pixels.Bytes()
	if format == image.AVIF {
		carried, err := image.Carry(in, xmp, icc)
		if err != nil {
			return f, err
		}
		in = carried
		if len(xmp) > 0 {
			f.xmp = filepath.Join(folder, "notice.xmp")
			if err := os.WriteFile(f.xmp, xmp, 0o600); err != nil {
				return f, err
			}
		}
	}
	return f, os.WriteFile(f.in, in, 0o600)
}

// arguments are what a tool is started with.
func (f files) arguments(tool string, spec image.Spec) []string {
	quality := spec.Quality
	if quality == 0 {
		quality = 80
	}
	q := strconv.Itoa(quality)
	switch tool {
	case "cwebp":
		return []string{"-quiet", "-metadata", "none", "-q", q, f.in, "-o", f.out}
	case "avifenc":
		// Its scale is of quantizers, from 63 for the worst to 0.
		quantizer := strconv.Itoa(max(0, min(63, (100-quality)*63/100)))
		args := []string{"--jobs", "1", "--speed", "6", "--min", quantizer, "--max", quantizer}
		if f.xmp != "" {
			args = append(args, "--xmp", f.xmp)
		}
		return append(args, f.in, f.out)
	}
	if spec.Format == image.AVIF {
		return []string{"heifsave", f.in, f.out, "--Q", q, "--compression", "av1"}
	}
	return []string{"webpsave", f.in, f.out, "--Q", q, "--strip"}
}

// run starts a tool in a folder and returns the first of what it says.
func run(ctx context.Context, timeout time.Duration, folder, path string, args ...string) ([]byte, error) {
	name := filepath.Base(path)
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(within, path, args...)
	cmd.Dir = folder
	cmd.Env = []string{"LC_ALL=C", "VIPS_CONCURRENCY=1", "TMPDIR=" + folder, "PATH=" + os.Getenv("PATH")}
	cmd.WaitDelay = 2 * time.Second
	var said limited
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	switch {
	case err == nil:
		return said, nil
	case ctx.Err() != nil:
		return nil, throughline.Errorf(throughline.Unavailable, "%s was given up: %w", name, ctx.Err()).At(name).WithFix("ask again")
	case within.Err() != nil:
		return nil, throughline.Errorf(throughline.Exhausted, "%s took longer than %v", name, timeout).At(name).WithFix("ask for a smaller picture, or raise the timeout")
	}
	return nil, throughline.Errorf(throughline.Unavailable, "%s failed: %w", name, fmt.Errorf("%w: %s", err, bytes.TrimSpace(said))).At(name).WithFix("look at what it says in the log; another encoder is used where there is one")
}

// limited keeps the first of what a tool says.
type limited []byte

// Write keeps up to 4 KB and drops the rest.
func (l *limited) Write(b []byte) (int, error) {
	*l = append(*l, b[:min(len(b), max(0, 4096-len(*l)))]...)
	return len(b), nil
}
