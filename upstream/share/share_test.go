package share_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/share"
)

// thing is a result that counts its owners.
type thing struct {
	text   string
	single bool // it is for one owner only
	owners *atomic.Int64
}

func newThing(text string) *thing {
	t := &thing{text: text, owners: new(atomic.Int64)}
	t.owners.Store(1)
	return t
}

func (t *thing) Split() (*thing, bool) {
	if t.single {
		return nil, false
	}
	t.owners.Add(1)
	return &thing{text: t.text, owners: t.owners}, true
}

func (t *thing) Release() { t.owners.Add(-1) }

// service is what calls are made to. Each call waits until it is told what comes of it.
type service struct {
	group *share.Group[string, *thing]
	calls chan *pending
	all   atomic.Int64
}

type pending struct {
	ctx    context.Context
	name   string
	result chan func() (*thing, error)
}

// late is after what time a call is late.
const late = time.Second

func newService() *service {
	s := &service{calls: make(chan *pending, 100)}
	s.group = share.New[string, *thing](late, func(ctx context.Context, name string) (*thing, error) {
		s.all.Add(1)
		p := &pending{ctx, name, make(chan func() (*thing, error), 1)}
		s.calls <- p
		select {
		case f := <-p.result:
			return f()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	return s
}

func (p *pending) answer(t *thing) { p.result <- func() (*thing, error) { return t, nil } }

// caller is one who asks.
type caller struct {
	cancel context.CancelCauseFunc
	done   chan struct{}
	thing  *thing
	err    error
}

func (s *service) ask(ctx context.Context, name, head, body string) *caller {
	ctx, cancel := context.WithCancelCause(ctx)
	c := &caller{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.thing, c.err = s.group.Do(ctx, []byte(head), []byte(body), name)
	}()
	synctest.Wait()
	return c
}

// outcome waits for what a caller got, and releases it.
func (c *caller) outcome() string {
	<-c.done
	if c.err != nil {
		return "error: " + c.err.Error()
	}
	c.thing.Release()
	return c.thing.text
}

var errGone = errors.New("the client has gone")

// accustom makes the group expect company: the next calls are made on goroutines of their own.
func (s *service) accustom(t *testing.T) {
	t.Helper()
	a, b := s.ask(t.Context(), "a", "warm", ""), s.ask(t.Context(), "b", "warm", "")
	(<-s.calls).answer(newThing("warm"))
	if a.outcome() != "warm" || b.outcome() != "warm" {
		t.Fatal("two calls of one key were not shared")
	}
}

func TestCallsOfOneKeyAreMadeOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		heads [2]string
		body  [2]string
		calls int64
	}{
		{"the same", [2]string{"a", "a"}, [2]string{"x", "x"}, 1},
		{"another head", [2]string{"a", "b"}, [2]string{"x", "x"}, 2},
		{"another body", [2]string{"a", "a"}, [2]string{"x", "y"}, 2},
		{"what only looks the same", [2]string{"ab", "a"}, [2]string{"c", "bc"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newService()
				one, two := s.ask(t.Context(), "1", tt.heads[0], tt.body[0]), s.ask(t.Context(), "2", tt.heads[1], tt.body[1])
				if n := s.all.Load(); n != tt.calls {
					t.Errorf("%d calls, want %d", n, tt.calls)
				}
				result := newThing("it")
				for range tt.calls {
					(<-s.calls).answer(result)
					result = newThing("it")
				}
				if a, b := one.outcome(), two.outcome(); a != "it" || b != "it" {
					t.Errorf("the callers got %s and %s", a, b)
				}
			})
		})
	}
}

func TestAResultIsReleasedByAllItsOwners(t *testing.T) {
	t.Parallel()
	for _, accustomed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newService()
			if accustomed {
				s.accustom(t)
			}
			callers := []*caller{}
			for i := range 5 {
				callers = append(callers, s.ask(t.Context(), strconv.Itoa(i), "k", ""))
			}
			result := newThing("it")
			(<-s.calls).answer(result)
			synctest.Wait()
			if n := result.owners.Load(); n != 5 {
				t.Errorf("%d owners, want 5", n)
			}
			for _, c := range callers {
				if got := c.outcome(); got != "it" {
					t.Errorf("a caller got %s", got)
				}
			}
			if n := result.owners.Load(); n != 0 {
				t.Errorf("%d owners are left", n)
			}
		})
	}
}

func TestACallThatHasEndedIsMadeAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		for _, text := range []string{"first", "second"} {
			c := s.ask(t.Context(), "1", "k", "")
			(<-s.calls).answer(newThing(text))
			if got := c.outcome(); got != text {
				t.Errorf("the caller got %s, want %s", got, text)
			}
		}
	})
}

func TestOthersGetTheirAnswerWhenTheFirstGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody expected company: the call is made again
		s := newService()
		first, second, third := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", ""), s.ask(t.Context(), "3", "k", "")
		first.cancel(errGone)
		if got := first.outcome(); got != "error: the client has gone" {
			t.Errorf("the first got %s", got)
		}
		synctest.Wait()
		<-s.calls // the one that was cut off
		(<-s.calls).answer(newThing("it"))
		if a, b := second.outcome(), third.outcome(); a != "it" || b != "it" {
			t.Errorf("the others got %s and %s", a, b)
		}
		if n := s.all.Load(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // company was expected: the call lives on
		s := newService()
		s.accustom(t)
		before := s.all.Load()
		first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
		first.cancel(errGone)
		if got := first.outcome(); got != "error: the client has gone" {
			t.Errorf("the first got %s", got)
		}
		third := s.ask(t.Context(), "3", "k", "")
		result := newThing("it")
		(<-s.calls).answer(result)
		if a, b := second.outcome(), third.outcome(); a != "it" || b != "it" {
			t.Errorf("the others got %s and %s", a, b)
		}
		if n := s.all.Load() - before; n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		s.group.Wait()
		if n := result.owners.Load(); n != 0 {
			t.Errorf("%d owners are left", n)
		}
	})
}

func TestACallThatNobodyWaitsForIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.accustom(t)
		first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
		p := <-s.calls
		first.cancel(errGone)
		synctest.Wait()
		if p.ctx.Err() != nil {
			t.Error("the call was cut off while one waits")
		}
		second.cancel(errGone)
		_, _ = first.outcome(), second.outcome()
		if p.ctx.Err() == nil {
			t.Error("the call goes on though nobody waits")
		}
		later := s.ask(t.Context(), "3", "k", "")
		(<-s.calls).answer(newThing("it"))
		if got := later.outcome(); got != "it" {
			t.Errorf("one who comes later got %s", got)
		}
		s.group.Wait()
	})
}

func TestOneWhoWaitsLeavesAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
		second.cancel(errGone)
		if got := second.outcome(); got != "error: the client has gone" {
			t.Errorf("the second got %s", got)
		}
		(<-s.calls).answer(newThing("it"))
		if got := first.outcome(); got != "it" {
			t.Errorf("the first got %s", got)
		}
	})
}

func TestAnErrorOfTheCallIsSharedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
		(<-s.calls).result <- func() (*thing, error) { return nil, errors.New("broken") }
		if diff := cmp.Diff([]string{"error: broken", "error: broken"}, []string{first.outcome(), second.outcome()}); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestAResultForOneOwnerIsNotShared(t *testing.T) {
	t.Parallel()
	for _, accustomed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newService()
			if accustomed {
				s.accustom(t)
			}
			first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
			result := newThing("first")
			result.single = true
			(<-s.calls).answer(result)
			synctest.Wait()
			(<-s.calls).answer(newThing("second"))
			got := map[string]bool{first.outcome(): true, second.outcome(): true}
			if !got["first"] || !got["second"] {
				t.Errorf("the callers got %v", got)
			}
			// The next ones do not wait for each other any more.
			third, fourth := s.ask(t.Context(), "3", "k", ""), s.ask(t.Context(), "4", "k", "")
			(<-s.calls).answer(newThing("own"))
			(<-s.calls).answer(newThing("own"))
			if a, b := third.outcome(), fourth.outcome(); a != "own" || b != "own" {
				t.Errorf("later callers got %s and %s", a, b)
			}
			s.group.Wait()
		})
	}
}

