package intake_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/intake"
)

const head = "index,clickability_test_id,headline,lede,excerpt,eyecatcher_id,impressions,clicks,significance,winner,first_place,test_week\n"

// read returns the rows and, as text, the errors.
func read(file []byte) (rows []intake.UpworthyRow, problems []string) {
	for r, err := range intake.Upworthy(bytes.NewReader(file)) {
		if err != nil {
			problems = append(problems, string(throughline.CodeOf(err))+" "+err.Error())
			continue
		}
		rows = append(rows, r)
	}
	return rows, problems
}

func TestUpworthy(t *testing.T) {
	t.Parallel()
	good := intake.UpworthyRow{Line: 2, Test: "t1", Headline: "A <i>title</i>, quoted", Excerpt: "Things", Image: "img", Impressions: 3526, Clicks: 90, Week: 201446}
	const goodRow = `3,t1,"A <i>title</i>, quoted","<p>two` + "\n" + `lines</p>",Things,img,3526,90,4.1,false,false,201446` + "\n"
	at := func(line int) intake.UpworthyRow {
		r := good
		r.Line = line
		return r
	}
	for _, c := range []struct {
		sentence string
		file     string
		want     []intake.UpworthyRow
		problems []string // each a part of the error
	}{
		{"rows come with their lines", head + goodRow + goodRow, []intake.UpworthyRow{at(2), at(4)}, nil},
		{
			"columns may come in any order, with others, after a byte order mark", "\ufefftest_week,clicks,x,impressions,eyecatcher_id,excerpt,headline,clickability_test_id\n201325,1,?,2,i,e,h,t\n",
			[]intake.UpworthyRow{{Line: 2, Test: "t", Headline: "h", Excerpt: "e", Image: "i", Impressions: 2, Clicks: 1, Week: 201325}},
			nil,
		},
		{"a missing column is named", strings.Replace(strings.Replace(head, "excerpt", "text", 1), "clicks", "hits", 1) + goodRow, nil, []string{"invalid line 1: the header has no column excerpt, clicks (use"}},
		{"an empty file is told", "", nil, []string{"invalid line 1: the file is empty"}},
		{"a row of too few fields is told and the next is read", head + "1,t1,short\n" + goodRow, []intake.UpworthyRow{at(3)}, []string{"invalid line 2: the row is not CSV: wrong number of fields"}},
		{"a quote in the middle is told and the next row is read", head + strings.Replace(goodRow, "Things", `Thi"ngs`, 1) + goodRow, []intake.UpworthyRow{at(4)}, []string{`invalid line 2: the row is not CSV: bare "`}},
		{"a quote never closed names the lines it took", head + goodRow + `4,t1,"open` + "\n5,t2,h\n6,t2,h\n", []intake.UpworthyRow{at(2)}, []string{`invalid line 4: the row is not CSV: extraneous or missing " in quoted-field (a quote may be missing: lines 4 to 6`}},
		{"impressions that are no number are told", head + strings.Replace(goodRow, "3526", "many", 1) + goodRow, []intake.UpworthyRow{at(4)}, []string{`invalid line 2: impressions is "many", not a count`}},
		{"so are clicks below zero", head + strings.Replace(goodRow, ",90,", ",-90,", 1), nil, []string{`invalid line 2: clicks is "-90", not a count`}},
		{"and more clicks than impressions", head + strings.Replace(goodRow, ",90,", ",9000,", 1), nil, []string{"invalid line 2: 9000 clicks in 3526 impressions"}},
		{"and a week that is none", head + strings.Replace(goodRow, "201446", "201499", 1), nil, []string{`invalid line 2: test_week is "201499", not a year and a week`}},
		{"and a row of no test", head + strings.Replace(goodRow, "t1", "", 1), nil, []string{"invalid line 2: clickability_test_id is empty"}},
		{"and bytes that are not UTF-8", head + strings.Replace(goodRow, "Things", "Th\xffngs", 1), nil, []string{"invalid line 2: excerpt is not valid UTF-8"}},
		{"a row of megabytes ends the reading", head + goodRow + `5,t,"` + strings.Repeat("very long\n", 1<<18), []intake.UpworthyRow{at(2)}, []string{"too_large line 2: a row after line 2 is over"}},
		{"a row just under a megabyte is read", head + strings.Replace(goodRow, "lines", strings.Repeat("x", 1<<20-8192), 1), []intake.UpworthyRow{at(2)}, nil},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			rows, problems := read([]byte(c.file))
			if d := cmp.Diff(c.want, rows); d != "" {
				t.Error("(-want +got)", d)
			}
			if len(problems) != len(c.problems) {
				t.Fatalf("the problems are %q, want %q", problems, c.problems)
			}
			for i, want := range c.problems {
				if !strings.HasPrefix(problems[i], want) {
					t.Errorf("the problem is %q, want %q", problems[i], want)
				}
			}
		})
	}
}

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUpworthy_compressed(t *testing.T) {
	t.Parallel()
	text := head + strings.Repeat("3,t1,h,l,e,i,10,1,4.1,false,false,201446\n", 5000)
	file := zipped(t, text)
	t.Run("a compressed file reads as a plain one", func(t *testing.T) {
		want, _ := read([]byte(text))
		got, problems := read(file)
		if d := cmp.Diff(want, got); d != "" || len(want) != 5000 || problems != nil {
			t.Error(len(want), problems, d)
		}
	})
	t.Run("one that was cut short says where rows are missing", func(t *testing.T) {
		rows, problems := read(file[:len(file)-20])
		if len(problems) != 1 || !strings.HasPrefix(problems[0], "unavailable line ") || len(rows) == 5000 {
			t.Errorf("%d rows, %q", len(rows), problems)
		}
	})
	t.Run("one with a broken head is refused", func(t *testing.T) {
		if rows, problems := read([]byte{0x1f, 0x8b, 7}); rows != nil || len(problems) != 1 {
			t.Errorf("%v, %q", rows, problems)
		}
	})
}

