package evaluate

// spread returns the squared coefficient of variation of true rates within
// tests: how far, relative to a test's mean, its packages really lie apart.
//
// Observed rates lie farther apart than true ones because clicks are chance. By
// the method of moments (DerSimonian and Laird, Controlled Clinical Trials 7
// (1986), 177-188), the excess of the weighted squares over what chance alone
// gives, summed over all tests, estimates the variance of the truth. One test
// has a handful of packages, too few to say; a file has thousands. What it sees
// of clicks and impressions alone decides; it is 0 or more.
func spread(tests []*test) float64 {
	var excess, weight float64
	for _, t := range tests {
		p := t.rate()
		if t.broken || p == 0 || len(t.packages) < 2 {
			continue
		}
		squares, sizes := 0.0, 0.0
		for _, k := range t.packages {
			d := k.rate() - p
			squares += float64(k.impressions) * d * d
			sizes += float64(k.impressions) * float64(k.impressions)
		}
		chance := float64(len(t.packages)-1) * p * (1 - p)
		excess += (squares - chance) / (p * p)
		weight += float64(t.impressions) - sizes/float64(t.impressions)
	}
	if weight == 0 {
		return 0
	}
	return max(0, excess/weight)
}

// rates returns what each package's true rate is taken to be: the observed rate,
// or with a spread the observed rate pulled toward the test's mean, the more the
// fewer impressions it rests on (empirical Bayes). A negative spread means no
// shrinking.
func (t *test) rates(spread float64) []float64 {
	mean := t.rate()
	rates := make([]float64, len(t.packages))
	for i, k := range t.packages {
		rates[i] = k.rate()
		if spread < 0 || k.impressions == 0 {
			continue
		}
		truth := spread * mean * mean
		chance := mean * (1 - mean) / float64(k.impressions)
		trust := 0.0
		if truth > 0 {
			trust = truth / (truth + chance)
		}
		rates[i] = mean + trust*(rates[i]-mean)
	}
	return rates
}
