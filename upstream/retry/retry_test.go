package retry_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/retry"
)

func TestTheBudgetIsAShareOfTheRequestsAndAMinimum(t *testing.T) {
	t.Parallel()
	spend := func(b *retry.Budget, most int) (n int) {
		for n < most && b.Spend(time.Now()) {
			n++
		}
		return n
	}
	for _, tt := range []struct {
		name     string
		cfg      retry.BudgetConfig
		requests int
		want     int
	}{
		{"a share of the requests", retry.BudgetConfig{Ratio: 0.2}, 50, 10},
		{"nothing without requests and a minimum", retry.BudgetConfig{Ratio: 0.2}, 0, 0},
		{"a minimum without requests", retry.BudgetConfig{MinPerSecond: 3}, 0, 30},
		{"both", retry.BudgetConfig{Ratio: 0.1, MinPerSecond: 1}, 1000, 110},
		{"none at all", retry.BudgetConfig{}, 1000, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := retry.NewBudget(tt.cfg)
				for range tt.requests {
					b.Request(time.Now())
				}
				if got := spend(b, 1000); got != tt.want {
					t.Errorf("%d repetitions are paid for, want %d", got, tt.want)
				}
				if got := b.Status(time.Now()); got.Requests != uint64(tt.requests) || got.Repetitions != uint64(tt.want) || got.Refused != 1 {
					t.Errorf("Status() = %+v", got)
				}
				<-time.After(5 * time.Second)
				if got := spend(b, 1000); got != 0 {
					t.Errorf("%d more are paid for after half of the time", got)
				}
				<-time.After(6 * time.Second)
				want := int(tt.cfg.MinPerSecond * 10)
				if got := spend(b, 1000); got != want {
					t.Errorf("%d are paid for when the requests are forgotten, want %d", got, want)
				}
			})
		})
	}
}

func TestTheBudgetIsNotOverspentAtOnce(t *testing.T) {
	t.Parallel()
	b := retry.NewBudget(retry.BudgetConfig{MinPerSecond: 5})
	now := time.Now()
	var paid atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if b.Spend(now) {
					paid.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if got := paid.Load(); got > 50 || got < 40 {
		t.Errorf("%d repetitions were paid for, want 50 at most and hardly fewer", got)
	}
}

func TestTheWaitDoublesAndIsRandom(t *testing.T) {
	t.Parallel()
	b := retry.Backoff{Base: 8 * time.Millisecond, Max: 50 * time.Millisecond}
	for failed, limit := range []time.Duration{1: 8, 2: 16, 3: 32, 4: 50, 9: 50} {
		if limit == 0 {
			continue
		}
		limit *= time.Millisecond
		var low, high time.Duration = limit, 0
		for range 1000 {
			d := b.Wait(failed)
			low, high = min(low, d), max(high, d)
		}
		if low < 0 || low > limit/10 || high > limit || high < limit*9/10 {
			t.Errorf("after %d failures the waits are between %v and %v, want 0 to %v", failed, low, high, limit)
		}
	}
	if got := (&retry.Backoff{}).Wait(5); got != 0 {
		t.Errorf("without a limit the wait is %v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		values []string
		want   time.Duration
		ok     bool
	}{
		{"none", nil, 0, false},
		{"seconds", []string{"3"}, 3 * time.Second, true},
		{"zero", []string{"0"}, 0, true},
		{"with space around", []string{" 4\t"}, 4 * time.Second, true},
		{"a date", []string{"Tue, 24 Nov 2026 01:02:13 GMT"}, 10 * time.Second, true},
		{"a date that is over", []string{"Tue, 24 Nov 2020 01:02:13 GMT"}, 0, true},
		{"a date far away", []string{"Tue, 24 Nov 2099 01:02:13 GMT"}, 24 * time.Hour, true},
		{"more seconds than there are", []string{strings.Repeat("9", 40)}, 24 * time.Hour, true},
		{"a negative number", []string{"-1"}, 0, false},
		{"a fraction", []string{"1.5"}, 0, false},
		{"nothing", []string{""}, 0, false},
		{"two", []string{"1", "2"}, 0, false},
	} {
		h := http.Header{}
		if tt.values != nil {
			h["Retry-After"] = tt.values
		}
		if got, ok := retry.After(h, now); got != tt.want || ok != tt.ok {
			t.Errorf("%s: After() = %v, %v; want %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "3", "-1", "Tue, 24 Nov 2026 01:02:13 GMT", "99999999999999999999"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := retry.After(http.Header{"Retry-After": {text}}, now)
		if got < 0 || got > 24*time.Hour || !ok && got != 0 {
			t.Errorf("After(%q) = %v, %v", text, got, ok)
		}
	})
}

func TestWhatMayBeSentAgain(t *testing.T) {
	t.Parallel()
	for method, want := range map[string][2]bool{
		"GET": {true, true}, "HEAD": {true, true}, "OPTIONS": {true, true}, "TRACE": {true, true}, "PUT": {false, true},
		"DELETE": {false, true}, "POST": {}, "PATCH": {}, "CONNECT": {}, "get": {}, "": {},
	} {
		if got := [2]bool{retry.IsSafe(method), retry.IsIdempotent(method)}; got != want {
			t.Errorf("%q is safe, idempotent: %v, want %v", method, got, want)
		}
	}
	cfg := retry.DefaultConfig()
	for status, want := range map[int]bool{200: false, 404: false, 429: false, 500: false, 501: false, 502: true, 503: true, 504: true} {
		if got := cfg.Answer(status, nil); got != want {
			t.Errorf("Answer(%d) = %v, want %v", status, got, want)
		}
	}
	if !cfg.Answer(429, http.Header{"Retry-After": {"1"}}) {
		t.Error("429 with Retry-After is not answered with another attempt")
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := retry.DefaultConfig()
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := retry.Config{
		Backoff:           retry.Backoff{Base: -1, Max: -2},
		Budget:            retry.BudgetConfig{Ratio: -1, MinPerSecond: -1},
		Statuses:          []int{503, 200},
		IdempotencyHeader: "a b",
	}
	want := []string{
		"attempts: must be between 1 and 10 (got 0)",
		"backoff.base: must be >= 0 (got -1ns)",
		"backoff.max: must not be less than backoff.base (got -2ns)",
		"budget.ratio: must be between 0 and 10 (got -1)",
		"budget.min_per_second: must be between 0 and 1000000 (got -1)",
		"statuses[1]: must be between 400 and 599 (got 200)",
		"idempotency_header: must be the name of a header (got a b)",
	}
	if diff := cmp.Diff(want, strings.Split(bad.Validate().Error(), "\n")); diff != "" {
		t.Errorf("Validate() mismatch (-want +got):\n%s", diff)
	}
}

func TestTheBudgetDoesNotAllocate(t *testing.T) {
	b := retry.NewBudget(retry.DefaultConfig().Budget)
	now := time.Now()
	if n := testing.AllocsPerRun(100, func() { b.Request(now); b.Spend(now) }); n != 0 {
		t.Errorf("a request and a repetition allocate %v times", n)
	}
}
