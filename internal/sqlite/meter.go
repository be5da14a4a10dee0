package sqlite

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// meterInterval is how often the size of a file is looked at while SQLite writes
// it.
const meterInterval = 100 * time.Millisecond

// meter tells how much of a copy is done.
type meter struct {
	done atomic.Uint64
	of   uint64
	tell func(done, of uint64)
}

// newMeter returns a meter of a copy of the folder. Its total is an estimate:
// databases shrink and grow on the way.
func newMeter(dir string, tell func(done, of uint64)) *meter {
	m := &meter{tell: tell}
	if tell == nil {
		m.tell = func(uint64, uint64) {}
		return m
	}
	// What cannot be counted is left out: copying it will say what is wrong.
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			m.of += uint64(info.Size())
		}
		return nil
	})
	return m
}

func (m *meter) add(n int) {
	done := m.done.Add(uint64(n))
	m.tell(done, max(done, m.of))
}

// follow tells how a file grows until stop is called, which returns when no more
// will be told.
func (m *meter) follow(path string) (stop func()) {
	quit := make(chan struct{})
	var following sync.WaitGroup
	known := 0
	look := func() {
		if info, err := os.Stat(path); err == nil {
			m.add(int(info.Size()) - known)
			known = int(info.Size())
		}
	}
	following.Go(func() {
		tick := time.NewTicker(meterInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				look()
			case <-quit:
				return
			}
		}
	})
	return func() {
		close(quit)
		following.Wait()
		look()
	}
}

// reader counts what is read through it.
func (m *meter) reader(r io.Reader) io.Reader { return meteredReader{m, r} }

type meteredReader struct {
	meter *meter
	r     io.Reader
}

// Read reads and counts.
func (r meteredReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.meter.add(n)
	return n, err
}
