package shown

import (
	"strings"

	"golang.org/x/net/html"
)

// clear adds up the free space around a picture: the paddings and margins of
// what holds nothing else, and those that face it in what stands beside that.
func (r *reader) clear(n *html.Node) [4]Space {
	var out [4]Space
	open := [4]bool{true, true, true, true}
	for e := n; e != nil && e.Type == html.ElementNode && e.Data != "body"; e = e.Parent {
		s := r.rooms[e]
		for side := range out {
			if !open[side] {
				continue
			}
			if e != n {
				out[side].add(s.pad[side])
			}
			if next := facing(e, side); next != nil {
				open[side] = false
				out[side].add(s.gap[side])
				r.face(&out[side], next, (side+2)%4, 0)
				continue
			}
			out[side].add(s.gap[side])
		}
	}
	return out
}

// Space is free space on one side, in CSS pixels.
type Space struct {
	// Least is what paddings and margins say, More that some of them do not tell.
	Least float64
	More  bool
}

// add keeps in mind what is not known.
func (s *Space) add(n float64) {
	if n < 0 {
		s.More = true
		return
	}
	s.Least += n
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
func (r *reader) face(to *Space, n *html.Node, side, depth int) {
	for ; n != nil && n.Type == html.ElementNode && depth < 40; depth++ {
		if n.Data == "img" || n.Data == "br" {
			return
		}
		s := r.rooms[n]
		to.add(s.pad[side])
		to.add(s.gap[side])
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
