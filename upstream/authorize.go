package upstream

import (
	"context"
	"maps"
	"net/http"

	"github.com/sluice-gateway/sluice/upstream/credential"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// authorized returns the request of one attempt, which has the credentials of the service for e in its headers, and what
// the credentials know of it. Without credentials that is r itself and nil. It may wait for a token as long as ctx allows.
func (c *Client) authorized(ctx context.Context, e *endpoint.Endpoint, r *Request, streamed bool) (*Request, *credential.Request, *Error) {
	if c.credentials == nil {
		return r, nil, nil
	}
	out := *r
	out.Header = make(http.Header, len(r.Header)+4)
	maps.Copy(out.Header, r.Header) // r is of all attempts
	signed := &credential.Request{
		Method: r.Method, Scheme: e.Scheme(), Host: r.Host, Target: e.Prefix() + r.Path, Header: out.Header, Body: r.Body,
		Streamed: streamed, Caller: r.Caller.Header,
	}
	if signed.Host == "" {
		signed.Host = e.Host()
	}
	if err := c.credentials.Apply(ctx, signed); err != nil {
		return nil, nil, &Error{Code: CodeCredentials, Err: err}
	}
	return &out, signed, nil
}

// exchange makes one exchange with a member, with the credentials of the service. If the service refuses them and there
// will be others, it makes one more: a service that answers 401 has done nothing.
func (c *Client) exchange(ctx context.Context, m *member, r *Request) (*Response, *Error) {
	if c.credentials == nil {
		return m.exchanger.exchange(ctx, r)
	}
	for again := true; ; again = false {
		attempt, signed, err := c.authorized(ctx, m.Endpoint, r, false)
		if err != nil {
			return nil, err
		}
		resp, err := m.exchanger.exchange(ctx, attempt)
		if err != nil || resp.Status != http.StatusUnauthorized || !again || !c.credentials.Refused(signed) {
			return resp, err
		}
		resp.Release()
	}
}
