package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// Gateway answers GraphQL operations from the services it was made for. It is safe for concurrent use.
type Gateway struct {
	log     *slog.Logger
	started time.Time
	status  graphql.ExecutableSchema
	current atomic.Pointer[Snapshot]

	operations operations
	reloads    reloads

	mu       sync.Mutex // guards the fields below
	last     int        // number of a snapshot that was in use
	open     map[*Snapshot]struct{}
	closed   bool
	draining sync.WaitGroup
}

// New makes a gateway. It makes no connection. The problems are everything that is wrong with the options, warnings
// included; the gateway is nil if one of them is an error, and must be closed otherwise.
func New(o Options) (*Gateway, problem.List) {
	g := &Gateway{log: o.Logger, started: time.Now(), last: 1, open: map[*Snapshot]struct{}{}}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	g.status = g.statusSchema()
	s, problems := g.build(o, nil)
	if s == nil {
		return nil, problems
	}
	s.number, s.loaded = g.last, g.started
	g.open[s] = struct{}{}
	g.current.Store(s)
	return g, problems
}

// Close waits for the calls to services that are under way, and closes the connections. Operations that run after
// that get errors for the fields of services. It may be called twice.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.closed = true
	open := slices.Collect(maps.Keys(g.open))
	g.mu.Unlock()
	g.draining.Wait()
	for _, s := range open {
		s.close()
	}
}

// Supergraph returns the composed schema that operations run on at this moment.
func (g *Gateway) Supergraph() *schema.Supergraph { return g.current.Load().supergraph }

// Prepare parses, validates and coerces a request. It is the first half of an operation's way; the second is
// [operation.Operation.Execute] of its result. Errors mean that the operation will not be executed.
func (g *Gateway) Prepare(ctx context.Context, r *operation.Request) (operation.Operation, gqlerror.List) {
	return g.current.Load().Prepare(ctx, r)
}

// Prepare is [Gateway.Prepare] on this snapshot.
func (s *Snapshot) Prepare(ctx context.Context, r *operation.Request) (operation.Operation, gqlerror.List) {
	p, errs := s.preparer.Prepare(r)
	if errs != nil {
		s.gateway.operations.refused.Add(1)
		return nil, errs
	}
	if s.options.DisableIntrospection && introspects(p.Definition) {
		p.Release()
		s.gateway.operations.refused.Add(1)
		return nil, gqlerror.List{fault.New(fault.IntrospectionDisabled, "The schema may not be asked for here.")}
	}
	p.Labels = s.labels.of(ctx, r.Caller)
	return &running{snapshot: s, prepared: p, request: r}, nil
}

// running is an operation that was prepared on one snapshot.
type running struct {
	snapshot *Snapshot
	prepared *operation.Prepared
	request  *operation.Request
}

// Definition returns the operation's definition.
func (r *running) Definition() *ast.OperationDefinition { return r.prepared.Definition }

// Execute plans the operation, or takes its plan from the cache, and runs it. The snapshot is held meanwhile, and only then:
// not every operation that was prepared is executed.
func (r *running) Execute(ctx context.Context) *operation.Response {
	s := r.snapshot
	if !s.users.acquire() {
		return r.again(ctx)
	}
	defer s.users.release()
	program, err := s.wiring.program(r.prepared)
	if err != nil {
		s.gateway.log.WarnContext(ctx, "operation cannot be planned", "operation", r.prepared.Definition.Name, "error", err)
		s.gateway.operations.failed.Add(1)
		return operation.NewResponse(nil, gqlerror.List{fault.New(fault.NoPlan, "The operation cannot be planned.")}, r.prepared.Release)
	}
	resp := program.Run(ctx, &execute.Request{Variables: r.prepared.Variables, Caller: r.request.Caller, Log: s.gateway.incident})
	s.gateway.operations.count(resp)
	resp.Defer(r.prepared.Release)
	return resp
}

// again runs an operation whose snapshot was replaced, and has ended, after it was prepared. Nothing was asked of anybody, so
// it begins anew on the snapshot of the moment.
func (r *running) again(ctx context.Context) *operation.Response {
	r.prepared.Release()
	op, errs := r.snapshot.gateway.Prepare(ctx, r.request)
	if errs != nil {
		return operation.NewResponse(nil, errs, nil)
	}
	return op.Execute(ctx)
}

// incident logs what went wrong with a source, in words that clients do not see. That a service refused what it was asked
// is between it and the client, who reads of it; that a client went away is nobody's failure.
func (g *Gateway) incident(ctx context.Context, i *execute.Incident) {
	attrs := []slog.Attr{slog.String("source", i.Source), slog.String("code", i.Code), slog.String("message", i.Message)}
	level := slog.LevelWarn
	if i.Cause != nil {
		attrs = append(attrs, slog.Any("cause", i.Cause))
	} else {
		level = slog.LevelInfo
	}
	if i.Code == string(fault.Canceled) {
		level = slog.LevelDebug
	}
	g.log.LogAttrs(ctx, level, "source failed", attrs...)
}

// Explain plans a request without running it.
func (g *Gateway) Explain(r *operation.Request) (*plan.Description, gqlerror.List) {
	s := g.current.Load()
	prepared, errs := s.preparer.Prepare(r)
	if errs != nil {
		return nil, errs
	}
	prepared.Labels = s.labels.of(context.Background(), r.Caller)
	p, err := s.wiring.planner.Plan(prepared)
	if err != nil {
		return nil, gqlerror.List{fault.New(fault.NoPlan, fmt.Sprintf("The operation cannot be planned: %v.", err))}
	}
	return p.Describe(s.label), nil
}
