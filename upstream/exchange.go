package upstream

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sluice-gateway/sluice/upstream/connection"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

// exchanger makes exchanges with one endpoint over connections of its own. It is all that the rest of the package knows of
// the HTTP implementation below. Its methods are called from any number of goroutines at once, with requests that were
// checked and prepared (Config.prepare) and are only read. Errors are typed, except for the service's name; an end of ctx
// may be reported in any way, as the caller looks at ctx first.
type exchanger interface {
	// exchange sends r and returns the whole answer, decompressed, within the limits of size. It may block as long as ctx
	// allows.
	exchange(ctx context.Context, r *Request) (*Response, *Error)
	// stream sends r with the body of s, and returns the answer as soon as its head was read; no limit of size holds for
	// either body, and neither is decompressed. The caller reads the body of the answer to its end or closes it, and ctx
	// lasts until then. After 101, which only an upgrade can get, the body is an io.ReadWriteCloser. Other provisional
	// answers (1xx) are dropped.
	stream(ctx context.Context, r *Request, s *streaming) (*http.Response, *Error)
	// drain closes what is idle, and every other connection when the exchanges on it are over. It does not wait, and
	// exchanges may still begin.
	drain()
	// close closes the connections. No exchange is under way, and none follows.
	close()
}

// streaming is what a request has that is passed on as it comes.
type streaming struct {
	body    io.ReadCloser // nil: none. The exchanger closes it, perhaps after the answer has ended.
	length  int64         // of the body; -1: not known
	trailer http.Header   // its keys are announced, its values read when the body has ended
	upgrade string        // the protocol that the connection shall switch to; often none
}

// pooled is the exchanger over a pool of connections.
type pooled struct {
	endpoint *endpoint.Endpoint
	base     *http.Request // what all requests have in common
	pool     *connection.Pool
	limits   Limits
}

// newExchanger returns the exchanger with the endpoint e. It makes no connection, but reads the files of TLS.
func (c *Client) newExchanger(e *endpoint.Endpoint) (exchanger, error) {
	p, err := connection.New(e, c.connectionOptions())
	if err != nil {
		return nil, err
	}
	return &pooled{
		endpoint: e,
		base:     &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1},
		pool:     p,
		limits:   c.cfg.Limits,
	}, nil
}

func (c *Client) connectionOptions() connection.Options {
	cfg, report := &c.cfg, c.options.problem(c.service)
	return connection.Options{
		Config:         cfg.Connections,
		HTTP2:          cfg.HTTP2,
		TLS:            cfg.TLS,
		Proxy:          cfg.Proxy,
		ConnectTimeout: cfg.Timeouts.Connect,
		TLSTimeout:     cfg.Timeouts.TLS,
		HeaderTimeout:  cfg.Timeouts.ResponseHeader,
		HeaderBytes:    cfg.Limits.HeaderBytes,
		Report:         func(err error) { report("tls", err) },
	}
}

func (x *pooled) drain() { x.pool.Drain() }

func (x *pooled) close() { x.pool.Close() }

func (x *pooled) exchange(ctx context.Context, r *Request) (*Response, *Error) {
	req := x.request(ctx, r)
	if len(r.Body) > 0 {
		req.ContentLength = int64(len(r.Body))
		req.Body = connection.Body(r.Body)
	}
	resp, err := x.pool.RoundTrip(req)
	if err != nil {
		return nil, classify(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, &Error{Code: CodeInvalid, Status: resp.StatusCode, FromBackend: true, Err: errUnaskedSwitch}
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

func (x *pooled) stream(ctx context.Context, r *Request, s *streaming) (*http.Response, *Error) {
	req := x.request(ctx, r)
	if s.body != nil {
		req.Body, req.ContentLength, req.Trailer = s.body, s.length, s.trailer
	}
	if s.upgrade != "" {
		req.Header = req.Header.Clone()
		req.Header["Connection"], req.Header["Upgrade"] = []string{"Upgrade"}, []string{s.upgrade}
	}
	resp, err := x.pool.RoundTrip(req)
	if err != nil {
		return nil, classify(err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		if s.upgrade == "" {
			resp.Body.Close()
			return nil, &Error{Code: CodeInvalid, Status: resp.StatusCode, FromBackend: true, Err: errUnaskedSwitch}
		}
		return resp, nil // Connection and Upgrade are what the answer is about
	}
	dropHopByHop(resp.Header)
	resp.Body = &streamBody{ReadCloser: resp.Body, status: resp.StatusCode}
	return resp, nil
}

// streamBody gives the errors of reading their type.
type streamBody struct {
	io.ReadCloser
	status int
}

func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		e := classify(truncated(err))
		e.Status, e.FromBackend = b.status, true
		err = e
	}
	return n, err
}

// userAgent names the gateway to services, unless the request brings a name of its own.
var userAgent = []string{"sluice"}

// prepare makes the head of r what is sent on every attempt: without what concerns one connection, with what the client
// itself has to say. It is called once for each call, before the first attempt; from then on attempts only read r. whole says
// that the answer will be read as a whole: one that is streamed is not decompressed.
func (c *Config) prepare(r *Request, whole bool) {
	if r.Header == nil {
		r.Header = make(http.Header, 2)
	}
	dropHopByHop(r.Header)
	delete(r.Header, "Content-Length")
	delete(r.Header, "Expect") // the body is sent in any case
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = userAgent
	}
	if whole && len(c.Decompression.Accept) > 0 {
		r.Header["Accept-Encoding"] = []string{strings.Join(c.Decompression.Accept, ", ")}
	}
}

// request builds the request without parsing a URL: the parts are known.
func (x *pooled) request(ctx context.Context, r *Request) *http.Request {
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
	if req.Host == "" {
		req.Host = x.endpoint.Name()
	}
	return req
}