func TestUpworthy_stops(t *testing.T) {
	t.Parallel()
	n := 0
	for range intake.Upworthy(strings.NewReader(head + strings.Repeat("3,t1,h,l,e,i,10,1,4.1,false,false,201446\n", 5))) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("read %d rows", n)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for week, want := range map[int]bool{201324: false, 201325: true, 201352: true, 201401: true, 201402: false} {
		if got := (intake.UpworthyRow{Week: week}).Broken(); got != want {
			t.Errorf("week %d is broken: %v", week, got)
		}
	}
}

// TestUpworthy_archive counts what the file's own description states.
func TestUpworthy_archive(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("THROUGHLINE_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(folder, "upworthy", "packages.csv.gz"))
	if err != nil {
		file, err = os.Open(filepath.Join(folder, "upworthy", "packages.csv"))
	}
	if err != nil {
		t.Skip("needs the Upworthy archive: see docs/benchmarks.md")
	}
	defer file.Close()
	tests, weeks := map[string]bool{}, 0
	for r, err := range intake.Upworthy(file) {
		if err != nil {
			t.Fatal(err)
		}
		tests[r.Test] = true
		if r.Broken() {
			weeks++
		}
	}
	if len(tests) < 100 || weeks == 0 {
		t.Errorf("%d tests, %d rows in the broken weeks", len(tests), weeks)
	}
}

func FuzzUpworthy(f *testing.F) {
	f.Add([]byte(head + "3,t1,\"h\n\",l,e,i,10,1,4.1,false,false,201446\n"))
	f.Add([]byte("test_week,clicks,impressions,eyecatcher_id,excerpt,headline,clickability_test_id\n201325,1,2,i,e,\"h\"x\",t\n1\n"))
	f.Add(zipped(f, head+"3,t1,h,l,e,i,10,11,4.1,false,false,201446\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		last := 0
		for r, err := range intake.Upworthy(bytes.NewReader(file)) {
			if err != nil {
				if c := throughline.CodeOf(err); c == throughline.Internal || !strings.Contains(err.Error(), "line ") {
					t.Fatalf("the error %q has the code %s", err, c)
				}
				continue
			}
			if r.Line <= last || r.Test == "" || r.Clicks < 0 || r.Clicks > r.Impressions {
				t.Fatalf("after line %d comes %+v", last, r)
			}
			last = r.Line
		}
	})
}
