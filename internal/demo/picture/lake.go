package picture

import "math"

// sunrise is the lake before anybody is there.
func sunrise(c *canvas) {
	c.bands(0, 470, rgb(0xf9c98b), rgb(0xfbd29a), rgb(0xfcdcab), rgb(0xfde6bf))
	cx := c.w * 0.5
	c.fill(thin(sun(), 0.45), circle(cx, 462, 190))
	c.fill(rgb(0xfff1c9), circle(cx, 462, 138))
	c.hills(418, 26, rgb(0xa9c0ae), 1)
	c.hills(440, 20, rgb(0x7ba394), 4)
	c.hills(462, 12, rgb(0x4d7d76), 9)
	c.fill(lagoon(), rect(0, 470, c.w, 500))
	c.fill(rgb(0x1f7f8c), c.below(596, 5, 420, 0.4))
	c.fill(rgb(0x176f7e), c.below(708, 7, 560, 1.8))
	c.fill(water(), c.below(820, 8, 700, 2.9))
	c.glitter(cx, 486, 890, 150, rgb(0xffe3a3))
	c.jetty(c.w*0.82, 610, 1)
	c.birds(c.w*0.24, 170)
}

// hills are a soft range along the far shore.
func (c *canvas) hills(y, height float64, paint rgba, seed chance) {
	var line []point
	for x := -120.0; x <= c.w+120; x += 120 {
		line = append(line, point{x, y - seed.next(-height, height)})
	}
	c.fill(paint, c.under(curve(line...)))
}

// glitter is a light that lies on the water, in strips that grow towards us.
func (c *canvas) glitter(x, from, to, width float64, paint rgba) {
	for y := from; y < to; {
		part := (y - from) / (to - from)
		half := width * (0.35 + 0.65*part) * c.next(0.35, 1)
		thick := 5 + 9*part
		shift := c.next(-30, 30) * (0.3 + part)
		c.fill(paint, stroke(thick, point{x + shift - half, y}, point{x + shift + half, y}))
		y += thick * (1.9 + 0.7*part)
	}
}

// jetty runs out from the lower edge, and narrows with the distance.
func (c *canvas) jetty(x, far, scale float64) {
	near, half := c.h+20, 34*scale
	at := func(part, side float64) point {
		return point{x + 26*scale*part + side*(half+112*scale*part), far + (near-far)*part}
	}
	for i := 4; i >= 0; i-- {
		part := float64(i) * 0.21
		for _, side := range []float64{-1, 1} {
			p := at(part, side)
			c.fill(wood(), rect(p.x-6-8*part, p.y-20-46*part, 12+16*part, 70+170*part))
		}
	}
	for i := range 9 {
		from, to := math.Pow(float64(i)/9, 1.4), math.Pow(float64(i+1)/9, 1.4)-0.012
		paint := plank()
		if i%2 == 1 {
			paint = rgb(0xad7a52)
		}
		c.fill(paint, poly(at(from, -1), at(from, 1), at(to, 1), at(to, -1)))
	}
}

// birds are three strokes of a pen.
func (c *canvas) birds(x, y float64) {
	for _, b := range []struct{ x, y, size float64 }{{0, 0, 1}, {74, -34, 0.7}, {118, 14, 0.55}} {
		px, py, s := x+b.x, y+b.y, b.size
		c.fill(ink(), taper(3, 7*s, curve(point{px - 42*s, py - 14*s}, point{px - 18*s, py - 17*s}, point{px, py})...))
		c.fill(ink(), taper(3, 7*s, curve(point{px + 42*s, py - 14*s}, point{px + 18*s, py - 17*s}, point{px, py})...))
	}
}

// heron stands among the reeds, up before everybody.
func heron(c *canvas) {
	c.ground(rgb(0xd8e8df))
	c.fill(rgb(0xfbeecb), circle(c.w*0.5+150, 330, 210))
	c.hills(520, 34, rgb(0xa9c7b8), 3)
	c.fill(rgb(0x7fb3ad), rect(0, 560, c.w, 400))
	c.fill(rgb(0x5c9f9f), c.below(690, 6, 480, 0))
	c.fill(rgb(0x3d8791), c.below(800, 7, 640, 2))
	c.glitter(c.w*0.5+150, 590, 860, 120, thin(rgb(0xfbeecb), 0.8))
	x := c.w*0.5 - 20
	c.bird(x)
	for _, r := range []float64{60, 104} { // rings about the legs
		ring(c, x+14, 815, r*1.7, r*0.26, thin(paper(), 0.55))
	}
	c.reeds(c.w*0.06, c.w*0.24, 9)
	c.reeds(c.w*0.84, c.w*0.98, 8)
}

