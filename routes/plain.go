package routes

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
)

// Services passes requests on to services. It is safe for concurrent use.
type Services interface {
	// Forward sends a request to a service and returns its answer, of whatever status, as soon as its head is there. It
	// may block until then, or until ctx is done; what follows of both bodies moves until the answer's body is closed,
	// which the caller does, or ctx is done. The body of an answer with the status 101 is an io.ReadWriteCloser, the
	// connection. Errors are of type *[upstream.Error], but for those of the request's body.
	Forward(ctx context.Context, service string, r *Request) (*http.Response, error)
}

// Request is what a service is sent.
type Request struct {
	Method string
	// Path is the encoded path and query.
	Path   string
	Header http.Header
	// Client are the headers of the client's request as they came. They are read-only.
	Client http.Header
	Body   io.Reader // nil: none
	// Length of the body in bytes; negative: not known.
	Length int64
	// Upgrade is the protocol that the connection is to be switched to; empty: none.
	Upgrade string
}

// plain checks a plain route, and returns what serves it.
func (b *builder) plain(i int, e *entry) func(method string) http.Handler {
	c := &e.config
	if !b.options.HasService(c.Service) {
		b.report("UNKNOWN_SERVICE", at(i, "service"), "there is no service %q.", c.Service)
		return nil
	}
	rewrite, err := newRewrite(e.pattern, c.Rewrite)
	if err != nil {
		b.report("INVALID_ROUTE", at(i, "rewrite"), "%s", sentence(err))
		return nil
	}
	headers, err := newHeaders(c.Headers, b.options.ResponseRules(c.Service))
	if err != nil {
		b.report("INVALID_ROUTE", at(i, "headers"), "%s", sentence(err))
		return nil
	}
	p := &plain{options: &b.options, service: c.Service, rewrite: rewrite, headers: headers, forward: b.forwarding, limit: c.MaxBodyBytes, idle: c.IdleTimeout}
	if p.limit == 0 {
		p.limit = defaultPassedBody
	}
	if p.idle == 0 {
		p.idle = defaultIdleTimeout
	}
	return func(string) http.Handler { return p }
}

// plain serves a plain route.
type plain struct {
	options *Options
	service string
	rewrite *rewrite
	headers headers
	forward *forwarding
	limit   int64
	idle    time.Duration
}

func (*plain) passes() {}

// ServeHTTP passes a request on, and the answer back.
func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := p.options.RequestID(r.Context())
	refuse := func(d *details) {
		d.RequestID = id
		writeProblem(w, d)
	}
	target, err := p.rewrite.target(r)
	if err != nil {
		refuse(&details{Status: http.StatusBadRequest, Code: string(fault.BadRequest), Detail: "The path of the request " + err.Error() + "."})
		return
	}
	if r.ContentLength > p.limit {
		w.Header()["Connection"] = []string{"close"} // the rest of the body is not worth reading
		refuse(tooLarge(p.limit))
		return
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	watch := p.watch(cancel)
	defer watch.stop()

	out := &Request{Method: r.Method, Path: target, Header: p.requestHeader(r, id), Client: r.Header, Length: r.ContentLength, Upgrade: upgradeOf(r)}
	rc := http.NewResponseController(w)
	var body *requestBody
	if r.Body != nil && r.Body != http.NoBody && out.Upgrade == "" {
		_ = rc.EnableFullDuplex() // else net/http reads all of the body before the first byte of the answer
		body = &requestBody{body: http.MaxBytesReader(w, r.Body, p.limit), rc: rc, idle: p.idle, watch: watch}
		defer body.end()
		out.Body = body
	}
	resp, err := p.options.Services.Forward(ctx, p.service, out)
	if err != nil {
		err = errors.Join(body.failure(), err)
		p.failed(ctx, r, err, refuse)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		p.switchProtocols(ctx, w, resp, out.Upgrade, watch, refuse)
		return
	}
	p.answer(w, r, resp, rc, watch)
}

// failed answers for a service that did not, or not in a way that can be passed on.
func (p *plain) failed(ctx context.Context, r *http.Request, err error, refuse func(*details)) {
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		refuse(tooLarge(p.limit))
		return
	case r.Context().Err() != nil:
		return // nobody is there to read
	case errors.Is(context.Cause(ctx), errIdle):
		p.log(r, err)
		refuse(&details{Status: http.StatusGatewayTimeout, Code: string(fault.GatewayTimeout), Detail: "The service did not answer in time."})
		return
	case errors.Is(err, errRequestBody):
		refuse(&details{Status: http.StatusBadRequest, Code: string(fault.BadRequest), Detail: "The request body could not be read."})
		return
	}
	d := &details{Status: http.StatusBadGateway, Code: string(fault.HTTPClient), Detail: "The service cannot be reached."}
	switch upstream.CodeOf(err) {
	case upstream.CodeRequest:
		d = &details{Status: http.StatusBadRequest, Code: string(fault.BadRequest), Detail: "The request cannot be passed on."}
	case upstream.CodeTimeout, upstream.CodeCanceled:
		d = &details{Status: http.StatusGatewayTimeout, Code: string(fault.GatewayTimeout), Detail: "The service did not answer in time."}
	case upstream.CodeOverloaded:
		d = &details{Status: http.StatusServiceUnavailable, Code: string(fault.Overloaded), Detail: "Too many calls to the service are under way."}
	case upstream.CodeCircuitOpen:
		d = &details{Status: http.StatusServiceUnavailable, Code: string(fault.CircuitOpen), Detail: "The last calls to the service failed, so that it is not called for a while."}
	case upstream.CodeCredentials:
		d = &details{Status: http.StatusBadGateway, Code: string(fault.Credentials), Detail: "There are no credentials to call the service with."}
	case upstream.CodeBroken:
		d.Detail = "The connection to the service broke."
	case upstream.CodeInvalid, upstream.CodeTooLarge:
		d = &details{Status: http.StatusBadGateway, Code: string(fault.ResponseInvalid), Detail: "The answer of the service cannot be passed on."}
	}
	p.log(r, err)
	refuse(d)
}

func (p *plain) log(r *http.Request, err error) {
	p.options.Log.WarnContext(r.Context(), "route failed", "service", p.service, "request_id", p.options.RequestID(r.Context()), "cause", err)
}

func tooLarge(limit int64) *details {
	return &details{Status: http.StatusRequestEntityTooLarge, Code: string(fault.OperationTooLarge),
		Detail: "The request body is larger than " + strconv.FormatInt(limit, 10) + " bytes."}
}

// answer passes an answer on as it comes.
func (p *plain) answer(w http.ResponseWriter, r *http.Request, resp *http.Response, rc *http.ResponseController, watch *watch) {
	h := w.Header()
	p.headers.answer(h, resp.Header)
	trailers := announce(h, resp)
	w.WriteHeader(resp.StatusCode)
	// What has no length may be a stream: each piece goes on at once.
	err := copyBody(w, resp.Body, rc, resp.ContentLength < 0 || isStream(resp.Header), p.options.WriteTimeout, watch)
	if err != nil {
		if r.Context().Err() == nil {
			p.log(r, err)
		}
		abort() // the client must not take a part for the whole
	}
	for name, values := range resp.Trailer {
		if trailers {
			h[name] = values
		} else {
			h[http.TrailerPrefix+name] = values
		}
	}
}

// announce names the trailers that were announced, and reports whether there are any.
func announce(h http.Header, resp *http.Response) bool {
	for name := range resp.Trailer {
		h.Add("Trailer", name)
	}
	return len(resp.Trailer) > 0
}

func isStream(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "text/event-stream")
}
