package operation

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

const (
	// maxErrors is where coercion stops to report, as in graphql-js.
	maxErrors = 50
	// maxSuggestions is how many errors offer names that may have been meant.
	maxSuggestions = 10
)

// variable is a variable of an operation, compiled.
type variable struct {
	name     string
	typ      typeRef
	fallback value.Value // the default; missing if there is none
	position *ast.Position
}

func newVariable(v *ast.VariableDefinition, in *inputs) variable {
	out := variable{name: v.Variable, typ: in.ref(v.Type), position: v.Position}
	if v.DefaultValue != nil {
		out.fallback = in.literal(out.typ, v.DefaultValue).constant
	}
	return out
}

var noVariables = value.OfMembers(nil)

// coerce reads the variables of a request, by the specification's CoerceVariableValues: an object with an entry for each
// variable that has a value, in the order of the definitions. Text must not be changed while the result is used.
func (p *program) coerce(text []byte, a *value.Arena) (value.Value, gqlerror.List) {
	given := noVariables
	if len(text) > 0 {
		v, err := value.Scan(text, p.filter, a)
		if err != nil {
			return value.Value{}, gqlerror.List{invalidVariables(err)}
		}
		switch v.Kind() {
		case value.Object:
			given = v
		case value.Null:
		default:
			return value.Value{}, gqlerror.List{fault.New(fault.BadRequest, "Variables must be a JSON object.")}
		}
	}
	if len(p.variables) == 0 {
		return noVariables, nil
	}
	c := newCoercion(a)
	defer c.release()
	members, n := a.Members(len(p.variables)), 0
	for i := range p.variables {
		v := &p.variables[i]
		in := given.Get(v.name)
		switch {
		case !in.IsMissing():
			in = c.variable(v, in)
		case !v.fallback.IsMissing():
			in = v.fallback
		case v.typ.nonNull:
			c.report(v, fmt.Sprintf(`Variable "$%s" of required type "%s" was not provided.`, v.name, v.typ.text))
		default:
			continue
		}
		members[n] = value.Member{Key: v.name, Value: in}
		n++
	}
	coerced := value.OfMembers(members[:n])
	if len(c.errs) == 0 {
		c.checkStrict(p, coerced)
	}
	if len(c.errs) > 0 {
		return value.Value{}, c.errs
	}
	return coerced, nil
}

func invalidVariables(err error) *gqlerror.Error {
	var syntax *value.SyntaxError
	if errors.As(err, &syntax) {
		return fault.New(fault.BadRequest, fmt.Sprintf("Variables are invalid JSON at byte %d: %s.", syntax.Offset, syntax.Reason))
	}
	return fault.New(fault.BadRequest, "Variables are invalid JSON.")
}

// checkStrict reports nulls where none may be. Validation accepts a variable that may be null in a place that takes no
// null if one of the two has a default; the specification then has the field fail that the null reaches. Here the
// operation fails before it asks anybody, as for every other value that does not fit.
func (c *coercion) checkStrict(p *program, coerced value.Value) {
	for _, u := range p.strict {
		v := &p.variables[u.variable]
		if coerced.Get(v.name).IsNull() {
			c.report(v, fmt.Sprintf(`Variable "$%s" must not be null where a value of type "%s" is expected.`, v.name, u.expected))
			e := c.errs[len(c.errs)-1]
			e.Locations = append(e.Locations, gqlerror.Location{Line: u.position.Line, Column: u.position.Column})
			return
		}
	}
}
