// Package throughline is the vocabulary of an open content engine: the words
// that people, files, the API and every package below use for the same things.
// It holds types and the rules that belong to them; it never reads, writes,
// waits or decides when.
//
// The engine runs one line without a break:
//
//	 Brief ─▸ Template + Pieces ─▸ Variants ─▸ Findings ─▸ Release
//	   ▴        (declare)          (assemble)   (check)    (activate)
//	   │                                                      │
//	   │                                                      ▾
//	Learning ◂─ Indicators ◂─ Outcomes ◂─ Exposures ◂─ Decision ◂─ Snapshot
//	 (propose)   (report)          (observe)           (decide)
//	                └────────── learn ──────────▸ Epoch ──────┘
//
// What is declared is a [Resource]. What happened is an [Event]. What readers
// decide from is a [Snapshot] and, for the learned part, an [Epoch]. Everything
// between them is a function in internal/loop.
package throughline
