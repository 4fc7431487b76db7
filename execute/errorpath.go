package execute

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/plan"
)

// An error can be about a value that is not there because the null went up from it. Clients are told the path of the value
// all the same, in their own names: it leads on from the null, along what the fetch asked for.

// errorStep is one step of a path below a null: to the value of a slot, or to an item.
type errorStep struct {
	slot  int // -1: an item
	index int
}

// leading returns the number of failure n with a path that leads on. Each part of a path is tried against the tree; where
// it leads out of it, the path ends.
func (r *run) leading(n int, t *tree, path []any) int {
	var steps []errorStep
	for _, p := range path {
		switch p := p.(type) {
		case int:
			steps = append(steps, errorStep{-1, p})
			continue
		case string:
			if f := t.anyField(p); f != nil {
				steps = append(steps, errorStep{slot: f.slot})
				t = f.sub
				continue
			}
		}
		break
	}
	if len(steps) == 0 {
		return n
	}
	// Its places have mostly the same way to go on: one copy serves them all.
	if last := len(r.failures) - 1; r.failures[last].copied && r.failures[last].of == n && slices.Equal(r.failures[last].onward, steps) {
		return last
	}
	f := r.failures[n]
	f.copied, f.of, f.onward = true, n, steps
	r.failures = append(r.failures, f)
	return len(r.failures) - 1
}

// anyField finds a field by its name in the answer, whatever the type of the object would have been.
func (t *tree) anyField(name string) *treeField {
	if t == nil {
		return nil
	}
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	for i := range t.on {
		for j := range t.on[i].fields {
			if f := &t.on[i].fields[j]; f.name == name {
				return f
			}
		}
	}
	return nil
}

// onward appends steps to a path that leads to a value of a shape, as far as the client has asked for what they lead to.
func onward(path ast.Path, steps []errorStep, s *shape) ast.Path {
	for _, step := range steps {
		switch {
		case s == nil:
			return path
		case step.slot < 0:
			if s.kind != listShape {
				return path
			}
			path, s = append(path, ast.PathIndex(step.index)), s.elem
		default:
			f := s.object.fieldOf(step.slot)
			if f == nil {
				return path
			}
			path, s = append(path, ast.PathName(f.key)), f.shape
		}
	}
	return path
}

// fieldOf returns the first field that shows a slot, of whatever type.
func (o *output) fieldOf(slot int) *outputField {
	if o == nil {
		return nil
	}
	of := func(t *outputType) *outputField {
		if t == nil {
			return nil
		}
		i := slices.IndexFunc(t.fields, func(f outputField) bool { return f.kind == plan.OutputValue && f.slot == slot })
		if i < 0 {
			return nil
		}
		return &t.fields[i]
	}
	if f := of(o.one); f != nil {
		return f
	}
	for _, name := range slices.Sorted(maps.Keys(o.byName)) {
		if f := of(o.byName[name]); f != nil {
			return f
		}
	}
	return of(o.unknown)
}
