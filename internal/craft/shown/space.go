package shown

import (
	"strings"

	"golang.org/x/net/html"
)

// clear adds up the free space around a picture: the paddings and margins of
// what holds nothing else, and those that face it in what stands beside that.
func (r *reader) clear(n *html.Node) [4]float64 {
	var out [4]float64
	open := [4]bool{true, true, true, true}
	for e := n; e != nil && e.Type == html.ElementNode && e.Data != "body"; e = e.Parent {
		s := r.rooms[e]
		for side := range out {
			if !open[side] {
				continue
			}
			if e != n {
				add(&out[side], s.pad[side])
			}
			if next := facing(e, side); next != nil {
				open[side] = false
				add(&out[side], s.gap[side])
				r.face(&out[side], next, (side+2)%4, 0)
				continue
			}
			add(&out[side], s.gap[side])
		}
	}
	return out
}

// add keeps what is not known unknown.
func add(to *float64, n float64) {
	if *to < 0 || n < 0 {
		*to = -1
		return
	}
	*to += n
}

// room is the padding and the margin of an element.
type room struct{ pad, gap [4]float64 }

// pending is a picture whose space is told when everything around it is known.
type pending struct {
	node  *html.Node
	index int
}

func (r *reader) spaces() {
	for _, p := range r.pending {
		r.shown.Pictures[p.index].Clear = r.clear(p.node)
	}
}

// facing returns what stands beside an element on a side. Cells stand beside each
// other, rows and blocks below each other.
func facing(e *html.Node, side int) *html.Node {
	sideways := e.Data == "td" || e.Data == "th" || e.Data == "img" || e.Data == "a" || e.Data == "span"
	if (side == 1 || side == 3) != sideways {
		return nil
	}
	for n := e; ; {
		if side == 1 || side == 2 {
			n = n.NextSibling
		} else {
			n = n.PrevSibling
		}
		if n == nil {
			return nil
		}
		if n.Type == html.ElementNode && !isMeta(n.Data) && n.Data != "col" || n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			return n
		}
	}
}

// face adds the paddings that a neighbour has towards the picture.
func (r *reader) face(to *float64, n *html.Node, side, depth int) {
	for ; n != nil && n.Type == html.ElementNode && depth < 40; depth++ {
		if n.Data == "img" || n.Data == "br" {
			return
		}
		s := r.rooms[n]
		add(to, s.pad[side])
		add(to, s.gap[side])
		child := n.FirstChild
		if side == 1 || side == 2 {
			child = n.LastChild
		}
		for child != nil && (child.Type == html.CommentNode || child.Type == html.TextNode && strings.TrimSpace(child.Data) == "") {
			if side == 1 || side == 2 {
				child = child.PrevSibling
			} else {
				child = child.NextSibling
			}
		}
		n = child
	}
}
