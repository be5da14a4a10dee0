package picture

import "math"

// lanes are ropes in the lake seen from above, and the first swimmer of the day.
func lanes(c *canvas) {
	c.ground(lagoon())
	mid := point{c.w / 2, c.h / 2}
	turn := func(s shape) shape { return s.turned(mid, -24) }
	for i := -6; i <= 6; i++ { // every other lane is a little lighter
		if i%2 == 0 {
			c.fill(rgb(0x3397a2), turn(rect(mid.x-1600, mid.y+float64(i)*200-100, 3200, 200)))
		}
	}
	for range int(c.w / 9) { // light on the water
		x, y, l := mid.x+c.next(-1300, 1300), mid.y+c.next(-1000, 1000), c.next(30, 90)
		c.fill(thin(paper(), 0.16), turn(stroke(c.next(4, 8), curve(point{x, y}, point{x + l/2, y - 7}, point{x + l, y})...)))
	}
	for i := -6; i <= 6; i++ {
		y := mid.y + float64(i)*200 + 100
		c.fill(deep(), turn(rect(mid.x-1600, y-3, 3200, 6)))
		for k := -40; k <= 40; k++ {
			paint := paper()
			if (k/3+i+60)%2 == 0 {
				paint = coral()
			}
			c.fill(paint, turn(rounded(mid.x+float64(k)*42-16, y-14, 33, 28, 11)))
		}
	}
	c.crawl(turn, mid)
}

// crawl is a swimmer from above, with a wake.
func (c *canvas) crawl(turn func(shape) shape, at point) {
	for i, part := range []float64{0.16, 0.24, 0.36} {
		d := float64(i) * 20
		c.fill(thin(paper(), part), turn(poly(point{at.x - 470 + d*3, at.y - 64 + d}, point{at.x - 70, at.y - 16}, point{at.x - 70, at.y + 16}, point{at.x - 470 + d*3, at.y + 64 - d})))
	}
	c.fill(skin(), turn(taper(34, 20, curve(point{at.x - 60, at.y - 14}, point{at.x - 140, at.y - 22}, point{at.x - 214, at.y - 14})...)))
	c.fill(skin(), turn(taper(34, 20, curve(point{at.x - 60, at.y + 14}, point{at.x - 140, at.y + 16}, point{at.x - 206, at.y + 26})...)))
	c.fill(skin(), turn(taper(34, 20, curve(point{at.x + 60, at.y - 34}, point{at.x + 120, at.y - 66}, point{at.x + 196, at.y - 36})...)))
	c.fill(skin(), turn(taper(34, 20, curve(point{at.x + 40, at.y + 34}, point{at.x - 10, at.y + 72}, point{at.x - 74, at.y + 62})...)))
	c.fill(skin(), turn(blob(point{at.x + 78, at.y - 40}, point{at.x + 84, at.y}, point{at.x + 78, at.y + 40}, point{at.x, at.y + 38}, point{at.x - 74, at.y + 30}, point{at.x - 80, at.y}, point{at.x - 74, at.y - 30}, point{at.x, at.y - 38})))
	c.fill(ink(), turn(blob(point{at.x + 40, at.y - 39}, point{at.x + 30, at.y}, point{at.x + 40, at.y + 39}, point{at.x - 40, at.y + 36}, point{at.x - 82, at.y + 30}, point{at.x - 88, at.y}, point{at.x - 82, at.y - 30}, point{at.x - 40, at.y - 36})))
	c.fill(sun(), turn(ellipse(at.x+118, at.y, 42, 36)))
	c.fill(rgb(0xe5b548), turn(stroke(6, point{at.x + 80, at.y}, point{at.x + 156, at.y})))
}

