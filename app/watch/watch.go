package watch

import (
	"context"
	"time"
)

// Watcher tells when files have changed and have come to rest. Its methods are called by one goroutine at a time.
type Watcher struct {
	// Look returns the state of the files; before is what it returned last.
	Look func(before State) State
	// Done is the state that needs nothing: that of the last time somebody acted on it.
	Done func() State
	// Changed is called when the files differ from Done and were the same twice in a row, so that they are not in the middle
	// of being written. It is called once for each such state.
	Changed func(now State)

	last State
	told State
}

// Step looks once.
func (w *Watcher) Step() {
	now := w.Look(w.last)
	quiet := now.Same(w.last)
	w.last = now
	switch {
	case !quiet:
	case now.Same(w.Done()):
		w.told = State{}
	case !now.Same(w.told):
		w.told = now
		w.Changed(now)
	}
}

// Run looks again and again, until ctx ends. Every is asked each time how long to wait for the next.
func (w *Watcher) Run(ctx context.Context, every func() time.Duration) {
	t := time.NewTimer(every())
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			w.Step()
			t.Reset(every())
		}
	}
}
