package contrast

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
)

// Parse reads a colour as CSS writes it: #rgb, #rgba, #rrggbb, #rrggbbaa, a
// name, transparent, or rgb(), hsl(), hwb(), lab(), lch(), oklab(), oklch() or
// color() with literal numbers, in the old form with commas and in the new one.
// currentcolor, var() and colours of the system are refused: what they are is
// not written there.
func Parse(s string) (Color, error) {
	if len(s) > 200 {
		return Color{}, invalid(s, "it is too long")
	}
	low := strings.ToLower(strings.TrimSpace(s))
	if digits, ok := strings.CutPrefix(low, "#"); ok {
		return parseHex(s, digits)
	}
	if name, rest, ok := strings.Cut(low, "("); ok {
		inner, closed := strings.CutSuffix(rest, ")")
		if !closed || strings.ContainsAny(inner, "()") {
			return Color{}, invalid(s, "its parentheses are not those of one function with numbers")
		}
		return parseFunction(s, name, inner)
	}
	if low == "transparent" {
		return Color{}, nil
	}
	if digits := named(low); digits != "" {
		return parseHex(s, digits)
	}
	return Color{}, invalid(s, "CSS has no colour of this name")
}

func parseHex(s, digits string) (Color, error) {
	if len(digits) == 3 || len(digits) == 4 {
		var long strings.Builder
		for i := range len(digits) {
			long.WriteByte(digits[i])
			long.WriteByte(digits[i])
		}
		digits = long.String()
	}
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 3 && len(b) != 4 {
		return Color{}, invalid(s, "after # come 3, 4, 6 or 8 hexadecimal digits")
	}
	c := RGB(b[0], b[1], b[2])
	if len(b) == 4 {
		c.A = float64(b[3]) / 255
	}
	return c, nil
}

func parseFunction(s, name, inner string) (Color, error) {
	inner = strings.ReplaceAll(strings.ReplaceAll(inner, ",", " "), "/", " / ")
	fields := strings.Fields(inner)
	space := Space(strings.TrimSuffix(name, "a"))
	switch {
	case space == "rgb":
		space = SRGB
	case name == "color" && len(fields) > 0:
		space, fields = Space(fields[0]), fields[1:]
		if space == "xyz" {
			space = XYZD65
		}
	}
	if len(fields) == 5 && fields[3] == "/" {
		fields = append(fields[:3:3], fields[4])
	}
	if len(fields) != 3 && len(fields) != 4 {
		return Color{}, invalid(s, "it needs three numbers, and at most an opacity")
	}
	if name == "color" && bounded(space) || name != "color" && name != "rgb" && name != "rgba" && !bounded(space) {
		return Color{}, invalid(s, "CSS has no such function")
	}
	var v [3]float64
	for i := range v {
		n, ok := component(fields[i], name, space, i)
		if !ok {
			return Color{}, invalid(s, strconv.Quote(fields[i])+" is not a number")
		}
		v[i] = n
	}
	alpha := 1.0
	if len(fields) == 4 {
		var ok bool
		if alpha, ok = number(fields[3], 1); !ok {
			return Color{}, invalid(s, strconv.Quote(fields[3])+" is not an opacity")
		}
	}
	return From(space, v[:], clamp(alpha))
}

// bounded reports whether a space has a function of its own name in CSS.
func bounded(space Space) bool {
	switch space {
	case HSL, HWB, Lab, LCH, OKLab, OKLCH:
		return true
	}
	return false
}

// component reads one component in the unit that From takes, kept in the range
// that CSS clamps it to.
func component(field, name string, space Space, i int) (float64, bool) {
	hue := (space == HSL || space == HWB) && i == 0 || (space == LCH || space == OKLCH) && i == 2
	if hue {
		n, ok := number(strings.TrimSuffix(field, "deg"), math.NaN())
		return math.Mod(n, 360), ok
	}
	percent := 1.0 // what 100% is
	switch {
	case name == "rgb" || name == "rgba":
		percent = 255
	case space == HSL || space == HWB || (space == Lab || space == LCH) && i == 0:
		percent = 100
	case space == Lab:
		percent = 125
	case space == LCH:
		percent = 150
	case (space == OKLab || space == OKLCH) && i > 0:
		percent = 0.4
	}
	n, ok := number(field, percent)
	if percent == 255 {
		return clamp(n / 255), ok
	}
	if math.IsNaN(n) {
		return n, ok
	}
	low, high := bounds(space, i)
	return max(low, min(high, n)), ok
}

