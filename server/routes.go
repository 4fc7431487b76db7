package server

import (
	"net/http"

	"github.com/sluice-gateway/sluice/fault"
)

var problemContentType = []string{"application/problem+json"}

// foreign is what clients of routes read (RFC 9457) where those of GraphQL read an error.
const foreign = `{"type":"about:blank","title":"Forbidden","status":403,` +
	`"detail":"This request could have been made by a page of another origin. Send it with the content type application/json.","code":"` +
	string(fault.BadRequest) + `"}`

// Routes finds what answers requests beside GraphQL. It is safe for concurrent use.
type Routes interface {
	// Find returns the handler for a request, or nil if there is no route for its path. Passed means that the handler passes
	// on what others answer: it gets the request as it came, and keeps to limits of time of its own.
	Find(r *http.Request) (h http.Handler, passed bool)
}

// failed is what clients of routes read of a defect.
const failed = `{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"Internal server error.","code":"` +
	string(fault.Internal) + `"}`

// finder returns a function that finds the handler of a route with the layers around it; nil: it is no route's.
func (s *front) finder() func(*http.Request) http.Handler {
	routes := s.options.Routes
	if routes == nil {
		return func(*http.Request) http.Handler { return nil }
	}
	cors := *s.cors
	cors.methods = []string{"GET, HEAD, POST, PUT, PATCH, DELETE"}
	return func(r *http.Request) http.Handler {
		h, passed := routes.Find(r)
		switch {
		case h == nil:
			return nil
		case passed:
			return ofRoute(h)
		}
		return wrap(ofRoute(h), securityHeaders, s.limitTime, cors.middleware, s.csrfOfRoutes)
	}
}

// csrfOfRoutes refuses requests that change something and that a page of another origin can make a browser send without
// asking. Those that only read it lets through, as a page cannot read what they bring: a path that can be opened in a
// browser is what routes are for.
func (s *front) csrfOfRoutes(next http.Handler) http.Handler {
	if !s.config.CSRF.Enabled {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
		default:
			if !s.passesCSRF(r) {
				writeProblem(w, http.StatusForbidden, foreign)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// writeProblem writes an error as the whole answer of a route.
func writeProblem(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = problemContentType, noStore
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that went away is nobody's error
}
