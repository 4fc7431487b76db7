package execute

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/execute/introspect"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

// Projection writes the store as the client's answer: in the client's order, each value checked against its type
// ("Value Completion" of the GraphQL specification). A value that cannot be is written first and cut off again: the
// functions that append return false for one that is null where no null may be, and whoever stands above them truncates
// the answer to where it began.

// projection is the making of one answer.
type projection struct {
	r      *run
	path   []pathElement
	errs   gqlerror.List
	more   int // errors beyond the limit
	max    int // bytes
	excess bool
}

// pathElement is a response name, or an index if that is not negative.
type pathElement struct {
	name  string
	index int
}

// project returns the data of the answer and the errors, in the order of the answer.
func (r *run) project() ([]byte, gqlerror.List) {
	p := projection{r: r, path: r.path[:0], max: r.maxBytes()}
	size := &r.program.size
	if hint := int(size.Load()); cap(r.buf) < hint {
		r.buf = make([]byte, 0, hint+hint/8)
	}
	data, ok := p.object(r.buf[:0], r.root.Slots(), r.program.output)
	switch {
	case p.excess:
		data = append(data[:0], "null"...)
		p.errs = gqlerror.List{tooLarge()}
		p.more = 0
	case !ok:
		data = append(data[:0], "null"...)
	}
	r.buf, r.path = data, p.path
	size.Store(int64(min(len(data), keepBytes)))
	slices.Sort(r.effaced)
	for _, n := range slices.Compact(r.effaced) {
		if r.failures[n].extensions == nil { // it was reported nowhere
			r.unplaced = append(r.unplaced, n)
		}
	}
	root := shape{kind: objectShape, object: &output{one: r.program.output}}
	slices.SortStableFunc(r.unplaced, func(a, b int) int { return r.failures[a].fetch - r.failures[b].fetch })
	for _, n := range r.unplaced {
		if p.room() {
			f := &r.failures[n]
			p.errs = append(p.errs, r.report(n, onward(r.program.fetches[f.fetch].at, f.onward, &root)))
		}
	}
	if p.more > 0 {
		p.errs = append(p.errs, fault.New(fault.TooManyErrors, fmt.Sprintf("There are %d more errors.", p.more)))
	}
	return data, p.errs
}

// object appends an object with the fields of one type.
func (p *projection) object(dst []byte, object []value.Value, t *outputType) ([]byte, bool) {
	dst = append(dst, '{')
	top := len(p.path)
	p.path = append(p.path, pathElement{index: -1})
	ok := true
	for i := range t.fields {
		f := &t.fields[i]
		if len(dst) > p.max { // one long value under many aliases makes a long answer without any list
			p.excess = true
			p.path = p.path[:top]
			return dst, false
		}
		dst = append(dst, f.prefix...)
		switch f.kind {
		case plan.OutputValue:
			v := object[f.slot]
			if k := v.Kind(); k > value.Null && k < value.Mark && f.shape.kind >= firstLeaf {
				if dst, ok = appendLeaf(dst, v, f.shape); ok {
					continue // as most do: the path is needed for errors only
				}
			}
			p.path[top].name = f.key
			if dst, ok = p.value(dst, v, f.shape, f); !ok {
				p.path = p.path[:top]
				return dst, false
			}
		case plan.OutputIntrospection:
			dst = introspect.Append(dst, p.r.program.api, f.introspection, p.r.in.Variables, p.max)
			p.excess = p.excess || len(dst) > p.max
		}
	}
	p.path = p.path[:top]
	return append(dst, '}'), true
}

