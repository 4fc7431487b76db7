package subgraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// collect puts definitions and extensions together. The document stays as it is: the parser's own way of merging
// changes the definitions in place, and would invent a type for an extension of a type that nobody defines.
func (r *reader) collect() {
	doc := r.schema.Document
	r.collectRoots()
	r.custom = map[string]*ast.DirectiveDefinition{}
	for _, d := range doc.Directives {
		switch {
		case r.specs.ownsDirective(d.Name):
		case r.custom[d.Name] != nil:
			r.invalid(d.Position, "@"+d.Name, "There can be only one directive named \"@%s\".", d.Name)
		default:
			r.custom[d.Name] = d
			r.schema.Directives = append(r.schema.Directives, d)
		}
	}
	defined := map[*Type]bool{}
	for _, def := range doc.Definitions {
		if t := r.block(def); t != nil {
			if defined[t] {
				r.invalid(def.Position, t.Name, "There can be only one type named %q.", def.Name)
				t.blocks = t.blocks[:len(t.blocks)-1]
				continue
			}
			defined[t] = true
			t.Description, t.Position = def.Description, def.Position
		}
	}
	for _, def := range doc.Extensions {
		r.block(def)
	}
	for _, t := range r.schema.Types {
		t.Extended = !defined[t]
		for _, def := range t.blocks {
			r.members(t, def)
		}
	}
}

// collectRoots reads the schema definitions and notes root types of other names than the standard ones.
func (r *reader) collectRoots() {
	doc := r.schema.Document
	if len(doc.Schema) > 1 {
		r.invalid(doc.Schema[1].Position, "", "There can be only one schema definition.")
	}
	named := map[ast.Operation]string{}
	for _, def := range append(slices.Clone(doc.Schema), doc.SchemaExtension...) {
		for _, op := range def.OperationTypes {
			if named[op.Operation] != "" {
				r.invalid(op.Position, "", "There can be only one %s type in a schema.", op.Operation)
				continue
			}
			named[op.Operation] = op.Type
			standard, _ := RootName(op.Operation)
			if op.Type == standard {
				continue
			}
			if r.lookup(standard) != nil {
				r.report(op.Position, "ROOT_"+upper(op.Operation)+"_USED", op.Type,
					"The %s root type is %q, so no other type can have the name %q.", op.Operation, op.Type, standard)
				r.broken = true
				continue
			}
			r.schema.renamed[op.Type] = standard
		}
	}
	for _, op := range operations {
		name := named[op]
		if name == "" {
			name, _ = RootName(op)
			if r.lookup(name) == nil {
				continue
			}
		}
		def := r.lookup(name)
		switch {
		case def == nil:
			r.invalid(position(doc), name, "The %s root type %q is not defined.", op, name)
		case def.Kind != ast.Object:
			r.invalid(def.Position, name, "The %s root type %q must be an object type.", op, name)
		}
	}
	if q := named[ast.Query]; q != "" && (q == named[ast.Mutation] || q == named[ast.Subscription]) ||
		named[ast.Mutation] != "" && named[ast.Mutation] == named[ast.Subscription] {
		r.invalid(position(doc), "", "All root types must be different.")
	}
}

var operations = [...]ast.Operation{ast.Query, ast.Mutation, ast.Subscription}

// position returns where the schema definition of a document stands.
func position(doc *ast.SchemaDocument) *ast.Position {
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			if len(def.OperationTypes) > 0 {
				return def.OperationTypes[0].Position
			}
		}
	}
	return nil
}

func upper(op ast.Operation) string {
	switch op {
	case ast.Mutation:
		return "MUTATION"
	case ast.Subscription:
		return "SUBSCRIPTION"
	default:
		return "QUERY"
	}
}

// RootName returns the standard name of the root type of an operation.
func RootName(op ast.Operation) (string, bool) {
	switch op {
	case ast.Query:
		return "Query", true
	case ast.Mutation:
		return "Mutation", true
	case ast.Subscription:
		return "Subscription", true
	}
	return "", false
}

// IsRoot reports whether a type of the supergraph is a root type, by its name.
func IsRoot(name string) bool { return name == "Query" || name == "Mutation" || name == "Subscription" }

