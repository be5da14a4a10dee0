package check

import (
	"crypto/sha256"
	"encoding/json"
	"hash"
	"sync"

	"github.com/throughline-engine/throughline"
)

// Memory keeps what was found about single pieces, by the digest of everything
// that it depends on, so that a change of one piece asks about one piece. It
// forgets what was not asked for in a while, and is safe for concurrent use. The
// zero Memory is empty.
type Memory struct {
	mu            sync.Mutex
	young, old    map[throughline.Digest]verdict
	asked, missed int64
}

// remembered is how many verdicts the younger half of a Memory holds before the
// older one is forgotten: some 100 bytes each where nothing is wrong.
const remembered = 100_000

// verdict is what was found about one piece in one slot.
type verdict struct {
	findings []throughline.Finding
	refused  bool
}

// Asked returns how many verdicts were asked for, and how many had to be found.
func (m *Memory) Asked() (asked, missed int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.asked, m.missed
}

func (m *Memory) get(key throughline.Digest) (verdict, bool) {
	if m == nil {
		return verdict{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	v, ok := m.young[key]
	if !ok {
		if v, ok = m.old[key]; ok {
			m.keep(key, v)
		}
	}
	if !ok {
		m.missed++
	}
	return v, ok
}

func (m *Memory) put(key throughline.Digest, v verdict) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, v)
}

func (m *Memory) keep(key throughline.Digest, v verdict) {
	if m.young == nil || len(m.young) >= remembered {
		m.old, m.young = m.young, make(map[throughline.Digest]verdict)
	}
	m.young[key] = v
}

// context is the digest of all that a verdict on a piece depends on but for the
// piece: the rules, what it leans on, and the minute.
func (r *run) context() throughline.Digest {
	h := sha256.New()
	write := func(res throughline.Resource) {
		d := res.Digest()
		h.Write(d[:])
	}
	write(r.Channel)
	write(r.Brand)
	for _, all := range [][]throughline.Resource{r.Guardrails, r.Sets} {
		for _, res := range all {
			write(res)
		}
	}
	for _, res := range r.Pieces {
		if res.Kind == throughline.KindClaim || res.Kind == throughline.KindDisclosure {
			write(res)
		}
	}
	writeJSON(h, []any{r.Template.Metadata.Name, r.disclosed, r.At.Unix() / 60})
	return throughline.Digest(h.Sum(nil))
}

// key is the digest that a verdict on a choice of a slot is kept under.
func (r *run) key(context throughline.Digest, spec *throughline.Slot, choice throughline.Choice) throughline.Digest {
	h := sha256.New()
	h.Write(context[:])
	writeJSON(h, spec)
	h.Write(choice.Digest[:])
	return throughline.Digest(h.Sum(nil))
}

func writeJSON(h hash.Hash, v any) {
	b, err := json.Marshal(v)
	if err != nil { // plain data
		panic("check: " + err.Error())
	}
	h.Write(b)
}
