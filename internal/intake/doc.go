// Package intake reads what other systems export. A reader takes a stream from
// a stranger and yields one row after the other; what cannot be read is an error
// with its line, and reading goes on, so that the caller chooses between
// skipping and refusing and nothing is lost in silence.
package intake
