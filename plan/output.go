package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
)

// wanted is one response name of the client's selection, with all the selection sets that stand under it.
type wanted struct {
	key   string
	field *ast.Field
	sets  []ast.SelectionSet
}

// output resolves the client's selection sets at a place for every type an object there can have. Under mutation each
// root field has a slot of its own, see normaliser.
func (c *compiler) output(at *Place, t *schema.Type, sets []ast.SelectionSet, mutation bool) (*Output, error) {
	var memo strings.Builder
	fmt.Fprintf(&memo, "%p %s", at, t.Name)
	for _, s := range sets {
		if len(s) > 0 {
			fmt.Fprintf(&memo, " %p", &s[0])
		}
	}
	if have := c.outputs[memo.String()]; have != nil {
		return have, nil
	}
	out := &Output{Place: at, Type: t, Typename: -1}
	c.outputs[memo.String()] = out
	if t.Abstract() {
		out.Typename = c.slot(at, typenameKey, false)
	}
	add := func(o *schema.Type, list []*wanted) error {
		of := OutputType{Type: o}
		for _, w := range list {
			f, err := c.outputField(at, o, w, mutation)
			if err != nil {
				return err
			}
			if f != nil {
				of.Fields = append(of.Fields, *f)
			}
		}
		out.ByType = append(out.ByType, of)
		return nil
	}
	most := 0
	for _, o := range t.Possible {
		if o.Hidden {
			continue
		}
		list, err := c.collected(o, sets)
		if err == nil {
			err = add(o, list)
		}
		if err != nil {
			return nil, err
		}
		most = max(most, asks(list))
	}
	if t.Kind != ast.Interface || !c.untyped[at] {
		return out, nil
	}
	// Objects whose type nobody knows can be put out if it makes no difference: what is asked for of the interface applies
	// to all types, and there is no more for any of them.
	list, err := c.collected(t, sets)
	if err != nil || asks(list) < most || slices.ContainsFunc(list, func(w *wanted) bool { return w.field.Name == typenameKey }) {
		return out, err
	}
	return out, add(t, list)
}

// asks counts what a list was collected from.
func asks(list []*wanted) (n int) {
	for _, w := range list {
		n += len(w.sets)
	}
	return n
}

// collected resolves selection sets for one type.
func (c *compiler) collected(t *schema.Type, sets []ast.SelectionSet) (list []*wanted, err error) {
	index := map[string]*wanted{}
	for _, s := range sets {
		if err := c.collect(t, s, &list, index); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// collect is CollectFields of the GraphQL specification (section 6.3.2) for one object type, or for all the objects of
// an interface.
func (c *compiler) collect(t *schema.Type, set ast.SelectionSet, list *[]*wanted, index map[string]*wanted) error {
	applies := func(condition string) bool {
		if condition == "" || condition == t.Name {
			return true
		}
		ct := c.p.sg.Types[condition]
		return ct != nil && (ct.CanBe(t) || slices.Contains(t.Interfaces, ct))
	}
	for _, sel := range set {
		if err := c.budget.spend(1); err != nil {
			return err
		}
		switch s := sel.(type) {
		case *ast.Field:
			if !operation.Included(s.Directives, c.op.Variables) {
				continue
			}
			w := index[s.Alias]
			if w == nil {
				w = &wanted{key: s.Alias, field: s}
				index[s.Alias] = w
				*list = append(*list, w)
			}
			w.sets = append(w.sets, s.SelectionSet)
		case *ast.InlineFragment:
			if operation.Included(s.Directives, c.op.Variables) && applies(s.TypeCondition) {
				if err := c.collect(t, s.SelectionSet, list, index); err != nil {
					return err
				}
			}
		case *ast.FragmentSpread:
			d := c.op.Document.AST.Fragments.ForName(s.Name)
			if operation.Included(s.Directives, c.op.Variables) && applies(d.TypeCondition) {
				if err := c.collect(t, d.SelectionSet, list, index); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *compiler) outputField(at *Place, t *schema.Type, w *wanted, mutation bool) (*OutputField, error) {
	switch {
	case w.field.Name == typenameKey:
		return &OutputField{Key: w.key, Kind: OutputTypename}, nil
	case strings.HasPrefix(w.field.Name, "__"):
		f := *w.field // the same field can stand in several places: all of its selections count
		f.SelectionSet = slices.Concat(w.sets...)
		return &OutputField{Key: w.key, Kind: OutputIntrospection, Introspection: &f}, nil
	}
	field := t.Fields[w.field.Name]
	if field == nil {
		return nil, nil //nolint:nilnil // the field is not this type's: there is nothing to put out
	}
	key := schema.Key(w.field.Name, w.field.Arguments)
	if mutation {
		key = apartKey(w.field)
	}
	f := &OutputField{Key: w.key, Kind: OutputValue, Field: field, Type: field.Type, Slot: c.slot(at, key, field.Named.Composite())}
	if field.Named.Composite() {
		sub, err := c.output(at.Slots[f.Slot].Sub, field.Named, w.sets, false)
		if err != nil {
			return nil, err
		}
		f.Sub = sub
	}
	return f, nil
}
