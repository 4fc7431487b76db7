package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/sluice-gateway/sluice/upstream/balance"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// StreamRequest is a request whose bodies are passed on as they come, in both directions.
type StreamRequest struct {
	// Request is the head. Its Body and Share mean nothing.
	Request
	// Stream is the body; nil: none. It is closed in any case, perhaps after the call has ended.
	Stream io.ReadCloser
	// Length of the body in bytes; -1: not known.
	Length int64
	// Trailer has the trailers that follow the body: the names when the call begins, the values when the body has ended.
	Trailer http.Header
	// Upgrade is the protocol that the connection shall be switched to; empty: none.
	Upgrade string
}

// Stream sends r and returns the answer, of whatever status, as soon as its head is there. The caller closes the body of
// the answer, which ends the call, and ctx lasts until then. After 101, which only an upgrade can get, the body is an
// io.ReadWriteCloser.
//
// Neither the total timeout nor the limit of the body holds, as a stream may have no end; those of connecting and of the head
// do. Another endpoint is tried if one cannot be reached: then nothing was sent. Every error is an [*Error].
func (c *Client) Stream(ctx context.Context, r *StreamRequest) (*http.Response, error) {
	if !c.begin() {
		return nil, c.fail(&Error{Code: CodeUnavailable, Err: ErrClosed})
	}
	resp, err := c.stream(ctx, r)
	if err != nil {
		if r.Stream != nil {
			_ = r.Stream.Close()
		}
		c.end()
		return nil, c.fail(err)
	}
	return resp, nil
}

func (c *Client) stream(ctx context.Context, r *StreamRequest) (*http.Response, *Error) {
	c.rules.outgoing(ctx, &r.Request)
	if err := r.check(); err != nil {
		return nil, &Error{Code: CodeRequest, Err: err}
	}
	c.cfg.prepare(&r.Request, false)
	if ctx.Err() != nil {
		return nil, &Error{Code: CodeCanceled, Err: context.Cause(ctx)}
	}
	// The pool closes the body of a request that it could not send, and there may be another endpoint to send it to.
	s := &streaming{length: r.Length, trailer: r.Trailer, upgrade: r.Upgrade}
	if r.Stream != nil {
		s.body = struct {
			io.Reader
			io.Closer
		}{r.Stream, io.NopCloser(nil)}
	}
	p := c.pool.Load()
	var tried []*endpoint.Endpoint
	for {
		e := p.picker.Pick(balance.Call{Key: r.Key, HasKey: r.HasKey, Avoid: tried})
		if e == nil {
			return nil, &Error{Code: CodeUnavailable, Err: ErrNoEndpoint}
		}
		resp, err := c.streamTo(ctx, p.exchanger[e], e, r, s)
		if err == nil {
			return resp, nil
		}
		tried = append(tried, e)
		again := slices.ContainsFunc(p.endpoints, func(e *endpoint.Endpoint) bool { return !slices.Contains(tried, e) })
		if err.Code != CodeUnavailable || !again || len(tried) >= maxStreamTries {
			return nil, err
		}
	}
}

// maxStreamTries is how many endpoints are tried for a stream that none of them took.
const maxStreamTries = 3

func (c *Client) streamTo(ctx context.Context, x exchanger, e *endpoint.Endpoint, r *StreamRequest, s *streaming) (*http.Response, *Error) {
	e.Begin()
	began, outcome := time.Now(), endpoint.Failure
	open := false
	defer func() {
		if !open {
			e.End(outcome, time.Since(began))
		}
	}()
	attempt, _, err := c.authorized(ctx, e, &r.Request, true)
	if err != nil {
		outcome = endpoint.Abandonment // it was not even called
		return nil, err
	}
	resp, err := x.stream(ctx, attempt, s)
	if err != nil {
		if ctx.Err() != nil {
			outcome = endpoint.Abandonment
			err.Code, err.FromBackend, err.Err = CodeCanceled, false, fmt.Errorf("%w: %w", context.Cause(ctx), err.Err)
		}
		return nil, err
	}
	open = true
	head := time.Since(began)
	end := sync.OnceFunc(func() {
		outcome := endpoint.Success
		if resp.StatusCode >= 500 {
			outcome = endpoint.Failure
		}
		e.End(outcome, head)
		c.end()
	})
	if connection, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &openConnection{connection, end}
	} else {
		resp.Body = &openBody{resp.Body, end}
	}
	return resp, nil
}

// openBody is the body of an answer whose call ends with it.
type openBody struct {
	io.ReadCloser
	end func()
}

func (b *openBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// openConnection is a connection that speaks another protocol, and whose call ends with it.
type openConnection struct {
	io.ReadWriteCloser
	end func()
}

func (c *openConnection) Close() error {
	defer c.end()
	return c.ReadWriteCloser.Close()
}

// CloseWrite tells the service that no more comes, if the connection has halves.
func (c *openConnection) CloseWrite() error {
	if half, ok := c.ReadWriteCloser.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}
