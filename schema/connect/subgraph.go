package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/mapping"
)

// checkRoots refuses subscriptions, which a connector cannot give.
func (r *reader) checkRoots() {
	name := r.types.roots[ast.Subscription]
	if name == "" {
		return
	}
	at := place{}
	if d := r.types.byName[name]; d != nil {
		at = placeOf(d.position)
	}
	r.report(CodeSubscription, name, at, "A subgraph with connectors cannot have subscriptions; move the type %s to another subgraph.", name)
}

// checkFederation refuses the directives that connectors cannot serve.
func (r *reader) checkFederation() {
	for _, i := range r.links.Imports("federation") {
		if i.Name == "@context" || i.Name == "@fromContext" {
			r.report(CodeFederation, "", placeOf(r.links.Position("federation")),
				"A subgraph with connectors cannot import %s; remove it from the import of the federation link.", i.Name)
		}
	}
}

// checkAbstract refuses interfaces and unions in versions that do not know how to fill them.
func (r *reader) checkAbstract() {
	if r.version >= mapping.V04 {
		return
	}
	for _, d := range r.types.order {
		if d.abstract() {
			r.report(CodeAbstractType, d.name, placeOf(d.position),
				"The %s %s needs version v0.4 of the connect specification; link that version, or use an object type with all the fields.", kindWord(d.kind), d.name)
		}
	}
}

// checkMethodDirectives refuses the features of later versions.
func (r *reader) checkMethodDirectives() {
	name := r.directive("method")
	for _, d := range r.types.order {
		for _, dir := range d.directives {
			if dir.Name == name {
				r.report(CodeMethodDirective, d.name, placeOf(dir.Position), "@%s needs version v0.5 of the connect specification, which is not supported; remove it.", name)
			}
		}
	}
}

// withoutMethods reports the argument "methods", which belongs to a later version, and leaves it out.
func (r *reader) withoutMethods(e element, args ast.ChildValueList) ast.ChildValueList {
	return slices.DeleteFunc(args, func(c *ast.ChildValue) bool {
		if c.Name != "methods" {
			return false
		}
		r.report(CodeMethodsArgument, e.coordinate, placeOf(c.Position), "The argument methods needs version v0.5 of the connect specification, which is not supported; remove it.")
		return true
	})
}

// maxHints bounds how many unknown types are compared with all known ones.
const maxHints = 100

// checkNamedTypes reports names that stand for no type of the subgraph.
func (r *reader) checkNamedTypes() {
	names := []string{"Int", "Float", "String", "Boolean", "ID"}
	for _, d := range r.types.order {
		names = append(names, d.name)
	}
	check := func(name, coordinate string, pos *ast.Position) {
		if slices.Contains(names[:5], name) || r.types.byName[name] != nil {
			return
		}
		if l, _ := r.links.ResolveType(name); l != nil {
			return // the composition adds the types of specifications
		}
		hint := ""
		if len(r.problems) < maxHints {
			hint = suggest.DidYouMean("", name, names)
		}
		r.report(CodeMissingType, coordinate, placeOf(pos), "There is no type %q in this subgraph.%s", name, hint)
	}
	for _, d := range r.types.order {
		for _, f := range d.fields {
			check(f.Type.Name(), d.name+"."+f.Name, f.Type.Position)
			for _, a := range f.Arguments {
				check(a.Type.Name(), d.name+"."+f.Name+"("+a.Name+":)", a.Type.Position)
			}
		}
		for _, m := range slices.Concat(d.implements, d.members) {
			check(m, d.name, d.position)
		}
	}
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if name := r.types.roots[op]; name != "" {
			check(name, "schema", nil)
		}
	}
}

// imported reports whether the document imports an element of the specification.
func (r *reader) imported(name string) bool {
	for _, i := range r.links.Imports(spec) {
		if i.Name == name {
			return true
		}
	}
	return false
}
