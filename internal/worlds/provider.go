package worlds

import "slices"

// provider decides who gives the fields of an entity by its key.
type provider struct {
	*dice
	world   *World
	on      *Type
	known   []*Field // connectors can have them by any key
	settled bool     // every key leads to the others
}

func (p *provider) home() {
	t := p.on
	p.known = slices.Clone(t.Keys[0])
	for n := range t.Ways { // who has one key can have the others
		if n > 0 && !p.stranded(n) {
			p.link(n, 0)
			p.link(0, n)
		}
		if n > 0 && n < len(t.Keys) {
			p.known = append(p.known, t.Keys[n]...)
		}
	}
	p.settled = true
	groups := map[*Subgraph][]*Field{}
	alone := map[*Subgraph][]*Field{}
	for _, f := range shuffled(p.dice, t.Fields) {
		if t.isKey(f) || f.alien {
			continue
		}
		for _, s := range p.homes(f) {
			switch {
			case s.open():
				p.world.give(s, t, f)
			case len(f.Args) > 0 || p.chance(15):
				alone[s] = append(alone[s], f)
			default:
				groups[s] = append(groups[s], f)
			}
		}
	}
	for _, s := range p.world.connectors() {
		fields := groups[s]
		for len(fields) > 0 {
			n := p.between(1, len(fields))
			p.group(s, pick(p.dice, t.Keys), fields[:n])
			for _, f := range fields[:n] {
				if !s.stale[f] && s.parts[f] == nil {
					p.known = append(p.known, f)
				}
			}
			fields = fields[n:]
		}
	}
	for _, s := range p.world.connectors() {
		for _, f := range alone[s] {
			p.alone(s, f)
		}
	}
}

// link sees to it that who has one key can have another. Those that lie deeper are known to open subgraphs alone.
func (p *provider) link(from, to int) {
	t := p.on
	candidates := p.world.others()
	if from < len(t.Keys) && to < len(t.Keys) {
		candidates = append(candidates, p.world.connectors()...)
	}
	s := pick(p.dice, candidates)
	if !s.open() {
		p.group(s, t.Keys[from], t.Keys[to])
		return
	}
	s.keys[t][from] = true
	if _, ok := s.keys[t][to]; !ok {
		s.keys[t][to] = s.Old || p.chance(50)
	}
	s.giveAll(t, t.Ways[from])
	s.giveAll(t, t.Ways[to])
}

// stranded reports whether nobody uses a key: one that no connector can have, and no other subgraph declares.
func (p *provider) stranded(n int) bool {
	return n >= len(p.on.Keys) && !slices.ContainsFunc(p.world.others(), func(s *Subgraph) bool {
		_, ok := s.keys[p.on][n]
		return ok
	})
}

// one chooses a subgraph that can give a field.
func (p *provider) one(f *Field) *Subgraph {
	candidates := slices.DeleteFunc(p.world.givers(), func(s *Subgraph) bool {
		return s.open() && (p.on.ghosts() && f.Type.NonNull || !p.world.tells(f)) // it would take the object with it
	})
	return pick(p.dice, candidates)
}

// homes chooses the subgraphs that give a field.
func (p *provider) homes(f *Field) []*Subgraph {
	rest := shuffled(p.dice, p.world.connectors())
	if len(rest) > 1 && f.Of != nil && f.Of.value() && len(f.Of.Fields) > 1 && f.Of.flat() && p.chance(35) {
		n := p.between(1, len(f.Of.Fields)-1) // each has a part of the value
		fields := shuffled(p.dice, f.Of.Fields)
		rest[0].parts[f], rest[1].parts[f] = fields[:n], fields[n:]
		return rest[:2]
	}
	homes := []*Subgraph{p.one(f)}
	if from := p.one(f); from != homes[0] && !homes[0].Old && f.FK == nil && f.Only == nil && !p.on.identifies(f) && p.chance(15) {
		homes[0].takes[f], from.stale[f] = from, true
		return append(p.whole(f, homes), from)
	}
	for range boolInt(p.chance(25)) + boolInt(p.chance(8)) {
		if s := p.one(f); !slices.Contains(homes, s) {
			homes = append(homes, s)
		}
	}
	return p.whole(f, homes)
}

