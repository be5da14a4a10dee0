package media

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/video"
)

// captionsType is the media type of captions.
const captionsType = "text/vtt"

// film keeps a film without what tells of people. It is read as a stream.
func (t *taking) film(ctx context.Context) error {
	facts, err := video.Inspect(t.file, t.file.size)
	if err != nil {
		return err
	}
	for _, p := range facts.Personal {
		if p.Fixed {
			return throughline.Errorf(throughline.Invalid, "a track of the film tells where it was at every moment: %s", p.Where).
				WithFix("export it with nothing but pictures and sound")
		}
		if removed := string(p.Kind) + " (" + p.Where + ")"; !slices.Contains(t.taken.Removed, removed) {
			t.taken.Removed = append(t.taken.Removed, removed)
		}
	}
	pr, pw := io.Pipe()
	go func() {
		_, err := video.Strip(pw, t.file, t.file.size)
		pw.CloseWithError(err)
	}()
	f := &t.stored.File
	if f.Digest, _, err = t.core.Record.Blobs.Put(ctx, pr); err != nil {
		pr.CloseWithError(err)
		return err
	}
	f.Type, f.Width, f.Height, f.Sound = facts.Type, facts.Width, facts.Height, facts.Sound
	f.Duration = throughline.Duration(facts.Duration)
	t.taken.Notes = append(filmNotes(facts), facts.Oddities...)
	return nil
}

// filmNotes are what somebody who chose the film should know.
func filmNotes(f video.Facts) []string {
	length := ""
	if f.Duration > 0 {
		length = ", " + throughline.Duration(f.Duration.Round(100*time.Millisecond)).String()
	}
	notes := []string{fmt.Sprintf("it is shown %d x %d pixels large%s", f.Width, f.Height, length)}
	if f.Type == "video/quicktime" || f.Type == "video/matroska" {
		notes = append(notes, "not every browser plays "+f.Type+"; MP4 with H.264 plays everywhere")
	}
	for _, c := range f.Codecs {
		if !slices.Contains(played(), c) {
			notes = append(notes, "not every browser plays its codec, "+c)
		}
	}
	if f.Sound {
		notes = append(notes, "it has sound: name captions for each language in spec.captions")
	}
	return append(notes, "name a picture that is shown before it plays in spec.poster")
}

// played are the codecs that every browser plays.
func played() []string {
	return []string{"avc1", "avc3", "mp4a", "vp09", "Opus", "V_VP8", "V_VP9", "A_OPUS", "A_VORBIS"}
}
