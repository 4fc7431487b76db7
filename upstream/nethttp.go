package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// userAgent names the gateway to services, unless the request brings a name of its own.
var userAgent = []string{"sluice"}

var acceptGzip = []string{"gzip"}

// netHTTP is the exchanger over net/http.
type netHTTP struct {
	endpoint  *endpoint.Endpoint
	base      *http.Request // what all requests have in common
	transport *http.Transport
	dialer    *dialer
	limits    Limits
}

// newExchanger returns the exchanger with the endpoint e. It makes no connection.
func newExchanger(e *endpoint.Endpoint, cfg *Config) (exchanger, error) {
	return newNetHTTP(e, cfg), nil
}

func newNetHTTP(e *endpoint.Endpoint, cfg *Config) *netHTTP {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(cfg.HTTP2)
	d := &dialer{timeout: cfg.Timeouts.Connect, tls: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
	if cfg.HTTP2 {
		d.tls.NextProtos = []string{"h2", "http/1.1"}
	}
	return &netHTTP{
		endpoint: e,
		base:     &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1},
		dialer:   d,
		limits:   cfg.Limits,
		transport: &http.Transport{
			DialContext:            d.dial,
			DialTLSContext:         d.dialTLS,
			Protocols:              protocols,
			ForceAttemptHTTP2:      cfg.HTTP2,
			DisableCompression:     true, // decompressed here, with a limit
			MaxIdleConns:           cfg.Pool.MaxIdle,
			MaxIdleConnsPerHost:    cfg.Pool.MaxIdle,
			MaxConnsPerHost:        cfg.Pool.MaxConnections,
			IdleConnTimeout:        cfg.Pool.IdleTimeout,
			ResponseHeaderTimeout:  cfg.Timeouts.ResponseHeader,
			MaxResponseHeaderBytes: cfg.Limits.HeaderBytes,
			// Bodies of some ten kilobytes are usual; the default of 4 KiB needs many reads for one.
			ReadBufferSize: 32 << 10,
		},
	}
}

func (x *netHTTP) close() { x.transport.CloseIdleConnections() }

func (x *netHTTP) exchange(ctx context.Context, r *Request) (*Response, *Error) {
	resp, err := x.transport.RoundTrip(x.request(ctx, r))
	if err != nil {
		return nil, classify(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, &Error{Code: CodeInvalid, Status: resp.StatusCode, FromBackend: true,
			Err: errors.New("the service switches protocols without being asked")}
	}
	out := &Response{Status: resp.StatusCode, Header: resp.Header}
	dropHopByHop(out.Header)
	if err := x.readBody(resp, out); err != nil {
		e := classify(err)
		e.Status, e.FromBackend = resp.StatusCode, true
		return nil, e
	}
	return out, nil
}

// prepare makes the head of r what is sent on every attempt: without what concerns one connection, with what the client
// itself has to say. It is called once for each call, before the first attempt; from then on attempts only read r.
func (c *Config) prepare(r *Request) {
	if r.Header == nil {
		r.Header = make(http.Header, 2)
	}
	dropHopByHop(r.Header)
	delete(r.Header, "Content-Length")
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = userAgent
	}
	if c.Gzip {
		r.Header["Accept-Encoding"] = acceptGzip
	}
}

// request builds the request without parsing a URL: the parts are known.
func (x *netHTTP) request(ctx context.Context, r *Request) *http.Request {
	u := &url.URL{Scheme: x.endpoint.Scheme(), Host: x.endpoint.Host()}
	u.Opaque = x.endpoint.Prefix() + r.Path
	if u.Opaque == "" {
		u.Opaque = "/"
	}
	if strings.HasPrefix(u.Opaque, "//") {
		// An opaque part of this form would be taken for a host. The absolute form of the request target is not.
		u.Opaque = "//" + u.Host + u.Opaque
	}
	req := x.base.WithContext(ctx)
	req.Method, req.URL, req.Host, req.Header = r.Method, u, r.Host, r.Header
	if len(r.Body) > 0 {
		req.ContentLength = int64(len(r.Body))
		// With GetBody a request that hit a connection which was just being closed, and of which nothing was written,
		// is sent again on another.
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
	}
	return req
}

// classify gives the error of an exchange its code.
func classify(err error) *Error {
	var dial *dialError
	var op *net.OpError
	var errno syscall.Errno
	switch {
	case errors.As(err, &dial):
		return &Error{Code: CodeUnavailable, Err: err}
	case errors.Is(err, ErrBodyTooLarge), errors.Is(err, ErrHeaderTooLarge):
		return &Error{Code: CodeTooLarge, FromBackend: true, Err: err}
	case errors.Is(err, ErrEncoding):
		return &Error{Code: CodeInvalid, FromBackend: true, Err: err}
	case isHeaderTooLarge(err):
		return &Error{Code: CodeTooLarge, FromBackend: true, Err: fmt.Errorf("%w: %w", ErrHeaderTooLarge, err)}
	case isTimeout(err):
		return &Error{Code: CodeTimeout, Err: fmt.Errorf("%w: %w", ErrHeaderTimeout, err)}
	case errors.Is(err, ErrTruncated), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, &op), errors.As(err, &errno), errors.Is(err, net.ErrClosed), isLost(err):
		return &Error{Code: CodeBroken, Err: err}
	}
	return &Error{Code: CodeInvalid, FromBackend: true, Err: err}
}

// isTimeout: the one timeout that net/http itself keeps for us is that of the response header. Dialing has its own
// type, and the end of the context is looked at before.
func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, os.ErrDeadlineExceeded)
}

// isLost knows the errors of net/http for a connection that went away between two answers, which have no type either. The
// first of them comes when an endpoint stops just after it took a connection.
func isLost(err error) bool {
	text := err.Error()
	for _, lost := range []string{
		"server closed idle connection", "readLoop exiting",
		"client conn is closed", "client conn not usable", "client connection lost", "client connection force closed", "GOAWAY",
	} {
		if strings.Contains(text, lost) {
			return true
		}
	}
	return false
}

// isHeaderTooLarge knows the errors of net/http for a head over the limit by their text: they have no type (as of Go
// 1.26). No decision but the choice of a code hangs on it, and a test holds it against real servers of both versions of
// HTTP.
func isHeaderTooLarge(err error) bool {
	text := err.Error()
	return strings.Contains(text, "server response headers exceeded") ||
		strings.Contains(text, "response header list larger than advertised limit")
}

// dialer makes connections, TLS included, within one limit of time. All its errors are of type dialError: nothing was
// sent yet.
type dialer struct {
	timeout time.Duration
	tls     *tls.Config
	net     net.Dialer
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, ErrConnectTimeout)
	defer cancel()
	conn, err := d.net.DialContext(ctx, network, address)
	return conn, wrapDial(ctx, err)
}

func (d *dialer) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, ErrConnectTimeout)
	defer cancel()
	conn, err := d.net.DialContext(ctx, network, address)
	if err != nil {
		return nil, wrapDial(ctx, err)
	}
	cfg := d.tls.Clone()
	if cfg.ServerName, _, err = net.SplitHostPort(address); err != nil {
		conn.Close()
		return nil, wrapDial(ctx, err)
	}
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, wrapDial(ctx, err)
	}
	return secure, nil
}

// dialError says that no connection was made.
type dialError struct{ err error }

func (e *dialError) Error() string { return "connect: " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

func wrapDial(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if context.Cause(ctx) == ErrConnectTimeout { //nolint:errorlint // the very value that was given as the cause
		err = fmt.Errorf("%w: %w", ErrConnectTimeout, err)
	}
	return &dialError{err}
}
