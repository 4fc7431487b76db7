package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// operation is one request of a client, and what has to come of it.
type operation struct {
	name         string
	method, path string
	body         any
	want         any    // data of GraphQL, or the whole answer of a route
	graphql      bool   // the answer is one of GraphQL
	key          string // of a mutation
	refusable    bool   // the schema of the moment may not have what it asks for
}

// kinds make operations of each kind.
var kinds = []func(r *rand.Rand, key string) operation{
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		return query("a user", fmt.Sprintf(`{ user(id: %d) { id name } }`, id), m{"user": m{"id": strconv.Itoa(id), "name": user(id)["name"]}})
	},
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		return query("a user with reviews", fmt.Sprintf(`{ user(id: %d) { name reviews { text } } }`, id),
			m{"user": m{"name": user(id)["name"], "reviews": l{m{"text": reviewText(id, 0)}, m{"text": reviewText(id, 1)}}}})
	},
	func(*rand.Rand, string) operation {
		return query("reviews with authors", `{ latest { id text author { id name } } }`, m{"latest": latestReviews()})
	},
	func(*rand.Rand, string) operation {
		return query("users with reviews", `{ users { id name reviews { id } } }`, m{"users": allUsers()})
	},
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		return query("two roots", fmt.Sprintf(`{ one: user(id: %d) { name } latest { id text author { id name } } }`, id),
			m{"one": m{"name": user(id)["name"]}, "latest": latestReviews()})
	},
	func(r *rand.Rand, key string) operation {
		id := 1 + r.IntN(users)
		o := query("a mutation", fmt.Sprintf(`mutation { visit(key: %q, user: %d) { key user { id name } } }`, key, id),
			m{"visit": m{"key": key, "user": m{"id": strconv.Itoa(id), "name": user(id)["name"]}}})
		o.key = key
		return o
	},
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		o := query("a field that comes and goes", fmt.Sprintf(`{ user(id: %d) { nick } }`, id), m{"user": m{"nick": user(id)["nick"]}})
		o.refusable = true
		return o
	},
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		return operation{name: "a plain route", method: http.MethodGet, path: fmt.Sprint("/raw/users/", id), want: user(id)}
	},
	func(r *rand.Rand, _ string) operation {
		id := 1 + r.IntN(users)
		return operation{name: "an operation route", method: http.MethodGet, path: fmt.Sprint("/overview/", id),
			want: m{"user": m{"name": user(id)["name"], "reviews": l{m{"id": reviewID(id, 0)}, m{"id": reviewID(id, 1)}}}}}
	},
}

type (
	m = map[string]any
	l = []any
)

func query(name, text string, want m) operation {
	return operation{name: name, method: http.MethodPost, path: "/graphql", body: m{"query": text}, want: want, graphql: true}
}

func latestReviews() l {
	var out l
	for _, u := range latest {
		out = append(out, m{"id": reviewID(u, 0), "text": reviewText(u, 0), "author": m{"id": strconv.Itoa(u), "name": user(u)["name"]}})
	}
	return out
}

func allUsers() l {
	var out l
	for u := 1; u <= users; u++ {
		out = append(out, m{"id": strconv.Itoa(u), "name": user(u)["name"], "reviews": l{m{"id": reviewID(u, 0)}, m{"id": reviewID(u, 1)}}})
	}
	return out
}

// codes are those that faults of services may have. Others are faults of the gateway.
var codes = []string{"CONNECTOR_FETCH", "CONNECTOR_RESPONSE_INVALID", "GATEWAY_TIMEOUT", "SERVICE_OVERLOADED", "CIRCUIT_OPEN",
	"HTTP_CLIENT_ERROR", "SUBREQUEST_HTTP_ERROR", "SUBREQUEST_MALFORMED_RESPONSE"}

