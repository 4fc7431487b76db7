package rule

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// overlappingFields: fields that end up under one response name can be merged. It reports false if maxSteps did not
// suffice to find out.
//
// The specification compares every two fields of one response name, and the selections of both with each other, which
// takes quadratic time and more for a document that repeats a field. Here the fields that meet under one response path are
// collected once, however they were reached, and compared as a group. Two facts make that enough. Having a type of the
// same shape is an equivalence, so it is enough to compare each field of the group with the first. And being the same
// field with the same arguments is one too, so nothing is left to compare if all of the group are the same, which is
// the case in every document that is not out to prove something. Only if they differ, pairs are looked at: they
// conflict unless their objects can never be the same, see [overlap.exclusive].
func overlappingFields(r *report, doc *ast.QueryDocument, maxSteps int) bool {
	o := &overlap{
		report:     r,
		steps:      maxSteps,
		contexts:   []context{{}},
		contextIDs: map[context]int{},
		identities: map[*ast.Field]int{},
		texts:      map[string]int{},
	}
	for _, op := range doc.Operations {
		o.merge(nil, []ast.SelectionSet{op.SelectionSet})
	}
	return o.steps >= 0
}

type overlap struct {
	*report
	steps      int
	contexts   []context
	contextIDs map[context]int
	identities map[*ast.Field]int // the field's name and arguments, as a number
	texts      map[string]int
}

// occurrence is a field where it stands once all fragments are expanded.
type occurrence struct {
	field   *ast.Field
	parent  *occurrence // nil at the root
	context int
}

// context is what is known of the objects that a field is selected on, from the root down: at each level the object
// type, or nil if it is an abstract one.
type context struct {
	parent int
	object *ast.Definition
}

// merge checks the fields of some selection sets, those of one response path. Parents are the fields that own them.
func (o *overlap) merge(parents []*occurrence, sets []ast.SelectionSet) {
	var fields []*occurrence
	for i, set := range sets {
		var parent *occurrence
		if parents != nil {
			parent = parents[i]
		}
		c := collector{overlap: o, parent: parent, fields: fields}
		c.collect(set)
		fields = c.fields
		if o.steps < 0 {
			return
		}
	}
	slices.SortStableFunc(fields, func(a, b *occurrence) int { return strings.Compare(a.field.Alias, b.field.Alias) })
	for len(fields) > 0 && o.steps >= 0 && !o.full() {
		n := 1
		for n < len(fields) && fields[n].field.Alias == fields[0].field.Alias {
			n++
		}
		o.group(fields[:n])
		fields = fields[n:]
	}
}

// collector gathers the fields of one selection set with its fragments expanded.
type collector struct {
	*overlap
	parent  *occurrence
	fields  []*occurrence
	visited map[*ast.FragmentDefinition]bool
}

func (c *collector) collect(set ast.SelectionSet) {
	for _, s := range set {
		if c.steps--; c.steps < 0 {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			c.fields = append(c.fields, &occurrence{field: s, parent: c.parent, context: c.enter(s)})
		case *ast.InlineFragment:
			c.collect(s.SelectionSet)
		case *ast.FragmentSpread:
			if s.Definition == nil || c.visited[s.Definition] {
				continue
			}
			if c.visited == nil {
				c.visited = map[*ast.FragmentDefinition]bool{}
			}
			c.visited[s.Definition] = true
			c.collect(s.Definition.SelectionSet)
		}
	}
}

// enter returns the context of a field below the collector's parent.
func (c *collector) enter(f *ast.Field) int {
	var key context
	if c.parent != nil {
		key.parent = c.parent.context
	}
	if f.ObjectDefinition != nil && f.ObjectDefinition.Kind == ast.Object {
		key.object = f.ObjectDefinition
	}
	id, ok := c.contextIDs[key]
	if !ok {
		id = len(c.contexts)
		c.contexts = append(c.contexts, key)
		c.contextIDs[key] = id
	}
	return id
}

// group checks fields of one response name, and then what is below them.
func (o *overlap) group(fields []*occurrence) {
	if len(fields) > 1 && !((o.same(fields) || o.pairs(fields)) && o.shapes(fields)) {
		return // what is below them cannot be compared
	}
	var parents []*occurrence
	var sets []ast.SelectionSet
	for _, f := range fields {
		if len(f.field.SelectionSet) > 0 {
			parents = append(parents, f)
			sets = append(sets, f.field.SelectionSet)
		}
	}
	if len(sets) > 0 {
		o.merge(parents, sets)
	}
}

