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
	if r == nil {
		r = &mapping.Request{Type: t.Type.Name, Abstract: t.Type.Abstract()}
		if s.Only != nil { // the mapping does not tell the type, as to the connector there is but one
			r.Type, r.Abstract = s.Only.Name, false
		}
	}
	r.Typename = r.Typename || t.Typename >= 0 || len(t.On) > 0
	fields := func(list []plan.TreeField, part *schema.Shape) {
		for _, f := range list {
			if f.Select.Field == nil {
				r.Typename = true
				continue
			}
			at := requestField(r, f.Select.Name)
			at.Sub = merge(at.Sub, f.Sub, below(f.Select.Name, part, s))
		}
	}
	fields(t.Fields, nil)
	for _, on := range t.On {
		fields(on.Fields, s.On[on.Type])
	}
	return r
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
	fields := func(list []*schema.Select) {
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
	fields(s.Fields)
	for _, on := range s.On {
		fields(on.Fields)
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
