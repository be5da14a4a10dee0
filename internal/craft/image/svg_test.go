package image_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
)

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10">` + "\n"

func TestCheckSVG(t *testing.T) {
	t.Run("a plain drawing passes and draws the same", func(t *testing.T) {
		src := svgHead + `<defs><linearGradient id="g"><stop offset="0" stop-color="#fff"/></linearGradient></defs><style>.a{fill:url(#g)}</style>` +
			`<g class="a"><path d="M0 0L5 5" style="stroke:red"/><use xlink:href="#p"/><text xml:space="preserve">a &lt; b</text></g><rect id="p" fill="url(#g)"/></svg>`
		safe, findings, err := image.CheckSVG([]byte(src))
		if err != nil || len(findings) > 0 {
			t.Fatal(err, findings)
		}
		for _, part := range []string{`stroke:red`, `xlink:href="#p"`, `a &lt; b`, `fill:url(#g)`, `fill="url(#g)"`} {
			if !strings.Contains(string(safe), part) {
				t.Errorf("%q is missing in %s", part, safe)
			}
		}
	})
	for name, inside := range map[string]string{
		"a script":                   `<script>alert(1)</script>`,
		"a prefixed script":          `<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>`,
		"HTML":                       `<h:img xmlns:h="http://www.w3.org/1999/xhtml" src="x" onerror="alert(1)"/>`,
		"an event attribute":         `<rect onload="alert(1)"/>`,
		"an event in capitals":       `<rect OnClick="alert(1)"/>`,
		"foreign content":            `<foreignObject><body xmlns="http://www.w3.org/1999/xhtml">alert(1)</body></foreignObject>`,
		"a picture elsewhere":        `<image href="https://example.com/alert(1).png"/>`,
		"a drawing as data":          `<image href="data:image/svg+xml;base64,alert(1)"/>`,
		"a use elsewhere":            `<use xlink:href="other.svg#alert(1)"/>`,
		"a link that runs":           `<a href="javascript:alert(1)"><rect/></a>`,
		"a style that loads":         `<style>@import "https://example.com/alert(1).css";</style>`,
		"a style that hides":         `<style>.a{fill:u\72l(https://example.com/alert(1))}</style>`,
		"a style that is cut":        `<style>.a{fill:url(<![CDATA[//example.com/alert(1)]]>)}</style>`,
		"a fill that loads":          `<rect fill="url(https://example.com/alert(1)#a)"/>`,
		"a style attribute":          `<rect style="background:url('//example.com/alert(1)')"/>`,
		"an animated address":        `<set attributeName="href" to="javascript:alert(1)"/>`,
		"a base":                     `<g xml:base="https://example.com/alert(1)"/>`,
		"a style sheet by reference": `<?xml-stylesheet href="alert(1).css"?>`,
	} {
		t.Run(name+" is found with its line and left out of the safe copy", func(t *testing.T) {
			safe, findings, err := image.CheckSVG([]byte(svgHead + inside + "</svg>"))
			if err != nil || len(findings) == 0 {
				t.Fatal(findings, err)
			}
			if findings[0].Place[:2] != "2:" || findings[0].Fix == "" {
				t.Errorf("%+v", findings[0])
			}
			if bytes.Contains(safe, []byte("alert")) {
				t.Errorf("still in %s", safe)
			}
			if _, again, err := image.CheckSVG(safe); err != nil || len(again) > 0 {
				t.Errorf("the safe copy is not safe: %v %v", again, err)
			}
		})
	}
	for name, src := range map[string]string{
		"entities":            `<!DOCTYPE svg [<!ENTITY a "x">]>` + svgHead + "</svg>",
		"an unclosed tag":     svgHead + "<g>",
		"a crossed tag":       svgHead + "<g></svg></g>",
		"another root":        "<html/>",
		"two roots":           svgHead + "</svg><svg/>",
		"an unknown entity":   svgHead + "&a;</svg>",
		"a use of itself":     svgHead + `<g id="a"><use href="#a"/></g></svg>`,
		"uses that multiply":  svgHead + multiplied(9) + "</svg>",
		"deep nesting":        svgHead + strings.Repeat("<g>", 200) + strings.Repeat("</g>", 200) + "</svg>",
		"nothing":             "",
		"a drawing too large": svgHead + strings.Repeat(" ", image.MaxSVG) + "</svg>",
	} {
		t.Run(name+" is refused with a place and a fix", func(t *testing.T) {
			safe, _, err := image.CheckSVG([]byte(src))
			e, ok := errors.AsType[*throughline.Error](err)
			if !ok || safe != nil || e.Place == "" || e.Fix == "" {
				t.Errorf("%v, %s", err, safe)
			}
		})
	}
}

// multiplied is a drawing where each level uses the one below ten times.
func multiplied(levels int) string {
	var b strings.Builder
	b.WriteString(`<g id="l0"><rect/></g>`)
	for i := 1; i < levels; i++ {
		b.WriteString(`<g id="l` + string(rune('0'+i)) + `">` + strings.Repeat(`<use href="#l`+string(rune('0'+i-1))+`"/>`, 10) + `</g>`)
	}
	return b.String()
}

func FuzzCheckSVG(f *testing.F) {
	f.Add([]byte(svgHead + `<style>.a{fill:url(#g)}</style><script/><rect onload="x"/><use href="#a"/><image href="data:image/png;base64,AA=="/></svg>`))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE svg><svg xmlns:x="y"><x:a/><metadata>m</metadata><![CDATA[x]]></svg>`))
	f.Add([]byte(svgHead + multiplied(4) + `<a:script xmlns:a="http://www.w3.org/2000/svg"/></svg>`))
	f.Fuzz(func(t *testing.T, src []byte) {
		safe, _, err := image.CheckSVG(src)
		if err != nil {
			return
		}
		if _, again, err := image.CheckSVG(safe); err != nil || len(again) > 0 {
			t.Fatalf("the safe copy of %q is not safe: %v %v", src, again, err)
		}
		// An independent reading of the copy, by namespace and not by prefix.
		d := xml.NewDecoder(bytes.NewReader(safe))
		for {
			token, err := d.Token()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatalf("%q became %q: %v", src, safe, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				if e.Name.Space != "http://www.w3.org/2000/svg" || strings.EqualFold(e.Name.Local, "script") || strings.EqualFold(e.Name.Local, "foreignObject") {
					t.Fatalf("%q kept %v", src, e.Name)
				}
				for _, a := range e.Attr {
					if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
						t.Fatalf("%q kept %v", src, a.Name)
					}
				}
			}
		}
	})
}
