package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// extensions is the specification of what this gateway adds to the federation.
const extensions = "https://specs.sluice.dev/sluice"

// mostSteps bounds the path of an argument of a lookup.
const mostSteps = 16

// Lookup is a field of Query that finds one object by its arguments (@lookup): the way to the objects of a GraphQL server
// that is no subgraph of the federation, and so has no _entities.
type Lookup struct {
	Field *Field
	Type  *Type // of the objects
	Key   *Key  // which the lookup implies, not resolvable by itself
	Args  []LookupArgument
}

// LookupArgument is an argument that takes the value of a field of the object that is looked up (@is).
type LookupArgument struct {
	Name string
	Type *ast.Type
	Path []string // of fields, from the object
}

// readLookups reads the lookups. Each implies a key of the type that it returns.
func (r *reader) readLookups() {
	for _, t := range r.schema.Types {
		for _, f := range t.Fields {
			if f.ast == nil {
				continue
			}
			if d := r.extension(f.ast.Directives, "lookup"); d != nil {
				r.readLookup(f, d)
			}
		}
	}
	if len(r.schema.Lookups) == 0 {
		return
	}
	for _, t := range r.schema.Types {
		for _, k := range t.Keys {
			if k.Resolvable {
				r.report(k.Fields.Position, "LOOKUP_WITH_RESOLVABLE_KEY", t.Name, "A server that is asked by @lookup has no _entities: give the key %q of %s the argument resolvable: false, or leave it out if it is that of a lookup.", k.Fields.Text, t.Name)
			}
		}
	}
	for _, l := range r.schema.Lookups {
		l.Type.Keys = append(l.Type.Keys, l.Key)
	}
}

// extension finds a directive of this gateway's own specification.
func (r *reader) extension(list ast.DirectiveList, name string) *ast.Directive {
	for _, d := range list {
		if l, own := r.specs.links.Resolve(d.Name); l != nil && own == name && l.Identity == extensions {
			return d
		}
	}
	return nil
}

func (r *reader) readLookup(f *Field, d *ast.Directive) {
	before := len(r.problems)
	t := r.schema.byName[f.Type.Name()]
	switch {
	case f.Parent.Name != "Query":
		r.report(d.Position, "LOOKUP_NOT_ON_QUERY", f.Coordinate(), "@lookup belongs on a field of Query.")
	case f.Type.Elem != nil:
		r.report(d.Position, "LOOKUP_RETURNS_LIST", f.Coordinate(), "A lookup finds one object, but %s returns a list.", f.Coordinate())
	case f.Type.NonNull:
		r.report(d.Position, "LOOKUP_RETURNS_NON_NULLABLE_TYPE", f.Coordinate(), "%s must be nullable to be a lookup: there may be no such object.", f.Coordinate())
	case t == nil || t.Kind != ast.Object:
		r.report(d.Position, "LOOKUP_RETURNS_NO_OBJECT", f.Coordinate(), "A lookup returns an object type, but %s returns %s.", f.Coordinate(), f.Type)
	}
	if len(r.problems) > before {
		return
	}
	l := &Lookup{Field: f, Type: t}
	var set []string
	for _, a := range f.Args {
		path, ok := r.lookupPath(f, a, t)
		if !ok {
			continue
		}
		l.Args = append(l.Args, LookupArgument{Name: a.Name, Type: a.Type, Path: path})
		set = append(set, strings.Join(path, " { ")+strings.Repeat(" }", len(path)-1))
	}
	if len(r.problems) > before {
		return
	}
	if len(l.Args) == 0 {
		r.report(d.Position, "LOOKUP_MUST_HAVE_ARGUMENTS", f.Coordinate(), "No argument of %s is a field of %s: name an argument as the field, or say which field it is by @is(field: …).", f.Coordinate(), t.Name)
		return
	}
	text := strings.Join(set, " ")
	selections, wrong := ParseFieldSet(text)
	if wrong != "" {
		r.report(d.Position, "IS_INVALID_FIELDS", f.Coordinate(), "The fields %q that %s is looked up by cannot be read: %s", text, t.Name, wrong)
		return
	}
	l.Key = &Key{Fields: &FieldSet{Text: text, Selections: selections, Position: d.Position}}
	r.schema.Lookups = append(r.schema.Lookups, l)
}

// lookupPath returns the fields that lead to the value of an argument. One that need not be given, and says nothing, is left
// out if it is no field of the type.
func (r *reader) lookupPath(f *Field, a *Argument, t *Type) (path []string, ok bool) {
	coordinate := f.Coordinate() + "(" + a.Name + ":)"
	path, pos := []string{a.Name}, a.Position
	if def := f.ast.Arguments.ForName(a.Name); def != nil {
		if d := r.extension(def.Directives, "is"); d != nil {
			pos = d.Position
			path = strings.Split(text(d, "field"), ".")
			for i := range path {
				path[i] = strings.TrimSpace(path[i])
			}
		} else if t.Field(a.Name) == nil && !a.Required() {
			return nil, false
		}
	}
	bad := func(format string, args ...any) ([]string, bool) {
		r.report(pos, "IS_INVALID_FIELDS", coordinate, format, args...)
		return nil, false
	}
	if len(path) > mostSteps {
		return bad("The path is longer than %d fields.", mostSteps)
	}
	for i, name := range path {
		if !isName(name) {
			return bad("%q is not a path of fields, such as id or dimension.width. Objects, lists, choices and types are not supported in @is.", strings.Join(path, "."))
		}
		field := t.Field(name)
		switch {
		case field == nil:
			return bad("%s has no field %q to look it up by: say which field the argument is by @is(field: …).", t.Name, name)
		case len(field.Args) > 0:
			return bad("%s has arguments, so nothing can be looked up by it.", field.Coordinate())
		case i < len(path)-1:
			if t = r.schema.byName[field.Type.Name()]; t == nil || t.Kind != ast.Object || field.Type.Elem != nil {
				return bad("%s is not an object, so it has no field %q.", field.Coordinate(), path[i+1])
			}
		case !sameButNull(field.Type, a.Type):
			return bad("The argument takes %s, but %s is of the type %s.", a.Type, field.Coordinate(), field.Type)
		default:
			if leaf := r.schema.byName[field.Type.Name()]; leaf != nil && leaf.Composite() {
				return bad("%s is an object: name one of its fields.", field.Coordinate())
			}
		}
	}
	return path, true
}

func isName(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && !slices.ContainsFunc([]rune(s), func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

// sameButNull reports whether two types are equal but for what may be null.
func sameButNull(a, b *ast.Type) bool {
	if (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return sameButNull(a.Elem, b.Elem)
	}
	return a.NamedType == b.NamedType
}
