package shown_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/shown"
)

// everything uses each feature that can be found. Properties and selectors are
// written out, so that a table that names a feature and finds it nowhere fails.
func everything() string {
	var b strings.Builder
	b.WriteString("<!doctype html><html ⚡4email lang=en><head><base><meta name=color-scheme content=light><link><style>")
	b.WriteString(`/* a */ @import "a"; @font-face { src: url(a.ttf) } @keyframes a { } @supports (a: b) { }
@media (min-device-pixel-ratio: 2) and (hover: hover) and (orientation: landscape) { }
@media (prefers-color-scheme: dark) and (prefers-reduced-motion: reduce) { }
a b > c + d ~ e, * , #a , .a , [a] , a.b { color: red !important }
.n { & b { color: red } }`)
	for p := range strings.FieldsSeq(`active checked default first-child first-of-type focus-visible focus-within focus has(a) hover lang(a) last-child
last-of-type link not(a) nth-child(1) nth-last-child(1) nth-last-of-type(1) nth-of-type(1) only-child only-of-type target visited
:after :before :first-letter :first-line :marker :placeholder`) {
		b.WriteString("a:" + p + "{color:red}\n")
	}
	b.WriteString(".p{--a:b;color:rgb(1,2,3);color:rgba(1,2,3,.5);color:oklch(1 2 3);color:light-dark(red,blue);color:var(--a);color:initial;")
	b.WriteString("width:calc(1px);width:clamp(1px,2px,3px);width:max(1px);width:min(1px);width:min-content;font-family:system-ui;")
	b.WriteString("background:linear-gradient(red,blue);background:radial-gradient(red,blue);background:conic-gradient(red,blue);")
	for u := range strings.FieldsSeq("ch cm em ex in mm pc % pt px rem vh vmax vmin vw") {
		b.WriteString("top:1" + u + ";")
	}
	b.WriteString("display:flex;display:grid;display:none;margin-block:1px;margin-block-start:1px;margin-inline-start:1px;padding-inline:1px;" +
		"padding-block-start:1px;padding-inline-start:1px;border-block:1px;border-block-start:1px;border-block-start-color:red;" +
		"border-start-start-radius:1px;block-size:1px;grid-template:none;scroll-snap-type:none;column-width:1px;")
	for _, f := range shown.Detectable() {
		if name, ok := strings.CutPrefix(f, "css-"); ok {
			b.WriteString(name + ":none;")
		}
	}
	b.WriteString("}</style></head><body><!-- a --><a href=#a aria-describedby=a aria-hidden=a aria-label=a aria-labelledby=a aria-live=a target=a>a</a><a href=mailto:a>a</a>")
	for e := range strings.FieldsSeq(`abbr acronym address audio bdi blockquote code del dfn dialog dir div form hr marquee meter object p picture pre
progress ruby select small span strike strong svg table textarea video wbr h1 ul map section`) {
		b.WriteString("<" + e + " align=a role=a hidden popover inert></" + e + ">")
	}
	b.WriteString("<ruby><rt>a</rt><rp>a</rp></ruby><table cellpadding=1 cellspacing=1 background=a.png width=1 height=1><tr><td valign=top></table>")
	for kind := range strings.FieldsSeq("checkbox hidden radio reset submit text") {
		b.WriteString("<input required type=" + kind + ">")
	}
	b.WriteString("<button type=reset></button><button></button><img src=data:image/png;base64,a srcset=a loading=lazy>")
	for kind := range strings.FieldsSeq("apng avif bmp gif hdr heif ico jpg mp4 svg tiff webp") {
		b.WriteString("<img src=a." + kind + "?b>")
	}
	return b.String()
}

func TestRead_findsEveryFeatureThatItNames(t *testing.T) {
	s := read(t, everything(), nil)
	var got []string
	for _, f := range s.Features {
		got = append(got, f.Name)
	}
	if !slices.IsSorted(got) {
		t.Error("features are not sorted")
	}
	for _, want := range shown.Detectable() {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not found", want)
		}
	}
	for _, f := range got {
		if !slices.Contains(shown.Detectable(), f) {
			t.Errorf("%s is not among those that can be found", f)
		}
	}
	if plain := read(t, "<b>Words</b>", nil); len(plain.Features) != 0 {
		t.Errorf("a bold word uses %v", plain.Features)
	}
}

func TestRead_refusesWhatIsTooLarge(t *testing.T) {
	if _, err := shown.Read(make([]byte, shown.MaxBytes+1), shown.Options{}); err == nil {
		t.Error("it is read")
	}
	if _, err := shown.Read([]byte(strings.Repeat("<div>", 100_000)), shown.Options{}); err == nil {
		t.Error("100,000 elements in each other are read")
	}
	costly := "<style>" + strings.Repeat("a b{color:red}", 15_000) + "</style>" + strings.Repeat("<b></b>", 15_000)
	if _, err := shown.Read([]byte(costly), shown.Options{}); err == nil {
		t.Error("15,000 rules for 15,000 elements are read")
	}
}
