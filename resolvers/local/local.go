// Package local asks the subgraphs that are Go code in this process: schemas for which gqlgen generated the execution.
// It runs the queries of a plan by that code, without HTTP, and reads their answers. Sluice's own status is asked in this
// way, and so is every schema that a program which imports Sluice registers.
//
// It leaves planning and joining to others, and knows nothing of what a schema means. Its caller is execute.
package local

import (
	"fmt"
	"maps"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
)

// Driver runs the fetches that go to local subgraphs. It is safe for concurrent use.
type Driver struct {
	schemas map[string]graphql.ExecutableSchema
}

var _ execute.Driver = (*Driver)(nil)

// New returns a driver for local subgraphs, by their names. The schemas must be safe for concurrent use, as all code
// that gqlgen generates is if its resolvers are.
func New(schemas map[string]graphql.ExecutableSchema) *Driver {
	return &Driver{schemas: maps.Clone(schemas)}
}

// Compile parses the query of each fetch and checks it against the subgraph's schema, so that running it is execution
// alone.
func (d *Driver) Compile(_ *plan.Plan, fetches []*plan.Fetch) ([]execute.Runner, error) {
	runners := make([]execute.Runner, len(fetches))
	for i, f := range fetches {
		name := f.Source.Subgraph
		es := d.schemas[name]
		if es == nil {
			return nil, fmt.Errorf("local subgraph %q: not registered", name)
		}
		if f.Query == nil {
			return nil, fmt.Errorf("local subgraph %q: fetch %d has no query", name, f.ID)
		}
		r, err := newRunner(es, f.Query, f.Entries)
		if err != nil {
			return nil, fmt.Errorf("local subgraph %q: %w", name, err)
		}
		runners[i] = r
	}
	return runners, nil
}

func newRunner(es graphql.ExecutableSchema, q *plan.Query, entries []*plan.Entry) (*runner, error) {
	doc, errs := gqlparser.LoadQueryWithRules(es.Schema(), q.Text, rules.NewDefaultRules())
	if len(errs) > 0 {
		return nil, errs
	}
	if len(doc.Operations) != 1 || doc.Operations[0].Operation == ast.Subscription {
		return nil, fmt.Errorf("not one query or mutation: %s", q.Text)
	}
	return &runner{es: es, doc: doc, query: q, entries: entries}, nil
}
