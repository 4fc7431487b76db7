package operation

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/value"
)

// coercion checks JSON values against input types and brings them into the form that the rest of the gateway works
// with. It works in place: the values it is given are its own.
type coercion struct {
	arena     *value.Arena
	errs      gqlerror.List
	suggested int
	slots     []value.Member // of the objects at hand, a stack
	filled    int            // slots used so far
	aborted   bool

	current *variable
	path    []step // from the variable to the value at hand
}

// coercions keep their stacks for the next request.
var coercions = sync.Pool{New: func() any { return new(coercion) }}

func newCoercion(a *value.Arena) *coercion {
	c, _ := coercions.Get().(*coercion)
	c.arena = a
	return c
}

// release gives the coercion back. Its errors are the caller's.
func (c *coercion) release() {
	clear(c.slots[:cap(c.slots)])
	clear(c.path[:cap(c.path)])
	if cap(c.slots) > 1024 {
		c.slots = nil
	}
	*c = coercion{slots: c.slots[:0], path: c.path[:0]}
	coercions.Put(c)
}

// step leads into an object or, if name is empty, into a list.
type step struct {
	name  string
	index int
}

// maxSlots bounds what the defaults of many small objects may grow to: a few bytes of JSON can stand for an object with
// a hundred fields.
const maxSlots = 1 << 21

func (c *coercion) full() bool { return c.aborted || len(c.errs) >= maxErrors }

// abort ends coercion with one error.
func (c *coercion) abort(message string) {
	if !c.full() {
		c.aborted = true
		c.errs = gqlerror.List{located(fault.New(fault.OperationTooLarge, message), c.current.position)}
	}
}

func (c *coercion) report(v *variable, message string) {
	if c.full() {
		return
	}
	c.errs = append(c.errs, located(fault.New(fault.BadUserInput, message), v.position))
	if c.full() {
		c.errs = append(c.errs, fault.New(fault.BadUserInput,
			"Too many errors processing variables, error limit reached. Execution aborted."))
	}
}

// invalid reports a value in a variable.
func (c *coercion) invalid(v value.Value, reason string) {
	if c.full() {
		return
	}
	place := ""
	if len(c.path) > 0 {
		place = ` at "` + c.place() + `"`
	}
	c.report(c.current, fmt.Sprintf(`Variable "$%s" got invalid value %s%s; %s`, c.current.name, quote(v), place, reason))
}

// place is the path as a message has it: input.lines[0].quantity.
func (c *coercion) place() string {
	b := []byte(c.current.name)
	for _, s := range c.path {
		if s.name != "" {
			b = append(b, "."+clip(s.name, maxQuoted)...)
		} else {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
		}
	}
	return clip(string(b), 10*maxQuoted)
}

func (c *coercion) variable(v *variable, in value.Value) value.Value {
	if in.IsNull() && v.typ.nonNull {
		c.report(v, fmt.Sprintf(`Variable "$%s" of non-null type "%s" must not be null.`, v.name, v.typ.text))
		return in
	}
	c.current, c.path = v, c.path[:0]
	return c.value(&v.typ, in)
}

func (c *coercion) value(t *typeRef, v value.Value) value.Value {
	switch {
	case v.IsNull():
		if t.nonNull {
			c.invalid(v, fmt.Sprintf(`Expected non-nullable type "%s" not to be null.`, t.text))
		}
		return v
	case t.elem != nil:
		return c.list(t.elem, v)
	}
	return c.named(t.named, v)
}

func (c *coercion) list(elem *typeRef, v value.Value) value.Value {
	if v.Kind() != value.List {
		items := c.arena.Values(1) // a single value stands for a list of one
		items[0] = c.value(elem, v)
		return value.OfItems(items)
	}
	items := v.Items()
	for i := range items {
		if c.full() {
			break
		}
		c.path = append(c.path, step{index: i})
		items[i] = c.value(elem, items[i])
		c.path = c.path[:len(c.path)-1]
	}
	return v
}

func (c *coercion) named(t *inputType, v value.Value) value.Value {
	switch t.kind {
	case intInput:
		return c.integer(v)
	case floatInput:
		if !v.IsNumber() || math.IsInf(v.Float64(), 0) {
			c.invalid(v, "Float cannot represent non numeric value: "+quote(v))
		}
	case stringInput:
		if v.Kind() != value.String {
			c.invalid(v, "String cannot represent a non string value: "+quote(v))
		}
	case booleanInput:
		if v.Kind() != value.Bool {
			c.invalid(v, "Boolean cannot represent a non boolean value: "+quote(v))
		}
	case idInput:
		return c.id(v)
	case enumInput:
		c.enum(t, v)
	case objectInput:
		return c.object(t, v)
	}
	return v
}

