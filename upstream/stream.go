package upstream

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/upstream/health"
	"github.com/sluice-gateway/sluice/upstream/limit"
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
// Neither the timeouts of an attempt and of the call nor the limit of the body holds, as a stream may have no end; those of
// connecting and of the head do. A request without a body is sent again as [Client.Do] sends one again; one with a body only
// to endpoints that cannot be reached, as then nothing was sent of it. Streams are not hedged. Every error is an [*Error].
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
	k := &call{client: c, caller: ctx, r: &r.Request}
	k.begin(false)
	k.repeatable = k.repeatable && r.Stream == nil && r.Upgrade == ""
	if err := k.enter(); err != nil {
		return nil, err
	}
	began := time.Now()
	resp, err := k.stream(s)
	if err != nil {
		c.limiter.Release(limit.Ignored, time.Since(began))
	}
	return resp, err
}

// stream makes attempts until there is the head of an answer that counts, or nothing more may be done.
func (k *call) stream(s *streaming) (*http.Response, *Error) {
	for {
		resp, err := k.streamOnce(s)
		var wait time.Duration
		var again bool
		if err == nil {
			wait, again = k.againAfter(resp.StatusCode, resp.Header)
		} else {
			wait, again = k.againAfterError(err)
		}
		if !again || !k.pause(wait) {
			if err == nil {
				resp.Body.(interface{ last() }).last()
			}
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
	}
}

func (k *call) streamOnce(s *streaming) (*http.Response, *Error) {
	a, err := k.attempt()
	if err != nil {
		return nil, err
	}
	open, o := false, endpoint.Failure // also if something below panics
	defer func() {
		took := time.Since(a.began)
		a.report(o, took)
		if !open {
			a.end(o, limit.Ignored, took)
		}
	}()
	c := k.client
	request, _, err := c.authorized(k.caller, a.member.Endpoint, k.r, true)
	if err != nil {
		o = endpoint.Abandonment // it was not even called
		return nil, err
	}
	resp, err := a.member.exchanger.stream(k.caller, request, s)
	if err != nil {
		if k.caller.Err() != nil {
			o = endpoint.Abandonment
			err.Code, err.FromBackend, err.Err = CodeCanceled, false, fmt.Errorf("%w: %w", context.Cause(k.caller), err.Err)
		}
		return nil, err
	}
	open, o = true, outcomeOf(resp.StatusCode)
	e := &openStream{attempt: a, outcome: o, load: loadOf(resp.StatusCode), head: time.Since(a.began)}
	if connection, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &openConnection{connection, e}
	} else {
		resp.Body = &openBody{resp.Body, e}
	}
	return resp, nil
}

// openStream is an attempt whose answer is still being read.
type openStream struct {
	attempt attempt
	outcome endpoint.Outcome
	load    limit.Outcome
	head    time.Duration // how long the head took
	counts  bool          // its answer is that of the call, which ends with it
	closed  atomic.Bool
}

func (s *openStream) last() { s.counts = true }

// broke says that the answer was cut short, which the head did not show.
func (s *openStream) broke() {
	s.outcome = endpoint.Failure
	a := &s.attempt
	a.client.keeper.health.Report(a.member.Endpoint, health.Observation{Outcome: endpoint.Failure, Latency: s.head})
}

func (s *openStream) end() {
	if s.closed.Swap(true) {
		return
	}
	s.attempt.end(s.outcome, s.load, s.head)
	if s.counts {
		s.attempt.client.limiter.Release(s.load, s.head)
		s.attempt.client.end()
	}
}

// openBody is the body of an answer whose call ends with it.
type openBody struct {
	io.ReadCloser
	*openStream
}

// Read reads the body.
func (b *openBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && b.outcome == endpoint.Success && CodeOf(err) == CodeBroken {
		b.broke()
	}
	return n, err
}

// Close ends the call.
func (b *openBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}

// openConnection is a connection that speaks another protocol, and whose call ends with it.
type openConnection struct {
	io.ReadWriteCloser
	*openStream
}

// Close ends the call.
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
