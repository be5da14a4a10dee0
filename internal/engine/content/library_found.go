package content

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Found returns which pieces a question to the library finds, in the order of its
// pages. More than most are TooLarge; drafts are nobody else's, and Invalid.
func (c *Content) Found(ctx context.Context, by engine.Caller, question string, most int) (refs []throughline.Ref, err error) {
	a, err := readQuery(question, c.core.Now(), func(concept string) []string { return []string{concept} })
	if err != nil {
		return nil, err
	}
	if a.drafts {
		return nil, throughline.Errorf(throughline.Invalid, "state:draft finds what only you see").WithFix("ask for what is in force")
	}
	for q := (LibraryQuery{Text: question, Limit: LibraryMost}); ; {
		page, err := c.Library(ctx, by, q)
		if err != nil {
			return nil, err
		}
		if page.Behind {
			return nil, throughline.Errorf(throughline.Unavailable, "the newest pieces are still being read").WithFix("try again in a moment")
		}
		for _, card := range page.Cards {
			refs = append(refs, card.Ref)
		}
		if len(refs) > most {
			return nil, throughline.Errorf(throughline.TooLarge, "the search finds more than %d pieces", most).WithFix("narrow it, or pick pieces one by one")
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return refs, nil
		}
	}
}
