package encode_test

import (
	"bytes"
	"context"
	"errors"
	stdimage "image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/webp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/encode"
)

// picture is a drawn photo of 320 x 200.
func picture() *image.Picture {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, 320, 200))
	for y := range 200 {
		for x := range 320 {
			m.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x*y>>8 ^ x*7), 255})
		}
	}
	return image.FromImage(m)
}

func notice() image.Notice {
	return image.Notice{Rights: "© Ana", DerivedFrom: throughline.DigestOf([]byte("original"))}
}

// only returns a lookup that finds one tool.
func only(t *testing.T, name string) func(string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return func(asked string) (string, error) {
		if asked == name {
			return path, nil
		}
		return "", exec.ErrNotFound
	}
}

// fake returns a lookup that finds a shell script under a name.
func fake(t *testing.T, name, script string) func(string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return func(asked string) (string, error) {
		if asked == name {
			return path, nil
		}
		return "", exec.ErrNotFound
	}
}

func nothing(string) (string, error) { return "", exec.ErrNotFound }

func TestTools(t *testing.T) {
	for _, c := range []struct {
		tool   string
		format image.Format
	}{{"cwebp", image.WebP}, {"vips", image.WebP}, {"avifenc", image.AVIF}, {"vips", image.AVIF}} {
		t.Run(c.tool+" writes "+string(c.format)+" with the notice, and leaves nothing behind", func(t *testing.T) {
			e := encode.Find(t.Context(), only(t, c.tool))
			e.Folder = t.TempDir()
			if len(e.Tools) != 1 || e.Tools[0].Version == "" {
				t.Fatalf("%+v", e.Tools)
			}
			made, err := e.Render(t.Context(), picture(), image.Spec{Width: 160, Format: c.format, Quality: 70}, notice())
			if c.tool == "vips" && c.format == image.AVIF && err != nil {
				t.Skipf("this vips writes no AVIF: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			facts, err := image.Inspect(bytes.NewReader(made.Bytes), int64(len(made.Bytes)))
			if err != nil || facts.Format != c.format || facts.Width != 160 || facts.Height != 100 || made.Tool != c.tool || len(made.Failed) > 0 {
				t.Errorf("%+v by %s, %v, %v", facts, made.Tool, made.Failed, err)
			}
			if c.format == image.WebP {
				if _, err := webp.Decode(bytes.NewReader(made.Bytes)); err != nil || facts.Notice.Rights != "© Ana" {
					t.Errorf("%v, %+v", err, facts.Notice)
				}
			} else if !bytes.Contains(made.Bytes, []byte("© Ana")) {
				t.Error("the notice is missing")
			}
			if left, err := os.ReadDir(e.Folder); err != nil || len(left) > 0 {
				t.Errorf("%v is left behind, %v", left, err)
			}
		})
	}
}

func TestFallback(t *testing.T) {
	webpSpec := image.Spec{Width: 80, Format: image.WebP}
	t.Run("without tools, Go writes WebP and JPEG, and AVIF says what to install", func(t *testing.T) {
		e := encode.Find(t.Context(), nothing)
		for _, f := range []image.Format{image.WebP, image.JPEG} {
			made, err := e.Render(t.Context(), picture(), image.Spec{Width: 80, Format: f}, notice())
			if err != nil || made.Tool != encode.Builtin || made.Format != f {
				t.Errorf("%s: %v", made.Tool, err)
			}
		}
		_, err := e.Render(t.Context(), picture(), image.Spec{Format: image.AVIF}, notice())
		if x, ok := errors.AsType[*throughline.Error](err); !ok || x.Code != throughline.Unavailable || !strings.Contains(x.Fix, "avifenc") {
			t.Errorf("%v", err)
		}
	})
	for name, c := range map[string]struct{ script, say string }{
		"fails":               {`[ "$1" = -version ] && echo 1.2.3 && exit; echo "out of luck" >&2; exit 3`, "out of luck"},
		"hangs":               {`[ "$1" = -version ] && echo 1.2.3 && exit; exec sleep 60`, "longer than"},
		"writes nothing":      {`echo 1.2.3`, "no picture"},
		"writes rubbish":      {`[ "$1" = -version ] && echo 1.2.3 && exit; for last; do :; done; echo rubbish > "$last"`, "no picture"},
		"writes without end":  {`[ "$1" = -version ] && echo 1.2.3 && exit; for last; do :; done; head -c 3000000 /dev/zero > "$last"`, "over the limit"},
		"talks without bound": {`[ "$1" = -version ] && echo 1.2.3 && exit; head -c 3000000 /dev/zero; exit 1`, "failed"},
	} {
		t.Run("a tool that "+name+" is told of, and Go writes instead", func(t *testing.T) {
			e := encode.Find(t.Context(), fake(t, "cwebp", c.script))
			e.Folder, e.Timeout, e.MaxBytes = t.TempDir(), 500*time.Millisecond, 1<<20
			made, err := e.Render(t.Context(), picture(), webpSpec, notice())
			if err != nil || made.Tool != encode.Builtin || len(made.Failed) != 1 || !strings.Contains(made.Failed[0].Error(), c.say) {
				t.Errorf("%s, %v, %v", made.Tool, made.Failed, err)
			}
			if len(made.Failed) > 0 && len(made.Failed[0].Error()) > 6000 {
				t.Errorf("it may say %d bytes", len(made.Failed[0].Error()))
			}
			if left, err := os.ReadDir(e.Folder); err != nil || len(left) > 0 {
				t.Errorf("%v is left behind, %v", left, err)
			}
		})
	}
	t.Run("a context that ended ends the tool, and nothing is written instead", func(t *testing.T) {
		e := encode.Find(t.Context(), fake(t, "cwebp", `[ "$1" = -version ] && echo 1.2.3 && exit; exec sleep 60`))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if made, err := e.Render(ctx, picture(), webpSpec, notice()); err == nil {
			t.Errorf("%s wrote it", made.Tool)
		}
	})
}
