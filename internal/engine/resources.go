package engine

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// Resources returns every resource in force, by kind and name.
func (c *Core) Resources(ctx context.Context) (all []throughline.Resource, err error) {
	all = []throughline.Resource{}
	err = c.Record.State.View(ctx, func(r record.Reader) error {
		for res, err := range InForce(r, "") {
			if err != nil {
				return err
			}
			all = append(all, res)
		}
		return nil
	})
	return all, err
}

// InForce yields the resources of a kind that are in force in one state, by name;
// the empty kind is all of them, by kind and name. It ends with the first error.
func InForce(r record.Reader, kind throughline.Kind) iter.Seq2[throughline.Resource, error] {
	prefix := ""
	if kind != "" {
		prefix = string(kind) + "/"
	}
	return func(yield func(throughline.Resource, error) bool) {
		for e, err := range r.List(BucketHead, prefix, "") {
			var res throughline.Resource
			if err == nil {
				res, err = Revision(r, string(e.Value))
			}
			if !yield(res, err) || err != nil {
				return
			}
		}
	}
}

// Resource returns the revision of a name that is in force, or NotFound.
func Resource(r record.Reader, ref throughline.Ref) (throughline.Resource, error) {
	e, err := r.Get(BucketHead, ref.String())
	if throughline.CodeOf(err) == throughline.NotFound {
		return throughline.Resource{}, throughline.Errorf(throughline.NotFound, "there is no %s", ref).WithFix("list what there is with: throughline get %s", ref.Kind)
	}
	if err != nil {
		return throughline.Resource{}, err
	}
	return Revision(r, string(e.Value))
}

// BucketHistory maps Kind/name, a blank and the number of a release -> what it did
// to the resource.
const BucketHistory = "history"

// Was reports whether a name was ever in force.
func Was(r record.Reader, ref throughline.Ref) (bool, error) {
	for _, err := range r.List(BucketHistory, ref.String()+" ", "") {
		return err == nil, err
	}
	return false, nil
}

// Revision returns the resource of a digest.
func Revision(r record.Reader, digest string) (throughline.Resource, error) {
	var res throughline.Resource
	e, err := r.Get(BucketRevisions, digest)
	if err != nil {
		return res, err
	}
	if err := json.Unmarshal(e.Value, &res); err != nil {
		return res, throughline.Errorf(throughline.Corrupt, "revision %s cannot be read: %w", digest, err)
	}
	return res, nil
}

// Owner is the person who answers for the engine, as declared.
type Owner struct {
	Person      string
	Name        string
	Initials    string
	EngineTitle string
	// Engine is the Engine's own name.
	Engine string
}

// Owner returns the declared owner; the zero Owner before an Engine is declared.
func (c *Core) Owner(r record.Reader) (Owner, error) {
	for res, err := range InForce(r, throughline.KindEngine) {
		if err != nil {
			return Owner{}, err
		}
		eng := res.Spec.(*throughline.Engine)
		o := Owner{Person: eng.Owner, Name: eng.Owner, EngineTitle: eng.Title, Engine: res.Metadata.Name}
		if p, err := Resource(r, throughline.Ref{Kind: throughline.KindPerson, Name: eng.Owner}); err == nil {
			person := p.Spec.(*throughline.Person)
			o.Name, o.Initials = person.Name, person.Initials()
		}
		return o, nil
	}
	return Owner{}, nil
}
