//go:build unix

package source

import "syscall"

// atOnce keeps opening what was a file when it was listed, and is a pipe now, from
// waiting until somebody writes to it.
const atOnce = syscall.O_NONBLOCK
