package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"
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
type match struct{ words, filters, none string }

func matchOf(q record.IndexQuery) match {
	var m match
	var terms, filters, none []string
	for _, t := range q.Terms {
		if len(t.Words) == 0 {
			continue
		}
		terms = append(terms, quoted(strings.Join(t.Words, " "), t.Prefix))
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
		switch part {
		case inName:
			list = append(list, "({name} : ("+m.words+"))")
		default:
			list = append(list, "({name body} : ("+m.words+"))")
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
	part, below, err := cursorOf(q.After)
	if err != nil {
		return page, err
	}
	m := matchOf(q)
	if q.Limit > 0 {
		err = x.hits(ctx, m, part, below, q.Limit, &page)
	}
	if err == nil && q.Count > 0 {
		err = x.count(ctx, m, q, &page)
	}
	return page, x.db.failed("read", err)
}

func cursorOf(after string) (part string, below int64, err error) {
	if after == "" {
		return inName, math.MaxInt64, nil
	}
	part, number, _ := strings.Cut(after, ".")
	below, err = strconv.ParseInt(number, 36, 64)
	if err != nil || part != inName && part != inOther {
		return "", 0, throughline.Errorf(throughline.Invalid, "the cursor %q is none of ours", after).WithFix("begin again without one")
	}
	return part, below, nil
}

// hits reads one row more than asked, to know whether there is a next page.
func (x *index) hits(ctx context.Context, m match, part string, below int64, limit int, page *record.IndexPage) error {
	parts := []string{inName, inOther}
	if part == inOther || m.words == "" {
		parts = parts[1:]
	}
	var last string
	for _, part := range parts {
		found, err := x.rows(ctx, m, part, below, limit+1-len(page.Hits), func(id int64, key, _ string, data []byte) {
			if len(page.Hits) == limit {
				page.Next = last
				return
			}
			page.Hits = append(page.Hits, record.IndexHit{Key: key, Data: data})
			last = part + "." + strconv.FormatInt(id, 36)
		})
		if err != nil || page.Next != "" || found > limit {
			return err
		}
		below = math.MaxInt64
	}
	return nil
}

// rows calls fn for each row of one part of the answer, newest first, and
// returns how many there were.
func (x *index) rows(ctx context.Context, m match, part string, below int64, limit int, fn func(id int64, key, tags string, data []byte)) (n int, err error) {
	query, args := "SELECT id, key, tags, data FROM doc WHERE id < ? ORDER BY id DESC LIMIT ?", []any{below, limit}
	if expression := m.in(part); expression != "" {
		query = "SELECT doc.id, doc.key, doc.tags, doc.data FROM (SELECT rowid AS id FROM word WHERE word MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?) AS hit CROSS JOIN doc ON doc.id = hit.id"
		args = append([]any{expression}, args...)
	} else if m.none != "" {
		return 0, throughline.Errorf(throughline.Invalid, "a question only of what is left out").WithFix("add a word or a tag")
	}
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
// than in another: the newest.
func (x *index) count(ctx context.Context, m match, q record.IndexQuery, page *record.IndexPage) (err error) {
	wanted := map[string]map[string]int{}
	for _, f := range q.Facets {
		wanted[f] = map[string]int{}
	}
	query, args := "SELECT tags FROM doc ORDER BY id DESC LIMIT ?", []any{q.Count + 1}
	if expression := m.in(""); expression != "" {
		query = "SELECT doc.tags FROM (SELECT rowid AS id FROM word WHERE word MATCH ? ORDER BY rowid DESC LIMIT ?) AS hit CROSS JOIN doc ON doc.id = hit.id"
		args = append([]any{expression}, args...)
	}
	rows, err := x.db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var tags string
	for rows.Next() {
		if page.Total == q.Count {
			page.AtLeast = true
			break
		}
		if err := rows.Scan(&tags); err != nil {
			return err
		}
		page.Total++
		for tag := range strings.SplitSeq(tags, tagEnd) {
			group, value, _ := strings.Cut(tag, ":")
			if counts := wanted[group]; counts != nil {
				counts[value]++
			}
		}
	}
	page.Facets = wanted
	return rows.Err()
}
