package connect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/internal/suggest"
)

// readEntity reads whether a root field also resolves its type by key, and checks that it can.
func (r *reader) readEntity(s *site) {
	v := s.args["entity"]
	if v == nil {
		return
	}
	at := r.places.start(v)
	if v.Kind != ast.BooleanValue {
		r.report(CodeGraphQL, s.coordinate, at, "entity must be true or false, not %s.", kindName(v))
		return
	}
	is := v.Raw == "true"
	switch {
	case s.field == nil:
		if !is {
			r.report(CodeTypeMustBeEntity, s.coordinate, at, "A connector on a type always resolves an entity; remove entity: false.")
		}
	case !is:
	case s.root != ast.Query:
		r.report(CodeEntityNotOnQuery, s.coordinate, at,
			"entity: true is for fields of the query type only. A connector on the type %s itself resolves %s by key from any place.", s.result.name, s.result.name)
	default:
		s.connector.Entity = true
		r.checkEntityType(s, at)
		r.checkEntityArguments(s, at)
	}
}

func (r *reader) checkEntityType(s *site, at place) {
	typ := s.field.Type
	switch {
	case typ.Elem != nil:
		r.report(CodeEntityType, s.coordinate, at, "The field %s has entity: true but gives a list; an entity connector gives one object. Remove entity: true, or use a connector on the type %s with $batch.",
			s.field.Name, s.result.name)
	case s.result.kind != ast.Object && !s.result.abstract():
		r.report(CodeEntityType, s.coordinate, at, "The field %s has entity: true but its type %s has no fields; an entity is an object.", s.field.Name, s.result.name)
	case typ.NonNull:
		r.report(CodeEntityType, s.coordinate, at, "The field %s has entity: true but its type %s is non-null; an entity may be missing, so make it %s.",
			s.field.Name, typ.String(), s.result.name)
	}
}

// checkEntityArguments checks that each argument is a field of the entity, by name and by type.
func (r *reader) checkEntityArguments(s *site, at place) {
	if len(s.field.Arguments) == 0 {
		r.report(CodeEntityArguments, s.coordinate, at, "The field %s has entity: true but no arguments; give it the key fields of %s as arguments.", s.field.Name, s.result.name)
		return
	}
	if s.result.kind != ast.Object && s.result.kind != ast.Interface {
		return
	}
	for _, a := range s.field.Arguments {
		r.checkEntityInput(s, entityInput{a.Name, a.Type, a.Position, "The argument " + a.Name}, s.result, nil)
	}
}

type entityInput struct {
	name     string
	typ      *ast.Type
	position *ast.Position
	what     string
}

func (r *reader) checkEntityInput(s *site, in entityInput, entity *definition, within []*definition) {
	at := placeOf(in.position)
	f := entity.field(in.name)
	if f == nil {
		r.report(CodeEntityArguments, s.coordinate, at,
			"%s has no field of the same name in %s, which entity: true asks for.%s", in.what, entity.name, suggest.DidYouMean("", in.name, entity.fieldNames()))
		return
	}
	input, output := r.types.named(in.typ), r.types.named(f.Type)
	same := input.name == output.name
	if input.kind == ast.InputObject && (output.kind == ast.Object || output.kind == ast.Interface) {
		same = true
	}
	if !same || !sameLists(in.typ, f.Type) {
		r.report(CodeEntityArguments, s.coordinate, at, "%s has the type %s, but the field %s.%s has %s; entity: true asks for the same type.",
			in.what, in.typ.String(), entity.name, in.name, f.Type.String())
		return
	}
	if input.kind != ast.InputObject {
		return
	}
	for _, seen := range within {
		if seen == input {
			return
		}
	}
	for _, sub := range input.fields {
		r.checkEntityInput(s, entityInput{sub.Name, sub.Type, in.position, in.what + ", with its field " + sub.Name + ","}, output, append(within, input))
	}
}

// sameLists reports whether two types are lists of the same depth. Whether they may be null does not matter: a key that
// is null identifies nothing.
func sameLists(a, b *ast.Type) bool {
	return strings.Count(a.String(), "[") == strings.Count(b.String(), "[")
}