// swimmer is one stroke of the crawl, half above the water.
func swimmer(c *canvas) {
	c.bands(0, 520, rgb(0xfbe3b4), rgb(0xfce9c4), rgb(0xfdefd4))
	c.fill(apricot(), circle(c.w*0.5+270, 300, 150))
	c.hills(470, 24, rgb(0x8db3a6), 6)
	c.fill(rgb(0x5fb0b4), c.below(508, 8, 520, 1))
	x := c.w*0.5 - 20
	arm := curve(point{x - 150, 545}, point{x - 176, 420}, point{x - 84, 330}, point{x + 76, 372}, point{x + 196, 520})
	c.fill(skin(), blob(point{x - 440, 580}, point{x - 340, 526}, point{x - 210, 500}, point{x - 110, 506}, point{x - 20, 560}, point{x - 200, 620}))
	c.fill(ink(), blob(point{x - 450, 586}, point{x - 340, 524}, point{x - 236, 501}, point{x - 250, 620}))
	c.fill(skin(), taper(92, 40, arm...))
	c.fill(skin(), ellipse(x-6, 494, 98, 92))
	c.fill(coral(), blob(point{x - 106, 500}, point{x - 92, 430}, point{x - 20, 392}, point{x + 58, 416}, point{x + 92, 470}, point{x + 30, 462}, point{x - 40, 478}))
	c.fill(ink(), rounded(x+26, 474, 70, 32, 15))
	c.fill(shallow(), rounded(x+38, 481, 48, 17, 8))
	c.fill(ink(), stroke(8, point{x + 30, 486}, point{x - 92, 478}))
	c.fill(lagoon(), c.below(560, 16, 460, 2.4))
	for _, s := range []point{{196, 500}, {236, 452}, {160, 446}, {270, 506}, {-470, 516}, {-510, 476}, {-440, 470}} {
		c.fill(paper(), circle(x+s.x, s.y, 10+math.Mod(math.Abs(s.x), 7)))
	}
	c.fill(paper(), blob(point{x + 120, 552}, point{x + 190, 516}, point{x + 268, 540}, point{x + 330, 566}, point{x + 220, 574}))
	c.fill(rgb(0x1d7986), c.below(672, 15, 560, 0.7))
	c.fill(water(), c.below(770, 14, 640, 3))
	c.fill(deep(), c.below(850, 12, 760, 5))
	c.ripples(600, 880, 0.22)
}

// ripples are short light lines on the water.
func (c *canvas) ripples(from, to, part float64) {
	for range int(c.w / 40) {
		x, y, l := c.next(0, c.w), c.next(from, to), c.next(40, 120)
		c.fill(thin(paper(), part), stroke(5, curve(point{x, y}, point{x + l/2, y - 8}, point{x + l, y})...))
	}
}

// jump is somebody between the tower and the water.
func jump(c *canvas) {
	c.bands(0, 640, rgb(0xbfe0df), rgb(0xcde7e4), rgb(0xdcefea))
	c.fill(rgb(0xfff3d0), circle(c.w*0.5+190, 250, 130))
	c.hills(600, 36, rgb(0x7fae9c), 8)
	c.fill(lagoon(), rect(0, 640, c.w, 300))
	c.fill(rgb(0x1d7986), c.below(730, 9, 480, 1))
	c.fill(water(), c.below(820, 9, 620, 3))
	c.tower(c.w*0.5 - 330)
	x, y := c.w*0.5+90, 330.0
	limb := func(width float64, p ...point) { c.fill(skin(), taper(width, width*0.55, p...)) }
	limb(44, curve(point{x + 6, y - 48}, point{x + 92, y - 104}, point{x + 158, y - 178})...)
	limb(44, curve(point{x - 30, y - 52}, point{x - 112, y - 118}, point{x - 128, y - 206})...)
	limb(56, curve(point{x - 26, y + 66}, point{x - 96, y + 118}, point{x - 34, y + 190})...)
	limb(56, curve(point{x + 14, y + 70}, point{x + 86, y + 94}, point{x + 130, y + 172})...)
	c.fill(skin(), blob(point{x - 48, y - 66}, point{x + 30, y - 68}, point{x + 32, y}, point{x + 30, y + 72}, point{x - 40, y + 74}, point{x - 40, y}))
	c.fill(coral(), blob(point{x - 40, y + 26}, point{x + 30, y + 24}, point{x + 46, y + 94}, point{x + 6, y + 104}, point{x - 8, y + 84}, point{x - 34, y + 106}, point{x - 60, y + 86}))
	c.fill(skin(), circle(x-4, y-118, 46))
	c.fill(ink(), blob(point{x - 52, y - 112}, point{x - 44, y - 160}, point{x - 2, y - 178}, point{x + 40, y - 156}, point{x + 44, y - 124}, point{x + 8, y - 138}, point{x - 26, y - 126}))
	ring(c, x+30, 742, 190, 30, thin(paper(), 0.6))
	ring(c, x+30, 742, 110, 17, thin(paper(), 0.6))
	c.ripples(680, 880, 0.22)
}

// tower is three platforms of wood, of which the upper one has a board.
func (c *canvas) tower(x float64) {
	for _, leg := range []float64{0, 150} {
		c.fill(wood(), rect(x+leg-12, 210, 24, 560))
	}
	c.fill(rgb(0x6a432c), stroke(10, point{x, 720}, point{x + 150, 560}))
	c.fill(rgb(0x6a432c), stroke(10, point{x + 150, 720}, point{x, 560}))
	for y := 330.0; y < 720; y += 48 {
		c.fill(plank(), rect(x+150, y, 58, 12))
	}
	c.fill(wood(), rect(x+202, 300, 12, 450))
	c.fill(plank(), rect(x-50, 520, 260, 26))
	c.fill(plank(), rect(x-50, 270, 360, 28))
	c.fill(rgb(0x9b6c47), rect(x-50, 290, 360, 9))
	for _, post := range []float64{-40, 40, 130} {
		c.fill(paper(), rect(x+post, 160, 11, 112))
	}
	c.fill(paper(), rect(x-40, 160, 181, 12))
}

