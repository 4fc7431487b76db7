package mapping

import (
	"slices"

	"github.com/sluice-gateway/sluice/value"
)

// Layout returns a filter that does the whole of the mapping while a body is scanned, for the mappings that most are:
// fields under their own or other names, objects made of them, constants, braces. It returns nil for any other.
//
// A scan with it has the result that [Mapping.Apply] has, except that a member without a value may stand as a missing
// one, or ends with [value.ErrLayout]: where there is anything to tell of problems, Apply has to tell it.
func (m *Mapping) Layout() *value.Filter {
	return layoutOf(m.root)
}

// layoutOf returns the filter for an expression that stands alone, where @ and $ are the same; nil if there is none.
func layoutOf(e expr) *value.Filter {
	p, ok := e.(*path)
	if !ok || p.head == headVar || p.head == headExpr {
		return nil
	}
	return layoutOfSteps(p.steps)
}

// layoutOfSteps returns the filter for keys with braces at the end.
func layoutOfSteps(steps []step) *value.Filter {
	if len(steps) == 0 {
		return nil
	}
	s := &steps[0]
	switch {
	case s.kind == stepBlock && len(steps) == 1:
		return layoutOfBlock(s.block)
	case s.kind != stepKey || s.quiet:
		return nil
	}
	below := layoutOfSteps(steps[1:])
	if below == nil {
		return nil
	}
	return &value.Filter{
		Keys:   []value.FilterKey{{Key: s.key, Want: below}},
		Layout: &value.Layout{Only: true, Required: 1},
	}
}

// layoutOfBlock returns the filter for braces.
func layoutOfBlock(b *block) *value.Filter {
	if len(b.items) == 1 && b.items[0].kind == itemAnonymous {
		return layoutOf(b.items[0].value)
	}
	if !b.simple {
		return nil
	}
	f := &value.Filter{Layout: &value.Layout{Make: make([]value.Member, len(b.items)), Size: len(b.items)}}
	if !layOut(f, b, 0) {
		return nil
	}
	return f
}

// layOut adds the items of a block to the filter, with their members from base on; it reports false if one is not plain.
func layOut(f *value.Filter, b *block, base int) bool {
	lay := f.Layout
	for i := range b.items {
		it, at := &b.items[i], base+i
		lay.Make[at].Key = it.key
		if it.direct {
			if !layOutKey(f, it, at) {
				return false
			}
			continue
		}
		switch e := it.value.(type) {
		case *literal:
			lay.Make[at].Value = e.value
		case *object: // of fields of the same $
			if !e.block.simple {
				return false
			}
			from := len(lay.Make)
			lay.Make = append(lay.Make, make([]value.Member, len(e.block.items))...)
			lay.Parts = append(lay.Parts, value.LayoutPart{At: at, From: from, To: len(lay.Make)})
			if !layOut(f, e.block, from) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// layOutKey has a key of the document fill a member.
func layOutKey(f *value.Filter, it *item, at int) bool {
	i := slices.IndexFunc(f.Keys, func(k value.FilterKey) bool { return k.Key == it.from })
	var below *value.Filter
	if it.sub != nil {
		if below = layoutOfBlock(it.sub); below == nil {
			return false
		}
	}
	switch {
	case i < 0 && len(f.Keys) == value.MaxLayoutKeys:
		return false
	case i < 0:
		i = len(f.Keys)
		f.Keys = append(f.Keys, value.FilterKey{Key: it.from, Want: below})
	case f.Keys[i].Want != nil || below != nil:
		return false // it is read in two ways
	}
	if !it.optional {
		f.Layout.Required |= 1 << i
	}
	f.Keys[i].To = append(f.Keys[i].To, value.Target{At: at, Optional: it.optional})
	return true
}
