package demo

import (
	"fmt"
	"math/rand/v2"

	"github.com/throughline-engine/throughline"
)

// Recipient is one simulated person. The same seed and number always make the
// same one.
type Recipient struct {
	// Unit is the opaque id sent as targetingKey and anonymousId.
	Unit string
	// Surface is where the person meets the brand.
	Surface throughline.Surface
	// Ticket is season or day, Visits how often they came before (0 to 12),
	// Locale en or de.
	Ticket string
	Visits int
	Locale string
}

// recipient makes person number n.
func recipient(seed uint64, n int) Recipient {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	r := Recipient{
		Unit:    fmt.Sprintf("sim-%08x-%06d", uint32(seed^seed>>32), n),
		Surface: throughline.Web,
		Ticket:  "day",
		Locale:  "en",
	}
	if rng.Float64() < 0.45 {
		r.Surface = throughline.App
	}
	again := 0.6 // the chance of one more visit: 36 % of those with a day ticket come back twice
	if rng.Float64() < 0.3 {
		r.Ticket, again = "season", 0.85
	}
	for r.Visits < 12 && rng.Float64() < again {
		r.Visits++
	}
	if rng.Float64() < 0.4 {
		r.Locale = "de"
	}
	return r
}

// context returns what a request says of the person, the targeting key included.
func (r Recipient) context() map[string]any {
	return map[string]any{
		"targetingKey": r.Unit, "ticket": r.Ticket, "visits": r.Visits, "locale": r.Locale,
	}
}
