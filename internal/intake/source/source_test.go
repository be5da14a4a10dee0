package source_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/intake/source"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s source.Source) (all []source.File) {
	t.Helper()
	for f, err := range s.Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func names(all []source.File) (names []string) {
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
}

func read(t *testing.T, f source.File) (string, error) {
	t.Helper()
	in, err := f.Open(t.Context())
	if err != nil {
		return "", err
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	return string(b), err
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lake.jpg", "summer/pier.png", ".hidden.png", ".git/x.png", "half.jpg.part", "Thumbs.db"} {
		write(t, filepath.Join(dir, name), name)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, outside, "secret")
	if err := os.Symlink(outside, filepath.Join(dir, "link.jpg")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	folder, err := source.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	all := list(t, folder)

	t.Run("files are found in all folders, and links, hidden and unfinished ones are not", func(t *testing.T) {
		if diff := cmp.Diff([]string{"lake.jpg", "pier.png"}, names(all)); diff != "" {
			t.Fatal(diff)
		}
	})
	t.Run("a file is read", func(t *testing.T) {
		if got, err := read(t, all[1]); err != nil || got != "summer/pier.png" {
			t.Fatal(got, err)
		}
	})
	t.Run("a file that grows after it was listed is not taken for a whole one", func(t *testing.T) {
		write(t, filepath.Join(dir, "lake.jpg"), "longer than it was before")
		if _, err := read(t, all[0]); throughline.CodeOf(err) != throughline.Conflict {
			t.Fatal(err)
		}
		in, err := all[0].Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if _, err := io.Copy(io.Discard, in); throughline.CodeOf(err) != throughline.Conflict {
			t.Fatal("by io.Copy:", err)
		}
	})
	t.Run("a link that took a file's place leads nowhere", func(t *testing.T) {
		pier := filepath.Join(dir, "summer/pier.png")
		if err := os.Remove(pier); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, pier); err != nil {
			t.Fatal(err)
		}
		if got, err := read(t, all[1]); err == nil {
			t.Fatalf("%q was read from outside the folder", got)
		}
	})
	t.Run("a folder that may not be read is told, and keeps no other from it", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("who is root may read everything")
		}
		shut := filepath.Join(dir, "a-shut")
		write(t, filepath.Join(shut, "x.png"), "x")
		if err := os.Chmod(shut, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(shut, 0o700)
		var found, told []string
		for f, err := range folder.Files(t.Context()) {
			if err != nil {
				told = append(told, err.Error())
				continue
			}
			found = append(found, f.Name)
		}
		if len(told) != 1 || !strings.Contains(told[0], "a-shut") || !slices.Contains(found, "lake.jpg") {
			t.Error(found, told)
		}
	})
	t.Run("a file that may not be read is another thing than one that is gone", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("who is root may read everything")
		}
		shut := filepath.Join(dir, "shut.png")
		write(t, shut, "x")
		if err := os.Chmod(shut, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(shut)
		f, err := source.OpenFile(shut)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, f); throughline.CodeOf(err) != throughline.Unavailable {
			t.Error(err)
		}
	})
	t.Run("a folder that is not there is an error", func(t *testing.T) {
		if _, err := source.OpenFolder(filepath.Join(dir, "none")); throughline.CodeOf(err) != throughline.NotFound {
			t.Fatal(err)
		}
	})
	t.Run("a folder is no file", func(t *testing.T) {
		if _, err := source.OpenFile(dir); throughline.CodeOf(err) != throughline.NotFound {
			t.Fatal(err)
		}
	})
}

func TestSettled(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var s source.Settled
	at := func(seconds int, all ...source.File) []string {
		return names(s.Ready(all, now.Add(time.Duration(seconds)*time.Second)))
	}
	half := source.File{Name: "a", Place: "/a", Size: 5, Mark: "5"}
	whole := source.File{Name: "a", Place: "/a", Size: 9, Mark: "9"}
	for _, step := range []struct {
		says    string
		seconds int
		files   []source.File
		want    []string
	}{
		{"a new file is waited for", 0, []source.File{half}, nil},
		{"one that grew is waited for again", 2, []source.File{whole}, nil},
		{"not for long enough yet", 3, []source.File{whole}, nil},
		{"one that rests is ready", 4, []source.File{whole}, []string{"a"}},
		{"one that is gone is forgotten", 5, nil, nil},
		{"and begins anew when it is back", 9, []source.File{whole}, nil},
		{"an empty one is never ready", 20, []source.File{{Name: "e", Place: "/e", Mark: "0"}}, nil},
		{"however long it rests", 60, []source.File{{Name: "e", Place: "/e", Mark: "0"}}, nil},
	} {
		if got := at(step.seconds, step.files...); !cmp.Equal(got, step.want) {
			t.Errorf("%s: got %v", step.says, got)
		}
	}
}

