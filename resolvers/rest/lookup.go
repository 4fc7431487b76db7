package rest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/internal/stack"
	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

// lookup is what the fetches of a plan have in common that ask one connector for objects, in one epoch. What one of
// them loads serves the others: it holds what any of them asks for.
type lookup struct {
	driver    *Driver
	connector *connector
	epoch     int
	identity  *schema.Selection // what identifies an object
	entries   int               // of all fetches
	asked     *mapping.Request

	key     *keyFields
	reading reading
}

type lookupKey struct {
	connector *connector
	epoch     int
	field     bool
}

// want adds an entry of a fetch.
func (l *lookup) want(e *plan.Entry) {
	l.entries++
	if e.Call != nil {
		l.asked = merge(l.asked, e.Want.Fields[0].Sub, called(e))
	} else {
		if l.asked == nil { // objects may enter as the abstract type that the connector gives
			on := e.Entrance.On
			l.asked = &mapping.Request{Type: on.Name, Abstract: on.Abstract()}
		}
		l.asked = merge(l.asked, e.Want, e.Entrance.Gives)
	}
}

// compile is called when all entries were added.
func (l *lookup) compile() {
	l.key = newKeyFields(l.identity)
	if l.connector.def.Batch {
		mergeKey(l.asked, l.identity)
	}
	l.reading = l.connector.narrow(l.asked)
}

// answer is what was found for one object.
type answer struct {
	value   value.Value // null: there is no such object
	failure *failure    // if not nil, there is no value
	given   execute.Giver
}

// job is one run of a fetch of objects, or of several in a group.
type job struct {
	*lookup
	scope *scope
	in    *execute.Inputs
	args  value.Value // of the field; Missing for fetches of fields by key
	alone bool        // no other fetch of the operation asks for anything
}

// load returns an answer for each representation, in their order.
func (j *job) load(ctx context.Context, list []execute.Rep) []answer {
	reps := make([]value.Value, len(list))
	for i := range reps {
		reps[i] = list[i].Object
	}
	switch {
	case !j.alone && j.entries > 1:
		return j.loads().load(ctx, j.keys(reps), func(ctx context.Context, missing []int) []answer {
			return j.ask(ctx, pick(reps, missing))
		})
	case !j.connector.def.Batch:
		return j.ask(ctx, reps) // equal requests are joined where they are sent
	}
	// There is nothing to share but what these keys have in common.
	first, at := map[string]int{}, make([]int, len(reps))
	var distinct []int
	for i, key := range j.keys(reps) {
		n, ok := first[key]
		if !ok {
			n = len(distinct)
			first[key] = n
			distinct = append(distinct, i)
		}
		at[i] = n
	}
	if len(distinct) == len(reps) {
		return j.ask(ctx, reps)
	}
	found := j.ask(ctx, pick(reps, distinct))
	answers := make([]answer, len(reps))
	for i, n := range at {
		answers[i] = found[n]
	}
	return answers
}

func pick(reps []value.Value, indexes []int) []value.Value {
	out := make([]value.Value, len(indexes))
	for i, at := range indexes {
		out[i] = reps[at]
	}
	return out
}

// keys returns the text that identifies what is asked for each representation, the arguments of a field included.
func (j *job) keys(reps []value.Value) []string {
	var buf []byte
	if !j.args.IsMissing() {
		buf = j.args.AppendJSON(buf)
	}
	prefix := len(buf)
	keys := make([]string, len(reps))
	for i, rep := range reps {
		buf = j.key.append(buf[:prefix], rep)
		keys[i] = string(buf)
	}
	return keys
}

// ask asks the service for objects of different keys.
func (j *job) ask(ctx context.Context, reps []value.Value) []answer {
	if j.connector.def.Batch {
		return j.askBatches(ctx, reps)
	}
	answers := make([]answer, len(reps))
	j.each(len(reps), func(w *worker, i int) {
		switch {
		case !j.args.IsMissing():
			w.env.This, w.env.Args = reps[i], j.args
		case j.connector.def.Entity && j.connector.def.Field != "":
			w.env.Args = reps[i]
		default:
			w.env.This = reps[i]
		}
		answers[i].value, answers[i].failure = w.call(ctx)
		answers[i].given = w.given
	})
	return answers
}

