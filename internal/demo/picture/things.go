package picture

import "math"

// tickets are two of them, for a day and for the season.
func tickets(c *canvas) {
	c.ground(rgb(0xf7dfae))
	for i := range 22 { // rays, as of a sun behind them
		if i%2 == 0 {
			continue
		}
		a, b := float64(i)*2*math.Pi/22, float64(i+1)*2*math.Pi/22
		mid := point{c.w / 2, c.h / 2}
		c.fill(rgb(0xfae8c3), poly(mid, point{mid.x + 1800*math.Cos(a), mid.y + 1800*math.Sin(a)}, point{mid.x + 1800*math.Cos(b), mid.y + 1800*math.Sin(b)}))
	}
	x, y := c.w/2, c.h/2
	c.ticket(point{x + 30, y + 90}, 9, coral(), rgb(0xf3c9b4))
	c.ticket(point{x - 30, y - 70}, -8, water(), mist())
}

// ticket lies about its middle, turned, with a wave on it and a stub.
func (c *canvas) ticket(mid point, degrees float64, paint, light rgba) {
	turn := func(s shape) shape { return s.turned(mid, degrees) }
	l, t, w, h := mid.x-330, mid.y-165, 660.0, 330.0
	outline := func(dx, dy float64) shape {
		var o []point
		for x := l; x < l+w; x += w { // the upper edge is straight
			o = append(o, point{x + dx, t + dy}, point{x + w + dx, t + dy})
		}
		for i := range 33 { // a notch on either side
			sin, cos := math.Sincos(-math.Pi/2 - math.Pi*float64(i)/32)
			o = append(o, point{l + w + 40*cos + dx, mid.y + 40*sin + dy})
		}
		o = append(o, point{l + w + dx, t + h + dy}, point{l + dx, t + h + dy})
		for i := range 33 {
			sin, cos := math.Sincos(math.Pi/2 - math.Pi*float64(i)/32)
			o = append(o, point{l + 40*cos + dx, mid.y + 40*sin + dy})
		}
		return shape{o}
	}
	c.fill(thin(wood(), 0.22), turn(outline(14, 20)))
	c.fill(paint, turn(outline(0, 0)))
	for y := t + 14; y < t+h-10; y += 26 {
		c.fill(light, turn(circle(l+w-170, y+8, 6)))
	}
	for i := range 3 {
		y := mid.y + 34 + float64(i)*40
		var wave []point
		for x := l + 80; x <= l+w-230; x += 8 {
			wave = append(wave, point{x, y + 12*math.Sin((x-l)/26)})
		}
		c.fill(light, turn(stroke(11, wave...)))
	}
	c.fill(sun(), turn(upper(mid.x-75, mid.y+4, 92, 92)))
	for i := range 7 {
		c.fill(light, turn(rect(l+w-128+float64(i)*14, mid.y-70, []float64{8, 4, 9, 3, 6, 9, 4}[i], 140)))
	}
}

// sauna is the hut on the shore on a winter's night.
func sauna(c *canvas) {
	c.bands(0, 560, rgb(0x14243d), rgb(0x1a2d49), rgb(0x213757))
	for range int(c.w / 22) {
		c.fill(thin(paper(), c.next(0.4, 0.95)), circle(c.next(0, c.w), c.next(0, 420), c.next(1.5, 3.8)))
	}
	c.hills(500, 50, rgb(0x1b3b45), 11)
	x := c.w*0.5 + 10
	c.spruces()
	c.fill(rgb(0xdbe6ea), c.under(curve(point{-60, 620}, point{c.w * 0.3, 596}, point{c.w * 0.7, 606}, point{c.w + 60, 580})))
	c.fill(rgb(0x17344b), c.under(curve(point{-60, 770}, point{c.w * 0.3, 742}, point{c.w * 0.65, 760}, point{c.w + 60, 730})))
	c.smoke(x+120, 226)
	c.hut(x)
	c.glitter(x-70, 766, 890, 96, rgb(0xf0b45c))
	for range int(c.w / 14) {
		c.fill(thin(paper(), 0.85), circle(c.next(0, c.w), c.next(0, 740), c.next(2, 5.5)))
	}
}

