package plan

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// normaliser turns the client's selection sets into canonical ones: @skip and @include are decided, fragments are
// sorted by the object types they mean, aliases vanish and equal fields are one.
type normaliser struct {
	fragments ast.FragmentDefinitionList
	variables value.Value
	types     map[string]*schema.Type
	budget    *budget
	// apart gives each root field a datum of its own, whatever its arguments: two mutations with the same arguments
	// are two mutations.
	apart bool
	index map[*schema.Selection]map[string]*schema.Select
}

// indexFrom is the number of fields from which on a selection gets an index by key.
const indexFrom = 16

// into adds selections to out. types is nil for whatever object is there, else the object types they are meant for.
func (n *normaliser) into(out *schema.Selection, types []*schema.Type, set ast.SelectionSet) error {
	for _, sel := range set {
		if err := n.budget.spend(1); err != nil {
			return err
		}
		switch s := sel.(type) {
		case *ast.Field:
			if !operation.Included(s.Directives, n.variables) || strings.HasPrefix(s.Name, "__") && s.Name != typenameKey {
				continue
			}
			if types == nil {
				if err := n.put(out, out.Type, &out.Fields, s); err != nil {
					return err
				}
				continue
			}
			n.budget.charge(len(types))
			for _, t := range types {
				if err := n.put(nil, t, &on(out, t).Fields, s); err != nil {
					return err
				}
			}
		case *ast.InlineFragment:
			if !operation.Included(s.Directives, n.variables) {
				continue
			}
			if narrowed, some := narrow(out.Type, types, s.TypeCondition, n.types); some {
				if err := n.into(out, narrowed, s.SelectionSet); err != nil {
					return err
				}
			}
		case *ast.FragmentSpread:
			if !operation.Included(s.Directives, n.variables) {
				continue
			}
			d := n.fragments.ForName(s.Name)
			if narrowed, some := narrow(out.Type, types, d.TypeCondition, n.types); some {
				if err := n.into(out, narrowed, d.SelectionSet); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// on returns the part of s for objects of type t, and makes it if there is none.
func on(s *schema.Selection, t *schema.Type) *schema.TypeSelection {
	i, ok := slices.BinarySearchFunc(s.On, t, func(e schema.TypeSelection, t *schema.Type) int { return strings.Compare(e.Type.Name, t.Name) })
	if !ok {
		s.On = slices.Insert(s.On, i, schema.TypeSelection{Type: t})
	}
	return &s.On[i]
}

// narrow applies a fragment's condition at a place of type at where selections are meant for types; nil types mean all
// objects there, before and after. some is false if no object is meant.
func narrow(at *schema.Type, types []*schema.Type, condition string, byName map[string]*schema.Type) (narrowed []*schema.Type, some bool) {
	c := byName[condition]
	if condition == "" || c == nil {
		return types, condition == ""
	}
	if types == nil {
		if c == at || !at.Abstract() && c.CanBe(at) || at.Kind == ast.Interface && slices.Contains(at.Interfaces, c) {
			return nil, true
		}
		types = at.Possible
	}
	for _, t := range types {
		if t == c || c.CanBe(t) {
			narrowed = append(narrowed, t)
		}
	}
	return narrowed, len(narrowed) > 0
}

// put adds a field of type t to list. parent is the selection whose list it is, for its index; nil for lists that stay
// short.
func (n *normaliser) put(parent *schema.Selection, t *schema.Type, list *[]*schema.Select, f *ast.Field) error {
	if f.Name == typenameKey {
		if find(*list, typenameKey) == nil {
			*list = append(*list, &schema.Select{Name: typenameKey, Key: typenameKey})
		}
		return nil
	}
	field := t.Fields[f.Name]
	if field == nil { // valid for the interface, but this type is hidden from it: nothing can come of it
		return nil
	}
	key := schema.Key(f.Name, f.Arguments)
	if n.apart {
		key = apartKey(f)
	}
	s := n.find(parent, *list, key)
	if s == nil {
		s = &schema.Select{Field: field, Name: f.Name, Key: key, Args: f.Arguments}
		if field.Named.Composite() {
			s.Sub = &schema.Selection{Type: field.Named}
		}
		*list = append(*list, s)
		if parent != nil && n.index[parent] != nil {
			n.index[parent][key] = s
		}
	}
	if s.Sub == nil {
		return nil
	}
	inner := *n // root fields only are kept apart
	inner.apart = false
	return inner.into(s.Sub, nil, f.SelectionSet)
}

func (n *normaliser) find(parent *schema.Selection, list []*schema.Select, key string) *schema.Select {
	if parent == nil || len(list) < indexFrom {
		return find(list, key)
	}
	byKey := n.index[parent]
	if byKey == nil {
		byKey = make(map[string]*schema.Select, 2*len(list))
		for _, s := range list {
			byKey[s.Key] = s
		}
		n.index[parent] = byKey
	}
	return byKey[key]
}

func find(list []*schema.Select, key string) *schema.Select {
	for _, s := range list {
		if s.Key == key {
			return s
		}
	}
	return nil
}

// merge returns the union of two selections on the same type. Neither is changed.
func merge(a, b *schema.Selection) *schema.Selection {
	if b == nil {
		return a
	}
	if a == nil {
		return b
	}
	out := &schema.Selection{Type: a.Type, Fields: mergeFields(a.Fields, b.Fields), On: slices.Clone(a.On)}
	for _, o := range b.On {
		t := on(out, o.Type)
		t.Fields = mergeFields(t.Fields, o.Fields)
	}
	return out
}

func mergeFields(a, b []*schema.Select) []*schema.Select {
	out := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(out, func(o *schema.Select) bool { return o.Key == s.Key })
		if i < 0 {
			out = append(out, s)
			continue
		}
		if s.Sub != nil && out[i].Sub != nil {
			c := *out[i]
			c.Sub = merge(c.Sub, s.Sub)
			out[i] = &c
		}
	}
	return out
}

// apartKey is the key of a root field whose datum is its own whatever its arguments.
func apartKey(f *ast.Field) string {
	return schema.Key(f.Name, append(slices.Clone(f.Arguments), &ast.Argument{Name: "as", Value: &ast.Value{Kind: ast.StringValue, Raw: f.Alias}}))
}
