// Package stack makes room on the stacks of goroutines that are about to go deep. Whoever starts many short-lived goroutines
// that each make a call calls it first thing in them.
package stack

import "runtime"

// room is how much stack a call of a service needs, from the goroutine that makes it down to the system call, twice over.
const room = 5 << 10

// Grow makes the stack of the calling goroutine large enough for the call of a service.
//
// A goroutine begins with 2 KB. When that is too little the runtime copies the stack, and adjusts each of its frames: some
// microseconds where there are fifteen of them, and a fraction of one where there is only the first.
//
//go:noinline
func Grow() {
	var taken [room]byte
	runtime.KeepAlive(&taken)
}