func (c *canvas) hut(x float64) {
	c.fill(wood(), rect(x-220, 380, 440, 250))
	for y := 392.0; y < 630; y += 26 {
		c.fill(rgb(0x69412b), rect(x-220, y, 440, 5))
	}
	c.fill(rgb(0x4f3020), rect(x+94, 236, 52, 110))
	c.fill(rgb(0x3c2418), poly(point{x - 276, 396}, point{x, 236}, point{x + 276, 396}))
	c.fill(rgb(0xeaf1f3), blob(point{x - 286, 392}, point{x - 140, 306}, point{x, 222}, point{x + 140, 306}, point{x + 286, 392}, point{x + 130, 330}, point{x, 262}, point{x - 130, 330}))
	c.fill(thin(sun(), 0.16), rounded(x-176, 416, 168, 152, 20))
	c.fill(rgb(0xffc75f), rounded(x-156, 436, 128, 112, 8))
	c.fill(rgb(0x4f3020), rect(x-96, 436, 8, 112))
	c.fill(rgb(0x4f3020), rect(x-156, 488, 128, 8))
	c.fill(rgb(0x4f3020), rounded(x+48, 430, 112, 200, 8))
	c.fill(plank(), circle(x+68, 536, 8))
	c.fill(rgb(0x9b6c47), rect(x-260, 626, 520, 22))
	for _, post := range []float64{-236, -80, 80, 230} {
		c.fill(rgb(0x5d3a26), rect(x+post-9, 646, 18, 132))
	}
}

func (c *canvas) smoke(x, y float64) {
	for i := range 6 {
		part := float64(i) / 6
		c.fill(thin(rgb(0xc8d5dd), 0.5-0.06*float64(i)), ellipse(x+70*part*part+24*math.Sin(part*7), y-30-part*190, 26+46*part, 22+34*part))
	}
}

func (c *canvas) spruces() {
	for x := -20.0; x < c.w+60; x += 82 {
		tall, foot := c.next(170, 290), 620.0
		for i := range 3 {
			y, half := foot-float64(i)*tall*0.28, (1-0.22*float64(i))*tall*0.27
			c.fill(rgb(0x12313a), poly(point{x - half, y}, point{x, y - tall*0.46}, point{x + half, y}))
		}
	}
}

// ice is a hole in it, a ladder, and a towel that waits.
func ice(c *canvas) {
	c.ground(rgb(0xdfeaee))
	c.bands(0, 300, rgb(0xf6d9c3), rgb(0xf3e0d2), rgb(0xe9e6e2))
	c.hills(270, 36, rgb(0xb3c8d2), 12)
	c.fill(rgb(0xdfeaee), rect(0, 300, c.w, 620))
	c.fill(rgb(0xeef5f6), c.below(420, 10, 900, 1))
	x := c.w * 0.5
	for _, l := range [][]point{{{-20, 470}, {c.w * 0.2, 520}, {c.w * 0.3, 500}}, {{c.w + 20, 640}, {c.w * 0.86, 600}, {c.w * 0.8, 620}}, {{c.w * 0.1, 920}, {c.w * 0.16, 800}, {c.w * 0.26, 780}}} {
		c.fill(rgb(0xc5d8de), stroke(6, l...))
	}
	hole := func(dy float64) shape {
		return poly(point{x - 330, 760 + dy}, point{x - 210, 540 + dy}, point{x + 240, 530 + dy}, point{x + 370, 740 + dy}, point{x + 120, 812 + dy}, point{x - 150, 806 + dy})
	}
	c.fill(rgb(0xa9c6d0), hole(-20))
	c.fill(deep(), hole(12))
	for _, r := range []struct{ dx, y, l float64 }{{-190, 690, 120}, {30, 740, 150}, {150, 650, 100}, {-60, 620, 80}} {
		c.fill(thin(shallow(), 0.5), stroke(7, point{x + r.dx, r.y}, point{x + r.dx + r.l, r.y}))
	}
	c.ladder(x+190, 420)
	c.post(x-360, 250)
}

func (c *canvas) ladder(x, y float64) {
	for _, side := range []float64{0, 96} {
		rail := append(curve(point{x + side + 58, y + 140}, point{x + side + 46, y + 10}, point{x + side + 6, y - 10}, point{x + side - 30, y + 60}), point{x + side - 44, y + 270})
		c.fill(rgb(0x5c7783), stroke(15, rail...))
	}
	for _, side := range []float64{0, 96} {
		c.fill(rgb(0xa9c6d0), ellipse(x+side+58, y+144, 20, 7))
	}
	for i := range 3 {
		at := y + 118 + float64(i)*56
		c.fill(rgb(0x5c7783), stroke(13, point{x - 34 - float64(i)*4, at}, point{x + 62 - float64(i)*4, at}))
	}
}

