package connect

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/mapping"
)

// checkReferences checks the variables of one mapping or template: that they may stand there, and that what they read
// exists. It reports whether they may stand there.
func (r *reader) checkReferences(sc scope, w want, refs []mapping.Reference, v *ast.Value) (ok bool) {
	ok = true
	for _, ref := range refs {
		at := func() place { return r.places.in(v, ref.Offset) } // for problems only
		if !slices.Contains(sc.variables, ref.Name) {
			hint := ""
			if !slices.Contains(allVariables, ref.Name) {
				hint = suggest.DidYouMean("", ref.Name, sc.variables)
			}
			r.report(w.variableCode(ref.Name, sc), sc.coordinate, at(), "%s cannot use %s.%s It may use %s.", w.name, ref.Name, hint, strings.Join(sc.variables, ", "))
			ok = false
			continue
		}
		if sc.uses != nil {
			*sc.uses = append(*sc.uses, use{sc.phase, ref.Name, ref.Path, v, ref.Offset})
		}
		switch ref.Name {
		case "$args":
			r.checkArgument(sc, ref, at)
		case "$this", "$batch":
			r.checkField(sc, ref, at)
		case "$request", "$response":
			r.checkMessage(sc, w, ref, at)
		}
	}
	return ok
}

// checkArgument follows a path from the arguments through input objects.
func (r *reader) checkArgument(sc scope, ref mapping.Reference, at func() place) {
	if len(ref.Path) == 0 {
		return
	}
	arg := sc.field.Arguments.ForName(ref.Path[0])
	if arg == nil {
		names := make([]string, len(sc.field.Arguments))
		for i, a := range sc.field.Arguments {
			names[i] = a.Name
		}
		r.report(CodeUndefinedArgument, sc.coordinate, at(), "The field %q has no argument %q, which $args.%s reads.%s",
			sc.field.Name, ref.Path[0], strings.Join(ref.Path, "."), suggest.DidYouMean("", ref.Path[0], names))
		return
	}
	typ := r.types.named(arg.Type)
	for i, key := range ref.Path[1:] {
		if typ.customScalar() {
			return
		}
		f := typ.field(key)
		if f == nil {
			r.report(CodeUndefinedArgument, sc.coordinate, at(), "The %s %s has no field %q, which $args.%s reads.%s",
				kindWord(typ.kind), typ.name, key, strings.Join(ref.Path[:i+2], "."), suggest.DidYouMean("", key, typ.fieldNames()))
			return
		}
		typ = r.types.named(f.Type)
	}
}

// checkField follows a path from the parent object, or from the objects of a batch, through their fields.
func (r *reader) checkField(sc scope, ref mapping.Reference, at func() place) {
	typ := sc.this
	for i, key := range ref.Path {
		if key == "__typename" || typ.customScalar() {
			return
		}
		if typ.kind == ast.Union {
			r.report(CodeVariableType, sc.coordinate, at(), "%s.%s goes through the union %s, whose fields depend on the value; read a field of an object type or an interface.",
				ref.Name, strings.Join(ref.Path[:i+1], "."), typ.name)
			return
		}
		f := typ.field(key)
		if f == nil {
			r.report(CodeUndefinedField, sc.coordinate, at(), "The %s %s has no field %q, which %s.%s reads.%s",
				kindWord(typ.kind), typ.name, key, ref.Name, strings.Join(ref.Path[:i+1], "."), suggest.DidYouMean("", key, typ.fieldNames()))
			return
		}
		typ = r.types.named(f.Type)
	}
}

// checkMessage checks that only the headers of requests and responses are read, which is all there is of them.
func (r *reader) checkMessage(sc scope, w want, ref mapping.Reference, at func() place) {
	if len(ref.Path) > 0 && ref.Path[0] != "headers" {
		r.report(w.code, sc.coordinate, at(), "%s has no %q, only headers: write %s.headers.'name'->first.", ref.Name, ref.Path[0], ref.Name)
	}
}
