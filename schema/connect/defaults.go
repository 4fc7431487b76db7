package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxDefault bounds the fields that are looked at for the selection of a connector without one. The number of paths
// through a schema grows exponentially with it; what is longer is not what anybody meant.
const maxDefault = 5000

// defaults writes the selection of a connector that has none.
type defaults struct {
	*reader
	text  []byte
	steps int
}

// defaultSelection returns the mapping by name of what the connector returns, as the package's documentation says, and
// false if there is none or it is too long.
func (r *reader) defaultSelection(s *site) (string, bool) {
	if s.result.leaf() {
		return "$", true
	}
	d := &defaults{reader: r}
	d.fields(s.result, []*definition{s.result})
	return string(d.text), len(d.text) > 0 && d.steps <= maxDefault
}

// fields writes the fields of an object that is not resolved by key.
func (d *defaults) fields(typ *definition, path []*definition) {
	for _, f := range typ.fields {
		if d.steps++; d.steps > maxDefault {
			return
		}
		if len(f.Arguments) > 0 || d.connected(f) || d.external(typ, f) && !inKeys(d.keys(typ), f.Name) {
			continue
		}
		sub := d.types.named(f.Type)
		if sub.leaf() {
			d.item(f.Name)
			continue
		}
		if sub.kind != ast.Object {
			continue // nothing says which object type it is
		}
		before := len(d.text)
		d.item(f.Name)
		d.word("{")
		open := len(d.text)
		switch key := d.entityKey(sub); {
		case len(key.order) > 0:
			d.word(key.String())
		case !slices.Contains(path, sub):
			d.fields(sub, append(path[:len(path):len(path)], sub))
		}
		if len(d.text) == open { // nothing below can be had by name
			d.text = d.text[:before]
			continue
		}
		d.word("}")
	}
}

func (d *defaults) item(name string) {
	switch name {
	case "true", "false", "null": // literals, were they to stand alone
		name += ": $." + name
	}
	d.word(name)
}

func (d *defaults) word(w string) {
	if len(d.text) > 0 {
		d.text = append(d.text, ' ')
	}
	d.text = append(d.text, w...)
}

// entityKey joins the keys by which connectors resolve a whole type.
func (r *reader) entityKey(d *definition) *fieldSet {
	key := &fieldSet{}
	for _, s := range r.resolving[d] {
		if s.field == nil || s.connector.Entity {
			key.merge(s.needs)
		}
	}
	return key
}

// connected reports whether a field has a connector of its own.
func (r *reader) connected(f *ast.FieldDefinition) bool {
	return f.Directives.ForName(r.connect) != nil
}

func (s *fieldSet) merge(other *fieldSet) {
	for _, name := range other.order {
		s.add([]string{name})
		s.sub[name].merge(other.sub[name])
	}
}
