package demo

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWhatIsPrinted(t *testing.T) {
	truth, err := NewTruth(1, lido(t))
	if err != nil {
		t.Fatal(err)
	}
	result := Result{
		Decisions: 23_911, Exposures: 23_850, Outcomes: 2_204, Acknowledged: 26_054, Journaled: 26_054,
		LearnedRate: 0.1166, HoldoutRate: 0.0563, OracleRate: 0.1465, SignalToDecision: 4.812, ApplyToServed: 212.4,
		LearnedExposures: 14_810, HoldoutExposures: 1_690,
	}
	opening := Opening{
		URL: "http://127.0.0.1:8080/", SignIn: "http://127.0.0.1:8080/welcome?link=example",
		Owner: "Mira Aldous", Folder: "/tmp/throughline-demo-1", Rate: WatchedRate,
	}
	timed := opening
	timed.Duration, timed.Rate = 30*time.Second, HeadlessRate
	for name, got := range map[string]string{
		"opening": opening.String(), "opening-timed": timed.String(),
		"line": result.Line() + "\n", "line-at-once": newLedger(false).result(time.Time{}, false).Line() + "\n",
		"summary": result.Summary(), "truth": truth.String(),
	} {
		t.Run(name+" reads as its golden file", func(t *testing.T) {
			path := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
