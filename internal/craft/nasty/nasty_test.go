package nasty_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/nasty"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

func units() []throughline.LengthUnit {
	return []throughline.LengthUnit{throughline.Grapheme, throughline.Width, throughline.UTF16, throughline.GSM7, ""}
}

func TestText(t *testing.T) {
	t.Run("every kind keeps a bound in every unit, and comes as near to it as a character allows", func(t *testing.T) {
		for _, k := range nasty.Kinds() {
			for _, unit := range units() {
				for _, most := range []int{1, 2, 7, 40, 70, 160, 161, 900} {
					s := nasty.Text(k, throughline.Length{Max: most, Unit: unit})
					n := text.Measure(s, unit)
					if !utf8.ValidString(s) || n > most {
						t.Fatalf("%s in %d %s: %q is %d", k, most, unit, s, n)
					}
					if strings.TrimSpace(s) != s {
						t.Errorf("%s in %d %s: %q ends where nobody sees it", k, most, unit, s)
					}
					if k != nasty.Empty && text.Measure(s+".", unit) <= most {
						t.Errorf("%s in %d %s: %q is %d, and another character fits", k, most, unit, s, n)
					}
				}
			}
		}
	})
	t.Run("two bounds are both kept", func(t *testing.T) {
		s := nasty.Text(nasty.Wide, throughline.Length{Max: 40}, throughline.Length{Max: 30, Unit: throughline.Width})
		if text.Measure(s, throughline.Width) != 30 || text.Measure(s, throughline.Grapheme) > 40 {
			t.Errorf("%q", s)
		}
	})
	t.Run("without a bound it is long, and with a vast one it ends", func(t *testing.T) {
		if n := uniseg.GraphemeClusterCount(nasty.Text(nasty.Longest)); n != nasty.Unbounded {
			t.Errorf("got %d characters", n)
		}
		if n := uniseg.GraphemeClusterCount(nasty.Text(nasty.Emoji, throughline.Length{Max: 1 << 30})); n > 5000 {
			t.Errorf("got %d characters", n)
		}
	})
	t.Run("each kind is what it says", func(t *testing.T) {
		bound := throughline.Length{Max: 120}
		for kind, is := range map[nasty.Kind]func(string) bool{
			nasty.Word:   func(s string) bool { return !strings.ContainsFunc(s, unicode.IsSpace) },
			nasty.RTL:    func(s string) bool { return has(s, unicode.Arabic) && has(s, unicode.Hebrew) && has(s, unicode.Latin) },
			nasty.Wide:   func(s string) bool { return has(s, unicode.Han) && has(s, unicode.Hangul) && has(s, unicode.Hiragana) },
			nasty.Marks:  func(s string) bool { return has(s, unicode.Mn) },
			nasty.Emoji:  func(s string) bool { return strings.Contains(s, "\u200d") && utf8.RuneCountInString(s) > 200 },
			nasty.Markup: func(s string) bool { return strings.Contains(s, "<script>") && strings.Contains(s, "{{slot}}") },
			nasty.Empty:  func(s string) bool { return s == "" },
		} {
			if s := nasty.Text(kind, bound); !is(s) {
				t.Errorf("%s: %q", kind, s)
			}
		}
	})
	t.Run("the same bounds give the same text", func(t *testing.T) {
		for _, k := range nasty.Kinds() {
			first, second := nasty.Text(k, throughline.Length{Max: 33}), nasty.Text(k, throughline.Length{Max: 33})
			if first != second {
				t.Errorf("%s: %q, then %q", k, first, second)
			}
			if k.Says() == "" {
				t.Errorf("%s says nothing", k)
			}
		}
	})
}

func TestPerson(t *testing.T) {
	t.Run("a name is as long as its field allows", func(t *testing.T) {
		if s := nasty.Person(throughline.PersonalField{Fallback: "friend", Max: 24}); uniseg.GraphemeClusterCount(s) != 24 {
			t.Errorf("%q", s)
		}
	})
	t.Run("a field without a bound has its fallback", func(t *testing.T) {
		if s := nasty.Person(throughline.PersonalField{Fallback: "friend"}); s != "friend" {
			t.Errorf("%q", s)
		}
	})
}

func has(s string, table *unicode.RangeTable) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(table, r) })
}
