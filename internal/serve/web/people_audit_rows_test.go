package web

import (
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestARowOfTheAuditLeadsToItsEvent(t *testing.T) {
	rows := auditTable([]operate.Audited{{Seq: 41, At: time.Unix(0, 0)}}, nil).Rows
	if len(rows) != 1 || rows[0].URL != "/journal/41" {
		t.Errorf("the rows are %+v; want one that leads to /journal/41", rows)
	}
}
