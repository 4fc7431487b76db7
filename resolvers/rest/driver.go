package rest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
)

// Driver is the driver of all connectors of one supergraph. It is safe for concurrent use.
type Driver struct {
	types      map[string]*schema.Type
	connectors map[*connect.Connector]*connector
	ordered    []*connector                // as in the supergraph
	own        map[string]*upstream.Client // by origin: made by the driver
}

// New prepares the connectors of sg. What does not depend on a request is computed here: variables of the
// environment, headers, the origins of services. The error joins all that is wrong. The driver is closed with
// [Driver.Close].
func New(sg *schema.Supergraph, o Options) (*Driver, error) {
	d := &Driver{
		types:      sg.Types,
		connectors: map[*connect.Connector]*connector{},
		own:        map[string]*upstream.Client{},
	}
	b := &builder{driver: d, options: o, sources: map[*connect.Source]*site{}}
	var errs []error
	for _, s := range sg.Sources {
		def, ok := s.Bind.(*connect.Connector)
		if !ok || d.connectors[def] != nil {
			continue
		}
		c, err := b.connector(def)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%s: %w", def.Subgraph, def.Coordinate, err))
			continue
		}
		d.connectors[def] = c
		d.ordered = append(d.ordered, c)
	}
	if err := errors.Join(errs...); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Close closes the clients that the driver made itself, and waits for their calls. Those that bindings brought are left
// to their owners. It may be called twice.
func (d *Driver) Close() {
	for _, c := range d.own {
		c.Close()
	}
}

// Clients returns the clients that the driver made itself, for sources that are bound to no service, sorted by name.
func (d *Driver) Clients() []*upstream.Client {
	out := make([]*upstream.Client, 0, len(d.own))
	for _, c := range d.own {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *upstream.Client) int {
		if a.Service() < b.Service() {
			return -1
		}
		return 1 // names are origins, and do not repeat
	})
	return out
}

// ConnectorStatus is what a driver counted for one connector.
type ConnectorStatus struct {
	Coordinate string // "<subgraph>:Query.user[0]"
	Problems   uint64 // of its mappings; they are no errors, but most of them are mistakes
}

// Status returns what was counted for each connector.
func (d *Driver) Status() []ConnectorStatus {
	out := make([]ConnectorStatus, len(d.ordered))
	for i, c := range d.ordered {
		out[i] = ConnectorStatus{Coordinate: c.coordinate, Problems: c.problems.count.Load()}
	}
	return out
}

// Compile prepares the fetches of a plan; see [execute.Driver].
func (d *Driver) Compile(p *plan.Plan, fetches []*plan.Fetch) ([]execute.Runner, error) {
	runners := make([]execute.Runner, len(fetches))
	lookups := map[lookupKey]*lookup{}
	for i, f := range fetches {
		c, err := d.check(f)
		if err != nil {
			return nil, fmt.Errorf("fetch %d of %s: %w", f.ID, f.Source.Name, err)
		}
		e, epoch := f.Entries[0], epochOf(p, f)
		var name string
		var args *operation.Arguments
		if e.Call != nil {
			name = e.Want.Fields[0].Name
			args = operation.CompileArguments(e.Call.Field.Args, e.Call.Args, d.definition)
		}
		if e.Needs == nil {
			root := &rootRunner{
				driver: d, connector: c, name: name, args: args, epoch: epoch, mutation: p.Operation == ast.Mutation,
				reading: c.narrow(merge(nil, e.Want.Fields[0].Sub, called(e))),
			}
			if short := root.reading.short; short != nil { // its answer is for this fetch alone
				if f := records(short.filter, e.Want.Fields[0].Sub); f != nil {
					short.filter = f
				}
			}
			runners[i] = root
			continue
		}
		key := lookupKey{c, epoch, e.Call != nil}
		l := lookups[key]
		if l == nil {
			l = &lookup{driver: d, connector: c, epoch: epoch, identity: e.Entrance.Needs}
			lookups[key] = l
		}
		for _, e := range f.Entries {
			l.want(e)
		}
		runners[i] = &objectRunner{lookup: l, entries: len(f.Entries), name: name, args: args}
	}
	for _, l := range lookups {
		l.compile()
	}
	return runners, nil
}

// Group puts fetches together that get objects from one connector in batches; see [execute.Grouper].
func (d *Driver) Group(_ *plan.Plan, _ []*plan.Fetch, runners []execute.Runner) []execute.Group {
	var groups []execute.Group
	at := map[*lookup]int{} // 1 + the index in groups
	for i, r := range runners {
		o, ok := r.(*objectRunner)
		if !ok || !o.lookup.connector.def.Batch || o.args != nil {
			continue
		}
		n := at[o.lookup]
		if n == 0 {
			n = len(groups) + 1
			at[o.lookup] = n
			groups = append(groups, execute.Group{Runner: &batchGroup{}})
		}
		g := &groups[n-1]
		g.Members = append(g.Members, i)
		b, _ := g.Runner.(*batchGroup) //nolint:errcheck // it was made here
		b.runners = append(b.runners, o)
		b.entries += o.entries
	}
	return slices.DeleteFunc(groups, func(g execute.Group) bool { return len(g.Members) < 2 })
}

// check returns the connector of a fetch. The error is a defect of the planner.
func (d *Driver) check(f *plan.Fetch) (*connector, error) {
	def, _ := f.Source.Bind.(*connect.Connector) //nolint:errcheck // nil is no connector of this driver
	c := d.connectors[def]
	if c == nil {
		return nil, errors.New("it is not a connector of this driver")
	}
	if len(f.Entries) == 0 {
		return nil, errors.New("it asks for nothing")
	}
	for _, e := range f.Entries {
		switch {
		case e.Call == nil && e.Needs == nil:
			return nil, errors.New("it answers no root field")
		case e.Call != nil && (len(e.Want.Fields) != 1 || len(e.Want.On) > 0):
			return nil, errors.New("it answers one field, and is asked for others")
		case e.Entrance != f.Entries[0].Entrance: // objects of several types may go through one
			return nil, errors.New("it is entered in two ways at once")
		}
		if err := checkNames(e.Want, e.Call != nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (d *Driver) definition(name string) *ast.Definition {
	if t := d.types[name]; t != nil {
		return t.Definition
	}
	return nil
}

// checkNames: a mapping names what it gives as the schema does, but for the field that a connector answers, whose name
// the driver adds itself.
func checkNames(t *plan.Tree, top bool) error {
	check := func(fields []plan.TreeField) error {
		for _, f := range fields {
			if !top && f.Name != f.Select.Name {
				return fmt.Errorf("the field %s cannot be answered as %s", f.Select.Name, f.Name)
			}
			if f.Sub != nil {
				if err := checkNames(f.Sub, false); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := check(t.Fields); err != nil {
		return err
	}
	for _, on := range t.On {
		if err := check(on.Fields); err != nil {
			return err
		}
	}
	return nil
}

// epochOf returns the number of the root field of a mutation that a fetch belongs to: root fields run one after the
// other, each with everything below it, and fetches are in topological order. What was read in one epoch may not hold
// in the next. A query has one epoch.
func epochOf(p *plan.Plan, f *plan.Fetch) int {
	if p.Operation != ast.Mutation {
		return 0
	}
	n := 0
	for _, other := range p.Fetches[:f.ID+1] {
		if len(other.Entries) > 0 && other.Entries[0].Needs == nil {
			n++
		}
	}
	return n
}
