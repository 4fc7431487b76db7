package rest_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/resolvers/rest"
	"github.com/sluice-gateway/sluice/value"
)

// place gives the trees of a fetch their places, each with one slot more than it fills, which another fetch may fill.
func place(t *plan.Tree) {
	t.Place = &plan.Place{Slots: []plan.Slot{{Key: "other"}}}
	if t.Typename >= 0 {
		t.Typename = 1
		t.Place.Slots = append(t.Place.Slots, plan.Slot{Key: "__typename"})
	}
	for i := range t.Fields {
		f := &t.Fields[len(t.Fields)-1-i]
		f.Slot = len(t.Place.Slots)
		s := plan.Slot{Key: f.Name}
		if f.Sub != nil {
			place(f.Sub)
			s.Sub = f.Sub.Place
		}
		t.Place.Slots = append(t.Place.Slots, s)
	}
}

// unlaid makes objects of records, and reports whether there were any.
func unlaid(v value.Value, t *plan.Tree) (out value.Value, found bool) {
	switch v.Kind() {
	case value.List:
		var items []value.Value
		for _, item := range v.Items() {
			plain, laid := unlaid(item, t)
			items, found = append(items, plain), found || laid
		}
		return value.OfItems(items), found
	case value.Record:
		var members []value.Member
		if t.Typename >= 0 {
			members = append(members, value.Member{Key: "__typename", Value: v.Slots()[t.Typename]})
		}
		for _, f := range t.Fields {
			plain, _ := unlaid(v.Slots()[f.Slot], f.Sub)
			members = append(members, value.Member{Key: f.Name, Value: plain})
		}
		return value.OfMembers(members), true
	}
	return v, false
}

func TestAnswersOfRootFieldsAreLaidOutAsTheyAreStored(t *testing.T) {
	t.Parallel()
	s := answers(t, map[string]string{
		"/posts":   `{"data":{"items":[{"id":1,"uid":7,"text":"t","tags":["x"],"more":{"a":1},"place":{"x":1.5}},{"text":null,"id":2,"uid":8,"tags":[],"place":null,"note":"n"}]}}`,
		"/posts/1": `{"id":1}`,
	})
	f := load(t, s, `
		@source(name: "api", http: { baseURL: "BASE" })
		type Query {
			posts: [Post] @connect(source: "api", http: { GET: "/posts" }, selection: "$.data.items { id title: text tags user: { id: uid } place? { x } note: note? kind: text->first }")
			post: Post @connect(source: "api", http: { GET: "/posts/1" }, selection: "id title: text")
		}
		type Post { id: ID! title: String tags: [String] user: User place: Point note: String kind: String }
		type User { id: ID! }
		type Point { x: Float }`, rest.Options{})
	for _, tt := range []struct {
		name, coordinate, ask, want string
		laid                        bool
	}{
		{"leaves", "Query.posts[0]", "posts { title id tags }", `[{"title":"t","id":1,"tags":["x"]},{"title":null,"id":2,"tags":[]}]`, true},
		{"stubs, the type and what is optional", "Query.posts[0]", "posts { __typename user { __typename id } place { x } id }",
			`[{"__typename":"Post","user":{"__typename":"User","id":7},"place":{"x":1.5},"id":1},{"__typename":"Post","user":{"__typename":"User","id":8},"id":2}]`, true},
		{"not where something must be worked out", "Query.posts[0]", "posts { id kind }", `[{"id":1,"kind":"t"},{"id":2,"kind":null}]`, false},
		{"nor where something is amiss", "Query.post[0]", "post { id title }", `{"id":1}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fetch := f.fetch(tt.coordinate, tt.ask)
			want := fetch.Entries[0].Want
			place(want)
			out := f.query(fetch).outcome(t.Context(), 0)
			got, laid := unlaid(out.Values[0].Members()[0].Value, want.Fields[0].Sub)
			if text := string(got.AppendJSON(nil)); text != tt.want || laid != tt.laid {
				t.Errorf("%s, laid out: %v; want %s, %v", text, laid, tt.want, tt.laid)
			}
		})
	}
}