// paddling is the shallow end, from above: a ring, a ball, a duck.
func paddling(c *canvas) {
	c.ground(shallow())
	for range int(c.w / 26) {
		x, y, r := c.next(0, c.w), c.next(0, c.h), c.next(40, 110)
		c.fill(thin(paper(), 0.17), stroke(7, curve(point{x - r, y}, point{x - r/2, y - r*0.16}, point{x, y}, point{x + r/2, y + r*0.12}, point{x + r, y})...))
	}
	c.fill(sand(), blob(point{-300, -200}, point{c.w + 300, -200}, point{c.w + 300, 60}, point{c.w * 0.8, 128}, point{c.w * 0.5, 96}, point{c.w * 0.22, 150}, point{-300, 90}))
	c.fill(thin(paper(), 0.6), stroke(12, curve(point{-100, 160}, point{c.w * 0.22, 186}, point{c.w * 0.5, 132}, point{c.w * 0.8, 164}, point{c.w + 100, 96})...))
	cx := c.w * 0.5
	c.ringOf(cx-130, 520, 250, 106)
	c.ball(cx+330, 330, 116)
	c.duck(cx+300, 700)
}

// ringOf is a swimming ring with eight fields, and a shadow under it.
func (c *canvas) ringOf(x, y, outer, inner float64) {
	hoop := func(x, y float64, from, to float64, paint rgba) {
		var outline []point
		for i := range 25 {
			sin, cos := math.Sincos(from + (to-from)*float64(i)/24)
			outline = append(outline, point{x + outer*cos, y + outer*sin})
		}
		for i := 24; i >= 0; i-- {
			sin, cos := math.Sincos(from + (to-from)*float64(i)/24)
			outline = append(outline, point{x + inner*cos, y + inner*sin})
		}
		c.fill(paint, shape{outline})
	}
	for i := range 8 {
		hoop(x+18, y+26, float64(i)*math.Pi/4, float64(i+1)*math.Pi/4+0.01, rgb(0x4f9ea2))
	}
	for i := range 8 {
		paint := paper()
		if i%2 == 0 {
			paint = coral()
		}
		hoop(x, y, float64(i)*math.Pi/4+0.2, float64(i+1)*math.Pi/4+0.205, paint)
	}
	shine := curve(point{x - 196, y - 50}, point{x - 150, y - 142}, point{x - 56, y - 194})
	c.fill(thin(paper(), 0.6), stroke(15, shine...))
}

// ball has six fields about a pole.
func (c *canvas) ball(x, y, r float64) {
	c.fill(rgb(0x4f9ea2), circle(x+14, y+20, r))
	c.fill(paper(), circle(x, y, r))
	pole := point{x - r*0.2, y - r*0.26}
	for i := range 3 {
		from := float64(i)*2*math.Pi/3 + 0.5
		outline := []point{pole}
		for k := range 17 {
			sin, cos := math.Sincos(from + float64(k)/16*math.Pi/3)
			outline = append(outline, point{x + r*cos, y + r*sin})
		}
		c.fill([]rgba{sun(), water(), coral()}[i], shape{outline})
	}
	c.fill(paper(), circle(pole.x, pole.y, r*0.17))
}

// duck is of rubber, and has come for the company.
func (c *canvas) duck(x, y float64) {
	c.fill(rgb(0x4f9ea2), ellipse(x+12, y+28, 110, 66))
	c.fill(sun(), blob(point{x - 112, y - 46}, point{x - 40, y - 12}, point{x + 60, y - 44}, point{x + 104, y + 10}, point{x + 40, y + 62}, point{x - 56, y + 60}, point{x - 106, y + 12}))
	c.fill(sun(), circle(x+52, y-62, 54))
	c.fill(apricot(), blob(point{x + 98, y - 74}, point{x + 152, y - 62}, point{x + 104, y - 38}))
	c.fill(ink(), circle(x+68, y-76, 8))
	c.fill(rgb(0xeab94a), blob(point{x - 58, y - 4}, point{x + 6, y - 12}, point{x + 30, y + 20}, point{x - 16, y + 38}, point{x - 56, y + 26}))
}
