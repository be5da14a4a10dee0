package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/live"
)

// Bulk evaluation, for clients that decide once and read from their own cache:
// every placement in one answer, whose ETag is of all its bytes. The same
// recipient in the same context has the same bytes for as long as what was
// chosen is held.

// flagsKey is where a context may name the placements it asks about.
const flagsKey = "flags"

func (a *API) evaluateFlags(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	body, until, err := a.evaluateAll(w, r)
	if err != nil {
		a.refuse(w, r, "", err)
		return
	}
	w.Header().Set(validUntil, until.UTC().Format(time.RFC3339Nano))
	tag := etagOf(body)
	w.Header().Set("ETag", `"`+tag+`"`)
	if sameETag(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func (a *API) evaluateAll(w http.ResponseWriter, r *http.Request) (body []byte, until time.Time, err error) {
	if err := a.mayRead(r); err != nil {
		return nil, until, err
	}
	context, err := readContext(w, r)
	if err != nil {
		return nil, until, err
	}
	names, err := takeFlags(context)
	if err != nil {
		return nil, until, err
	}
	q, err := a.question(context)
	if err != nil {
		return nil, until, err
	}
	now := q.At
	all, release, err := a.plane.DecideAll(r.Context(), q, names)
	if err != nil {
		return nil, until, err
	}
	b := append(make([]byte, 0, 256+1024*len(all)), `{"flags":[`...)
	until = now.Add(throughline.MaxValid)
	for i := range all {
		if i > 0 {
			b = append(b, ',')
		}
		if end := all[i].Decision.ValidUntil; all[i].Err == nil && end.Before(until) {
			until = end
		}
		b = a.appendConsidered(b, r, &all[i])
	}
	b = append(b, `],"metadata":{"release":`...)
	b = strconv.AppendInt(b, int64(release), 10)
	b = append(b, `},"eventStreams":[{"type":"sse","endpoint":{"requestUri":`...)
	b = appendText(b, a.streamURI(release, now))
	return append(b, `},"inactivityDelaySec":120}]}`...), until, nil
}

// takeFlags takes the list of placements out of a context, which is no trait of
// the recipient; nil means all.
func takeFlags(context map[string]any) ([]string, error) {
	listed, ok := context[flagsKey]
	if !ok || listed == nil {
		return nil, nil
	}
	delete(context, flagsKey)
	wrong := throughline.Errorf(throughline.Invalid, "context.flags is not a list of names").
		At(placeContext).WithFix("send a list of placements, or leave it out and get all")
	list, ok := listed.([]any)
	if !ok {
		return nil, wrong
	}
	names := make([]string, 0, len(list))
	for _, v := range list {
		name, ok := v.(string)
		if !ok || name == "" {
			return nil, wrong
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// appendConsidered writes one placement's answer. One that failed stands among
// those that did not.
func (a *API) appendConsidered(b []byte, r *http.Request, c *live.Considered) []byte {
	if c.Err == nil {
		c.Decision.AsOf = 0 // of a held decision it is known only while its epoch lasts, and its end would be another ETag
		return appendEvaluation(b, c.Placement, &c.Decision)
	}
	code := "GENERAL"
	if throughline.CodeOf(c.Err) == throughline.NotFound {
		code = "FLAG_NOT_FOUND"
	} else {
		a.logInternal(r.Context(), r.Pattern, c.Err)
	}
	failed, err := json.Marshal(ofrepError{Key: c.Placement, ErrorCode: code, ErrorDetails: publicText(c.Err)})
	if err != nil { // cannot be for three texts
		return append(b, `{"key":"","errorCode":"GENERAL"}`...)
	}
	return append(b, failed...)
}

// etagOf returns the tag of an answer, without its quotes. It is of the whole
// body, so that no change of context or release can pass for the same.
func etagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// sameETag reports whether a client has the answer already. Some clients leave
// out the quotes. "*" is not taken: to a question that is no resource it would
// say that any answer will do.
func sameETag(ifNoneMatch []string, tag string) bool {
	for _, line := range ifNoneMatch {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if strings.Trim(one, `"`) == tag {
				return true
			}
		}
	}
	return false
}
