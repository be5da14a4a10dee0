package engine

import (
	"context"
	"encoding/json"
	"io"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// LiveRelease says which snapshot the latest release made. It is the entry
// "release" of BucketLive: content writes it, live serves it.
type LiveRelease struct {
	Release  int                `json:"release"`
	Snapshot throughline.Digest `json:"snapshot"`
}

// KeyLiveRelease is the key of LiveRelease in BucketLive.
const KeyLiveRelease = "release"

// LoadSnapshot reads a snapshot from Blobs.
func LoadSnapshot(ctx context.Context, blobs record.Blobs, d throughline.Digest) (*throughline.Snapshot, error) {
	return loadBlob[throughline.Snapshot](ctx, blobs, d)
}

// LoadEpoch reads an epoch from Blobs.
func LoadEpoch(ctx context.Context, blobs record.Blobs, d throughline.Digest) (*throughline.Epoch, error) {
	return loadBlob[throughline.Epoch](ctx, blobs, d)
}

func loadBlob[T any](ctx context.Context, blobs record.Blobs, d throughline.Digest) (*T, error) {
	r, err := blobs.Get(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(b, v); err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "blob %s cannot be read: %w", d.Short(), err)
	}
	return v, nil
}
