package rest

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/value"
)

// reading is what the fetches of a plan want of the answers of a connector.
type reading struct {
	selection *mapping.Mapping // narrowed
	body      *value.Filter    // what selection and isSuccess read
	short     *shortcut        // nil: there is none
}

// shortcut does the work of a selection while a body is scanned, for bodies in which nothing is amiss.
type shortcut struct {
	filter *value.Filter
	pause  atomic.Int32 // how many bodies are not to be tried
}

// pauses is how many bodies are read in the usual way after one that the shortcut was not for: services that leave members
// out tend to do it often, and a body would be scanned twice.
const pauses = 32

// open reports whether the shortcut is to be tried.
func (s *shortcut) open() bool {
	return s != nil && (s.pause.Load() <= 0 || s.pause.Add(-1) < 0)
}

// close leaves the shortcut aside for a while.
func (s *shortcut) close() { s.pause.Store(pauses) }

// narrow prepares a connector's selection for what is asked of it; nil asks for everything.
func (c *connector) narrow(asked *mapping.Request) reading {
	r := reading{selection: c.def.Selection.Narrow(asked)}
	r.body = r.selection.Reads()
	if c.isSuccess != nil {
		r.body = union(r.body, c.isSuccess.Reads())
	} else if f := r.selection.Layout(); f != nil {
		r.short = &shortcut{filter: f}
	}
	return r
}

// worker makes calls of one connector, one after the other. It is not safe for concurrent use; where calls run at the
// same time, each goroutine has a worker. Workers come from a pool, as much of what they are is scratch memory.
type worker struct {
	connector *connector
	reading   *reading
	scope     *scope
	visit     *visit
	caller    *operation.Caller
	epoch     int
	mutation  bool // the calls change something: none may be left out or joined with another
	again     bool // the call has been made before, and is not to bring the same answer

	given    execute.Giver // what the answer to the last call gives to the client's
	env      mapping.Env   // Args, This and Batch are set for each call
	problems mapping.Problems
	found    []finding

	path, text []byte // scratch
}

var workers = sync.Pool{New: func() any { return new(worker) }}

// newWorker returns a worker, to be released when its last call has returned.
func newWorker(c *connector, r *reading, sc *scope, in *execute.Inputs, epoch int) *worker {
	w := workers.Get().(*worker) //nolint:errcheck // the pool holds nothing else
	w.connector, w.reading, w.scope, w.caller, w.epoch = c, r, sc, in.Caller, epoch
	c.bind(&w.env, sc.arena())
	w.env.Problems = &w.problems
	var headers map[string][]string
	if in.Caller != nil {
		headers = in.Caller.Header
	}
	w.env.Request = headersValue(w.env.Arena, c.requestHeaders, headers)
	if c.def.Target != nil {
		w.visit = sc.visit(c.site)
	}
	return w
}

// release gives the worker back to the pool. What it made stays good: the scope owns it.
func (w *worker) release() {
	const largest = 64 << 10 // what is larger is rare, and would stay in memory for good
	if cap(w.path) > largest || cap(w.text) > largest {
		return
	}
	w.env.Reset()
	w.problems.Reset()
	clear(w.found[:cap(w.found)])
	w.connector, w.reading, w.scope, w.visit, w.caller = nil, nil, nil, nil, nil
	w.given = nil
	w.epoch, w.mutation, w.again, w.found = 0, false, false, w.found[:0]
	workers.Put(w)
}

// call makes one call with the variables in w.env, and returns what its answer maps to. It does not panic.
func (w *worker) call(ctx context.Context) (v value.Value, f *failure) {
	defer w.recovered(&f)
	defer func() {
		if len(w.found) > 0 {
			w.connector.problems.note(ctx, w.found)
			w.found = w.found[:0]
		}
	}()
	w.env.Status, w.env.Response, w.given = value.Value{}, value.Value{}, nil
	if w.connector.def.Target == nil {
		return w.apply("Selection", w.reading.selection, emptyObject), nil
	}
	if ctx.Err() != nil {
		return value.Value{}, w.connector.unanswered(ctx, context.Cause(ctx))
	}
	r, skip, err := w.request()
	switch {
	case err != nil:
		return value.Value{}, w.connector.fail(fault.RequestInvalid, messageUnbuilt, 0, err)
	case skip && w.mutation:
		return value.Value{}, w.connector.fail(fault.RequestInvalid, messageNothing, 0, nil)
	case skip:
		return value.NullValue, nil
	}
	if w.caller != nil {
		r.Caller = upstream.Caller{Header: w.caller.Header, RequestID: w.caller.RequestID}
	}
	// What a mutation reads must not be older than what it has changed.
	r.Share = r.Method == "GET" && w.epoch == 0 && !w.mutation
	r.Idempotent = !w.mutation // whatever the method: a field of a query only reads
	var resp *upstream.Response
	if w.mutation || w.again || r.Method != "GET" {
		resp, err = w.scope.send(ctx, w.visit, r)
	} else {
		resp, err = w.scope.share(ctx, w, r)
	}
	if err != nil {
		return value.Value{}, w.connector.unanswered(ctx, err)
	}
	if resp.Given != nil {
		w.given = resp.Given
	}
	return w.interpret(resp)
}

// recovered is deferred: it turns a panic into a failure, so that it ends one call and not the program.
func (w *worker) recovered(f **failure) {
	if r := recover(); r != nil {
		*f = w.connector.fail(fault.Internal, messageInternal, 0, fmt.Errorf("panic: %v\n%s", r, debug.Stack()))
	}
}

// apply applies a mapping and collects its problems.
func (w *worker) apply(place string, m *mapping.Mapping, in value.Value) value.Value {
	v := m.Apply(in, &w.env)
	w.collect(place)
	return v
}

// collect takes over the problems of the mappings that ran last.
func (w *worker) collect(place string) {
	list := w.problems.List()
	if len(list) == 0 {
		return
	}
	for _, p := range list {
		w.found = append(w.found, finding{place, p})
	}
	w.problems.Reset()
}

// remark adds a problem that is not one of a mapping's evaluation.
func (w *worker) remark(place, message string) {
	w.found = append(w.found, finding{place, mapping.Problem{Message: message, Count: 1}})
}
