// Package share hands pieces to people outside the engine: a link that shows
// some of them to whoever holds it, until a day, and nothing else.
//
// A link holds a list of pieces that is settled when it is made. What each piece
// says and whether it may be shown is asked of what is in force at every request,
// so that a link never shows what was withdrawn. Its secret stands in its address
// alone: the engine keeps a keyed hash of it, and of whoever holds it keeps
// nothing but how often the link was opened and when it last was.
package share

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// The bounds of a link.
const (
	// MostPieces is how many a link holds.
	MostPieces = 500
	// UsualLife is how long a link holds where nobody says, and LongestLife the most
	// from now on, also for one that is extended. ShortestLife is the least.
	UsualLife    = 14 * 24 * time.Hour
	LongestLife  = 90 * 24 * time.Hour
	ShortestLife = time.Hour

	// mostHeld is how many links may hold at a time.
	mostHeld = 1000
	// keptOver is how long a link that is over is still listed.
	keptOver = 90 * 24 * time.Hour
	mostName = 120 // characters
	// idDigits is how much of the hash of a secret names its link: enough to tell
	// links apart, and nothing by which to guess.
	idDigits = 16
	// secretBytes is what a secret is made of: 256 bits.
	secretBytes = 32
)

// Finder finds which pieces a question to the library is about, at most so many.
type Finder interface {
	// Found returns them in the order of the library; more are TooLarge.
	Found(ctx context.Context, by engine.Caller, question string, most int) ([]throughline.Ref, error)
}

// Shares are the links of an engine.
type Shares struct {
	core    *engine.Core
	library Finder
	guesses guesses
}

// New returns the links of an engine; library finds what a search would share.
func New(core *engine.Core, library Finder) *Shares { return &Shares{core: core, library: library} }

// Right is what making, extending and ending links takes, and seeing them: who
// may change content answers for where it goes.
const Right = engine.RightMake

// Request asks for a link: over Pieces, or over what Question finds now.
type Request struct {
	// For says for whom it is, such as Agency North.
	For      string
	Pieces   []throughline.Ref
	Question string
	// Life is how long it holds, from ShortestLife to LongestLife; zero is UsualLife.
	Life time.Duration
	// Originals lets its holder take files as they came, and not renditions alone.
	Originals bool
}

// Link is a link as people of the engine see it: without its secret.
type Link struct {
	ID  string `json:"id"`
	For string `json:"for"`
	// By is who shared it.
	By string `json:"by"`
	// Pieces is how many it holds; Question is what found them, if anything did.
	Pieces    int    `json:"pieces"`
	Question  string `json:"question,omitempty"`
	Originals bool   `json:"originals,omitempty"`
	// Created and Until bound the time it holds; Ended is when somebody ended it.
	Created time.Time `json:"created"`
	Until   time.Time `json:"until"`
	Ended   time.Time `json:"ended,omitzero"`
	// Opened counts how often its page was opened, LastOpened is when it last was.
	Opened     int       `json:"opened"`
	LastOpened time.Time `json:"lastOpened,omitzero"`
}

// Holds reports whether the link opens at a moment.
func (s Link) Holds(now time.Time) bool { return s.Ended.IsZero() && now.Before(s.Until) }

// over is when the link ended, by somebody or by itself.
func (s Link) over() time.Time {
	if !s.Ended.IsZero() && s.Ended.Before(s.Until) {
		return s.Ended
	}
	return s.Until
}

// Made is a link just made. Its secret is nowhere else.
type Made struct {
	Link
	Secret string
}

// stored is a link as it is kept.
type stored struct {
	Link
	Hash string `json:"hash"`
}

// opened is how a link was used.
type opened struct {
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
}

