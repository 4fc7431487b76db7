package subgraph

import (
	"net/http"
	"net/textproto"
	"strings"

	"github.com/sluice-gateway/sluice/operation"
)

const (
	acceptHeader      = "Accept"
	contentTypeHeader = "Content-Type"
	requestIDHeader   = "X-Request-Id"
)

var (
	jsonType = []string{"application/json"}
	// accepted prefers the media type that says whether a status is a server's or a proxy's (GraphQL over HTTP).
	accepted = []string{"application/graphql-response+json, application/json"}
)

// reserved reports whether a header is made by the gateway or concerns one connection: then no rule may touch it.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
		"keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
		"upgrade":
		return true
	}
	return false
}

// rule is a [HeaderRule] made ready. One of the three is given.
type rule struct {
	forward string // canonical; with * as it was written
	set     string // canonical
	remove  string // as it was written
	to      string // canonical name of what is forwarded, if it is one header
	values  []string
}

func newRules(list []HeaderRule) []rule {
	out := make([]rule, len(list))
	canonical := textproto.CanonicalMIMEHeaderKey
	for i, r := range list {
		switch {
		case strings.Contains(r.Forward, "*"):
			out[i].forward = r.Forward
		case r.Forward != "":
			out[i].forward, out[i].to = canonical(r.Forward), canonical(r.Forward)
			if r.As != "" {
				out[i].to = canonical(r.As)
			}
			if r.Default != "" {
				out[i].values = []string{r.Default}
			}
		case r.Set != "":
			out[i].set, out[i].values = canonical(r.Set), []string{r.Value}
		default:
			out[i].remove = r.Remove
		}
	}
	return out
}

// header makes the headers of a request.
func (r *remote) header(caller *operation.Caller) http.Header {
	h := make(http.Header, 8)
	var from map[string][]string
	if caller != nil {
		from = caller.Header
		if caller.RequestID != "" {
			h[requestIDHeader] = []string{caller.RequestID}
		}
	}
	for _, name := range [...]string{"Traceparent", "Tracestate"} {
		if v := from[name]; len(v) > 0 {
			h[name] = v
		}
	}
	for i := range r.headers {
		r.headers[i].apply(h, from)
	}
	h[contentTypeHeader], h[acceptHeader] = jsonType, accepted
	return h
}

func (r *rule) apply(h http.Header, from map[string][]string) {
	switch {
	case r.set != "":
		h[r.set] = r.values
	case r.to != "":
		if v := from[r.forward]; len(v) > 0 {
			h[r.to] = v
		} else if r.values != nil {
			h[r.to] = r.values
		}
	case r.forward != "":
		for name, v := range from {
			if matches(r.forward, name) && !reserved(name) {
				h[name] = v
			}
		}
	default:
		for name := range h {
			if matches(r.remove, name) {
				delete(h, name)
			}
		}
	}
}

// matches reports whether a name is one that a pattern means, in which * stands for any text. Case does not matter.
func matches(pattern, name string) bool {
	first, rest, open := strings.Cut(pattern, "*")
	if !open {
		return strings.EqualFold(pattern, name)
	}
	if len(name) < len(first) || !strings.EqualFold(name[:len(first)], first) {
		return false
	}
	name = name[len(first):]
	for {
		part, more, ok := strings.Cut(rest, "*")
		if !ok { // the last part ends the name
			return len(name) >= len(part) && strings.EqualFold(name[len(name)-len(part):], part)
		}
		at := indexFold(name, part)
		if at < 0 {
			return false
		}
		name, rest = name[at+len(part):], more
	}
}

func indexFold(s, part string) int {
	for i := 0; i+len(part) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(part)], part) {
			return i
		}
	}
	return -1
}
