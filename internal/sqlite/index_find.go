package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// The parts of an answer, in their order: what a cursor begins with.
const (
	inName  = "n"
	inOther = "o"
)

// match is a question in the language of FTS5, without the part of the answer:
// words and filters, either of which may be empty.
type match struct {
	words, filters, none string
	// tagged says that a word might be found among the tags. Only then is the
	// column asked for: FTS5 would read every position of every word.
	tagged bool
}

func matchOf(q record.IndexQuery) match {
	var m match
	var terms, filters, none []string
	for _, t := range q.Terms {
		if len(t.Words) == 0 {
			continue
		}
		terms = append(terms, quoted(strings.Join(t.Words, " "), t.Prefix))
		m.tagged = m.tagged || slices.ContainsFunc(t.Words, likeTag)
	}
	for _, group := range q.All {
		var any []string
		for _, tag := range group {
			any = append(any, quoted(tagToken(tag), false))
		}
		filters = append(filters, "("+strings.Join(any, " OR ")+")")
	}
	for _, tag := range q.None {
		none = append(none, quoted(tagToken(tag), false))
	}
	m.words, m.filters, m.none = strings.Join(terms, " AND "), strings.Join(filters, " AND "), strings.Join(none, " OR ")
	return m
}

// likeTag reports whether a word, or what begins with it, may be that of a tag.
func likeTag(word string) bool {
	return strings.HasPrefix(word, tagStart) || strings.HasPrefix(tagStart, word)
}

func quoted(s string, prefix bool) string {
	s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	if prefix {
		s += "*"
	}
	return s
}

// in returns the whole expression for one part of the answer; empty where every
// row fits.
func (m match) in(part string) string {
	var list []string
	if m.filters != "" {
		list = append(list, m.filters)
	}
	none := m.none
	if m.words != "" {
		switch {
		case part == inName:
			list = append(list, "({name} : ("+m.words+"))")
		case m.tagged:
			list = append(list, "({name body} : ("+m.words+"))")
		default:
			list = append(list, "("+m.words+")")
		}
	}
	all := strings.Join(list, " AND ")
	if none != "" && all != "" {
		all = "(" + all + ") NOT (" + none + ")"
	}
	if part == inOther && m.words != "" {
		all = "(" + all + ") NOT ({name} : (" + m.words + "))"
	}
	return all
}

// Find implements record.Index.
func (x *index) Find(ctx context.Context, q record.IndexQuery) (page record.IndexPage, err error) {
	for _, group := range q.All {
		if len(group) == 0 {
			return page, nil // nothing has one tag of none
		}
	}
	part, above, err := cursorOf(q.After)
	if err != nil {
		return page, err
	}
	m := matchOf(q)
	var all []int64
	if q.Count > 0 {
		all, err = x.count(ctx, m, q, &page)
	}
	if page.AtLeast && m.words != "" || q.After != "" {
		all = nil // not every row, or not from the first
	}
	if err == nil && q.Limit > 0 {
		err = x.hits(ctx, m, cursor{part, above}, all, q.Limit, &page)
	}
	return page, x.db.failed("read", err)
}

// cursor is the last row of a page: the next begins behind it.
type cursor struct {
	part  string
	above int64
}

func cursorOf(after string) (part string, above int64, err error) {
	if after == "" {
		return inName, math.MinInt64, nil
	}
	part, number, _ := strings.Cut(after, ".")
	above, err = strconv.ParseInt(number, 36, 64)
	if err != nil || part != inName && part != inOther {
		return "", 0, throughline.Errorf(throughline.Invalid, "the cursor %q is none of ours", after).WithFix("begin again without one")
	}
	return part, above, nil
}

