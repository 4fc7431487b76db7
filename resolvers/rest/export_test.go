package rest

import (
	"context"
	"fmt"
	"net/http"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/upstream"
)

// Release ends an operation as execution does, which alone can.
func Release(d *Driver, s *execute.Scope) { d.scope(s).release() }

// Interpret maps an answer as a call of a connector would, and returns the value as JSON, or the error's code.
func Interpret(d *Driver, coordinate string, status int, h http.Header, body []byte) (text, code string, err error) {
	for _, c := range d.ordered {
		if c.def.Coordinate != coordinate {
			continue
		}
		s := &execute.Scope{}
		defer Release(d, s)
		r := c.narrow(nil)
		w := newWorker(c, &r, d.scope(s), &execute.Inputs{Scope: s}, 0)
		v, f := w.interpret(&upstream.Response{Status: status, Header: h, Body: body})
		if f != nil {
			return "", f.code, nil
		}
		return string(v.AppendJSON(nil)), "", nil
	}
	return "", "", fmt.Errorf("no connector %s", coordinate)
}

// LoadFunc is a function that answers n keys.
type LoadFunc func(ctx context.Context, keys []string)

// Loads returns the two ways from keys to answers: through a loader and its cache, and directly.
func Loads() (loader, direct LoadFunc) {
	ask := func(_ context.Context, missing []int) []answer { return make([]answer, len(missing)) }
	loader = func(ctx context.Context, keys []string) {
		newLoads().load(ctx, keys, ask)
	}
	direct = func(ctx context.Context, keys []string) {
		first := make(map[string]int, len(keys))
		all := make([]int, 0, len(keys))
		for i, k := range keys {
			if _, ok := first[k]; !ok {
				first[k] = i
				all = append(all, i)
			}
		}
		ask(ctx, all)
	}
	return loader, direct
}
