package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/server/compression"
)

// middleware is one layer around a handler.
type middleware func(http.Handler) http.Handler

// wrap puts layers around a handler, the outermost first.
func wrap(h http.Handler, layers ...middleware) http.Handler {
	for i := len(layers) - 1; i >= 0; i-- {
		h = layers[i](h)
	}
	return h
}

// Handler returns what the listener of clients serves, to be mounted in another server. The layers are these, from the
// outside in; the order is part of their meaning.
//
//  1. identify: the request's id, which everything after it may log.
//  2. observe: the access log and [Options.OnRequest], outside of recover so that they see what a panic came to.
//  3. recover: a panic ends one request.
//  4. compression, if it is enabled, of whatever has not been compressed.
//  5. security headers, also on answers that a later layer refuses.
//  6. the time of the body, which also holds for what nobody wants to read, and of the answer.
//
// The path of GraphQL has more of its own:
//
//  7. CORS, which answers preflights and puts its headers on refusals too, so that a page sees why.
//  8. CSRF prevention, before anything is read of the request.
//  9. the transport: negotiation, the size of the body, the time of the operation.
//
// So have paths of [Options.Routes] whose answers are the gateway's own. Where a route passes on the answers of a service,
// layers 5 to 8 are left out: the service says what is right for its answers, and a stream has no end that could be timed.
//
// A request passes all of them as they were when it came, whatever is changed meanwhile.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.front.Load().handler.ServeHTTP(w, r) })
}

func (s *front) clientHandler() http.Handler {
	graphql := wrap(http.HandlerFunc(s.serveGraphQL), securityHeaders, s.limitTime, s.cors.middleware, s.csrf)
	pages := s.options.Pages
	if pages == nil {
		pages = http.HandlerFunc(notFound)
	}
	pages = wrap(pages, securityHeaders, s.limitTime)
	find := s.finder()
	paths := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == s.config.Path && !s.options.NoGraphQL {
			graphql.ServeHTTP(w, r)
		} else if h := find(r); h != nil {
			h.ServeHTTP(w, r)
		} else {
			pages.ServeHTTP(w, r)
		}
	})
	return wrap(paths, identify, s.observe, s.recover, func(h http.Handler) http.Handler { return compression.Handler(s.config.Compression, h) })
}

// identify gives the request its id.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, id: requestID(r.Header)}
		w.Header()[requestIDHeader] = []string{x.id}
		next.ServeHTTP(x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	})
}

// observe reports the request when it is over.
func (s *front) observe(next http.Handler) http.Handler {
	if len(s.hooks) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		defer func() { // also when the connection is cut by a panic
			x, ok := w.(*exchange)
			if !ok {
				return
			}
			record := Record{
				RequestID: x.id, RemoteAddr: r.RemoteAddr, Method: r.Method, Path: r.URL.Path,
				Status: x.status, Bytes: x.bytes, Duration: time.Since(start),
			}
			for _, hook := range s.hooks {
				hook(r.Context(), record)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// recover answers for a handler that panicked. If the answer has begun the connection is cut, so that the client does not
// take a part for the whole.
func (s *front) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { // the way a handler says it itself
				panic(p)
			}
			route, isRoute := p.(routePanic)
			if isRoute {
				p = route.value
			}
			s.logPanic(r.Context(), p)
			if x, ok := w.(*exchange); ok && x.begun() {
				if x.conn != nil {
					return
				}
				panic(http.ErrAbortHandler)
			}
			h := w.Header()
			for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Range", "Etag", "Last-Modified"} { // of the answer that failed
				h.Del(name)
			}
			if isRoute {
				writeProblem(w, http.StatusInternalServerError, failed)
				return
			}
			m := negotiate(r.Header["Accept"], false)
			writeResponse(r.Context(), w, m, &operation.Response{Errors: gqlerror.List{internalError()}}, s.config.Timeouts.Write)
		}()
		next.ServeHTTP(w, r)
	})
}

// routePanic is what the handler of a route panicked with: its clients read another form of errors.
type routePanic struct{ value any }

// ofRoute marks the panics of a handler as those of a route.
func ofRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				panic(routePanic{p})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

func (s *front) logPanic(ctx context.Context, p any) {
	s.log.LogAttrs(ctx, slog.LevelError, "a request panicked",
		slog.String("request_id", RequestID(ctx)), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}

// securityHeaders sets what is right for answers that are data. A page that needs more sets its own policy.
func securityHeaders(next http.Handler) http.Handler {
	var (
		noSniff  = []string{"nosniff"}
		noFrame  = []string{"DENY"}
		noPolicy = []string{"default-src 'none'; frame-ancestors 'none'"}
		noRefer  = []string{"no-referrer"}
	)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = noSniff
		h["X-Frame-Options"] = noFrame
		h["Content-Security-Policy"] = noPolicy
		h["Referrer-Policy"] = noRefer
		next.ServeHTTP(w, r)
	})
}

// limitTime gives the client a time for the body, and one for all that follows the headers. What a handler leaves unread,
// net/http reads and drops after the answer to keep the connection, so that without a deadline a slow client could hold it
// there.
func (s *front) limitTime(next http.Handler) http.Handler {
	t := s.config.Timeouts
	whole := t.ReadBody + t.Operation + t.Write
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc, now := http.NewResponseController(w), time.Now()
		_ = rc.SetWriteDeadline(now.Add(whole)) // net/http takes it back when the answer is written
		if r.Body != nil && r.Body != http.NoBody && rc.SetReadDeadline(now.Add(t.ReadBody)) == nil {
			r.Body = &timedBody{r.Body, rc}
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody takes the deadline back when the body has been read. It is the connection's: it would end a longer operation as
// if the client had gone away.
type timedBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

func notFound(w http.ResponseWriter, _ *http.Request) {
	writeRefusal(w, jsonMediaType, refuse(http.StatusNotFound, fault.BadRequest, "There is nothing at this path."))
}
