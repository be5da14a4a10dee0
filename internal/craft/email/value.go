package email

import (
	"slices"
	"strings"
)

// accepts reports whether the value is one of the attribute.
func (a *attr) accepts(value string) bool {
	switch a.is {
	case colour:
		return isColour(value)
	case wholeNumber:
		return strings.ContainsAny(value, "0123456789")
	case trueFalse:
		return value == "true" || value == "false"
	case oneOf:
		return slices.Contains(a.words, value)
	case length, signedLength:
		return a.lengths(value, a.most)
	}
	return true
}

// lengths reports whether s is one to n lengths, each followed by at most one
// blank.
func (a *attr) lengths(s string, n int) bool {
	if n == 0 {
		return false
	}
	for _, rest := range a.cut(s) {
		rest = strings.TrimPrefix(rest, " ")
		if rest == "" || a.lengths(rest, n-1) {
			return true
		}
	}
	return false
}

// cut returns what may follow one length at the front of s.
func (a *attr) cut(s string) (rests []string) {
	if rest, ok := strings.CutPrefix(s, "0"); ok {
		rests = append(rests, rest)
	}
	digits := 0
	for digits < len(s) && (digit(s[digits]) || s[digits] == '.' || s[digits] == ',' || a.is == signedLength && s[digits] == '-') {
		digits++
	}
	for _, unit := range a.units {
		switch {
		case unit == "auto":
			if rest, ok := strings.CutPrefix(s, "auto"); ok {
				rests = append(rests, rest)
			}
		case digits == 0:
		case unit == "number":
			rests = append(rests, s[digits:])
		default:
			if rest, ok := strings.CutPrefix(s[digits:], unit); ok {
				rests = append(rests, rest)
			}
		}
	}
	return rests
}

// expects says in words what the attribute takes.
func (a *attr) expects() string {
	switch a.is {
	case colour:
		return "a colour such as #0b62d6, rgb(11, 98, 214) or teal"
	case wholeNumber:
		return "a whole number"
	case trueFalse:
		return "true or false"
	case oneOf:
		return "one of " + strings.Join(slices.DeleteFunc(slices.Clone(a.words), func(w string) bool { return w == "" }), ", ")
	}
	var units []string
	for _, u := range a.units {
		switch u {
		case "auto":
			units = append(units, "auto")
		case "number":
			units = append(units, "1.5")
		default:
			units = append(units, "10"+u)
		}
	}
	if a.most > 1 {
		return "one to four lengths such as " + strings.Join(units, " or ")
	}
	return strings.Join(units, " or ")
}

// isColour reports whether CSS clients take the value for a colour.
func isColour(s string) bool {
	if hex, ok := strings.CutPrefix(s, "#"); ok {
		if len(hex) != 3 && len(hex) != 6 {
			return false
		}
		return strings.Trim(strings.ToLower(hex), "0123456789abcdef") == ""
	}
	if args, ok := strings.CutPrefix(strings.ToLower(s), "rgb("); ok {
		return isRGB(args, 3)
	}
	if args, ok := strings.CutPrefix(strings.ToLower(s), "rgba("); ok {
		return isRGB(args, 4)
	}
	return strings.Contains(colourNames, " "+s+" ") && !strings.Contains(s, " ")
}

// isRGB reads "1, 2, 3)" or "1,2,3,.5)" up to its end.
func isRGB(s string, n int) bool {
	s, ok := strings.CutSuffix(s, ")")
	parts := strings.Split(s, ",")
	if !ok || len(parts) != n {
		return false
	}
	for i, part := range parts {
		if i > 0 {
			part = strings.TrimPrefix(part, " ")
		}
		if i == 3 {
			before, after, point := strings.Cut(part, ".")
			if len(before) != 1 || !digit(before[0]) || point && (after == "" || len(after) > 3 || strings.Trim(after, "0123456789") != "") {
				return false
			}
			continue
		}
		if part == "" || len(part) > 3 || strings.Trim(part, "0123456789") != "" {
			return false
		}
	}
	return true
}

// longColour writes #abc as #aabbcc, which all clients read.
func longColour(s string) string {
	if len(s) != 4 || s[0] != '#' {
		return s
	}
	return string([]byte{'#', s[1], s[1], s[2], s[2], s[3], s[3]})
}

// colourNames are the names of CSS Color 4, with transparent and inherit.
const colourNames = " aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo inherit ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent turquoise violet wheat white whitesmoke yellow yellowgreen "
