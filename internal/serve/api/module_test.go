package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// moduleLimit is what the module may weigh on the wire.
const moduleLimit = 6 << 10

func TestModule(t *testing.T) {
	t.Parallel()
	d := openDoor(t, enginetest.Options{})
	a := d.do(t, ask{method: "GET", path: "/throughline.js"})
	t.Run("it is under 6 KB gzipped", func(t *testing.T) {
		var z bytes.Buffer
		w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(a.body)
		w.Close()
		t.Logf("%d bytes, %d gzipped", len(a.body), z.Len())
		if a.status != http.StatusOK || len(a.body) < 1000 || z.Len() >= moduleLimit {
			t.Errorf("%d: %d bytes, %d gzipped; the limit is %d", a.status, len(a.body), z.Len(), moduleLimit)
		}
	})
	t.Run("pages of other sites may load it", func(t *testing.T) {
		if a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/javascript") {
			t.Errorf("%v", a.header)
		}
	})
	t.Run("it imports nothing and never reads markup", func(t *testing.T) {
		for _, not := range []string{"innerHTML", "outerHTML", "insertAdjacent", "eval(", "import(", "document.write", "cookie"} {
			if bytes.Contains(a.body, []byte(not)) {
				t.Errorf("it has %s", not)
			}
		}
	})
	t.Run("a browser that has it is told so", func(t *testing.T) {
		again := d.do(t, ask{method: "GET", path: "/throughline.js", header: http.Header{"If-None-Match": {a.header.Get("ETag")}}})
		if again.status != http.StatusNotModified || len(again.body) != 0 {
			t.Errorf("%d", again.status)
		}
	})
}

func TestDraw(t *testing.T) {
	t.Parallel()
	d := openLive(t, enginetest.Options{}, `---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-sharp}
spec: {role: headline, brief: visit, values: {en: "<img onerror=alert(1)>"}}
`)
	key := bearer(d.keys[operate.ScopeRead])
	seen := map[string]bool{}
	t.Run("a drawing is a tree, the same decision as the evaluation's", func(t *testing.T) {
		for _, unit := range strings.Fields("a b c d e f g h i j k l m n o p") {
			a := d.do(t, ask{path: "/v1/render/home.hero", body: `{"context":{"targetingKey":"` + unit + `"}}`, header: key})
			var got struct {
				Key, DecisionID, Variant, Locale, Arm string
				Nodes                                 []any
			}
			if err := json.Unmarshal(a.body, &got); err != nil || a.status != http.StatusOK {
				t.Fatalf("%d %s %v", a.status, a.body, err)
			}
			if got.DecisionID != d.decisionID(t, "home.hero", unit) || len(got.Nodes) != 2 {
				t.Errorf("%s", a.body)
			}
			heading := got.Nodes[0].([]any)
			text, isText := heading[2].(string)
			if heading[0] != "h2" || len(heading) != 3 || !isText {
				t.Fatalf("the heading is %v", heading)
			}
			seen[text] = true
		}
	})
	t.Run("text that looks like markup stays text", func(t *testing.T) {
		if !seen["<img onerror=alert(1)>"] {
			t.Errorf("no drawing had it: %v", seen)
		}
	})
	t.Run("errors are those of the protocol", func(t *testing.T) {
		for path, want := range map[string]int{"/v1/render/home.none": 404, "/v1/render/home.hero": 401} {
			header := key
			if want == 401 {
				header = nil
			}
			a := d.do(t, ask{path: path, body: `{"context":{"targetingKey":"v"}}`, header: header})
			if a.status != want || !bytes.Contains(a.body, []byte("errorCode")) {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}
