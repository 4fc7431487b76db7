package execute

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/sluice-gateway/sluice/plan"
)

// task is what is scheduled: one fetch, or a group of fetches that their driver runs together.
type task struct {
	fetches []int       // in the order of the plan
	group   GroupRunner // nil: there is one fetch, which its own runner runs
	waits   int         // how many tasks must have ended before
	next    []int       // the tasks that wait for this one
}

// scheduler makes the tasks of a plan.
type scheduler struct {
	plan    *plan.Plan
	fetches []fetch
	drivers []Driver // of each fetch
	tasks   []task
	taskOf  []int // of each fetch; -1: none yet
}

// moment is when fetches of one driver become ready: at the end of some tasks.
type moment struct {
	driver Driver
	after  string // the numbers of the tasks
}

// schedule makes the tasks of a plan, in a topological order. Fetches of one driver are offered to it as a group if they
// wait for the same tasks.
func schedule(p *plan.Plan, fetches []fetch, drivers []Driver) ([]task, error) {
	s := &scheduler{plan: p, fetches: fetches, drivers: drivers, taskOf: slices.Repeat([]int{-1}, len(fetches))}
	// Fetches that wait for the same tasks have chains of dependencies of the same length, before and after they have
	// been grouped. So a level of fetches is grouped when all levels before it have been.
	var levels [][]int
	level := make([]int, len(fetches))
	for i, f := range p.Fetches {
		for _, d := range f.Deps {
			level[i] = max(level[i], level[d]+1)
		}
		if level[i] == len(levels) {
			levels = append(levels, nil)
		}
		levels[level[i]] = append(levels[level[i]], i)
	}
	for _, ids := range levels {
		if err := s.level(ids); err != nil {
			return nil, err
		}
	}
	return s.tasks, nil
}

// level makes the tasks of fetches that do not depend on each other.
func (s *scheduler) level(ids []int) error {
	after := make([][]int, len(ids))
	together := map[moment][]int{}
	for i, id := range ids {
		after[i] = s.after(id)
		m := moment{s.drivers[id], textOf(after[i])}
		together[m] = append(together[m], id)
	}
	for i, id := range ids { // in the order of the plan
		m := moment{s.drivers[id], textOf(after[i])}
		if err := s.offer(m.driver, together[m], after[i]); err != nil {
			return err
		}
		delete(together, m)
		if s.taskOf[id] < 0 {
			s.add(task{fetches: []int{id}}, after[i])
		}
	}
	return nil
}

// offer has a driver group fetches that wait for the same tasks, and makes the tasks of the groups.
func (s *scheduler) offer(d Driver, ids, after []int) error {
	grouper, ok := d.(Grouper)
	if !ok || len(ids) < 2 {
		return nil
	}
	fetches, runners := make([]*plan.Fetch, len(ids)), make([]Runner, len(ids))
	for i, id := range ids {
		fetches[i], runners[i] = s.plan.Fetches[id], s.fetches[id].runner
	}
	for _, g := range grouper.Group(s.plan, fetches, runners) {
		t := task{group: g.Runner}
		last := -1
		for _, i := range g.Members {
			if i <= last || i >= len(ids) || s.taskOf[ids[i]] >= 0 {
				return fmt.Errorf("the driver of source %s made a group of fetches that are not there or taken", fetches[0].Source.Name)
			}
			last = i
			t.fetches = append(t.fetches, ids[i])
		}
		if len(t.fetches) < 2 || t.group == nil {
			return fmt.Errorf("the driver of source %s made a group without a runner or of less than two fetches", fetches[0].Source.Name)
		}
		s.add(t, after)
	}
	return nil
}

// add adds a task that waits for others.
func (s *scheduler) add(t task, after []int) {
	n := len(s.tasks)
	t.waits = len(after)
	for _, before := range after {
		s.tasks[before].next = append(s.tasks[before].next, n)
	}
	for _, id := range t.fetches {
		s.taskOf[id] = n
	}
	s.tasks = append(s.tasks, t)
}

// after returns the tasks that a fetch waits for, sorted.
func (s *scheduler) after(id int) []int {
	deps := s.plan.Fetches[id].Deps
	out := make([]int, len(deps))
	for i, d := range deps {
		out[i] = s.taskOf[d]
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// textOf returns numbers as a text that can be a key.
func textOf(numbers []int) string {
	var b []byte
	for _, n := range numbers {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return string(b)
}