// integer takes a number without fraction, however it is written: JSON has one kind of number.
func (c *coercion) integer(v value.Value) value.Value {
	i, ok := v.Int64()
	if !ok && v.IsNumber() {
		f := v.Float64()
		if f != math.Trunc(f) {
			c.invalid(v, "Int cannot represent non-integer value: "+quote(v))
			return v
		}
		if math.Abs(f) <= math.MaxInt32+1 {
			i, ok = int64(f), true
			v = value.OfInt(i)
		}
	}
	switch {
	case !v.IsNumber():
		c.invalid(v, "Int cannot represent non-integer value: "+quote(v))
	case !ok || i < math.MinInt32 || i > math.MaxInt32:
		c.invalid(v, "Int cannot represent non 32-bit signed integer value: "+quote(v))
	}
	return v
}

// id takes strings and integers of any length; the result is a string.
func (c *coercion) id(v value.Value) value.Value {
	switch v.Kind() {
	case value.String:
		return v
	case value.Int:
		return value.OfString(v.Text())
	}
	c.invalid(v, "ID cannot represent value: "+quote(v))
	return v
}

func (c *coercion) enum(t *inputType, v value.Value) {
	if v.Kind() != value.String {
		c.invalid(v, fmt.Sprintf(`Enum "%s" cannot represent non-string value: %s.`, t.name, quote(v)))
		return
	}
	if name := v.Text(); !t.values[name] {
		c.invalid(v, fmt.Sprintf(`Value "%s" does not exist in "%s" enum.%s`,
			clip(name, maxQuoted), t.name, c.didYouMean("the enum value", name, t.names)))
	}
}

// object returns the fields in the order of the type, with the defaults of those that were not given.
func (c *coercion) object(t *inputType, v value.Value) value.Value {
	if v.Kind() != value.Object {
		c.invalid(v, fmt.Sprintf(`Expected type "%s" to be an object.`, t.name))
		return v
	}
	// One slot for each field of the type, so that neither many members nor many fields make this quadratic.
	base := len(c.slots)
	if c.filled += len(t.fields); c.filled > maxSlots {
		c.abort("Variables have too many objects.")
		return v
	}
	c.slots = slices.Grow(c.slots, len(t.fields))[:base+len(t.fields)]
	clear(c.slots[base:])
	defer func() { c.slots = c.slots[:base] }()
	for _, m := range v.Members() {
		i, ok := t.index[m.Key]
		if !ok {
			c.invalid(v, fmt.Sprintf(`Field "%s" is not defined by type "%s".%s`,
				clip(m.Key, maxQuoted), t.name, c.didYouMean("", m.Key, t.names)))
		}
		if c.full() {
			return v
		}
		if !ok {
			continue
		}
		f := &t.fields[i]
		c.path = append(c.path, step{name: f.name})
		in := c.value(&f.typ, m.Value)
		c.slots[base+i] = value.Member{Key: f.name, Value: in}
		c.path = c.path[:len(c.path)-1]
	}
	return c.complete(t, v, c.slots[base:])
}

// complete makes an object of the fields that were given, and of the defaults of those that were not.
func (c *coercion) complete(t *inputType, v value.Value, slots []value.Member) value.Value {
	n := 0
	for i := range t.fields {
		f, m := &t.fields[i], slots[i]
		if m.Value.IsMissing() {
			switch {
			case !f.fallback.IsMissing():
				m = value.Member{Key: f.name, Value: f.fallback}
			case f.typ.nonNull:
				c.invalid(v, fmt.Sprintf(`Field "%s" of required type "%s" was not provided.`, f.name, f.typ.text))
				continue
			default:
				continue
			}
		}
		slots[n] = m
		n++
	}
	if t.oneOf {
		c.oneOf(t, v)
	}
	members := c.arena.Members(n)
	copy(members, slots[:n])
	return value.OfMembers(members)
}

func (c *coercion) oneOf(t *inputType, v value.Value) {
	switch m := v.Members(); {
	case len(m) != 1:
		c.invalid(v, fmt.Sprintf(`Exactly one key must be specified for OneOf type "%s".`, t.name))
	case m[0].Value.IsNull():
		c.path = append(c.path, step{name: m[0].Key})
		c.invalid(m[0].Value, fmt.Sprintf(`Field "%s" must be non-null.`, clip(m[0].Key, maxQuoted)))
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *coercion) didYouMean(kind, name string, options []string) string {
	if c.suggested >= maxSuggestions || c.full() {
		return ""
	}
	c.suggested++
	return suggest.DidYouMean(kind, name, options)
}