// store is a small object store: the two requests of S3 that are used, with pages
// of two keys.
type store struct {
	objects map[string]string // key -> bytes
	keys    []string
	cut     int // bytes that a reading leaves out
	asked   []*http.Request
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=key/") {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`)
		return
	}
	key, _ := strings.CutPrefix(r.URL.Path, "/pictures/")
	if r.URL.Query().Get("list-type") == "2" {
		s.list(w, r)
		return
	}
	text, ok := s.objects[key]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>`)
		return
	}
	if match := r.Header.Get("If-Match"); match != "" && match != etag(text) {
		w.WriteHeader(http.StatusPreconditionFailed)
		io.WriteString(w, `<Error><Code>PreconditionFailed</Code><Message>another</Message></Error>`)
		return
	}
	w.Header().Set("ETag", etag(text))
	w.Header().Set("Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT")
	io.WriteString(w, text[:len(text)-s.cut])
}

func etag(text string) string { return fmt.Sprintf(`"%x"`, text) }

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	type content struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var page struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}
	after := r.URL.Query().Get("continuation-token")
	for _, key := range s.keys {
		if key <= after || !strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			continue
		}
		if len(page.Contents) == 2 {
			page.IsTruncated, page.NextContinuationToken = true, page.Contents[1].Key
			break
		}
		page.Contents = append(page.Contents, content{key, "2026-11-23T12:00:00.000Z", etag(s.objects[key]), len(s.objects[key])})
	}
	xml.NewEncoder(w).Encode(page)
}

func TestBucket(t *testing.T) {
	s := &store{
		keys: []string{"other/x.jpg", "summer/", "summer/.hidden", "summer/lake.jpg", "summer/pier two.png", "summer/zebra.gif"},
		objects: map[string]string{
			"other/x.jpg": "x", "summer/.hidden": "h", "summer/lake.jpg": "the lake", "summer/pier two.png": "the pier", "summer/zebra.gif": "stripes",
		},
	}
	server := httptest.NewServer(s)
	defer server.Close()
	open := func(t *testing.T, key string) *source.Bucket {
		t.Helper()
		b, err := source.OpenBucket("s3://pictures/summer/", source.BucketConfig{Endpoint: server.URL, Region: "eu-central-1", Key: key, Secret: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	all := list(t, open(t, "key"))

	t.Run("objects under the prefix are found over all pages", func(t *testing.T) {
		if diff := cmp.Diff([]string{"lake.jpg", "pier two.png", "zebra.gif"}, names(all)); diff != "" {
			t.Fatal(diff)
		}
		if all[1].Place != "s3://pictures/summer/pier two.png" || all[1].Size != 8 || all[1].Mark == all[2].Mark {
			t.Fatalf("%+v", all[1])
		}
	})
	t.Run("an object is read", func(t *testing.T) {
		if got, err := read(t, all[1]); err != nil || got != "the pier" {
			t.Fatal(got, err)
		}
	})
	t.Run("one that is another by now is told", func(t *testing.T) {
		s.objects["summer/zebra.gif"] = "changed"
		if _, err := read(t, all[2]); throughline.CodeOf(err) != throughline.Conflict {
			t.Fatal(err)
		}
	})
	t.Run("one that is gone is told", func(t *testing.T) {
		delete(s.objects, "summer/zebra.gif")
		if _, err := read(t, all[2]); throughline.CodeOf(err) != throughline.NotFound {
			t.Fatal(err)
		}
	})
	t.Run("one that is cut off is no whole", func(t *testing.T) {
		s.cut = 3
		defer func() { s.cut = 0 }()
		if got, err := read(t, all[0]); err == nil {
			t.Fatalf("%q was taken for the whole", got)
		}
	})
	t.Run("a key that may not is told what to set, and no secret is shown", func(t *testing.T) {
		for _, err := range open(t, "").Files(t.Context()) {
			if throughline.CodeOf(err) != throughline.Forbidden || strings.Contains(err.Error(), "secret") {
				t.Fatal(err)
			}
		}
	})
	t.Run("listing ends with its context", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		for f, err := range open(t, "key").Files(ctx) {
			if err == nil {
				t.Fatal(f)
			}
		}
	})
}

func TestBucketAddresses(t *testing.T) {
	for _, address := range []string{"", "pictures", "s3://", "https://pictures/x", "s3://user:pass@pictures/x", "s3://pictures/x?y=z", "s3://%zz"} {
		if _, err := source.OpenBucket(address, source.BucketConfig{}); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, endpoint := range []string{"ftp://store", "store", "https://store/path", "https://"} {
		if _, err := source.OpenBucket("s3://pictures", source.BucketConfig{Endpoint: endpoint}); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
