package connect

import (
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/mapping"
)

// readSelection reads the selection that the author has written.
func (r *reader) readSelection(s *site) {
	before := r.errs
	s.connector.Selection = r.mapping(s.scope(selecting), wantSelection(), s.args["selection"])
	if r.errs > before {
		s.broken = true
	}
	r.checkBatchAndThis(s)
	r.deriveNeeds(s)
	if s.broken {
		r.unsureKey[s.on.name], r.unsureKey[s.result.name] = true, true
	}
}

// readOutput finds out what the selection gives and holds it against the type. It makes the selection of a connector that
// has none.
func (r *reader) readOutput(s *site) {
	if s.args["selection"] == nil {
		r.makeSelection(s)
	}
	if s.connector.Selection == nil || s.result.abstract() && r.version < mapping.V04 {
		r.giveUp(s)
		return
	}
	before := r.errs
	c := credits{r, s}
	out := s.connector.Selection.Output()
	gives := c.value(s.result, out, out.Offset, "")
	if r.errs > before {
		r.giveUp(s)
		return
	}
	if gives == nil {
		gives = &Output{}
	}
	s.connector.Gives = gives
	r.checkBatchKey(s)
}

// makeSelection makes the selection of a connector that has none.
func (r *reader) makeSelection(s *site) {
	if s.result.abstract() {
		r.report(CodeSelection, s.coordinate, placeOf(s.position),
			"The connector gives the %s %s, so it needs a selection that says which object type each value has.", kindWord(s.result.kind), s.result.name)
		return
	}
	text, ok := r.defaultSelection(s)
	if !ok {
		r.report(CodeSelection, s.coordinate, placeOf(s.position),
			"The connector needs a selection: %s has no fields that can be taken by their names, or too many.", s.result.name)
		return
	}
	m, err := mapping.Parse(text, r.version)
	if err != nil {
		r.report(CodeSelection, s.coordinate, placeOf(s.position), "The connector needs a selection: the one by names cannot be read, because %v.", err)
		return
	}
	s.connector.Selection = m
}

// credits holds the output of a selection against the types of the schema.
type credits struct {
	*reader
	site *site
}

func (c credits) fail(code string, offset int, format string, args ...any) {
	at := placeOf(c.site.position)
	if v := c.site.args["selection"]; v != nil {
		at = c.places.in(v, offset)
	}
	c.report(code, c.site.coordinate, at, format, args...)
}

// value checks what the mapping puts out for a value of type d at a path of field names, which is written at offset. It
// returns the fields that come of it, nil for a leaf.
func (c credits) value(d *definition, o *mapping.Output, offset int, path string) *Output {
	switch {
	case d.leaf():
		c.leaf(d, o, path)
		return nil
	case d.abstract():
		return c.abstract(d, o, offset, path)
	}
	out := &Output{Fields: map[string]*Output{}}
	switch o.Kind {
	case mapping.OutputObject:
		c.fields(out, d, o, path)
	case mapping.OutputAlternatives:
		for _, a := range o.Alternatives {
			c.fields(out, d, a, path)
		}
	default:
		c.groupRequired(d, offset, path)
	}
	return out
}

func (c credits) leaf(d *definition, o *mapping.Output, path string) {
	if d.customScalar() || o.Kind == mapping.OutputValue || o.Kind == mapping.OutputScalar {
		return
	}
	hint := ""
	if len(o.Fields) == 1 && path == "" {
		hint = " To give the value itself, write $." + o.Fields[0].Key + "."
	}
	c.fail(CodeGroupOnLeaf, o.Offset, "%s is of the type %s, which has no fields, but the selection makes an object of it; remove the braces.%s", c.what(path), d.name, hint)
}

func (c credits) groupRequired(d *definition, offset int, path string) {
	c.fail(CodeGroupRequired, offset, "%s is of the type %s, so the selection must name its fields in braces: %s{ %s }.",
		c.what(path), d.name, exampleOf(path), c.someFields(d))
}

