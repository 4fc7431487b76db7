package discovery

import (
	"context"
	"slices"
	"sync"
)

// merged joins the lists of several sources.
type merged []Source

// told is a list with the index of the source that told it.
type told struct {
	source int
	list   []Address
}

// Run runs all sources and tells what they have found together, as soon as one of them has found something. It waits for
// all of them.
func (m merged) Run(ctx context.Context, update func([]Address)) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	lists := make(chan told)
	failed := make(chan error, len(m))
	for i, s := range m {
		running.Go(func() {
			err := s.Run(ctx, func(list []Address) {
				select {
				case lists <- told{i, list}:
				case <-ctx.Done():
				}
			})
			if err != nil {
				failed <- err
			}
		})
	}
	latest := make([][]Address, len(m))
	var last []Address
	first := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case t := <-lists:
			latest[t.source] = t.list
			all := normal(slices.Concat(latest...))
			if first || !slices.Equal(all, last) {
				first, last = false, all
				update(slices.Clone(all))
			}
		}
	}
}
