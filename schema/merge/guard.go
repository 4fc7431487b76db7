package merge

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// maxAlternatives bounds how many ways in an element may have: what several declarations ask for is multiplied.
const maxAlternatives = 1000

// guard is what must be met to ask for an element.
type guard struct {
	authenticated *ast.Directive
	scopes        alternatives
	policies      alternatives
	position      *ast.Position
	excessive     bool // there are more alternatives than are kept
}

// alternatives are sets of names: all of one of them are needed. Nil asks for nothing. Each is sorted, and none holds all
// of another.
type alternatives [][]string

// guardOf returns what the guards among directives ask for, all of them together.
func guardOf(directives ast.DirectiveList) guard {
	var g guard
	for _, d := range directives {
		if !subgraph.IsGuard(d.Name) {
			continue
		}
		if g.position == nil {
			g.position = d.Position
		}
		switch d.Name {
		case "authenticated":
			g.authenticated = d
		case "requiresScopes":
			g.scopes = g.both(g.scopes, alternativesOf(d.Arguments.ForName("scopes")))
		case "policy":
			g.policies = g.both(g.policies, alternativesOf(d.Arguments.ForName("policies")))
		}
	}
	return g
}

// and adds what another guard asks for.
func (g *guard) and(other guard) {
	g.authenticated = cmp.Or(g.authenticated, other.authenticated)
	g.position = cmp.Or(g.position, other.position)
	g.scopes = g.both(g.scopes, other.scopes)
	g.policies = g.both(g.policies, other.policies)
	g.excessive = g.excessive || other.excessive
}

// implies reports whether whoever meets g meets the other one too.
func (g *guard) implies(other guard) bool {
	return (other.authenticated == nil || g.authenticated != nil) && g.scopes.implies(other.scopes) && g.policies.implies(other.policies)
}

// directives returns the directives that ask for what g does.
func (g *guard) directives() ast.DirectiveList {
	var out ast.DirectiveList
	if g.authenticated != nil {
		out = append(out, g.authenticated)
	}
	if g.scopes != nil {
		out = append(out, g.directive("requiresScopes", "scopes", g.scopes))
	}
	if g.policies != nil {
		out = append(out, g.directive("policy", "policies", g.policies))
	}
	return out
}

func (g *guard) directive(name, argument string, sets alternatives) *ast.Directive {
	outer := &ast.Value{Kind: ast.ListValue, Position: g.position}
	for _, set := range sets {
		inner := &ast.Value{Kind: ast.ListValue, Position: g.position}
		for _, s := range set {
			inner.Children = append(inner.Children, &ast.ChildValue{Value: &ast.Value{Kind: ast.StringValue, Raw: s, Position: g.position}})
		}
		outer.Children = append(outer.Children, &ast.ChildValue{Value: inner})
	}
	return &ast.Directive{Name: name, Position: g.position, Arguments: ast.ArgumentList{{Name: argument, Value: outer, Position: g.position}}}
}

// alternativesOf reads a list of lists of names; one value stands for a list of one.
func alternativesOf(a *ast.Argument) alternatives {
	if a == nil {
		return nil
	}
	out := alternatives{}
	for _, c := range members(a.Value) {
		set := []string{}
		for _, name := range members(c) {
			set = append(set, name.Raw)
		}
		slices.Sort(set)
		out = append(out, slices.Compact(set))
	}
	return out.minimal()
}

func members(v *ast.Value) []*ast.Value {
	if v.Kind != ast.ListValue {
		return []*ast.Value{v}
	}
	out := make([]*ast.Value, 0, len(v.Children))
	for _, c := range v.Children {
		out = append(out, c.Value)
	}
	return out
}

// both returns what asks for a and for b.
func (g *guard) both(a, b alternatives) alternatives {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case len(a)*len(b) > maxAlternatives:
		g.excessive = true
		return a
	}
	out := alternatives{}
	for _, x := range a {
		for _, y := range b {
			set := slices.Concat(x, y)
			slices.Sort(set)
			out = append(out, slices.Compact(set))
		}
	}
	return out.minimal()
}

// minimal leaves out the sets that hold all of another, and puts the rest in order: the smallest first.
func (a alternatives) minimal() alternatives {
	slices.SortFunc(a, func(x, y []string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(strings.Join(x, "\x00"), strings.Join(y, "\x00")))
	})
	out := alternatives{}
	for _, set := range a {
		if !slices.ContainsFunc(out, func(smaller []string) bool { return holds(set, smaller) }) {
			out = append(out, set)
		}
	}
	return out
}

