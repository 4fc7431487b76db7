package plan

import (
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/schema"
)

// A field with arguments that its source fills from a context is one with requirements, but for where they are gathered:
// at an object that encloses the one with the field. So it is always entered for, and what the context selects is a
// dependency of the entrance.

// contextValue is an argument of a field that is entered for, and where its value comes from.
type contextValue struct {
	arg *schema.ContextualArgument
	up  int // how many fields lie between the object with the field and the enclosing one
	sel *schema.Selection
}

// key tells contexts at one position apart.
func (c *contextValue) key() string {
	return fmt.Sprintf("%s|%d|%s", c.arg.Type, c.up, selectionText(c.sel))
}

// contexts finds where the arguments of a field at n get their values, and the cheapest ways to these.
func (s *search) contexts(n *node, args []schema.ContextualArgument) (out []contextValue, deps []*node, ok bool) {
	for i := range args {
		at, c := s.enclosing(n, &args[i])
		if at == nil {
			return nil, nil, false
		}
		more, ok := s.satisfy(at, c.sel, "")
		if !ok {
			return nil, nil, false
		}
		out, deps = append(out, c), append(deps, more...)
	}
	return out, deps, true
}

// enclosing returns the nearest object around n whose type sets the context, or nil.
func (s *search) enclosing(n *node, arg *schema.ContextualArgument) (*node, contextValue) {
	up := 0
	for ; n.parent != nil; n = n.parent {
		if n.kind != kindField {
			continue
		}
		up++
		at := n.parent
		if sel := s.selects(at, arg); sel != nil {
			if at.parent != nil && at.parent.kind == kindStart { // the root object is of no source
				at = at.parent
			}
			return at, contextValue{arg, up, sel}
		}
	}
	return nil, contextValue{}
}

// selects returns what a context takes of the objects at n, or nil if these do not all set it.
func (s *search) selects(n *node, arg *schema.ContextualArgument) *schema.Selection {
	if sel := selectsOf(n.state.typ, arg); sel != nil || !n.state.typ.Abstract() {
		return sel
	}
	out := &schema.Selection{Type: n.state.typ}
	for _, t := range n.state.typ.Possible {
		sel := selectsOf(t, arg)
		if sel == nil {
			return nil
		}
		part := on(out, t)
		part.Fields = sel.Fields
		for _, o := range sel.On {
			if o.Type == t {
				part.Fields = mergeFields(part.Fields, o.Fields)
			}
		}
	}
	return out
}

// selectsOf returns what a context takes of the objects of a type, which may set it itself or be of a type that does.
func selectsOf(t *schema.Type, arg *schema.ContextualArgument) *schema.Selection {
	if sel := arg.From[t]; sel != nil {
		return sel
	}
	var found *schema.Selection
	first := ""
	for of, sel := range arg.From {
		if of.Abstract() && (slices.Contains(t.Interfaces, of) || of.CanBe(t)) && (found == nil || of.Name < first) {
			found, first = sel, of.Name
		}
	}
	return found
}

// variable is the name of the query variable of a context.
func (c *compiler) variable(of *contextValue) string {
	name := "context_" + short(of.key())
	for c.variables.ForName(name) != nil {
		name += "_"
	}
	return name
}

// contextual says what the variables of the contexts of a fetch are read from.
func (c *compiler) contextual(root *Place, f *Fetch, d *draft) (out []Contextual) {
	seen := map[string]bool{}
	for i := range d.contexts {
		of := &d.contexts[i]
		name := c.variable(of)
		if seen[name] {
			continue
		}
		seen[name] = true
		v := Contextual{Variable: name, Type: of.arg.Type, Depth: len(f.Path) - of.up}
		at := root
		for _, step := range f.Path[:v.Depth] {
			at = at.Slots[step.Slot].Sub
		}
		v.From = c.leads(at, of.sel, nil)
		out = append(out, v)
	}
	return out
}

// leads returns the paths from a place to the leaves of a selection: each of them has one for every type of object.
func (c *compiler) leads(at *Place, set *schema.Selection, path []Step) (out [][]Step) {
	follow := func(sel *schema.Select, on []*schema.Type) {
		if sel.Field == nil {
			return
		}
		step := Step{Slot: c.slot(at, sel.Key, sel.Sub != nil), Key: sel.Key, On: on, List: sel.Field.Type.Elem != nil}
		to := append(slices.Clone(path), step)
		if sel.Sub == nil {
			out = append(out, to)
			return
		}
		out = append(out, c.leads(at.Slots[step.Slot].Sub, sel.Sub, to)...)
	}
	for _, sel := range set.Fields {
		follow(sel, nil)
	}
	for _, o := range set.On {
		c.slot(at, typenameKey, false)
		for _, sel := range o.Fields {
			follow(sel, []*schema.Type{o.Type})
		}
	}
	return out
}
