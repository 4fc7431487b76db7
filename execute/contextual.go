package execute

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

// contextual is a [plan.Contextual] made ready.
type contextual struct {
	name    string
	nonNull bool
	depth   int
	from    [][]step
}

func (c *compiler) contextual(p *plan.Plan, pf *plan.Fetch) ([]contextual, error) {
	var out []contextual
	for _, pc := range pf.Contextual {
		if pc.Depth < 0 || pc.Depth >= len(pf.Path) || pc.Type == nil {
			return nil, fmt.Errorf("the variable %s has no object around to come from", pc.Variable)
		}
		at := p.Root
		for _, s := range pf.Path[:pc.Depth] {
			at = at.Slots[s.Slot].Sub // it was followed before
		}
		v := contextual{name: pc.Variable, nonNull: pc.Type.NonNull, depth: pc.Depth}
		for _, way := range pc.From {
			var steps []step
			place := at
			for i, s := range way {
				sub, err := subOf(place, s.Slot, i < len(way)-1)
				if err != nil {
					return nil, err
				}
				on, err := c.condition(place, s.On)
				if err != nil {
					return nil, err
				}
				steps, place = append(steps, step{s.Slot, on}), sub
			}
			v.from = append(v.from, steps)
		}
		out = append(out, v)
	}
	return out, nil
}

// read is the value that the variable has below an object.
func (c *contextual) read(object value.Value, a *value.Arena) value.Value {
	for _, way := range c.from {
		if v := follow(object, way, a); !v.IsMissing() {
			return v
		}
	}
	return value.Value{}
}

// follow returns what stands at the end of a path; a list of that where there is a list on the way.
func follow(v value.Value, path []step, a *value.Arena) value.Value {
	if len(path) == 0 {
		return v
	}
	switch v.Kind() {
	case value.List:
		items := a.Values(v.Len())
		for i, item := range v.Items() {
			items[i] = follow(item, path, a)
		}
		return value.OfItems(items)
	case value.Record:
		if slots := v.Slots(); path[0].on.holds(slots) {
			return follow(slots[path[0].slot], path[1:], a)
		}
		return value.Value{}
	}
	return v
}

// collectWithin is collect for a fetch with contextual variables. For each object it also appends to r.around the values
// that the variables have for it; now holds those of the objects on the way.
func (r *run) collectWithin(v value.Value, f *fetch, depth int, now []value.Value) {
	switch v.Kind() {
	case value.List:
		for _, item := range v.Items() {
			r.collectWithin(item, f, depth, now)
		}
	case value.Record:
		if depth == len(f.path) {
			r.objects, r.around = append(r.objects, v), append(r.around, now...)
			return
		}
		for i := range f.contextual {
			if c := &f.contextual[i]; c.depth == depth {
				now[i] = c.read(v, r.arena)
			}
		}
		if slots, s := v.Slots(), &f.path[depth]; s.on.holds(slots) {
			r.collectWithin(slots[s.slot], f, depth+1, now)
		}
	}
}

// within adds the values of the contextual variables to a representation, as its last members. ok is false if one of them
// may not be null and is.
func (rd *reader) within(dst []value.Member, list []contextual, around []value.Value) (out []value.Member, ok bool) {
	for i := range list {
		v := rd.read(around[i])
		if v.IsNull() && list[i].nonNull {
			return dst, false
		}
		dst = append(dst, value.Member{Key: list[i].name, Value: v})
	}
	return dst, true
}

// contextRunner runs a fetch with contextual variables: once for each set of values they have, as a query has one value
// for a variable. The representations it is given have these values as their last members.
type contextRunner struct {
	inner Runner
	count int // of variables
}

// maxContextRuns is how many runs of one fetch are under way at the same time.
const maxContextRuns = 16

// part is what one set of values is asked for.
type part struct {
	inputs  Inputs
	of      []int // the representations, as the fetch has them
	outcome *Outcome
}

// Run splits what is asked for and puts the answers together.
func (c *contextRunner) Run(ctx context.Context, in *Inputs) *Outcome {
	parts := c.split(in)
	var wg sync.WaitGroup
	free := make(chan struct{}, maxContextRuns)
	for i := range parts[1:] {
		free <- struct{}{}
		wg.Go(func() {
			c.run(ctx, &parts[1+i])
			<-free
		})
	}
	c.run(ctx, &parts[0])
	wg.Wait()
	return join(in, parts)
}

// split sorts the representations by the values of their variables.
func (c *contextRunner) split(in *Inputs) []part {
	var parts []part
	byValues := map[string]int{}
	var key []byte
	for i, rep := range in.Reps {
		members := rep.Object.Members()
		own, values := members[:len(members)-c.count], members[len(members)-c.count:]
		key = value.OfMembers(values).AppendJSON(key[:0])
		at, ok := byValues[string(key)]
		if !ok {
			at = len(parts)
			byValues[string(key)] = at
			variables := append(append([]value.Member{}, in.Variables.Members()...), values...)
			parts = append(parts, part{inputs: Inputs{Variables: value.OfMembers(variables), Caller: in.Caller, Scope: in.Scope}})
		}
		p := &parts[at]
		p.inputs.Reps, p.of = append(p.inputs.Reps, Rep{rep.Entry, value.OfMembers(own)}), append(p.of, i)
	}
	return parts
}

// run runs one part. A panic is an outcome.
func (c *contextRunner) run(ctx context.Context, p *part) {
	defer func() {
		if v := recover(); v != nil {
			p.outcome = internal(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}
	}()
	if p.outcome = c.inner.Run(ctx, &p.inputs); p.outcome == nil {
		p.outcome = internal(errNoOutcome)
	}
}

func internal(cause error) *Outcome {
	return &Outcome{Errors: []SourceError{{Rep: -1, Message: internalMessage, Code: string(fault.Internal), Cause: cause}}}
}

// join makes one outcome of those of the parts.
func join(in *Inputs, parts []part) *Outcome {
	out := &Outcome{Values: make([]value.Value, len(in.Reps))}
	for _, p := range parts {
		for i, at := range p.of {
			if i < len(p.outcome.Values) {
				out.Values[at] = p.outcome.Values[i]
			}
		}
		for _, e := range p.outcome.Errors {
			if e.Rep >= 0 && e.Rep < len(p.of) {
				e.Rep = p.of[e.Rep]
				out.Errors = append(out.Errors, e)
				continue
			}
			if len(parts) == 1 {
				out.Errors = append(out.Errors, e)
				continue
			}
			for _, at := range p.of { // it failed for these alone
				e.Rep = at
				out.Errors = append(out.Errors, e)
			}
		}
	}
	out.Release = func() {
		for _, p := range parts {
			if p.outcome.Release != nil {
				safely(p.outcome.Release)
			}
		}
	}
	return out
}
