//go:build !unix

package source

// atOnce is for systems that have pipes in folders.
const atOnce = 0
