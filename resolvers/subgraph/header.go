package subgraph

import (
	"net/http"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/upstream"
)

const (
	acceptHeader      = "Accept"
	contentTypeHeader = "Content-Type"
)

var (
	jsonType = []string{"application/json"}
	// accepted prefers the media type that says whether a status is a server's or a proxy's (GraphQL over HTTP).
	accepted = []string{"application/graphql-response+json, application/json"}
)

// callerOf is the caller as clients of services know it.
func callerOf(in *execute.Inputs) upstream.Caller {
	if in.Caller == nil {
		return upstream.Caller{}
	}
	return upstream.Caller{Header: in.Caller.Header, RequestID: in.Caller.RequestID}
}

// header makes the headers of a request out of those of the client's. The client of the service adds to them what always
// goes along, and applies the rules of the service.
func (r *remote) header(from map[string][]string) http.Header {
	h := make(http.Header, 8)
	r.headers.Apply(h, from)
	h[contentTypeHeader], h[acceptHeader] = jsonType, accepted
	return h
}
