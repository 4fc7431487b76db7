package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/connect"
)

// reportUnreachable reports a field that cannot be had at a position, with the smallest query that asks for it.
func (r *reach) reportUnreachable(p position, f *Field, at []landing) {
	coordinate := f.Parent.Name + "." + f.Name
	var reasons []string
	for _, e := range r.doorsOf(p.on) {
		if gives, requires := entranceGives(e, p.on, f); gives {
			needs := e.Needs.String()
			if requires != nil {
				needs = strings.TrimSpace(needs + " " + requires.String())
			}
			reasons = append(reasons, fmt.Sprintf("%s gives it, but needs \"%s\" of a %s, which cannot be had here", e.Source.Name, needs, p.on.Name))
		}
	}
	if len(reasons) == 0 {
		reasons = []string{"no source that can be asked with what is known here gives it"}
		if from := sourceNames(at); len(from) > 0 {
			reasons[0] += " (the " + p.on.Name + " comes from " + strings.Join(from, ", ") + ")"
		}
	}
	pr := problem.At(nil, "SATISFIABILITY_ERROR", coordinate, "%s cannot be reached in the query %s: %s.", coordinate, r.query(p.path, f), strings.Join(reasons, "; "))
	if def := f.Parent.Definition.Fields.ForName(f.Name); def != nil {
		at := problem.At(def.Position, "", "", "")
		pr.File, pr.Line, pr.Column = at.File, at.Line, at.Column
	}
	r.problems = append(r.problems, pr)
}

// warnEach warns of an entrance that takes one object a call, where a list makes it many calls.
func (r *reach) warnEach(p position, f *Field, e *Entrance) {
	coordinate, pos := e.On.Name, (*ast.Position)(nil)
	if e.Field != nil {
		coordinate += "." + e.Field.Name
	}
	if c, ok := e.Bind.(*connect.Connector); ok {
		coordinate, pos = c.Coordinate, c.Position
	}
	pr := problem.At(pos, "N_PLUS_ONE", coordinate, "%s is called once for each object of a list: the smallest query that shows it is %s.", e.Source.Name, r.query(p.path, f))
	pr.Severity = problem.Warning
	r.problems = append(r.problems, pr)
}

// entranceGives reports whether an entrance would give a field, and what the field requires beyond the entrance's needs.
func entranceGives(e *Entrance, on *Type, f *Field) (bool, *Selection) {
	l, ok := narrow(landing{source: e.Source, on: e.On, shape: e.Gives}, on)
	if !ok {
		return false, nil
	}
	if l.shape != nil {
		if _, ok := l.shape.Fields[f.Name]; ok {
			return true, nil
		}
		if part := l.shape.On[on]; part != nil {
			_, ok := part.Fields[f.Name]
			return ok, nil
		}
		return false, nil
	}
	if open := l.openType(on); open != nil {
		if of := open.Fields[f.Name]; of != nil && !of.External {
			return true, of.Requires
		}
	}
	return false, nil
}

func sourceNames(landings []landing) []string {
	var names []string
	for _, l := range landings {
		if !slices.Contains(names, l.source.Name) {
			names = append(names, l.source.Name)
		}
	}
	return names
}

// query returns the smallest operation that asks for a field at the end of a path: { users { orders { id } } }. Without a
// field it asks for the type.
func (r *reach) query(path *step, f *Field) string {
	var steps []*step
	if f != nil {
		steps = append(steps, &step{field: f})
	}
	for s := path; s != nil; s = s.above {
		steps = append(steps, s)
	}
	slices.Reverse(steps)
	w := &witness{}
	root := steps[0].field.Parent
	for i, s := range steps {
		if s.field == nil {
			if above := steps[i-1].field.Named.Fields[steps[i+1].field.Name]; above == nil || above.Hidden {
				w.open("... on " + s.fragment.Name)
			}
			continue
		}
		text := s.field.Name + w.arguments(s.field)
		switch {
		case i < len(steps)-1:
			w.open(text)
		case f == nil:
			w.body.WriteString(text + " { __typename }")
		case s.field.Named.Composite():
			w.body.WriteString(text + " { " + r.anyLeaf(s.field.Named) + " }")
		default:
			w.body.WriteString(text)
		}
	}
	w.body.WriteString(strings.Repeat(" }", w.depth))
	operation := ""
	switch {
	case root == r.supergraph.Mutation:
		operation = "mutation"
	case root == r.supergraph.Subscription:
		operation = "subscription"
	case len(w.variables) > 0:
		operation = "query"
	}
	if len(w.variables) > 0 {
		operation += "(" + strings.Join(w.variables, ", ") + ")"
	}
	if operation != "" {
		operation += " "
	}
	return operation + "{ " + w.body.String() + " }"
}

// witness is the text of an operation.
type witness struct {
	body      strings.Builder
	depth     int
	variables []string
}

func (w *witness) open(text string) {
	w.body.WriteString(text + " { ")
	w.depth++
}

// arguments returns the arguments that a field must be given, with a variable for each.
func (w *witness) arguments(f *Field) string {
	var args []string
	for _, a := range f.Args {
		if !a.Type.NonNull || a.DefaultValue != nil {
			continue
		}
		name := a.Name
		for n := 2; slices.ContainsFunc(w.variables, func(v string) bool { return strings.HasPrefix(v, "$"+name+":") }); n++ {
			name = fmt.Sprint(a.Name, n)
		}
		w.variables = append(w.variables, "$"+name+": "+a.Type.String())
		args = append(args, a.Name+": $"+name)
	}
	if args == nil {
		return ""
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// anyLeaf returns a field of a type that can be asked for without more: a part of a key if there is one.
func (r *reach) anyLeaf(t *Type) string {
	fields := visibleFields(r.supergraph, t)
	slices.SortStableFunc(fields, func(a, b *Field) int {
		switch {
		case a.Name == "id" && b.Name != "id":
			return -1
		case b.Name == "id" && a.Name != "id":
			return 1
		}
		return 0
	})
	for _, f := range fields {
		required := slices.ContainsFunc(f.Args, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
		if !f.Named.Composite() && !required {
			return f.Name
		}
	}
	return "__typename"
}

// visibleFields returns the fields of a type that clients see, in the order of the schema.
func visibleFields(s *Supergraph, t *Type) []*Field {
	def := s.API.Types[t.Name]
	if def == nil {
		return nil
	}
	var out []*Field
	for _, d := range def.Fields {
		if f := t.Fields[d.Name]; f != nil && !f.Hidden {
			out = append(out, f)
		}
	}
	return out
}

func isList(t *ast.Type) bool { return t.Elem != nil }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
