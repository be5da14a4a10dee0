package adcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Variant is a variant as it is live, with what its pieces say of themselves.
type Variant struct {
	ID        throughline.VariantID
	Placement string
	Template  string
	Brief     string
	Locale    string
	Surface   throughline.Surface
	// Site is where the engine is reached from outside; addresses of its own
	// pictures begin with it.
	Site  string
	Slots []VariantSlot
}

// VariantSlot is what fills one slot of a variant.
type VariantSlot struct {
	// Name is the slot's, the factor; Level is what fills it.
	Name  string
	Level throughline.Level
	Type  throughline.SlotType
	// Text is what is shown: words, or an address.
	Text       string
	Provenance *throughline.Provenance
	Rights     []throughline.RightsGrant
	// Asset is the picture, where one of the library fills the slot.
	Asset *throughline.Asset
}

// variant is a creative variant of AdCP, without its deliveries.
type variant struct {
	ID       string   `json:"variant_id"`
	Manifest manifest `json:"manifest"`
}

type manifest struct {
	Format string           `json:"format_kind"`
	Assets map[string]asset `json:"assets"`
	Ext    struct {
		Ours extension `json:"throughline"`
	} `json:"ext"`
}

// extension is what we say of a variant in our own name: AdCP has no labels of a
// variant yet, and its rights are those that an agent granted.
type extension struct {
	Labels    map[string]throughline.Level `json:"labels"`
	Placement string                       `json:"placement,omitempty"`
	Template  string                       `json:"template,omitempty"`
	Brief     string                       `json:"brief,omitempty"`
	Locale    string                       `json:"locale"`
	Rights    []rights                     `json:"rights,omitempty"`
}

// rights has the field names of AdCP's rights constraint.
type rights struct {
	Slot        string   `json:"slot"`
	Holder      string   `json:"rights_holder"`
	From        string   `json:"valid_from,omitempty"`
	Until       string   `json:"valid_until,omitempty"`
	Channels    []string `json:"channels,omitempty"`
	Markets     []string `json:"markets,omitempty"`
	Impressions int      `json:"impression_cap,omitempty"`
}

type asset struct {
	Type       string      `json:"asset_type"`
	Content    string      `json:"content,omitempty"`
	Language   string      `json:"language,omitempty"`
	URL        string      `json:"url,omitempty"`
	Width      int         `json:"width,omitempty"`
	Height     int         `json:"height,omitempty"`
	Alt        string      `json:"alt_text,omitempty"`
	Provenance *provenance `json:"provenance,omitempty"`
}

type provenance struct {
	Source    string                `json:"digital_source_type,omitempty"`
	Tool      *tool                 `json:"ai_tool,omitempty"`
	Oversight throughline.Oversight `json:"human_oversight,omitempty"`
}

type tool struct {
	Name string `json:"name"`
}

// WriteVariant writes a variant as a creative variant with its manifest: an asset
// for each slot, with where it comes from; our variant id; the level in each
// slot as labels, so that a report can say which difference it is about; and the
// rights that hold it.
func WriteVariant(v Variant) []byte {
	out := variant{ID: string(v.ID), Manifest: manifest{Format: format(v.Surface), Assets: map[string]asset{}}}
	ours := &out.Manifest.Ext.Ours
	*ours = extension{Labels: map[string]throughline.Level{}, Placement: v.Placement, Template: v.Template, Brief: v.Brief, Locale: v.Locale}
	for _, s := range v.Slots {
		ours.Labels[s.Name] = s.Level
		s.Text = absolute(v.Site, s.Text)
		out.Manifest.Assets[s.Name] = assetIn(s, v.Locale)
		for _, g := range s.Rights {
			r := rights{Slot: s.Name, Holder: g.Holder, Channels: g.Channels, Markets: g.Markets, Impressions: g.Impressions}
			r.From, _ = instant(g.From.Begins())
			r.Until, _ = instant(g.Until.Ends())
			ours.Rights = append(ours.Rights, r)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil { // it holds only texts, numbers, lists and maps of them
		panic(fmt.Sprintf("adcp: writing the variant %s: %v", v.ID, err))
	}
	return b.Bytes()
}

// format is AdCP's kind of format for a surface.
func format(s throughline.Surface) string {
	switch s {
	case throughline.Display:
		return "responsive_creative"
	case throughline.Feed:
		return "native_in_feed"
	}
	return "custom"
}

func assetIn(s VariantSlot, locale string) asset {
	a := asset{Provenance: provenanceOf(s.Provenance)}
	address, err := url.Parse(s.Text)
	absolute := err == nil && address.Scheme == "https" && address.Host != ""
	switch {
	case s.Type == throughline.Image && absolute && s.Asset != nil && s.Asset.File.Width > 0 && s.Asset.File.Height > 0:
		a.Type, a.URL, a.Width, a.Height, a.Alt = "image", s.Text, s.Asset.File.Width, s.Asset.File.Height, s.Asset.Alt[locale]
	case (s.Type == throughline.Image || s.Type == throughline.Link) && absolute:
		a.Type, a.URL = "url", s.Text
	case s.Type == throughline.RichText:
		a.Type, a.Content, a.Language = "markdown", s.Text, locale
	default:
		a.Type, a.Content, a.Language = "text", s.Text, locale
	}
	return a
}

func provenanceOf(p *throughline.Provenance) *provenance {
	if p == nil {
		return nil
	}
	out := provenance{Source: sourceOf(p.DigitalSourceType), Oversight: p.HumanOversight}
	if p.AITool != "" {
		out.Tool = &tool{p.AITool}
	}
	return &out
}

// sourceOf is AdCP's spelling of an IPTC source type; of what is put together it
// knows only kinds that a camera took part in.
func sourceOf(s throughline.SourceType) string {
	if s == throughline.Composite {
		return "composite_capture"
	}
	var b strings.Builder
	for _, r := range string(s) {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// instant writes a bound of time; an open one is empty.
func instant(t time.Time, err error) (string, error) {
	if err != nil || t.IsZero() {
		return "", err
	}
	return t.UTC().Format(time.RFC3339), nil
}
