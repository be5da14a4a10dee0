// Package decide turns a [throughline.Snapshot] and a request into a
// [throughline.Decision].
//
// A snapshot is compiled once into a [Table], which any number of readers share
// without locks; an epoch, what the policies have learned since, only swaps the
// rankings. One request runs through these steps:
//
//	audience rules ─▸ one bit each: the signature ─▸ eligible candidates
//	hash(unit) ─▸ holdout or policy                     │
//	hash(placement, unit, epoch) ─▸ position ─▸ shares ─┴▸ candidate, propensity
//	locale asked ─▸ the text of each piece
//
// Chance is a hash throughout, so the same question has the same answer on every
// node, and any decision can be made again from the record alone. Propensities
// are integers in parts of [throughline.WeightOne] and exact by construction: a
// candidate's weight is the number of positions on which it is served.
package decide
