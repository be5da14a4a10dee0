package email

import (
	"math"
	"strconv"
	"strings"
)

// gutterIn is the space between two columns of the section in a unit.
func (p *part) gutterIn(want string) float64 {
	if p.around.gutter == "" {
		return 0
	}
	n, unit := widthOf(p.around.gutter, true)
	switch {
	case unit == want:
		return n
	case want == "%" && unit == "px":
		return n / decimal(p.around.width) * 100
	case want == "px" && unit == "%":
		return decimal(p.around.width) * n / 100
	}
	return n
}

// desktopWidth is the width less this column's share of the gutters. Pixels that
// do not divide go to the first columns.
func (p *part) desktopWidth() (n float64, unit string) {
	n, unit = p.wideWidth()
	if p.around.gutter == "" {
		if unit == "px" {
			n = nearest(n)
		}
		return n, unit
	}
	count := float64(p.count)
	n = math.Max(0, sixDecimals(n-p.gutterIn(unit)*(count-1)/count))
	if unit != "px" {
		return n, unit
	}
	floor := math.Floor(n)
	extra := math.Max(0, math.Min(count, nearest(count*(n-floor))))
	if float64(p.index) < extra {
		floor++
	}
	return floor, unit
}

// gutterClass names the class that sets the space on wide screens.
func (p *part) gutterClass() string {
	_, unit := p.wideWidth()
	gutter := p.gutterIn(unit)
	token := unit
	if unit == "%" {
		token = "per"
	}
	if unit == "px" {
		gutter = nearest(gutter)
	}
	class := "mj-column-gutter-" + strconv.Itoa(p.count) + "-" + strconv.Itoa(p.index+1) + "-" + token + "-" +
		strings.Replace(number(sixDecimals(gutter)), ".", "-", 1)
	if p.around.direction == "rtl" {
		class += "-rtl"
	}
	return class
}

func (p *part) first() bool { return p.index == 0 }
func (p *part) last() bool  { return p.index+1 == p.count }

// desktopPadding is half a gutter on each side that has a neighbour.
func (p *part) desktopPadding(unit string) string {
	if p.count == 1 {
		return fourSides(0, 0, 0, 0, unit)
	}
	gutter := p.gutterIn(unit)
	leading, trailing := gutter/2, gutter/2
	if unit == "px" {
		gutter = nearest(gutter)
		leading, trailing = math.Ceil(gutter/2), math.Floor(gutter/2)
	}
	endsRight, endsLeft := p.last(), p.first()
	onRight, onLeft := leading, trailing
	if p.around.direction == "rtl" {
		endsRight, endsLeft = p.first(), p.last()
		onRight, onLeft = trailing, leading
	}
	if endsRight {
		onRight = 0
	}
	if endsLeft {
		onLeft = 0
	}
	return fourSides(0, onRight, 0, onLeft, unit)
}

// phonePadding is the space on phones: between columns one under another, or
// side by side in a group.
func (p *part) phonePadding() pair {
	if p.around.gutter == "" {
		return pair{absent: true}
	}
	if p.around.group {
		_, unit := p.wideWidth()
		return is("padding", p.desktopPadding(unit))
	}
	above, below := p.gutterIn("%")/2, p.gutterIn("%")/2
	if p.first() {
		above = 0
	}
	if p.last() {
		below = 0
	}
	return is("padding", fourSides(above, 0, below, 0, "%"))
}

func fourSides(top, right, bottom, left float64, unit string) string {
	round := sixDecimals
	if unit == "px" {
		round = nearest
	}
	return number(round(top)) + unit + " " + number(round(right)) + unit + " " + number(round(bottom)) + unit + " " + number(round(left)) + unit
}