// Make makes a link and returns its secret, which is not kept. What a search
// finds is settled now: what is made later is not added.
func (s *Shares) Make(ctx context.Context, by engine.Caller, ask Request) (Made, error) {
	if err := by.Need(Right); err != nil {
		return Made{}, err
	}
	if ask.Life == 0 {
		ask.Life = UsualLife
	}
	if err := ask.check(); err != nil {
		return Made{}, err
	}
	refs, err := s.Pick(ctx, by, ask)
	if err != nil {
		return Made{}, err
	}
	secret, now := engine.RandomText(secretBytes), s.core.Now()
	hash := s.hash(secret)
	made := stored{Hash: hash, Link: Link{
		ID: hash[:idDigits], For: ask.For, By: personOf(by.Actor), Pieces: len(refs), Question: ask.Question,
		Originals: ask.Originals, Created: now, Until: now.Add(ask.Life),
	}}
	err = s.core.Update(ctx, func(tx record.Tx) error {
		if err := sharable(tx, refs); err != nil {
			return err
		}
		if err := sweep(tx, now); err != nil {
			return err
		}
		if err := engine.PutJSON(tx, engine.BucketSharePieces, made.ID, refs, 0); err != nil {
			return err
		}
		return s.put(tx, made, 0, throughline.EventShareMade, by.Actor)
	})
	return Made{made.Link, secret}, err
}

func (ask *Request) check() error {
	ask.For, ask.Question = strings.TrimSpace(ask.For), strings.TrimSpace(ask.Question)
	switch {
	case ask.For == "":
		return throughline.Errorf(throughline.Invalid, "a link says for whom it is").WithFix("name them, such as Agency North").At("for")
	case utf8.RuneCountInString(ask.For) > mostName, !utf8.ValidString(ask.For), strings.ContainsFunc(ask.For, unicode.IsControl):
		return throughline.Errorf(throughline.Invalid, "for whom the link is takes at most %d characters on one line", mostName).WithFix("write a short name").At("for")
	case len(ask.Pieces) > 0 && ask.Question != "":
		return throughline.Errorf(throughline.Invalid, "a link is over picked pieces or over what a search finds, not both").WithFix("leave one of them out").At("pieces")
	case len(ask.Pieces) == 0 && ask.Question == "":
		return throughline.Errorf(throughline.Invalid, "nothing is picked to share").WithFix("name pieces such as Asset/lake, or a search").At("pieces")
	case len(ask.Pieces) > MostPieces:
		return throughline.Errorf(throughline.TooLarge, "%d pieces are picked, and a link holds at most %d", len(ask.Pieces), MostPieces).WithFix("make several links").At("pieces")
	case ask.Life > LongestLife:
		return throughline.Errorf(throughline.Invalid, "a link holds at most 90 days").WithFix("choose 90d or less; it can be extended").At("life")
	case ask.Life < ShortestLife:
		return throughline.Errorf(throughline.Invalid, "a link holds an hour at least").WithFix("choose 1h or more").At("life")
	}
	return nil
}

