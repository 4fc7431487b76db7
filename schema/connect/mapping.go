package connect

import (
	"errors"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/mapping"
)

// mapping reads the mapping in an argument. It returns nil if there is none or it cannot be parsed; other problems are
// reported and leave a mapping.
func (r *reader) mapping(sc scope, w want, v *ast.Value) *mapping.Mapping {
	if v = r.text(sc.element, w.name, v); v == nil {
		return nil
	}
	if strings.TrimSpace(v.Raw) == "" {
		r.report(w.code, sc.coordinate, r.places.start(v), "%s is empty; write a mapping, or leave the argument out.", w.name)
		return nil
	}
	m, err := mapping.Parse(v.Raw, r.version)
	if err != nil {
		r.syntax(sc, w, v, err)
		return nil
	}
	r.checkReferences(sc, w, m.References(), v)
	r.checkMapping(sc, w, m, m.References(), v)
	return m
}

// template reads the template in an argument.
func (r *reader) template(sc scope, w want, v *ast.Value) *mapping.Template {
	t, err := mapping.ParseTemplate(v.Raw, r.version)
	if err != nil {
		r.syntax(sc, w, v, err)
		return nil
	}
	r.checkReferences(sc, w, t.References(), v)
	for _, hole := range t.Holes() {
		r.checkMapping(sc, w, hole, t.References(), v)
	}
	return t
}

// url reads the URL template in an argument.
func (r *reader) url(sc scope, w want, v *ast.Value) *mapping.URL {
	u, err := mapping.ParseURL(v.Raw, r.version)
	if err != nil {
		r.syntax(sc, w, v, err)
		return nil
	}
	r.checkReferences(sc, w, u.References(), v)
	for _, hole := range u.Holes() {
		r.checkMapping(sc, w, hole, u.References(), v)
	}
	return u
}

// syntax reports a text that cannot be parsed.
func (r *reader) syntax(sc scope, w want, v *ast.Value, err error) {
	var syntax *mapping.SyntaxError
	if !errors.As(err, &syntax) {
		r.report(w.code, sc.coordinate, r.places.start(v), "%s cannot be read: %v.", w.name, err)
		return
	}
	r.report(w.code, sc.coordinate, r.places.in(v, syntax.Offset), "%s cannot be read: %s.", w.name, strings.TrimSuffix(syntax.Message, "."))
}

// checkMapping checks what a mapping, or a hole of a template, reads and gives.
func (r *reader) checkMapping(sc scope, w want, m *mapping.Mapping, refs []mapping.Reference, v *ast.Value) {
	if offset, reads := m.ReadsInput(); reads && !sc.input {
		r.report(w.inputCode(), sc.coordinate, r.places.in(v, offset),
			"%s cannot read a response here, because there is none. Begin paths with a variable: %s.", w.name, strings.Join(sc.variables, ", "))
		return // its shape would only say the same
	}
	failed := false
	for _, remark := range m.Remarks() {
		at := r.places.in(v, remark.Offset)
		switch remark.Kind {
		case mapping.UnknownMethod:
			r.report(CodeUnknownMethod, sc.coordinate, at, "%s", remark.Message)
			failed = true
		case mapping.ElementIgnored:
			r.warn(CodeElementIgnored, sc.coordinate, at, "%s", remark.Message)
		default:
			r.report(w.code, sc.coordinate, at, "%s", remark.Message)
			failed = true
		}
	}
	if failed || w.shape == nil {
		return
	}
	shape := m.Shape(r.shapes(sc, refs))
	if why := shape.Check(*w.shape); why != "" {
		r.report(w.code, sc.coordinate, r.places.in(v, shape.Offset), "%s: %s", w.name, why)
	}
}
