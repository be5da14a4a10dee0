package throughline_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

func TestErrorKeepsItsCauseToItself(t *testing.T) {
	cause := &fs.PathError{Op: "open", Path: "/secret/state.db", Err: fs.ErrPermission}
	inner := throughline.Errorf(throughline.Unavailable, "the disk is full: %w", cause).At("disk").WithFix("free some")
	for name, c := range map[string]struct {
		err     *throughline.Error
		message string
	}{
		"a cause at the end is cut off":        {throughline.Errorf(throughline.Unavailable, "state cannot be read: %w", cause), "state cannot be read"},
		"one in the middle is replaced":        {throughline.Errorf(throughline.Unavailable, "with %w nothing can be read", cause), "with something unexpected nothing can be read"},
		"one alone leaves a sentence":          {throughline.Errorf(throughline.Internal, "%w", cause), "something unexpected"},
		"an Error as cause says its message":   {throughline.Errorf(throughline.Corrupt, "the release stays: %w", inner), "the release stays: the disk is full"},
		"also through another":                 {throughline.Errorf(throughline.Corrupt, "no: %w", throughline.Errorf(throughline.Corrupt, "stays: %w", inner)), "no: stays: the disk is full"},
		"one wrapped by somebody else is kept": {throughline.Errorf(throughline.Corrupt, "no: %w", fmt.Errorf("reading: %w", inner)), "no"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err.Message != c.message {
				t.Errorf("the message is %q, want %q", c.err.Message, c.message)
			}
			if n := strings.Count(c.err.Error(), "/secret/state.db"); n != 1 {
				t.Errorf("for logs it is %q, with the path %d times", c.err.Error(), n)
			}
			if !errors.Is(c.err, fs.ErrPermission) {
				t.Error("the cause is lost")
			}
		})
	}
	t.Run("Error says place, message, cause and fix", func(t *testing.T) {
		if got, want := inner.Error(), "disk: the disk is full: open /secret/state.db: permission denied (free some)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
