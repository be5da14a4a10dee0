package content_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// torture makes the crowds as large as they come: a thousand saves at once.
const torture = "THROUGHLINE_TORTURE"

// crowded returns a size: a small one, unless somebody asked for torture.
func crowded(small, large int) int {
	if os.Getenv(torture) != "" {
		return large
	}
	return small
}

// labelled is the fragment headline-short as it was, with one label more.
func labelled(was throughline.Resource, key, value string) *throughline.Resource {
	labels := maps.Clone(was.Metadata.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	labels[key] = value
	was.Metadata.Labels = labels
	return &was
}

// crowd does something so many times at once, and returns what was acknowledged.
func crowd(t testing.TB, n int, do func(i int) (key string, err error)) map[string]bool {
	t.Helper()
	var mu sync.Mutex
	acknowledged := make(map[string]bool)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			key, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			switch code := throughline.CodeOf(err); {
			case err == nil && key != "":
				acknowledged[key] = true
			case err != nil && code != throughline.Conflict && code != throughline.Unavailable:
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	all.Wait()
	return acknowledged
}

// saveLabel saves a label, begun from base, and returns the label's key when that
// was acknowledged.
func saveLabel(t testing.TB, e *enginetest.Engine, by engine.Caller, base throughline.Resource, key string) (string, error) {
	t.Helper()
	saved, err := e.Content.Save(t.Context(), by, content.SaveInput{Edits: []content.Edit{{Ref: short, Base: base.Digest(), Resource: labelled(base, key, "yes")}}})
	if err != nil || len(saved.Conflicts) > 0 {
		return "", err
	}
	return key, nil
}

func TestACrowdLosesNothingThatWasSaved(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	base := inForce(t, e, short)
	n := crowded(300, 1000)
	t.Run("saves of one fragment at once, each begun from the same text, are all in the draft", func(t *testing.T) {
		acknowledged := crowd(t, n, func(i int) (string, error) { return saveLabel(t, e, mia(), base, fmt.Sprintf("k%d", i)) })
		if len(acknowledged) < n {
			t.Errorf("%d of %d were acknowledged", len(acknowledged), n)
		}
		items := draft(t, e, mia()).Items
		if len(items) != 1 || items[0].Resource == nil {
			t.Fatalf("%+v", items)
		}
		for key := range acknowledged {
			if items[0].Resource.Metadata.Labels[key] != "yes" {
				t.Errorf("%s was acknowledged, and is lost", key)
			}
		}
	})
}

func TestTwoWhoReleaseTheSameThingLoseNothing(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	people := []engine.Caller{mia(), enginetest.Person("max", throughline.Grant{Role: throughline.Maker})}
	rounds, saves := crowded(3, 10), crowded(10, 100)
	released := make([]map[string]bool, len(people))
	var all sync.WaitGroup
	for who, by := range people {
		released[who] = make(map[string]bool)
		all.Go(func() {
			for round := range rounds {
				base, err := e.Content.Get(t.Context(), short)
				if err != nil {
					t.Error(err)
					return
				}
				saved := crowd(t, saves, func(i int) (string, error) {
					return saveLabel(t, e, by, base, fmt.Sprintf("%s-%d-%d", by.Actor.ID, round, i))
				})
				for {
					_, err := e.Content.Propose(t.Context(), by, content.Proposal{Draft: true, Message: fmt.Sprint(round)})
					if err == nil {
						break
					}
					if throughline.CodeOf(err) != throughline.Conflict {
						t.Error(err)
						return
					}
				}
				for key := range saved {
					released[who][key] = true
				}
			}
		})
	}
	all.Wait()
	now := inForce(t, e, short)
	for who, by := range people {
		if len(released[who]) < rounds*saves {
			t.Errorf("of %s %d labels were acknowledged", by.Actor.ID, len(released[who]))
		}
		for key := range released[who] {
			if now.Metadata.Labels[key] != "yes" {
				t.Errorf("%s was released, and is lost", key)
			}
		}
	}
}

func TestNoResourceIsLongerThanADraftHolds(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	long := change(t, 0, "{apiVersion: throughline/v1, kind: Fragment, metadata: {name: long}, spec: {role: x, values: {en: '"+strings.Repeat("a", 1<<20)+"'}}}")
	for _, by := range []engine.Caller{mia(), enginetest.Shell()} {
		if _, err := e.Content.Apply(t.Context(), by, long); throughline.CodeOf(err) != throughline.TooLarge {
			t.Error(err)
		}
	}
	if _, err := e.Content.Save(t.Context(), mia(), content.SaveInput{Edits: []content.Edit{{Ref: fragment("long"), Resource: &long.Resources[0]}}}); throughline.CodeOf(err) != throughline.TooLarge {
		t.Error(err)
	}
}
