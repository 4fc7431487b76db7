// Package connection keeps the connections to one endpoint: a [Pool] is an [http.RoundTripper] that dials, encrypts, goes
// through a proxy, speaks HTTP/1.1 or HTTP/2, and closes what is idle, old or no longer wanted.
//
// Two rules matter to its caller, which is package upstream. A request is sent once: what could be sent again is the
// caller's decision, who pays for it out of a budget. And an error says whether anything was sent: a [DialError] and a
// [RefusedError] mean that the endpoint did not see the request, or promises not to have acted on it.
//
// The package knows addresses and connections. It does not know what is asked for and why, nor which endpoint is to be
// asked. HTTP/1.1 is spoken by package http1, HTTP/2 by net/http.
package connection
