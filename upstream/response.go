package upstream

import (
	"net/http"

	"github.com/sluice-gateway/sluice/upstream/header"
	"github.com/sluice-gateway/sluice/upstream/internal/buffer"
)

// Response is the whole answer of a service, of whatever status.
type Response struct {
	Status int
	// Header is without hop-by-hop headers, and if the body was compressed, without Content-Encoding and Content-Length. It
	// is read-only, as others may have the same answer.
	Header http.Header
	// Body is the body, decompressed. It is on loan until Release.
	Body []byte
	// Given is what the answer gives to the headers of the client's answer, by the rules of the service; nil if there are
	// no rules.
	Given *header.Given

	loan *buffer.Buffer
}

// split returns another handle on the same answer, which is released by itself.
func (r *Response) split() *Response {
	if r.loan != nil {
		r.loan.Retain()
	}
	out := *r
	return &out
}

// Release gives the memory of Body back. The body must not be used after that. It may be called twice, but not from two
// goroutines at once.
func (r *Response) Release() {
	if r.loan != nil {
		r.loan.Release()
		r.loan, r.Body = nil, nil
	}
}