// Pick returns the pieces that a link would hold today, each once.
func (s *Shares) Pick(ctx context.Context, by engine.Caller, ask Request) ([]throughline.Ref, error) {
	if err := by.Need(Right); err != nil {
		return nil, err
	}
	if ask.Question != "" {
		refs, err := s.library.Found(ctx, by, ask.Question, MostPieces)
		if err == nil && len(refs) == 0 {
			err = throughline.Errorf(throughline.NotFound, "the search finds no piece").WithFix("try it in the library first").At("query")
		}
		return refs, err
	}
	var refs []throughline.Ref
	for _, ref := range ask.Pieces {
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

// sharable refuses what is no piece in force.
func sharable(r record.Reader, refs []throughline.Ref) error {
	for _, ref := range refs {
		if ref.Kind != throughline.KindAsset && ref.Kind != throughline.KindFragment {
			return throughline.Errorf(throughline.Invalid, "%s is no piece", ref).WithFix("share assets and fragments").At("pieces")
		}
		if _, err := engine.Resource(r, ref); err != nil {
			return err
		}
	}
	return nil
}

// sweep forgets the links that are long over, and refuses another where too many
// hold.
func sweep(tx record.Tx, now time.Time) error {
	held := 0
	err := engine.EachJSON(tx, engine.BucketShares, func(id string, s stored) error {
		if s.Holds(now) {
			held++
		}
		if now.Sub(s.over()) <= keptOver {
			return nil
		}
		return engine.DropShare(tx, id)
	})
	if err == nil && held >= mostHeld {
		return throughline.Errorf(throughline.Exhausted, "%d links hold already", held).WithFix("end those that nobody needs")
	}
	return err
}

// put writes a link with the event that says what happened to it.
func (s *Shares) put(tx record.Tx, l stored, version int64, what throughline.EventType, by throughline.Actor) error {
	if err := engine.PutJSON(tx, engine.BucketShares, l.ID, l, version); err != nil {
		return err
	}
	return tx.Outbox(s.event(l, what, by, string(what)+"/"+s.core.NewID().String()))
}

func (s *Shares) event(l stored, what throughline.EventType, by throughline.Actor, key string) throughline.Event {
	payload := throughline.ShareChanged{Share: l.ID, Pieces: l.Pieces, Originals: l.Originals, Until: l.Until}
	return s.core.NewEvent(what, payload, by, key, throughline.Object{Type: "share", ID: l.ID})
}

// List returns the links that hold, the newest first, and after them those that
// were over in the last 90 days.
func (s *Shares) List(ctx context.Context, by engine.Caller) (all []Link, err error) {
	if err := by.Need(Right); err != nil {
		return nil, err
	}
	now := s.core.Now()
	err = s.core.Record.State.View(ctx, func(r record.Reader) error {
		all = []Link{}
		return engine.EachJSON(r, engine.BucketShares, func(id string, l stored) error {
			if now.Sub(l.over()) > keptOver {
				return nil
			}
			var seen opened
			if _, err := engine.GetJSON(r, engine.BucketShareOpened, id, &seen); err != nil && throughline.CodeOf(err) != throughline.NotFound {
				return err
			}
			l.Opened, l.LastOpened = seen.Count, seen.Last
			all = append(all, l.Link)
			return nil
		})
	})
	slices.SortFunc(all, func(a, b Link) int {
		if a.Holds(now) != b.Holds(now) {
			if a.Holds(now) {
				return -1
			}
			return 1
		}
		return b.Created.Compare(a.Created)
	})
	return all, err
}

// Extend lets a link hold for so long from now on. One that is over stays over:
// another takes its place.
func (s *Shares) Extend(ctx context.Context, by engine.Caller, id string, life time.Duration) (Link, error) {
	if err := by.Need(Right); err != nil {
		return Link{}, err
	}
	if life < ShortestLife || life > LongestLife {
		return Link{}, throughline.Errorf(throughline.Invalid, "a link holds an hour to 90 days from now on").WithFix("choose 14d, for example").At("life")
	}
	return s.change(ctx, id, throughline.EventShareExtended, by.Actor, func(l *stored, now time.Time) error {
		until := now.Add(life)
		if until.Before(l.Until) {
			return throughline.Errorf(throughline.Invalid, "the link holds longer than that already, until %s", l.Until.Format(time.RFC3339)).WithFix("choose a later end, or end it now").At("life")
		}
		l.Until = until
		return nil
	})
}

// End ends a link at once, whoever made it. One that is over is a Conflict.
func (s *Shares) End(ctx context.Context, by engine.Caller, id string) (Link, error) {
	if err := by.Need(Right); err != nil {
		return Link{}, err
	}
	return s.change(ctx, id, throughline.EventShareEnded, by.Actor, func(l *stored, now time.Time) error {
		l.Ended = now
		return nil
	})
}

// change changes a link that holds.
func (s *Shares) change(ctx context.Context, id string, what throughline.EventType, by throughline.Actor, do func(*stored, time.Time) error) (Link, error) {
	var l stored
	err := s.core.Update(ctx, func(tx record.Tx) error {
		l = stored{}
		version, err := engine.GetJSON(tx, engine.BucketShares, id, &l)
		if throughline.CodeOf(err) == throughline.NotFound {
			return throughline.Errorf(throughline.NotFound, "there is no link %q", id).WithFix("look at the list of links")
		}
		if err != nil {
			return err
		}
		now := s.core.Now()
		if !l.Holds(now) {
			return throughline.Errorf(throughline.Conflict, "the link for %s is over already", l.For).WithFix("make another where it is still needed")
		}
		if err := do(&l, now); err != nil {
			return err
		}
		return s.put(tx, l, version, what, by)
	})
	return l.Link, err
}

// hash is what is kept of a secret.
func (s *Shares) hash(secret string) string {
	mac := hmac.New(sha256.New, s.core.Pepper())
	mac.Write([]byte("share\x00" + secret))
	return hex.EncodeToString(mac.Sum(nil))
}

// personOf is who an actor stands for: a key's links are its person's.
func personOf(by throughline.Actor) string {
	if by.Kind == throughline.ActorService {
		return by.OnBehalfOf
	}
	return by.ID
}
