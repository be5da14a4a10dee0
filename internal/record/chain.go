package record

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/throughline-engine/throughline"
)

// Batch is one link of the journal's chain: a block of events, their numbers,
// and what ties them to the batch before. Adapters store its fields as they are.
type Batch struct {
	// First and Last are the numbers of its first and last event.
	First, Last uint64
	// Prev is the hash of the batch before, zero for the first batch.
	Prev throughline.Digest
	// Hash is the SHA-256 over everything above and the block.
	Hash throughline.Digest
	// CRC is the CRC-32C over everything above and the block. It is what every
	// reader checks; the hash costs several times more, and Verify checks it.
	CRC uint32
	// Block is what Pack returned.
	Block []byte
}

// Link returns the batch of count events, at least one, that continues the
// chain at head.
func Link(head Head, count int, block []byte) Batch {
	b := Batch{First: head.Seq + 1, Last: head.Seq + uint64(count), Prev: head.Hash, Block: block}
	b.Hash = b.hash()
	b.CRC = b.crc()
	return b
}

// Head returns the head of a chain that ends with the batch.
func (b *Batch) Head() Head { return Head{Seq: b.Last, Hash: b.Hash} }

// String names the batch by its events: "batch 1201-1300".
func (b *Batch) String() string { return fmt.Sprintf("batch %d-%d", b.First, b.Last) }

// Follows returns an error with the code Corrupt unless the batch continues the
// chain at head and carries the bytes it was written with. It finds every
// accident; a change made with care is found by Proves.
func (b *Batch) Follows(head Head) error {
	switch {
	case b.First <= head.Seq:
		return throughline.Errorf(throughline.Corrupt, "%s of the journal comes twice: event %d is already there", b, head.Seq).
			WithFix("%s", restoreFix)
	case b.First != head.Seq+1:
		return throughline.Errorf(throughline.Corrupt, "events %d to %d of the journal are missing: %s follows event %d", head.Seq+1, b.First-1, b, head.Seq).
			WithFix("%s", restoreFix)
	case b.crc() != b.CRC || b.Last < b.First:
		return throughline.Errorf(throughline.Corrupt, "%s of the journal does not match its checksum: stored bytes have changed", b).
			WithFix("%s", restoreFix)
	case b.Prev != head.Hash:
		return throughline.Errorf(throughline.Corrupt, "%s of the journal does not continue the batch before it: one of the two was replaced", b).
			WithFix("%s", restoreFix)
	}
	return nil
}

// Proves is Follows and recomputes the hash.
func (b *Batch) Proves(head Head) error {
	if err := b.Follows(head); err != nil {
		return err
	}
	if b.hash() != b.Hash {
		return throughline.Errorf(throughline.Corrupt, "%s of the journal does not match its hash: it was changed on purpose", b).
			WithFix("%s", restoreFix)
	}
	return nil
}

const restoreFix = "stop the engine and restore the latest backup; keep the damaged folder"

// Events unpacks the block and brings every event up to date.
func (b *Batch) Events(up Upcasters) ([]throughline.Event, error) {
	events, err := Unpack(b.First, b.Block)
	if err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "%s of the journal: %w", b, err).WithFix("%s", restoreFix)
	}
	if uint64(len(events)) != b.Last-b.First+1 {
		return nil, throughline.Errorf(throughline.Corrupt, "%s of the journal holds %d events", b, len(events)).WithFix("%s", restoreFix)
	}
	return events, up.All(events)
}

// numbers is the fixed part that the hash covers: a name, so that no other use
// of SHA-256 gives the same value, then the numbers and the link.
func (b *Batch) numbers() []byte {
	n := make([]byte, 0, 128)
	n = append(n, "throughline batch 1\n"...)
	n = binary.BigEndian.AppendUint64(n, b.First)
	n = binary.BigEndian.AppendUint64(n, b.Last)
	return append(n, b.Prev[:]...)
}

func (b *Batch) hash() (d throughline.Digest) {
	h := sha256.New()
	h.Write(b.numbers())
	h.Write(b.Block)
	h.Sum(d[:0])
	return d
}

func (b *Batch) crc() uint32 {
	castagnoli := crc32.MakeTable(crc32.Castagnoli) // the library keeps one
	sum := crc32.Update(0, castagnoli, b.numbers())
	sum = crc32.Update(sum, castagnoli, b.Hash[:])
	return crc32.Update(sum, castagnoli, b.Block)
}
