package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/throughline-engine/throughline/client"
)

// A page asks for a decision, shows it, and says that it was seen. When the
// engine cannot be reached the page shows its own words.
func Example() {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/batch" {
			fmt.Fprint(w, `{"success":true}`)
			return
		}
		fmt.Fprint(w, `{"key":"home.hero","reason":"SPLIT","variant":"a1","value":{"headline":"Less work"},"metadata":{"decisionId":"d1"}}`)
	}))
	defer engine.Close()

	ctx := context.Background()
	c := client.New(engine.URL, client.Config{ReadKey: "tl_read_...", WriteKey: "tl_write_..."})
	defer c.Close(ctx)

	headline := "Welcome"
	d, err := c.Decide(ctx, "home.hero", "visitor-1", client.Context{"locale": "en"})
	if err == nil {
		headline = d.Value["headline"]
	}
	fmt.Println(headline)

	if err := c.Exposed("visitor-1", d.ID()); err != nil {
		log.Print(err)
	}
	if err := c.Flush(ctx); err != nil {
		log.Print(err)
	}
	// Output: Less work
}