func (c *canvas) post(x, y float64) {
	c.fill(wood(), rect(x-13, y, 26, 320))
	c.fill(paper(), ellipse(x, y+2, 22, 13))
	c.fill(wood(), stroke(13, point{x - 8, y + 44}, point{x + 86, y + 30}))
	c.fill(coral(), blob(point{x + 22, y + 30}, point{x + 84, y + 22}, point{x + 104, y + 120}, point{x + 96, y + 226}, point{x + 28, y + 232}, point{x + 34, y + 130}))
	for i := range 3 {
		at := y + 168 + float64(i)*22
		c.fill(paper(), stroke(8, point{x + 38, at}, point{x + 92, at - 3}))
	}
	c.fill(rgb(0xc0d2d8), ellipse(x, y+322, 62, 13))
}

// kiosk is where the coffee is.
func kiosk(c *canvas) {
	c.ground(rgb(0xcfe6e0))
	c.fill(rgb(0xfff0c4), circle(c.w*0.5-300, 210, 110))
	c.hills(560, 30, rgb(0x8fbaa4), 14)
	c.fill(shallow(), rect(0, 590, c.w, 60))
	c.fill(sand(), c.under(curve(point{-60, 650}, point{c.w * 0.4, 632}, point{c.w + 60, 660})))
	x := c.w * 0.5
	c.fill(thin(wood(), 0.25), ellipse(x, 800, 380, 26))
	c.fill(paper(), rect(x-300, 330, 600, 470))
	c.fill(water(), rect(x-300, 600, 600, 200))
	for i := range 12 {
		c.fill(rgb(0x0d5664), rect(x-300+float64(i)*50+46, 600, 4, 200))
	}
	c.fill(rgb(0x24505a), rect(x-240, 410, 480, 176))
	c.shelf(x)
	c.fill(plank(), rect(x-324, 586, 648, 24))
	c.awning(x)
	c.cup(x-150, 586, 1)
	c.cup(x-60, 586, 0.8)
	c.cone(x + 170)
	c.stool(x - 210)
	c.stool(x + 120)
}

func (c *canvas) shelf(x float64) {
	c.fill(rgb(0x1a3f48), rect(x-240, 478, 480, 8))
	for i, paint := range []rgba{sun(), coral(), mist(), apricot(), moss(), sun(), mist(), coral()} {
		left := x - 214 + float64(i)*56
		tall := []float64{40, 30, 46, 34, 42, 28, 38, 44}[i]
		c.fill(paint, rounded(left, 478-tall, 30, tall, 6))
	}
}

func (c *canvas) awning(x float64) {
	const n, wide = 10, 72.0
	for i := range n {
		left, paint := x-wide*n/2+float64(i)*wide, paper()
		if i%2 == 0 {
			paint = coral()
		}
		top := func(at float64) float64 { return x + (at-x)*0.84 }
		c.fill(paint, poly(point{top(left), 280}, point{top(left + wide), 280}, point{left + wide, 392}, point{left, 392}))
		c.fill(paint, circle(left+wide/2, 392, wide/2))
	}
	c.fill(wood(), rect(x-310, 262, 620, 22))
}

func (c *canvas) cup(x, foot, s float64) {
	for _, dx := range []float64{-14, 12} {
		c.fill(thin(paper(), 0.75), taper(7*s, 3*s, curve(point{x + dx*s, foot - 92*s}, point{x + (dx+12)*s, foot - 118*s}, point{x + (dx-6)*s, foot - 144*s}, point{x + (dx+8)*s, foot - 170*s})...))
	}
	c.fill(sun(), poly(point{x - 38*s, foot - 80*s}, point{x + 38*s, foot - 80*s}, point{x + 28*s, foot}, point{x - 28*s, foot}))
	c.fill(ink(), rounded(x-43*s, foot-92*s, 86*s, 16*s, 6*s))
	c.fill(paper(), rect(x-34*s, foot-54*s, 68*s, 26*s))
}

func (c *canvas) cone(x float64) {
	c.fill(plank(), poly(point{x - 38, 480}, point{x + 38, 480}, point{x, 586}))
	c.fill(rgb(0xf6c6b6), circle(x-18, 464, 32))
	c.fill(rgb(0xfff3d6), circle(x+20, 462, 31))
	c.fill(rgb(0xa9d3c0), circle(x, 426, 32))
}

func (c *canvas) stool(x float64) {
	c.fill(ink(), stroke(9, point{x + 14, 704}, point{x, 836}))
	c.fill(ink(), stroke(9, point{x + 76, 704}, point{x + 90, 836}))
	c.fill(ink(), stroke(7, point{x + 8, 780}, point{x + 82, 780}))
	c.fill(apricot(), rounded(x, 688, 90, 22, 11))
}

