package connect

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fieldSet is a set of fields with sub-selections, in the order in which they were added.
type fieldSet struct {
	order []string
	sub   map[string]*fieldSet
}

func (s *fieldSet) add(path []string) {
	for _, name := range path {
		if s.sub == nil {
			s.sub = map[string]*fieldSet{}
		}
		if s.sub[name] == nil {
			s.sub[name] = &fieldSet{}
			s.order = append(s.order, name)
		}
		s = s.sub[name]
	}
}

// String returns the set without outer braces: "id address { zip }".
func (s *fieldSet) String() string {
	var b strings.Builder
	for i, name := range s.order {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name)
		if sub := s.sub[name]; len(sub.order) > 0 {
			b.WriteString(" { " + sub.String() + " }")
		}
	}
	return b.String()
}

// within reports whether an output gives all fields of the set.
func (s *fieldSet) within(o *Output) bool {
	for _, name := range s.order {
		if name == "__typename" {
			continue
		}
		sub, ok := o.Fields[name]
		if !ok || len(s.sub[name].order) > 0 && (sub == nil || !s.sub[name].within(sub)) {
			return false
		}
	}
	return true
}

// subset reports whether all fields of the set are in another one.
func (s *fieldSet) subset(other *fieldSet) bool {
	for _, name := range s.order {
		sub := other.sub[name]
		if sub == nil || !s.sub[name].subset(sub) {
			return false
		}
	}
	return true
}

// deriveNeeds sets the fields of the object that the connector reads: of its parent, of the objects of a batch, or of
// the entity that its arguments identify.
func (r *reader) deriveNeeds(s *site) {
	on, variable := s.on, "$this"
	switch {
	case s.connector.Entity && s.field != nil:
		on, variable = s.result, "$args"
	case s.root != "":
		return
	case s.connector.Batch:
		variable = "$batch"
	}
	needs := &fieldSet{}
	for _, u := range s.uses {
		if u.name != variable || len(u.path) > 0 && u.path[0] == "__typename" {
			continue
		}
		if variable == "$args" {
			r.addArguments(needs, s.field, u.path)
		} else if path, ok := r.keyPath(s, u, on); ok {
			needs.add(path)
		}
	}
	s.needs = needs
	r.resolving[on] = append(r.resolving[on], s)
	s.connector.Needs = needs.String()
	if len(needs.order) > 0 || s.broken {
		return
	}
	switch {
	case s.field == nil:
		r.fail(s, CodeCannotResolveKey, placeOf(s.position),
			"The connector on the type %s reads no field of it, so nothing says which object is meant. Use a key in its request, for example $this.id or $batch.id.", on.name)
	case s.connector.Entity:
		r.fail(s, CodeCannotResolveKey, placeOf(s.position),
			"The connector is marked entity: true but uses none of its arguments, so it would give the same object for every key. Use them in its request, for example $args.id.")
	}
}

// keyPath is the part of a use that becomes part of the key: the path as far as it goes through fields of the schema.
func (r *reader) keyPath(s *site, u use, on *definition) ([]string, bool) {
	typ := on
	for i, name := range u.path {
		f := typ.field(name)
		if f == nil {
			return nil, false // reported where the variable was read, or with the arguments of an entity
		}
		if len(f.Arguments) > 0 {
			r.fail(s, CodeCannotResolveKey, r.places.in(u.value, u.offset),
				"%s.%s reads the field %s.%s, which takes arguments and so cannot be part of a key.", u.name, strings.Join(u.path[:i+1], "."), typ.name, name)
			return nil, false
		}
		if typ = r.types.named(f.Type); typ.leaf() {
			return u.path[:i+1], true // further keys are inside a custom scalar
		}
	}
	if typ.kind == ast.Object || typ.abstract() {
		at := strings.Join(append([]string{u.name}, u.path...), ".")
		example := "id"
		for _, f := range typ.fields {
			if len(f.Arguments) == 0 && r.types.named(f.Type).leaf() {
				example = f.Name
				break
			}
		}
		r.fail(s, CodeCannotResolveKey, r.places.in(u.value, u.offset),
			"%s is a whole object of the type %s; name the fields that are read of it, for example %s.%s.", at, typ.name, at, example)
	}
	return nil, false
}

// addArguments adds what a use of $args reads to a key. An argument that is used as a whole stands for all the fields of
// its input object.
func (r *reader) addArguments(needs *fieldSet, field *ast.FieldDefinition, path []string) {
	if len(path) == 0 {
		for _, a := range field.Arguments {
			r.addInput(needs, []string{a.Name}, r.types.named(a.Type), nil)
		}
		return
	}
	arg := field.Arguments.ForName(path[0])
	if arg == nil {
		return // reported where it was read
	}
	typ := r.types.named(arg.Type)
	for i, name := range path[1:] {
		f := typ.field(name)
		if f == nil {
			needs.add(path[:i+1]) // inside a custom scalar, or reported where it was read
			return
		}
		typ = r.types.named(f.Type)
	}
	r.addInput(needs, path, typ, nil)
}

func (r *reader) addInput(needs *fieldSet, path []string, typ *definition, within []*definition) {
	if typ.kind != ast.InputObject || slices.Contains(within, typ) {
		needs.add(path)
		return
	}
	within = append(slices.Clip(within), typ)
	for _, f := range typ.fields {
		r.addInput(needs, append(slices.Clip(path), f.Name), r.types.named(f.Type), within)
	}
}