// abstract checks the alternatives of an interface or a union: each says by a constant __typename what it is.
func (c credits) abstract(d *definition, o *mapping.Output, offset int, path string) *Output {
	out := &Output{On: map[string]*Output{}}
	if c.version < mapping.V04 {
		return out // reported where the type is defined
	}
	alternatives := o.Alternatives
	switch o.Kind {
	case mapping.OutputObject:
		alternatives = []*mapping.Output{o}
	case mapping.OutputAlternatives:
	default:
		c.groupRequired(d, offset, path)
		return out
	}
	possible := c.types.possible(d)
	names := make([]string, len(possible))
	for i, p := range possible {
		names[i] = p.name
	}
	for _, a := range alternatives {
		if a.Typename == "" {
			code := CodeSelection
			if path != "" {
				code = CodeGroupOnLeaf
			}
			c.fail(code, a.Offset, "%s is of the %s %s, so each object the selection makes of it needs a constant __typename, for example __typename: $(%q).",
				c.what(path), kindWord(d.kind), d.name, first(names, "TypeName"))
			continue
		}
		i := slices.Index(names, a.Typename)
		if i < 0 {
			c.fail(CodeSelection, a.Offset, "%s is of the %s %s, and %q is none of its types.%s They are %s.",
				c.what(path), kindWord(d.kind), d.name, a.Typename, suggest.DidYouMean("", a.Typename, names), suggest.Or(names))
			continue
		}
		if out.On[a.Typename] == nil {
			out.On[a.Typename] = &Output{Fields: map[string]*Output{}}
		}
		c.fields(out.On[a.Typename], possible[i], a, path)
	}
	out.common(d)
	return out
}

func (c credits) fields(out *Output, d *definition, o *mapping.Output, path string) {
	for _, of := range o.Fields {
		if of.Key == "__typename" {
			continue
		}
		at := join(path, of.Key)
		f := d.field(of.Key)
		if f == nil {
			c.fail(CodeFieldNotFound, of.Offset, "The type %s has no field %q, which the selection gives.%s", d.name, of.Key,
				suggest.DidYouMean("", of.Key, d.fieldNames()))
			continue
		}
		if len(f.Arguments) > 0 {
			c.fail(CodeFieldWithArguments, of.Offset,
				"The field %s.%s has arguments, which a selection cannot use; remove it here and give it a @%s of its own.", d.name, f.Name, c.connect)
			continue
		}
		sub := c.value(c.types.named(f.Type), of.Value, of.Offset, at)
		if was, ok := out.Fields[of.Key]; ok {
			if was != nil && sub != nil {
				was.merge(sub)
			}
			continue
		}
		out.Fields[of.Key] = sub
		out.Order = append(out.Order, of.Key)
	}
}

// what names what stands at a path, at the beginning of a sentence.
func (c credits) what(path string) string {
	if path == "" {
		if c.site.field == nil {
			return "What the connector gives"
		}
		return "The field " + c.site.on.name + "." + c.site.field.Name
	}
	return "The field \"" + path + "\""
}

// someFields lists a few fields of a type as an example.
func (c credits) someFields(d *definition) string {
	var names []string
	for _, f := range d.fields {
		if len(f.Arguments) == 0 && c.types.named(f.Type).leaf() && len(names) < 3 {
			names = append(names, f.Name)
		}
	}
	if len(names) == 0 {
		return "…"
	}
	return strings.Join(names, " ")
}

func exampleOf(path string) string {
	if path == "" {
		return "$ "
	}
	return path[strings.LastIndexByte(path, '.')+1:] + " "
}

func first(names []string, otherwise string) string {
	if len(names) == 0 {
		return otherwise
	}
	return names[0]
}

// selectionPlace is where the selection begins, or the directive if there is none.
func (r *reader) selectionPlace(s *site) place {
	if v := s.args["selection"]; v != nil {
		return r.places.start(v)
	}
	return placeOf(s.position)
}