func (r *reader) lookup(name string) *ast.Definition {
	if def := r.schema.Document.Definitions.ForName(name); def != nil {
		return def
	}
	return r.schema.Document.Extensions.ForName(name)
}

// block adds a definition or an extension to its type. It returns nil for a type of a specification.
func (r *reader) block(def *ast.Definition) *Type {
	if r.specs.ownsType(def.Name) {
		return nil
	}
	name := r.schema.Rename(def.Name)
	t := r.schema.byName[name]
	if t == nil {
		t = &Type{Name: name, Local: def.Name, Kind: def.Kind, Position: def.Position, fields: map[string]*Field{}, values: map[string]*Value{}}
		r.schema.byName[name] = t
		r.schema.Types = append(r.schema.Types, t)
	}
	if t.Kind != def.Kind {
		r.invalid(def.Position, name, "Cannot extend type %q: it is %s, not %s.", def.Name, describeKind(t.Kind), describeKind(def.Kind))
		return nil
	}
	t.blocks = append(t.blocks, def)
	return t
}

// members adds what stands between the braces of one block.
func (r *reader) members(t *Type, def *ast.Definition) {
	for _, f := range def.Fields {
		if t.Name == "Query" && slices.Contains(roots, f.Name) {
			continue
		}
		if t.fields[f.Name] != nil {
			r.invalid(f.Position, t.Name+"."+f.Name, "Field \"%s.%s\" can only be defined once.", t.Name, f.Name)
			continue
		}
		field := &Field{Parent: t, Name: f.Name, Description: f.Description, Type: r.renameType(f.Type), Default: f.DefaultValue, Position: f.Position, block: def, ast: f}
		for _, a := range f.Arguments {
			if field.Arg(a.Name) != nil {
				r.invalid(a.Position, field.Coordinate()+"("+a.Name+":)", "Argument \"%s(%s:)\" can only be defined once.", field.Coordinate(), a.Name)
				continue
			}
			field.Args = append(field.Args, &Argument{Name: a.Name, Description: a.Description, Type: r.renameType(a.Type), Default: a.DefaultValue, Position: a.Position})
		}
		t.fields[f.Name] = field
		t.Fields = append(t.Fields, field)
	}
	for _, name := range def.Interfaces {
		if t.Implements(name) {
			r.invalid(def.Position, t.Name, "Type %q can only implement %q once.", t.Name, name)
			continue
		}
		t.Interfaces = append(t.Interfaces, Reference{name, def.Position})
	}
	for i, name := range def.Types {
		ref := Reference{name, def.Position}
		if i < len(def.TypePositions) && def.TypePositions[i] != nil {
			ref.Position = def.TypePositions[i]
		}
		if slices.ContainsFunc(t.Members, func(m Reference) bool { return m.Name == name }) {
			r.invalid(ref.Position, t.Name, "Union type %q can only include type %q once.", t.Name, name)
			continue
		}
		t.Members = append(t.Members, ref)
	}
	for _, v := range def.EnumValues {
		if t.Value(v.Name) != nil {
			r.invalid(v.Position, t.Name+"."+v.Name, "Enum value \"%s.%s\" can only be defined once.", t.Name, v.Name)
			continue
		}
		value := &Value{Name: v.Name, Description: v.Description, Position: v.Position}
		t.values[v.Name] = value
		t.Values = append(t.Values, value)
	}
}

// renameType gives root types their standard names in a type reference. References to other types are shared with the
// document.
func (r *reader) renameType(t *ast.Type) *ast.Type {
	if _, ok := r.schema.renamed[t.Name()]; !ok {
		return t
	}
	out := *t
	if t.Elem != nil {
		out.Elem = r.renameType(t.Elem)
	} else {
		out.NamedType = r.schema.renamed[t.NamedType]
	}
	return &out
}

func describeKind(k ast.DefinitionKind) string {
	switch k {
	case ast.Object:
		return "an object type"
	case ast.Interface:
		return "an interface"
	case ast.Union:
		return "a union"
	case ast.Enum:
		return "an enum"
	case ast.InputObject:
		return "an input object"
	default:
		return "a scalar"
	}
}
