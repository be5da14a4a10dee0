package record

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/throughline-engine/throughline"
)

// The limits of one block, which Packer.Full keeps: a block ends with the event
// that reaches one of them.
const (
	// MaxEvent is the most that Size may return for an event.
	MaxEvent = 8 << 20
	// BlockEvents and BlockBytes are where a block is full.
	BlockEvents = 4096
	BlockBytes  = 1 << 20

	maxBlock = BlockBytes + MaxEvent + 1<<16 // decoded
)

// A block is
//
//	format (1 byte), codec (1 byte), payload
//
// and a payload, in variable-length integers unless it says otherwise,
//
//	count, length of text, text (bytes), count records
//
// All strings lie in text, in the order in which they are first met, so that
// one allocation holds them. A record names a string that many events share by
// its number: 0 is the next of text, its length following; 1 is the empty one;
// n is the n-1st that was named by 0. Times are microseconds, as differences:
// of OccurredAt to the event before, of RecordedAt to OccurredAt. Bytes that
// are opaque here, Data and Sealed, follow their length.
const (
	format1 = 1

	codecPlain = 0
	codecS2    = 1
)

// What a record has beyond what every record has.
const (
	hasCause = 1 << iota
	hasTrace
	hasKey
	hasSubject
	hasData
	hasSealed

	allFlags = 1<<iota - 1
)

// minRecord is the least number of bytes a record takes: flags, id, engine,
// type, version, two times, four words of the actor, source, object count.
const minRecord = 1 + 16 + 1 + 1 + 1 + 2 + 4 + 1 + 1

const (
	// worthCompressing is the payload below which s2 does not pay for its call.
	worthCompressing = 512
	// sampleBytes is how much is tried before all of it.
	sampleBytes = 16 << 10
)

// CheckEvent returns an error with the code Invalid for an event that no
// journal takes, because nobody could read it again: one without a type or a
// version, and TooLarge for one beyond MaxEvent.
func CheckEvent(e *throughline.Event) error {
	if e.Type == "" || e.Version < 1 || e.Version > math.MaxInt32 {
		return throughline.Errorf(throughline.Invalid, "event %s has the type %q and the version %d", e.ID, e.Type, e.Version).
			WithFix("every event needs a type, and a version from 1")
	}
	if n := Size(e); n > MaxEvent {
		return throughline.Errorf(throughline.TooLarge, "event %s of type %s has %d bytes, and %d is the limit", e.ID, e.Type, n, MaxEvent).
			WithFix("keep the large part in Blobs and its digest in the event")
	}
	return nil
}

// Size returns about how many bytes the event takes in a block, never less.
func Size(e *throughline.Event) int {
	const fixed = 128 // ids, times, lengths and numbers
	n := fixed + len(e.Engine) + len(e.Type) + len(e.Trace) + len(e.Source) + len(e.Key) + len(e.Data) + len(e.Sealed) +
		len(e.Actor.Kind) + len(e.Actor.ID) + len(e.Actor.Team) + len(e.Actor.OnBehalfOf)
	for i := range e.Objects {
		o := &e.Objects[i]
		n += 20 + len(o.Type) + len(o.ID) + len(o.Version) + len(o.Qualifier)
	}
	return n
}

// Pack returns the events as one block. Seq is left out: a block's place in the
// journal numbers its events. The same events give the same bytes.
func Pack(events []throughline.Event) []byte {
	var p Packer
	for i := range events {
		p.Add(&events[i])
	}
	return p.Block()
}

// Packer packs events one by one. The zero Packer is empty; after Block it is
// empty again and reuses its memory.
type Packer struct {
	text, body []byte
	scratch    []byte // for compression
	known      map[string]uint64
	recent     [recentWords]recentWord
	count      int
	occurred   int64 // of the event before
}

// recentWord is what one place of the event before held: most often the next
// event has the same there, and needs no look-up.
type recentWord struct {
	word   string
	number uint64
}

// The places of words in an event; those of the objects follow, four each.
const (
	placeEngine = iota
	placeType
	placeActorKind
	placeActorID
	placeActorTeam
	placeOnBehalfOf
	placeSource
	placeObjects

	objectsApart = 4 // beyond, objects share the places of the last
	recentWords  = placeObjects + 4*objectsApart
)

// Len returns how many events have been added since the last Block.
func (p *Packer) Len() int { return p.count }

// Full reports whether the next event should go into another block.
func (p *Packer) Full() bool {
	return p.count >= BlockEvents || len(p.text)+len(p.body) >= BlockBytes
}

// Block returns the events added as one block, which is the caller's.
func (p *Packer) Block() []byte {
	payload := make([]byte, 2, 2+2*binary.MaxVarintLen64+len(p.text)+len(p.body))
	payload[0], payload[1] = format1, codecPlain
	payload = binary.AppendUvarint(payload, uint64(p.count))
	payload = binary.AppendUvarint(payload, uint64(len(p.text)))
	payload = append(append(payload, p.text...), p.body...)
	clear(p.known)
	*p = Packer{text: p.text[:0], body: p.body[:0], known: p.known, scratch: p.scratch}
	return p.compress(payload)
}