// number reads a number, a percentage of whole, or none, which is NaN.
func number(field string, whole float64) (float64, bool) {
	if field == "none" {
		return math.NaN(), true
	}
	digits, percent := strings.CutSuffix(field, "%")
	if strings.ContainsAny(digits, "xXpPiInN_") { // what Go reads and CSS does not
		return 0, false
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || percent && math.IsNaN(whole) {
		return 0, false
	}
	if percent {
		n = n * whole / 100
	}
	return n, true
}

// named returns the hexadecimal digits of a colour that CSS has a name for, or "".
func named(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return ""
	}
	at := strings.Index(" "+names, " "+name+"#")
	if at < 0 {
		return ""
	}
	at += len(name) + len("#")
	return names[at : at+6]
}

// names are the named colours of CSS Color 4, each followed by its value.
const names = "" +
	"aliceblue#f0f8ff antiquewhite#faebd7 aqua#00ffff aquamarine#7fffd4 azure#f0ffff beige#f5f5dc bisque#ffe4c4 black#000000 blanchedalmond#ffebcd " +
	"blue#0000ff blueviolet#8a2be2 brown#a52a2a burlywood#deb887 cadetblue#5f9ea0 chartreuse#7fff00 chocolate#d2691e coral#ff7f50 cornflowerblue#6495ed " +
	"cornsilk#fff8dc crimson#dc143c cyan#00ffff darkblue#00008b darkcyan#008b8b darkgoldenrod#b8860b darkgray#a9a9a9 darkgreen#006400 darkgrey#a9a9a9 " +
	"darkkhaki#bdb76b darkmagenta#8b008b darkolivegreen#556b2f darkorange#ff8c00 darkorchid#9932cc darkred#8b0000 darksalmon#e9967a darkseagreen#8fbc8f " +
	"darkslateblue#483d8b darkslategray#2f4f4f darkslategrey#2f4f4f darkturquoise#00ced1 darkviolet#9400d3 deeppink#ff1493 deepskyblue#00bfff " +
	"dimgray#696969 dimgrey#696969 dodgerblue#1e90ff firebrick#b22222 floralwhite#fffaf0 forestgreen#228b22 fuchsia#ff00ff gainsboro#dcdcdc " +
	"ghostwhite#f8f8ff gold#ffd700 goldenrod#daa520 gray#808080 green#008000 greenyellow#adff2f grey#808080 honeydew#f0fff0 hotpink#ff69b4 indianred#cd5c5c " +
	"indigo#4b0082 ivory#fffff0 khaki#f0e68c lavender#e6e6fa lavenderblush#fff0f5 lawngreen#7cfc00 lemonchiffon#fffacd lightblue#add8e6 lightcoral#f08080 " +
	"lightcyan#e0ffff lightgoldenrodyellow#fafad2 lightgray#d3d3d3 lightgreen#90ee90 lightgrey#d3d3d3 lightpink#ffb6c1 lightsalmon#ffa07a " +
	"lightseagreen#20b2aa lightskyblue#87cefa lightslategray#778899 lightslategrey#778899 lightsteelblue#b0c4de lightyellow#ffffe0 lime#00ff00 " +
	"limegreen#32cd32 linen#faf0e6 magenta#ff00ff maroon#800000 mediumaquamarine#66cdaa mediumblue#0000cd mediumorchid#ba55d3 mediumpurple#9370db " +
	"mediumseagreen#3cb371 mediumslateblue#7b68ee mediumspringgreen#00fa9a mediumturquoise#48d1cc mediumvioletred#c71585 midnightblue#191970 " +
	"mintcream#f5fffa mistyrose#ffe4e1 moccasin#ffe4b5 navajowhite#ffdead navy#000080 oldlace#fdf5e6 olive#808000 olivedrab#6b8e23 orange#ffa500 " +
	"orangered#ff4500 orchid#da70d6 palegoldenrod#eee8aa palegreen#98fb98 paleturquoise#afeeee palevioletred#db7093 papayawhip#ffefd5 peachpuff#ffdab9 " +
	"peru#cd853f pink#ffc0cb plum#dda0dd powderblue#b0e0e6 purple#800080 rebeccapurple#663399 red#ff0000 rosybrown#bc8f8f royalblue#4169e1 " +
	"saddlebrown#8b4513 salmon#fa8072 sandybrown#f4a460 seagreen#2e8b57 seashell#fff5ee sienna#a0522d silver#c0c0c0 skyblue#87ceeb slateblue#6a5acd " +
	"slategray#708090 slategrey#708090 snow#fffafa springgreen#00ff7f steelblue#4682b4 tan#d2b48c teal#008080 thistle#d8bfd8 tomato#ff6347 turquoise#40e0d0 " +
	"violet#ee82ee wheat#f5deb3 white#ffffff whitesmoke#f5f5f5 yellow#ffff00 yellowgreen#9acd32 "
