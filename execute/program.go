package execute

import (
	"context"
	"errors"
	"hash/maphash"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// The limits of a [Request] that sets none.
const (
	defaultMaxErrors = 1000
	defaultMaxBytes  = 64 << 20
	defaultMaxValues = 2 << 20 // which take about 32 MiB
)

// Program is a plan that is ready to run. It is immutable and safe for concurrent use.
type Program struct {
	fetches []fetch
	tasks   []task
	initial []int // the tasks that wait for no other
	root    *place
	output  *outputType // of the root object
	api     *ast.Schema
	seed    maphash.Seed
	size    atomic.Int64 // of the last answer: the next one's buffer begins with it
}

// Request is what one run of a program is given.
type Request struct {
	Variables value.Value // the operation's coerced variables, an object; they must outlive the response
	Caller    *operation.Caller
	MaxErrors int // how many errors an answer lists before it only counts them; 0: 1000
	MaxBytes  int // how long the data of an answer may be; 0: 64 MiB
	// MaxValues is how many values the store may hold, those that are missing included; 0: 2097152. A few objects that
	// contain each other make an answer that multiplies with each level of the query, however few calls bring them: it is
	// refused while it grows, and not when it is written.
	MaxValues int
	// Log is told what went wrong in words that clients do not see; nil: nobody is. It is called from the goroutine of
	// [Program.Run], at most MaxErrors times, before Run returns.
	Log func(ctx context.Context, i *Incident)
}

// Incident is something that went wrong in one operation.
type Incident struct {
	Source  string // the name of the source that was asked; empty if it was none of the sources
	Code    string // as clients see it
	Message string // as clients see it
	Cause   error  // may be nil
}

// Run executes the program. It never returns nil and never panics; a panic of a runner ends this operation with an
// error and is told to the log. When it returns, no goroutine of the operation runs any more. The response's Data is
// on loan until [operation.Response.Release], and so is what the runners' outcomes hold.
//
// When ctx is cancelled, no further source is asked, and the response is one error. When its deadline passes, no
// further source is asked either, and what did arrive is answered.
func (p *Program) Run(ctx context.Context, in *Request) *operation.Response {
	r := newRun(p, in)
	r.execute(ctx)
	return r.respond(ctx)
}

// respond makes the response of an operation whose fetches have ended.
func (r *run) respond(ctx context.Context) (resp *operation.Response) {
	defer func() {
		if v := recover(); v != nil {
			r.crashed(v)
			resp = r.refuse(ctx, fault.New(fault.Internal, internalMessage))
		}
	}()
	switch {
	case r.panicked:
		return r.refuse(ctx, fault.New(fault.Internal, internalMessage))
	case errors.Is(ctx.Err(), context.Canceled):
		return r.refuse(ctx, fault.New(fault.Canceled, "The request was canceled."))
	case r.excess:
		return r.refuse(ctx, tooLarge())
	}
	data, errs := r.project()
	r.log(ctx)
	resp = operation.NewResponse(data, errs, r.release)
	resp.Header, resp.Gaps = r.given()
	return resp
}

// refuse answers with nothing but an error.
func (r *run) refuse(ctx context.Context, err *gqlerror.Error) *operation.Response {
	r.log(ctx)
	return operation.NewResponse([]byte("null"), gqlerror.List{err}, r.release)
}

const internalMessage = "An internal error occurred."

func tooLarge() *gqlerror.Error {
	return fault.New(fault.AnswerTooLarge, "The answer is too large.")
}
