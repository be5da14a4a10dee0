package demo

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/craft/mailclient"
	"github.com/throughline-engine/throughline/internal/craft/shown"
	"github.com/throughline-engine/throughline/internal/craft/token"
	"github.com/throughline-engine/throughline/internal/demo/picture"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

const lidoFolder = "../../examples/lido"

var show = flag.String("show", "", "write the lido's renderings, and a page with all of them, into this folder")

// lidoTime is when the lido's claims and rights are looked at.
var lidoTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestTheLidoIsABrandsWorth(t *testing.T) {
	c := newCatalogue(lido(t))
	for kind, least := range map[throughline.Kind]int{
		throughline.KindTemplate: 6, throughline.KindFragment: 40, throughline.KindAsset: 12, throughline.KindClaim: 5,
		throughline.KindDisclosure: 3, throughline.KindChannel: 6, throughline.KindGuardrailSet: 1, throughline.KindVocabulary: 1,
	} {
		if n := len(c[kind]); n < least {
			t.Errorf("there are %d of %s, want %d", n, kind, least)
		}
	}
	surfaces := map[throughline.Surface]bool{}
	for _, r := range c[throughline.KindTemplate] {
		for _, rendering := range r.Spec.(*throughline.Template).Renderings {
			surfaces[c[throughline.KindChannel][rendering.Channel].Spec.(*throughline.Channel).Surface] = true
		}
	}
	for _, s := range []throughline.Surface{throughline.Web, throughline.Email, throughline.Push, throughline.SMS, throughline.Display, throughline.Feed} {
		if !surfaces[s] {
			t.Errorf("no template goes to %s", s)
		}
	}
	for name, r := range c[throughline.KindFragment] {
		f := r.Spec.(*throughline.Fragment)
		if f.Type != throughline.List && (f.Values["en"] == "" || f.Values["de"] == "") {
			t.Errorf("%s does not speak both languages", name)
		}
		swiss, _ := f.Text(c[throughline.KindBrand]["heron-lido"].Spec.(*throughline.Brand).Locales, "de-CH")
		if strings.Contains(swiss, "ß") {
			t.Errorf("%s writes ß in Switzerland: %q", name, swiss)
		}
	}
	for name, r := range c[throughline.KindAsset] {
		if a := r.Spec.(*throughline.Asset); a.Alt["en"] == "" || a.Alt["de"] == "" || a.Provenance == nil {
			t.Errorf("%s says too little of itself", name)
		}
	}
}

