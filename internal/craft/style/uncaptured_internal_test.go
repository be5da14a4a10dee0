package style

import (
	"regexp"
	"slices"
	"testing"
)

// FuzzUncaptured takes the groups out of a pattern: what it finds stays the same.
func FuzzUncaptured(f *testing.F) {
	for _, p := range []string{`(a)(b)?`, `[(]x`, `\(x`, `(?P<n>a)`, `(?<n>a|b)`, `(?i)(a)`, `\Q(a\E(b)`, `[[:alpha:](]`, `[^](](a)`, `[]()]`, `\x{28}(a)`, `(?s:(.))`, `[\](](a)`, `\Q(`} {
		f.Add(p, "ab(x) [b]a")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 200 {
			return
		}
		with, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		without, err := regexp.Compile(uncaptured(pattern))
		if err != nil {
			t.Fatalf("%q becomes %q: %v", pattern, uncaptured(pattern), err)
		}
		if without.NumSubexp() > 0 {
			t.Errorf("%q becomes %q, which has groups", pattern, uncaptured(pattern))
		}
		if a, b := with.FindAllStringIndex(s, -1), without.FindAllStringIndex(s, -1); !slices.EqualFunc(a, b, slices.Equal) {
			t.Errorf("%q finds %v in %q, and %q finds %v", pattern, a, s, uncaptured(pattern), b)
		}
	})
}
