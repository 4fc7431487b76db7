package schema

import (
	"cmp"
	"slices"
)

// landing is one way in which the object at a position was had: from which source, and what of it is at hand there.
type landing struct {
	source *Source
	on     *Type  // as the source declares the value
	shape  *Shape // what is at hand; nil: the open source's own schema
	// each is the entrance below a list that takes one object a call and that this landing depends on; nil if there is
	// none.
	each *Entrance
}

// eachRank puts landings that need no call for each object first.
func eachRank(l landing) int {
	if l.each == nil {
		return 0
	}
	return 1
}

// narrow returns what is left of a landing for objects of one type, and false if the source cannot return that type.
func narrow(l landing, o *Type) (landing, bool) {
	if l.on == o {
		return l, true
	}
	if l.source.Open == nil {
		// Without parts for object types, the source gives the same of all of them: it knows the interface alone.
		return l, len(l.shape.On) == 0 || l.shape.On[o] != nil
	}
	open := l.source.Open.Types[l.on]
	switch {
	case open == nil:
		return l, false
	case open.InterfaceObject:
		return l, true
	}
	l.on = o
	return l, slices.Contains(open.Members, o)
}

// narrowed narrows landings; all is false if some source cannot return the type.
func narrowed(landings []landing, o *Type) (out []landing, all bool) {
	all = true
	for _, l := range landings {
		if n, ok := narrow(l, o); ok {
			out = append(out, n)
		} else {
			all = false
		}
	}
	return out, all
}

// advanceAll returns the ways in which a field can be had, those that need no call for each object first.
func (r *reach) advanceAll(landings []landing, on *Type, f *Field) []landing {
	var out []landing
	for _, l := range landings {
		if next, ok := r.advance(l, on, f); ok && !slices.Contains(out, next) {
			out = append(out, next)
		}
	}
	slices.SortStableFunc(out, func(a, b landing) int { return cmp.Compare(eachRank(a), eachRank(b)) })
	return out
}

// advance takes one field of an object that was had by a landing.
func (r *reach) advance(l landing, on *Type, f *Field) (landing, bool) {
	next := landing{source: l.source, on: f.Named, each: l.each}
	open := l.openType(on)
	if open != nil {
		if of := open.Fields[f.Name]; of != nil {
			if named := r.supergraph.Types[of.Type.Name()]; named != nil {
				next.on = named
			}
		}
	}
	if l.shape != nil {
		if sub, ok := l.shape.Fields[f.Name]; ok {
			next.shape = sub
			return next, true
		}
		if part := l.shape.On[on]; part != nil {
			if sub, ok := part.Fields[f.Name]; ok {
				next.shape = sub
				return next, true
			}
		}
		if !l.shape.Open {
			return next, false
		}
	}
	if open == nil {
		return next, false
	}
	of := open.Fields[f.Name]
	if of == nil || of.External || of.Requires != nil || !r.usable(of) {
		return next, false
	}
	next.shape = of.Provides
	return next, true
}

// openType returns what an open source declares of an object: its type, or the interface that stands for it.
func (l landing) openType(on *Type) *OpenType {
	if l.source.Open == nil {
		return nil
	}
	if t := l.source.Open.Types[l.on]; t != nil && (l.on == on || t.InterfaceObject) {
		return t
	}
	return l.source.Open.Types[on]
}

// byField returns, for the name of a field of an object, the landings that may give it: a root type has thousands of
// fields and as many landings with one field each.
func byField(landings []landing, on *Type) func(field string) []landing {
	closed := map[string][]landing{}
	var open []landing
	for _, l := range landings {
		if l.source.Open != nil {
			if t := l.openType(on); t != nil && l.shape == nil {
				for name, f := range t.Fields {
					if !f.External && f.Requires == nil {
						closed[name] = append(closed[name], l)
					}
				}
				continue
			}
			if l.shape != nil && !l.shape.Open && len(l.shape.On) == 0 {
				for name := range l.shape.Fields {
					closed[name] = append(closed[name], l)
				}
				continue
			}
			open = append(open, l)
			continue
		}
		for name := range l.shape.Fields {
			closed[name] = append(closed[name], l)
		}
		if part := l.shape.On[on]; part != nil {
			for name := range part.Fields {
				if _, ok := l.shape.Fields[name]; !ok {
					closed[name] = append(closed[name], l)
				}
			}
		}
	}
	return func(field string) []landing { return slices.Concat(closed[field], open) }
}
