package rest

import (
	"context"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"github.com/sluice-gateway/sluice/fault"
)

// loads are the answers of one lookup in one operation, those that are on their way included. Each dispatch of keys gets
// a loader of its own over them, as the number of keys that are missing is a loader's capacity: the batch goes out with
// the last of them, and no timer is waited for.
//
// It is the cache of those loaders. Get and Set are called by a loader's Load only, with mu held by the dispatch.
type loads struct {
	mu     sync.Mutex
	thunks map[string]dataloader.Thunk[answer]
}

// loads returns the answers of this lookup.
func (j *job) loads() *loads {
	l, _ := j.in.Scope.State(j.lookup, func() any { return newLoads() }).(*loads)
	return l
}

func newLoads() *loads { return &loads{thunks: map[string]dataloader.Thunk[answer]{}} }

// never is the wait of loaders that are always filled up.
const never = time.Hour

// load returns an answer for each key. It calls ask once, with the indexes of the first key of each kind that nobody has
// asked for, unless there is none. It waits for what others have asked for.
func (l *loads) load(ctx context.Context, keys []string, ask func(ctx context.Context, missing []int) []answer) []answer {
	thunks := make([]dataloader.Thunk[answer], len(keys))
	l.mu.Lock()
	missing := l.missing(keys)
	loader := dataloader.NewBatchedLoader(
		// The keys come in the order in which they were loaded, which is that of missing.
		func(ctx context.Context, keys []string) []*dataloader.Result[answer] {
			return results(ask(ctx, missing), len(keys))
		},
		dataloader.WithCache[string, answer](l),
		dataloader.WithBatchCapacity[string, answer](len(missing)),
		dataloader.WithInputCapacity[string, answer](len(missing)),
		dataloader.WithWait[string, answer](never),
	)
	for i, key := range keys {
		thunks[i] = loader.Load(ctx, key)
	}
	l.mu.Unlock()
	answers := make([]answer, len(keys))
	for i, thunk := range thunks {
		a, err := thunk()
		if err != nil { // the batch function panicked
			a = answer{failure: &failure{message: messageInternal, code: string(fault.Internal), cause: err}}
		}
		answers[i] = a
	}
	return answers
}

// missing returns the index of the first of each of the keys that nobody has asked for.
func (l *loads) missing(keys []string) []int {
	var out []int
	seen := make(map[string]struct{}, len(keys))
	for i, key := range keys {
		if _, ok := l.thunks[key]; ok {
			continue
		}
		if _, ok := seen[key]; !ok {
			seen[key] = struct{}{}
			out = append(out, i)
		}
	}
	return out
}

func results(answers []answer, n int) []*dataloader.Result[answer] {
	all := make([]dataloader.Result[answer], n)
	out := make([]*dataloader.Result[answer], n)
	for i := range out {
		all[i].Data = answers[i]
		out[i] = &all[i]
	}
	return out
}

// Get is part of [dataloader.Cache].
func (l *loads) Get(_ context.Context, key string) (dataloader.Thunk[answer], bool) {
	t, ok := l.thunks[key]
	return t, ok
}

// Set is part of [dataloader.Cache].
func (l *loads) Set(_ context.Context, key string, t dataloader.Thunk[answer]) { l.thunks[key] = t }

// Delete is part of [dataloader.Cache]. A thunk calls it after a panic, without the lock.
func (l *loads) Delete(_ context.Context, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.thunks[key]
	delete(l.thunks, key)
	return ok
}

// Clear is part of [dataloader.Cache]; nothing calls it.
func (l *loads) Clear() {}
