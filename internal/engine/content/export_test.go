package content

import (
	"github.com/throughline-engine/throughline/internal/record"
)

// RunOnce lets a schedule act once.
var (
	RunOnce  = (*Schedule).runOnce
	Resolve  = resolve
	Instant  = instant
	SetApart = (*Content).setApart
)

// ForgetApart forgets what is kept beside a release.
func ForgetApart(tx record.Tx, number int) error {
	k, err := readKept(tx, number)
	if err != nil {
		return err
	}
	return dropChanges(tx, k)
}
