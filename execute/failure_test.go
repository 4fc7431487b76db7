package execute_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/value"
)

func failure(rep int, path ...any) execute.SourceError {
	return execute.SourceError{Rep: rep, Path: path, Message: "Request failed.", Code: string(fault.ConnectorFetch)}
}

// answers gives a JSON text and errors beside it.
func answers(tb testing.TB, text string, errs ...execute.SourceError) func(context.Context, *execute.Inputs) *execute.Outcome {
	v := scan(tb, text)
	return func(_ context.Context, in *execute.Inputs) *execute.Outcome {
		out := &execute.Outcome{Values: []value.Value{v}, Errors: errs}
		if len(in.Reps) > 0 {
			out.Values = v.Items()
		}
		return out
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	posts := `{"posts":[{"title":"a","author":{"id":1}},{"title":"b","author":{"id":2}},{"title":"c","author":{"id":1}}]}`
	editors := `{"posts":[{"editor":{"id":1}},{"editor":{"id":2}},{"editor":{"id":1}}]}`
	runAll(t, blog, []scenario{{
		name:    "a failed fetch of root fields is reported at each of them, and the others are answered",
		query:   `{ x: post { id } y: post { title } user { id } count }`,
		steps:   []step{{source: "a", want: `{ post { id title } user { id } }`}, {source: "b", want: `{ count }`}},
		sources: func(tb testing.TB) sources { return sources{"a": fails(failure(-1)), "b": gives(tb, `{"count":3}`)} },
		data:    `{"x":null,"y":null,"user":null,"count":3}`,
		errors: []string{
			"x CONNECTOR_FETCH Request failed.", "y CONNECTOR_FETCH Request failed.", "user CONNECTOR_FETCH Request failed.",
		},
	}, {
		name:  "the failure of one representation is reported wherever it stands, with aliases and indexes",
		query: `{ posts { e: editor { mail: email age } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { editor { id } } }`},
			{source: "users", path: "posts.editor", needs: `{ id }`, want: `{ email age }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{"posts": gives(tb, editors), "users": answers(tb, `[null,{"email":"e","age":7}]`, failure(0))}
		},
		data: `{"posts":[{"e":{"mail":null,"age":null}},{"e":{"mail":"e","age":7}},{"e":{"mail":null,"age":null}}]}`,
		errors: []string{
			"posts[0].e.mail CONNECTOR_FETCH Request failed.", "posts[0].e.age CONNECTOR_FETCH Request failed.",
			"posts[2].e.mail CONNECTOR_FETCH Request failed.", "posts[2].e.age CONNECTOR_FETCH Request failed.",
		},
	}, {
		name:  "what is there of a failed answer is used",
		query: `{ me { email age friends { name } } }`,
		steps: []step{{source: "a", want: `{ me { mail: email age friends { name } } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": answers(tb, `{"me":{"mail":"m","age":null,"friends":[{"name":"x"},{"name":null}]}}`,
				failure(-1, "me", "age"), failure(0, "me", "friends", 1, "name"))}
		},
		data: "null",
		errors: []string{
			"me.age CONNECTOR_FETCH Request failed.", "me.friends[1].name CONNECTOR_FETCH Request failed.",
		},
	}, {
		name:  "a failure is told where another source has found an empty list in its place",
		query: `{ posts { title editor { id } } }`,
		steps: []step{
			{source: "a", want: `{ posts { title } }`},
			{source: "b", want: `{ posts { editor { id } } }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{"a": fails(failure(-1, "posts")), "b": gives(tb, `{"posts":[]}`)}
		},
		data:   `{"posts":[]}`,
		errors: []string{"CONNECTOR_FETCH Request failed."},
	}, {
		name:  "an error without a path concerns everything that is null",
		query: `{ me { name email age } }`,
		steps: []step{{source: "a", want: `{ me { name email age } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": answers(tb, `{"me":{"name":"n","age":null}}`, failure(-1))}
		},
		data:   `{"me":{"name":"n","email":null,"age":null}}`,
		errors: []string{"me.email CONNECTOR_FETCH Request failed.", "me.age CONNECTOR_FETCH Request failed."},
	}, {
		name:  "an error below a null has the path of its own value, in the client's names",
		query: `{ p: posts { t: tags } m: me { f: friends { n: name } } }`,
		steps: []step{{source: "a", want: `{ me { pals: friends { label: name email } } posts { tags } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": answers(tb, `{"me":null,"posts":null}`, failure(-1, "me", "pals", 1, "label"), failure(-1, "posts", 2, "elsewhere"))}
		},
		data:   "null",
		errors: []string{"p[2] CONNECTOR_FETCH Request failed.", "m.f[1].n CONNECTOR_FETCH Request failed."},
	}, {
		name:  "an error at something that only the gateway asked for has the path of what the client sees above it",
		query: `{ m: me { friends { name } } }`,
		steps: []step{
			{source: "a", want: `{ me { friends { id } } }`},
			{source: "b", path: "me.friends", needs: `{ id }`, want: `{ name }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{"a": answers(tb, `{"me":{"friends":null}}`, failure(-1, "me", "friends", 0, "id")), "b": fails(failure(-1))}
		},
		data:   "null",
		errors: []string{"m.friends[0] CONNECTOR_FETCH Request failed."},
	}, {
		name:  "two errors for one null are told both, the second where the client sees the fetch's objects",
		query: `{ m: me { email } }`,
		steps: []step{{source: "a", want: `{ me { id } }`}, {source: "b", path: "me", needs: `{ id }`, want: `{ email }`, after: []int{0}}},
		sources: func(tb testing.TB) sources {
			return sources{"a": gives(tb, `{"me":{"id":1}}`), "b": answers(tb, `[{"email":null}]`, failure(0, "email"), failure(0, "email"))}
		},
		data:   `{"m":{"email":null}}`,
		errors: []string{"m.email CONNECTOR_FETCH Request failed.", "m CONNECTOR_FETCH Request failed."},
	}, {
		name:  "an error that is told once is told at the path of the fetch, up to its first list",
		query: `{ p: posts { title e: editor { email } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { title editor { id } } }`},
			{source: "users", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			once := failure(-1)
			once.Once = true
			return sources{
				"posts": gives(tb, `{"posts":[{"title":"a","editor":{"id":1}},{"title":"b","editor":{"id":2}}]}`),
				"users": fails(once),
			}
		},
		data:   `{"p":[{"title":"a","e":{"email":null}},{"title":"b","e":{"email":null}}]}`,
		errors: []string{"p CONNECTOR_FETCH Request failed."},
	}, {
		name:  "an error beside a value that is there is told all the same",
		query: `{ m: me { name } }`,
		steps: []step{{source: "a", want: `{ me { name } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": answers(tb, `{"me":{"name":"n"}}`, failure(-1, "me", "name"), failure(-1, "nobody"))}
		},
		data:   `{"m":{"name":"n"}}`,
		errors: []string{"m.name CONNECTOR_FETCH Request failed.", "CONNECTOR_FETCH Request failed."},
	}, {
		name:  "what could not be asked for is missing for the reason of what it needs, though nobody selected that",
		query: `{ posts { editor { age } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { editor { id } } }`},
			{source: "mail", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
			{source: "age", path: "posts.editor", needs: `{ email }`, want: `{ age }`, after: []int{1}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"posts": gives(tb, editors), "mail": answers(tb, `[{"email":"e"},null]`, failure(1)),
				"age": counted(tb, 1, answers(tb, `[{"age":9}]`)),
			}
		},
		data:   `{"posts":[{"editor":{"age":9}},{"editor":{"age":null}},{"editor":{"age":9}}]}`,
		errors: []string{"posts[1].editor.age CONNECTOR_FETCH Request failed."},
	}, {
		name:  "a failure at a field that is never null removes the nearest parent that may be, and is told once",
		query: `{ posts { title author { name } } }`,
		steps: []step{
			{source: "posts", want: `{ posts { title author { id } } }`},
			{source: "users", path: "posts.author", needs: `{ id }`, want: `{ name }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources { return sources{"posts": gives(tb, posts), "users": fails(failure(-1))} },
		data:    `{"posts":null}`,
		errors:  []string{"posts[0].author.name CONNECTOR_FETCH Request failed."},
	}, {
		name:  "what cannot be placed is told where the client sees the fetch's objects",
		query: `{ p: post { editor { email } } posts { editor { age } } }`,
		steps: []step{
			{source: "posts", want: `{ post { editor { id } } posts { editor { id } } }`},
			{source: "one", path: "post.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}},
			{source: "many", path: "posts.editor", needs: `{ id }`, want: `{ age }`, after: []int{0}},
		},
		sources: func(tb testing.TB) sources {
			return sources{
				"posts": gives(tb, `{"post":{"editor":{"id":1}},"posts":[{"editor":{"id":1}}]}`),
				"one":   answers(tb, `[{"email":"e"}]`, failure(0, "email")), "many": answers(tb, `[{"age":1}]`, failure(-1)),
			}
		},
		data:   `{"p":{"editor":{"email":"e"}},"posts":[{"editor":{"age":1}}]}`,
		errors: []string{"p.editor CONNECTOR_FETCH Request failed.", "posts CONNECTOR_FETCH Request failed."},
	}, {
		name:  "a failure of one source does not erase what another one shares, whichever ends first",
		query: `{ post { id title tags } }`,
		steps: []step{{source: "a", want: `{ post { id tags } }`}, {source: "b", want: `{ post { id title } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": fails(failure(-1)), "b": gives(tb, `{"post":{"id":1,"title":"t"}}`)}
		},
		data:   `{"post":{"id":"1","title":"t","tags":null}}`,
		errors: []string{"post.tags CONNECTOR_FETCH Request failed."},
	}, {
		name:  "of two failures at one place the first source's is told",
		query: `{ post { id } }`,
		steps: []step{{source: "a", want: `{ post { id } }`}, {source: "b", want: `{ post { id } }`}},
		sources: func(tb testing.TB) sources {
			return sources{"a": fails(failure(-1)), "b": fails(execute.SourceError{Rep: -1, Message: "Other.", Code: "X"})}
		},
		data:   `{"post":null}`,
		errors: []string{"post CONNECTOR_FETCH Request failed."},
	}, {
		name:  "a runner without an outcome is a defect",
		query: `{ post { id } }`,
		steps: []step{{source: "a", want: `{ post { id } }`}},
		sources: func(testing.TB) sources {
			return sources{"a": func(context.Context, *execute.Inputs) *execute.Outcome { return nil }}
		},
		data:   `{"post":null}`,
		errors: []string{"post INTERNAL_SERVER_ERROR An internal error occurred."},
	}, {
		name:  "too few values, or one that is no object, do no harm",
		query: `{ posts { editor { email } } }`,
		steps: []step{{source: "posts", want: `{ posts { editor { id } } }`}, {source: "users", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}}},
		sources: func(tb testing.TB) sources {
			return sources{"posts": gives(tb, editors), "users": answers(tb, `["x"]`)}
		},
		data: `{"posts":[{"editor":{"email":null}},{"editor":{"email":null}},{"editor":{"email":null}}]}`,
		errors: []string{
			"posts[0].editor.email INVALID_RESULT The answer is not an object.", "posts[2].editor.email INVALID_RESULT The answer is not an object.",
		},
	}, {
		name:  "a mutation goes on after a root field that failed",
		query: `mutation { a b c { name } }`,
		steps: []step{
			{source: "a", want: `{ a }`},
			{source: "b", want: `{ b }`, after: []int{0}},
			{source: "c", want: `{ c { name } }`, after: []int{1}},
		},
		sources: func(tb testing.TB) sources {
			return sources{"a": gives(tb, `{"a":1}`), "b": fails(failure(-1)), "c": gives(tb, `{"c":{"name":"x"}}`)}
		},
		data:   `{"a":1,"b":null,"c":{"name":"x"}}`,
		errors: []string{"b CONNECTOR_FETCH Request failed."},
	}, {
		name:    "an object whose runtime type did not come is reported where it stands",
		query:   `{ n: node { id } }`,
		steps:   []step{{source: "a", want: `{ node { id } }`}},
		sources: func(tb testing.TB) sources { return sources{"a": answers(tb, `{"node":{"id":1}}`, failure(-1))} },
		data:    `{"n":null}`,
		errors:  []string{"n CONNECTOR_FETCH Request failed."},
	}})
}

func TestErrorsCarryTheSourcesExtensionsAndTheLogTheCause(t *testing.T) {
	t.Parallel()
	w, cause := newWorld(t, blog), errors.New("GET http://10.0.0.1/posts: 503")
	prog := compile(t, w, w.plan(t, `{ post { id } }`, step{source: "a", want: `{ post { id } }`}), sources{"a": fails(execute.SourceError{
		Rep: -1, Message: "Request failed.", Cause: cause, Extensions: map[string]any{"code": "MINE", "service": "posts"},
	})})
	var logged []*execute.Incident
	resp := prog.Run(context.Background(), &execute.Request{Log: func(_ context.Context, i *execute.Incident) { logged = append(logged, i) }})
	defer resp.Release()
	if diff := cmp.Diff(map[string]any{"code": "MINE", "service": "posts"}, resp.Errors[0].Extensions); diff != "" {
		t.Errorf("extensions (-want +got):\n%s", diff)
	}
	if len(logged) != 1 || !errors.Is(logged[0].Cause, cause) || logged[0].Source != "a" || logged[0].Code != "MINE" {
		t.Errorf("logged %+v, want the cause once", logged)
	}
	if text := fmt.Sprint(resp.Errors); strings.Contains(text, "10.0.0.1") {
		t.Errorf("the answer shows the cause: %s", text)
	}
}

func TestAnAnswerListsABoundedNumberOfErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	prog := compile(t, w, w.plan(t, `{ posts { title } }`, step{source: "a", want: `{ posts { title } }`}),
		sources{"a": gives(t, `{"posts":[`+strings.Repeat(`{"title":1},`, 9)+`{"title":2}]}`)})
	resp := prog.Run(context.Background(), &execute.Request{MaxErrors: 3})
	defer resp.Release()
	want := []string{
		"posts[0].title INVALID_RESULT The value of Post.title is not a valid String.",
		"posts[1].title INVALID_RESULT The value of Post.title is not a valid String.",
		"posts[2].title INVALID_RESULT The value of Post.title is not a valid String.",
		"TOO_MANY_ERRORS There are 7 more errors.",
	}
	if diff := cmp.Diff(want, errorLines(resp)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestAnAnswerIsNoLongerThanItsLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	prog := compile(t, w, w.plan(t, `{ posts { title } count }`, step{source: "a", want: `{ posts { title } count }`}),
		sources{"a": gives(t, `{"posts":[`+strings.Repeat(`{"title":"`+strings.Repeat("x", 100)+`"},`, 9)+`{"title":2}],"count":1}`)})
	for limit, want := range map[int]string{
		500:  "ANSWER_TOO_LARGE The answer is too large.",
		5000: "posts[9].title INVALID_RESULT The value of Post.title is not a valid String.",
	} {
		resp := prog.Run(context.Background(), &execute.Request{MaxBytes: limit})
		if got := errorLines(resp); len(got) != 1 || got[0] != want {
			t.Errorf("with %d bytes: errors = %q, want %q", limit, got, want)
		}
		if limit == 500 && string(resp.Data) != "null" {
			t.Errorf("data = %s, want null", resp.Data)
		}
		resp.Release()
	}
}

func TestOneLongValueUnderManyAliasesIsNoLongerThanTheLimitOfTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	query := "{ post {"
	for i := range 400 {
		query += fmt.Sprintf(" a%d: title", i)
	}
	prog := compile(t, w, w.plan(t, query+" } }", step{source: "a", want: `{ post { title } }`}),
		sources{"a": gives(t, `{"post":{"title":"`+strings.Repeat("x", 1<<20)+`"}}`)})
	resp := prog.Run(context.Background(), &execute.Request{MaxBytes: 3 << 20})
	defer resp.Release()
	if diff := cmp.Diff([]string{"ANSWER_TOO_LARGE The answer is too large."}, errorLines(resp)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	if got := cap(resp.Data); got > 16<<20 {
		t.Errorf("%d bytes were written before the answer was refused, want about the limit", got)
	}
}

// Two users and two posts that contain each other make an answer that doubles with each level of the query. Without a
// limit of what is stored, thirty levels would take more memory than any machine has, long before anything is written.
func TestAnAnswerThatMultipliesIsRefusedWhileItGrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `type Query { me: User } type User { id: ID! friends: [User] }`)
	const levels = 30
	steps := []step{{source: "root", want: `{ me { id } }`}}
	path := "me"
	for i := range levels {
		steps = append(steps, step{source: "users", path: path, needs: `{ id }`, want: `{ friends { id } }`, after: []int{i}})
		path += ".friends"
	}
	query := "{ me {" + strings.Repeat(" friends {", levels) + " id" + strings.Repeat(" }", levels) + " } }"
	asked := 0
	users := func(_ context.Context, in *execute.Inputs) *execute.Outcome {
		asked++ // one after the other
		out := &execute.Outcome{}
		for range in.Reps {
			out.Values = append(out.Values, scan(t, `{"friends":[{"id":1},{"id":2}]}`))
		}
		return out
	}
	prog := compile(t, w, w.plan(t, query, steps...), sources{"root": gives(t, `{"me":{"id":1}}`), "users": users})
	for limit, want := range map[int]int{1000: 9, 100_000: 15} {
		asked = 0
		resp := prog.Run(context.Background(), &execute.Request{MaxValues: limit})
		if diff := cmp.Diff([]string{"ANSWER_TOO_LARGE The answer is too large."}, errorLines(resp)); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
		if asked > want {
			t.Errorf("with %d values: %d levels were fetched, want at most %d", limit, asked, want)
		}
		resp.Release()
	}
}

// Many errors for many objects that stand behind one representation must not take their product.
func TestManyErrorsOfOneRepresentationAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ posts { editor { email } } }`,
		step{source: "posts", want: `{ posts { editor { id } } }`},
		step{source: "users", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}})
	errs := make([]execute.SourceError, 100_000)
	for i := range errs {
		errs[i] = failure(i % 2 * -1) // of the one representation, or of the whole fetch
	}
	prog := compile(t, w, p, sources{
		"posts": gives(t, `{"posts":[`+strings.Repeat(`{"editor":{"id":1}},`, 20_000)+`null]}`), "users": fails(errs...),
	})
	resp := prog.Run(context.Background(), &execute.Request{})
	defer resp.Release()
	if len(resp.Errors) != 1001 {
		t.Errorf("%d errors, want 1001", len(resp.Errors))
	}
}
