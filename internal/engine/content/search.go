package content

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Hit is one thing that a search found: a resource, or a release.
type Hit struct {
	// Ref is the resource; zero where Release is set.
	Ref     throughline.Ref `json:"ref,omitzero"`
	Release int             `json:"release,omitempty"`
	// Title is what people call it, its name where it has no title.
	Title string `json:"title"`
	// Where is the field that fits, such as spec.values.de; empty for the name.
	Where string `json:"where,omitempty"`
	// Snippet is the part of the text around what fits; empty for the name.
	Snippet string `json:"snippet,omitempty"`
	// Mine is true for what is only in the asker's own draft.
	Mine bool `json:"mine,omitempty"`
}

// maxHits bounds a search.
const maxHits = 100

// Search finds resources and releases by the beginnings of the words of their
// names and texts, the best first: without case and diacritics, and in names
// with one slip of the finger. Beside what is in force it finds what is in the
// asker's own draft, never in another's, and no release that is secret from them.
func (c *Content) Search(ctx context.Context, by engine.Caller, query string, limit int) (hits []Hit, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return nil, err
	}
	if len(query) > 200 {
		query = strings.ToValidUTF8(query[:200], "")
	}
	limit = min(max(1, limit), maxHits)
	hits = []Hit{}
	err = c.with(ctx, func(k *known, r record.Reader) error {
		words := text.Words(query)
		seen := map[throughline.Ref]bool{}
		for _, f := range k.finder.Find(query, 2*limit) {
			hit, ok, err := c.hit(r, by, f.ID, words)
			if err != nil {
				return err
			}
			if ok && len(hits) < limit {
				seen[hit.Ref], hits = true, append(hits, hit)
			}
		}
		mine, err := inDraft(r, by, words, seen)
		hits = append(hits, mine[:min(len(mine), max(0, limit-len(hits)))]...)
		return err
	})
	return hits, err
}

func (c *Content) hit(r record.Reader, by engine.Caller, id string, words []string) (Hit, bool, error) {
	if number, ok := strings.CutPrefix(id, "release/"); ok {
		n, err := strconv.Atoi(number)
		if err != nil {
			return Hit{}, false, err
		}
		rel, err := readHead(r, n)
		if err != nil || !by.MayKnow(rel, c.core.Now()) {
			return Hit{}, false, err
		}
		hit := Hit{Release: n, Title: "Release " + number}
		if rel.Message != "" {
			hit.Where, hit.Snippet = "message", snippet(rel.Message, words)
		}
		return hit, true, nil
	}
	ref, err := throughline.ParseRef(id)
	if err != nil {
		return Hit{}, false, err
	}
	res, err := engine.Resource(r, ref)
	return hitOf(res, words), err == nil, err
}

// hitOf says where the words of a query stand in a resource: in its name, or in
// the text that has most of them.
func hitOf(res throughline.Resource, words []string) Hit {
	hit := Hit{Ref: res.Ref(), Title: cmp.Or(titleOf(res), res.Metadata.Name)}
	if fitting(res.Metadata.Name+" "+titleOf(res), words) == len(words) {
		return hit
	}
	most := 0
	for _, l := range leaves(res) {
		if n := fitting(l.text, words); n > most {
			most, hit.Where, hit.Snippet = n, l.path, snippet(l.text, words)
		}
	}
	return hit
}

// fitting counts the words of a query that begin a word of the text.
func fitting(s string, words []string) (n int) {
	have := text.Words(s)
	for _, w := range words {
		for _, h := range have {
			if strings.HasPrefix(h, w) {
				n++
				break
			}
		}
	}
	return n
}

// snippetRunes is how much of a text a hit shows.
const snippetRunes = 120

// snippet returns the part of a text around the first word that fits.
func snippet(s string, words []string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) <= snippetRunes {
		return string(runes)
	}
	at := 0
	for i := range runes {
		if (i == 0 || runes[i-1] == ' ') && fitting(string(runes[i:min(len(runes), i+40)]), words[:1]) > 0 {
			at = i
			break
		}
	}
	from := max(0, min(at-snippetRunes/3, len(runes)-snippetRunes))
	out := string(runes[from : from+snippetRunes])
	if from > 0 {
		out = "…" + out
	}
	if from+snippetRunes < len(runes) {
		out += "…"
	}
	return out
}

// inDraft finds what the asker wrote and nobody else sees yet.
func inDraft(r record.Reader, by engine.Caller, words []string, seen map[throughline.Ref]bool) (hits []Hit, err error) {
	if len(words) == 0 {
		return nil, nil
	}
	items, err := draftItems(r, draftKey(by.Actor))
	for _, item := range items {
		if item.Resource == nil || seen[item.Ref] {
			continue
		}
		all := item.Ref.Name
		for _, l := range leaves(*item.Resource) {
			all += " " + l.text
		}
		if fitting(all, words) == len(words) {
			hit := hitOf(*item.Resource, words)
			hit.Mine = true
			hits = append(hits, hit)
		}
	}
	return hits, err
}
