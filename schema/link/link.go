package link

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
)

// The codes of the problems that this package reports.
const (
	CodeUsage      = "INVALID_LINK_DIRECTIVE_USAGE"
	CodeIdentifier = "INVALID_LINK_IDENTIFIER"
)

const (
	apollo   = "https://specs.apollo.dev/"
	linkSpec = apollo + "link"
	coreSpec = apollo + "core"
)

// Link is one specification that a document uses.
type Link struct {
	URL      string // as it was written
	Identity string // the URL without its version
	Name     string // of the specification; may be empty
	Version  string // v1.2; empty if the URL has none
	As       string // prefix of the names that are not imported: the specification's name, if not given otherwise
	Purpose  string // SECURITY, EXECUTION, or empty
	Imports  []Import
	Position *ast.Position
}

// Import is one element that a document calls by a name of its own choice.
type Import struct {
	Name string // in the specification, with "@" for directives
	As   string // in this document, with "@" for directives
}

// Links are the specifications that one document uses. The zero value has none. It is immutable and safe for
// concurrent use.
type Links struct {
	all []*Link
	// doubled holds those specifications whose directive of the specification's own name is applied in its prefixed
	// form, as in @connect__connect: both forms are in use.
	doubled map[*Link]bool
}

// Of reads the @link applications, or the older @core ones, on the schema definition and its extensions. Links that
// cannot be understood are reported and left out.
func Of(doc *ast.SchemaDocument) (Links, problem.List) {
	var r reader
	var all []*ast.Directive
	for _, def := range doc.Schema {
		all = append(all, def.Directives...)
	}
	for _, def := range doc.SchemaExtension {
		all = append(all, def.Directives...)
	}
	directive, argument := bootstrap(all)
	for _, d := range all {
		if d.Name == directive {
			r.read(d, argument)
		}
	}
	links := Links{all: r.links}
	links.findDoubled(doc)
	return links, r.problems
}

// bootstrap finds the name under which the link directive itself is used, which its own link can change, and the name
// of its argument for the URL.
func bootstrap(all []*ast.Directive) (directive, argument string) {
	for _, d := range all {
		for _, c := range []struct{ spec, argument string }{{linkSpec, "url"}, {coreSpec, "feature"}} {
			id, name, _, _ := identity(text(d.Arguments.ForName(c.argument)))
			if id != c.spec {
				continue
			}
			if as := text(d.Arguments.ForName("as")); as != "" {
				name = as
			}
			if d.Name == name {
				return name, c.argument
			}
		}
	}
	return "link", "url"
}

type reader struct {
	links    []*Link
	problems problem.List
}

func (r *reader) report(code string, pos *ast.Position, format string, args ...any) {
	r.problems = append(r.problems, problem.At(pos, code, "", format, args...))
}

func (r *reader) read(d *ast.Directive, argument string) {
	l := &Link{Position: d.Position}
	for _, arg := range d.Arguments {
		if arg.Value.Kind == ast.NullValue {
			continue
		}
		switch arg.Name {
		case argument:
			l.URL = text(arg)
		case "as":
			l.As = text(arg)
			if !isName(l.As) {
				r.report(CodeIdentifier, arg.Position, `The name %s cannot stand for a specification: it must be a GraphQL name without "__" and without "_" at its end.`, arg.Value.String())
				return
			}
		case "for":
			l.Purpose = arg.Value.Raw
			if l.Purpose != "SECURITY" && l.Purpose != "EXECUTION" {
				r.report(CodeUsage, arg.Position, "The purpose of a @%s must be SECURITY or EXECUTION, not %s.", d.Name, arg.Value.String())
			}
		case "import":
			l.Imports = r.imports(d.Name, arg.Value)
		default:
			r.report(CodeUsage, arg.Position, "@%s has no argument %q.", d.Name, arg.Name)
		}
	}
	if l.URL == "" {
		r.report(CodeUsage, d.Position, "@%s needs the address of a specification as a string in its argument %q.", d.Name, argument)
		return
	}
	var ok bool
	if l.Identity, l.Name, l.Version, ok = identity(l.URL); !ok {
		r.report(CodeIdentifier, d.Position, "%q is not the address of a specification.", l.URL)
		return
	}
	if l.As == "" {
		l.As = l.Name
	}
	for _, other := range r.links {
		if other.Identity == l.Identity {
			r.report(CodeUsage, d.Position, "%s is linked twice.", l.Identity)
			return
		}
		if other.As == l.As && l.As != "" {
			r.report(CodeUsage, d.Position, "%s and %s are both linked by the name %q: give one of them another name with the argument \"as\".", other.Identity, l.Identity, l.As)
			return
		}
	}
	r.links = append(r.links, l)
}

func (r *reader) imports(directive string, list *ast.Value) []Import {
	if list.Kind != ast.ListValue {
		r.report(CodeUsage, list.Position, "The imports of a @%s must be a list.", directive)
		return nil
	}
	var out []Import
	for _, item := range list.Children {
		imp, err := readImport(item.Value)
		if err != nil {
			r.report(CodeUsage, item.Value.Position, "The import %s of a @%s is not valid: %v.", item.Value.String(), directive, err)
			continue
		}
		out = append(out, imp)
	}
	return out
}

func readImport(v *ast.Value) (Import, error) {
	var imp Import
	switch v.Kind {
	case ast.StringValue, ast.BlockValue:
		imp = Import{Name: v.Raw, As: v.Raw}
	case ast.ObjectValue:
		for _, member := range v.Children {
			if member.Value.Kind != ast.StringValue {
				return imp, fmt.Errorf("its %s must be a string", member.Name)
			}
			switch member.Name {
			case "name":
				imp.Name = member.Value.Raw
			case "as":
				imp.As = member.Value.Raw
			default:
				return imp, fmt.Errorf("it has an unknown member %q", member.Name)
			}
		}
		if imp.As == "" {
			imp.As = imp.Name
		}
	default:
		return imp, fmt.Errorf("it must be a name in a string, or an object with name and as")
	}
	name, isDirective := strings.CutPrefix(imp.Name, "@")
	as, asDirective := strings.CutPrefix(imp.As, "@")
	switch {
	case name == "" || as == "":
		return imp, fmt.Errorf("it has no name")
	case isDirective != asDirective:
		return imp, fmt.Errorf(`directives have a "@" before both names, types before none`)
	}
	return imp, nil
}

// text returns the value of an argument that is a string.
func text(arg *ast.Argument) string {
	if arg == nil || arg.Value == nil || arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
		return ""
	}
	return arg.Value.Raw
}
