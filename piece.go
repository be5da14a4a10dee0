package throughline

import (
	"cmp"
	"strconv"
	"strings"
)

// Piece is what fills slots, a Fragment or an Asset, seen alike. No two pieces
// have one name.
type Piece struct {
	Ref
	Labels map[string]string
	Role   string
	// Brief names the Brief it was made for.
	Brief string
	// Type is the form of what it says: of an asset Image, or Link for a file that
	// is no picture.
	Type SlotType
	// Audience names who may see it; empty means everyone.
	Audience string
	// Channels are those it may appear on; empty means all.
	Channels  []string
	Claims    []string
	Validity  Validity
	Rights    []RightsGrant
	Meaning   int
	Withdrawn string
	Made      *Provenance
}

// PieceOf returns a resource as a piece, and false for one of another kind.
func PieceOf(r Resource) (Piece, bool) {
	p := Piece{Ref: r.Ref(), Labels: r.Metadata.Labels}
	switch spec := r.Spec.(type) {
	case *Fragment:
		p.Type, p.Brief = cmp.Or(spec.Type, Text), spec.Brief
		p.Role, p.Audience, p.Channels, p.Claims = spec.Role, spec.Audience, spec.Channels, spec.Claims
		p.Validity, p.Meaning, p.Withdrawn, p.Made = spec.Validity, spec.Meaning, spec.Withdrawn, spec.Provenance
	case *Asset:
		p.Type, p.Brief = Link, spec.Brief
		if strings.HasPrefix(spec.File.Type, "image/") {
			p.Type = Image
		}
		p.Role, p.Audience, p.Channels, p.Rights = spec.Role, spec.Audience, spec.Channels, spec.Rights
		p.Validity, p.Meaning, p.Withdrawn, p.Made = spec.Validity, spec.Meaning, spec.Withdrawn, spec.Provenance
	default:
		return Piece{}, false
	}
	return p, true
}

// Level returns the level on which learning keeps numbers for the piece.
func (p Piece) Level() Level { return LevelOf(p.Name, p.Meaning) }

// LevelOf returns the level of a piece of that name and meaning number, which
// counts from 1; 0 is 1. An empty name is the empty level, an optional slot left
// unfilled.
func LevelOf(name string, meaning int) Level {
	if name == "" {
		return ""
	}
	return Level(name + "@" + strconv.Itoa(max(1, meaning)))
}

// Level is a piece's name and meaning version, such as cta-shop-now@1.
type Level string
