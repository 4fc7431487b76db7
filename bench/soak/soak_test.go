package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// TestMain runs the tests, or a process that they started.
func TestMain(m *testing.M) {
	if code, ok := play(os.Args); ok {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func TestFaultsLeaveNoWrongAnswer(t *testing.T) {
	t.Parallel()
	steps := 0
	p := plan{seed: 7, clients: 6, warm: 200, calm: 400, settle: time.Minute}
	p.next = func(ctx context.Context, c *crowd) bool {
		for end := c.done.Load() + 60; c.done.Load() < end && ctx.Err() == nil; {
			fleet.Pause(ctx, 5*time.Millisecond)
		}
		steps++
		return steps <= 25 && ctx.Err() == nil
	}
	if err := run(t.Context(), t.Output(), p); err != nil {
		t.Error(err)
	}
}

// What judges the answers sees what is wrong with them.
func TestWrongAnswersAreSeen(t *testing.T) {
	t.Parallel()
	o := query("a user", "{ user { id name } }", m{"user": m{"id": "1", "name": "user 1"}})
	for name, c := range map[string]struct {
		status int
		body   string
		whole  bool
		wrong  bool
	}{
		"the right answer":               {200, `{"data":{"user":{"id":"1","name":"user 1"}}}`, true, false},
		"an error in the place of null":  {200, `{"data":{"user":null},"errors":[{"path":["user"],"extensions":{"code":"HTTP_CLIENT_ERROR"}}]}`, false, false},
		"an error below null":            {200, `{"data":{"user":null},"errors":[{"path":["user","name"],"extensions":{"code":"HTTP_CLIENT_ERROR"}}]}`, false, false},
		"an error above null":            {200, `{"data":{"user":{"id":"1","name":null}},"errors":[{"path":["user"],"extensions":{"code":"HTTP_CLIENT_ERROR"}}]}`, false, false},
		"another value":                  {200, `{"data":{"user":{"id":"1","name":"user 2"}}}`, false, true},
		"null without an error":          {200, `{"data":{"user":null}}`, false, true},
		"null with an error elsewhere":   {200, `{"data":{"user":{"id":"1","name":null}},"errors":[{"path":["user","id"],"extensions":{"code":"HTTP_CLIENT_ERROR"}}]}`, false, true},
		"an error where there are data":  {200, `{"data":{"user":{"id":"1","name":"user 1"}},"errors":[{"path":["user"],"extensions":{"code":"HTTP_CLIENT_ERROR"}}]}`, false, true},
		"a code of a fault of our own":   {200, `{"data":{"user":null},"errors":[{"path":["user"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, false, true},
		"a value that nobody asked for":  {200, `{"data":{"user":{"id":"1","name":"user 1","nick":"x"}}}`, false, true},
		"a status that GraphQL does not": {502, `{"data":{"user":{"id":"1","name":"user 1"}}}`, false, true},
		"what is no JSON":                {200, `{"data":`, false, true},
	} {
		whole, err := o.judge(c.status, nil, []byte(c.body))
		if whole != c.whole || (err != nil) != c.wrong {
			t.Errorf("%s: whole %v, error %v", name, whole, err)
		}
	}
}
