package link

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// All returns the links in the order in which the document has them.
func (l Links) All() []*Link { return append([]*Link(nil), l.all...) }

// Get returns the link to a specification, nil if there is none. A specification is named by its identity, the URL
// without the version; those of https://specs.apollo.dev also by their name alone.
func (l Links) Get(spec string) *Link {
	prefix := ""
	if !strings.Contains(spec, "/") {
		prefix = apollo
	}
	for _, link := range l.all { // without putting prefix and name together: this is called for each directive of a document
		if name, ok := strings.CutPrefix(link.Identity, prefix); ok && name == spec {
			return link
		}
	}
	return nil
}

// Directive returns the name that a directive of a specification has in this document, without "@": what it was
// imported as, or the prefixed name. It returns false if the specification is not linked.
func (l Links) Directive(spec, name string) (string, bool) {
	link := l.Get(spec)
	if link == nil {
		return "", false
	}
	for _, imp := range link.Imports {
		if imp.Name == "@"+name {
			return imp.As[1:], true
		}
	}
	if name == link.Name && !l.doubled[link] {
		return link.As, true
	}
	return link.As + "__" + name, true
}

// Type returns the name that a type of a specification has in this document, and false if the specification is not
// linked.
func (l Links) Type(spec, name string) (string, bool) {
	link := l.Get(spec)
	if link == nil {
		return "", false
	}
	for _, imp := range link.Imports {
		if imp.Name == name {
			return imp.As, true
		}
	}
	return link.As + "__" + name, true
}

// Resolve is the other direction: it returns the link and the specification's own name of the directive that this
// document calls by the given name, without "@", or nil if it belongs to no linked specification.
func (l Links) Resolve(directive string) (*Link, string) {
	for _, link := range l.all {
		for _, imp := range link.Imports {
			if imp.As == "@"+directive {
				return link, imp.Name[1:]
			}
		}
	}
	return l.prefixed(directive)
}

// ResolveType is like Resolve, for types.
func (l Links) ResolveType(name string) (*Link, string) {
	for _, link := range l.all {
		for _, imp := range link.Imports {
			if imp.As == name {
				return link, imp.Name
			}
		}
	}
	if !strings.Contains(name, "__") {
		return nil, ""
	}
	return l.prefixed(name)
}

func (l Links) prefixed(name string) (*Link, string) {
	prefix, rest, ok := strings.Cut(name, "__")
	for _, link := range l.all {
		if link.As != prefix || link.As == "" {
			continue
		}
		if ok {
			return link, rest
		}
		return link, link.Name
	}
	return nil, ""
}

// Version returns the version of a specification, in the form v1.2, and false if the specification is not linked.
func (l Links) Version(spec string) (string, bool) {
	if link := l.Get(spec); link != nil {
		return link.Version, true
	}
	return "", false
}

// Imports returns what is imported of a specification.
func (l Links) Imports(spec string) []Import {
	if link := l.Get(spec); link != nil {
		return append([]Import(nil), link.Imports...)
	}
	return nil
}

// Position returns where a specification is linked, nil if it is not.
func (l Links) Position(spec string) *ast.Position {
	if link := l.Get(spec); link != nil {
		return link.Position
	}
	return nil
}

// findDoubled notes the specifications whose directive of the specification's own name is applied in its prefixed
// form: the rules say that such a directive is bare, but documents tell users otherwise.
func (l *Links) findDoubled(doc *ast.SchemaDocument) {
	doubled := map[string]*Link{}
	for _, link := range l.all {
		if link.Name != "" {
			doubled[link.As+"__"+link.Name] = link
		}
	}
	check := func(list ast.DirectiveList) {
		for _, d := range list {
			if link := doubled[d.Name]; link != nil {
				if l.doubled == nil {
					l.doubled = map[*Link]bool{}
				}
				l.doubled[link] = true
			}
		}
	}
	for _, list := range []ast.DefinitionList{doc.Definitions, doc.Extensions} {
		for _, def := range list {
			check(def.Directives)
			for _, f := range def.Fields {
				check(f.Directives)
			}
		}
	}
	for _, list := range []ast.SchemaDefinitionList{doc.Schema, doc.SchemaExtension} {
		for _, def := range list {
			check(def.Directives)
		}
	}
}
