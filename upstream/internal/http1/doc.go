// Package http1 speaks HTTP/1.1 as a client over one connection that it is given (RFC 9112).
//
// It exists because most of what a call costs in net/http's client are the two goroutines of each connection, and because
// that client sends requests again on its own, where a caller that keeps a budget of retries cannot see it. Here a request
// is written and its answer read by the goroutine of the caller, and every request is sent once.
//
// What a peer may send is bounded and strict, as an answer that two programs understand differently is how one client gets
// the answer of another: the head and everything before it has a limit, lines may not be folded, lengths may not
// contradict each other, and a connection on which anything is left over after an answer is not used again.
//
// The package knows nothing of pools, dialing and TLS. The package connection calls it.
package http1
