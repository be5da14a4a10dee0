package source

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/throughline-engine/throughline"
)

// BucketConfig says how a bucket is reached.
type BucketConfig struct {
	// Endpoint is the store's address, such as https://s3.eu-central-1.amazonaws.com;
	// empty is Amazon's. Plain http is for stores on this machine and for tests.
	Endpoint string
	// Region is the bucket's; empty asks the store.
	Region string
	// Key, Secret and Session sign requests; without a key a bucket is read as
	// everybody may.
	Key, Secret, Session string
	// Transport carries the requests; nil is the usual.
	Transport http.RoundTripper
}

// Bucket is the objects of a bucket whose keys begin in one way.
type Bucket struct {
	client       *minio.Client
	name, prefix string
}

// OpenBucket returns what is at an address such as s3://bucket/prefix. It asks
// the store nothing yet.
func OpenBucket(address string, c BucketConfig) (*Bucket, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "s3" || at.Host == "" || at.User != nil || at.RawQuery != "" {
		return nil, throughline.Errorf(throughline.Invalid, "%q is no address of a bucket", address).WithFix("write s3://BUCKET/PREFIX")
	}
	if c.Endpoint == "" {
		c.Endpoint = "https://s3.amazonaws.com"
	}
	store, err := url.Parse(c.Endpoint)
	if err != nil || store.Host == "" || store.Scheme != "https" && store.Scheme != "http" || strings.Trim(store.Path, "/") != "" {
		return nil, throughline.Errorf(throughline.Invalid, "%q is no address of an object store", c.Endpoint).WithFix("write https://HOST, without a path")
	}
	signed := credentials.NewStaticV4(c.Key, c.Secret, c.Session)
	if c.Key == "" {
		signed = credentials.NewStatic("", "", "", credentials.SignatureAnonymous)
	}
	client, err := minio.New(store.Host, &minio.Options{
		Creds: signed, Secure: store.Scheme == "https", Region: c.Region, Transport: c.Transport, MaxRetries: 3,
	})
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "the object store %s cannot be reached so: %w", store.Host, err).WithFix("look at its address and region")
	}
	return &Bucket{client, at.Host, strings.TrimPrefix(at.Path, "/")}, nil
}

// Files yields the objects of the bucket, by key. Hidden ones and empty ones,
// which stand for folders, are passed over.
func (b *Bucket) Files(ctx context.Context) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		owner := false
		n := 0
		for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true, FetchOwner: &owner}) {
			if o.Err != nil {
				yield(File{}, b.refused(o.Err, b.prefix))
				return
			}
			if n++; n > MaxFiles {
				yield(File{}, tooMany(b.place(b.prefix)))
				return
			}
			if o.Size <= 0 || strings.HasSuffix(o.Key, "/") || passedOver(path.Base(o.Key)) {
				continue
			}
			if !yield(b.file(o), nil) {
				return
			}
		}
	}
}

func (b *Bucket) place(key string) string { return "s3://" + b.name + "/" + key }

func (b *Bucket) file(o minio.ObjectInfo) File {
	return File{Name: path.Base(o.Key), Place: b.place(o.Key), Size: o.Size, Mark: o.ETag, open: func(ctx context.Context) (io.ReadCloser, error) {
		var opts minio.GetObjectOptions
		if o.ETag != "" {
			if err := opts.SetMatchETag(o.ETag); err != nil {
				return nil, b.refused(err, o.Key)
			}
		}
		in, err := b.client.GetObject(ctx, b.name, o.Key, opts)
		if err != nil {
			return nil, b.refused(err, o.Key)
		}
		return &object{in, b, o.Key, o.Size}, nil
	}}
}

// object is an object that is read; its errors are told as ours, and it is as
// long as the listing said.
type object struct {
	*minio.Object
	bucket *Bucket
	key    string
	left   int64
}

// Read reads on.
func (o *object) Read(p []byte) (int, error) {
	n, err := o.Object.Read(p)
	o.left -= int64(n)
	switch {
	case err == io.EOF && o.left != 0:
		return n, throughline.Errorf(throughline.Conflict, "%s ended %d bytes from where it should", o.bucket.place(o.key), o.left).WithFix("list the bucket again, and take it again")
	case err != nil && err != io.EOF:
		return n, o.bucket.refused(err, o.key)
	}
	return n, err
}

// refused tells what a store says in our words. What it sends is shown, and
// bounded; a secret is never in it.
func (b *Bucket) refused(err error, key string) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	place := b.place(key)
	res := minio.ToErrorResponse(err)
	switch {
	case res.StatusCode == http.StatusForbidden || res.Code == minio.AccessDenied:
		return throughline.Errorf(throughline.Forbidden, "the store does not let it be read (%s)", short(res.Code)).At(place).
			WithFix("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that may list the bucket and read its objects")
	case res.StatusCode == http.StatusNotFound:
		return throughline.Errorf(throughline.NotFound, "there is no such bucket or object (%s)", short(res.Code)).At(place).WithFix("look at the name, and at --endpoint and --region")
	case res.StatusCode == http.StatusPreconditionFailed:
		return throughline.Errorf(throughline.Conflict, "the object changed since it was listed").At(place).WithFix("take it again")
	}
	return throughline.Errorf(throughline.Unavailable, "the object store does not answer as it should: %s", short(err.Error())).At(place).WithFix("look at --endpoint and --region, and try again")
}

// short bounds what a stranger wrote.
func short(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "..."
	}
	return s
}