// hits reads one row more than asked, to know whether there is a next page. All
// are the numbers of every row that fits, newest first, where they were counted
// already, or, in a question without words, of the newest: then nothing is searched
// a second time.
func (x *index) hits(ctx context.Context, m match, at cursor, all []int64, limit int, page *record.IndexPage) error {
	parts := []string{inName, inOther}
	if at.part == inOther || m.words == "" {
		parts = parts[1:]
	}
	var last string
	named := map[int64]bool{}
	for _, part := range parts {
		more := limit + 1 - len(page.Hits)
		take := func(id int64, key, _ string, data []byte) {
			named[id] = true
			if len(page.Hits) == limit {
				page.Next = last
				return
			}
			page.Hits = append(page.Hits, record.IndexHit{Key: key, Data: data})
			last = part + "." + strconv.FormatInt(id, 36)
		}
		var found int
		var err error
		if part == inOther && len(all) > 0 {
			all = slices.DeleteFunc(all, func(id int64) bool { return named[id] })
			found, err = x.these(ctx, all[:min(len(all), more)], take)
		} else {
			found, err = x.rows(ctx, m, part, at.above, more, take)
		}
		if err != nil || page.Next != "" || found > limit {
			return err
		}
		at.above = math.MinInt64
	}
	return nil
}

// these calls fn for the rows of these numbers.
func (x *index) these(ctx context.Context, ids []int64, fn func(id int64, key, tags string, data []byte)) (n int, err error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return 0, err
	}
	return x.each(ctx, "SELECT doc.id, doc.key, '', doc.data FROM json_each(?) AS hit CROSS JOIN doc ON doc.id = hit.value ORDER BY doc.id", []any{string(list)}, fn)
}

// rows calls fn for each row of one part of the answer, newest first, and
// returns how many there were.
func (x *index) rows(ctx context.Context, m match, part string, above int64, limit int, fn func(id int64, key, tags string, data []byte)) (n int, err error) {
	query, args := "SELECT id, key, tags, data FROM doc WHERE id > ? ORDER BY id LIMIT ?", []any{above, limit}
	if expression := m.in(part); expression != "" {
		query = "SELECT doc.id, doc.key, doc.tags, doc.data FROM (SELECT rowid AS id FROM word WHERE word MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?) AS hit CROSS JOIN doc ON doc.id = hit.id"
		args = append([]any{expression}, args...)
	} else if m.none != "" {
		return 0, throughline.Errorf(throughline.Invalid, "a question only of what is left out").WithFix("add a word or a tag")
	}
	return x.each(ctx, query, args, fn)
}

func (x *index) each(ctx context.Context, query string, args []any, fn func(id int64, key, tags string, data []byte)) (n int, err error) {
	rows, err := x.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		var key, tags string
		var data []byte
		if err := rows.Scan(&id, &key, &tags, &data); err != nil {
			return n, err
		}
		n++
		fn(id, key, tags, data)
	}
	return n, rows.Err()
}

// count looks at up to q.Count things that fit, in no part of the answer more
// than in another: the newest. It returns their numbers.
func (x *index) count(ctx context.Context, m match, q record.IndexQuery, page *record.IndexPage) (all []int64, err error) {
	wanted := map[string]map[string]int{}
	for _, f := range q.Facets {
		wanted[f] = map[string]int{}
	}
	query, args := "SELECT id, tags FROM doc ORDER BY id LIMIT ?", []any{q.Count + 1}
	if expression := m.in(""); expression != "" {
		query = "SELECT doc.id, doc.tags FROM (SELECT rowid AS id FROM word WHERE word MATCH ? ORDER BY rowid LIMIT ?) AS hit CROSS JOIN doc ON doc.id = hit.id"
		args = append([]any{expression}, args...)
	}
	rows, err := x.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var id int64
	var tags string
	for rows.Next() {
		if page.Total == q.Count {
			page.AtLeast = true
			break
		}
		if err := rows.Scan(&id, &tags); err != nil {
			return nil, err
		}
		page.Total++
		all = append(all, id)
		for tag := range strings.SplitSeq(tags, tagEnd) {
			group, value, _ := strings.Cut(tag, ":")
			if counts := wanted[group]; counts != nil {
				counts[value]++
			}
		}
	}
	page.Facets = wanted
	return all, rows.Err()
}