// bird is the heron itself.
func (c *canvas) bird(x float64) {
	body, dark := rgb(0x5d7f8c), ink()
	for _, leg := range [][]point{{{x - 6, 610}, {x + 2, 700}, {x - 8, 815}}, {{x + 26, 610}, {x + 36, 705}, {x + 32, 815}}} {
		c.fill(rgb(0xc98a4b), stroke(9, leg...))
	}
	c.fill(body, blob(point{x - 120, 640}, point{x - 76, 560}, point{x + 10, 500}, point{x + 78, 500}, point{x + 84, 560}, point{x + 30, 622}, point{x - 46, 640}, point{x - 130, 680}))
	c.fill(rgb(0x43636f), blob(point{x - 138, 676}, point{x - 70, 590}, point{x + 20, 548}, point{x + 44, 566}, point{x - 10, 618}, point{x - 70, 640}))
	neck := curve(point{x + 62, 530}, point{x + 96, 456}, point{x + 58, 392}, point{x + 36, 330}, point{x + 66, 274}, point{x + 104, 262})
	c.fill(rgb(0xeef3ef), taper(58, 30, neck...))
	c.fill(rgb(0xeef3ef), ellipse(x+112, 262, 42, 27))
	c.fill(sun(), poly(point{x + 140, 246}, point{x + 262, 286}, point{x + 142, 280}))
	c.fill(dark, blob(point{x + 132, 240}, point{x + 96, 230}, point{x + 48, 238}, point{x - 26, 262}, point{x + 40, 258}, point{x + 100, 254}))
	c.fill(dark, circle(x+126, 258, 5.5))
}

// ring is the outline of an ellipse.
func ring(c *canvas, x, y, rx, ry float64, paint rgba) {
	line := ellipse(x, y, rx, ry)[0]
	c.fill(paint, stroke(5, append(line, line[0])...))
}

// reeds stand in the water from one side to another.
func (c *canvas) reeds(from, to float64, n int) {
	for i := range n {
		x := from + (to-from)*(float64(i)+0.5)/float64(n)
		top, lean := c.next(300, 560), c.next(-46, 46)
		stem := curve(point{x, c.h + 20}, point{x + lean*0.2, 720}, point{x + lean, top})
		paint := pine()
		if i%3 == 1 {
			paint = rgb(0x3b6b52)
		}
		c.fill(paint, taper(15, 5, stem...))
		if i%2 == 0 {
			tip := point{x + lean, top}
			c.fill(wood(), rounded(tip.x-11, tip.y-66, 22, 92, 11).turned(tip, lean/3))
		}
	}
}

// moon is the evening on which the lake stays open.
func moon(c *canvas) {
	c.bands(0, 520, rgb(0x16233f), rgb(0x1b2c4b), rgb(0x223758), rgb(0x2c4468))
	for range int(c.w / 26) {
		c.fill(thin(paper(), c.next(0.35, 0.95)), circle(c.next(0, c.w), c.next(10, 380), c.next(1.4, 3.6)))
	}
	cx := c.w * 0.66
	c.fill(thin(rgb(0xfff1c9), 0.12), circle(cx, 330, 142))
	c.fill(rgb(0xfff1c9), circle(cx, 330, 94))
	c.hills(470, 46, rgb(0x1b3044), 7)
	c.hills(505, 20, rgb(0x132635), 2)
	c.fill(rgb(0x1f4660), rect(0, 520, c.w, 400))
	c.fill(rgb(0x1a3d55), c.below(640, 6, 500, 1))
	c.fill(rgb(0x153349), c.below(770, 8, 640, 2.6))
	c.glitter(cx, 540, 880, 110, rgb(0xf6e3b0))
	c.lamps()
	c.head(c.w*0.36, 700)
}

// lamps hang on a line from one side to the other.
func (c *canvas) lamps() {
	line := curve(point{-40, 20}, point{c.w * 0.25, 104}, point{c.w * 0.5, 122}, point{c.w * 0.75, 92}, point{c.w + 40, -10})
	c.fill(rgb(0x0c1628), stroke(5, line...))
	for i := 4; i < len(line); i += 8 {
		p := line[i]
		c.fill(thin(sun(), 0.25), circle(p.x, p.y+26, 34))
		c.fill(rgb(0x0c1628), rect(p.x-6, p.y, 12, 12))
		c.fill(sun(), circle(p.x, p.y+26, 15))
	}
}

