package observe_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/observe"
)

var (
	noon   = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	secret = []byte("the engine's signing key in tests")
	token  = throughline.Token{Epoch: 7, Placement: 1, Candidate: 2, Weight: 1 << 20, Question: 0xfeedface}
	id     = string(token.Sign(secret))
)

// openSealer lets everyone in but forgotten, and seals by writing the subject's
// name and the plain text, so that tests can read it.
type openSealer struct{}

func (openSealer) Subject(unit string) (throughline.ID, bool) {
	if unit == "forgotten" {
		return throughline.ID{}, false
	}
	return throughline.ID{0: 's', 15: byte(len(unit))}, true
}

func (openSealer) Seal(unit string, event throughline.ID, plain []byte) []byte {
	return fmt.Appendf(nil, "%s:%s:%s", unit, event, plain)
}

func intake() observe.Intake {
	var n byte
	return observe.Intake{
		Engine: "engine", Source: "web", Secret: secret, Sealer: openSealer{},
		NewID: func() throughline.ID { n++; return throughline.ID{15: n} },
	}
}

func parse(t *testing.T, kind, body string) observe.Batch {
	t.Helper()
	b, err := observe.Parse([]byte(body), kind, noon)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return b
}

func TestPathsAreKinds(t *testing.T) {
	for in, want := range map[string]observe.Kind{
		"track": observe.Track, "t": observe.Track, "i": observe.Identify, "p": observe.Page, "s": observe.Screen,
		"g": observe.Group, "a": observe.Alias, "batch": observe.KindBatch, "b": observe.KindBatch, "import": observe.KindBatch,
	} {
		if b, err := observe.Parse([]byte(`{"batch":[]}`), in, time.Now()); err != nil || b.Kind != want {
			t.Errorf("%q is of the kind %q, %v, want %q", in, b.Kind, err, want)
		}
	}
	for _, in := range []string{"", "x", "Track", "tr"} {
		if _, err := observe.Parse([]byte(`{"batch":[]}`), in, time.Now()); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("%q gives %v, want not_found", in, err)
		}
	}
}

func TestKindsOfEvents(t *testing.T) {
	tests := []struct {
		name, kind, body string
		want             throughline.EventType
		data             any
	}{
		{
			"the exposure event with a decision is an exposure", "track",
			`{"event":"Throughline Exposure","anonymousId":"u","properties":{"decisionId":"` + id + `"}}`,
			throughline.EventExposureConfirmed,
			throughline.ExposureConfirmed{Token: token},
		},
		{
			"any other event with a decision is an outcome", "t",
			`{"event":"Order Completed","userId":"u","properties":{"decisionId":"` + id + `","value":19.5,"coupon":"X"}}`,
			throughline.EventOutcomeReceived,
			throughline.OutcomeReceived{Token: token, Name: "Order Completed", Value: 19.5},
		},
		{
			"a track message without a decision is a signal, whatever its value is", "track",
			`{"event":"Page Scrolled","userId":"u","properties":{"value":"far"}}`,
			throughline.EventSignalObserved,
			throughline.SignalObserved{Kind: "track", Name: "Page Scrolled"},
		},
		{
			"an identify message is a signal", "identify", `{"userId":"u","traits":{"email":"a@b.example"}}`,
			throughline.EventSignalObserved,
			throughline.SignalObserved{Kind: "identify"},
		},
		{
			"a page is a signal, and its name, which may say of whom it is, is sealed", "page", `{"userId":"u","name":"Profile of Jo"}`,
			throughline.EventSignalObserved,
			throughline.SignalObserved{Kind: "page"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := parse(t, tt.kind, tt.body).Events(intake())
			if len(r.Events) != 1 || len(r.Rejected) != 0 {
				t.Fatalf("%d events and rejects %v, want one event", len(r.Events), r.Rejected)
			}
			e := r.Events[0]
			if e.Type != tt.want {
				t.Errorf("type %s, want %s", e.Type, tt.want)
			}
			if got, want := e.Data, throughline.EncodeData(tt.data); !bytes.Equal(got, want) {
				t.Errorf("data %q, want %q", got, want)
			}
		})
	}
}

