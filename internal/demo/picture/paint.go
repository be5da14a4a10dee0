package picture

import "image/color"

// rgba is a paint, its colour not premultiplied by its alpha.
type rgba = color.NRGBA

// The brand's colours. Tokens of the lido have the same values.

func ink() rgba     { return rgb(0x12303a) }
func deep() rgba    { return rgb(0x0b4452) }
func water() rgba   { return rgb(0x0f6272) }
func lagoon() rgba  { return rgb(0x2a8c98) }
func shallow() rgba { return rgb(0x6bb8ba) }
func mist() rgba    { return rgb(0xc9e2df) }
func paper() rgba   { return rgb(0xf4faf7) }
func sun() rgba     { return rgb(0xffd166) }
func apricot() rgba { return rgb(0xf5a86b) }
func coral() rgba   { return rgb(0xd9533c) }
func sand() rgba    { return rgb(0xf1dfc0) }
func pine() rgba    { return rgb(0x1d4a40) }
func moss() rgba    { return rgb(0x6f9a6b) }
func plank() rgba   { return rgb(0xb9855a) }
func wood() rgba    { return rgb(0x7c4f35) }
func skin() rgba    { return rgb(0xe2a47c) }

func rgb(hex uint32) rgba {
	return rgba{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

// thin is a paint that lets through what is behind it, from 0 to 1.
func thin(c rgba, part float64) rgba {
	c.A = uint8(255 * part)
	return c
}
