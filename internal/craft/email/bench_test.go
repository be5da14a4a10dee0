package email

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tenSections is a mail of ten sections of the usual kinds.
func tenSections() string {
	var out strings.Builder
	out.WriteString(`<mjml><mj-head><mj-title>Ten</mj-title><mj-attributes><mj-all font-family="Lato, Arial" /><mj-class name="c" color="#333333" /></mj-attributes></mj-head><mj-body>`)
	for i := range 10 {
		out.WriteString(`<mj-section background-color="#ffffff" padding="10px"><mj-column width="40%"><mj-image src="https://example.com/a.png" alt="A loaf" width="200px" /></mj-column>` +
			`<mj-column width="60%"><mj-text mj-class="c" font-size="18px">Section ` + strconv.Itoa(i) + `</mj-text><mj-text>Some words that <b>say</b> what the picture cannot.</mj-text><mj-divider border-width="1px" /><mj-button href="https://example.com/b">Order</mj-button></mj-column></mj-section>`)
	}
	out.WriteString("</mj-body></mjml>")
	return out.String()
}

// slotted is the same mail with slots for its words.
func slotted() string {
	return strings.NewReplacer("Section ", "{{headline}} ", "Some words that", "{{body}}", `alt="A loaf"`, `alt="{{alt}}"`, "https://example.com/b", "{{link}}").Replace(tenSections())
}

func BenchmarkRender(b *testing.B) {
	src := []byte(tenSections())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(src, Options{Verbatim: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFill fills ten sections, and says how many times as long it takes to
// render them anew.
func BenchmarkFill(b *testing.B) {
	src := []byte(slotted())
	l := mustCompile(b, string(src), options())
	slots := map[string]string{"headline": "Rye & spelt", "body": "Out of the oven at six,", "alt": "A loaf", "link": "https://example.com/order"}
	b.ReportAllocs()
	for b.Loop() {
		l.Fill(slots)
	}
	fill := b.Elapsed().Seconds() / float64(b.N)
	plain := []byte(tenSections())
	b.ReportMetric(least(func() { _, _ = Compile(plain, Options{Verbatim: true}) })/fill, "render/fill")
	b.ReportMetric(least(func() { _, _ = Compile(src, options()) })/fill, "compile/fill")
}

// least is the seconds of one call: the least of five rounds.
func least(call func()) float64 {
	shortest := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		for range 20 {
			call()
		}
		shortest = min(shortest, time.Since(start))
	}
	return shortest.Seconds() / 20
}

// BenchmarkReference renders ten sections with ours, and with the reference in a
// process of its own that has warmed up, and says how many times as long the
// reference takes.
func BenchmarkReference(b *testing.B) {
	if _, err := os.Stat("oracle/node_modules/mjml"); err != nil {
		b.Skip("the reference is not installed: npm install in the folder oracle")
	}
	src := []byte(tenSections())
	node := exec.Command("node", "bench.mjs", "20")
	node.Dir, node.Stdin, node.Stderr = "oracle", bytes.NewReader(src), os.Stderr
	said, err := node.Output()
	if err != nil {
		b.Fatal(err)
	}
	micros, err := strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	if err != nil {
		b.Fatal(err)
	}
	render := func() { _, _ = Compile(src, Options{Verbatim: true}) }
	for b.Loop() {
		render()
	}
	b.ReportMetric(micros/1e6/least(render), "reference/ours")
	b.ReportMetric(micros, "reference-µs")
}
