package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// maxHints bounds how many unknown names are compared with all known ones: whoever has more has another problem than
// misspelling.
const maxHints = 100

// checkDocument verifies what GraphQL itself demands of the type system. The parser's validator is not used: it stops
// at the first problem, and it changes the document.
func (r *reader) checkDocument() {
	for _, t := range r.schema.Types {
		r.checkName(t.Position, t.Name, t.Local)
		if isBuiltin(t.Name) && t.Kind != ast.Scalar {
			r.invalid(t.Position, t.Name, "%q is a built-in scalar.", t.Name)
		}
		switch t.Kind {
		case ast.Object, ast.Interface, ast.InputObject:
			// A root type may have lost all its fields: those of the subgraph protocol are not counted.
			if len(t.Fields) == 0 && !IsRoot(t.Name) && !r.emptied(t) {
				r.invalid(t.Position, t.Name, "Type %q must define one or more fields.", t.Name)
			}
		case ast.Union:
			if len(t.Members) == 0 {
				r.invalid(t.Position, t.Name, "Union type %q must define one or more member types.", t.Name)
			}
		case ast.Enum:
			if len(t.Values) == 0 {
				r.invalid(t.Position, t.Name, "Enum type %q must define one or more values.", t.Name)
			}
		}
		for _, f := range t.Fields {
			r.checkField(t, f)
		}
		for _, m := range t.Members {
			if member := r.schema.byName[r.schema.Rename(m.Name)]; member == nil {
				r.unknownType(m.Position, t.Name, m.Name)
			} else if member.Kind != ast.Object {
				r.invalid(m.Position, t.Name, "Union type %q can only include object types, it cannot include %q.", t.Name, m.Name)
			}
		}
		for _, v := range t.Values {
			r.checkName(v.Position, t.Name+"."+v.Name, v.Name)
			if v.Name == "true" || v.Name == "false" || v.Name == "null" {
				r.invalid(v.Position, t.Name+"."+v.Name, "An enum cannot have a value named %s.", v.Name)
			}
		}
	}
	r.checkImplementations()
	r.checkInputCycles()
	r.checkDirectives()
}

// emptied reports whether a block of a type had braces: then its fields are of the subgraph protocol, or reported.
func (r *reader) emptied(t *Type) bool {
	return slices.ContainsFunc(t.blocks, func(b *ast.Definition) bool { return len(b.Fields) > 0 })
}

func (r *reader) checkName(pos *ast.Position, coordinate, name string) {
	if strings.HasPrefix(name, "__") {
		r.invalid(pos, coordinate, "Name %q must not begin with \"__\", which is reserved by GraphQL introspection.", name)
	}
}

func (r *reader) unknownType(pos *ast.Position, coordinate, name string) {
	hint := ""
	if len(r.problems) < maxHints {
		known := make([]string, 0, len(r.schema.Types))
		for _, t := range r.schema.Types {
			known = append(known, t.Name)
		}
		hint = suggest.DidYouMean("", name, known)
	}
	r.invalid(pos, coordinate, "Unknown type %q.%s", name, hint)
}

func (r *reader) checkField(t *Type, f *Field) {
	r.checkName(f.Position, f.Coordinate(), f.Name)
	kind, ok := r.kindOf(f.Type)
	switch {
	case !ok:
		r.unknownType(f.Position, f.Coordinate(), f.Type.Name())
	case t.Kind == ast.InputObject && !isInput(kind):
		r.invalid(f.Position, f.Coordinate(), "The type of %s must be an input type but got: %s.", f.Coordinate(), f.Type)
	case t.Kind != ast.InputObject && kind == ast.InputObject:
		r.invalid(f.Position, f.Coordinate(), "The type of %s must be an output type but got: %s.", f.Coordinate(), f.Type)
	case f.Default != nil:
		r.checkLiteral(f.Default, f.Type, f.Coordinate())
	}
	for _, a := range f.Args {
		coordinate := f.Coordinate() + "(" + a.Name + ":)"
		r.checkName(a.Position, coordinate, a.Name)
		r.checkArgument(coordinate, a.Position, a.Type, a.Default)
	}
}

func (r *reader) checkArgument(coordinate string, pos *ast.Position, t *ast.Type, def *ast.Value) {
	kind, ok := r.kindOf(t)
	switch {
	case !ok:
		r.unknownType(pos, coordinate, t.Name())
	case !isInput(kind):
		r.invalid(pos, coordinate, "The type of %s must be an input type but got: %s.", coordinate, t)
	case def != nil:
		r.checkLiteral(def, t, coordinate)
	}
}

