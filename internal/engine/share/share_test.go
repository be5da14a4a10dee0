package share_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/share"
)

const pieces = `
apiVersion: throughline/v1
kind: Channel
metadata: {name: mail}
spec: {title: Mail, surface: email}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: lake}
spec:
  title: The lake
  role: hero
  file: {name: holiday-of-ana.jpg, digest: "1111111111111111111111111111111111111111111111111111111111111111", type: image/jpeg, bytes: 90000, width: 1600, height: 900}
  alt: {en: A lake at dawn, de: Ein See am Morgen}
  channels: [web, mail]
  rights:
    - {holder: Jo Berg, until: "2027-01-31", markets: [CH, de], channels: [web], reference: contract 7}
    - {holder: Studio Nord, markets: [de-CH], impressions: 1000}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: calm}
spec: {title: Calm, role: shared-head, values: {en: "Calm seas", de: "Ruhige See 👩‍👩‍👧"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: ended}
spec: {role: shared-head, values: {en: "Last summer"}, validity: {until: "2026-12-01"}}
`

type world struct {
	*enginetest.Engine
	*share.Shares
	clock *enginetest.Clock
}

func open(t *testing.T) *world {
	t.Helper()
	clock := enginetest.NewClock(time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC))
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, pieces)
	return &world{e, share.New(e.Core, e.Content), clock}
}

func refs(names ...string) (all []throughline.Ref) {
	for _, n := range names {
		ref, err := throughline.ParseRef(n)
		if err != nil {
			panic(err)
		}
		all = append(all, ref)
	}
	return all
}

func (w *world) make(t *testing.T, ask share.Request) share.Made {
	t.Helper()
	if ask.For == "" {
		ask.For = "Agency North"
	}
	made, err := w.Make(t.Context(), enginetest.Shell(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w *world) states(t *testing.T, secret string) string {
	t.Helper()
	out, err := w.Open(t.Context(), share.Look{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range out.Pieces {
		all = append(all, p.Name+" "+p.State)
	}
	return strings.Join(all, ", ")
}

func (w *world) events(t *testing.T, what throughline.EventType) (all []throughline.Event) {
	t.Helper()
	for _, e := range w.Events(t) {
		if e.Type == what {
			all = append(all, e)
		}
	}
	return all
}

func TestWhatALinkShows(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Asset/lake", "Fragment/calm", "Asset/lake"), Life: 24 * time.Hour})
	out, err := w.Open(t.Context(), share.Look{Secret: made.Secret})
	if err != nil {
		t.Fatal(err)
	}
	until := time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	want := share.Opened{
		Engine: "Test engine", By: "Ana Keller", For: "Agency North", Until: made.Until, Total: 2,
		Pieces: []share.Piece{
			{
				Number: 1, Kind: throughline.KindAsset, Name: "lake", Title: "The lake", State: share.StateOpen, Role: "hero",
				Texts:  []share.Text{{"de", "German", "Ein See am Morgen", 17}, {"en", "English", "A lake at dawn", 14}},
				File:   &share.File{Type: "image/jpeg", Bytes: 90000, Width: 1600, Height: 900},
				Rights: &share.Rights{Until: until, Markets: [][]string{{"CH", "de"}, {"de-CH"}}, Channels: []string{"web"}, Capped: true, Says: "May be shown in Switzerland or in German, and at the same time in Switzerland in German, on web, until 31 January 2027. How often is limited: ask before you use it."},
			},
			{
				Number: 2, Kind: throughline.KindFragment, Name: "calm", Title: "Calm", State: share.StateOpen, Role: "shared-head",
				Texts:  []share.Text{{"de", "German", "Ruhige See 👩‍👩‍👧", 12}, {"en", "English", "Calm seas", 9}},
				Rights: &share.Rights{Says: "May be shown everywhere, on any channel, without an end."},
			},
		},
	}
	want.Engine, want.By = out.Engine, out.By // the workspace names them
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
	if out.Engine == "" || out.By == "" || out.By == "os/ana" {
		t.Errorf("it is shared by %q of %q", out.By, out.Engine)
	}
	t.Run("it tells neither who holds the rights, nor the contract, nor what the file was called", func(t *testing.T) {
		if said := fmt.Sprintf("%+v", out); strings.Contains(said, "Jo Berg") || strings.Contains(said, "contract") || strings.Contains(said, "holiday") {
			t.Error(said)
		}
	})
}

func TestALinkObeysWhatIsInForce(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Asset/lake", "Fragment/calm", "Fragment/ended"), Originals: true, Life: 30 * 24 * time.Hour})
	if got := w.states(t, made.Secret); got != "lake open, calm open, ended open" {
		t.Fatal(got)
	}
	file := func() (string, error) {
		name, _, err := w.File(t.Context(), share.Look{Secret: made.Secret}, 1, "original.jpg")
		return name, err
	}
	if name, err := file(); name != "lake" || err != nil {
		t.Fatal(name, err)
	}
	w.clock.Turn(9 * 24 * time.Hour)
	w.Apply(t, strings.Replace(pieces, "role: hero", "role: hero\n  withdrawn: the model asked", 1))
	if got := w.states(t, made.Secret); got != "lake withdrawn, calm open, ended ended" {
		t.Error(got)
	}
	if _, err := file(); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("a withdrawn file is given: %v", err)
	}
	out, err := w.Open(t.Context(), share.Look{Secret: made.Secret})
	if err != nil || len(out.Pieces[0].Texts) > 0 || out.Pieces[0].File != nil || out.Pieces[0].Title != "" {
		t.Errorf("%v: %+v", err, out.Pieces[0])
	}
	if _, err := w.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Delete: refs("Fragment/calm", "Asset/lake")}); err != nil {
		t.Fatal(err)
	}
	if got := w.states(t, made.Secret); got != "lake gone, calm gone, ended ended" {
		t.Error(got)
	}
	if _, err := file(); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("a deleted file is given: %v", err)
	}
}

