package api_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/serve"
)

// brokenState fails as told, once it is told to.
type brokenState struct {
	record.State
	record.Outbox
	how    atomic.Pointer[error]
	failed atomic.Int64
}

func (s *brokenState) err() error {
	if err := s.how.Load(); err != nil {
		s.failed.Add(1)
		return *err
	}
	return nil
}

func (s *brokenState) View(ctx context.Context, fn func(record.Reader) error) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.State.View(ctx, fn)
}

func (s *brokenState) Update(ctx context.Context, fn func(record.Tx) error) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.State.Update(ctx, fn)
}

// TestNoAnswerNamesAFile breaks State with errors whose text holds a path, and
// asks at every route.
func TestNoAnswerNamesAFile(t *testing.T) {
	t.Parallel()
	const path = "/srv/secret-folder/state.db"
	cause := &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	s := new(brokenState)
	d := openLive(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
		s.State, s.Outbox = r.State, r.State.(record.Outbox)
		r.State = s
		return r
	}})
	managed := d.operations(t)
	for i := range managed {
		managed[i].header = with(bearer(d.keys[operate.ScopeManage]), "Content-Type", "application/json")
	}
	strangers := []ask{
		{path: flags + "home.hero", body: `{"context":{"targetingKey":"v"}}`, header: bearer("tl_read_x")},
		{path: flags + "home.loyal", body: `{"context":{"targetingKey":"w"}}`},
		{path: "/v1/track", body: `{"userId":"v","event":"Signed Up"}`, header: basic("tl_write_x")},
		{path: "/api/v1/status", method: "GET", header: bearer("tl_manage_x")},
		{path: "/api/v1/status", method: "GET", header: http.Header{"Cookie": {serve.SessionCookie + "=x"}}},
	}
	never := func(t *testing.T, err error, asks []ask) {
		s.failed.Store(0)
		s.how.Store(&err)
		defer s.how.Store(nil)
		for _, a := range asks {
			if got := d.do(t, a); strings.Contains(string(got.body), "secret-folder") {
				t.Errorf("%s %s answers %d %s", a.method, a.path, got.status, got.body)
			}
		}
		if s.failed.Load() == 0 {
			t.Error("nothing failed, so that this proves nothing")
		}
	}
	for _, code := range []throughline.Code{throughline.Unavailable, throughline.Corrupt, throughline.Internal, throughline.Invalid} {
		t.Run("the cause of an error of the code "+string(code)+" is shown to nobody", func(t *testing.T) {
			never(t, throughline.Errorf(code, "state.db cannot be read: %w", cause), append(strangers, managed...))
		})
	}
	t.Run("nor is an error that is not ours", func(t *testing.T) {
		never(t, errors.New("open "+path), append(strangers, managed...))
	})
	for _, code := range []throughline.Code{throughline.Unavailable, throughline.Corrupt, throughline.Internal} {
		t.Run("of the code "+string(code)+" a stranger is not even told the message", func(t *testing.T) {
			never(t, throughline.Errorf(code, "%s cannot be read", path).At(path).WithFix("look at %s", path), strangers)
		})
	}
}
