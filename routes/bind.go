package routes

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// origin is the part of a request that a value comes from.
type origin string

// The origins.
const (
	fromPath   origin = "path"
	fromQuery  origin = "query"
	fromHeader origin = "header"
	fromBody   origin = "body" // a member of the object in it, or without a name all of it
)

// binding says for one method where the values of an operation's variables come from.
type binding struct {
	parameters []parameter
	members    map[string]int // of the body's object: parameters by name
	whole      int            // the parameter that is the whole body; -1: none is
}

// parameter is one variable of a binding.
type parameter struct {
	variable string
	typ      *ast.Type
	origin   origin
	name     string
	text     textKind // how a text of the request is read
	list     bool     // it may be given several times
	required bool
}

// readsBody reports whether any value comes from the body.
func (b *binding) readsBody() bool { return b.whole >= 0 || len(b.members) > 0 }

// bodyMethods are those whose requests have a body with a meaning. That of a DELETE has none (RFC 9110, section 9.3.5).
var bodyMethods = []string{http.MethodPost, http.MethodPut, http.MethodPatch}

// bind finds the origin of each variable: what is said of it, or what goes without saying.
func bind(op *ast.OperationDefinition, said map[string]string, wildcards []string, method string) (*binding, error) {
	hasBody := slices.Contains(bodyMethods, method)
	b := &binding{members: map[string]int{}, whole: -1}
	var names []string
	left := 0 // variables of which nothing is said, and which are not in the path
	for _, v := range op.VariableDefinitions {
		names = append(names, v.Variable)
		if said[v.Variable] == "" && !slices.Contains(wildcards, v.Variable) {
			left++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("the operation has no variable $%s%s", name, hint(name, names))
		}
	}
	for _, v := range op.VariableDefinitions {
		p := parameter{variable: v.Variable, typ: v.Type, name: v.Variable, required: v.Type.NonNull && v.DefaultValue == nil}
		switch text := said[v.Variable]; {
		case text != "":
			var ok bool
			if p.origin, p.name, ok = parseOrigin(text); !ok {
				return nil, fmt.Errorf("$%s comes from path.NAME, query.NAME, header.NAME, body.NAME or body (got %q)", v.Variable, text)
			}
		case slices.Contains(wildcards, v.Variable):
			p.origin = fromPath
		case hasBody && left == 1 && isInputObject(v):
			p.origin, p.name = fromBody, ""
		case hasBody:
			p.origin = fromBody
		default:
			p.origin = fromQuery
		}
		if err := b.add(p, v, wildcards, hasBody, method); err != nil {
			return nil, err
		}
	}
	for _, w := range wildcards {
		if !slices.ContainsFunc(b.parameters, func(p parameter) bool { return p.origin == fromPath && p.name == w }) {
			return nil, fmt.Errorf("no variable takes {%s} of the path; the operation has %s", w, listed(names))
		}
	}
	return b, nil
}

func (b *binding) add(p parameter, v *ast.VariableDefinition, wildcards []string, hasBody bool, method string) error {
	switch {
	case p.origin == fromPath && !slices.Contains(wildcards, p.name):
		return fmt.Errorf("$%s comes from path.%s, and the path has no {%s}%s", p.variable, p.name, p.name, hint(p.name, wildcards))
	case p.origin == fromPath && v.Type.Elem != nil:
		return fmt.Errorf("$%s is a list, and {%s} of the path is one value", p.variable, p.name)
	case p.origin == fromBody && !hasBody:
		return fmt.Errorf("$%s comes from the body, and %s has none; use the query", p.variable, method)
	case p.origin == fromBody && p.name == "" && b.readsBody(), p.origin == fromBody && b.whole >= 0:
		return fmt.Errorf("$%s comes from the body, and the whole body is another variable", p.variable)
	case p.origin == fromHeader:
		p.name = http.CanonicalHeaderKey(p.name)
	}
	if p.origin != fromBody {
		var ok bool
		if p.text, p.list, ok = textOf(v); !ok {
			return fmt.Errorf("$%s has the type %s, which cannot be written in a %s; take it from the body", p.variable, v.Type, p.origin)
		}
	}
	for _, other := range b.parameters {
		if other.origin == p.origin && other.name == p.name {
			return fmt.Errorf("$%s and $%s come from the same place", other.variable, p.variable)
		}
	}
	if p.origin == fromBody {
		if p.name == "" {
			b.whole = len(b.parameters)
		} else {
			b.members[p.name] = len(b.parameters)
		}
	}
	b.parameters = append(b.parameters, p)
	return nil
}

// parseOrigin reads what is said of a variable.
func parseOrigin(text string) (o origin, name string, ok bool) {
	part, name, dotted := strings.Cut(text, ".")
	switch o = origin(part); o {
	case fromBody:
		return o, name, dotted == (name != "")
	case fromPath, fromQuery, fromHeader:
		return o, name, name != ""
	}
	return "", "", false
}

func isInputObject(v *ast.VariableDefinition) bool {
	return v.Type.Elem == nil && v.Definition != nil && v.Definition.Kind == ast.InputObject
}

// textKind is how the text of a path, a query or a header is read as JSON.
type textKind uint8

// The kinds. Range and names are checked where variables are coerced.
const (
	anyText     textKind = iota // String, ID, enums and scalars of the schema
	integerText                 // Int
	numberText                  // Float
	booleanText                 // Boolean
)

// textOf returns how a variable is written as text, if it can be.
func textOf(v *ast.VariableDefinition) (kind textKind, list, ok bool) {
	list = v.Type.Elem != nil
	if list && v.Type.Elem.Elem != nil || v.Definition == nil || v.Definition.Kind == ast.InputObject {
		return 0, false, false
	}
	switch v.Type.Name() {
	case "Int":
		kind = integerText
	case "Float":
		kind = numberText
	case "Boolean":
		kind = booleanText
	}
	return kind, list, true
}

// hint offers names that may have been meant.
func hint(name string, options []string) string {
	near := suggest.Names(name, options)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + suggest.Or(near) + "?"
}

// sentence ends the text of an error, unless it ends in a question.
func sentence(err error) string {
	if text := err.Error(); !strings.HasSuffix(text, "?") {
		return text + "."
	}
	return err.Error()
}

func listed(names []string) string {
	if len(names) == 0 {
		return "no variables"
	}
	return "$" + strings.Join(names, ", $")
}
