package video

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
)

// The limits of captions.
const (
	// MaxCaptions is how many bytes a file of captions has at most.
	MaxCaptions = 4 << 20
	// MaxCues is how many captions it has at most.
	MaxCues = 50_000
	// told is how many problems of one file are told.
	told = 10
)

// Captions are what a file of captions says.
type Captions struct {
	// Cues is how many there are.
	Cues int
	// Until is when the last of them ends.
	Until time.Duration
}

// CheckCaptions reads captions in the form of WebVTT (W3C, WebVTT: The Web Video
// Text Tracks Format, 4). What is wrong comes as throughline.Problems, each at its
// line: no header, times that are no times, that end before they begin or run
// backwards, settings that nobody knows, bytes that are no text.
func CheckCaptions(r io.Reader) (Captions, error) {
	src, err := io.ReadAll(io.LimitReader(r, MaxCaptions+1))
	if err != nil {
		return Captions{}, err
	}
	if len(src) > MaxCaptions {
		return Captions{}, throughline.Errorf(throughline.TooLarge, "the captions have more than %d bytes", MaxCaptions).WithFix("split them, or take out what no player reads")
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	c := captioning{lines: strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(src)), "\n")}
	for i, line := range c.lines {
		if !utf8.ValidString(line) {
			c.problem(i, "the line is no UTF-8").WithFix("save the file as UTF-8")
			break
		}
	}
	c.header()
	for c.at < len(c.lines) && len(c.problems) < told && c.found.Cues <= MaxCues {
		c.block()
	}
	switch {
	case len(c.problems) > 0:
	case c.found.Cues > MaxCues:
		c.problem(c.at-1, "there are more than %d captions", MaxCues).WithFix("split them")
	case c.found.Cues == 0:
		c.problem(len(c.lines)-1, "there is no caption").WithFix("write at least one: 00:00.000 --> 00:02.000, and what is said below it")
	}
	return c.found, c.problems.Err()
}

// captioning is one file as it is read.
type captioning struct {
	lines    []string
	at       int // the line that is next, from 0
	found    Captions
	began    time.Duration // when the last caption begins
	problems throughline.Problems
}

func (c *captioning) problem(line int, format string, args ...any) *throughline.Error {
	e := throughline.Errorf(throughline.Invalid, format, args...).At(fmt.Sprintf("line %d", line+1))
	if len(c.problems) < told {
		c.problems = append(c.problems, e)
	}
	return e
}

// header reads WEBVTT and what stands below it up to an empty line.
func (c *captioning) header() {
	rest, ok := strings.CutPrefix(c.lines[0], "WEBVTT")
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		c.problem(0, "the file begins with %q", short(c.lines[0])).WithFix("write WEBVTT in its first line, alone or with a space behind it")
	}
	for c.at = 1; c.at < len(c.lines) && c.lines[c.at] != ""; c.at++ {
		if strings.Contains(c.lines[c.at], "-->") {
			c.problem(c.at, "a caption stands in the header").WithFix("leave a line empty above it")
			return
		}
	}
}

// block reads what stands between two empty lines: a note, a style, a region or a
// caption.
func (c *captioning) block() {
	for c.at < len(c.lines) && c.lines[c.at] == "" {
		c.at++
	}
	if c.at == len(c.lines) {
		return
	}
	first := c.at
	for c.at < len(c.lines) && c.lines[c.at] != "" {
		c.at++
	}
	lines := c.lines[first:c.at]
	word, _, _ := strings.Cut(strings.ReplaceAll(lines[0], "\t", " "), " ")
	times := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "-->") })
	switch {
	case word == "NOTE" && times < 0:
	case (lines[0] == "STYLE" || lines[0] == "REGION" || strings.HasPrefix(lines[0], "STYLE ") || strings.HasPrefix(lines[0], "REGION ")) && times < 0:
		if c.found.Cues > 0 {
			c.problem(first, "%s stands below a caption", word).WithFix("move it above the first one")
		}
	case times < 0:
		c.problem(first, "%q is neither a caption nor a note", short(lines[0])).WithFix("write when it is said above it: 00:00.000 --> 00:02.000")
	case times > 1:
		c.problem(first, "%d lines stand above the times of a caption", times).WithFix("leave at most its name there, or an empty line between captions")
	default:
		c.cue(first+times, lines[times], lines[times+1:])
	}
}

// cue reads one caption.
func (c *captioning) cue(line int, times string, words []string) {
	c.found.Cues++
	for i, w := range words {
		if strings.Contains(w, "-->") {
			c.problem(line+1+i, "two captions stand together").WithFix("leave a line empty between them")
			return
		}
	}
	from, rest, _ := strings.Cut(times, "-->")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		c.problem(line, "the caption has no end").WithFix("write it behind the arrow: 00:00.000 --> 00:02.000")
		return
	}
	begin, ok := c.time(line, strings.TrimSpace(from))
	end, ok2 := c.time(line, fields[0])
	if !ok || !ok2 {
		return
	}
	if end <= begin {
		c.problem(line, "the caption ends at %s and begins at %s", fields[0], strings.TrimSpace(from)).WithFix("let it end after it begins")
	}
	if begin < c.began {
		c.problem(line, "the caption begins before the one above it").WithFix("bring captions into the order in which they are said")
	}
	c.began, c.found.Until = begin, max(c.found.Until, end)
	for _, s := range fields[1:] {
		name, value, ok := strings.Cut(s, ":")
		if !ok || value == "" || !slices.Contains([]string{"vertical", "line", "position", "size", "align", "region"}, name) {
			c.problem(line, "%q is no setting of a caption", short(s)).WithFix("write name:value, of vertical, line, position, size, align and region")
		}
	}
}

// time reads 01:02.345, or 01:02:03.456 with hours.
func (c *captioning) time(line int, s string) (time.Duration, bool) {
	wrong := func(fix string) (time.Duration, bool) {
		c.problem(line, "%q is no time", short(s)).WithFix("%s", fix)
		return 0, false
	}
	const form = "write minutes, seconds and milliseconds, such as 01:02.345, with hours before them where there are any"
	whole, thousandths, ok := strings.Cut(s, ".")
	if !ok && strings.Contains(s, ",") {
		return wrong("write a point before the milliseconds; a comma is the form of SubRip")
	}
	parts := strings.Split(whole, ":")
	if !ok || len(parts) < 2 || len(parts) > 3 || len(thousandths) != 3 {
		return wrong(form)
	}
	var total time.Duration
	for i, p := range append(parts, thousandths) {
		hours := len(parts) == 3 && i == 0
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || !hours && i < len(parts) && (len(p) != 2 || n > 59) || hours && len(p) < 2 {
			return wrong(form)
		}
		if i < len(parts) {
			total = total*60 + time.Duration(n)*time.Second
			continue
		}
		total += time.Duration(n) * time.Millisecond
	}
	return total, true
}

// short returns the start of a line, for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
