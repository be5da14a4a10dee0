package video_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/video"
)

func TestCaptions(t *testing.T) {
	tests := map[string]struct {
		body string
		want string // line and what is said, or nothing
	}{
		"two captions":                         {"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n00:01.000 --> 00:02.500\nThere\n", ""},
		"a mark, a title and carriage returns": {"\ufeffWEBVTT Lido\r\nKind: captions\r\n\r\n00:00.000 --> 00:02.500\r\nHello\r\n", ""},
		"a note, a style and a region":         {"WEBVTT\n\nNOTE for us\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\nfirst\n00:00.000 --> 01:00:02.500 align:start line:0\nHello\n", ""},
		"two that are said at a time":          {"WEBVTT\n\n00:01.000 --> 00:02.500\nA\n\n00:01.000 --> 00:02.000\nB", ""},
		"no header":                            {"1\n00:00.000 --> 00:01.000\nHello\n", "line 1: the file begins"},
		"another header":                       {"WEBVTTX\n\n00:00.000 --> 00:01.000\nHello\n", "line 1: the file begins"},
		"a caption in the header":              {"WEBVTT\n00:00.000 --> 00:01.000\nHello\n", "line 2: a caption stands in the header"},
		"a comma":                              {"WEBVTT\n\n00:00:00,000 --> 00:00:01,000\nHello\n", "line 3: \"00:00:00,000\" is no time"},
		"no minutes":                           {"WEBVTT\n\n00.000 --> 01.000\nHello\n", "line 3: \"00.000\" is no time"},
		"a second too many":                    {"WEBVTT\n\n00:00.000 --> 00:60.000\nHello\n", "line 3: \"00:60.000\" is no time"},
		"no end":                               {"WEBVTT\n\n00:00.000 -->\nHello\n", "line 3: the caption has no end"},
		"an end before its beginning":          {"WEBVTT\n\n00:02.000 --> 00:01.000\nHello\n", "line 3: the caption ends at 00:01.000 and begins at 00:02.000"},
		"captions out of order":                {"WEBVTT\n\n00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB\n", "line 6: the caption begins before the one above it"},
		"captions that stand together":         {"WEBVTT\n\n00:00.000 --> 00:01.000\nA\n00:01.000 --> 00:02.000\nB\n", "line 5: two captions stand together"},
		"words without times":                  {"WEBVTT\n\nHello\n", "line 3: \"Hello\" is neither"},
		"a setting nobody knows":               {"WEBVTT\n\n00:00.000 --> 00:01.000 colour:red\nA\n", "line 3: \"colour:red\" is no setting"},
		"a style below a caption":              {"WEBVTT\n\n00:00.000 --> 00:01.000\nA\n\nSTYLE\n::cue {}\n", "line 6: STYLE stands below"},
		"no caption":                           {"WEBVTT\n", "line 2: there is no caption"},
		"bytes that are no text":               {"WEBVTT\n\n00:00.000 --> 00:01.000\nGr\xfc\xdfe\n", "line 4: the line is no UTF-8"},
		"a caption more than there may be":     {"WEBVTT\n\n" + strings.Repeat("00:00.000 --> 00:01.000\nA\n\n", video.MaxCues+1), "more than 50000 captions"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := video.CheckCaptions(strings.NewReader(c.body))
			if c.want == "" {
				if err != nil || got.Cues == 0 || got.Until < 2500*time.Millisecond {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	t.Run("a file that is no text at all tells a few problems, and ends", func(t *testing.T) {
		_, err := video.CheckCaptions(strings.NewReader("WEBVTT\n\n" + strings.Repeat("x --> y\n\n", 10_000)))
		var all throughline.Problems
		if all.Add(err); len(all) != 10 {
			t.Error(len(all), err)
		}
	})
}

func FuzzCaptions(f *testing.F) {
	f.Add("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n00:01.000 --> 01:00:02.500 align:start\nThere\n")
	f.Add("WEBVTT x\r\n\r\nNOTE\r\na\r\n\r\nid\r\n00:00.000 --> 00:01.000\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := video.CheckCaptions(strings.NewReader(body))
		if err == nil && (got.Cues == 0 || got.Until <= 0 || !strings.Contains(body, "-->")) {
			t.Fatalf("%+v", got)
		}
		var all throughline.Problems
		all.Add(err)
		for _, p := range all {
			if p.Code != throughline.TooLarge && !strings.HasPrefix(p.Place, "line ") || p.Fix == "" {
				t.Fatal(p)
			}
		}
	})
}