// One call hangs, on its first caller's goroutine or on one of its own, and others wait for it.
func TestNobodyHangsWithALateCall(t *testing.T) {
	t.Parallel()
	for _, accustomed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newService()
			if accustomed {
				s.accustom(t)
			}
			first, second := s.ask(t.Context(), "1", "k", ""), s.ask(t.Context(), "2", "k", "")
			<-time.After(late)
			third := s.ask(t.Context(), "3", "k", "") // just in time
			hangs := <-s.calls
			if len(s.calls) > 0 {
				t.Error("a call that is not late was made again")
			}
			<-time.After(1)
			fourth, fifth := s.ask(t.Context(), "4", "k", ""), s.ask(t.Context(), "5", "k", "")
			result := newThing("later")
			(<-s.calls).answer(result)
			for i, c := range []*caller{second, third, fourth, fifth} {
				if got := c.outcome(); got != "later" {
					t.Errorf("caller %d got %s", i, got)
				}
			}
			synctest.Wait()
			if n := s.group.Stats().Waiting; n != 0 && !accustomed || n > 1 {
				t.Errorf("%d wait", n)
			}
			if hangs.ctx.Err() != nil {
				t.Error("the late call was cut off: nobody would find out what is wrong")
			}
			sixth := s.ask(t.Context(), "6", "k", "") // the late call is not what it joins
			hangs.answer(newThing("late"))
			(<-s.calls).answer(newThing("sixth"))
			if got, want := first.outcome(), map[bool]string{false: "late", true: "later"}[accustomed]; got != want {
				t.Errorf("the first one got %s, want %s", got, want)
			}
			if got := sixth.outcome(); got != "sixth" {
				t.Errorf("the sixth one got %s", got)
			}
			s.group.Wait()
			if n := result.owners.Load(); n != 0 {
				t.Errorf("%d owners are left", n)
			}
		})
	}
}

func TestAnErrorAfterALateCallIsForThoseWhoWaitedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newService()
		s.accustom(t)
		first := s.ask(t.Context(), "1", "k", "")
		hangs := <-s.calls
		<-time.After(2 * late)
		second := s.ask(t.Context(), "2", "k", "")
		(<-s.calls).result <- func() (*thing, error) { return nil, errors.New("broken") }
		if got := second.outcome(); got != "error: broken" {
			t.Errorf("the second got %s", got)
		}
		hangs.answer(newThing("late"))
		if got := first.outcome(); got != "late" {
			t.Errorf("the first got %s", got)
		}
		s.group.Wait()
		if n := s.group.Stats().Waiting; n != 0 {
			t.Errorf("%d wait", n)
		}
	})
}

func TestAPanicHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // on the caller's goroutine it goes on to the caller
		begun, end := make(chan struct{}), make(chan struct{})
		first := true
		g := share.New[string, *thing](0, func(context.Context, string) (*thing, error) {
			if first {
				first = false
				close(begun)
				<-end
				panic("lost")
			}
			return newThing("it"), nil
		})
		panicked := make(chan any, 1)
		go func() {
			defer func() { panicked <- recover() }()
			_, _ = g.Do(t.Context(), []byte("k"), nil, "1")
		}()
		<-begun
		got := make(chan string, 1)
		go func() {
			v, err := g.Do(t.Context(), []byte("k"), nil, "2")
			if err != nil {
				got <- err.Error()
				return
			}
			got <- v.text
		}()
		synctest.Wait()
		close(end)
		if v := <-panicked; v != "lost" {
			t.Errorf("the panic was %v", v)
		}
		if v := <-got; v != "it" {
			t.Errorf("the other one got %s", v)
		}
	})
	synctest.Test(t, func(t *testing.T) { // elsewhere it is an error
		s := newService()
		s.accustom(t)
		one := s.ask(t.Context(), "1", "k", "")
		(<-s.calls).result <- func() (*thing, error) { panic("lost") }
		<-one.done
		if !errors.Is(one.err, share.ErrPanic) {
			t.Errorf("the error is %v", one.err)
		}
		s.group.Wait()
	})
}

func TestNothingIsAllocatedWithoutCompany(t *testing.T) {
	result := newThing("it")
	g := share.New[string, *thing](0, func(context.Context, string) (*thing, error) { return result, nil })
	head, body := []byte("GET /users/1"), []byte("body")
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := g.Do(t.Context(), head, body, "1"); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDo(b *testing.B) {
	result := newThing("it")
	g := share.New[string, *thing](0, func(context.Context, string) (*thing, error) { return result, nil })
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = g.Do(b.Context(), []byte("GET /users/1 and the headers that are sent with it, as it were"), nil, "1")
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		var last atomic.Int64
		b.RunParallel(func(p *testing.PB) {
			head := []byte("GET /users/" + strconv.FormatInt(last.Add(1), 10))
			for p.Next() {
				_, _ = g.Do(b.Context(), head, nil, "1")
			}
		})
	})
}
