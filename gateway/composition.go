package gateway

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	generated "github.com/sluice-gateway/sluice/graph"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/resolvers"
	"github.com/sluice-gateway/sluice/resolvers/local"
	"github.com/sluice-gateway/sluice/schema"
)

// statusSubgraph is the name of Sluice's own subgraph.
const statusSubgraph = "sluice"

// composition is a supergraph with what it was made of.
type composition struct {
	subgraphs  []*schema.Subgraph // those of Go code included
	composed   *schema.Composed
	locals     map[string]graphql.ExecutableSchema
	supergraph *schema.Supergraph // nil if there is none
	problems   problem.List
}

// compose makes the supergraph of the options. If it is made of the same as that of the snapshot before it is that one, so
// that whatever was made for it goes on: documents, plans, drivers.
func (g *Gateway) compose(o *Options, before *Snapshot) *composition {
	c := &composition{composed: o.Supergraph}
	c.subgraphs = slices.Clone(o.Subgraphs)
	c.addLocals(g.allLocals(o))
	if o.Supergraph != nil && len(o.Subgraphs) > 0 {
		c.problems = append(c.problems, problem.Problem{Code: "CONFIG", Message: "There are both subgraphs to compose and a supergraph that was composed before: give one of them."})
		return c
	}
	if before != nil && before.composition.same(c) {
		return before.composition
	}
	var list problem.List
	if o.Supergraph != nil {
		c.supergraph, list = schema.Join(o.Supergraph, c.subgraphs...)
	} else {
		c.supergraph, list = schema.Compose(c.subgraphs)
	}
	c.problems = append(c.problems, list...)
	return c
}

func (g *Gateway) allLocals(o *Options) []Local {
	if !o.Status {
		return o.Locals
	}
	return append(slices.Clone(o.Locals), Local{Name: statusSubgraph, Schema: g.status})
}

// statusSchema executes Sluice's own subgraph. There is one for the life of a gateway.
func (g *Gateway) statusSchema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: &resolvers.Resolver{Gateway: g}})
}

// addLocals adds the subgraphs that are Go code, as schemas to compose and as code to run.
func (c *composition) addLocals(all []Local) {
	c.locals = map[string]graphql.ExecutableSchema{}
	for _, l := range all {
		sdl, err := local.SDL(l.Schema)
		if err != nil {
			c.problems = append(c.problems, problem.Problem{Code: "INVALID_GRAPHQL", Message: fmt.Sprintf("The schema of the local subgraph %q cannot be told: %v.", l.Name, err)})
			continue
		}
		s, list := schema.LoadSources(l.Name, schema.Local, &ast.Source{Name: l.Name, Input: sdl})
		c.problems = append(c.problems, list...)
		if s != nil {
			c.subgraphs = append(c.subgraphs, s)
		}
		c.locals[l.Name] = l.Schema
	}
}

// same reports whether two compositions come to the same: the same texts, and the same code.
func (c *composition) same(other *composition) bool {
	switch {
	case c.supergraph == nil, (c.composed == nil) != (other.composed == nil):
		return false
	case c.composed != nil && !sameFile(c.composed.File(), other.composed.File()):
		return false
	}
	return slices.EqualFunc(c.subgraphs, other.subgraphs, sameSubgraph) && maps.EqualFunc(c.locals, other.locals, sameCode)
}

func sameSubgraph(a, b *schema.Subgraph) bool {
	return a.Name == b.Name && a.Kind == b.Kind && slices.EqualFunc(a.Files(), b.Files(), sameFile)
}

func sameFile(a, b *ast.Source) bool { return a.Name == b.Name && a.Input == b.Input }

// sameCode compares what executes two schemas, which may be of types that cannot be compared.
func sameCode(a, b graphql.ExecutableSchema) bool {
	v, w := reflect.ValueOf(a), reflect.ValueOf(b)
	return v.IsValid() && w.IsValid() && v.Type() == w.Type() && v.Comparable() && w.Comparable() && v.Equal(w)
}
