package merge

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// usage says where the values of an enum occur.
type usage struct {
	input, output bool
}

// mergeEnums merges the values of enums, by rules that depend on whether clients send or receive them.
func (m *merger) mergeEnums() {
	used := m.enumUsage()
	for _, t := range m.schema.Types {
		if t.Kind == ast.Enum {
			m.gatherValues(t)
			m.mergeValues(t, used[t.Name])
		}
	}
}

func (m *merger) enumUsage() map[string]usage {
	used := map[string]usage{}
	mark := func(t *ast.Type, input bool) {
		if t == nil {
			return
		}
		u := used[t.Name()]
		u.input = u.input || input
		u.output = u.output || !input
		used[t.Name()] = u
	}
	for _, t := range m.schema.Types {
		for _, f := range t.Fields {
			mark(f.Definition.Type, t.Kind == ast.InputObject)
			for _, a := range f.Args {
				mark(a.Definition.Type, true)
			}
		}
	}
	return used
}

func (m *merger) gatherValues(t *Type) {
	byName := map[string]*Value{}
	carried := map[*Value][]ast.DirectiveList{}
	for _, in := range t.In {
		for _, decl := range in.Decl.Values {
			v := byName[decl.Name]
			if v == nil {
				v = &Value{Definition: &ast.EnumValueDefinition{Name: decl.Name, Description: decl.Description, Position: decl.Position}}
				byName[decl.Name] = v
				t.Values = append(t.Values, v)
			}
			if v.Definition.Description == "" {
				v.Definition.Description = decl.Description
			}
			v.Definition.Directives = keep(v.Definition.Directives, decl.Kept)
			v.Hidden = v.Hidden || decl.Inaccessible
			v.Tags = unite(v.Tags, decl.Tags)
			v.In = append(v.In, in.Subgraph)
			carried[v] = append(carried[v], decl.Carried)
		}
	}
	for v, lists := range carried {
		v.Carried = mergeCarried(lists...)
	}
}

func (m *merger) mergeValues(t *Type, u usage) {
	if !u.input {
		return // every value that any subgraph may return
	}
	kept := t.Values[:0]
	for _, v := range t.Values {
		if len(v.In) == len(t.In) || v.Hidden {
			kept = append(kept, v)
			continue
		}
		if u.output {
			kept = append(kept, v)
			lacks := t.In[0]
			for _, in := range t.In {
				if t.hasNot(v, in) {
					lacks = in
					break
				}
			}
			m.report(v.Definition.Position, "ENUM_VALUE_MISMATCH", t.Name+"."+v.Definition.Name,
				"Enum %q is both sent and received by clients, so its values must be the same everywhere, but subgraph %s does not have %s.",
				t.Name, m.at(lacks.Subgraph, lacks.Decl.Position), v.Definition.Name)
		}
	}
	t.Values = kept
	if len(t.Values) == 0 {
		m.report(t.Definition.Position, "EMPTY_MERGED_ENUM_TYPE", t.Name, "The subgraphs have no value of enum %q in common.", t.Name)
	}
}

func (t *Type) hasNot(v *Value, in TypeIn) bool {
	return in.Decl.Value(v.Definition.Name) == nil
}
