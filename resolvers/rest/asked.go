package rest

import (
	"slices"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
)

// merge adds what a tree asks for to r, and returns it; r may be nil. A nil tree is a leaf, of which nothing more can be
// asked.
func merge(r *mapping.Request, t *plan.Tree) *mapping.Request {
	if t == nil {
		return r
	}
	if r == nil {
		r = &mapping.Request{Type: t.Type.Name, Abstract: t.Type.Abstract()}
	}
	r.Typename = r.Typename || t.Typename >= 0 || len(t.On) > 0
	fields := func(list []plan.TreeField) {
		for _, f := range list {
			if f.Select.Field == nil {
				r.Typename = true
				continue
			}
			at := requestField(r, f.Select.Name)
			at.Sub = merge(at.Sub, f.Sub)
		}
	}
	fields(t.Fields)
	for _, on := range t.On {
		fields(on.Fields)
	}
	return r
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
