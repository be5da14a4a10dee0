package main

import (
	"strings"
	"testing"
)

func TestAByteThatDiffersIsNamed(t *testing.T) {
	const before = "aa  one.tar.gz\nbb  two.zip\n"
	if err := differ(before, before); err != nil {
		t.Errorf("the same differs: %v", err)
	}
	if err := differ(before, "aa  one.tar.gz\ncc  two.zip\n"); err == nil || !strings.Contains(err.Error(), "two.zip") || strings.Contains(err.Error(), "one.tar.gz") {
		t.Errorf("the difference in two.zip is told as %v", err)
	}
	if err := differ(before, before+"dd  three.zip\n"); err == nil {
		t.Error("a file more passes")
	}
}