// shapes compares the types of fields with that of the first. It returns whether they are alike.
func (o *overlap) shapes(fields []*occurrence) (fits bool) {
	fits = true
	first := fields[0]
	for _, f := range fields[1:] {
		if first.field.Definition == nil || f.field.Definition == nil {
			continue
		}
		a, b := first.field.Definition.Type, f.field.Definition.Type
		if !o.sameShape(a, b) {
			fits = false
			o.conflict(first, f, `they return conflicting types "`+a.String()+`" and "`+b.String()+`"`)
		}
	}
	return fits
}

func (o *overlap) sameShape(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return o.sameShape(a.Elem, b.Elem)
	}
	x, y := o.schema.Types[a.NamedType], o.schema.Types[b.NamedType]
	if x == nil || y == nil || x == y {
		return true
	}
	return x.IsCompositeType() && y.IsCompositeType() // what is below them is compared later
}

func (o *overlap) same(fields []*occurrence) bool {
	first := o.identity(fields[0].field)
	for _, f := range fields[1:] {
		if o.identity(f.field) != first {
			return false
		}
	}
	return true
}

// pairs reports the fields that differ although their objects may be the same. It returns whether there are none.
func (o *overlap) pairs(fields []*occurrence) (fits bool) {
	// Of fields that are alike in all that counts, one is enough.
	type likeness struct{ context, identity int }
	known := map[likeness]bool{}
	var distinct []*occurrence
	for _, f := range fields {
		if l := (likeness{f.context, o.identity(f.field)}); !known[l] {
			known[l] = true
			distinct = append(distinct, f)
		}
	}
	fits = true
	for i, a := range distinct {
		for _, b := range distinct[:i] {
			if o.steps < 0 || o.full() {
				return false
			}
			if o.steps--; o.identity(a.field) == o.identity(b.field) || o.exclusive(a.context, b.context) {
				continue
			}
			fits = false
			o.differ(a, b)
		}
	}
	return fits
}

func (o *overlap) differ(a, b *occurrence) {
	if a.field.Position.Start > b.field.Position.Start {
		a, b = b, a // so that two fields that meet at several places are reported once
	}
	if a.field.Name != b.field.Name {
		o.conflict(a, b, `"`+quoted(a.field.Name)+`" and "`+quoted(b.field.Name)+`" are different fields`)
	} else {
		o.conflict(a, b, "they have differing arguments")
	}
}

// exclusive reports whether no object can be in both contexts: at some level they are of different object types.
func (o *overlap) exclusive(a, b int) bool {
	for a != b {
		o.steps--
		x, y := o.contexts[a], o.contexts[b]
		if x.object != nil && y.object != nil && x.object != y.object {
			return true
		}
		a, b = x.parent, y.parent
	}
	return false
}

// identity numbers fields by name and arguments.
func (o *overlap) identity(f *ast.Field) int {
	if id, ok := o.identities[f]; ok {
		return id
	}
	var b strings.Builder
	b.WriteString(f.Name)
	args := slices.SortedFunc(slices.Values(f.Arguments), func(a, b *ast.Argument) int { return cmp.Compare(a.Name, b.Name) })
	for _, a := range args {
		b.WriteString(" " + a.Name + ":")
		canonical(&b, a.Value)
	}
	id, ok := o.texts[b.String()]
	if !ok {
		id = len(o.texts) + 1
		o.texts[b.String()] = id
	}
	o.identities[f] = id
	return id
}

// canonical writes a value so that equal values have the same text: the order of an object's fields means nothing.
func canonical(b *strings.Builder, v *ast.Value) {
	switch v.Kind {
	case ast.ListValue:
		b.WriteByte('[')
		for _, c := range v.Children {
			canonical(b, c.Value)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case ast.ObjectValue:
		b.WriteByte('{')
		fields := slices.SortedFunc(slices.Values(v.Children), func(a, b *ast.ChildValue) int { return cmp.Compare(a.Name, b.Name) })
		for _, c := range fields {
			b.WriteString(c.Name + ":")
			canonical(b, c.Value)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		b.WriteString(v.String())
	}
}

// conflict reports two fields, in terms of the fields above them that have the selection set in common.
func (o *overlap) conflict(a, b *occurrence, reason string) {
	var left, right []*ast.Position
	name := quoted(a.field.Alias)
	for {
		left, right = append(left, a.field.Position), append(right, b.field.Position)
		if a.parent == b.parent {
			break
		}
		reason = `subfields "` + name + `" conflict because ` + reason
		a, b = a.parent, b.parent
		name = quoted(a.field.Alias)
	}
	slices.Reverse(left)
	slices.Reverse(right)
	o.addf(append(left, right...), `Fields "%s" conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`,
		name, reason)
}
