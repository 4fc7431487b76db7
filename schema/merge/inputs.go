package merge

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// defaults compares the default values of the declarations of one argument or input field: the supergraph has one
// only where all of them agree.
type defaults struct {
	value    *ast.Value
	position *ast.Position // of the first declaration with a default
	differ   *ast.Position // of the first declaration with another
	without  bool          // some declaration has none
}

func (d *defaults) add(v *ast.Value, pos *ast.Position) {
	switch {
	case v == nil:
		d.without = true
	case d.value == nil:
		d.value, d.position = v, pos
	case constant(v) != constant(d.value) && d.differ == nil:
		d.differ = pos
	}
}

func (d *defaults) merged() *ast.Value {
	if d.without || d.differ != nil {
		return nil
	}
	return d.value
}

// constant is the text of a default value, empty for none.
func constant(v *ast.Value) string {
	if v == nil {
		return ""
	}
	return v.String()
}

func where(pos *ast.Position) string {
	if pos == nil || pos.Src == nil {
		return "another place"
	}
	return fmt.Sprintf("%s:%d:%d", pos.Src.Name, pos.Line, pos.Column)
}

// mergeInputFields keeps the fields of an input object that every subgraph knows which has the type.
func (m *merger) mergeInputFields(t *Type) {
	m.gatherFields(t)
	kept := t.Fields[:0]
	for _, f := range t.Fields {
		if len(f.In) < len(t.In) && !f.Hidden {
			m.checkMissingInput(t, f)
			delete(t.fields, f.Name)
			continue
		}
		m.mergeInputField(f)
		kept = append(kept, f)
	}
	t.Fields = kept
	if len(t.Fields) == 0 {
		m.report(t.Definition.Position, "EMPTY_MERGED_INPUT_TYPE", t.Name, "The subgraphs have no field of input object %q in common.", t.Name)
	}
}

func (m *merger) checkMissingInput(t *Type, f *Field) {
	has := map[int]bool{}
	for _, in := range f.In {
		has[in.Subgraph] = true
	}
	for _, in := range f.In {
		if !in.Decl.Type.NonNull || in.Decl.Default != nil {
			continue
		}
		for _, other := range t.In {
			if !has[other.Subgraph] {
				m.report(in.Decl.Position, "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", f.Coordinate(), "Input field %s is required here, but subgraph %s does not have it.",
					f.Coordinate(), m.at(other.Subgraph, other.Decl.Position))
				return
			}
		}
	}
}

func (m *merger) mergeInputField(f *Field) {
	first := f.In[0]
	f.Definition.Type = first.Decl.Type
	var values defaults
	for _, in := range f.In {
		switch a, b := f.Definition.Type, in.Decl.Type; {
		case m.subtype(a, b):
		case m.subtype(b, a):
			f.Definition.Type = b
		default:
			m.mismatch(f, first, in, "FIELD_TYPE_MISMATCH")
		}
		values.add(in.Decl.Default, in.Decl.Position)
	}
	f.Definition.DefaultValue = values.merged()
	if values.differ != nil {
		m.report(values.differ, "INPUT_FIELD_DEFAULT_MISMATCH", f.Coordinate(), "Input field %s has another default value here than at %s.", f.Coordinate(), where(values.position))
	}
}