func TestASecretOpensItsLinkAlone(t *testing.T) {
	w := open(t)
	one := w.make(t, share.Request{Pieces: refs("Fragment/calm", "Asset/lake")})
	other := w.make(t, share.Request{Pieces: refs("Fragment/calm"), For: "Agency South"})
	if len(one.Secret) < 40 || strings.Contains(one.Secret, one.ID) || one.Secret == other.Secret {
		t.Fatalf("%q and %q", one.Secret, one.ID)
	}
	for _, secret := range []string{"", one.ID, strings.ToUpper(one.Secret), one.Secret[:42], one.Secret + "A", "../" + one.Secret, strings.Repeat("x", 1<<20)} {
		if _, err := w.Open(t.Context(), share.Look{Secret: secret}); throughline.CodeOf(err) != throughline.NotFound || share.IsOver(err) {
			t.Errorf("%.60q: %v", secret, err)
		}
	}
	for number, want := range map[int]throughline.Code{0: throughline.NotFound, -1: throughline.NotFound, 1: throughline.NotFound, 2: throughline.NotFound, 1 << 40: throughline.NotFound} {
		if _, _, err := w.File(t.Context(), share.Look{Secret: other.Secret}, number, "w480.jpeg"); throughline.CodeOf(err) != want {
			t.Errorf("piece %d of a link with one text: %v", number, err)
		}
	}
	for _, rendition := range []string{"original", "original.jpg", "originalx"} {
		if _, _, err := w.File(t.Context(), share.Look{Secret: one.Secret}, 2, rendition); throughline.CodeOf(err) != throughline.Forbidden {
			t.Errorf("%s: %v", rendition, err)
		}
	}
	t.Run("neither the secret nor for whom it is stands in the journal, the state's values or the log", func(t *testing.T) {
		for _, e := range w.Events(t) {
			if s := string(e.Data) + fmt.Sprint(e.Objects, e.Key); strings.Contains(s, one.Secret) || strings.Contains(s, "Agency") {
				t.Errorf("%s: %s", e.Type, s)
			}
		}
		all, err := w.List(t.Context(), enginetest.Shell())
		if err != nil || len(all) != 2 || strings.Contains(fmt.Sprint(all), one.Secret) {
			t.Error(all, err)
		}
		if strings.Contains(w.Log.String(), one.Secret) {
			t.Error(w.Log.String())
		}
	})
}

func TestWhoGuessesWaits(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	near, far := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:0:1::1")
	guess := func(from netip.Addr, secret string) throughline.Code {
		_, err := w.Open(t.Context(), share.Look{Secret: secret, From: from})
		return throughline.CodeOf(err)
	}
	for i := range 20 {
		if got := guess(near, fmt.Sprint(i)); got != throughline.NotFound {
			t.Fatalf("guess %d: %s", i, got)
		}
	}
	if got := guess(near.Next(), made.Secret); got != throughline.Exhausted {
		t.Errorf("its household goes on: %q", got)
	}
	if got := guess(far, made.Secret); got != "" {
		t.Errorf("others wait with it: %q", got)
	}
	w.clock.Turn(61 * time.Second)
	if got := guess(near, made.Secret); got != "" {
		t.Errorf("after a minute: %q", got)
	}
}

