package server

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sluice-gateway/sluice/fault"
)

// crossOrigin knows which pages of other origins are let in.
type crossOrigin struct {
	all         bool
	origins     []string
	credentials bool
	methods     []string // header values, made once
	headers     []string
	expose      []string
	maxAge      []string
}

func newCrossOrigin(c CORS) *crossOrigin {
	return &crossOrigin{
		all:         slices.Contains(c.AllowOrigins, "*"),
		origins:     c.AllowOrigins,
		credentials: c.AllowCredentials,
		methods:     []string{"GET, POST"},
		headers:     []string{strings.Join(c.AllowHeaders, ", ")},
		expose:      []string{strings.Join(c.ExposeHeaders, ", ")},
		maxAge:      []string{strconv.Itoa(int(c.MaxAge.Seconds()))},
	}
}

func (c *crossOrigin) allows(origin string) bool {
	return c.all || slices.ContainsFunc(c.origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// middleware answers preflights and tells browsers which pages may read the answers. What a page may not read is still
// answered: keeping requests out is not the matter of CORS.
func (c *crossOrigin) middleware(next http.Handler) http.Handler {
	if len(c.origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if !c.all || c.credentials {
			h["Vary"] = append(h["Vary"], "Origin")
		}
		origin := r.Header.Get("Origin")
		allowed := origin != "" && c.allows(origin)
		if allowed {
			if c.all {
				h["Access-Control-Allow-Origin"] = []string{"*"}
			} else {
				h["Access-Control-Allow-Origin"] = []string{origin}
			}
			if c.credentials {
				h["Access-Control-Allow-Credentials"] = []string{"true"}
			}
		}
		if r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != "" {
			if allowed {
				h["Access-Control-Allow-Methods"] = c.methods
				h["Access-Control-Allow-Headers"] = c.headers
				h["Access-Control-Max-Age"] = c.maxAge
			}
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if allowed && c.expose[0] != "" {
			h["Access-Control-Expose-Headers"] = c.expose
		}
		next.ServeHTTP(w, r)
	})
}

// simpleHeaders are headers that a page may send to another origin without a preflight, so that they prove nothing.
var simpleHeaders = map[string]bool{
	"Accept": true, "Accept-Language": true, "Content-Language": true, "Content-Type": true, "Range": true,
	"Origin": true, "Referer": true, "Cookie": true, "User-Agent": true, "Host": true, "Connection": true,
}

// csrf refuses requests that a page of another origin can make a browser send without asking: a GET, since a POST
// must declare JSON, which needs a preflight. Such a GET could neither change anything nor be read by the page, but it
// would be executed with what the visitor's browser or network may do.
//
// A request passes if one of these holds: it has a header that needs a preflight; the browser says that it comes from
// the same origin, from an origin that CORS allows, or from the visitor; or nothing in it speaks of a browser.
func (s *front) csrf(next http.Handler) http.Handler {
	if !s.config.CSRF.Enabled {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && !isWebSocket(r) && !s.passesCSRF(r) {
			writeRefusal(w, jsonMediaType, badCSRF(s.config.CSRF.Headers))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func badCSRF(headers []string) *refusal {
	how := "Send it as a POST request with the content type application/json"
	if len(headers) > 0 {
		how += ", or with a header " + headers[0]
	}
	return refuse(http.StatusForbidden, fault.BadRequest, "This request could have been made by a page of another origin. %s.", how)
}

func (s *front) passesCSRF(r *http.Request) bool {
	for _, name := range s.csrfHeaders {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	if isJSONBody(r.Header) { // not a simple content type
		return true
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return isSameOrigin(r, origin) || s.cors.allows(origin)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		return r.Header.Get("Referer") == "" && r.Header.Get("Cookie") == "" &&
			!strings.HasPrefix(r.Header.Get("User-Agent"), "Mozilla/")
	default:
		return false
	}
}

// isSameOrigin compares hosts, not schemes: behind a proxy that ends TLS the server does not know its own scheme.
func isSameOrigin(r *http.Request, origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}
