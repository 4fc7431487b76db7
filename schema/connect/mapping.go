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
	r.checkMappings(sc, w, []*mapping.Mapping{m}, m.References(), v)
	return m
}

// template reads the template in an argument.
func (r *reader) template(sc scope, w want, v *ast.Value) *mapping.Template {
	t, err := mapping.ParseTemplate(v.Raw, r.version)
	if err != nil {
		r.syntax(sc, w, v, err)
		return nil
	}
	r.checkMappings(sc, w, t.Holes(), t.References(), v)
	return t
}

// url reads the URL template in an argument.
func (r *reader) url(sc scope, w want, v *ast.Value) *mapping.URL {
	u, err := mapping.ParseURL(v.Raw, r.version)
	if err != nil {
		r.syntax(sc, w, v, err)
		return nil
	}
	r.checkMappings(sc, w, u.Holes(), u.References(), v)
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

// checkMappings checks a mapping, or all the holes of a template: the variables that they use, what they read, the
// methods they call and what they give.
func (r *reader) checkMappings(sc scope, w want, all []*mapping.Mapping, refs []mapping.Reference, v *ast.Value) {
	known := r.checkReferences(sc, w, refs, v)
	for _, m := range all {
		switch {
		case !r.checkInput(sc, w, m, v) || !r.checkRemarks(sc, w, m, v):
		case known && w.shape != nil: // else the shape would only say the same again
			r.checkShape(sc, w, m, refs, v)
		}
	}
}

// checkInput reports a mapping that reads a response where there is none.
func (r *reader) checkInput(sc scope, w want, m *mapping.Mapping, v *ast.Value) bool {
	offset, reads := m.ReadsInput()
	if !reads || sc.input {
		return true
	}
	r.report(w.inputCode(), sc.coordinate, r.places.in(v, offset),
		"%s cannot read a response here, because there is none. Begin paths with a variable: %s.", w.name, strings.Join(sc.variables, ", "))
	return false
}

// checkRemarks reports methods that do not exist or cannot work.
func (r *reader) checkRemarks(sc scope, w want, m *mapping.Mapping, v *ast.Value) bool {
	before := r.errs
	for _, remark := range m.Remarks() {
		at := r.places.in(v, remark.Offset)
		switch remark.Kind {
		case mapping.UnknownMethod:
			r.report(CodeUnknownMethod, sc.coordinate, at, "%s", remark.Message)
		case mapping.ElementIgnored:
			r.warn(CodeElementIgnored, sc.coordinate, at, "%s", remark.Message)
		default:
			r.report(w.code, sc.coordinate, at, "%s", remark.Message)
		}
	}
	return r.errs == before
}

// checkShape reports a mapping that cannot give what the place wants.
func (r *reader) checkShape(sc scope, w want, m *mapping.Mapping, refs []mapping.Reference, v *ast.Value) {
	shape := m.Shape(r.shapes(sc, refs))
	if why := shape.Check(*w.shape); why != "" {
		offset := shape.Offset
		if own := m.References(); offset == 0 && len(own) > 0 {
			offset = own[0].Offset // the shape is that of a variable, which is made nowhere
		}
		r.report(w.code, sc.coordinate, r.places.in(v, offset), "%s %s", w.part(), strings.TrimPrefix(why, "It "))
	}
}
