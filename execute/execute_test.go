package execute_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/execute"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scenario is one row of the tables of this package.
type scenario struct {
	name    string
	query   string
	steps   []step
	sources func(tb testing.TB) sources
	data    string
	errors  []string
}

func (s *scenario) run(t *testing.T, w *world) {
	t.Helper()
	prog := compile(t, w, w.plan(t, s.query, s.steps...), s.sources(t))
	for range 2 { // the second time on used memory
		resp := prog.Run(context.Background(), &execute.Request{})
		if diff := cmp.Diff(s.data, string(resp.Data)); diff != "" {
			t.Errorf("data (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(s.errors, errorLines(resp)); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
		resp.Release()
	}
}

func runAll(t *testing.T, sdl string, scenarios []scenario) {
	t.Helper()
	w := newWorld(t, sdl)
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.run(t, w)
		})
	}
}

const blog = `
type Query { posts: [Post!] post(id: ID): Post user(id: ID): User me: User! node: Node count: Int! }
type Mutation { a: Int b: Int c: User }
type Post implements Node { id: ID! title: String author: User! editor: User tags: [String!] comments: [Comment] }
type Comment { text: String! author: User }
type User implements Node { id: ID! name: String! email: String age: Int friends: [User!]! posts: [Post] role: Role address: Address }
type Address { city: String zip: String }
interface Node { id: ID! }
enum Role { ADMIN USER GHOST @hidden }
`

func TestIntrospectionAndEmptySelections(t *testing.T) {
	t.Parallel()
	none := func(testing.TB) sources { return nil }
	runAll(t, blog, []scenario{{
		name: "introspection needs no source", query: `{ __typename s: __schema { queryType { name } } __type(name: "Role") { kind } }`, sources: none,
		data: `{"__typename":"Query","s":{"queryType":{"name":"Query"}},"__type":{"kind":"ENUM"}}`,
	}, {
		name: "a selection can be empty for the type that is there", query: `{ me { ... on Node { ... on Post { id } } } }`,
		steps: []step{{source: "a", want: `{ me { id } }`}}, sources: func(tb testing.TB) sources { return sources{"a": gives(tb, `{"me":{}}`)} },
		data: `{"me":{}}`,
	}})
}