// askBatches asks in chunks that are sent at the same time.
func (j *job) askBatches(ctx context.Context, reps []value.Value) []answer {
	answers := make([]answer, len(reps))
	var some []int // those that have a key
	for i, rep := range reps {
		if !j.key.hasNull(rep) {
			some = append(some, i)
		}
	}
	size := j.connector.def.MaxSize
	if size <= 0 || size > len(some) {
		size = max(len(some), 1)
	}
	chunks := (len(some) + size - 1) / size
	j.each(chunks, func(w *worker, n int) {
		chunk := some[n*size : min((n+1)*size, len(some))]
		missing, f := j.askBatch(ctx, w, reps, chunk, answers)
		if f != nil {
			for _, at := range chunk {
				answers[at] = answer{failure: f}
			}
		}
		for _, at := range chunk {
			answers[at].given = w.given
		}
		if f == nil && len(missing) > 0 && j.connector.site.askAgain && w.epoch == 0 {
			j.askMissing(ctx, w, reps, missing, answers)
		}
	})
	return answers
}

// askMissing asks once more for what the answer to a batch lacked. What fails now leaves things as they were: that the
// objects are not there was an answer, too.
func (j *job) askMissing(ctx context.Context, w *worker, reps []value.Value, missing []int, answers []answer) {
	w.again = true
	defer func() { w.again = false }()
	if _, f := j.askBatch(ctx, w, reps, missing, answers); f == nil && w.given != nil {
		for _, at := range missing {
			answers[at].given = w.given
		}
	}
}

// askBatch asks for those of reps that chunk has the indexes of, and fills in their answers. It returns the indexes of those
// that the answer lacks.
func (j *job) askBatch(ctx context.Context, w *worker, reps []value.Value, chunk []int, answers []answer) (missing []int, f *failure) {
	defer w.recovered(&f)
	items := w.env.Arena.Values(len(chunk))
	for i, at := range chunk {
		items[i] = reps[at]
	}
	w.env.Batch = value.OfItems(items)
	v, f := w.call(ctx)
	if f != nil {
		return nil, f
	}
	list, f := w.listOf(v, len(chunk))
	if f != nil {
		return nil, f
	}
	byKey := make(map[string]value.Value, list.Len())
	for _, item := range list.Items() {
		if item.Kind() == value.Object {
			w.text = j.key.append(w.text[:0], item)
			byKey[string(w.text)] = item // of several with one key the last counts
		}
	}
	for _, at := range chunk {
		w.text = j.key.append(w.text[:0], reps[at])
		found, ok := byKey[string(w.text)]
		if answers[at].value = found; !ok {
			missing = append(missing, at)
		}
	}
	return missing, nil
}

// listOf returns the answer to a batch of n objects as a list.
func (w *worker) listOf(v value.Value, n int) (value.Value, *failure) {
	switch {
	case v.Kind() == value.List:
		return v, nil
	case v.Kind() == value.Object && n == 1:
		items := w.env.Arena.Values(1)
		items[0] = v
		return value.OfItems(items), nil
	case v.IsNull() && w.env.Status.IsMissing(): // no request was made, as there was nothing to ask for
		return value.OfItems(nil), nil
	}
	status := 0
	if s, ok := w.env.Status.Int64(); ok {
		status = int(s)
	}
	return value.Value{}, w.connector.fail(fault.ResponseInvalid, messageNoList, status, nil)
}

// each calls f for 0…n-1, as many at a time as the site allows, each goroutine with a worker of its own, and returns when
// all have ended.
func (j *job) each(n int, f func(w *worker, i int)) {
	var begun atomic.Int64
	work := func() {
		w := newWorker(j.connector, &j.reading, j.scope, j.in, j.epoch)
		for i := int(begun.Add(1)); i <= n; i = int(begun.Add(1)) {
			f(w, i-1)
		}
		w.release()
	}
	var wg sync.WaitGroup
	parallel := n
	if j.connector.def.Target == nil {
		parallel = 1 // nothing to wait for
	}
	for range min(parallel, j.connector.site.concurrency) - 1 {
		wg.Go(func() {
			stack.Grow()
			work()
		})
	}
	work()
	wg.Wait()
}