// whole adds to those that give a value until everything in it can be had.
func (p *provider) whole(f *Field, homes []*Subgraph) []*Subgraph {
	if f.Of == nil || !f.Of.value() {
		return homes
	}
	covered := map[string]bool{}
	for _, s := range homes {
		for _, path := range s.covers(f.Of, "") {
			covered[path] = true
		}
	}
	var missing []*Field
	for _, g := range f.Of.Fields {
		one := &Type{Fields: []*Field{g}}
		if slices.ContainsFunc((&Subgraph{}).covers(one, ""), func(path string) bool { return !covered[path] }) {
			missing = append(missing, g)
		}
	}
	if missing == nil {
		return homes
	}
	rest := slices.DeleteFunc(p.world.connectors(), func(s *Subgraph) bool { return slices.Contains(homes, s) || s.stale[f] })
	if len(rest) > 0 && p.chance(50) {
		s := pick(p.dice, rest)
		s.parts[f] = missing
		return append(homes, s)
	}
	homes[0].learn(f.Of, missing)
	return homes
}

// group adds a connector that gives fields by a key.
func (p *provider) group(s *Subgraph, key, fields []*Field) {
	c := &Connector{On: p.on, Needs: slices.Clone(key)}
	sh := &shaper{p.dice, s}
	switch n := p.n(10); {
	case n < 5:
		c.Batch = true
		c.MaxSize = pick(p.dice, []int{0, 0, 1, 2, 3})
		c.Endpoint = p.endpoint(s, p.on, nil)
		p.batch(c)
	case n < 8 || !p.entityField(s, c, key):
		if p.settled && p.chance(35) {
			p.more(c)
		}
		c.Endpoint = p.reuse(s, c.Needs, false)
		fresh := c.Endpoint == nil
		if fresh {
			c.Endpoint = p.endpoint(s, p.on, nil)
			p.byKey(c.Endpoint, c.Needs)
			c.Endpoint.Absent = absent(p.n(4))
		}
		p.inputs(c, fresh)
	}
	p.choose(sh, c, fields)
	s.Connectors = append(s.Connectors, c)
}

// choose makes sure that the endpoint has the fields, and selects them.
func (p *provider) choose(sh *shaper, c *Connector, fields []*Field) {
	if c.Endpoint.Shape == nil {
		c.Endpoint.Shape = &Shape{Type: p.on}
	}
	wanted := slices.Clone(fields)
	if c.Batch || c.Entity {
		wanted = append(slices.Clone(c.Needs), wanted...)
	}
	for _, f := range wanted {
		sh.add(c.Endpoint.Shape, f, 2)
	}
	c.Gives = c.Endpoint.Shape.with(wanted)
}

// inputs says where the inputs of an endpoint come from, and adds one that is deep in the object.
func (p *provider) inputs(c *Connector, fresh bool) {
	for _, k := range c.Needs {
		c.Inputs = append(c.Inputs, "$this."+k.Name)
	}
	if !fresh || !p.settled || p.chance(70) {
		return
	}
	for _, v := range p.known {
		if v.Of == nil || v.Of.entity() || v.Of.abstract() || v.Type.Elem != nil {
			continue
		}
		if f := v.Of.Fields[0]; f.Type.Elem == nil && f.Type.NamedType != customName {
			c.Deep = &Deep{v, f}
			c.Inputs = append(c.Inputs, "$this."+v.Name+"."+f.Name)
			c.Endpoint.Inputs = append(c.Endpoint.Inputs, &Input{Name: v.Name + "-" + f.Name, Type: f.Type, In: inQuery, Deep: c.Deep})
			return
		}
	}
}

// more makes a connector need further fields, which others give.
func (p *provider) more(c *Connector) {
	for _, f := range p.known {
		if f.Of == nil && f.Type.Elem == nil && f.Type.NamedType != customName && len(f.Args) == 0 && !slices.Contains(c.Needs, f) && p.chance(40) {
			c.Needs = append(c.Needs, f)
			return
		}
	}
}

