package throughline_test

import (
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestAnAddressNamesItsAsset(t *testing.T) {
	f := throughline.File{Type: "image/png"}
	for address, want := range map[string]string{
		f.SlotAddress("lake"):                              "lake",
		"https://content.example" + f.SlotAddress("a/b/c"): "a/b/c",
		throughline.AtWidth(f.SlotAddress("lake"), 240):    "lake",
		"Look at " + f.SlotAddress("lake"):                 "",
		"/media/lake":                                      "",
		"Water 22, jetty empty":                            "",
		"":                                                 "",
	} {
		if got := throughline.AssetAt(address); got != want {
			t.Errorf("%q names %q, want %q", address, got, want)
		}
	}
}