// compress keeps the plain form unless s2 saves at least an eighth: ciphertext
// does not shrink, and then the reader is spared the work too. The start of a
// block tells what the rest is like.
func (p *Packer) compress(plain []byte) []byte {
	raw := plain[2:]
	if len(raw) < worthCompressing || !p.shrinks(raw[:min(len(raw), sampleBytes)]) || !p.shrinks(raw) {
		return plain
	}
	return append([]byte{format1, codecS2}, p.scratch...)
}

// shrinks leaves the compressed bytes in scratch and reports whether they pay.
func (p *Packer) shrinks(raw []byte) bool {
	p.scratch = s2.Encode(p.scratch[:cap(p.scratch)], raw)
	return len(p.scratch) <= len(raw)-len(raw)/8
}

// Add packs one more event.
func (p *Packer) Add(e *throughline.Event) {
	p.count++
	flags := len(p.body)
	p.body = append(p.body, 0)
	p.body = append(p.body, e.ID[:]...)
	p.word(placeEngine, e.Engine)
	p.word(placeType, string(e.Type))
	p.number(uint64(e.Version))
	occurred, recorded := e.OccurredAt.UnixMicro(), e.RecordedAt.UnixMicro()
	p.body = binary.AppendVarint(p.body, occurred-p.occurred)
	p.body = binary.AppendVarint(p.body, recorded-occurred)
	p.occurred = occurred
	p.word(placeActorKind, string(e.Actor.Kind))
	p.word(placeActorID, e.Actor.ID)
	p.word(placeActorTeam, e.Actor.Team)
	p.word(placeOnBehalfOf, e.Actor.OnBehalfOf)
	p.word(placeSource, e.Source)
	p.number(uint64(len(e.Objects)))
	for i := range e.Objects {
		o, place := &e.Objects[i], placeObjects+4*min(i, objectsApart-1)
		p.word(place, o.Type)
		p.word(place+1, o.ID)
		p.word(place+2, o.Version)
		p.word(place+3, o.Qualifier)
	}
	p.body[flags] = p.rest(e)
}

// rest writes what not every event has, and returns the flags that announce it.
func (p *Packer) rest(e *throughline.Event) (flags byte) {
	if !e.Cause.IsZero() {
		flags |= hasCause
		p.body = append(p.body, e.Cause[:]...)
	}
	if e.Trace != "" {
		flags |= hasTrace
		p.once(e.Trace)
	}
	if e.Key != "" {
		flags |= hasKey
		p.once(e.Key)
	}
	if !e.Subject.IsZero() {
		flags |= hasSubject
		p.body = append(p.body, e.Subject[:]...)
	}
	if len(e.Data) > 0 {
		flags |= hasData
		p.number(uint64(len(e.Data)))
		p.body = append(p.body, e.Data...)
	}
	if len(e.Sealed) > 0 {
		flags |= hasSealed
		p.number(uint64(len(e.Sealed)))
		p.body = append(p.body, e.Sealed...)
	}
	return flags
}

func (p *Packer) number(n uint64) { p.body = binary.AppendUvarint(p.body, n) }

// word writes a string that other events are likely to share.
func (p *Packer) word(place int, s string) {
	if s == "" {
		p.body = append(p.body, 1)
		return
	}
	if r := &p.recent[place]; r.word == s {
		p.number(r.number)
		return
	}
	n, ok := p.known[s]
	if ok {
		p.number(n)
	} else {
		if p.known == nil {
			p.known = make(map[string]uint64, 16)
		}
		n = uint64(len(p.known)) + 2
		p.known[s] = n
		p.body = append(p.body, 0)
		p.once(s)
	}
	p.recent[place] = recentWord{s, n}
}

// once writes a string that no other event is likely to have.
func (p *Packer) once(s string) {
	p.number(uint64(len(s)))
	p.text = append(p.text, s...)
}

// Unpack returns the events of a block, with Seq counting from first. Anything
// but what Pack wrote is an error with the code Corrupt. Data and Sealed share
// memory with the block or with each other, and have no room to grow.
func Unpack(first uint64, block []byte) ([]throughline.Event, error) {
	payload, err := payloadOf(block)
	if err != nil {
		return nil, unreadable(err)
	}
	u := unpacker{body: payload}
	events, err := u.block(first)
	if err != nil {
		return nil, unreadable(err)
	}
	return events, nil
}

func unreadable(err error) error {
	return throughline.Errorf(throughline.Corrupt, "a block of events cannot be read: %w", err)
}

var (
	errShort    = errors.New("it ends too early")
	errFormat   = errors.New("it has a format this version does not know")
	errHuge     = errors.New("it claims more than a block may hold")
	errWord     = errors.New("it refers to a word it does not have")
	errTrailing = errors.New("it goes on after its last event")
)

