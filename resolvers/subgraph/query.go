package subgraph

import (
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

const (
	entitiesField = "_entities"
	typenameField = "__typename"
)

// query is the query of one fetch, compiled: the [execute.Runner] of the fetch.
type query struct {
	remote   *remote
	mutation bool
	share    bool // see [request]
	entities bool
	alone    place   // in a request that asks for nothing else
	layout   *layout // of such a request
	entries  []entry
	want     *value.Filter // of an entity, or of the root object

	selection   string // of each entity
	variables   []variable
	definitions []string // of variables
}

// entry is one kind of object that a query enters its subgraph with.
type entry struct {
	open     string     // how a representation begins: {"__typename":"T"
	typename string     // what the entity's has to be; empty: it is not asked for
	required []string   // the members that every entity has
	tree     *plan.Tree // of what is asked for
}

// variable is one variable of the client's operation.
type variable struct {
	name string
	key  string // as it stands in a request: "name":
}

// place is where a query stands in a request.
type place struct {
	alias           string // of _entities
	representations string // the variable
}

func newQuery(r *remote, f *plan.Fetch, mutation bool) *query {
	pq := f.Query
	q := &query{
		remote: r, mutation: mutation, entities: pq.Entities, alone: place{entitiesField, pq.Representations},
		want: &value.Filter{}, selection: pq.Selection, definitions: pq.Definitions,
	}
	for _, name := range pq.Variables {
		q.variables = append(q.variables, variable{name, `"` + name + `":`})
	}
	types := map[string]bool{}
	for _, e := range f.Entries {
		types[e.Entrance.On.Name] = true
		addTree(q.want, e.Want)
	}
	text, several := pq.Text, q.entities && len(types) > 1
	if several {
		// An entity of the wrong one of these types could have all that was asked for.
		q.selection = "{" + typenameField + " " + q.selection[1:]
		addKey(q.want, typenameField, nil)
		text = joined([]*query{q}, []place{q.alone})
	}
	for _, e := range f.Entries {
		on := e.Entrance.On
		ready := entry{open: `{"` + typenameField + `":"` + on.Name + `"`, tree: e.Want}
		if several && !on.Abstract() {
			ready.typename = on.Name
		}
		for _, field := range e.Want.Fields {
			ready.required = append(ready.required, field.Name)
		}
		q.entries = append(q.entries, ready)
	}
	q.layout = newLayout(text, r.persisted && !mutation, []*query{q}, []place{q.alone})
	return q
}

// addTree adds to a filter what a tree asks for.
func addTree(f *value.Filter, t *plan.Tree) {
	if t.Typename >= 0 {
		addKey(f, typenameField, nil)
	}
	for _, field := range t.Fields {
		addKey(f, field.Name, field.Sub)
	}
	for _, on := range t.On {
		for _, field := range on.Fields {
			addKey(f, field.Name, field.Sub)
		}
	}
}

// addKey adds a member to a filter; of a leaf, everything is wanted.
func addKey(f *value.Filter, key string, sub *plan.Tree) {
	i := 0
	for i < len(f.Keys) && f.Keys[i].Key != key {
		i++
	}
	if i == len(f.Keys) {
		f.Keys = append(f.Keys, value.FilterKey{Key: key, Want: &value.Filter{}})
	}
	switch k := &f.Keys[i]; {
	case sub == nil:
		k.Want = nil
	case k.Want != nil:
		addTree(k.Want, sub)
	}
}

// fits reports whether a path of an answer leads along a tree: names of members that were asked for, and indexes.
func fits(t *plan.Tree, path []any) bool {
	for _, p := range path {
		name, ok := p.(string)
		switch {
		case !ok:
			continue // an index, of a list for all that is known here
		case t == nil:
			return true // within a leaf
		}
		sub, found := member(t, name)
		if !found {
			return name == typenameField
		}
		t = sub
	}
	return true
}

func member(t *plan.Tree, name string) (sub *plan.Tree, found bool) {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return t.Fields[i].Sub, true
		}
	}
	for i := range t.On {
		for j := range t.On[i].Fields {
			if f := &t.On[i].Fields[j]; f.Name == name {
				return f.Sub, true
			}
		}
	}
	return nil, false
}
