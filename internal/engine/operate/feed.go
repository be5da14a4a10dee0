package operate

import (
	"context"
	"crypto/hmac"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// CalendarKey returns the key of a person's calendar link, which programs read
// the calendar by without signing in. Fresh makes a new one; the old ones stop.
func (a *Access) CalendarKey(ctx context.Context, person string, fresh bool) (key string, err error) {
	if !throughline.ValidName(person) {
		return "", throughline.Errorf(throughline.Invalid, "only people have a calendar link").WithFix("sign in as a person")
	}
	read := func(r record.Reader) error {
		count, err := feedCount(r, person)
		key = a.calendarKey(person, count)
		return err
	}
	if !fresh {
		return key, a.core.Record.State.View(ctx, func(r record.Reader) error { return read(r) })
	}
	err = a.core.Update(ctx, func(tx record.Tx) error {
		if err := engine.CloseFeed(tx, person); err != nil {
			return err
		}
		return read(tx)
	})
	return key, err
}

func feedCount(r record.Reader, person string) (count int, err error) {
	_, err = engine.GetJSON(r, engine.BucketFeeds, person, &count)
	return count, ignoreNotFound(err)
}

func (a *Access) calendarKey(person string, count int) string {
	return person + "~" + a.hash("calendar feed", person+" "+strconv.Itoa(count))
}

// CalendarCaller returns who a calendar link is of, and what they may do today.
// A key that does not hold is an error with the code NotFound.
func (a *Access) CalendarCaller(ctx context.Context, key string) (by engine.Caller, err error) {
	person, _, _ := strings.Cut(key, "~")
	gone := throughline.Errorf(throughline.NotFound, "this calendar link does not hold").
		WithFix("copy the link from the calendar again")
	if !throughline.ValidName(person) {
		return by, gone
	}
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		count, err := feedCount(r, person)
		if err != nil {
			return err
		}
		if !hmac.Equal([]byte(key), []byte(a.calendarKey(person, count))) {
			return gone
		}
		by, _, err = personIn(r, person)
		return err
	})
	if err == nil && by.Stranger() {
		err = gone // no longer declared
	}
	return by, err
}
