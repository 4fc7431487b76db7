package gateway

import (
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

// Reload puts a gateway on other options: it builds a snapshot of them beside the one that is in use, and swaps the two. If
// one of the problems is an error, nothing has changed. The Environ, Logger and Version are those of [New] in any case.
//
// Operations that have begun end on the snapshot they began with, and what only that one needed is closed when the last has
// ended. What stays the same goes on: the connections and counters of services whose configuration is the same, and the
// documents and plans of a schema that is the same.
func (g *Gateway) Reload(o Options) problem.List {
	s, problems := g.Build(o)
	if s != nil {
		g.Swap(s)
	} else {
		g.Refuse(problems)
	}
	return problems
}

// Build is the first half of [Gateway.Reload], for those who have more to check before they change anything. The problems
// are everything that is wrong with the options, warnings included; the snapshot is nil if one of them is an error, and
// otherwise goes to [Gateway.Swap] or [Gateway.Discard].
func (g *Gateway) Build(o Options) (*Snapshot, problem.List) {
	before := g.Hold()
	defer before.Release()
	o.Environ, o.Logger, o.Version = before.options.Environ, before.options.Logger, before.options.Version
	s, problems := g.build(o, before)
	if s == nil {
		return nil, problems
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		s.close()
		return nil, append(problems, problem.Problem{Code: "CLOSED", Message: "The gateway is closed."})
	}
	g.open[s] = struct{}{}
	return s, problems
}

// Swap puts the gateway on a snapshot that was built for it. From its return on, every operation begins on that.
func (g *Gateway) Swap(s *Snapshot) {
	g.mu.Lock()
	g.last++
	s.number, s.loaded = g.last, time.Now()
	before := g.current.Swap(s)
	g.mu.Unlock()
	g.reloads.succeed()
	before.users.release()
}

// Discard closes a snapshot that was built and is not wanted.
func (g *Gateway) Discard(s *Snapshot) { s.users.release() }

// Hold returns the snapshot of the moment. Nothing of it is closed before it is released.
func (g *Gateway) Hold() *Snapshot {
	for {
		if s := g.current.Load(); s.users.acquire() { // it fails only if another has taken its place meanwhile
			return s
		}
	}
}

// Release ends what [Gateway.Hold] began.
func (s *Snapshot) Release() { s.users.release() }

// Number counts the snapshots of a gateway that were in use, from 1. It is 0 before [Gateway.Swap].
func (s *Snapshot) Number() int { return s.number }

// Hash names the composed schema with its sources.
func (s *Snapshot) Hash() string { return s.supergraph.Hash }

// Loaded is when the snapshot came into use.
func (s *Snapshot) Loaded() time.Time { return s.loaded }

// Supergraph returns the composed schema.
func (s *Snapshot) Supergraph() *schema.Supergraph { return s.supergraph }

// Attach has the snapshot carry something that belongs to it, such as what was made for its schema. It is called before
// [Gateway.Swap].
func (s *Snapshot) Attach(v any) { s.attached = v }

// Attached returns what was attached, or nil.
func (s *Snapshot) Attached() any { return s.attached }

// Definition returns the operation that a request with a document and the name of an operation would run, whatever the
// variables, or what is wrong with it. It is for documents that are known before any request, such as those of routes. The
// definition may not be changed.
func (s *Snapshot) Definition(document, name string) (*ast.OperationDefinition, gqlerror.List) {
	op, errs := s.preparer.Definition(document, name)
	if errs != nil {
		return nil, errs
	}
	if s.options.DisableIntrospection && introspects(op) {
		return nil, gqlerror.List{fault.New(fault.IntrospectionDisabled, "The schema may not be asked for here.")}
	}
	return op, nil
}

// retire closes a snapshot that nobody uses any more, beside whoever was the last.
func (s *Snapshot) retire() {
	g := s.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed { // else it is closed with all others
		g.draining.Go(func() {
			s.close()
			g.mu.Lock()
			delete(g.open, s)
			g.mu.Unlock()
		})
	}
}

// close waits for the calls that are under way and closes what no other snapshot needs. It may be called twice.
func (s *Snapshot) close() {
	s.closing.Do(func() {
		if s.wiring != nil {
			s.wiring.release()
		}
		for _, have := range s.services {
			have.release()
		}
	})
}
