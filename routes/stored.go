package routes

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/problem"
)

// stored is an operation that a route runs, checked.
type stored struct {
	document   string
	name       string
	definition *ast.OperationDefinition
	root       *ast.Definition  // that the operation begins on
	response   *mapping.Mapping // nil: the data as it is
	bindings   map[string]*binding
}

// operation checks an operation route, and returns what serves it by a method.
func (b *builder) operation(i int, e *entry) func(method string) http.Handler {
	o := &e.config.Operation
	document, field, file := o.Text, "operation.text", ""
	if o.File != "" {
		text, err := b.options.ReadFile(o.File)
		if err != nil {
			b.report("INVALID_OPERATION", at(i, "operation.file"), "%v.", err)
			return nil
		}
		document, field, file = string(text), "operation.file", o.File
	}
	definition, errs := b.options.Engine.Definition(document, o.Name)
	if len(errs) > 0 {
		for _, err := range errs {
			b.invalid(i, field, file, err)
		}
		return nil
	}
	s := &stored{document: document, name: o.Name, definition: definition, bindings: map[string]*binding{}}
	e.stored = s
	if schema := b.options.Schema; schema != nil {
		s.root = schema.Query
		if definition.Operation == ast.Mutation {
			s.root = schema.Mutation
		}
	}
	b.methods(i, e, definition)
	if o.Response != "" {
		s.response = b.mapping(i, o.Response)
	}
	for _, m := range e.methods {
		binding, err := bind(definition, o.Arguments, e.pattern.wildcards(), m)
		if err != nil {
			b.report("INVALID_ROUTE", at(i, "operation.arguments"), "%s", sentence(err))
			return nil
		}
		s.bindings[m] = binding
	}
	return func(method string) http.Handler { return newRun(&b.options, e, s.bindings[method], method) }
}

// invalid reports an error of a document: at its place in a file, or else in words.
func (b *builder) invalid(i int, field, file string, err *gqlerror.Error) {
	code, _ := err.Extensions["code"].(string)
	p := problem.Problem{Code: code, Message: at(i, field) + ": " + err.Message}
	if len(err.Locations) > 0 {
		at := err.Locations[0]
		if file != "" {
			p.File, p.Line, p.Column = file, at.Line, at.Column
		} else {
			p.Message += fmt.Sprintf(" (line %d, column %d of the text)", at.Line, at.Column)
		}
	}
	b.problems = append(b.problems, p)
}

// methods sets the methods of an operation route, and reports those that it cannot have.
func (b *builder) methods(i int, e *entry, definition *ast.OperationDefinition) {
	switch definition.Operation {
	case ast.Query:
		if len(e.methods) == 0 {
			e.methods = []string{http.MethodGet}
		}
	case ast.Mutation:
		if len(e.methods) == 0 {
			e.methods = []string{http.MethodPost}
		}
		for n, m := range e.methods {
			if m == http.MethodGet || m == http.MethodHead {
				b.report("INVALID_ROUTE", at(i, fmt.Sprintf("methods[%d]", n)), "the operation is a mutation, and %s is for what changes nothing.", m)
			}
		}
	default:
		b.report("INVALID_ROUTE", at(i, "operation"), "a subscription cannot be a route: its answer has no end.")
	}
	if n := slices.Index(e.methods, http.MethodOptions); n >= 0 {
		b.report("INVALID_ROUTE", at(i, fmt.Sprintf("methods[%d]", n)), "OPTIONS is answered for every route, and runs no operation.")
	}
}

// mapping parses the mapping of the answer.
func (b *builder) mapping(i int, text string) *mapping.Mapping {
	m, err := mapping.Parse(text, mapping.V04)
	if err != nil {
		var syntax *mapping.SyntaxError
		if errors.As(err, &syntax) {
			line := 1 + strings.Count(text[:min(syntax.Offset, len(text))], "\n")
			b.report("INVALID_ROUTE", at(i, "operation.response"), "is not a mapping: %s (byte %d, line %d of the text).", syntax.Message, syntax.Offset, line)
		} else {
			b.report("INVALID_ROUTE", at(i, "operation.response"), "is not a mapping: %v.", err)
		}
		return nil
	}
	for _, ref := range m.References() {
		if ref.Name != "$args" {
			b.report("INVALID_ROUTE", at(i, "operation.response"), "%s is not known here: a mapping of an answer reads the data, and the variables as $args.", ref.Name)
		}
	}
	for _, r := range m.Remarks() {
		b.report("INVALID_ROUTE", at(i, "operation.response"), "%s", r.Message)
	}
	return m
}
