// Package learn turns what happened into what policies believe: a fold over the
// journal keeps counts, a model reads the counts, and an epoch says in integers
// how each placement should choose until the next one.
//
//	exposure.confirmed ┐                     ┌▸ Fit ─▸ Posterior.Rank ┐
//	outcome.received   ┼▸ Step ─▸ State ─▸ Count ─▸ most successful ──┼▸ Epoch
//	exposure.counted   ┘                     └▸ nothing, for uniform ─┘
//
// What counts is a trial: a decision of a policy that was shown once, whatever
// came twice or late (see internal/craft/trial). Recipients held out are not
// learned from. They are the measure of what the policy is worth, and a policy
// that had also been fitted to them would share their luck: the comparison would
// no longer be between two things that know nothing of each other.
//
// Everything here is a pure function of its arguments; chance is a seed.
package learn
