// Package recordtest holds the suite that every adapter of the record's ports
// passes, and sample events. Each subtest is a sentence of package record that
// holds for the adapter. It is imported by tests only.
package recordtest
