package worlds

import "slices"

// invite has the one subgraph that finds the objects of an interface by their key know all of their types.
func (w *World) invite() {
	if w.home == nil {
		return
	}
	w.home.show(w.shared)
	for _, m := range w.shared.Members {
		w.home.keys[m][0] = true
		w.home.giveAll(m, m.Ways[0])
	}
}

// require adds fields that subgraphs make of what others give.
func (w *World) require() {
	for _, t := range w.Entities {
		for _, s := range shuffled(w.dice, w.others()) {
			for range boolInt(w.dice.chance(45)) + boolInt(w.dice.chance(20)) {
				w.calc(s, t)
			}
		}
	}
}

// calc adds a field to a subgraph.
func (w *World) calc(s *Subgraph, t *Type) {
	d := w.dice
	f := &Field{Name: t.next(), Type: named("String", false), How: Calc}
	for _, k := range shuffled(d, t.Fields) {
		if len(f.Uses) < d.between(1, 3) {
			f.Uses = append(f.Uses, w.requirement(s, t, k)...)
		}
	}
	if len(f.Uses) == 0 {
		return
	}
	t.Fields = append(t.Fields, f)
	s.give(t, f)
}

// requirement makes field sets of a field for one that a subgraph computes; none if that must not be. What is read is
// either not the subgraph's, or stands below what is not.
func (w *World) requirement(s *Subgraph, t *Type, f *Field) FieldSet {
	given := slices.Contains(s.fields[t], f)
	if t.identifies(f) || s.stale[f] || f.shown || f.alien || f.Type.Name() == customName || f.How != Plain && f.How != Slice && f.How != Echo && f.How != Calc {
		return nil
	}
	use := &Use{Field: f, Args: w.someArguments(f)}
	switch {
	case f.Of == nil && given:
		return nil
	case f.Of == nil:
		s.need(t, f)
		return FieldSet{use}
	case f.Of.value() && !given:
		use.Sub = w.below(s, f.Of, false)
	case f.Of.entity() && !f.Of.ghosts():
		use.Sub = w.below(s, f.Of, given)
	case f.Of.abstract() && !given && !slices.ContainsFunc(f.Of.Members, (*Type).ghosts):
		for _, m := range some(w.dice, f.objects(), 60) {
			for _, u := range w.below(s, m, false) {
				u.On, u.Sure = m, f.Only == m
				use.Sub = append(use.Sub, u)
				s.meet(f.Of, m)
			}
		}
	}
	if len(use.Sub) == 0 {
		return nil
	}
	if !given {
		s.need(t, f)
		s.narrow[f] = true // what is external must not be wider than what is given
	}
	return FieldSet{use}
}

// below chooses leaves of an object that a subgraph reads.
func (w *World) below(s *Subgraph, t *Type, external bool) (out FieldSet) {
	for _, f := range shuffled(w.dice, t.Fields) {
		if len(out) == 2 || len(out) == 1 && w.dice.chance(50) {
			break
		}
		given := slices.Contains(s.fields[t], f) || t.entity() && t.identifies(f)
		if f.Of != nil || f.alien || f.Type.Name() == customName || f.How != Plain && f.How != Echo || given && external || f.shown && external {
			continue
		}
		s.need(t, f)
		out = append(out, &Use{Field: f, Args: w.someArguments(f)})
	}
	return out
}

// someArguments makes constant arguments for a field.
func (w *World) someArguments(f *Field) map[string]string {
	args := map[string]string{}
	for _, a := range f.Args {
		if a.Type.NonNull && a.Default == "" || w.dice.chance(60) {
			args[a.Name] = literal(w.dice, a.Type)
		}
	}
	return args
}

// provide has fields bring along what their subgraph gives nowhere else.
func (w *World) provide() {
	for _, s := range w.others() {
		for _, t := range slices.Concat([]*Type{w.Query}, w.Entities) {
			for _, f := range s.fields[t] {
				if f.Of == nil || f.Of.value() || s.stale[f] || w.dice.chance(70) {
					continue
				}
				of := s.of(f)
				to := of
				if of.abstract() {
					to = pick(w.dice, s.members[of])
				}
				set := w.brought(s, to)
				for _, u := range set {
					if of.abstract() {
						u.On = to
					}
				}
				if set != nil {
					s.provides[f] = set
				}
			}
		}
	}
}

// brought chooses fields of an object that a subgraph provides.
func (w *World) brought(s *Subgraph, t *Type) (set FieldSet) {
	for _, f := range shuffled(w.dice, t.Fields) {
		if len(set) > 1 || slices.Contains(s.fields[t], f) || t.identifies(f) || f.shown || f.alien || f.How != Plain || t.ghosts() && f.Type.NonNull {
			continue
		}
		u := &Use{Field: f}
		switch {
		case f.Of == nil:
		case f.Of.value() && f.Of.flat():
			for _, g := range some(w.dice, f.Of.Fields, 60) {
				if g.Of == nil {
					s.need(f.Of, g)
					u.Sub = append(u.Sub, &Use{Field: g})
				}
			}
			if u.Sub == nil {
				continue
			}
		default:
			continue
		}
		s.need(t, f)
		set = append(set, u)
	}
	return set
}

// estrange completes the subgraph that knows an interface as an object type: what it gives of it, it gives of all objects.
func (w *World) estrange() {
	if w.stranger == nil {
		return
	}
	s, t := w.stranger, w.shared
	s.give(t, t.field("id"))
	for _, f := range t.Fields {
		if f.alien {
			s.give(t, f)
		}
		for _, u := range f.Uses {
			s.need(t, u.Field)
		}
	}
}

// addAliens adds fields to an interface, and to all of its types, that the one subgraph gives which does not know those.
func (w *World) addAliens() {
	if w.shared == nil {
		return
	}
	d, t := w.dice, w.shared
	add := func(f *Field) {
		f.alien = true
		t.Fields = append(t.Fields, f)
		for _, m := range t.Members {
			own := *f
			m.Fields = append(m.Fields, &own)
		}
	}
	for i := range d.between(1, 2) {
		f := w.leaf("o" + string(rune('a'+i)))
		f.Hidden = false
		add(f)
	}
	add(&Field{Name: "oEcho", Type: named("String", false), How: Echo, Args: w.args()})
	for _, of := range []*Type{t, pick(d, w.Entities)} {
		if slices.Contains(t.Members, of) || d.chance(30) {
			continue
		}
		f := &Field{Name: "o" + of.Name, Type: named(of.Name, false), Of: of}
		if d.chance(50) {
			f.Type = d.listing(of.Name)
		}
		add(f)
	}
	if uses := t.field("i0"); uses.Type.Name() != customName && d.chance(60) {
		add(&Field{Name: "oCalc", Type: named("String", false), How: Calc, Uses: FieldSet{{Field: uses}}})
	}
	for _, list := range []bool{false, true} {
		f := &Field{Name: w.Query.next() + "Strange", Type: named(t.Name, false), Of: t, alien: true}
		if list {
			f.Type = listOf(named(t.Name, d.chance(50)), d.chance(50))
		}
		w.Query.Fields = append(w.Query.Fields, f)
	}
}