func TestALinkEnds(t *testing.T) {
	w := open(t)
	ctx, by := t.Context(), enginetest.Shell()
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	if want := w.clock.Now().AddDate(0, 0, 14); !made.Until.Equal(want) {
		t.Errorf("it holds until %s, want %s", made.Until, want)
	}
	over := func() bool {
		_, err := w.Open(ctx, share.Look{Secret: made.Secret})
		_, _, ofFile := w.File(ctx, share.Look{Secret: made.Secret}, 1, "w480.jpeg")
		return share.IsOver(err) && share.IsOver(ofFile) && throughline.CodeOf(err) == throughline.NotFound
	}
	w.clock.Turn(14*24*time.Hour - time.Millisecond)
	if over() {
		t.Error("it ends too early")
	}
	if _, err := w.Extend(ctx, by, made.ID, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Extend(ctx, by, made.ID, time.Hour); throughline.CodeOf(err) != throughline.Invalid {
		t.Errorf("it is extended to an earlier day: %v", err)
	}
	if _, err := w.Extend(ctx, by, made.ID, 91*24*time.Hour); throughline.CodeOf(err) != throughline.Invalid {
		t.Errorf("it is extended for a quarter: %v", err)
	}
	w.clock.Turn(time.Millisecond)
	if over() {
		t.Error("it is not extended")
	}
	w.clock.Turn(24 * time.Hour)
	if !over() {
		t.Error("it shows something after its end")
	}
	for name, err := range map[string]error{
		"extended": func() error { _, err := w.Extend(ctx, by, made.ID, 24*time.Hour); return err }(),
		"ended":    func() error { _, err := w.End(ctx, by, made.ID); return err }(),
	} {
		if throughline.CodeOf(err) != throughline.Conflict {
			t.Errorf("one that is over is %s: %v", name, err)
		}
	}
	w.clock.Turn(91 * 24 * time.Hour)
	w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	if _, err := w.Open(ctx, share.Look{Secret: made.Secret}); throughline.CodeOf(err) != throughline.NotFound || share.IsOver(err) {
		t.Errorf("it is remembered: %v", err)
	}
	if all, err := w.List(ctx, by); len(all) != 1 || err != nil {
		t.Error(all, err)
	}
}

func TestTwoEndALinkAtOnce(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	second := share.New(w.Core, w.Content)
	var wg sync.WaitGroup
	codes := make([]throughline.Code, 8)
	for i := range codes {
		wg.Go(func() {
			shares := w.Shares
			if i%2 == 1 {
				shares = second
			}
			_, err := shares.End(context.Background(), enginetest.Shell(), made.ID)
			codes[i] = throughline.CodeOf(err)
		})
	}
	wg.Wait()
	count := map[throughline.Code]int{}
	for _, c := range codes {
		count[c]++
	}
	if count[""] != 1 || count[throughline.Conflict] != len(codes)-1 {
		t.Errorf("%v", count)
	}
	if n := len(w.events(t, throughline.EventShareEnded)); n != 1 {
		t.Errorf("the journal has %d ends", n)
	}
	if _, err := second.Open(t.Context(), share.Look{Secret: made.Secret}); !share.IsOver(err) {
		t.Errorf("another process shows it: %v", err)
	}
}

func TestOpeningsAreCounted(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	again := enginetest.Join(t, w.Store.Record(), w.Store, enginetest.Options{Clock: w.clock.Now})
	second := share.New(again.Core, again.Content)
	look := share.Look{Secret: made.Secret, Counts: true, From: netip.MustParseAddr("192.0.2.7")}
	for i, s := range []*share.Shares{w.Shares, second, w.Shares, second} {
		if _, err := s.Open(t.Context(), look); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			w.clock.Turn(24 * time.Hour)
		}
	}
	if _, err := w.Open(t.Context(), share.Look{Secret: made.Secret}); err != nil {
		t.Fatal(err)
	}
	all, err := second.List(t.Context(), enginetest.Shell())
	if err != nil || all[0].Opened != 4 || !all[0].LastOpened.Equal(w.clock.Now()) {
		t.Errorf("%v: %+v", err, all)
	}
	events := w.events(t, throughline.EventShareOpened)
	if len(events) != 2 {
		t.Fatalf("%d events of 4 openings on 2 days", len(events))
	}
	if s := fmt.Sprintf("%+v %s", events[0], events[0].Data); strings.Contains(s, "192.0.2.7") || events[0].Actor != (throughline.Actor{Kind: throughline.ActorSystem}) {
		t.Error(s)
	}
	if n := len(w.events(t, throughline.EventShareMade)); n != 1 {
		t.Errorf("%d links were made", n)
	}
}

