package header

// What goes along with every call, in canonical form.
const (
	TraceParent = "Traceparent"
	TraceState  = "Tracestate"
	RequestID   = "X-Request-Id"
)

// Flow sets what goes along with every call: the trace that the client's request belongs to (W3C Trace Context), and the
// id by which logs know the request. What to has already stays. from are the headers of the client's request, which has
// the id; both may be empty.
func Flow(to, from map[string][]string, id string) {
	if _, ok := to[TraceParent]; !ok {
		if parent := from[TraceParent]; len(parent) > 0 {
			to[TraceParent] = parent
			if state := from[TraceState]; len(state) > 0 { // without a parent it means nothing
				to[TraceState] = state
			}
		}
	}
	if id == "" {
		return
	}
	if _, ok := to[RequestID]; !ok {
		if v := from[RequestID]; len(v) == 1 && v[0] == id { // no allocation
			to[RequestID] = v
		} else {
			to[RequestID] = []string{id}
		}
	}
}

// Flows reports whether a header, named in canonical form, only tells one call from another, so that two requests that
// differ in it alone ask for the same.
func Flows(name string) bool {
	return name == TraceParent || name == TraceState || name == RequestID
}
