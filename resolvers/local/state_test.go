package local_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/sluice-gateway/sluice/examples/library/loyalty"
	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/resolvers/local"
)

type key struct{ name string }

func TestResolversOfOneOperationShareState(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	r := compile(t, members(func(ctx context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		for range 3 {
			seen := local.State(ctx, key{"seen"}, func() *atomic.Int32 { made.Add(1); return new(atomic.Int32) })
			seen.Add(1)
		}
		points := int(local.State(ctx, key{"seen"}, func() *atomic.Int32 { return new(atomic.Int32) }).Load())
		return []*loyalty.User{{ID: reps[0].ID, Points: &points}}, nil
	}), users("{points}"))
	reps := representations(t, `{"id":"1"}`)
	one, other := &execute.Scope{}, &execute.Scope{}
	for i, tt := range []struct {
		scope *execute.Scope
		want  string
	}{{one, `{"points":3}`}, {one, `{"points":6}`}, {other, `{"points":3}`}, {nil, `{"points":0}`}} {
		out := r.Run(t.Context(), &execute.Inputs{Reps: reps, Scope: tt.scope})
		if got := values(out); len(got) != 1 || got[0] != tt.want {
			t.Errorf("fetch %d: %v, want %s", i, got, tt.want)
		}
	}
	if got := made.Load(); got != 2+3 { // once for each operation, and each time where there is none
		t.Errorf("the state was made %d times, want 5", got)
	}
}

func TestStateOfAnotherTypeIsNotShared(t *testing.T) {
	t.Parallel()
	r := compile(t, members(func(ctx context.Context, reps []*loyalty.UserByIDsInput) ([]*loyalty.User, error) {
		local.State(ctx, key{"a"}, func() string { return "text" })
		points := local.State(ctx, key{"a"}, func() int { return 7 })
		return []*loyalty.User{{ID: reps[0].ID, Points: &points}}, nil
	}), users("{points}"))
	out := r.Run(t.Context(), &execute.Inputs{Reps: representations(t, `{"id":"1"}`), Scope: &execute.Scope{}})
	if got := values(out); len(got) != 1 || got[0] != `{"points":7}` {
		t.Errorf("%v, want 7 points", got)
	}
}