func TestWhatMayBeShared(t *testing.T) {
	w := open(t)
	many := make([]throughline.Ref, share.MostPieces+1)
	for name, c := range map[string]struct {
		ask  share.Request
		want throughline.Code
	}{
		"a search":                        {share.Request{Question: "role:shared-head"}, ""},
		"a search that finds nothing":     {share.Request{Question: "nothing-of-the-kind"}, throughline.NotFound},
		"drafts":                          {share.Request{Question: "state:draft calm"}, throughline.Invalid},
		"nothing":                         {share.Request{}, throughline.Invalid},
		"both":                            {share.Request{Question: "calm", Pieces: refs("Fragment/calm")}, throughline.Invalid},
		"a piece that is not in force":    {share.Request{Pieces: refs("Fragment/nowhere")}, throughline.NotFound},
		"what is no piece":                {share.Request{Pieces: refs("Person/ana")}, throughline.Invalid},
		"too many":                        {share.Request{Pieces: many}, throughline.TooLarge},
		"for too long":                    {share.Request{Pieces: refs("Fragment/calm"), Life: 90*24*time.Hour + 1}, throughline.Invalid},
		"for no time":                     {share.Request{Pieces: refs("Fragment/calm"), Life: -1}, throughline.Invalid},
		"for somebody with a broken name": {share.Request{Pieces: refs("Fragment/calm"), For: "a\nb"}, throughline.Invalid},
		"for somebody with a long name":   {share.Request{Pieces: refs("Fragment/calm"), For: strings.Repeat("é", 121)}, throughline.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ask.For == "" {
				c.ask.For = "Agency North"
			}
			if _, err := w.Make(t.Context(), enginetest.Shell(), c.ask); throughline.CodeOf(err) != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	t.Run("a search is settled when the link is made", func(t *testing.T) {
		made := w.make(t, share.Request{Question: "role:shared-head"})
		w.Apply(t, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: later}\nspec: {role: shared-head, values: {en: Later}}")
		if got := w.states(t, made.Secret); strings.Contains(got, "later") || !strings.Contains(got, "calm open") {
			t.Error(got)
		}
	})
}

func TestWhoMayShare(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm")})
	for role, may := range map[throughline.Role]bool{
		throughline.Steward: true, throughline.Maker: true, throughline.Operator: false, throughline.Approver: false, throughline.Viewer: false,
	} {
		by := enginetest.Person("mia", throughline.Grant{Role: role})
		_, making := w.Make(ctx, by, share.Request{For: "x", Pieces: refs("Fragment/calm")})
		_, listing := w.List(ctx, by)
		_, picking := w.Pick(ctx, by, share.Request{Question: "calm"})
		_, extending := w.Extend(ctx, by, made.ID, 20*24*time.Hour)
		for what, err := range map[string]error{"makes": making, "lists": listing, "picks": picking, "extends": extending} {
			if (err == nil) != may || err != nil && throughline.CodeOf(err) != throughline.Forbidden {
				t.Errorf("a %s %s: %v", role, what, err)
			}
		}
	}
	if _, err := w.End(ctx, engine.Caller{}, made.ID); throughline.CodeOf(err) != throughline.Unauthorized {
		t.Errorf("a stranger: %v", err)
	}
	t.Run("whoever is no longer declared shares nothing any more", func(t *testing.T) {
		w.Apply(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: mia}\nspec: {name: Mia Berg, roles: [{role: maker}]}")
		hers, err := w.Make(ctx, enginetest.Person("mia", throughline.Grant{Role: throughline.Maker}), share.Request{For: "x", Pieces: refs("Fragment/calm")})
		if err != nil {
			t.Fatal(err)
		}
		if out, err := w.Open(ctx, share.Look{Secret: hers.Secret}); err != nil || out.By != "Mia Berg" {
			t.Errorf("%q, %v", out.By, err)
		}
		if _, err := w.Content.Apply(ctx, enginetest.Shell(), content.Change{Delete: refs("Person/mia")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(ctx, share.Look{Secret: hers.Secret}); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("it still opens: %v", err)
		}
	})
}

func TestALinkOutlivesItsProcess(t *testing.T) {
	w := open(t)
	made := w.make(t, share.Request{Pieces: refs("Fragment/calm", "Asset/lake")})
	w.Close()
	e := enginetest.Open(t, enginetest.Options{Folder: w.Folder, Clock: w.clock.Now})
	w = &world{e, share.New(e.Core, e.Content), w.clock}
	if got := w.states(t, made.Secret); got != "calm open, lake open" {
		t.Error(got)
	}
	if _, err := e.Access.Keep(t.Context(), enginetest.Ana(), nil); err != nil {
		t.Fatal(err)
	}
	t.Run("a restored backup has no links: they may have been ended since", func(t *testing.T) {
		if _, err := w.Open(t.Context(), share.Look{Secret: made.Secret}); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
	})
}
