package operate

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Lookup finds what is recorded of a recipient without their id ever standing in
// an address: whoever asks gets a handle that is theirs alone and ends soon.
type Lookup struct{ core *engine.Core }

// NewLookup returns the lookup of an engine.
func NewLookup(core *engine.Core) *Lookup { return &Lookup{core} }

// handleLife is how long a handle leads to a recipient.
const handleLife = 30 * time.Minute

// Known says what the record knows of a recipient.
type Known string

// What may be known.
const (
	KnownRecorded Known = "recorded" // the engine has decided for them
	KnownErased   Known = "erased"   // they were forgotten
	KnownNot      Known = "unknown"  // the engine never saw them
)

// Asked is the recipient that a handle leads to. Subject is zero but where they
// are recorded.
type Asked struct {
	Known   Known
	Subject throughline.ID
	Until   time.Time
}

// knowns are in the order of a handle's first byte.
func knowns() []Known { return []Known{KnownRecorded, KnownErased, KnownNot} }

// Handle returns what leads the asker to a recipient for half an hour. The unit
// is what a client calls them by; nothing of it is in the handle.
func (l *Lookup) Handle(ctx context.Context, by engine.Caller, unit string) (string, error) {
	if err := by.Need(engine.RightOperate); err != nil {
		return "", err
	}
	if unit == "" || len(unit) > 256 {
		return "", throughline.Errorf(throughline.Invalid, "a recipient's id has 1 to 256 bytes").WithFix("give the targeting key that your client sends with its requests")
	}
	subject, suppressed, err := l.core.Vault().Find(ctx, unit)
	if err != nil {
		return "", err
	}
	kind := byte(0)
	switch {
	case suppressed:
		kind = 1
	case subject.IsZero():
		kind = 2
	}
	b := append([]byte{kind}, subject[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.core.Now().Add(handleLife).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(b, l.seal(by, b)...)), nil
}

// Subject returns the subject of a visitor that the engine made up itself, zero
// where there is none. It is for no id that a client sent.
func (l *Lookup) Subject(ctx context.Context, unit string) (throughline.ID, error) {
	subject, suppressed, err := l.core.Vault().Find(ctx, unit)
	if suppressed {
		return throughline.ID{}, err
	}
	return subject, err
}

const (
	handleBytes = 1 + 16 + 8
	handleSeal  = 16
)

// seal is what only this engine can add to a handle of this person.
func (l *Lookup) seal(by engine.Caller, b []byte) []byte {
	mac := hmac.New(sha256.New, l.core.Secret())
	mac.Write([]byte("recipient\x00" + string(by.Actor.Kind) + "\x00" + by.Actor.ID + "\x00"))
	mac.Write(b)
	return mac.Sum(nil)[:handleSeal]
}

// Asked returns whom a handle leads to. One that is over, or another person's, is
// NotFound.
func (l *Lookup) Asked(by engine.Caller, handle string) (Asked, error) {
	if err := by.Need(engine.RightOperate); err != nil {
		return Asked{}, err
	}
	gone := throughline.Errorf(throughline.NotFound, "this look at a recipient is over").WithFix("ask again: an answer is kept for half an hour, and for you alone")
	b, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil || len(b) != handleBytes+handleSeal || int(b[0]) >= len(knowns()) || !hmac.Equal(l.seal(by, b[:handleBytes]), b[handleBytes:]) {
		return Asked{}, gone
	}
	a := Asked{Known: knowns()[b[0]], Until: time.Unix(int64(binary.BigEndian.Uint64(b[17:handleBytes])), 0).UTC()}
	copy(a.Subject[:], b[1:17])
	if !l.core.Now().Before(a.Until) {
		return Asked{}, gone
	}
	return a, nil
}