// kindOf returns the kind of the named type in t, and false if the type is not defined.
func (r *reader) kindOf(t *ast.Type) (ast.DefinitionKind, bool) {
	if def := r.schema.byName[t.Name()]; def != nil {
		return def.Kind, true
	}
	return ast.Scalar, isBuiltin(t.Name())
}

func isInput(k ast.DefinitionKind) bool {
	return k == ast.Scalar || k == ast.Enum || k == ast.InputObject
}

func isBuiltin(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

// checkImplementations verifies that types have what their interfaces promise.
func (r *reader) checkImplementations() {
	for _, t := range r.schema.Types {
		for _, ref := range t.Interfaces {
			i := r.schema.byName[ref.Name]
			switch {
			case i == nil:
				r.unknownType(ref.Position, t.Name, ref.Name)
				continue
			case i.Kind != ast.Interface:
				r.invalid(ref.Position, t.Name, "Type %q must only implement interface types, it cannot implement %q.", t.Name, ref.Name)
				continue
			case i == t:
				r.invalid(ref.Position, t.Name, "Type %q cannot implement itself.", t.Name)
				continue
			}
			for _, above := range i.Interfaces {
				if above.Name == t.Name {
					r.invalid(ref.Position, t.Name, "Type %q cannot implement %q because it would create a circular reference.", t.Name, ref.Name)
				} else if !t.Implements(above.Name) {
					r.invalid(ref.Position, t.Name, "Type %q must implement %q because it is implemented by %q.", t.Name, above.Name, i.Name)
				}
			}
			for _, f := range i.Fields {
				r.checkImplementation(t, i, f)
			}
		}
	}
}

func (r *reader) checkImplementation(t, i *Type, want *Field) {
	got := t.Field(want.Name)
	if got == nil {
		r.invalid(t.Position, t.Name, "Interface field %s expected but %q does not provide it.", want.Coordinate(), t.Name)
		return
	}
	if !r.schema.Subtype(got.Type, want.Type) {
		r.invalid(got.Position, got.Coordinate(), "Interface field %s expects type %s but %s is type %s.", want.Coordinate(), want.Type, got.Coordinate(), got.Type)
	}
	for _, a := range want.Args {
		arg := got.Arg(a.Name)
		if arg == nil {
			r.invalid(got.Position, got.Coordinate(), "Interface field argument %s(%s:) expected but %s does not provide it.", want.Coordinate(), a.Name, got.Coordinate())
		} else if arg.Type.String() != a.Type.String() {
			r.invalid(arg.Position, got.Coordinate()+"("+a.Name+":)", "Interface field argument %s(%s:) expects type %s but %s(%s:) is type %s.",
				want.Coordinate(), a.Name, a.Type, got.Coordinate(), a.Name, arg.Type)
		}
	}
	for _, a := range got.Args {
		if want.Arg(a.Name) == nil && a.Required() {
			r.invalid(a.Position, got.Coordinate()+"("+a.Name+":)", "Argument %s(%s:) must not be required since %s does not have it.", got.Coordinate(), a.Name, want.Coordinate())
		}
	}
}

// Subtype reports whether every value of type a is one of type b, by what this subgraph declares.
func (s *Schema) Subtype(a, b *ast.Type) bool {
	if b.NonNull && !a.NonNull {
		return false
	}
	if a.Elem != nil || b.Elem != nil {
		return a.Elem != nil && b.Elem != nil && s.Subtype(a.Elem, b.Elem)
	}
	if a.NamedType == b.NamedType {
		return true
	}
	sub, super := s.byName[a.NamedType], s.byName[b.NamedType]
	if sub == nil || super == nil {
		return false
	}
	return sub.Implements(super.Name) ||
		slices.ContainsFunc(super.Members, func(m Reference) bool { return s.Rename(m.Name) == sub.Name })
}

// checkInputCycles reports input objects that need themselves: no finite value could be given for them.
func (r *reader) checkInputCycles() {
	const (
		entered = 1
		left    = 2
	)
	state := map[*Type]int{}
	var visit func(t *Type)
	visit = func(t *Type) {
		state[t] = entered
		for _, f := range t.Fields {
			if !f.Type.NonNull || f.Type.Elem != nil {
				continue
			}
			next := r.schema.byName[f.Type.NamedType]
			if next == nil || next.Kind != ast.InputObject {
				continue
			}
			switch state[next] {
			case entered:
				r.invalid(f.Position, f.Coordinate(), "Input object %q cannot contain itself through non-null fields.", next.Name)
			case 0:
				visit(next)
			}
		}
		state[t] = left
	}
	for _, t := range r.schema.Types {
		if t.Kind == ast.InputObject && state[t] == 0 {
			visit(t)
		}
	}
}
