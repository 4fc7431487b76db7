package subgraph

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// request is one request to a subgraph, and what came of it.
type request struct {
	remote  *remote
	layout  *layout
	share   bool // it is part of a query, so that nothing was changed that it could be too old for
	parts   []part
	results []result // of the parts

	given    []execute.Giver    // what the answers give to the headers of the client's
	response *upstream.Response // on loan
	arena    *value.Arena
}

// result is what a request brought for one of its parts. The representations in it are counted from the part's first.
type result struct {
	values []value.Value
	errors []execute.SourceError
}

// run sends the request and reads the answer. It does not panic.
func (r *request) run(ctx context.Context) {
	r.results = make([]result, len(r.parts))
	defer func() {
		if v := recover(); v != nil {
			r.fail(&failure{code: fault.Internal, message: messageInternal, cause: fmt.Errorf("panic: %v\n%s", v, debug.Stack())})
		}
	}()
	answer, f := r.ask(ctx)
	if f != nil {
		r.fail(f)
		return
	}
	r.read(answer)
}

// release gives back the memory of the answer.
func (r *request) release() {
	if r.arena != nil {
		r.arena.Release()
		r.arena = nil
	}
	if r.response != nil {
		r.response.Release()
		r.response = nil
	}
}

// ask sends the request and returns the answer: an object with data, errors or both.
func (r *request) ask(ctx context.Context) (value.Value, *failure) {
	head, known := r.layout.text, false
	if r.layout.hash != nil && !r.remote.refusing.Load() {
		head, known = r.layout.hash, true
	}
	body := r.body(head)
	answer, f := r.exchange(ctx, body)
	if !known || f != nil {
		return answer, f
	}
	switch persisted(answer) {
	case persistedUnknown:
		r.release()
		return r.exchange(ctx, slices.Concat(r.layout.both, body[len(head):]))
	case persistedRefused:
		r.remote.refusing.Store(true)
		r.release()
		return r.exchange(ctx, slices.Concat(r.layout.text, body[len(head):]))
	}
	return answer, nil
}

// body writes the body of the request.
func (r *request) body(head []byte) []byte {
	size := len(head)
	for i := range r.parts {
		size += r.parts[i].size()
	}
	return appendVariables(append(make([]byte, 0, size), head...), r.parts)
}

// exchange sends a body and scans what comes back.
func (r *request) exchange(ctx context.Context, body []byte) (value.Value, *failure) {
	caller := callerOf(r.parts[0].in)
	req := &upstream.Request{
		Method: "POST", Path: r.remote.path, Header: r.remote.header(caller.Header), Body: body,
		Caller: caller, Share: r.share, Idempotent: r.idempotent(),
	}
	if r.remote.key != nil {
		req.Key, req.HasKey = r.remote.key.OfRequest(caller.Header)
	}
	resp, err := r.remote.client.Do(ctx, req)
	if err != nil {
		return value.Value{}, unanswered(ctx, err)
	}
	r.response, r.arena = resp, value.NewArena()
	if resp.Given != nil {
		r.given = append(r.given, resp.Given)
	}
	answer, err := value.Scan(resp.Body, r.layout.answer, r.arena)
	return judge(answer, err, resp)
}

// idempotent reports whether nothing is changed by the request: what enters by entities reads, in mutations too.
func (r *request) idempotent() bool {
	return r.share || !slices.ContainsFunc(r.parts, func(p part) bool { return p.query != nil && !p.query.entities })
}

// What a server says of a query that it was sent the hash of.
type persistence uint8

const (
	persistedKnown   persistence = iota
	persistedUnknown             // it has to be sent the text, and has done nothing
	persistedRefused             // it keeps no queries
)

func persisted(answer value.Value) persistence {
	if k := answer.Get("data").Kind(); k != value.Missing && k != value.Null {
		return persistedKnown
	}
	for _, e := range answer.Get("errors").Items() {
		switch code := e.Get("extensions").Get("code").Text(); {
		case code == "PERSISTED_QUERY_NOT_FOUND", e.Get("message").Text() == "PersistedQueryNotFound":
			return persistedUnknown
		case code == "PERSISTED_QUERY_NOT_SUPPORTED", e.Get("message").Text() == "PersistedQueryNotSupported":
			return persistedRefused
		}
	}
	return persistedKnown
}
