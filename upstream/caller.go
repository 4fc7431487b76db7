package upstream

import (
	"context"
	"net/http"

	"github.com/sluice-gateway/sluice/upstream/header"
)

// Caller is the request of a client that calls are made for: what rules forward of it, and what goes along with every
// call. It is read-only.
type Caller struct {
	// Header are the headers of the client's request, with names in canonical form. None of them is sent on unless a rule
	// says so, but for those of the trace.
	Header map[string][]string
	// RequestID is the id by which logs know the request; empty: it has none.
	RequestID string
}

func (c *Caller) isZero() bool { return c.Header == nil && c.RequestID == "" }

type callerKey struct{}

// WithCaller returns a context that brings the caller to the calls of code that only has a context, such as resolvers
// written in Go. A request with a [Request.Caller] of its own does without.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &c)
}

// rules are the rules for headers of one service, made ready.
type rules struct {
	request  *header.Rules
	response *header.ResponseRules
}

func newRules(c *header.Config) (r rules, err error) {
	if r.request, err = header.New(c.Request); err != nil {
		return rules{}, err
	}
	r.response, err = header.NewResponse(c.Response)
	return r, err
}

// outgoing makes the headers of a request, once for all its attempts. It comes before the check of the request, as values
// of clients may be among them.
func (r *rules) outgoing(ctx context.Context, req *Request) {
	if req.Caller.isZero() {
		if c, ok := ctx.Value(callerKey{}).(*Caller); ok {
			req.Caller = *c
		}
	}
	if req.Header == nil {
		req.Header = make(http.Header, 4)
	}
	header.Flow(req.Header, req.Caller.Header, req.Caller.RequestID)
	r.request.Apply(req.Header, req.Caller.Header)
}

// incoming notes what an answer gives to the client's.
func (r *rules) incoming(resp *Response) { resp.Given = r.response.Read(resp.Header) }
