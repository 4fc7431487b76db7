package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Request is what is asked of a service. All of it belongs to the client from the call of [Client.Do] on, and must not
// be changed or used again, even after Do has returned: a request that was cut off may still be on its way out.
type Request struct {
	Method string
	// Path is the encoded path and query, after the path of the endpoint; it begins with a slash. Empty: the path of the
	// endpoint itself.
	Path string
	// Header has names in canonical form. It may be nil. Hop-by-hop headers and Content-Length are dropped.
	Header http.Header
	Body   []byte
	// Host is the Host header; empty: the endpoint's.
	Host string
	// Key is the hash of what [Client.HashKey] gives for this call, if HasKey: the policy rendezvous sends equal keys to the
	// same endpoint.
	Key    uint64
	HasKey bool
	// Share: this is a read, and while the same one is under way for somebody else its answer is good for both. It is for
	// requests that change nothing, whatever their method.
	Share bool
	// Idempotent: sending the request twice does what sending it once does, though its method does not say so, and nothing is
	// changed that a second one could undo: a query by POST, as a rule. It may be repeated and hedged.
	Idempotent bool
	// Caller is the request of a client that this call is made for. The zero value: the one of the context, if there is
	// one; see [WithCaller].
	Caller Caller
}

// hopByHop are the headers that concern one connection and are never passed on (RFC 9110, section 7.6.1), in canonical
// form.
var hopByHop = [...]string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade",
}

// dropHopByHop removes what concerns one connection, those that Connection names included.
func dropHopByHop(h http.Header) {
	for _, names := range h["Connection"] {
		for name := range strings.SplitSeq(names, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// check reports what would make the request unfit to be written on a connection. Nothing that a value of a caller
// brings in may end a line or a word of the head.
func (r *Request) check() error {
	if !isToken(r.Method) {
		return errors.New("the method is not a token")
	}
	if r.Path != "" && r.Path[0] != '/' {
		return errors.New("the path does not begin with a slash")
	}
	for i := range len(r.Path) {
		if c := r.Path[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return fmt.Errorf("the path has the byte %#02x, which must be encoded", c)
		}
	}
	for i := range len(r.Host) {
		if c := r.Host[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("/?#@\\", c) >= 0 {
			return errors.New("the host is not a host")
		}
	}
	for name, values := range r.Header {
		if !isToken(name) {
			return errors.New("the name of a header is not a token")
		}
		for _, v := range values {
			if !isFieldValue(v) {
				return fmt.Errorf("the value of the header %s has a control character", name)
			}
		}
	}
	return nil
}

// isToken is the rule token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
