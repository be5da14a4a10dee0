package content

// RunOnce lets a schedule act once.
var (
	RunOnce = (*Schedule).runOnce
	Resolve = resolve
	Instant = instant
)
