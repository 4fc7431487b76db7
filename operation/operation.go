// Package operation is the client's side of a request before anything is asked of anybody: the document is parsed
// and validated within bounds, the operation is chosen, the variables are coerced. It also holds the words in which
// the server and the gateway speak of one request: [Request], [Caller] and [Response].
//
// The package knows the API schema and the GraphQL language. It knows nothing of plans, sources and HTTP.
package operation

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/value"
)

// Request is one GraphQL request as a transport received it.
type Request struct {
	Query         string
	OperationName string
	Variables     []byte // the JSON text of the variables object; empty or null: none
	Extensions    []byte // the JSON text of the extensions object; empty or null: none
	QueryOnly     bool   // the transport may not run mutations (GET)
	Caller        *Caller
}

// Caller is the part of a request that answers of sources may depend on. It is read-only once a request has begun.
type Caller struct {
	Header    map[string][]string // of the client's request, names in canonical form (net/textproto)
	RequestID string              // by which logs know the request; empty: it has none
}

// Response is the answer to one operation.
type Response struct {
	// Data is the JSON text of the data entry. It is nil if the operation was not executed: then the answer has no
	// data entry, as the GraphQL specification asks of request errors.
	Data       []byte
	Errors     gqlerror.List
	Extensions map[string]any
	// Header is what the services that were asked give to the headers of the answer, names in canonical form; nil:
	// nothing. Transports that can still set headers do.
	Header map[string][]string
	// Gaps: some that were asked gave nothing to Header, so that it does not speak for the whole answer.
	Gaps    bool
	release func()
}

// NewResponse returns a response whose Data is on loan: release is called once by [Response.Release]. It may be nil.
func NewResponse(data []byte, errs gqlerror.List, release func()) *Response {
	return &Response{Data: data, Errors: errs, release: release}
}

// Release gives the memory of Data back. The response must not be used after that. It may be called twice.
func (r *Response) Release() {
	if f := r.release; f != nil {
		r.release = nil
		f()
	}
}

// Defer has then called after what [Response.Release] does so far.
func (r *Response) Defer(then func()) {
	first := r.release
	if first == nil {
		r.release = then
		return
	}
	r.release = func() {
		first()
		then()
	}
}

// Prepared is an operation that passed parsing, validation and coercion: it can be planned and run.
type Prepared struct {
	Document   *Document
	Definition *ast.OperationDefinition
	// Variables is an object with the coerced variables, defaults included; a variable that was not given and has
	// no default is not in it.
	Variables value.Value
	// Conditions holds the values of the variables that @skip and @include of this operation read, in a fixed
	// order, one character each: 0 or 1. The document's hash, the operation's name and this text name its plan.
	Conditions string
	// Labels holds one character for each of the supergraph's labels, in their order: 1 if it is on for this request, else
	// 0. It is empty if the supergraph has none, and names the plan too.
	Labels string

	arena *value.Arena // of Variables; may be nil
}

// Release gives the memory of Variables back. Neither they nor anything that was made of them may be used after that: it
// is called when the answer has been written, or never. It may be called twice.
func (p *Prepared) Release() {
	if a := p.arena; a != nil {
		p.arena = nil
		p.Variables = value.Value{}
		a.Release()
	}
}

// Operation is a request that was prepared and can be executed, once.
type Operation interface {
	// Definition returns the operation's definition in the document. It is never nil and may not be changed.
	Definition() *ast.OperationDefinition
	// Execute runs the operation and returns its answer, which is never nil. It blocks until the answer is complete
	// or ctx is done, and ctx is done when the client goes away or the operation's time is over. The caller releases the
	// response when it is written.
	Execute(ctx context.Context) *Response
}
