package schema

import (
	"maps"
	"slices"

	"github.com/sluice-gateway/sluice/schema/merge"
	"github.com/sluice-gateway/sluice/schema/subgraph"
)

// labels returns the labels of progressive overrides, sorted.
func labels(m *merge.Schema) []string {
	found := map[string]bool{}
	for _, t := range m.Types {
		for _, f := range t.Fields {
			for _, in := range f.In {
				if in.Label != "" {
					found[in.Label] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// contextual makes the arguments of a field that the gateway fills from an enclosing object.
func (b *builder) contextual(in *merge.FieldIn) []ContextualArgument {
	var out []ContextualArgument
	for _, a := range in.Decl.Args {
		if a.Context == nil {
			continue
		}
		arg := ContextualArgument{Name: a.Name, Type: a.Type, Context: a.Context.Name, From: map[*Type]*Selection{}}
		coordinate := in.Decl.Coordinate() + "(" + a.Name + ":)"
		setters := b.setters(in.Subgraph)[a.Context.Name]
		for _, decl := range setters {
			t := b.supergraph.Types[decl.Name]
			sel, wrong := b.selection(t, a.Context.Selections)
			if wrong != "" {
				b.report(a.Context.Position, "CONTEXT_INVALID_SELECTION", coordinate, "The fields %q of the context %q are not valid for %s: %s", a.Context.Text, a.Context.Name, t.Name, wrong)
				continue
			}
			arg.From[t] = sel
		}
		if len(setters) == 0 {
			b.report(a.Context.Position, "CONTEXT_NOT_SET", coordinate, "No type of subgraph %q sets the context %q.", b.merged.Subgraphs[in.Subgraph].Name, a.Context.Name)
		}
		out = append(out, arg)
	}
	return out
}

// setters returns the types of a subgraph that set each of its contexts.
func (b *builder) setters(index int) map[string][]*subgraph.Type {
	if found, ok := b.contexts[index]; ok {
		return found
	}
	found := map[string][]*subgraph.Type{}
	for _, decl := range b.merged.Subgraphs[index].Types {
		for _, name := range decl.Contexts {
			found[name] = append(found[name], decl)
		}
	}
	if b.contexts == nil {
		b.contexts = map[int]map[string][]*subgraph.Type{}
	}
	b.contexts[index] = found
	return found
}