// towels hang on a line and dry.
func towels(c *canvas) {
	c.bands(0, 640, rgb(0xbfe2e4), rgb(0xcbe8e7), rgb(0xd8eeea))
	c.cloud(c.w*0.22, 170, 1)
	c.cloud(c.w*0.80, 240, 0.75)
	c.hills(620, 26, rgb(0x7fae9c), 15)
	c.fill(lagoon(), rect(0, 636, c.w, 80))
	c.fill(rgb(0xa9c48b), c.under(curve(point{-60, 716}, point{c.w * 0.35, 694}, point{c.w + 60, 722})))
	c.fill(rgb(0x8fb076), c.under(curve(point{-60, 820}, point{c.w * 0.6, 790}, point{c.w + 60, 830})))
	c.fill(wood(), rect(c.w*0.05, 250, 24, 560))
	c.fill(wood(), rect(c.w*0.95-24, 236, 24, 580))
	line := curve(point{c.w*0.05 + 12, 276}, point{c.w * 0.3, 314}, point{c.w * 0.6, 322}, point{c.w*0.95 - 12, 262})
	c.fill(ink(), stroke(6, line...))
	paints := [][2]rgba{{coral(), paper()}, {paper(), water()}, {sun(), apricot()}, {water(), mist()}, {paper(), coral()}, {moss(), sand()}}
	n := 6
	if c.w < 1200 {
		n = 4
	}
	for i := range n {
		at := line[len(line)*(2*i+1)/(2*n)]
		c.towel(at, 92, 296+c.next(-34, 30), c.next(-14, 14), paints[i][0], paints[i][1])
	}
}

// towel hangs from a point on the line and blows a little to one side.
func (c *canvas) towel(at point, half, long, blow float64, paint, stripe rgba) {
	edge := func(part, side float64) point {
		return point{at.x + side*half + blow*part + 7*math.Sin(part*5+side), at.y - 4 + long*part}
	}
	side := func(from, to float64) shape {
		var o []point
		for i := range 13 {
			o = append(o, edge(from+(to-from)*float64(i)/12, -1))
		}
		for i := 12; i >= 0; i-- {
			o = append(o, edge(from+(to-from)*float64(i)/12, 1))
		}
		return shape{o}
	}
	c.fill(paint, side(0, 1))
	for _, s := range []float64{0.62, 0.72, 0.82} {
		c.fill(stripe, side(s, s+0.05))
	}
	for _, s := range []float64{-0.7, 0.7} {
		c.fill(plank(), rounded(at.x+s*half-6, at.y-22, 12, 40, 5))
	}
}

func (c *canvas) cloud(x, y, s float64) {
	for _, p := range []struct{ x, y, r float64 }{{-110, 10, 52}, {-40, -24, 74}, {50, -10, 62}, {120, 16, 44}} {
		c.fill(paper(), circle(x+p.x*s, y+p.y*s, p.r*s))
	}
	c.fill(paper(), rounded(x-165*s, y+10*s, 330*s, 52*s, 26*s))
}

// thermometer hangs at the jetty: the first thing everybody looks at.
func thermometer(c *canvas) {
	c.ground(lagoon())
	for i := range 7 {
		paint := rgb(0x2a8c98)
		if i%2 == 1 {
			paint = rgb(0x27838f)
		}
		c.fill(paint, c.below(60+float64(i)*130, 14, 520, float64(i)*1.3))
	}
	c.ripples(40, 880, 0.18)
	x := c.w * 0.5
	c.fill(thin(ink(), 0.2), rounded(x-166, 84, 376, 772, 34))
	c.fill(plank(), rounded(x-190, 60, 380, 772, 34))
	for i := range 3 {
		c.fill(rgb(0xa97649), rect(x-190+95*float64(i+1)-2, 60, 4, 772))
	}
	c.fill(paper(), rounded(x-140, 108, 280, 676, 26))
	c.fill(mist(), rounded(x-36, 160, 72, 520, 36))
	c.fill(mist(), circle(x, 680, 70))
	c.fill(coral(), circle(x, 680, 52))
	c.fill(coral(), rounded(x-17, 330, 34, 350, 17))
	for i := range 13 {
		y := 200 + float64(i)*33
		long := 26.0
		if i%4 == 0 {
			long = 50
		}
		c.fill(ink(), rect(x+52, y, long, 6))
	}
	c.fill(sun(), poly(point{x - 58, 334}, point{x - 112, 304}, point{x - 112, 364}))
	for _, s := range []point{{-164, 86}, {164, 86}, {-164, 806}, {164, 806}} {
		c.fill(wood(), circle(x+s.x, s.y, 9))
	}
}
