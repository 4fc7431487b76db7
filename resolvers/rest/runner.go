package rest

import (
	"context"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// rootRunner answers a root field.
type rootRunner struct {
	driver    *Driver
	connector *connector
	reading   reading
	name      string // of the field in the answer
	args      *operation.Arguments
	epoch     int
	mutation  bool
}

func (r *rootRunner) Run(ctx context.Context, in *execute.Inputs) *execute.Outcome {
	w := newWorker(r.connector, &r.reading, r.driver.scope(in.Scope), in, r.epoch)
	defer w.release()
	w.mutation = r.mutation
	w.env.Args = r.args.Apply(in.Variables, w.env.Arena)
	v, f := w.call(ctx)
	var given []execute.Giver
	if w.given != nil {
		given = []execute.Giver{w.given}
	}
	if f != nil {
		return &execute.Outcome{
			Given:  given,
			Values: []value.Value{{}},
			Errors: []execute.SourceError{f.at(-1, []any{r.name})},
		}
	}
	return &execute.Outcome{Given: given, Values: []value.Value{wrap(w.env.Arena, r.name, v)}}
}

// objectRunner answers for objects: a field of each, or fields that belong to their key.
type objectRunner struct {
	lookup  *lookup
	entries int                  // of the lookup, that are of this fetch
	name    string               // of the field in the answer; "" for fields of the object
	args    *operation.Arguments // of the field; nil without
}

func (r *objectRunner) Run(ctx context.Context, in *execute.Inputs) *execute.Outcome {
	j := &job{lookup: r.lookup, scope: r.lookup.driver.scope(in.Scope), in: in}
	arena := j.scope.arena()
	if r.args != nil {
		j.args = r.args.Apply(in.Variables, arena)
	}
	return r.outcome(j.load(ctx, in.Reps), arena)
}

// outcome hands over what was found for the representations of a fetch.
func (r *objectRunner) outcome(answers []answer, arena *value.Arena) *execute.Outcome {
	out := &execute.Outcome{Values: make([]value.Value, len(answers)), Given: givenBy(answers)}
	var path []any
	if r.name != "" {
		path = []any{r.name}
	}
	if f := common(answers); f != nil {
		out.Errors = []execute.SourceError{f.at(-1, path)}
		return out
	}
	for i, a := range answers {
		switch {
		case a.failure != nil:
			out.Errors = append(out.Errors, a.failure.at(i, path))
		case r.name != "":
			out.Values[i] = wrap(arena, r.name, a.value)
		default:
			out.Values[i] = a.value
		}
	}
	return out
}

// batchGroup answers for objects at several places that one connector gives in batches. Their keys go into common
// batches, in the order of the plan, so that what is sent does not depend on which place comes first.
type batchGroup struct {
	runners []*objectRunner // of one lookup
	entries int             // of these
}

func (g *batchGroup) Run(ctx context.Context, in []*execute.Inputs) []*execute.Outcome {
	var reps []execute.Rep
	var some *execute.Inputs
	for _, one := range in {
		if one != nil {
			some, reps = one, append(reps, one.Reps...)
		}
	}
	l := g.runners[0].lookup
	j := &job{lookup: l, scope: l.driver.scope(some.Scope), in: some, alone: g.entries == l.entries}
	answers, arena := j.load(ctx, reps), j.scope.arena()
	out := make([]*execute.Outcome, len(in))
	for i, one := range in {
		if one != nil {
			n := len(one.Reps)
			out[i], answers = g.runners[i].outcome(answers[:n:n], arena), answers[n:]
		}
	}
	return out
}

// givenBy returns what the calls for some answers give to the headers of the client's answer, each once, in the order of
// the answers and not of the calls.
func givenBy(answers []answer) (out []execute.Giver) {
	var last execute.Giver
	var seen map[execute.Giver]bool
	for i := range answers {
		g := answers[i].given
		if g == nil || g == last {
			continue
		}
		if last = g; seen[g] {
			continue
		}
		if seen == nil {
			seen = map[execute.Giver]bool{}
		}
		seen[g] = true
		out = append(out, g)
	}
	return out
}

// common returns the failure that all answers share, nil if they do not.
func common(answers []answer) *failure {
	for _, a := range answers {
		if a.failure != answers[0].failure {
			return nil
		}
	}
	return answers[0].failure
}

// wrap returns an object with one member. A field without a value is null.
func wrap(a *value.Arena, name string, v value.Value) value.Value {
	if v.IsMissing() {
		v = value.NullValue
	}
	members := a.Members(1)
	members[0] = value.Member{Key: name, Value: v}
	return value.OfMembers(members)
}
