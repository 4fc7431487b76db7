package routes

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/upstream/header"
)

// Headers change what is passed on. Without rules, everything of the client goes to the service, and back, but for what
// concerns one connection.
type Headers struct {
	// Request are rules for the headers of requests, after those of the gateway were set.
	Request []header.Rule `yaml:"request"`
	// Response are rules for the headers of answers.
	Response []header.Rule `yaml:"response"`
}

// headers are the rules of one route.
type headers struct {
	request, response *header.Rules // nil: none
}

// newHeaders makes the rules of a route ready, after those of its service for answers.
func newHeaders(c Headers, service []header.Rule) (h headers, err error) {
	if len(c.Request) > 0 {
		if h.request, err = header.New(c.Request); err != nil {
			return h, err
		}
	}
	if rules := append(slices.Clip(service), c.Response...); len(rules) > 0 {
		h.response, err = header.New(rules)
	}
	return h, err
}

// hopByHop are the headers that concern one connection and are never passed on (RFC 9110, section 7.6.1), in canonical
// form. Expect is answered here.
var hopByHop = [...]string{
	"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Expect",
}

// dropHopByHop removes what concerns one connection, those that Connection names included.
func dropHopByHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// requestHeader returns the headers for a service: those of the client, and what the gateway says of the client.
func (p *plain) requestHeader(r *http.Request, id string) http.Header {
	h := maps.Clone(r.Header)
	if h == nil {
		h = http.Header{}
	}
	trailers := hasToken(r.Header["Te"], "trailers")
	dropHopByHop(h)
	delete(h, "Content-Length")
	if trailers { // the one thing that a hop can promise for the next
		h["Te"] = []string{"trailers"}
	}
	p.forward.set(h, r)
	h["Via"] = append(slices.Clip(h["Via"]), strings.TrimPrefix(r.Proto, "HTTP/")+" sluice")
	if id != "" {
		h[header.RequestID] = []string{id}
	}
	if p.headers.request != nil {
		p.headers.request.Apply(h, r.Header)
	}
	return h
}

// answer puts the headers of an answer over those of the gateway, of which the request's id stays.
func (h headers) answer(to, from http.Header) {
	id := to[header.RequestID]
	from = maps.Clone(from)
	dropHopByHop(from)
	maps.Copy(to, from)
	if id != nil {
		to[header.RequestID] = id
	}
	if h.response != nil {
		h.response.Apply(to, from)
	}
}

// hasToken reports whether a list of tokens has one, whatever its case and parameters.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part, _, _ = strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
