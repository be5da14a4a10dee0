package record_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

func numbered(events []throughline.Event, first uint64) []throughline.Event {
	for i := range events {
		events[i].Seq = first + uint64(i)
	}
	return events
}

func TestPack(t *testing.T) {
	everything := throughline.Event{
		ID: throughline.ID{1}, Engine: "e", Type: "a.b", Version: 3,
		OccurredAt: time.Date(2016, 1, 2, 3, 4, 5, 6000, time.UTC), RecordedAt: time.Date(2036, 1, 2, 3, 4, 5, 0, time.UTC),
		Actor:   throughline.Actor{Kind: throughline.ActorAgent, ID: "writer", Team: "home", OnBehalfOf: "ada"},
		Objects: []throughline.Object{{Type: "Fragment", ID: "hello", Version: "2", Qualifier: "used"}, {}, {Type: "hello"}},
		Cause:   throughline.ID{2}, Trace: "trace", Source: "source", Key: "key", Subject: throughline.ID{3},
		Data: []byte("data"), Sealed: []byte{0, 255},
	}
	tests := []struct {
		sentence string
		events   []throughline.Event
	}{
		{"no events come back as none", []throughline.Event{}},
		{"every field comes back", []throughline.Event{everything}},
		{"words shared by events come back in each", []throughline.Event{everything, everything, {Type: "source", Version: 1, Engine: "ada"}}},
		{"an event of zeros comes back", []throughline.Event{{}}},
		{"times far apart and before 1970 come back", []throughline.Event{
			{OccurredAt: time.UnixMicro(math.MaxInt64).UTC(), RecordedAt: time.UnixMicro(math.MinInt64).UTC()},
			{OccurredAt: time.UnixMicro(math.MinInt64).UTC(), RecordedAt: time.UnixMicro(math.MaxInt64).UTC()},
		}},
		{"text that compresses comes back", []throughline.Event{{Type: "t", Version: 1, Data: bytes.Repeat([]byte("again "), 10_000)}}},
		{"thousands of events come back", recordtest.Events(1, 0, 5000)},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			got, err := record.Unpack(7, record.Pack(tt.events))
			if err != nil {
				t.Fatal(err)
			}
			for i := range tt.events { // a zero time is the same moment in any form
				tt.events[i].OccurredAt, tt.events[i].RecordedAt = tt.events[i].OccurredAt.UTC(), tt.events[i].RecordedAt.UTC()
			}
			if diff := cmp.Diff(numbered(tt.events, 7), got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("nanoseconds and zones are cut to microseconds in UTC", func(t *testing.T) {
		at := time.Date(2026, 5, 1, 12, 0, 0, 1999, time.FixedZone("", 3600))
		got, err := record.Unpack(1, record.Pack([]throughline.Event{{OccurredAt: at, RecordedAt: at}}))
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Date(2026, 5, 1, 11, 0, 0, 1000, time.UTC); !got[0].OccurredAt.Equal(want) || got[0].OccurredAt.Location() != time.UTC {
			t.Errorf("got %v, want %v", got[0].OccurredAt, want)
		}
	})
	t.Run("the same events give the same bytes", func(t *testing.T) {
		if !bytes.Equal(record.Pack(recordtest.Events(1, 0, 100)), record.Pack(recordtest.Events(1, 0, 100))) {
			t.Error("they differ")
		}
	})
	t.Run("Data has no room to grow over what follows it", func(t *testing.T) {
		got, err := record.Unpack(1, record.Pack([]throughline.Event{{Data: []byte("data"), Sealed: []byte("sealed")}}))
		if err != nil {
			t.Fatal(err)
		}
		_ = append(got[0].Data, "overwritten"...)
		if string(got[0].Sealed) != "sealed" {
			t.Errorf("Sealed became %q", got[0].Sealed)
		}
	})
	t.Run("Size is never less than what an event takes", func(t *testing.T) {
		for _, e := range append(recordtest.Events(3, 0, 50), everything, throughline.Event{Objects: make([]throughline.Object, 100)}) {
			if packed := len(record.Pack([]throughline.Event{e})); packed > record.Size(&e) {
				t.Errorf("an event of %d bytes is said to have %d", packed, record.Size(&e))
			}
		}
	})
}

func TestUnpack_refuses(t *testing.T) {
	sound := record.Pack(recordtest.Events(1, 0, 3))
	tests := []struct {
		sentence string
		block    []byte
	}{
		{"nothing", nil},
		{"an unknown format", append([]byte{9}, sound[1:]...)},
		{"an unknown codec", append([]byte{1, 9}, sound[2:]...)},
		{"a count beyond the bytes there are", []byte{1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}},
		{"text beyond the bytes there are", []byte{1, 0, 1, 0xff, 0xff, 0x7f}},
		{"an s2 block that claims gigabytes", []byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}},
		{"bytes after the last event", append(append([]byte{}, sound...), 0)},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			if _, err := record.Unpack(1, tt.block); throughline.CodeOf(err) != throughline.Corrupt {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a block cut anywhere", func(t *testing.T) {
		for n := range sound {
			if _, err := record.Unpack(1, sound[:n]); throughline.CodeOf(err) != throughline.Corrupt {
				t.Fatalf("cut at %d of %d: %v", n, len(sound), err)
			}
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add(record.Pack(nil))
	f.Add(record.Pack(recordtest.Events(1, 0, 2)))
	f.Add(record.Pack([]throughline.Event{{Type: "t", Version: 1, Data: bytes.Repeat([]byte("x"), 2000)}}))
	f.Fuzz(func(t *testing.T, block []byte) {
		events, err := record.Unpack(5, block)
		if err != nil {
			if throughline.CodeOf(err) != throughline.Corrupt {
				t.Fatalf("code %s: %v", throughline.CodeOf(err), err)
			}
			return
		}
		// Whatever can be read has one canonical form, which reads the same.
		canonical := record.Pack(events)
		again, err := record.Unpack(5, canonical)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(canonical, record.Pack(again)) || len(again) != len(events) {
			t.Fatal("events changed on the way through Pack")
		}
	})
}

func TestCheckEvent(t *testing.T) {
	tests := []struct {
		sentence string
		event    throughline.Event
		want     throughline.Code
	}{
		{"an event with type and version is taken", throughline.Event{Type: "t", Version: 1}, ""},
		{"an event without type is refused", throughline.Event{Version: 1}, throughline.Invalid},
		{"an event without version is refused", throughline.Event{Type: "t"}, throughline.Invalid},
		{"an event of 9 MB is refused", throughline.Event{Type: "t", Version: 1, Data: make([]byte, 9<<20)}, throughline.TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			if err := record.CheckEvent(&tt.event); throughline.CodeOf(err) != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPacker(t *testing.T) {
	t.Run("a block is full at BlockEvents", func(t *testing.T) {
		var p record.Packer
		for !p.Full() {
			p.Add(&throughline.Event{})
		}
		if p.Len() != record.BlockEvents {
			t.Errorf("it is full at %d events", p.Len())
		}
	})
	t.Run("a block is full at BlockBytes", func(t *testing.T) {
		var p record.Packer
		for !p.Full() {
			p.Add(&throughline.Event{Data: make([]byte, 600<<10)})
		}
		if p.Len() != 2 {
			t.Errorf("it is full at %d events", p.Len())
		}
	})
	t.Run("a used packer packs as a new one does", func(t *testing.T) {
		var p record.Packer
		for seed := range uint64(3) {
			events := recordtest.Events(seed, 0, 10)
			for i := range events {
				p.Add(&events[i])
			}
			if !bytes.Equal(p.Block(), record.Pack(events)) || p.Len() != 0 {
				t.Fatalf("the blocks of round %d differ", seed)
			}
		}
	})
}

func TestUpcasters(t *testing.T) {
	grow := func(to int) record.Upcast {
		return func(e *throughline.Event) error {
			e.Data, e.Version = append(e.Data, byte('0'+to)), to
			return nil
		}
	}
	up := record.Upcasters{"t": {1: grow(2), 2: grow(4)}, "stuck": {1: grow(1)}, "broken": {1: func(*throughline.Event) error {
		return throughline.Errorf(throughline.Corrupt, "no")
	}}}
	tests := []struct {
		sentence string
		event    throughline.Event
		version  int
		data     string
		code     throughline.Code
	}{
		{"an old event goes through every step", throughline.Event{Type: "t", Version: 1}, 4, "24", ""},
		{"a newer one starts where it is", throughline.Event{Type: "t", Version: 2}, 4, "4", ""},
		{"the newest stays", throughline.Event{Type: "t", Version: 4}, 4, "", ""},
		{"another type stays", throughline.Event{Type: "u", Version: 1}, 1, "", ""},
		{"a step that does not rise is a defect", throughline.Event{Type: "stuck", Version: 1}, 1, "1", throughline.Internal},
		{"a failing step keeps its code", throughline.Event{Type: "broken", Version: 1}, 1, "", throughline.Corrupt},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			events := []throughline.Event{tt.event}
			err := up.All(events)
			if throughline.CodeOf(err) != tt.code || events[0].Version != tt.version || string(events[0].Data) != tt.data {
				t.Errorf("got %v, %q, %v", events[0].Version, events[0].Data, err)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	first := record.Link(record.Head{}, 3, record.Pack(recordtest.Events(1, 0, 3)))
	second := record.Link(first.Head(), 2, record.Pack(recordtest.Events(1, 3, 2)))
	t.Run("a chain proves itself", func(t *testing.T) {
		if err := first.Proves(record.Head{}); err != nil {
			t.Error(err)
		}
		if err := second.Proves(first.Head()); err != nil {
			t.Error(err)
		}
	})
	tests := []struct {
		sentence string
		change   func(*record.Batch)
		want     string
	}{
		{"a changed byte is found", func(b *record.Batch) { b.Block[9] ^= 1 }, "checksum"},
		{"a changed hash is found", func(b *record.Batch) { b.Hash[0] ^= 1 }, "checksum"},
		{"a changed last number is found", func(b *record.Batch) { b.Last++ }, "checksum"},
		{"a gap is named", func(b *record.Batch) { b.First++ }, "events 4 to 4 of the journal are missing"},
		{"a repetition is named", func(b *record.Batch) { b.First-- }, "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.sentence, func(t *testing.T) {
			b := second
			b.Block = bytes.Clone(second.Block)
			tt.change(&b)
			err := b.Follows(first.Head())
			if throughline.CodeOf(err) != throughline.Corrupt || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), b.String()) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a batch of another chain is refused", func(t *testing.T) {
		other := record.Link(record.Head{Seq: 3, Hash: throughline.Digest{1}}, 2, second.Block)
		if err := other.Follows(first.Head()); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a batch with a wrong count is refused", func(t *testing.T) {
		b := record.Link(record.Head{}, 4, first.Block)
		if _, err := b.Events(nil); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
}

func BenchmarkPack(b *testing.B) {
	events := recordtest.Events(1, 0, 1000)
	var block []byte
	for b.Loop() {
		block = record.Pack(events)
	}
	b.ReportMetric(float64(len(events)*b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(len(block))/float64(len(events)), "bytes/event")
}

func BenchmarkUnpack(b *testing.B) {
	block := record.Pack(recordtest.Events(1, 0, 1000))
	for b.Loop() {
		if _, err := record.Unpack(1, block); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "events/s")
}