// entityField makes a connector on a new root field that is marked entity: true.
func (p *provider) entityField(s *Subgraph, c *Connector, key []*Field) bool {
	q := p.world.Query
	f := &Field{Name: q.next() + "Entity", Type: named(p.on.Name, false), Of: p.on, How: Lookup}
	for _, k := range key {
		f.Args = append(f.Args, &Arg{Name: k.Name, Type: k.Type})
		c.Inputs = append(c.Inputs, "$args."+k.Name)
	}
	q.Fields = append(q.Fields, f)
	c.Field, c.On, c.Entity = f, q, true
	if c.Endpoint = p.reuse(s, key, false); c.Endpoint == nil {
		c.Endpoint = p.endpoint(s, p.on, nil)
		p.byKey(c.Endpoint, key)
		c.Endpoint.Absent = absent(p.n(4))
	}
	return true
}

// alone adds a connector for one field.
func (p *provider) alone(s *Subgraph, f *Field) {
	sh := &shaper{p.dice, s}
	if p.byForeignKey(sh, f) {
		return
	}
	c := &Connector{On: p.on, Field: f, Needs: slices.Clone(pick(p.dice, p.on.Keys))}
	c.Endpoint = p.endpoint(s, p.on, f)
	if p.chance(25) {
		p.more(c)
	}
	p.byKey(c.Endpoint, c.Needs)
	p.inputs(c, true)
	p.arguments(c)
	p.result(sh, c)
	s.Connectors = append(s.Connectors, c)
}

// byForeignKey adds a connector for a reference that asks for the other object by a field of this one, or asks nobody.
func (p *provider) byForeignKey(sh *shaper, f *Field) bool {
	i := slices.IndexFunc(p.on.Fields, func(k *Field) bool { return k.FK == f })
	if i < 0 || p.chance(30) {
		return false
	}
	fk, to := p.on.Fields[i], f.Of
	c := &Connector{On: p.on, Field: f, Needs: []*Field{fk}, Inputs: []string{"$this." + fk.Name}}
	sh.sub.Connectors = append(sh.sub.Connectors, c)
	if p.chance(40) { // the key is all there is to know
		c.Gives = &Shape{Type: to, Fields: []*ShapeField{{Field: to.Keys[0][0]}}}
		return true
	}
	of := &provider{dice: p.dice, world: p.world, on: to}
	c.Endpoint = of.reuse(sh.sub, to.Keys[0], to.ghosts())
	if c.Endpoint == nil || c.Endpoint.Inputs[0].In != inPath { // where a null means that there is nothing to ask for
		c.Endpoint = of.endpoint(sh.sub, to, nil)
		c.Endpoint.Ghosts = to.ghosts()
		c.Endpoint.Inputs = []*Input{{Name: to.Keys[0][0].Name, Type: to.Keys[0][0].Type, Key: true}}
	}
	of.choose(sh, c, append(slices.Clone(to.Keys[0]), some(p.dice, to.Fields, 30)...))
	return true
}

// endpoint adds an endpoint to a subgraph.
func (p *provider) endpoint(s *Subgraph, on *Type, f *Field) *Endpoint {
	e := &Endpoint{ID: len(s.Endpoints), Method: "GET", On: on, Field: f, Wrap: wrap(p.n(3)), Absent: absent(p.n(2))}
	if (f == nil || f.Of != nil && f.Type.Elem == nil) && p.chance(20) {
		e.Wrap = inRows
	}
	s.Endpoints = append(s.Endpoints, e)
	return e
}

// reuse returns an endpoint that is there already and gives a row by the same fields.
func (p *provider) reuse(s *Subgraph, needs []*Field, ghosts bool) *Endpoint {
	for _, e := range s.Endpoints {
		if e.On != p.on || e.Field != nil || e.Batch != noBatch || e.Ghosts != ghosts || len(e.Inputs) != len(needs) || p.chance(30) {
			continue
		}
		same := true
		for i, k := range needs {
			same = same && e.Inputs[i].Name == k.Name && e.Inputs[i].Deep == nil
		}
		if same {
			return e
		}
	}
	return nil
}

