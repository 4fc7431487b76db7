package subgraph

// Assemble makes the schema of a subgraph whose document is not at hand, of what is known of its types. It makes types,
// fields and enum values known by name. It checks nothing: the caller has made sure that names are not there twice.
func Assemble(name string, types []*Type) *Schema {
	s := &Schema{Name: name, Types: types, byName: make(map[string]*Type, len(types)), renamed: map[string]string{}}
	for _, t := range types {
		s.byName[t.Name] = t
		t.fields = make(map[string]*Field, len(t.Fields))
		for _, f := range t.Fields {
			f.Parent, t.fields[f.Name] = t, f
		}
		t.values = make(map[string]*Value, len(t.Values))
		for _, v := range t.Values {
			t.values[v.Name] = v
		}
	}
	return s
}