func TestJoins(t *testing.T) {
	t.Parallel()
	runAll(t, blog, []scenario{{
		name:  "a root fetch answers in the order of the client",
		query: `{ p: post { t: title id __typename } }`,
		steps: []step{{source: "posts", want: `{ post { id title } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"posts": gives(tb, `{"post":{"id":1,"title":"x\n"}}`)}
		},
		data: `{"p":{"t":"x\n","id":"1","__typename":"Post"}}`,
	}, {
		name:  "an entity is asked for once, and every object with its key is filled",
		query: `{ posts { title author { name } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { title author { id } } }`},
			{source: "users", path: "posts.author", needs: `{ id }`, want: `{ name }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"posts": gives(tb, `{"posts":[{"title":"a","author":{"id":1}},{"title":"b","author":{"id":2}},{"title":"c","author":{"id":1}}]}`),
				"users": counted(tb, 2, finds(tb, map[string]string{`{"id":1}`: `{"name":"Ann"}`, `{"id":2}`: `{"name":"Bob"}`})),
			}
		},
		data: `{"posts":[{"title":"a","author":{"name":"Ann"}},{"title":"b","author":{"name":"Bob"}},{"title":"c","author":{"name":"Ann"}}]}`,
	}, {
		name:  "aliases of one field with different arguments have a datum each",
		query: `{ a: user(id: "1") { name } b: user(id: "2") { name } c: user(id: "1") { id } }`,
		steps: []step{
			{source: "one", want: `{ user(id: "1") { id name } }`},
			{source: "two", want: `{ user(id: "2") { name } }`},
		},
		sources: func(tb testing.TB) sources {
			return sources{"one": gives(tb, `{"user":{"id":"1","name":"Ann"}}`), "two": gives(tb, `{"user":{"name":"Bob"}}`)}
		},
		data: `{"a":{"name":"Ann"},"b":{"name":"Bob"},"c":{"id":"1"}}`,
	}, {
		name:  "an object that is not there leaves null, and a further requirement that is null or left out does not keep one away",
		query: `{ posts { editor { email } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { editor { id name } } }`},
			{source: "users", path: "posts.editor", needs: `{ id name @further }`, want: `{ email }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"posts": gives(tb, `{"posts":[{"editor":{"id":1,"name":null}},{"editor":{"id":1}},{"editor":{"id":null,"name":"x"}},{"editor":{"name":"y"}},{"editor":null},{},{"editor":{"id":9,"name":"z"}}]}`),
				"users": counted(tb, 2, finds(tb, map[string]string{`{"id":1,"name":null}`: `{"email":"e1"}`})),
			}
		},
		data: `{"posts":[{"editor":{"email":"e1"}},{"editor":{"email":"e1"}},{"editor":{"email":null}},{"editor":{"email":null}},{"editor":null},{"editor":null},{"editor":{"email":null}}]}`,
	}, {
		name:  "a fetch without representations is not run, and those that wait for it go on",
		query: `{ posts { editor { email age } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { editor { id } } }`},
			{source: "never", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
			{source: "never", path: "posts.editor", needs: `{ email }`, want: `{ age }`, after: []int{0, 1}},
		},
		sources: func(tb testing.TB) sources {
			return sources{"posts": gives(tb, `{"posts":[{"editor":null}]}`), "never": counted(tb, -1, nil)}
		},
		data: `{"posts":[{"editor":null}]}`,
	}, {
		name:  "a representation reads nested objects and lists",
		query: `{ me { email } }`,
		steps: []step{
			{source: "a", want: `{ me { id address { city } friends { id } } }`},
			{source: "b", path: "me", needs: `{ id address @further { city } friends @further { id } }`, want: `{ email }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"a": gives(tb, `{"me":{"id":1,"address":{"city":"X","zip":"Y"},"friends":[{"id":2},{"id":3}]}}`),
				"b": finds(tb, map[string]string{`{"id":1,"address":{"city":"X"},"friends":[{"id":2},{"id":3}]}`: `{"email":"ok"}`}),
			}
		},
		data: `{"me":{"email":"ok"}}`,
	}, {
		name:  "objects of some runtime types are entered, each by its own entry",
		query: `{ node { id ... on User { email } ... on Post { title } } }`,
		steps: []step{
			{source: "a", want: `{ node { id } }`},
			{
				source: "b", path: "node", on: []string{"User"}, needs: `{ id }`, want: `{ email }`, after: []int{0},
				more: []entry{{[]string{"Post"}, `{ id }`, `{ title }`}},
			},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"a": gives(tb, `{"node":{"__typename":"Post","id":"p1"}}`),
				"b": func(_ context.Context, in *execute.Inputs) *execute.Outcome {
					if len(in.Reps) != 1 || in.Reps[0].Entry != 1 {
						tb.Errorf("Reps = %v, want one of entry 1", in.Reps)
					}
					return finds(tb, map[string]string{`{"id":"p1"}`: `{"title":"T"}`})(context.Background(), in)
				},
			}
		},
		data: `{"node":{"id":"p1","title":"T"}}`,
	}, {
		name:  "equal keys in different forms are one",
		query: `{ posts { editor { email } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { editor { id } } }`},
			{source: "users", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"posts": gives(tb, `{"posts":[{"editor":{"id":"\u0041"}},{"editor":{"id":"A"}},{"editor":{"id":1.0}},{"editor":{"id":1e0}},{"editor":{"id":0}},{"editor":{"id":-0}}]}`),
				"users": counted(tb, 3, finds(tb, map[string]string{`{"id":"\u0041"}`: `{"email":"a"}`})),
			}
		},
		data: `{"posts":[{"editor":{"email":"a"}},{"editor":{"email":"a"}},{"editor":{"email":null}},{"editor":{"email":null}},{"editor":{"email":null}},{"editor":{"email":null}}]}`,
	}})
}

// counted checks how many representations a source is asked for; -1: it must not be asked.
func counted(tb testing.TB, want int, f func(context.Context, *execute.Inputs) *execute.Outcome) func(context.Context, *execute.Inputs) *execute.Outcome {
	return func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
		if len(in.Reps) != want {
			tb.Errorf("the source was asked for %d representations, want %d", len(in.Reps), want)
		}
		if f == nil {
			return &execute.Outcome{}
		}
		return f(ctx, in)
	}
}
