package throughline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// Request asks what to show: who, where, and what is known of the moment.
type Request struct {
	// Placement is where.
	Placement string
	// Unit is who: the targeting key, an opaque id of at most MaxUnit bytes.
	Unit string
	// Context is what the request says of the recipient; audience rules read it.
	// The key "locale" asks for a language.
	Context map[string]any
	// Person is what texts may say of the recipient, by the brand's personal fields.
	// It changes no choice and is kept nowhere.
	Person map[string]string
	// At is when.
	At time.Time
}

// MaxUnit is the longest unit in bytes, wherever one is named.
const MaxUnit = 256

// Locale returns the language the context asks for, or "".
func (r Request) Locale() string {
	s, _ := r.Context["locale"].(string)
	return s
}

// Market returns where the request is, as far as it says: the language it asks
// for, and the region in the context's "country", or else the locale's.
func (r Request) Market() Market {
	m := MarketOf(r.Locale())
	if country, ok := r.Context["country"].(string); ok {
		m.Region = MarketOf(strings.ToUpper(country)).Region
	}
	return m
}

// MaxValid is for how long at most a decision may be shown without asking again.
const MaxValid = 60 * time.Second

// AltSuffix follows the name of a slot where Values has its picture in words.
const AltSuffix = ".alt"

// Decision is what was chosen, and why.
type Decision struct {
	// ID is the signed Token: whoever returns it with an exposure or an outcome
	// gives back all that learning needs.
	ID        DecisionID
	Token     Token
	Placement string
	// Variant is empty only where nothing may be shown, not even the fallback.
	Variant VariantID
	Locale  string
	// Slots names the template's slots in their order; shared, not to be changed.
	Slots []string
	// Values is the text by slot; unfilled slots are absent. Of a picture it is the
	// address, with its words under the slot's name and AltSuffix.
	Values map[string]string
	// Levels is the level by slot.
	Levels map[string]Level
	Arm    Arm
	// Policy and Sticky are the placement's.
	Policy PolicyKind
	Sticky Stickiness
	// Propensity is the probability with which this variant was served to this
	// recipient, given the arm; SlotPropensity that of each slot's level.
	Propensity     float64
	SlotPropensity map[string]float64
	// Snapshot and Release are what it was decided from.
	Snapshot Digest
	Release  int
	Epoch    uint32
	// AsOf is the Epoch's: every outcome recorded before it was considered.
	AsOf int64
	// Held says that an earlier decision still stands.
	Held bool
	// ValidUntil is until when it may be shown without asking again: at most
	// MaxValid, and never beyond what bounds a piece of the placement.
	ValidUntil time.Time
}

// Arm is the part of the traffic a decision belongs to.
type Arm uint8

// The arms.
const (
	ArmPolicy   Arm = iota // the placement's policy chose
	ArmHoldout             // held out from the policy
	ArmFallback            // nothing was eligible, or the audience did not match
)

// String returns policy, holdout or fallback.
func (a Arm) String() string {
	return [...]string{"policy", "holdout", "fallback", "unknown"}[min(a, 3)]
}

// MarshalText writes the name.
func (a Arm) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a name.
func (a *Arm) UnmarshalText(b []byte) error {
	for arm := ArmPolicy; arm <= ArmFallback; arm++ {
		if arm.String() == string(b) {
			*a = arm
			return nil
		}
	}
	return Errorf(Invalid, "there is no arm %q", b).WithFix("arms are policy, holdout and fallback")
}

// Exclusion says why a candidate was not eligible.
type Exclusion struct {
	// Candidate is the position in the placement's candidates.
	Candidate int `json:"candidate"`
	// Levels is the level by slot.
	Levels map[string]Level `json:"levels"`
	// Reason is a sentence: "audience pro does not match".
	Reason string `json:"reason"`
}

// WeightOne is the sum of the integer weights of a choice distribution: a
// propensity is a weight divided by WeightOne.
const WeightOne = 1 << 24

