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
	for _, f := range d.fields {
		if _, ok := o.Fields[f.Name]; !ok && c.given[f] && !c.external(d, f) && !c.fetched(d, f, o) {
			return f.Name
		}
	}
	return ""
}

// fetched reports whether some connector gives the field of an object of which the output is known.
func (c cycles) fetched(d *definition, f *ast.FieldDefinition, o *Output) bool {
	for _, s := range c.sites {
		if s.resolving() != d || s.needs == nil || !s.needs.within(o) {
			continue
		}
		if s.field == f && s.root == "" {
			return true
		}
		if s.connector.Gives != nil && s.result == d {
			if _, ok := s.connector.Gives.Fields[f.Name]; ok && (s.field == nil || s.connector.Entity) {
				return true
			}
		}
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