func TestTheLidosTokensAreThoseOfItsFiles(t *testing.T) {
	c := newCatalogue(lido(t))
	declared := c[throughline.KindBrand]["heron-lido"].Spec.(*throughline.Brand)
	var files []*token.File
	for _, name := range []string{"heron.tokens.json", "heron.dark.tokens.json"} {
		data, err := os.ReadFile(filepath.Join(lidoFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		file, err := token.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	var imported throughline.Brand
	if err := token.Into(&imported, []token.Mode{{Name: "light", Files: files[:1]}, {Name: "dark", Files: files}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(imported.Tokens, declared.Tokens); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(imported.Modes, declared.Modes); diff != "" {
		t.Error(diff)
	}
}

// TestTheLidosAssetsAreItsFiles holds the digests in the manifests against the
// files, of which most are drawn. Another processor rounds otherwise.
func TestTheLidosAssetsAreItsFiles(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the digests are those of pictures drawn on amd64")
	}
	path := filepath.Join(lidoFolder, "assets.yaml")
	manifest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range newCatalogue(lido(t))[throughline.KindAsset] {
		f := r.Spec.(*throughline.Asset).File
		data, err := os.ReadFile(filepath.Join(lidoFolder, f.Name))
		if err != nil {
			data, err = picture.File(f.Name)
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if f.Type == "image/svg+xml" { // which an engine keeps without what could run
			if data, _, err = image.CheckSVG(data); err != nil {
				t.Error(err)
			}
		}
		digest := throughline.DigestOf(data)
		if *update {
			line := regexp.MustCompile(`(\{name: ` + regexp.QuoteMeta(f.Name) + `, digest: ")[0-9a-f]*(", type: [a-z/+]*, bytes: )\d+`)
			manifest = line.ReplaceAll(manifest, fmt.Appendf(nil, "${1}%s${2}%d", digest, len(data)))
			continue
		}
		if f.Digest != digest || f.Bytes != len(data) {
			t.Errorf("%s is %s of %d bytes, and the manifest says %s of %d; rewrite it with -update", name, digest, len(data), f.Digest, f.Bytes)
		}
	}
	if *update {
		if err := os.WriteFile(path, manifest, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// findingsOf returns what the engine's checks say of every template on every
// channel of a workspace.
func findingsOf(t *testing.T, resources []throughline.Resource) (all []throughline.Finding) {
	t.Helper()
	set := declare.NewSet(resources)
	c := newCatalogue(resources)
	sets := set.Of(throughline.KindGuardrailSet)
	for _, name := range c.names(throughline.KindBrand) {
		all = append(all, check.Look(c[throughline.KindBrand][name], sets, lidoTime)...)
	}
	for _, name := range c.names(throughline.KindTemplate) {
		template := c[throughline.KindTemplate][name]
		spec := template.Spec.(*throughline.Template)
		brand := c[throughline.KindBrand][spec.Brand]
		for _, rendering := range spec.Renderings {
			a, err := assemble.Combine(assemble.Input{Template: template, Channel: rendering.Channel, Brand: brand.Spec.(*throughline.Brand), Pieces: set.All(), Address: "https://heron-lido.example"})
			if err != nil {
				t.Fatalf("%s on %s: %v", name, rendering.Channel, err)
			}
			r, err := check.Run(check.Input{
				Template: template, Channel: c[throughline.KindChannel][rendering.Channel], Brand: brand, Assembly: a,
				Guardrails: set.Of(throughline.KindGuardrail), Sets: sets, Pieces: set.All(), At: lidoTime,
			})
			if err != nil {
				t.Fatalf("%s on %s: %v", name, rendering.Channel, err)
			}
			all = append(all, r.Findings...)
			all = append(all, seenOf(t, check.Input{
				Template: template, Channel: c[throughline.KindChannel][rendering.Channel], Brand: brand, Assembly: a,
				Sets: sets, Pieces: set.All(), At: lidoTime,
			}, rendering)...)
			if *show != "" {
				showVariants(t, spec, rendering, brand.Spec.(*throughline.Brand), a)
			}
		}
	}
	return all
}

// seenOf are the findings about how a rendering looks, each choice of each slot
// drawn once.
func seenOf(t *testing.T, in check.Input, rendering throughline.Rendering) []throughline.Finding {
	t.Helper()
	if rendering.HTML == "" && rendering.MJML == "" {
		return nil
	}
	spec := in.Template.Spec.(*throughline.Template)
	compiled, err := email.CompileRendering(rendering, spec.Placeholders(), in.Brand.Spec.(*throughline.Brand))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[2]int]bool{}
	var drawings []check.Drawing
	for _, filling := range in.Assembly.Candidates {
		fresh, values := false, map[string]string{}
		for s, choice := range filling {
			at := [2]int{s, int(choice)}
			fresh, seen[at] = fresh || !seen[at], true
			c := in.Assembly.Slots[s].Choices[choice]
			values[in.Assembly.Slots[s].Name], values[in.Assembly.Slots[s].Name+throughline.AltSuffix] = c.Text["en"], c.Alt["en"]
		}
		if !fresh {
			continue
		}
		html, err := compiled.HTML(values)
		if err != nil {
			t.Fatal(err)
		}
		drawings = append(drawings, check.Drawing{Locale: "en", HTML: html, Text: compiled.Text(values), Fields: compiled.Fields(values), Values: values})
	}
	found, err := check.Drawn(in, drawings, func(used []shown.Feature, clients []string) []shown.Issue {
		return mailclient.Check(nil, used, clients)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNothingIsWrongAtTheLido(t *testing.T) {
	for _, f := range findingsOf(t, lido(t)) {
		// How high pictures of mails are, and what clients show without the facts about
		// them, cannot be told here.
		untold := strings.HasSuffix(f.Rule, "#mail") || strings.HasSuffix(f.Rule, "#mail-clients")
		if f.Severity == throughline.Block || f.Verdict == throughline.VerdictUnknown && !untold {
			t.Errorf("%s on %s: %s", f.Rule, f.Object, f.Got)
		} else {
			t.Logf("%s %s %s %s %s %s: %s; want %s", f.Severity, f.Rule, f.Object, f.Slot, f.Channel, f.Locale, f.Got, f.Want)
		}
	}
}

// showVariants writes a few variants of a rendering as they look.
func showVariants(t *testing.T, spec *throughline.Template, rendering throughline.Rendering, brand *throughline.Brand, a throughline.Assembly) {
	t.Helper()
	r, err := email.CompileRendering(rendering, spec.Placeholders(), brand)
	if err != nil {
		t.Fatal(err)
	}
	n := len(a.Candidates)
	for i, at := range []int{0, n / 2, n - 1} {
		for _, locale := range []string{"en", "de-CH"} {
			values := map[string]string{}
			for s, choice := range a.Candidates[at] {
				c := a.Slots[s].Choices[choice]
				values[a.Slots[s].Name] = c.Text[locale]
				if c.Kind == throughline.KindAsset {
					values[a.Slots[s].Name], values[a.Slots[s].Name+throughline.AltSuffix] = drawn(t, c.Text[locale], c.Piece), c.Alt[locale]
				}
			}
			html, err := r.HTML(values)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			b.WriteString(html)
			fields := r.Fields(values)
			for _, k := range slices.Sorted(maps.Keys(fields)) {
				fmt.Fprintf(&b, "<!-- %s: %s -->\n", k, fields[k])
			}
			file := fmt.Sprintf("%s-%s-%d-%s.html", spec.Title, rendering.Channel, i, locale)
			if err := os.WriteFile(filepath.Join(*show, strings.ReplaceAll(file, " ", "-")), b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// drawn draws the picture of an asset into the folder and returns where it is.
func drawn(t *testing.T, address, piece string) string {
	t.Helper()
	_, scene, _ := strings.Cut(piece, "-")
	size := map[string]string{"scene": "1600x900", "wide": "1200x628", "square": "1200x1200"}[strings.TrimSuffix(piece, "-"+scene)]
	file := filepath.Join(*show, scene+"-"+size+".png")
	if _, err := os.Stat(file); err == nil {
		return "https://pictures.example/" + filepath.Base(file)
	}
	data, err := picture.File(filepath.Base(file))
	if err != nil {
		t.Fatal(address, err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return "https://pictures.example/" + filepath.Base(file)
}

func TestRecipientsReadEverythingTheLidoShows(t *testing.T) {
	resources := lido(t)
	truth, err := NewTruth(1, resources)
	if err != nil {
		t.Fatal(err)
	}
	set, c := declare.NewSet(resources), newCatalogue(resources)
	for _, s := range truth.sites {
		t.Run(s.name+" is visited, and read without a doubt", func(t *testing.T) {
			if len(truth.census[s.surface]) == 0 {
				t.Errorf("nobody meets the surface %s", s.surface)
			}
			p := c[throughline.KindPlacement][s.name].Spec.(*throughline.Placement)
			template := c[throughline.KindTemplate][p.Template]
			brand := c[throughline.KindBrand][template.Spec.(*throughline.Template).Brand].Spec.(*throughline.Brand)
			a, err := assemble.Combine(assemble.Input{Template: template, Channel: p.Channel, Brand: brand, Pieces: set.All(), Address: "https://heron-lido.example"})
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Candidates) != len(s.candidates) {
				t.Errorf("the engine has %d candidates, and the recipients know of %d", len(a.Candidates), len(s.candidates))
			}
			for _, filling := range a.Candidates {
				shown, want := answer{Value: map[string]string{}}, make([]throughline.Level, len(filling))
				for i, choice := range filling {
					picked := a.Slots[i].Choices[choice]
					shown.Value[a.Slots[i].Name] = picked.Text["de-CH"]
					if picked.Kind != throughline.KindDisclosure {
						want[i] = picked.Level
					}
				}
				if levels, strange := s.read(shown); strange || !slices.Equal(levels, want) {
					t.Fatalf("read %v, strange %t, want %v", levels, strange, want)
				}
			}
		})
	}
}
