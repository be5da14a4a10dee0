package main

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestManifestsThatAreNotUTF8AreRefusedWithTheirPlace(t *testing.T) {
	_, err := readManifest(strings.NewReader("kind: Fragment\nspec: caf\xe9\n"), "-")
	if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "standard input:2:10") {
		t.Errorf("got %v", err)
	}
}