// judge says what came of an operation: whether it was answered whole, and if not, with the allowed errors; what is wrong
// otherwise.
func (o *operation) judge(status int, header http.Header, body []byte) (whole bool, err error) {
	if !o.graphql {
		return o.judgeRoute(status, header, body)
	}
	var answer struct {
		Data   any
		Errors []struct {
			Message    string
			Path       []any
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
		return false, fmt.Errorf("status %d, %s", status, body)
	}
	if o.refusable && len(answer.Errors) > 0 && answer.Errors[0].Extensions.Code == "GRAPHQL_VALIDATION_FAILED" {
		return true, nil
	}
	var paths [][]any
	for _, e := range answer.Errors {
		if !slices.Contains(codes, e.Extensions.Code) {
			return false, fmt.Errorf("the code %q with %q", e.Extensions.Code, e.Message)
		}
		paths = append(paths, e.Path)
	}
	if err := compare(o.want, answer.Data, nil, paths); err != nil {
		return false, fmt.Errorf("%w: %.1000s", err, body)
	}
	for _, p := range paths {
		if !lacks(at(answer.Data, p)) {
			return false, fmt.Errorf("an error at %v, where nothing is missing: %.1000s", p, body)
		}
	}
	return len(paths) == 0, nil
}

// judgeRoute takes errors for what they are; a plain route passes on what the service answers, even if that is nonsense.
func (o *operation) judgeRoute(status int, header http.Header, body []byte) (whole bool, err error) {
	var got any
	switch {
	case status >= 500 && status <= 599:
		return false, nil
	case status != http.StatusOK:
		return false, fmt.Errorf("status %d, %s", status, body)
	case json.Unmarshal(body, &got) != nil:
		if text, err := json.Marshal(o.want); err == nil && strings.HasPrefix(o.path, "/raw/") && strings.HasPrefix(string(text), string(body)) {
			return false, nil
		}
		return false, fmt.Errorf("the answer is not JSON: %s", body)
	}
	var excused [][]any
	if header.Get("Sluice-Incomplete") != "" {
		excused = [][]any{nil} // everything
	}
	if err := compare(o.want, got, nil, excused); err != nil {
		return false, fmt.Errorf("%w: %.1000s", err, body)
	}
	return excused == nil, nil
}

// compare reports what is not as wanted: null may stand only where an error tells why: at that place, below it, or above it,
// at the objects of which a source failed to give a part.
func compare(want, got any, path []any, excused [][]any) error {
	if got == nil && want != nil {
		for _, e := range excused {
			if n := min(len(e), len(path)); slices.Equal(e[:n], path[:n]) {
				return nil
			}
		}
		return fmt.Errorf("null at %v, and no error says why", path)
	}
	switch w := want.(type) {
	case m:
		g, ok := got.(m)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%v at %v, want %v", got, path, want)
		}
		for k, v := range w {
			if err := compare(v, g[k], append(path[:len(path):len(path)], k), excused); err != nil {
				return err
			}
		}
		return nil
	case l:
		g, ok := got.(l)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%v at %v, want %v", got, path, want)
		}
		for i, v := range w {
			if err := compare(v, g[i], append(path[:len(path):len(path)], float64(i)), excused); err != nil {
				return err
			}
		}
		return nil
	}
	if want != got {
		return fmt.Errorf("%v at %v, want %v", got, path, want)
	}
	return nil
}

// at returns what stands at a path, or the null above it.
func at(data any, path []any) any {
	for _, step := range path {
		switch now := data.(type) {
		case m:
			name, _ := step.(string)
			data = now[name]
		case l:
			i, ok := step.(float64)
			if !ok || int(i) >= len(now) {
				return nil
			}
			data = now[int(i)]
		}
	}
	return data
}

// lacks reports whether there is null in data anywhere: the data of the soak have none.
func lacks(data any) bool {
	switch now := data.(type) {
	case nil:
		return true
	case m:
		for _, v := range now {
			if lacks(v) {
				return true
			}
		}
	case l:
		return slices.ContainsFunc(now, lacks)
	}
	return false
}