func TestRejects(t *testing.T) {
	const who = `"anonymousId":"u"`
	deep := strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40)
	tests := []struct{ name, item, want string }{
		{"a messageId that is a number", `{"type":"track","messageId":7,` + who + `,"event":"x"}`, "messageId is of the type number"},
		{"a messageId of 101 characters", `{"type":"track","messageId":"` + strings.Repeat("é", 101) + `",` + who + `,"event":"x"}`, "messageId has more than 100"},
		{"a kind nobody knows", `{"type":"dance",` + who + `}`, `type is "dance"`},
		{"a batch in a batch", `{"type":"batch",` + who + `}`, `type is "batch"`},
		{"nobody", `{"type":"track","event":"x"}`, "userId and anonymousId are missing"},
		{"a track message without a name", `{"type":"track",` + who + `}`, "needs event"},
		{"a name with a line break", `{"type":"track","event":"a\nb",` + who + `}`, "control character"},
		{"an alias without previousId", `{"type":"alias","userId":"u"}`, "previousId"},
		{"a group without groupId", `{"type":"group",` + who + `}`, "groupId"},
		{"a time that is not one", `{"type":"track","event":"x",` + who + `,"timestamp":"yesterday"}`, `"yesterday" is not a time`},
		{"a decisionId that is a number", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":7}}`, "decisionId is of the type number"},
		{"an empty decisionId", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":""}}`, "decisionId is empty"},
		{"a value that is text", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":"` + id + `","value":"9"}}`, "value is not a number"},
		{"a value beyond a double", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":"` + id + `","value":1e999}}`, "value is not a number"},
		{"an exposure without a decision", `{"type":"track","event":"Throughline Exposure",` + who + `}`, "must name its decision"},
		{"an exposure misspelt", `{"type":"track","event":"throughline exposure",` + who + `,"properties":{"decisionId":"` + id + `"}}`, "neither an exposure nor an outcome"},
		{"properties that are a list", `{"type":"track","event":"x",` + who + `,"properties":[]}`, "properties"},
		{"a context that is text", `{"type":"track","event":"x",` + who + `,"context":"home"}`, "context is not an object"},
		{"deep nesting", `{"type":"track","event":"x",` + who + `,"properties":{"a":` + deep + `}}`, "nests deeper"},
		{"invalid UTF-8", `{"type":"track","event":"` + "\xff" + `",` + who + `}`, "not valid UTF-8"},
		{"more than 32 KB", `{"type":"track","event":"x",` + who + `,"properties":{"a":"` + strings.Repeat("a", 33<<10) + `"}}`, "at most 32768 are taken"},
		{"a message that is a number", `7`, "is of the type number"},
		{"a forged decision", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":"` + forge(id) + `"}}`, "not issued by this engine"},
		{"an invented decision", `{"type":"track","event":"x",` + who + `,"properties":{"decisionId":"abc"}}`, "not issued by this engine"},
	}
	good := `{"type":"track","messageId":"good","event":"x",` + who + `}`
	for _, tt := range tests {
		t.Run(tt.name+" is rejected alone, with a fix", func(t *testing.T) {
			r := parse(t, "batch", `{"batch":[`+good+`,`+tt.item+`,`+good+`]}`).Events(intake())
			if len(r.Events) != 2 {
				t.Errorf("%d events, want the two good ones", len(r.Events))
			}
			if len(r.Rejected) != 1 {
				t.Fatalf("rejects %v, want one", r.Rejected)
			}
			got := r.Rejected[0]
			if got.Index != 1 || !strings.Contains(got.Message, tt.want) || got.Fix == "" || got.Code == "" {
				t.Errorf("reject %+v, want index 1, a code, a fix and a message with %q", got, tt.want)
			}
		})
	}
}

// forge flips one bit of what an id says and keeps its signature.
func forge(id string) string {
	b, _ := base64.RawURLEncoding.DecodeString(id)
	b[20] ^= 1
	return base64.RawURLEncoding.EncodeToString(b)
}

func TestWholeBodyErrors(t *testing.T) {
	tests := []struct {
		name, kind, body string
		want             throughline.Code
	}{
		{"bad JSON", "batch", `{"batch":[}`, throughline.Invalid},
		{"an empty body", "track", ``, throughline.Invalid},
		{"a list", "batch", `[]`, throughline.Invalid},
		{"no batch", "batch", `{}`, throughline.Invalid},
		{"a context that is a list", "batch", `{"batch":[],"context":[]}`, throughline.Invalid},
		{"a sentAt that is a number", "batch", `{"batch":[],"sentAt":1}`, throughline.Invalid},
		{"a batch of 501 KB", "batch", `{"batch":[],"a":"` + strings.Repeat("a", 501<<10) + `"}`, throughline.TooLarge},
		{"a message of 33 KB", "track", `{"event":"` + strings.Repeat("a", 33<<10) + `"}`, throughline.TooLarge},
		{"2,501 messages", "batch", `{"batch":[` + strings.Repeat("{},", 2500) + `{}]}`, throughline.TooLarge},
		{"a kind that does not exist", "dance", `{}`, throughline.NotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name+" is an error for the whole body", func(t *testing.T) {
			_, err := observe.Parse([]byte(tt.body), tt.kind, noon)
			if throughline.CodeOf(err) != tt.want {
				t.Errorf("error %v, want code %s", err, tt.want)
			}
		})
	}
	t.Run("2,500 messages are not too many", func(t *testing.T) {
		b := parse(t, "batch", `{"batch":[`+strings.Repeat("{},", 2499)+`{}]}`)
		if len(b.Rejected) != 2500 {
			t.Errorf("%d rejected, want 2500", len(b.Rejected))
		}
	})
}

func TestClock(t *testing.T) {
	tests := []struct {
		name, times string
		want        time.Duration // from the time received
		replaced    bool
	}{
		{"without times it occurred when it was received", ``, 0, false},
		{"an old message sent at once occurred as long ago as the client says", `"timestamp":"2026-05-04T11:59:00Z","sentAt":"2026-05-04T12:00:00Z"`, -time.Minute, false},
		{"a client whose clock is ten years behind does no harm", `"timestamp":"2016-05-04T11:00:00Z","sentAt":"2016-05-04T11:00:10Z"`, -10 * time.Second, false},
		{"without sentAt the timestamp is believed", `"timestamp":"2026-05-04T13:59:00.5+02:00"`, -59500 * time.Millisecond, false},
		{"without sentAt a timestamp ten years off is not", `"timestamp":"2016-05-04T11:00:00Z"`, 0, true},
		{"five minutes ahead are believed", `"timestamp":"2026-05-04T12:05:00Z"`, 5 * time.Minute, false},
		{"more than five minutes ahead are not", `"timestamp":"2026-05-04T12:05:00.001Z"`, 0, true},
		{"thirty days ago are believed", `"timestamp":"2026-04-04T12:00:00Z"`, -30 * 24 * time.Hour, false},
		{"more than thirty days ago are not", `"timestamp":"2026-04-04T11:59:59Z"`, 0, true},
		{"a sentAt alone says nothing", `"sentAt":"2016-05-04T11:00:10Z"`, 0, false},
		{"originalTimestamp stands in for timestamp", `"originalTimestamp":"2026-05-04T11:59:00Z"`, -time.Minute, false},
		{"a time without a zone is UTC", `"timestamp":"2026-05-04T11:59:00"`, -time.Minute, false},
		{"null is as good as absent", `"timestamp":null,"sentAt":null`, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			item := `{"type":"track","event":"x","userId":"u"`
			if tt.times != "" {
				item += "," + tt.times
			}
			item += `}`
			m := parse(t, "batch", `{"batch":[`+item+`]}`).Messages[0]
			if got := m.OccurredAt.Sub(noon); got != tt.want || m.ClockReplaced != tt.replaced {
				t.Errorf("occurred %v from noon, replaced %v; want %v, %v", got, m.ClockReplaced, tt.want, tt.replaced)
			}
		})
	}
	t.Run("the batch's sentAt holds for its messages, and their own wins", func(t *testing.T) {
		b := parse(t, "batch", `{"sentAt":"2026-05-04T10:00:30Z","batch":[
			{"type":"track","event":"x","userId":"u","timestamp":"2026-05-04T10:00:00Z"},
			{"type":"track","event":"x","userId":"u","timestamp":"2026-05-04T10:00:00Z","sentAt":"2026-05-04T10:00:10Z"}]}`)
		if a, b := noon.Sub(b.Messages[0].OccurredAt), noon.Sub(b.Messages[1].OccurredAt); a != 30*time.Second || b != 10*time.Second {
			t.Errorf("they occurred %v and %v ago, want 30s and 10s", a, b)
		}
	})
	t.Run("the client's own times stay in the sealed part", func(t *testing.T) {
		e := parse(t, "track", `{"event":"x","userId":"u","timestamp":"2016-05-04T11:00:00Z"}`).Events(intake()).Events[0]
		for _, want := range []string{`"timestamp":"2016-05-04T11:00:00Z"`, `"clock":"replaced"`} {
			if !strings.Contains(string(e.Sealed), want) {
				t.Errorf("sealed is %s, without %s", e.Sealed, want)
			}
		}
	})
}

func TestSealed(t *testing.T) {
	const body = `{"writeKey":"wk","context":{"ip":"192.0.2.1","app":{"name":"shop"}},"batch":[
		{"type":"track","messageId":"jo.marsh@example.com","userId":"jo.marsh","anonymousId":"visitor-7731","event":"Signed Up",
		 "properties":{"plan":"premium","decisionId":"DECISION"},"context":{"ip":"192.0.2.2"},"integrations":{"All":true}},
		{"type":"identify","anonymousId":"visitor-7731","traits":{"email":"jo.marsh@example.com"}}]}`
	b := parse(t, "batch", strings.ReplaceAll(body, "DECISION", id))
	if b.WriteKey != "wk" {
		t.Errorf("write key %q, want wk", b.WriteKey)
	}
	if diff := cmp.Diff([]string{"jo.marsh", "visitor-7731"}, b.Units()); diff != "" {
		t.Errorf("units: %s", diff)
	}
	events := b.Events(intake()).Events
	t.Run("all that says of whom it is, is sealed for that recipient and that event", func(t *testing.T) {
		prefix := "jo.marsh:" + events[0].ID.String() + ":"
		plain, ok := strings.CutPrefix(string(events[0].Sealed), prefix)
		if !ok {
			t.Fatalf("sealed is %s, want the prefix %s", events[0].Sealed, prefix)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(plain), &got); err != nil {
			t.Fatalf("%v in %s", err, plain)
		}
		want := map[string]any{
			"messageId": "jo.marsh@example.com", "userId": "jo.marsh", "anonymousId": "visitor-7731", "receivedAt": "2026-05-04T12:00:00Z",
			"properties": map[string]any{"plan": "premium", "decisionId": id},
			"context":    map[string]any{"ip": "192.0.2.2", "app": map[string]any{"name": "shop"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing of it is in the clear", func(t *testing.T) {
		for _, e := range events {
			e.Sealed = nil
			clear, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			clear = append(clear, e.Data...) // which JSON writes in base64
			for _, secret := range []string{"jo.marsh", "visitor-7731", "premium", "192.0.2", "example.com", "email"} {
				if bytes.Contains(clear, []byte(secret)) {
					t.Errorf("%s holds %q", clear, secret)
				}
			}
		}
	})
	t.Run("a recipient who was forgotten leaves no event", func(t *testing.T) {
		r := parse(t, "identify", `{"userId":"forgotten","traits":{"email":"x"}}`).Events(intake())
		if len(r.Events) != 0 || len(r.Rejected) != 0 || r.Suppressed != 1 {
			t.Errorf("result %+v, want one suppressed", r)
		}
	})
	t.Run("what a forgotten recipient did with a decision of nobody's is not looked at", func(t *testing.T) {
		r := parse(t, "track", `{"userId":"forgotten","event":"Bought","properties":{"decisionId":"forged"}}`).Events(intake())
		if len(r.Events) != 0 || len(r.Rejected) != 0 || r.Suppressed != 1 {
			t.Errorf("result %+v, want one suppressed", r)
		}
	})
}

func TestKey(t *testing.T) {
	key := func(source, body string) string {
		in := intake()
		in.Source = source
		return parse(t, "track", body).Events(in).Events[0].Key
	}
	const (
		a    = `{"messageId":"1","event":"x","userId":"u"}`
		b    = `{"messageId":"1","event":"x","userId":"u","sentAt":"2026-05-04T12:00:00Z"}`
		c    = `{"messageId":"2","event":"x","userId":"u"}`
		bare = `{"event":"x","userId":"u"}`
	)
	if key("web", a) != key("web", b) {
		t.Error("the same messageId sent again has another key")
	}
	if once, again := key("web", bare), key("web", bare); once != again {
		t.Error("the same bytes without a messageId have another key")
	}
	keys := []string{key("web", a), key("app", a), key("web", c), key("web", bare), key("web", strings.Replace(bare, `"u"`, `"v"`, 1))}
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k] {
			t.Errorf("two messages share the key %s", k)
		}
		seen[k] = true
		if len(k) > 40 {
			t.Errorf("the key %s is long", k)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"batch":[{"type":"track","messageId":"1","userId":"u","event":"Throughline Exposure","properties":{"decisionId":"` + id + `"}}],"sentAt":"2026-05-04T12:00:00Z","context":{"a":1}}`,
		`{"event":"x","userId":"u","properties":{"decisionId":"` + id + `","value":1.5},"context":{}}`,
		`{"batch":[null,7,"",[],{"type":"alias","userId":"a","previousId":"b"}]}`,
		`{"userId":"\ud800","event":"\u0000","timestamp":"2026-02-30T00:00:00Z"}`,
		"{\"batch\":[{\"type\":\"t\",\"event\":\"\xff\"}]}",
	} {
		f.Add([]byte(seed), "batch")
		f.Add([]byte(seed), "track")
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		b, err := observe.Parse(body, kind, noon)
		if err != nil {
			if c := throughline.CodeOf(err); c != throughline.Invalid && c != throughline.TooLarge && c != throughline.NotFound {
				t.Fatalf("code %s of %v", c, err)
			}
			return
		}
		r := b.Events(intake())
		if len(r.Events)+len(r.Rejected)+r.Suppressed != len(b.Messages)+len(b.Rejected) {
			t.Fatalf("%d messages and %d rejects became %d events, %d rejects, %d suppressed",
				len(b.Messages), len(b.Rejected), len(r.Events), len(r.Rejected), r.Suppressed)
		}
		for i, e := range r.Events {
			if d := e.OccurredAt.Sub(noon); d > observe.MaxAhead || d < -observe.MaxBehind {
				t.Fatalf("event %d occurred %v from the time received", i, d)
			}
			_, plain, _ := bytes.Cut(e.Sealed, []byte(":"+e.ID.String()+":"))
			if !json.Valid(plain) {
				t.Fatalf("sealed is not JSON: %q", plain)
			}
		}
	})
}

// typicalBatch is n messages as client libraries send them.
func typicalBatch(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"sentAt":"2026-05-04T12:00:00.000Z","context":{"library":{"name":"analytics-go","version":"3.0.0"}},"batch":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"track","messageId":"node-next-1777896000000-%08d-4a2f","anonymousId":"visitor-%d","event":"Throughline Exposure",`+
			`"timestamp":"2026-05-04T11:59:59.%03dZ","properties":{"decisionId":"%s","page":"/home","position":%d},"context":{"page":{"path":"/home","referrer":""}},"integrations":{}}`,
			i, i, i%1000, id, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	body := typicalBatch(100)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if batch, err := observe.Parse(body, "batch", noon); err != nil || len(batch.Messages) != 100 {
			b.Fatal(err, len(batch.Messages))
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkEvents(b *testing.B) {
	batch, err := observe.Parse(typicalBatch(100), "batch", noon)
	if err != nil {
		b.Fatal(err)
	}
	in := intake()
	b.ReportAllocs()
	for b.Loop() {
		if r := batch.Events(in); len(r.Events) != 100 {
			b.Fatal(r.Rejected)
		}
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