// head is somebody who swims towards us, as far as one sees of them.
func (c *canvas) head(x, y float64) {
	for i, r := range []float64{210, 150, 96} {
		ring(c, x, y+10, r, r*0.2, thin(rgb(0x7fb0bd), 0.25+0.15*float64(i)))
	}
	c.fill(skin(), upper(x, y+14, 62, 108))
	c.fill(coral(), upper(x, y-36, 66, 62))
	c.fill(rgb(0xb8412d), rounded(x-67, y-42, 134, 13, 6))
	c.fill(ink(), rounded(x-46, y-22, 40, 20, 9))
	c.fill(ink(), rounded(x+6, y-22, 40, 20, 9))
	c.fill(ink(), rect(x-62, y-16, 124, 5))
	c.fill(rgb(0x1a3d55), blob(point{x - 110, y + 20}, point{x - 60, y + 8}, point{x, y + 12}, point{x + 60, y + 8}, point{x + 110, y + 20}, point{x, y + 34}))
}

// upper is the part of an ellipse above its middle.
func upper(x, y, rx, ry float64) shape {
	outline := make([]point, 49)
	for i := range outline {
		sin, cos := math.Sincos(math.Pi * float64(i) / 48)
		outline[i] = point{x + rx*cos, y - ry*sin}
	}
	return shape{outline}
}

// rain falls on the lake, and somebody swims all the same.
func rain(c *canvas) {
	c.bands(0, 420, rgb(0xa9bec4), rgb(0xb5c8cb), rgb(0xc2d2d2))
	c.hills(380, 40, rgb(0x8aa8a9), 5)
	c.fill(rgb(0x5f949b), rect(0, 420, c.w, 520))
	c.fill(rgb(0x4c858e), c.below(590, 5, 520, 0.4))
	c.fill(rgb(0x3a7580), c.below(750, 6, 640, 2))
	for range int(c.w / 34) {
		y := c.next(450, 880)
		r := 16 + (y-430)*0.1*c.next(0.6, 1.4)
		ring(c, c.next(20, c.w-20), y, r, r*0.26, thin(paper(), 0.5))
	}
	c.umbrella(c.w*0.5, 470)
	for range int(c.w / 15) {
		x, y, l := c.next(-40, c.w+40), c.next(-20, 880), c.next(26, 60)
		c.fill(thin(paper(), 0.55), stroke(3.4, point{x, y}, point{x - l*0.28, y + l}))
	}
}

// umbrella stands open on the end of the jetty over a pair of shoes.
func (c *canvas) umbrella(x, y float64) {
	c.fill(wood(), rect(x-250, y+268, 24, 190))
	c.fill(wood(), rect(x+190, y+268, 24, 190))
	c.fill(plank(), rect(x-300, y+226, 560, 46))
	c.fill(rgb(0x9b6c47), rect(x-300, y+258, 560, 14))
	c.fill(ink(), stroke(11, point{x + 20, y - 90}, point{x - 44, y + 222}))
	top := point{x + 28, y - 126}
	tilt := func(s shape) shape { return s.turned(top, 11.5) }
	canopy := []point{{x - 232, y + 70}}
	for i := range 4 { // the lower edge, in four arcs
		from := x - 232 + float64(i)*130
		canopy = append(canopy, curve(point{from, y + 70}, point{from + 65, y + 34}, point{from + 130, y + 70})...)
	}
	for i := range 40 {
		sin, cos := math.Sincos(math.Pi * float64(i+1) / 41)
		canopy = append(canopy, point{x + 28 + 260*cos, y + 70 - 196*sin})
	}
	c.fill(coral(), tilt(shape{canopy}))
	for _, side := range []float64{-1, 1} { // two darker panels
		mid := x + 28 + side*65
		c.fill(rgb(0xc2452f), tilt(poly(append(curve(point{mid - 65, y + 70}, point{mid, y + 34}, point{mid + 65, y + 70}), point{x + 28 + side*14, y - 124}, point{x + 28, y - 126})...)))
	}
	c.fill(ink(), tilt(stroke(9, point{x + 28, y - 150}, point{x + 28, y - 122})))
	for _, shift := range []float64{66, 120} {
		c.fill(sun(), rounded(x+shift, y+196, 44, 30, 12))
		c.fill(paper(), rect(x+shift, y+220, 46, 8))
	}
}
