package check

import (
	"strings"

	"github.com/throughline-engine/throughline"
)

// film checks that whoever cannot hear a film is told what is said in it, in every
// language it is shown in. It is of the check alt-text: it warns by itself, and is as
// grave as that check where a set asks for it.
func (r *run) film(x sample, a *throughline.Asset) {
	if !a.File.IsFilm() || !a.File.Sound {
		return
	}
	own := throughline.Warn
	if _, asked := r.judge.rule(throughline.CheckAltText, x.spec.Role, ""); asked {
		own = ""
	}
	var missing []string
	for _, locale := range r.locales {
		if _, found := a.CaptionsIn(r.brand.Locales, locale); !sameLanguage(found, locale) {
			missing = append(missing, locale)
		}
	}
	if len(missing) == 0 {
		return
	}
	r.says(x, throughline.CheckAltText, own, throughline.Finding{
		Got: "captions missing in " + strings.Join(missing, ", "), Want: "captions of a film with sound in every language of the brand",
		Fix: "take them in as WebVTT and name them in spec.captions." + missing[0],
	})
}
