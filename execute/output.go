package execute

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// output is a [plan.Output] made ready.
type output struct {
	typename int         // the slot of the runtime type's name; -1: there is one type
	one      *outputType // if there is one type
	byName   map[string]*outputType
	unknown  *outputType // for objects whose runtime type nobody told; nil: they are an error
}

type outputType struct {
	fields []outputField
}

type outputField struct {
	key           string
	prefix        []byte // what stands in the answer before the value; all of the field for __typename
	kind          plan.OutputKind
	slot          int
	shape         *shape
	coordinate    string // Type.field, for messages
	introspection *ast.Field
}

// shape is the type of a value, as it is checked and written.
type shape struct {
	kind    shapeKind
	nonNull bool
	elem    *shape          // of a list
	object  *output         // of an object
	enum    map[string]bool // the values that clients may see
	name    string          // of the named type, for messages
}

type shapeKind uint8

const (
	listShape shapeKind = iota
	objectShape
	intShape
	floatShape
	stringShape
	booleanShape
	idShape
	enumShape
	customShape

	firstLeaf = intShape // from here on there is nothing below a value
)

var builtin = map[string]shapeKind{"Int": intShape, "Float": floatShape, "String": stringShape, "Boolean": booleanShape, "ID": idShape}

func (c *compiler) output(po *plan.Output, at *plan.Place) (*output, error) {
	if po == nil || po.Place != at {
		return nil, fmt.Errorf("it is read from another place")
	}
	if have := c.outputs[po]; have != nil {
		return have, nil // one part of a selection can stand at many places
	}
	o := &output{typename: po.Typename}
	c.outputs[po] = o
	if err := typenameSlot(at, po.Typename); err != nil {
		return nil, err
	}
	listed := map[*schema.Type]*outputType{}
	for _, pt := range po.ByType {
		ot, err := c.outputType(&pt, at)
		if err != nil {
			return nil, err
		}
		listed[pt.Type] = ot
	}
	if po.Typename < 0 {
		if len(po.ByType) != 1 {
			return nil, fmt.Errorf("%d types share a place without a slot for the runtime type", len(po.ByType))
		}
		o.one = listed[po.ByType[0].Type]
		return o, nil
	}
	o.byName, o.unknown = map[string]*outputType{}, listed[po.Type]
	for _, t := range po.Type.Possible {
		switch ot := listed[t]; {
		case t.Hidden: // clients may not know of it
		case ot != nil:
			o.byName[t.Name] = ot
		default:
			o.byName[t.Name] = &outputType{}
		}
	}
	return o, nil
}

func (c *compiler) outputType(pt *plan.OutputType, at *plan.Place) (*outputType, error) {
	ot := &outputType{fields: make([]outputField, len(pt.Fields))}
	for i := range pt.Fields {
		pf, f := &pt.Fields[i], &ot.fields[i]
		f.key, f.kind = pf.Key, pf.Kind
		if i > 0 {
			f.prefix = append(f.prefix, ',')
		}
		f.prefix = append(value.AppendString(f.prefix, pf.Key), ':')
		switch pf.Kind {
		case plan.OutputTypename:
			f.prefix = value.AppendString(f.prefix, pt.Type.Name)
		case plan.OutputIntrospection:
			f.introspection = pf.Introspection
		case plan.OutputValue:
			if err := c.outputValue(f, pf, pt, at); err != nil {
				return nil, fmt.Errorf("%s: %w", pf.Key, err)
			}
		}
	}
	return ot, nil
}

func (c *compiler) outputValue(f *outputField, pf *plan.OutputField, pt *plan.OutputType, at *plan.Place) error {
	if pf.Field == nil || pf.Type == nil {
		return fmt.Errorf("a value without a type")
	}
	sub, err := subOf(at, pf.Slot, pf.Sub != nil)
	if err != nil {
		return err
	}
	named := &shape{name: pf.Field.Named.Name}
	if pf.Sub != nil {
		named.kind = objectShape
		if named.object, err = c.output(pf.Sub, sub); err != nil {
			return err
		}
	} else if err := named.leaf(pf.Field.Named); err != nil {
		return err
	}
	f.slot, f.shape = pf.Slot, wrap(pf.Type, *named)
	f.coordinate = pt.Type.Name + "." + pf.Field.Name
	return nil
}

// leaf sets the shape of a scalar or enum.
func (s *shape) leaf(t *schema.Type) error {
	switch kind, ok := builtin[t.Name]; {
	case t.Composite():
		return fmt.Errorf("a %s without a selection", t.Name)
	case ok:
		s.kind = kind
	case t.Kind == ast.Enum:
		s.kind, s.enum = enumShape, t.Values
	default:
		s.kind = customShape
	}
	return nil
}

// wrap puts lists around the shape of a named type.
func wrap(t *ast.Type, named shape) *shape {
	s := &named
	if t.Elem != nil {
		s = &shape{kind: listShape, elem: wrap(t.Elem, named), name: named.name}
	}
	s.nonNull = t.NonNull
	return s
}

// responsePath is where the client sees what stands at a path of the store, as far as it does and no list comes in
// between.
func responsePath(o *plan.Output, path []plan.Step) (out ast.Path) {
	for _, s := range path {
		f := fieldAt(o, s.Slot)
		if f == nil {
			return out
		}
		out = append(out, ast.PathName(f.Key))
		if f.Type.Elem != nil {
			return out
		}
		o = f.Sub
	}
	return out
}

func fieldAt(o *plan.Output, slot int) *plan.OutputField {
	if o == nil {
		return nil
	}
	for i := range o.ByType {
		for j := range o.ByType[i].Fields {
			if f := &o.ByType[i].Fields[j]; f.Kind == plan.OutputValue && f.Slot == slot {
				return f
			}
		}
	}
	return nil
}
