package connect

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Output is the tree of fields that a connector gives, at one position. That of a connector whose field is a leaf is
// empty.
type Output struct {
	Order  []string           // the names of Fields, in the order of the selection
	Fields map[string]*Output // nil values are leaves
	// On are the fields by the name of the object type, where the type is abstract. Fields are then those that all of
	// them give.
	On map[string]*Output
}

// String returns the field set of the output, for people and tests: "id ship { imo }". Fields by object type stand
// behind "... on", as in a query.
func (o *Output) String() string {
	var b strings.Builder
	o.write(&b)
	return b.String()
}

func (o *Output) write(b *strings.Builder) {
	if o == nil {
		return
	}
	space := func() {
		if s := b.String(); s != "" && !strings.HasSuffix(s, " ") {
			b.WriteByte(' ')
		}
	}
	for _, name := range o.Order {
		space()
		b.WriteString(name)
		if sub := o.Fields[name]; sub != nil {
			b.WriteString(" { ")
			sub.write(b)
			b.WriteString(" }")
		}
	}
	for _, name := range sortedKeys(o.On) {
		space()
		b.WriteString("... on " + name + " { ")
		o.On[name].write(b)
		b.WriteString(" }")
	}
}

// merge adds the fields of another output to one at the same position. It takes the other apart.
func (o *Output) merge(other *Output) {
	for _, name := range other.Order {
		sub := other.Fields[name]
		was, ok := o.Fields[name]
		switch {
		case !ok:
			if o.Fields == nil {
				o.Fields = map[string]*Output{}
			}
			o.Fields[name] = sub
			o.Order = append(o.Order, name)
		case was != nil && sub != nil:
			was.merge(sub)
		}
	}
	for name, sub := range other.On {
		if o.On[name] != nil {
			o.On[name].merge(sub)
			continue
		}
		if o.On == nil {
			o.On = map[string]*Output{}
		}
		o.On[name] = sub
	}
}

// common sets the fields of an interface that all alternatives give.
func (o *Output) common(d *definition) {
	if d.kind != ast.Interface || len(o.On) == 0 {
		return
	}
	names := sortedKeys(o.On)
	o.Fields = map[string]*Output{}
	for _, f := range d.fields {
		var given []*Output
		for _, n := range names {
			if sub, ok := o.On[n].Fields[f.Name]; ok {
				given = append(given, sub)
			}
		}
		if len(given) < len(names) {
			continue
		}
		o.Fields[f.Name] = intersect(given)
		o.Order = append(o.Order, f.Name)
	}
}

// intersect returns what all of several outputs give at one position.
func intersect(all []*Output) *Output {
	if slices.Contains(all, nil) {
		return nil
	}
	out := &Output{Fields: map[string]*Output{}}
	in := func(all []*Output, get func(*Output) (*Output, bool)) ([]*Output, bool) {
		var subs []*Output
		for _, o := range all {
			sub, ok := get(o)
			if !ok {
				return nil, false
			}
			subs = append(subs, sub)
		}
		return subs, true
	}
	for _, name := range all[0].Order {
		if subs, ok := in(all, func(o *Output) (*Output, bool) { sub, ok := o.Fields[name]; return sub, ok }); ok {
			out.Fields[name] = intersect(subs)
			out.Order = append(out.Order, name)
		}
	}
	for _, name := range sortedKeys(all[0].On) {
		if subs, ok := in(all, func(o *Output) (*Output, bool) { sub, ok := o.On[name]; return sub, ok }); ok {
			if out.On == nil {
				out.On = map[string]*Output{}
			}
			out.On[name] = intersect(subs)
		}
	}
	return out
}

func (o *Output) clone() *Output {
	if o == nil {
		return nil
	}
	c := &Output{Order: slices.Clone(o.Order), Fields: make(map[string]*Output, len(o.Fields))}
	for name, sub := range o.Fields {
		c.Fields[name] = sub.clone()
	}
	if o.On != nil {
		c.On = make(map[string]*Output, len(o.On))
		for name, sub := range o.On {
			c.On[name] = sub.clone()
		}
	}
	return c
}
