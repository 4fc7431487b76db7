package subgraph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/hashkey"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// Binding is how one subgraph is reached.
type Binding struct {
	// Client is the client of the service. The driver does not close it.
	Client *upstream.Client
	Config Config
}

// Driver runs the fetches that go to remote subgraphs. It is safe for concurrent use.
type Driver struct {
	remotes map[string]*remote
}

var _ execute.Grouper = (*Driver)(nil)

// remote is one subgraph. All but the flag is immutable.
type remote struct {
	name      string
	client    *upstream.Client
	path      string
	headers   *header.Rules
	persisted bool
	refusing  atomic.Bool // the server has said that it keeps no queries by their hash
	maxBatch  int
	redact    bool
	key       *hashkey.Expression // by which the calls of the service are balanced; nil: there is none
}

// New returns a driver for remote subgraphs, by their names. It calls nobody.
func New(bindings map[string]Binding) (*Driver, error) {
	d := &Driver{remotes: map[string]*remote{}}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(bindings)) {
		b := bindings[name]
		rules, _ := header.New(b.Config.Headers) //nolint:errcheck // Validate says the same
		key, keyErr := b.key()
		switch err := b.Config.Validate(); {
		case err != nil:
			errs = append(errs, fmt.Errorf("subgraph %q: %w", name, err))
		case b.Client == nil:
			errs = append(errs, fmt.Errorf("subgraph %q: there is no client to call it with", name))
		case keyErr != nil:
			errs = append(errs, fmt.Errorf("subgraph %q: the service %q: balance.key: %w", name, b.Client.Service(), keyErr))
		default:
			d.remotes[name] = &remote{
				name: name, client: b.Client, path: b.Config.Path, headers: rules,
				persisted: b.Config.PersistedQueries, maxBatch: b.Config.MaxBatch, redact: b.Config.Errors == RedactErrors, key: key,
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return d, nil
}

// key parses the expression by which the calls of the service are balanced, nil if there is none.
func (b *Binding) key() (*hashkey.Expression, error) {
	if b.Client == nil || b.Client.HashKey() == "" {
		return nil, nil
	}
	return hashkey.Parse(b.Client.HashKey())
}

// Compile prepares the fetches of a plan; see [execute.Driver].
func (d *Driver) Compile(p *plan.Plan, fetches []*plan.Fetch) ([]execute.Runner, error) {
	runners := make([]execute.Runner, len(fetches))
	for i, f := range fetches {
		r := d.remotes[f.Source.Subgraph]
		switch {
		case r == nil:
			return nil, fmt.Errorf("fetch %d: the subgraph %q is none of this driver", f.ID, f.Source.Subgraph)
		case f.Query == nil || len(f.Entries) == 0:
			return nil, fmt.Errorf("fetch %d of %s: it asks for nothing", f.ID, f.Source.Name)
		}
		share := p.Operation == ast.Query
		finder, err := newFinder(r, f, share)
		switch {
		case err != nil:
			return nil, err
		case finder != nil:
			runners[i] = finder
		default:
			q := newQuery(r, f, p.Operation == ast.Mutation && !f.Query.Entities)
			q.share = share
			runners[i] = q
		}
	}
	return runners, nil
}

// Group joins the entity fetches that go to one subgraph; see [execute.Grouper].
func (d *Driver) Group(_ *plan.Plan, fetches []*plan.Fetch, runners []execute.Runner) (out []execute.Group) {
	bySubgraph := map[*remote]*group{}
	var order []*remote
	members := map[*remote][]int{}
	for i := range fetches {
		q, ok := runners[i].(*query)
		if !ok || !q.entities || len(fetches[i].Contextual) > 0 {
			continue // what has variables of its own for some objects is asked for alone
		}
		g := bySubgraph[q.remote]
		if g == nil {
			g = &group{}
			bySubgraph[q.remote] = g
			order = append(order, q.remote)
		}
		g.queries = append(g.queries, q)
		members[q.remote] = append(members[q.remote], i)
	}
	for _, r := range order {
		if g := bySubgraph[r]; len(g.queries) > 1 {
			g.compile()
			out = append(out, execute.Group{Members: members[r], Runner: g})
		}
	}
	return out
}