// implies reports whether each set of a holds all of some set of b.
func (a alternatives) implies(b alternatives) bool {
	if b == nil {
		return true
	}
	if a == nil {
		return slices.ContainsFunc(b, func(set []string) bool { return len(set) == 0 })
	}
	for _, set := range a {
		if !slices.ContainsFunc(b, func(smaller []string) bool { return holds(set, smaller) }) {
			return false
		}
	}
	return true
}

// holds reports whether the sorted set has all names of the other.
func holds(set, other []string) bool {
	for _, name := range other {
		if _, ok := slices.BinarySearch(set, name); !ok {
			return false
		}
	}
	return true
}

// guardInterfaces lets interfaces and their fields ask for what any of their implementations asks for: a client that asks
// the interface may get any of them.
func (m *merger) guardInterfaces() {
	types := map[*Type]*guard{}
	fields := map[*Field]*guard{}
	for _, t := range m.schema.Types {
		if t.Kind != ast.Object {
			continue
		}
		own := guardOf(t.Carried)
		for _, name := range t.Definition.Interfaces {
			i := m.schema.byName[name]
			if i == nil || i.Kind != ast.Interface {
				continue
			}
			add(types, i, own)
			for _, f := range i.Fields {
				if impl := t.fields[f.Name]; impl != nil {
					add(fields, f, guardOf(impl.Carried))
				}
			}
		}
	}
	for t, g := range types {
		t.Carried = m.guarded(t.Carried, g, t.Name)
	}
	for f, g := range fields {
		f.Carried = m.guarded(f.Carried, g, f.Coordinate())
	}
}

func add[E comparable](to map[E]*guard, e E, g guard) {
	if g.position == nil {
		return
	}
	if to[e] == nil {
		to[e] = &guard{}
	}
	to[e].and(g)
}

// guarded adds to the directives of an element what a guard asks for.
func (m *merger) guarded(list Carried, g *guard, coordinate string) Carried {
	all := guardOf(list)
	all.and(*g)
	if all.excessive {
		m.report(all.position, "UNSUPPORTED_FEATURE", coordinate, "%s would ask for scopes or policies in more than %d ways.", coordinate, maxAlternatives)
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(d *ast.Directive) bool { return subgraph.IsGuard(d.Name) })
	return append(Carried(all.directives()), rest...)
}

// checkGuards verifies that fields which require others, or read them of a context, ask for what those ask for: else a
// client would see what is made of them.
func (m *merger) checkGuards() {
	for _, t := range m.schema.Types {
		for _, f := range t.Fields {
			own := guardOf(f.Carried)
			own.and(guardOf(t.Carried))
			for _, in := range f.In {
				if in.Decl.Requires != nil {
					m.checkTransitive(f, own, t, in.Decl.Requires.Selections, in.Decl.Requires.Position)
				}
				for _, a := range in.Decl.Args {
					if a.Context != nil {
						m.checkContextGuard(f, own, in, a.Context)
					}
				}
			}
		}
	}
}

func (m *merger) checkTransitive(f *Field, own guard, t *Type, set ast.SelectionSet, pos *ast.Position) {
	read := m.firstBeyond(own, t, set)
	if read == "" {
		return
	}
	m.report(pos, "MISSING_TRANSITIVE_AUTH_REQUIREMENTS", f.Coordinate(), "%s is made of %s, so it must ask for the same @authenticated, @requiresScopes and @policy.", f.Coordinate(), read)
}

func (m *merger) checkContextGuard(f *Field, own guard, in FieldIn, c *subgraph.FromContext) {
	for _, decl := range m.schema.Subgraphs[in.Subgraph].Types {
		if t := m.schema.byName[decl.Name]; t != nil && slices.Contains(decl.Contexts, c.Name) {
			m.checkTransitive(f, own, t, c.Selections, c.Position)
		}
	}
}

// firstBeyond returns the coordinate of the first field of a selection that asks for more than a guard does; empty if there
// is none.
func (m *merger) firstBeyond(own guard, t *Type, set ast.SelectionSet) string {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			f := t.fields[sel.Name]
			if f == nil {
				continue
			}
			needed := guardOf(f.Carried)
			next := m.schema.byName[f.Definition.Type.Name()]
			if next != nil {
				needed.and(guardOf(next.Carried))
			}
			if !own.implies(needed) {
				return f.Coordinate()
			}
			if next != nil {
				if read := m.firstBeyond(own, next, sel.SelectionSet); read != "" {
					return read
				}
			}
		case *ast.InlineFragment:
			on := t
			if sel.TypeCondition != "" {
				on = m.schema.byName[sel.TypeCondition]
			}
			if on == nil {
				continue
			}
			if on != t && !own.implies(guardOf(on.Carried)) {
				return on.Name
			}
			if read := m.firstBeyond(own, on, sel.SelectionSet); read != "" {
				return read
			}
		}
	}
	return ""
}
