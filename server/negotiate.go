package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// mediaType is what an answer is written as.
type mediaType uint8

const (
	noMediaType     mediaType = iota // the client accepts none
	jsonMediaType                    // application/json: clients that take any 4xx or 5xx for a broken network
	graphqlResponse                  // application/graphql-response+json: the status says what became of the request
	eventStream                      // text/event-stream
)

func (m mediaType) contentType() []string {
	switch m {
	case graphqlResponse:
		return graphqlContentType
	case eventStream:
		return streamContentType
	default:
		return jsonContentType
	}
}

// Header values are shared slices: assigning one costs no allocation. Nobody may write into them.
var (
	jsonContentType    = []string{"application/json; charset=utf-8"}
	graphqlContentType = []string{"application/graphql-response+json; charset=utf-8"}
	streamContentType  = []string{"text/event-stream; charset=utf-8"}
)

// negotiate chooses the media type of an answer by RFC 9110, section 12.5.1: the most specific range that covers a type
// gives its weight, and the greater weight wins; then a type that is named over one that only a wildcard covers; then
// application/graphql-response+json, which can say more. A client that says nothing, or only that it accepts anything,
// gets application/json, as the GraphQL over HTTP specification asks for clients of the time before it.
func negotiate(accept []string, sse bool) mediaType {
	switch len(accept) {
	case 0:
		return jsonMediaType
	case 1: // what almost all clients send
		switch accept[0] {
		case "application/json", "*/*", "":
			return jsonMediaType
		case "application/graphql-response+json":
			return graphqlResponse
		}
	}
	var c candidates
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			c.offer(part, sse)
		}
	}
	return c.best()
}

// candidates holds, for each media type the server can write, the weight of the most specific range that covers it.
type candidates [eventStream + 1]struct {
	specificity uint8 // 0: nothing covers it; 1: */*, 2: type/*, 3: the type itself
	weight      float64
}

func (c *candidates) offer(part string, sse bool) {
	essence, params, err := mime.ParseMediaType(part)
	if err != nil {
		return // a range that cannot be read covers nothing
	}
	weight := 1.0
	if q, ok := params["q"]; ok {
		if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
			return
		}
	}
	if charset, ok := params["charset"]; ok && !isUTF8(charset) {
		return
	}
	cover := func(m mediaType, specificity uint8) {
		if specificity > c[m].specificity || specificity == c[m].specificity && weight > c[m].weight {
			c[m].specificity, c[m].weight = specificity, weight
		}
	}
	switch essence {
	case "application/json":
		cover(jsonMediaType, 3)
	case "application/graphql-response+json":
		cover(graphqlResponse, 3)
	case "text/event-stream":
		if sse { // only by name: a stream is not what a client that accepts anything expects
			cover(eventStream, 3)
		}
	case "application/*":
		cover(jsonMediaType, 2)
		cover(graphqlResponse, 2)
	case "*/*":
		cover(jsonMediaType, 1)
		cover(graphqlResponse, 1)
	}
}

func (c *candidates) best() mediaType {
	best := noMediaType
	for _, m := range []mediaType{graphqlResponse, jsonMediaType, eventStream} {
		if c[m].specificity == 0 || c[m].weight == 0 {
			continue
		}
		if best == noMediaType || c[m].weight > c[best].weight ||
			c[m].weight == c[best].weight && c[m].specificity > c[best].specificity {
			best = m
		}
	}
	if best == graphqlResponse && c[best].specificity < 3 && c[jsonMediaType].weight > 0 {
		return jsonMediaType // only wildcards: the client may not know the newer type
	}
	return best
}

// isJSONBody reports whether a request's body is declared as JSON in UTF-8. A body without a declaration is not: browsers
// send such ones to other origins without asking.
func isJSONBody(h http.Header) bool {
	v := h["Content-Type"]
	if len(v) != 1 {
		return false
	}
	if v[0] == "application/json" {
		return true
	}
	essence, params, err := mime.ParseMediaType(v[0])
	if err != nil || essence != "application/json" {
		return false
	}
	charset, ok := params["charset"]
	return !ok || isUTF8(charset)
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
