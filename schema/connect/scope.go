package connect

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// scope says which variables may stand in a mapping, and notes those that do.
type scope struct {
	element
	variables []string             // that may be used
	field     *ast.FieldDefinition // what $args are the arguments of
	this      *definition          // what $this and $batch are
	input     bool                 // there is a response, which "$", "@" and keys read
	uses      *[]use               // nil: not noted
	phase     phase
}

// phase says when a mapping of a connector is evaluated.
type phase uint8

const (
	requesting phase = iota // URL, headers, body
	judging                 // errors, isSuccess
	selecting               // selection
)

// use is one use of a variable by a connector.
type use struct {
	phase  phase
	name   string
	path   []string
	value  *ast.Value // the literal it stands in
	offset int        // in its value
}

var (
	always   = []string{"$config", "$context", "$env", "$request"}
	response = []string{"$status", "$response"}

	allVariables = slices.Concat([]string{"$args", "$this", "$batch"}, always, response)
)

// baseScope is that of a baseURL, which is known before any request.
func baseScope(e element) scope {
	return scope{element: e, variables: []string{"$config", "$env"}}
}

// sourceScope is that of the mappings of a source: for its requests, or for judging responses.
func sourceScope(e element, p phase) scope {
	s := scope{element: e, variables: always, phase: p}
	return s.responding(p != requesting)
}

// scope is that of the mappings of a connector in one phase.
func (s *site) scope(p phase) scope {
	sc := scope{element: s.element, phase: p, uses: &s.uses, this: s.on}
	switch {
	case s.field == nil && p == selecting:
		sc.variables = []string{"$this"}
	case s.field == nil:
		sc.variables = []string{"$this", "$batch"}
	case s.root != "":
		sc.variables = []string{"$args"}
		sc.field = s.field
	default:
		sc.variables = []string{"$args", "$this"}
		sc.field = s.field
	}
	sc.variables = slices.Concat(sc.variables, always)
	return sc.responding(p != requesting && s.args["http"] != nil)
}

// responding adds what only a response gives.
func (s scope) responding(is bool) scope {
	if is {
		s.variables = slices.Concat(s.variables, response)
		s.input = true
	}
	return s
}
