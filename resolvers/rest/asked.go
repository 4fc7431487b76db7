package rest

import (
	"slices"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

// merge adds what a tree asks for to r, and returns it; r may be nil. A nil tree is a leaf, of which nothing more can be
// asked. The shape is what the connector gives there.
func merge(r *mapping.Request, t *plan.Tree, s *schema.Shape) *mapping.Request {
	if t == nil {
		return r
	}
	if s == nil {
		s = &schema.Shape{} // the planner asks for nothing that is not in it
	}
	of, abstract := t.Type, t.Type.Abstract()
	if s.Only != nil { // the mapping does not tell the type, as to the connector there is but one
		of, abstract = s.Only, false
	}
	switch {
	case r == nil:
		r = &mapping.Request{Type: of.Name, Abstract: abstract}
	case !r.Abstract && r.Type != of.Name: // it depends on the type of the object around, which the mapping alone knows
		r.Abstract = true
	}
	r.Typename = r.Typename || t.Typename >= 0 || len(t.On) > 0
	mergeFields(r, t.Fields, s.On[t.Type], s)
	for _, on := range t.On {
		mergeFields(r, on.Fields, s.On[on.Type], s)
	}
	if r.Abstract {
		alsoOf(r, func(q *mapping.Request) { mergeOf(q, t, s) })
	}
	return r
}

// mergeOf adds what a tree asks of objects of one type.
func mergeOf(q *mapping.Request, t *plan.Tree, s *schema.Shape) {
	if !t.Type.Abstract() && t.Type.Name != q.Type && s.Only == nil {
		return
	}
	var part *schema.Shape
	for typ, shape := range s.On {
		if typ.Name == q.Type {
			part = shape
		}
	}
	mergeFields(q, t.Fields, part, s)
	for _, on := range t.On {
		if on.Type.Name == q.Type {
			mergeFields(q, on.Fields, part, s)
		}
	}
}

// mergeFields adds fields to r. They are in the first of the shapes that has them.
func mergeFields(r *mapping.Request, list []plan.TreeField, shapes ...*schema.Shape) {
	for _, f := range list {
		if f.Select.Field == nil {
			r.Typename = true
			continue
		}
		at := requestField(r, f.Select.Name)
		at.Sub = merge(at.Sub, f.Sub, below(f.Select.Name, shapes...))
	}
}

// alsoOf has add be called for the request of each type, when it is made.
func alsoOf(r *mapping.Request, add func(q *mapping.Request)) {
	before := r.Of
	r.Of = func(typ string) *mapping.Request {
		q := &mapping.Request{Type: typ, Abstract: true, Typename: true}
		if before != nil {
			q = before(typ)
		}
		add(q)
		return q
	}
}

// called is the shape of what an entrance gives for the field that it answers.
func called(e *plan.Entry) *schema.Shape {
	return below(e.Want.Fields[0].Select.Name, e.Entrance.Gives)
}

// below is the shape of a field in the first of several shapes that has it.
func below(name string, shapes ...*schema.Shape) *schema.Shape {
	for _, s := range shapes {
		if s != nil && s.Fields[name] != nil {
			return s.Fields[name]
		}
	}
	return nil
}

// mergeKey adds the fields of a key: the answers to a batch are told apart by them.
func mergeKey(r *mapping.Request, s *schema.Selection) {
	if r == nil || s == nil {
		return
	}
	mergeKeyFields(r, s.Fields)
	for _, on := range s.On {
		mergeKeyFields(r, on.Fields)
	}
	if r.Abstract {
		alsoOf(r, func(q *mapping.Request) {
			mergeKeyFields(q, s.Fields)
			for _, on := range s.On {
				if on.Type.Name == q.Type {
					mergeKeyFields(q, on.Fields)
				}
			}
		})
	}
}

func mergeKeyFields(r *mapping.Request, list []*schema.Select) {
	for _, f := range list {
		if f.Field == nil {
			r.Typename = true
			continue
		}
		at := requestField(r, f.Name)
		if f.Sub == nil {
			continue
		}
		if at.Sub == nil {
			at.Sub = &mapping.Request{Type: f.Field.Named.Name, Abstract: f.Field.Named.Abstract()}
		}
		mergeKey(at.Sub, f.Sub)
	}
}

// requestField returns the field of r with the given name, added if it was not there.
func requestField(r *mapping.Request, name string) *mapping.RequestField {
	i := slices.IndexFunc(r.Fields, func(f mapping.RequestField) bool { return f.Name == name })
	if i < 0 {
		i = len(r.Fields)
		r.Fields = append(r.Fields, mapping.RequestField{Name: name})
	}
	return &r.Fields[i]
}