// byKey makes the inputs of an endpoint: fields of an object.
func (p *provider) byKey(e *Endpoint, needs []*Field) {
	in := place(p.n(4))
	for _, k := range needs {
		input := &Input{Name: k.Name, Type: k.Type, In: in, Key: p.on.isKey(k)}
		if !input.Key && in < inQuery {
			input.In = inQuery // where it may be null
		}
		e.Inputs = append(e.Inputs, input)
	}
	if in == inBody {
		e.Method = pick(p.dice, []string{"POST", "PUT", "GET"})
	}
}

// arguments makes the inputs of an endpoint that are arguments of the connector's field.
func (p *provider) arguments(c *Connector) {
	in := pick(p.dice, []place{inQuery, inQuery, inBody})
	if slices.ContainsFunc(c.Endpoint.Inputs, func(i *Input) bool { return i.In == inBody }) {
		in = inBody
	}
	for _, a := range c.Field.Args {
		// An URL cannot tell an empty list from none, nor null in a list from an empty text.
		if a.Type.Name() == inputName || a.Type.Elem != nil && !(a.Type.NonNull && a.Type.Elem.NonNull) {
			in = inBody
		}
	}
	for _, a := range c.Field.Args {
		input := &Input{Name: "arg-" + a.Name, Type: a.Type, Fields: a.Fields, In: in}
		if input.Type.Elem == nil && input.Type.NonNull && in == inQuery && p.chance(40) {
			input.In = inURL
		}
		c.Endpoint.Inputs = append(c.Endpoint.Inputs, input)
		c.Inputs = append(c.Inputs, "$args."+a.Name)
	}
	if in == inBody && len(c.Field.Args) > 0 {
		c.Endpoint.Method = "POST"
	}
}

// batch makes the inputs of an endpoint that takes several objects.
func (p *provider) batch(c *Connector) {
	e := c.Endpoint
	e.Max, e.Method = c.MaxSize, "POST"
	e.Wrap %= inRows
	forms := []batchForm{objects, bareItems}
	if len(c.Needs) == 1 {
		forms = append(forms, repeated, listed, bareList)
		if k := c.Needs[0]; k.Type.NamedType == "Int" {
			forms = append(forms, joined)
		}
	}
	e.Batch = pick(p.dice, forms)
	if e.Batch <= repeated {
		e.Method = "GET"
	}
	for _, k := range c.Needs {
		e.Inputs = append(e.Inputs, &Input{Name: k.Name, Type: k.Type, Key: true})
		c.Inputs = append(c.Inputs, "$batch."+k.Name)
	}
}

// result makes what the endpoint of a field gives.
func (p *provider) result(sh *shaper, c *Connector) {
	f := c.Field
	switch {
	case f.Of == nil:
		c.Endpoint.Style = pick(p.dice, []Style{AsIs, AsIs, Texts})
		if f.Type.Name() != "ID" {
			c.Endpoint.Style = AsIs
		}
		return
	case f.Of.entity() || f.Of.abstract():
		c.Endpoint.Shape = sh.reference(sh.sub.of(f), 2)
	default:
		c.Endpoint.Shape = sh.value(f, 2)
	}
	c.Gives = c.Endpoint.Shape
}

// rootConnector adds a connector for a root field.
func (w *World) rootConnector(s *Subgraph, f *Field) {
	p := &provider{world: w, dice: w.dice, on: f.Of}
	sh := &shaper{w.dice, s}
	c := &Connector{On: w.Query, Field: f}
	if f.How >= Set {
		c.On = w.Mutation
	}
	s.Connectors = append(s.Connectors, c)
	if f.How != Lookup {
		c.Endpoint = p.endpoint(s, nil, f)
		p.arguments(c)
		p.result(sh, c)
		if f.How >= Set {
			c.Endpoint.Method = pick(w.dice, []string{"POST", "PUT", "PATCH", "DELETE"})
		}
		return
	}
	key := keyOf(f)
	for _, k := range key {
		c.Inputs = append(c.Inputs, "$args."+k.Name)
	}
	if c.Endpoint = p.reuse(s, key, false); c.Endpoint == nil {
		c.Endpoint = p.endpoint(s, f.Of, nil)
		p.byKey(c.Endpoint, key)
	}
	p.choose(sh, c, append(slices.Clone(f.Of.Keys[s.stub[f.Of]]), some(w.dice, f.Of.Fields, 40)...))
}
