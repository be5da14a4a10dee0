package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Folder is a folder on this machine, with those inside it.
type Folder struct {
	root *os.Root
}

// OpenFolder opens a folder, which Close gives back.
func OpenFolder(name string) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, throughline.Errorf(throughline.NotFound, "the folder %s cannot be read: %w", name, err).WithFix("name a folder that exists and that you may read")
	}
	return &Folder{root}, nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }

// Files yields the files of the folder, and goes on after a folder in it that cannot
// be listed. Links, hidden files and those that are still being written, by their
// names, are passed over.
func (f *Folder) Files(ctx context.Context) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		n := 0
		err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, fs.ErrNotExist): // gone since it was listed
				return nil
			case err != nil:
				if !yield(File{}, throughline.Errorf(throughline.Unavailable, "%s cannot be listed: %w", f.place(name), err).WithFix("look at who may read it")) {
					return fs.SkipAll
				}
				return nil
			case name != "." && passedOver(d.Name()) && d.IsDir(), strings.Count(name, "/") >= MaxDepth && d.IsDir():
				return fs.SkipDir
			case !d.Type().IsRegular() || passedOver(d.Name()):
				return nil
			}
			info, err := d.Info()
			if err != nil { // gone since it was listed
				return nil
			}
			if n++; n > MaxFiles {
				return tooMany(f.root.Name())
			}
			if !yield(f.file(name, info), nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(File{}, err)
		}
	}
}

func (f *Folder) place(name string) string {
	return filepath.Join(f.root.Name(), filepath.FromSlash(name))
}

func (f *Folder) file(name string, info fs.FileInfo) File {
	return fileOn(info, f.place(name), func() (*os.File, error) { return f.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|atOnce, 0) })
}

// OpenFile returns one file on this machine.
func OpenFile(name string) (File, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no file")
	}
	if err != nil {
		return File{}, throughline.Errorf(throughline.NotFound, "the file %s cannot be read: %w", name, err).WithFix("name a file, or a folder of files")
	}
	return fileOn(info, filepath.Clean(name), func() (*os.File, error) { return os.OpenFile(name, os.O_RDONLY|atOnce, 0) }), nil
}

func fileOn(info fs.FileInfo, place string, open func() (*os.File, error)) File {
	mark := markOf(info)
	return File{Name: info.Name(), Place: place, Size: info.Size(), Mark: mark, open: func(context.Context) (io.ReadCloser, error) {
		in, err := open()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, throughline.Errorf(throughline.NotFound, "%s is gone", place).WithFix("look whether it is still there")
		}
		if err != nil {
			return nil, throughline.Errorf(throughline.Unavailable, "%s cannot be read: %w", place, err).WithFix("look at who may read it")
		}
		if now, err := in.Stat(); err != nil || !now.Mode().IsRegular() { // a pipe would be read for ever
			in.Close()
			return nil, throughline.Errorf(throughline.Conflict, "%s is no file any more", place).WithFix("put a file there")
		}
		return &steady{in, place, mark}, nil
	}}
}

func markOf(info fs.FileInfo) string {
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// steady is a file that must not change while it is read.
type steady struct {
	*os.File
	place, mark string
}

// Read reads on, and at the end looks whether the file is still what it was.
func (s *steady) Read(b []byte) (int, error) {
	n, err := s.File.Read(b)
	if err != io.EOF {
		return n, err
	}
	if info, statErr := s.Stat(); statErr != nil || markOf(info) != s.mark {
		return n, throughline.Errorf(throughline.Conflict, "%s changed while it was read", s.place).WithFix("wait until it is written, and send it again")
	}
	return n, io.EOF
}

// WriteTo keeps io.Copy from going around Read.
func (s *steady) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{s})
}
