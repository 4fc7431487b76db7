package connect

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/mapping"
)

// shapes gives the static types of the variables in a scope.
func (r *reader) shapes(sc scope, refs []mapping.Reference) *mapping.ShapeEnv {
	env := &mapping.ShapeEnv{Vars: map[string]mapping.Shape{"$status": {Kind: mapping.ShapeInt}}}
	if sc.field != nil {
		args := mapping.Shape{Kind: mapping.ShapeObject}
		for _, a := range sc.field.Arguments {
			args.Fields = append(args.Fields, mapping.ShapeField{Key: a.Name, Shape: r.shapeOf(a.Type)})
		}
		env.Vars["$args"] = args
	}
	if sc.this != nil {
		this := r.shapeOfNamed(sc.this)
		env.Vars["$this"] = this
		env.Vars["$batch"] = mapping.Shape{Kind: mapping.ShapeList, Elem: &this}
	}
	for _, name := range []string{"$request", "$response"} {
		env.Vars[name] = messageShape(name, refs)
	}
	return env
}

// messageShape is the type of $request or $response: headers, each a list of strings. A shape lists members by name, so
// it has those that are read.
func messageShape(name string, refs []mapping.Reference) mapping.Shape {
	values := mapping.Shape{Kind: mapping.ShapeList, Elem: &mapping.Shape{Kind: mapping.ShapeString}}
	headers := mapping.Shape{Kind: mapping.ShapeObject, Open: true}
	for _, ref := range refs {
		if ref.Name == name && len(ref.Path) > 1 && ref.Path[0] == "headers" {
			headers.Fields = append(headers.Fields, mapping.ShapeField{Key: ref.Path[1], Shape: values})
		}
	}
	return mapping.Shape{Kind: mapping.ShapeObject, Fields: []mapping.ShapeField{{Key: "headers", Shape: headers}}}
}

// shapeOf is the static type of values of a GraphQL type.
func (r *reader) shapeOf(t *ast.Type) mapping.Shape {
	var s mapping.Shape
	if t.Elem != nil {
		elem := r.shapeOf(t.Elem)
		s = mapping.Shape{Kind: mapping.ShapeList, Elem: &elem}
	} else {
		s = r.shapeOfNamed(r.types.named(t))
	}
	if t.NonNull || s.Kind == mapping.ShapeUnknown {
		return s
	}
	return mapping.Shape{Kind: mapping.ShapeUnion, Members: []mapping.Shape{s, {Kind: mapping.ShapeNull}}}
}

// shapeOfNamed makes the shape of a type once. Where a type stands inside itself it is unknown.
func (r *reader) shapeOfNamed(d *definition) mapping.Shape {
	if s, ok := r.known[d]; ok {
		return s
	}
	r.known[d] = mapping.Shape{}
	s := mapping.Shape{}
	switch {
	case d.name == "Int":
		s.Kind = mapping.ShapeInt
	case d.name == "Float":
		s = mapping.Shape{Kind: mapping.ShapeUnion, Members: []mapping.Shape{{Kind: mapping.ShapeInt}, {Kind: mapping.ShapeFloat}}}
	case d.name == "Boolean":
		s.Kind = mapping.ShapeBool
	case d.name == "ID":
		s = mapping.Shape{Kind: mapping.ShapeUnion, Members: []mapping.Shape{{Kind: mapping.ShapeString}, {Kind: mapping.ShapeInt}}}
	case d.name == "String" || d.kind == ast.Enum:
		s.Kind = mapping.ShapeString
	case d.kind == ast.InputObject || d.kind == ast.Object:
		s.Kind = mapping.ShapeObject
		for _, f := range d.fields {
			s.Fields = append(s.Fields, mapping.ShapeField{Key: f.Name, Shape: r.shapeOf(f.Type)})
		}
		if d.kind == ast.Object {
			s.Fields = append(s.Fields, mapping.ShapeField{Key: "__typename", Shape: mapping.Shape{Kind: mapping.ShapeString}})
		}
	}
	r.known[d] = s
	return s
}
