package connect

import "github.com/vektah/gqlparser/v2/ast"

// checkCycles reports types that come back inside themselves and cannot be completed there. A mapping is finite text, so
// what it gives of a type that stands inside itself ends somewhere: at a user's friends, say, there are ids and names but
// no friends of friends. That is no harm if the rest can be fetched, by connectors of their own or by a key. If it
// cannot, the inner fields would always be null, and a client would find out only when asking.
func (r *reader) checkCycles(given map[*ast.FieldDefinition]bool) {
	for _, s := range r.sites {
		if s.broken || s.connector.Gives == nil {
			continue
		}
		var path []*definition
		if s.field != nil && s.root == "" {
			path = append(path, s.on)
		}
		cycles{r, s, given}.check(s.result, s.connector.Gives, path, "")
	}
}

// cycles looks for cycles in the output of one connector.
type cycles struct {
	*reader
	site  *site
	given map[*ast.FieldDefinition]bool
}

func (c cycles) check(d *definition, o *Output, path []*definition, at string) {
	for _, seen := range path {
		if seen == d && d.kind == ast.Object {
			if missing := c.incomplete(d, o); missing != "" {
				c.fail(c.site, CodeCircular, c.selectionPlace(c.site),
					"%s stands inside itself at %q without its field %q, and no connector can fetch it there. Select the key of %s at that place and add a connector that resolves %s by it, or select the field.",
					d.name, at, missing, d.name, d.name)
			}
		}
	}
	path = append(path[:len(path):len(path)], d)
	for _, name := range o.Order {
		sub := o.Fields[name]
		if f := d.field(name); f != nil && sub != nil {
			c.check(c.types.named(f.Type), sub, path, join(at, name))
		}
	}
	for _, name := range sortedKeys(o.On) {
		if t := c.types.byName[name]; t != nil {
			c.check(t, o.On[name], path, at)
		}
	}
}

// incomplete returns a field of an object that neither the output gives nor any connector can fetch with what it gives.
func (c cycles) incomplete(d *definition, o *Output) string {
	if c.unsure[d.name] || c.unsureKey[d.name] {
		return ""
	}
	for _, k := range c.keys(d) {
		if k.fields.within(o) {
			return "" // another subgraph may know the object by its key
		}
	}
	known := c.completed(d, o)
	for _, f := range d.fields {
		if _, ok := known.Fields[f.Name]; !ok && c.given[f] && !c.external(d, f) {
			return f.Name
		}
	}
	return ""
}

// completed returns an output of an object with all that connectors can fetch, one after the other, with what is known
// of it.
func (c cycles) completed(d *definition, o *Output) *Output {
	known := o.clone()
	done := map[*site]bool{}
	for more := true; more; {
		more = false
		for _, s := range c.resolving[d] {
			if done[s] || s.connector.Gives == nil || !s.needs.within(known) {
				continue
			}
			done[s], more = true, true
			gives := s.connector.Gives
			if s.field != nil && !s.connector.Entity {
				gives = &Output{Order: []string{s.field.Name}, Fields: map[string]*Output{s.field.Name: gives}}
			}
			known.merge(gives.clone())
		}
	}
	return known
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
