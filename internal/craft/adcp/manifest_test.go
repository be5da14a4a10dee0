package adcp_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/adcp"
)

// swim is a variant with one slot of each form.
func swim() adcp.Variant {
	return adcp.Variant{
		ID: "0f1e2d3c", Placement: "home.hero", Template: "card", Locale: "de", Surface: throughline.Display, Site: "https://engine.example/",
		Slots: []adcp.VariantSlot{
			{
				Name: "headline", Level: "swim-early@2", Text: "Um sieben <im> Wasser & wach",
				Provenance: &throughline.Provenance{DigitalSourceType: throughline.WithTrained, AITool: "Drafter 2", HumanOversight: throughline.OversightEdited},
			},
			{Name: "body", Level: "lanes@1", Type: throughline.RichText, Text: "**Acht** Bahnen"},
			{Name: "more", Level: "link@1", Type: throughline.Link, Text: "/baden"},
			{
				Name: "hero", Level: "lanes-at-seven@1", Type: throughline.Image, Text: "/media/l/1/w1200.jpeg",
				Asset:  &throughline.Asset{File: throughline.File{Width: 1600, Height: 900}, Alt: map[string]string{"de": "Acht Bahnen."}},
				Rights: []throughline.RightsGrant{{Holder: "Photo AG", Until: "2027-03-31", Markets: []string{"DE"}, Impressions: 5}},
			},
		},
	}
}

func TestAVariantGoesOutWithItsLabels(t *testing.T) {
	file := adcp.WriteVariant(swim())
	var got struct {
		ID       string `json:"variant_id"`
		Manifest struct {
			Format string                    `json:"format_kind"`
			Assets map[string]map[string]any `json:"assets"`
			Ext    struct {
				Throughline struct {
					Labels map[string]string
					Rights []map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal(file, &got); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"headline": "swim-early@2", "body": "lanes@1", "more": "link@1", "hero": "lanes-at-seven@1"}
	if diff := cmp.Diff(labels, got.Manifest.Ext.Throughline.Labels); diff != "" || got.ID != "0f1e2d3c" || got.Manifest.Format != "responsive_creative" {
		t.Errorf("%s\n%s", diff, file)
	}
	rights := []map[string]any{{"slot": "hero", "rights_holder": "Photo AG", "valid_until": "2027-04-01T00:00:00Z", "markets": []any{"DE"}, "impression_cap": 5.0}}
	if diff := cmp.Diff(rights, got.Manifest.Ext.Throughline.Rights); diff != "" {
		t.Error(diff)
	}
	assets := map[string]map[string]any{
		"headline": {
			"asset_type": "text", "content": "Um sieben <im> Wasser & wach", "language": "de",
			"provenance": map[string]any{"digital_source_type": "composite_with_trained_algorithmic_media", "ai_tool": map[string]any{"name": "Drafter 2"}, "human_oversight": "edited"},
		},
		"body": {"asset_type": "markdown", "content": "**Acht** Bahnen", "language": "de"},
		"more": {"asset_type": "text", "content": "/baden", "language": "de"},
		"hero": {"asset_type": "image", "url": "https://engine.example/media/l/1/w1200.jpeg", "width": 1600.0, "height": 900.0, "alt_text": "Acht Bahnen."},
	}
	if diff := cmp.Diff(assets, got.Manifest.Assets); diff != "" {
		t.Error(diff)
	}
}

func TestThePublishedSchemaTakesAVariant(t *testing.T) {
	s := published(t, "core/creative-variant.json")
	for _, source := range []throughline.SourceType{
		throughline.DigitalCapture, throughline.DigitalArt, throughline.HumanEdits, throughline.Composite, throughline.Trained, throughline.WithTrained, throughline.Algorithmic,
	} {
		v := swim()
		v.Slots[0].Provenance.DigitalSourceType = source
		if err := valid(t, s, adcp.WriteVariant(v)); err != nil {
			t.Fatalf("%s: %v", source, err)
		}
	}
	t.Run("and not one with a source it does not know", func(t *testing.T) {
		file := strings.Replace(string(adcp.WriteVariant(swim())), "composite_with", "made_with", 1)
		if valid(t, s, []byte(file)) == nil {
			t.Error("it is taken")
		}
	})
}
