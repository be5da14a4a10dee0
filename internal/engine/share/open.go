package share

import (
	"cmp"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Look is one request by the secret of a link.
type Look struct {
	Secret string
	// From is where it comes from, which is used to slow those who guess, and not
	// kept. The zero Addr is nobody in particular.
	From netip.Addr
	// After is after how many pieces to begin, Limit how many are wanted; 0 is all.
	After, Limit int
	// Counts says that somebody opens the page, and not a program its list.
	Counts bool
}

// Opened is a link as its holder sees it: everything they may know.
type Opened struct {
	// Engine is what the engine is called, By the name of who shared, For for whom.
	Engine string `json:"engine"`
	By     string `json:"by"`
	For    string `json:"for"`
	// Until is when the link is over; Originals says that files may be taken as they
	// came.
	Until     time.Time `json:"until"`
	Originals bool      `json:"originals"`
	// Total is how many pieces it holds.
	Total  int     `json:"total"`
	Pieces []Piece `json:"pieces"`
}

// The states of a piece of a link.
const (
	StateOpen      = "open"      // it may be shown
	StateWithdrawn = "withdrawn" // somebody took it back
	StateEnded     = "ended"     // its time, a right or the proof of a claim is over
	StateEarly     = "early"     // its time has not begun
	StateGone      = "gone"      // it is no longer in force
)

// Piece is one piece of a link as it is today. One that is not open has its
// number, its name and its state, and nothing else.
type Piece struct {
	// Number counts the pieces of the link from 1; its addresses name it by that.
	Number int              `json:"number"`
	Kind   throughline.Kind `json:"kind"`
	Name   string           `json:"name"`
	Title  string           `json:"title,omitempty"`
	State  string           `json:"state"`
	// Role is what it is for.
	Role string `json:"role,omitempty"`
	// Texts are what a fragment says, or what is to be seen on an asset, by language.
	Texts []Text `json:"texts,omitempty"`
	// File is that of an asset.
	File *File `json:"file,omitempty"`
	// Rights say where, on what and how long it may be shown.
	Rights *Rights `json:"rights,omitempty"`
}

// Text is a text in one language. Length is in characters as people see them.
type Text struct {
	Locale string `json:"locale"`
	// Language is the locale in English, such as Swiss German.
	Language string `json:"language"`
	Text     string `json:"text"`
	Length   int    `json:"length"`
}

// File is the file of an asset, without what it was called elsewhere.
type File struct {
	Type   string `json:"type"`
	Bytes  int    `json:"bytes"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// overError is why a link that was once good opens no more.
type overError struct{}

// Error says so.
func (overError) Error() string { return "this link is over" }

// IsOver reports whether an error says that a link was good once.
func IsOver(err error) bool {
	_, is := errors.AsType[overError](err)
	return is
}

// Open returns what a link shows today. A secret that is none is NotFound; so is
// one of a link that is over, for which IsOver holds. Exhausted tells those who
// guess to wait.
func (s *Shares) Open(ctx context.Context, look Look) (out Opened, err error) {
	var l stored
	err = s.with(ctx, look, func(r record.Reader, found stored, refs []throughline.Ref) error {
		l = found
		out, err = s.describe(r, l)
		if err != nil {
			return err
		}
		begin := min(max(0, look.After), len(refs))
		end := len(refs)
		if look.Limit > 0 {
			end = min(end, begin+look.Limit)
		}
		out.Pieces = []Piece{}
		for i := begin; i < end; i++ {
			p, err := s.piece(r, i+1, refs[i])
			if err != nil {
				return err
			}
			out.Pieces = append(out.Pieces, p)
		}
		return nil
	})
	if err == nil && look.Counts {
		err = s.count(ctx, l)
	}
	return out, err
}

// with finds the link of a secret, if it holds, and reads in one state.
func (s *Shares) with(ctx context.Context, look Look, do func(record.Reader, stored, []throughline.Ref) error) error {
	now := s.core.Now()
	if err := s.guesses.may(look.From, now); err != nil {
		return err
	}
	hash := s.hash(look.Secret)
	known := false
	err := s.core.Record.State.View(ctx, func(r record.Reader) error {
		var l stored
		_, err := engine.GetJSON(r, engine.BucketShares, hash[:idDigits], &l)
		if known = err == nil && hmac.Equal([]byte(l.Hash), []byte(hash)); !known && (err == nil || throughline.CodeOf(err) == throughline.NotFound) {
			return throughline.Errorf(throughline.NotFound, "there is no such link").WithFix("open it as it was sent, whole, or ask who sent it")
		}
		if err != nil {
			return err
		}
		if !l.Holds(now) {
			return throughline.Errorf(throughline.NotFound, "this link shows nothing any more: %w", overError{}).WithFix("ask who sent it for another")
		}
		var refs []throughline.Ref
		if _, err := engine.GetJSON(r, engine.BucketSharePieces, l.ID, &refs); err != nil {
			return err
		}
		return do(r, l, refs)
	})
	if !known && throughline.CodeOf(err) == throughline.NotFound {
		s.guesses.failed(look.From)
	}
	return err
}

// describe says whose link it is.
func (s *Shares) describe(r record.Reader, l stored) (Opened, error) {
	out := Opened{For: l.For, Until: l.Until, Originals: l.Originals, Total: l.Pieces, By: strings.TrimPrefix(l.By, "os/")}
	res, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindPerson, Name: l.By})
	if p, ok := res.Spec.(*throughline.Person); ok && err == nil {
		out.By = cmp.Or(p.Name, out.By)
	}
	for res, err := range engine.InForce(r, throughline.KindEngine) {
		if err != nil {
			return out, err
		}
		out.Engine = cmp.Or(res.Spec.(*throughline.Engine).Title, res.Metadata.Name)
	}
	return out, nil
}

// piece reads a piece as it is in force.
func (s *Shares) piece(r record.Reader, number int, ref throughline.Ref) (Piece, error) {
	out := Piece{Number: number, Kind: ref.Kind, Name: ref.Name, State: StateGone}
	res, err := engine.Resource(r, ref)
	if throughline.CodeOf(err) == throughline.NotFound {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	p, ok := throughline.PieceOf(res)
	if !ok {
		return out, nil
	}
	if out.State, err = s.state(r, p); err != nil || out.State != StateOpen {
		return out, err
	}
	out.Role = p.Role
	switch spec := res.Spec.(type) {
	case *throughline.Asset:
		f := spec.File
		out.Title, out.File, out.Texts = spec.Title, &File{f.Type, f.Bytes, f.Width, f.Height}, textsOf(spec.Alt)
	case *throughline.Fragment:
		out.Title, out.Texts = spec.Title, textsOf(spec.Values)
	}
	out.Rights, err = rightsOf(p, func(name string) *throughline.Claim { return claimIn(r, name) })
	return out, err
}

// state says whether a piece may be shown now.
func (s *Shares) state(r record.Reader, p throughline.Piece) (string, error) {
	if p.Withdrawn != "" {
		return StateWithdrawn, nil
	}
	bounds, err := p.Bounds(func(name string) *throughline.Claim { return claimIn(r, name) })
	now := s.core.Now()
	switch {
	case err != nil:
		return StateGone, err
	case bounds.Open(now):
		return StateOpen, nil
	case now.UnixMilli() < bounds.From:
		return StateEarly, nil
	}
	return StateEnded, nil
}

// claimIn returns a claim in force; nil for none, which lets nothing be shown.
func claimIn(r record.Reader, name string) *throughline.Claim {
	res, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindClaim, Name: name})
	if err != nil {
		return nil
	}
	claim, _ := res.Spec.(*throughline.Claim)
	return claim
}

func textsOf(values map[string]string) (all []Text) {
	for _, locale := range slices.Sorted(maps.Keys(values)) {
		all = append(all, Text{locale, sayLocale(locale), values[locale], text.Measure(values[locale], throughline.Grapheme)})
	}
	return all
}

// File returns the asset whose file a link may give in a rendition, and how that
// file's address names it. A piece that is not open has none, like one that the
// link does not hold; an original that the link does not give is Forbidden.
func (s *Shares) File(ctx context.Context, look Look, number int, rendition string) (asset, digest string, err error) {
	err = s.with(ctx, look, func(r record.Reader, l stored, refs []throughline.Ref) error {
		gone := throughline.Errorf(throughline.NotFound, "there is no such file").WithFix("open the link again: its page says what there is")
		if number < 1 || number > len(refs) {
			return gone
		}
		p, err := s.piece(r, number, refs[number-1])
		if err != nil {
			return err
		}
		if p.State != StateOpen || p.File == nil {
			return gone
		}
		if !l.Originals && strings.HasPrefix(rendition, "original") {
			return throughline.Errorf(throughline.Forbidden, "this link does not give originals").WithFix("ask who sent it for one that does")
		}
		res, err := engine.Resource(r, refs[number-1])
		if err != nil {
			return err
		}
		file := res.Spec.(*throughline.Asset).File
		asset, digest = p.Name, hex.EncodeToString(file.Digest[:8])
		return nil
	})
	return asset, digest, err
}

// count notes that a link was opened. The first time on a day, in UTC, is an
// event, once however many processes see it.
func (s *Shares) count(ctx context.Context, l stored) error {
	return s.core.Update(ctx, func(tx record.Tx) error {
		var seen opened
		if _, err := engine.GetJSON(tx, engine.BucketShareOpened, l.ID, &seen); err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		now := s.core.Now()
		today, last := now.Format(time.DateOnly), seen.Last.UTC().Format(time.DateOnly)
		seen.Count++
		seen.Last = now
		if err := engine.PutJSON(tx, engine.BucketShareOpened, l.ID, seen, record.AnyVersion); err != nil || today == last {
			return err
		}
		return tx.Outbox(s.event(l, throughline.EventShareOpened, throughline.Actor{Kind: throughline.ActorSystem}, "share-opened/"+l.ID+"/"+today))
	})
}