// value appends one value of a field, or of a list in it.
func (p *projection) value(dst []byte, v value.Value, s *shape, f *outputField) ([]byte, bool) {
	start, ok := len(dst), false
	switch v.Kind() {
	case value.Missing, value.Null:
		if s.nonNull {
			p.report(fault.NullResult, "Cannot return null for non-nullable field "+f.coordinate+".")
		}
	case value.Mark:
		p.reportFailure(v, s)
	default:
		switch s.kind {
		case listShape:
			dst, ok = p.list(dst, v, s, f)
		case objectShape:
			dst, ok = p.composite(dst, v, s, f)
		default:
			if dst, ok = appendLeaf(dst, v, s); !ok {
				p.report(fault.InvalidResult, "The value of "+f.coordinate+" is not a valid "+s.name+".")
			}
		}
	}
	if ok {
		return dst, true
	}
	if s.nonNull || p.excess {
		return dst, false
	}
	return append(dst[:start], "null"...), true
}

func (p *projection) list(dst []byte, v value.Value, s *shape, f *outputField) ([]byte, bool) {
	if v.Kind() != value.List {
		p.report(fault.InvalidResult, "The value of "+f.coordinate+" is not a list.")
		return dst, false
	}
	dst = append(dst, '[')
	top := len(p.path)
	p.path = append(p.path, pathElement{})
	ok := true
	for i, item := range v.Items() {
		if i > 0 {
			dst = append(dst, ',')
		}
		p.path[top].index = i
		if dst, ok = p.value(dst, item, s.elem, f); !ok {
			break
		}
		if len(dst) > p.max {
			p.excess, ok = true, false
			break
		}
	}
	p.path = p.path[:top]
	return append(dst, ']'), ok
}

// composite appends an object of whatever type it is.
func (p *projection) composite(dst []byte, v value.Value, s *shape, f *outputField) ([]byte, bool) {
	if v.Kind() != value.Record {
		p.report(fault.InvalidResult, "The value of "+f.coordinate+" is not an object.")
		return dst, false
	}
	object, o := v.Slots(), s.object
	t := o.one
	if t == nil {
		switch name := object[o.typename]; name.Kind() {
		case value.String:
			t = o.byName[name.Text()]
		case value.Mark:
			p.reportFailure(name, nil)
			return dst, false
		case value.Missing:
			t = o.unknown
		}
	}
	if t == nil {
		p.report(fault.InvalidResult, "The value of "+f.coordinate+" is of no type that a "+s.name+" can be.")
		return dst, false
	}
	return p.object(dst, object, t)
}

// report records an error at the present path.
func (p *projection) report(code fault.Code, message string) {
	if p.room() {
		err := fault.New(code, message)
		err.Path = p.here()
		p.errs = append(p.errs, err)
	}
}

// reportFailure records the failure that a mark stands for at the present path, which leads to a value of
// a shape, or where it is to be told once.
func (p *projection) reportFailure(mark value.Value, s *shape) {
	n := mark.MarkNumber()
	f := &p.r.failures[n]
	if f.Once && f.extensions != nil || !p.room() {
		return // it was reported, or there is no room for it
	}
	path := p.r.program.fetches[f.fetch].at
	if !f.Once {
		path = onward(p.here(), f.onward, s)
	}
	p.errs = append(p.errs, p.r.report(n, path))
}

// room reports whether one more error may be listed, and counts it if not.
func (p *projection) room() bool {
	if len(p.errs) < p.r.maxErrors() {
		return true
	}
	p.more++
	return false
}

// here is the present path.
func (p *projection) here() ast.Path {
	path := make(ast.Path, len(p.path))
	for i, e := range p.path {
		if e.index < 0 {
			path[i] = ast.PathName(e.name)
		} else {
			path[i] = ast.PathIndex(e.index)
		}
	}
	return path
}

func (r *run) maxErrors() int {
	if r.in.MaxErrors > 0 {
		return r.in.MaxErrors
	}
	return defaultMaxErrors
}

func (r *run) maxValues() int {
	if r.in.MaxValues > 0 {
		return r.in.MaxValues
	}
	return defaultMaxValues
}

func (r *run) maxBytes() int {
	if r.in.MaxBytes > 0 {
		return r.in.MaxBytes
	}
	return defaultMaxBytes
}
