package subgraph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

const codeComposition = "DIRECTIVE_COMPOSITION_ERROR"

// readComposed reads which directives the supergraph is to keep (@composeDirective), and their applications.
func (r *reader) readComposed() {
	names := map[string]*ast.DirectiveDefinition{}
	doc := r.schema.Document
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			for _, d := range def.Directives {
				if name, _ := r.specs.canonical(d.Name); name != "composeDirective" {
					continue
				}
				if c := r.composed(d); c != nil && names[c.Definition.Name] == nil {
					names[c.Definition.Name] = c.Definition
					r.schema.Composed = append(r.schema.Composed, c)
				}
			}
		}
	}
	if len(names) == 0 {
		return
	}
	r.places(func(p place) {
		for _, d := range p.directives {
			if def := names[d.Name]; p.marks != nil && def != nil {
				own := *d
				own.Definition = def
				p.marks.Carried = append(p.marks.Carried, &own)
			}
		}
	})
}

func (r *reader) composed(d *ast.Directive) *Composed {
	given := text(d, "name")
	name, ok := strings.CutPrefix(given, "@")
	if !ok || name == "" {
		r.report(d.Position, codeComposition, "", "The name %q in @%s must be that of a directive, with \"@\" before it.", given, d.Name)
		return nil
	}
	l, original := r.schema.Links.Resolve(name)
	federation := l != nil && (l == r.schema.Links.Get(federation) || r.specs.single(l) || r.known(l))
	def := r.definitionOf(name)
	switch {
	case federation && (original == "tag" || original == "inaccessible" || slices.Contains(carried, original)):
		return nil // the supergraph keeps it anyway
	case federation:
		r.report(d.Position, codeComposition, "", "%s cannot be composed: it is a directive of the federation itself.", given)
	case def == nil:
		r.report(d.Position, codeComposition, "", "%s cannot be composed: no such directive is defined here.%s", given, suggest.DidYouMean("", given, r.ownDirectives()))
	case l == nil:
		r.report(d.Position, codeComposition, "", "%s cannot be composed: it belongs to no linked specification, so others would not know which it is. Import it with @link.", given)
	default:
		return &Composed{Link: l, Original: original, Definition: def, Position: d.Position}
	}
	return nil
}

// definitionOf returns the document's own definition of a directive.
func (r *reader) definitionOf(name string) *ast.DirectiveDefinition {
	for _, d := range r.schema.Document.Directives {
		if d.Name == name {
			return d
		}
	}
	return nil
}

func (r *reader) ownDirectives() []string {
	var names []string
	for _, d := range r.schema.Document.Directives {
		names = append(names, "@"+d.Name)
	}
	return names
}

// Imported returns the name of a directive of the federation that the document has given it or uses it by, without "@", and
// where the specification is linked; it is empty if the document does not use it.
func (s *Schema) Imported(name string) (string, *ast.Position) {
	l := s.Links.Get(federation)
	if own := s.Links.Get(name); own != nil {
		l = own
	}
	if l == nil {
		return "", nil
	}
	for _, imp := range l.Imports {
		if imp.Name == "@"+name {
			return imp.As[1:], l.Position
		}
	}
	if own := l.As + "__" + name; s.uses[own] {
		return own, l.Position
	}
	return "", nil
}
