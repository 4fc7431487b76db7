package execute

import (
	"context"
	"sync"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

// Driver knows how one kind of source is asked. Drivers are safe for concurrent use and comparable: pointers, as a
// rule. Sources with equal drivers are compiled together.
type Driver interface {
	// Compile is called once for each plan, with those of its fetches that go to sources of this driver, and
	// returns a runner for each, in the same order. It does no I/O. What it returns lives as long as the cached
	// plan and may be called from several goroutines at once.
	Compile(p *plan.Plan, fetches []*plan.Fetch) ([]Runner, error)
}

// Runner runs one fetch of a compiled plan.
type Runner interface {
	// Run asks the source and returns when everything has been answered or has failed. It may block; it honours
	// ctx, which is the operation's. It is called at most once in an operation, not at all if the fetch ran in a group,
	// never with no representations for a fetch of entities, and from any goroutine. It never returns nil.
	Run(ctx context.Context, in *Inputs) *Outcome
}

// Grouper is a [Driver] that can do better for several fetches together than for each by itself: by asking for all of
// them at once, or by sharing among them what each asks for in an order that does not depend on goroutines.
type Grouper interface {
	Driver
	// Group is called after Compile, once for each set of two or more fetches of this driver that always become ready at
	// the same moment; they come in the order of the plan, with the runners that Compile made. It returns those that are
	// to run together. The others run by themselves.
	//
	// The fetches of a group end together: what waits for one of them waits for all. In return, what waits for fetches of
	// one group becomes ready at the same moment, and may be a group again.
	Group(p *plan.Plan, fetches []*plan.Fetch, runners []Runner) []Group
}

// Group is some of the fetches that [Grouper.Group] was called with.
type Group struct {
	Members []int // indexes into the fetches, rising, two or more; no fetch is in two groups
	Runner  GroupRunner
}

// GroupRunner runs a group of fetches.
type GroupRunner interface {
	// Run is what [Runner.Run] is, for the fetches of the group in their order. Nil stands for one that has nothing to
	// ask for, both in what it is given and in what it returns. At least two are not nil: where one alone is left, its
	// own runner is called.
	Run(ctx context.Context, in []*Inputs) []*Outcome
}

// Inputs is what one run of a fetch is given. The runner must not change it. The values in it are good until the
// operation's scope ends, the Inputs themselves and the slice of representations until Run returns.
type Inputs struct {
	Reps      []Rep       // the distinct objects to enter with; empty for a fetch of root fields
	Variables value.Value // the operation's coerced variables, an object
	Caller    *operation.Caller
	Scope     *Scope
}

// Rep is one representation.
type Rep struct {
	Entry  int         // index into the fetch's Entries
	Object value.Value // its members are named as the entrance's Needs name them
}

// Outcome is what a run of a fetch brought.
type Outcome struct {
	// Values are the answers, one for each of Inputs.Reps in their order, or one for a fetch of root fields: objects
	// whose members are named as TreeField.Name has them. Null or missing: there is no such object, which is no error.
	// Where Errors has an error for it, the value is ignored unless it is an object, of which what is there is used.
	//
	// Below the value itself, an object may be a record instead, with as many slots as the place of its tree, each value
	// where TreeField.Slot has it. Execution then takes it over and goes on writing to it, so nobody else may have it.
	Values []value.Value
	Errors []SourceError
	// Given is what the calls behind this give to the headers of the client's answer, in an order that does not depend on
	// which call ended first. One call may stand behind several outcomes: equal ones count once. Nil: nothing.
	Given []Giver
	// Release gives the memory behind Values back; nil if there is nothing to give. It is called once, after the
	// answer was written.
	Release func()
}

// SourceError is one thing that went wrong with a fetch, in the words that clients may see.
type SourceError struct {
	Rep        int            // index into Inputs.Reps; -1: the whole fetch
	Once       bool           // reported once, at the path of the fetch up to its first list, whatever it kept away
	Path       []any          // below the object: names of answer members, each a string, and list indexes, each an int; empty: the object itself
	Message    string         // a sentence, with nothing of the upstream's address or body
	Code       string         // for extensions.code
	Extensions map[string]any // further entries of extensions; may be nil
	Cause      error          // for the log; never shown to clients; may be nil
}

// Scope lives as long as one operation. It is safe for concurrent use.
type Scope struct {
	mu      sync.Mutex
	state   map[any]any
	release []func()
}

// State returns what make returned for this key at its first call in the operation: the place for a driver's
// loaders and counters. Keys should be of an unexported type, or pointers.
func (s *Scope) State(key any, make func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.state[key]; ok {
		return v
	}
	if s.state == nil {
		s.state = map[any]any{}
	}
	v := make()
	s.state[key] = v
	return v
}

// Defer has release called when the operation has ended and its answer was written.
func (s *Scope) Defer(release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release = append(s.release, release)
}

// close calls everything that was deferred, the last first.
func (s *Scope) close() {
	for i := len(s.release) - 1; i >= 0; i-- {
		safely(s.release[i])
	}
	s.release, s.state = nil, nil
}