// Token is what a decision id says.
type Token struct {
	// Snapshot is the first eight bytes of the snapshot's digest.
	Snapshot [8]byte
	// Epoch is the number of the epoch decided in.
	Epoch uint32
	// Placement and Candidate are positions in that snapshot; a fallback's
	// Candidate is 0xffff.
	Placement, Candidate uint16
	// Locale is the position in the placement's Locales.All, or 0xff for none.
	Locale uint8
	Arm    Arm
	// Weight is the propensity in parts of WeightOne.
	Weight uint32
	// Question hashes placement, unit, snapshot, epoch and context.
	Question uint64
}

// FallbackCandidate marks a token whose variant is the placement's fallback.
const FallbackCandidate = 0xffff

const (
	tokenVersion = 1
	tokenBytes   = 1 + 8 + 4 + 2 + 2 + 1 + 1 + 4 + 8
	macBytes     = 12
)

// DecisionID is a Token in the open with a keyed hash over it, in base64url: 58
// characters.
type DecisionID string

// Propensity returns the token's weight as a probability.
func (t Token) Propensity() float64 { return float64(t.Weight) / WeightOne }

// Bytes returns the token's fixed binary form of 31 bytes.
func (t Token) Bytes() []byte { return t.append(make([]byte, 0, tokenBytes+macBytes)) }

func (t Token) append(b []byte) []byte {
	b = append(b, tokenVersion)
	b = append(b, t.Snapshot[:]...)
	b = binary.BigEndian.AppendUint32(b, t.Epoch)
	b = binary.BigEndian.AppendUint16(b, t.Placement)
	b = binary.BigEndian.AppendUint16(b, t.Candidate)
	b = append(b, t.Locale, byte(t.Arm))
	b = binary.BigEndian.AppendUint32(b, t.Weight)
	return binary.BigEndian.AppendUint64(b, t.Question)
}

// ParseToken reads what Bytes wrote.
func ParseToken(b []byte) (Token, error) {
	var t Token
	if len(b) != tokenBytes || b[0] != tokenVersion {
		return t, Errorf(Invalid, "not a decision token: %d bytes", len(b))
	}
	copy(t.Snapshot[:], b[1:9])
	t.Epoch = binary.BigEndian.Uint32(b[9:])
	t.Placement = binary.BigEndian.Uint16(b[13:])
	t.Candidate = binary.BigEndian.Uint16(b[15:])
	t.Locale, t.Arm = b[17], Arm(b[18])
	t.Weight = binary.BigEndian.Uint32(b[19:])
	t.Question = binary.BigEndian.Uint64(b[23:])
	return t, nil
}

// Sign returns the token's id under the engine's key.
func (t Token) Sign(key []byte) DecisionID {
	b := t.Bytes()
	mac := hmac.New(sha256.New, key)
	mac.Write(b)
	var sum [sha256.Size]byte
	b = append(b, mac.Sum(sum[:0])[:macBytes]...)
	return DecisionID(base64.RawURLEncoding.EncodeToString(b))
}

// OpenDecisionID returns the token of an id that was signed with the key. Any
// other id is an error with the code Invalid.
func OpenDecisionID(key []byte, id DecisionID) (Token, error) {
	var buf [tokenBytes + macBytes]byte
	bad := Errorf(Invalid, "the decision id was not issued by this engine").
		WithFix("send back the decisionId exactly as the evaluation returned it")
	if base64.RawURLEncoding.DecodedLen(len(id)) != len(buf) {
		return Token{}, bad
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(buf[:], []byte(id)); err != nil {
		return Token{}, bad
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(buf[:tokenBytes])
	if !hmac.Equal(mac.Sum(nil)[:macBytes], buf[tokenBytes:]) {
		return Token{}, bad
	}
	return ParseToken(buf[:tokenBytes])
}
