package text_test

import (
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

func TestAlike(t *testing.T) {
	const offer = "Save 20% on every jacket until Sunday. Free returns within thirty days."
	for _, c := range []struct {
		name, a, b  string
		least, most float64
	}{
		{"a text is like itself", offer, offer, 1, 1},
		{"case, spacing and punctuation do not count", offer, "save 20 on every JACKET, until sunday!  free returns within thirty days", 1, 1},
		{"a changed word leaves most of it", offer, "Save 20% on every coat until Sunday. Free returns within thirty days.", .6, .95},
		{"another text shares little", offer, "Meet the team behind our new store in Lyon.", 0, .2},
		{"a part is like the whole by its share", offer, "Free returns within thirty days.", .25, .65},
		{"a text without letters is like nothing", "!!!", "!!!", 0, 0},
		{"words of another script count", "新しい季節のコート", "新しい季節のコート。", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.SignatureOf(c.a).Alike(text.SignatureOf(c.b)); got < c.least || got > c.most {
				t.Errorf("%.2f is not from %.2f to %.2f", got, c.least, c.most)
			}
		})
	}
}