func payloadOf(block []byte) ([]byte, error) {
	if len(block) < 2 {
		return nil, errShort
	}
	if block[0] != format1 {
		return nil, errFormat
	}
	switch raw := block[2:]; block[1] {
	case codecPlain:
		return raw, nil
	case codecS2:
		n, err := s2.DecodedLen(raw)
		if err != nil {
			return nil, err
		}
		if n > maxBlock {
			return nil, errHuge
		}
		return s2.Decode(nil, raw)
	}
	return nil, errFormat
}

// unpacker reads a payload. The first error stays and every read after it
// returns zeros, so that callers check once per event.
type unpacker struct {
	body     []byte
	text     string
	words    []string
	objects  []throughline.Object // room for objects of events to come
	occurred int64
	err      error
}

func (u *unpacker) block(first uint64) ([]throughline.Event, error) {
	count, length := u.number(), u.number()
	if u.err != nil {
		return nil, u.err
	}
	if length > uint64(len(u.body)) || count > (uint64(len(u.body))-length)/minRecord {
		return nil, errHuge
	}
	u.text, u.body = string(u.body[:length]), u.body[length:]
	u.words = make([]string, 0, 32)
	events := make([]throughline.Event, count)
	for i := range events {
		u.event(&events[i])
		if u.err != nil {
			return nil, u.err
		}
		events[i].Seq = first + uint64(i)
	}
	if len(u.body) > 0 || u.text != "" {
		return nil, errTrailing
	}
	return events, nil
}

func (u *unpacker) event(e *throughline.Event) {
	flags := u.bytes(1)
	if u.err == nil && flags[0]&^allFlags != 0 {
		u.fail(errFormat)
	}
	if u.err != nil {
		return
	}
	copy(e.ID[:], u.bytes(16))
	e.Engine = u.word()
	e.Type = throughline.EventType(u.word())
	e.Version = int(u.number())
	occurred := u.occurred + u.signed()
	e.OccurredAt = time.UnixMicro(occurred).UTC()
	e.RecordedAt = time.UnixMicro(occurred + u.signed()).UTC()
	u.occurred = occurred
	e.Actor.Kind = throughline.ActorKind(u.word())
	e.Actor.ID = u.word()
	e.Actor.Team = u.word()
	e.Actor.OnBehalfOf = u.word()
	e.Source = u.word()
	e.Objects = u.objectList()
	u.rest(e, flags[0])
}

func (u *unpacker) rest(e *throughline.Event, flags byte) {
	if flags&hasCause != 0 {
		copy(e.Cause[:], u.bytes(16))
	}
	if flags&hasTrace != 0 {
		e.Trace = u.once()
	}
	if flags&hasKey != 0 {
		e.Key = u.once()
	}
	if flags&hasSubject != 0 {
		copy(e.Subject[:], u.bytes(16))
	}
	if flags&hasData != 0 {
		e.Data = u.bytes(u.number())
	}
	if flags&hasSealed != 0 {
		e.Sealed = u.bytes(u.number())
	}
}

// objectList cuts the objects of an event from room shared by many.
func (u *unpacker) objectList() []throughline.Object {
	count := u.number()
	if count > uint64(len(u.body))/4 { // an object is four words
		u.fail(errHuge)
	}
	if count == 0 || u.err != nil {
		return nil
	}
	n := int(count)
	if n > len(u.objects) {
		u.objects = make([]throughline.Object, max(n, 256))
	}
	list := u.objects[:n:n]
	u.objects = u.objects[n:]
	for i := range list {
		list[i] = throughline.Object{Type: u.word(), ID: u.word(), Version: u.word(), Qualifier: u.word()}
	}
	return list
}

func (u *unpacker) fail(err error) {
	if u.err == nil {
		u.err = err
	}
	u.body = nil
}

func (u *unpacker) number() uint64 {
	if len(u.body) > 0 && u.body[0] < 0x80 { // nearly all of them
		n := u.body[0]
		u.body = u.body[1:]
		return uint64(n)
	}
	n, size := binary.Uvarint(u.body)
	if size <= 0 {
		u.fail(errShort)
		return 0
	}
	u.body = u.body[size:]
	return n
}

func (u *unpacker) signed() int64 {
	n, size := binary.Varint(u.body)
	if size <= 0 {
		u.fail(errShort)
		return 0
	}
	u.body = u.body[size:]
	return n
}

func (u *unpacker) bytes(n uint64) []byte {
	if n > uint64(len(u.body)) {
		u.fail(errShort)
		return nil
	}
	b := u.body[:n:n]
	u.body = u.body[n:]
	return b
}

func (u *unpacker) word() string {
	switch n := u.number(); {
	case n == 0:
		s := u.once()
		u.words = append(u.words, s)
		return s
	case n == 1:
		return ""
	case n-2 < uint64(len(u.words)):
		return u.words[n-2]
	}
	u.fail(errWord)
	return ""
}

func (u *unpacker) once() string {
	n := u.number()
	if n > uint64(len(u.text)) {
		u.fail(errShort)
		return ""
	}
	s := u.text[:n]
	u.text = u.text[n:]
	return s
}
