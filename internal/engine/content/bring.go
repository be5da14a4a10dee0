package content

import (
	"context"
	"slices"
	"strconv"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Brought is what an asset is called in a draft.
type Brought struct {
	Ref throughline.Ref
	// Had is true where the draft has an asset of the same file, which stays as it is.
	Had bool
}

// Waiting returns the assets of the caller's draft.
func (c *Content) Waiting(ctx context.Context, by engine.Caller) (assets []throughline.Resource, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		for _, item := range items {
			if res := item.wanted(); res.Kind == throughline.KindAsset && res.Spec != nil {
				assets = append(assets, res)
			}
		}
		return err
	})
	return assets, err
}

// Bring puts an asset that was just taken in into the caller's draft, under its name
// or, where the draft has that, the name with a number.
func (c *Content) Bring(ctx context.Context, by engine.Caller, asset throughline.Resource) (out Brought, err error) {
	spec, ok := asset.Spec.(*throughline.Asset)
	if !ok {
		return out, throughline.Errorf(throughline.Internal, "%s is no asset", asset.Ref())
	}
	if err := mayEdit(by, asset.Ref()); err != nil {
		return out, err
	}
	err = c.core.Update(ctx, func(tx record.Tx) error {
		s, err := openDraft(tx, by.Actor, c.core.Now())
		if err != nil {
			return err
		}
		items, err := draftItems(tx, s.person)
		if err != nil {
			return err
		}
		for _, item := range items {
			if a, ok := (&item).wanted().Spec.(*throughline.Asset); ok && a.File.Digest == spec.File.Digest {
				out = Brought{item.Ref, true}
				return nil
			}
		}
		named := asset
		for n := 2; slices.ContainsFunc(items, func(item DraftItem) bool { return item.Ref.Name == named.Metadata.Name }); n++ {
			named.Metadata.Name = asset.Metadata.Name + "-" + strconv.Itoa(n)
		}
		out = Brought{Ref: named.Ref()}
		if err := s.edit(Edit{Ref: out.Ref, Resource: &named}, false); err != nil {
			return err
		}
		if err := s.bounded(); err != nil {
			return err
		}
		return s.close(s.sentence())
	})
	return out, err
}
