package intake

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
)

// UpworthyRow is one package of the Upworthy Research Archive: what one part of
// a test's visitors saw, and what they did. The archive is described by Matias,
// Munger, Le Quere and Ebersole, Scientific Data 8 (2021), 195,
// doi:10.1038/s41597-021-00934-7.
type UpworthyRow struct {
	// Line is where the row begins in the file, from 1.
	Line int
	// Test is the id of the test it belongs to. Rows of a test need not be
	// neighbours.
	Test string
	// Headline, Excerpt and Image are what varies between packages; Image is an
	// id. Text is as the file has it: a few headlines hold HTML, and many excerpts
	// are the site's standing one.
	Headline, Excerpt, Image string
	// Impressions and Clicks are counts, 0 <= Clicks <= Impressions.
	Impressions, Clicks int64
	// Week is year and week of the test, 201446 say.
	Week int
}

// The weeks, both included, in which the site did not assign visitors at random
// (25 June 2013 to 10 January 2014, as the archive's authors found): good for
// testing alarms, bad for any claim about what causes clicks.
const (
	UpworthyBrokenFrom = 201325
	UpworthyBrokenTo   = 201401
)

// Broken reports whether the row is from the weeks without randomisation.
func (r UpworthyRow) Broken() bool {
	return r.Week >= UpworthyBrokenFrom && r.Week <= UpworthyBrokenTo
}

// maxRow is how many bytes one row may take: a quote that is never closed would
// otherwise read a file of any size into memory.
const maxRow = 1 << 20

// columns are those that the reader needs, by name; others may be there.
var columns = [...]string{
	"clickability_test_id", "headline", "excerpt", "eyecatcher_id", "impressions", "clicks", "test_week",
}

// Upworthy reads packages from CSV with a header, plain or compressed with gzip,
// which it tells from the first bytes. Columns are found by name and may come in
// any order.
//
// A row that cannot be read yields an error with the code Invalid whose Place is
// "line 17", and the next row follows. A header without a needed column, a row
// over a megabyte and a failing stream end the reading with an error; the last
// two may have hidden rows, and say so. The sequence can be used once.
func Upworthy(r io.Reader) iter.Seq2[UpworthyRow, error] {
	return func(yield func(UpworthyRow, error) bool) {
		plain, err := decompress(r)
		if err != nil {
			yield(UpworthyRow{}, err)
			return
		}
		rows := newUpworthyRows(plain)
		if err := rows.header(); err != nil {
			yield(UpworthyRow{}, err)
			return
		}
		for {
			row, err := rows.next()
			if errors.Is(err, io.EOF) || !yield(row, err) || over(err) {
				return
			}
		}
	}
}

// over reports whether reading cannot go on after err.
func over(err error) bool {
	return err != nil && throughline.CodeOf(err) != throughline.Invalid
}

// decompress returns the plain stream.
func decompress(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	magic, err := b.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, broken(err, 1)
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, broken(err, 1)
	}
	return z, nil
}

// broken says that the stream failed.
func broken(err error, line int) error {
	return throughline.Errorf(throughline.Unavailable, "the file cannot be read further: %w", err).
		At(place(line)).WithFix("fetch the file again; rows from here on were not read")
}

// upworthyRows reads one file.
type upworthyRows struct {
	csv   *csv.Reader
	limit *rowLimit
	// at is where the file has each of columns.
	at [len(columns)]int
	// line is where the row read last begins.
	line int
}

func newUpworthyRows(plain io.Reader) *upworthyRows {
	u := &upworthyRows{limit: &rowLimit{r: plain}, line: 1}
	u.csv = csv.NewReader(u.limit)
	u.csv.ReuseRecord = true
	return u
}

func (u *upworthyRows) header() error {
	u.limit.reset()
	names, err := u.csv.Read()
	if errors.Is(err, io.EOF) {
		return throughline.Errorf(throughline.Invalid, "the file is empty").At("line 1")
	}
	if err != nil {
		return u.unread(err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	var missing []string
	for c, name := range columns {
		u.at[c] = slices.Index(names, name)
		if u.at[c] < 0 {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return throughline.Errorf(throughline.Invalid, "the header has no column %s", strings.Join(missing, ", ")).
			At("line 1").WithFix("use a file of packages as the Upworthy Research Archive has it")
	}
	return nil
}

// next returns the next row, what is wrong with it, or io.EOF.
func (u *upworthyRows) next() (UpworthyRow, error) {
	u.limit.reset()
	record, err := u.csv.Read()
	if err != nil {
		return UpworthyRow{}, u.unread(err)
	}
	u.line, _ = u.csv.FieldPos(0)
	row, bad := u.parse(record)
	row.Line = u.line
	if bad != nil {
		return row, bad.At(place(u.line))
	}
	return row, nil
}

// unread says why no row came.
func (u *upworthyRows) unread(err error) error {
	if syntax, ok := errors.AsType[*csv.ParseError](err); ok {
		u.line = syntax.StartLine
		bad := throughline.Errorf(throughline.Invalid, "the row is not CSV: %w", syntax.Err).At(place(u.line))
		if syntax.Line > syntax.StartLine {
			bad.WithFix("a quote may be missing: lines %d to %d were taken for one row", syntax.StartLine, syntax.Line)
		}
		return bad
	}
	if errors.Is(err, errRowLimit) {
		return throughline.Errorf(throughline.TooLarge, "a row after %s is over %d bytes long", place(u.line), maxRow).
			At(place(u.line)).WithFix("look for a quote that is never closed; rows from there on were not read")
	}
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return broken(err, u.line)
}

func place(line int) string { return "line " + strconv.Itoa(line) }

func (u *upworthyRows) parse(record []string) (UpworthyRow, *throughline.Error) {
	var field [len(columns)]string
	for c, name := range columns {
		field[c] = strings.Clone(record[u.at[c]])
		if !utf8.ValidString(field[c]) {
			return UpworthyRow{}, throughline.Errorf(throughline.Invalid, "%s is not valid UTF-8", name)
		}
	}
	row := UpworthyRow{Test: field[0], Headline: field[1], Excerpt: field[2], Image: field[3]}
	if row.Test == "" {
		return row, throughline.Errorf(throughline.Invalid, "%s is empty", columns[0])
	}
	var bad *throughline.Error
	if row.Impressions, bad = count(columns[4], field[4]); bad != nil {
		return row, bad
	}
	if row.Clicks, bad = count(columns[5], field[5]); bad != nil {
		return row, bad
	}
	if row.Clicks > row.Impressions {
		return row, throughline.Errorf(throughline.Invalid, "%d clicks in %d impressions", row.Clicks, row.Impressions)
	}
	week, err := strconv.Atoi(field[6])
	if err != nil || week < 200000 || week > 299999 || week%100 > 53 {
		return row, throughline.Errorf(throughline.Invalid, "%s is %q, not a year and a week as in 201446", columns[6], field[6])
	}
	row.Week = week
	return row, nil
}

// maxCount keeps sums over any file that fits on a disk within an int64.
const maxCount = 1_000_000_000_000

func count(column, text string) (int64, *throughline.Error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxCount {
		return 0, throughline.Errorf(throughline.Invalid, "%s is %q, not a count", column, text)
	}
	return n, nil
}

var errRowLimit = errors.New("row limit")

// rowLimit refuses to read more than maxRow bytes between two resets. What the
// readers above it buffer is far less, so no row within the limit is refused.
type rowLimit struct {
	r    io.Reader
	left int
}

func (l *rowLimit) reset() { l.left = maxRow }

func (l *rowLimit) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errRowLimit
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
