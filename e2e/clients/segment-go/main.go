// Command segment-go sends two messages with Segment's own Go client, as a
// program that has never heard of Throughline would.
//
//	go run . ENDPOINT WRITE_KEY DECISION_ID
package main

import (
	"fmt"
	"os"

	"github.com/segmentio/analytics-go/v3"
)

// watcher counts what the client was told of its messages.
type watcher struct{ sent, failed int }

// Success is called for each message that was delivered.
func (w *watcher) Success(analytics.Message) { w.sent++ }

// Failure is called for each message the client gave up on.
func (w *watcher) Failure(_ analytics.Message, err error) {
	w.failed++
	fmt.Fprintln(os.Stderr, err)
}

func main() {
	endpoint, key, decision := os.Args[1], os.Args[2], os.Args[3]
	w := new(watcher)
	client, err := analytics.NewWithConfig(key, analytics.Config{Endpoint: endpoint, Callback: w})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	about := analytics.NewProperties().Set("decisionId", decision)
	for _, event := range []string{"Throughline Exposure", "Signed Up"} {
		if err := client.Enqueue(analytics.Track{AnonymousId: "go-visitor", Event: event, Properties: about}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := client.Close(); err != nil || w.failed > 0 || w.sent != 2 {
		fmt.Fprintf(os.Stderr, "sent %d, failed %d: %v\n", w.sent, w.failed, err)
		os.Exit(1)
	}
}
