// Package demo holds the example workspace and the simulated recipients who try
// it out. The recipients use only the doors, as real ones would: they ask for
// decisions over OFREP, answer with exposures and outcomes over Segment's batch
// call, and one of them changes a text now and then over the management API.
//
// What they like is drawn from a seed and never told to the engine, so the
// simulator can say what the engine cannot: how well it might have done. It
// reads the text that was served, not what the engine says it served, and
// counts everything itself; the Result is a verdict from outside.
package demo
