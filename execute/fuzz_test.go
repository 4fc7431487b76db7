package execute_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/value"
)

// Whatever sources answer, the response is JSON, fits the schema, and has an error for what is missing because of one.
func FuzzAnswers(f *testing.F) {
	const query = `{
		n: node { __typename id ... on User { name friends { id name } } ...P }
		posts { id title tags author { id name email age } editor { role address { city } } comments { text } }
		me { age role address { zip city } friends { age } } count
	} fragment P on Post { t: title author { email } }`
	w := newWorld(f, blog)
	p := w.plan(f, query,
		step{source: "a", want: `{ node { id ... on User { name friends { id } } ... on Post { title author { id } } } posts { id title author { id } comments { text } } }`},
		step{source: "b", want: `{ me { id age role friends { age } } count posts { tags editor { id role address { city } } } }`},
		step{source: "c", path: "posts.author", needs: `{ id }`, want: `{ name email }`, after: []int{0}},
		step{source: "d", path: "posts.author", needs: `{ id email @further }`, want: `{ age }`, after: []int{0, 2}},
		step{
			source: "e", path: "node", on: []string{"User"}, needs: `{ id friends @further { id } }`, want: `{ friends { name } }`, after: []int{0},
			more: []entry{{[]string{"Post"}, `{ id author { id } }`, `{ author { email } }`}},
		},
		step{source: "f", path: "me", needs: `{ id }`, want: `{ address { zip city } }`, after: []int{1}})
	doc := gqlparser.MustLoadQueryWithRules(w.sg.API, query, nil)

	f.Add([]byte(`{"node":{"__typename":"User","id":1,"name":"n","friends":[{"id":2}]},"posts":[{"id":1,"title":"t","author":{"id":1},"comments":[{"text":"x"}]}]}`),
		[]byte(`{"me":{"id":1,"age":3,"role":"ADMIN","friends":[{"age":1}]},"count":1,"posts":[{"tags":["a"],"editor":{"id":3,"role":"USER"}}]}`),
		[]byte(`[{"name":"n","email":"e","age":1,"friends":[{"name":"x"}],"address":{"zip":"z","city":"c"},"author":{"email":"q"}}]`), uint16(0))
	f.Add([]byte(`{"node":{"__typename":"Post"},"posts":[null]}`), []byte(`{"me":null}`), []byte(`[]`), uint16(0x0fff))
	f.Add([]byte(`{"posts":{}}`), []byte(`{"me":[{}],"posts":[[{"tags":"x","editor":[]}]],"count":1e99}`), []byte(`[[],1,"x",{"name":{}}]`), uint16(0x5555))
	f.Fuzz(func(t *testing.T, a, b, entities []byte, failing uint16) {
		arena := value.NewArena()
		defer arena.Release()
		read := func(text []byte) value.Value {
			v, err := value.Scan(text, nil, arena)
			if err != nil {
				t.Skip("not JSON")
			}
			return v
		}
		rootA, rootB, rows := read(a), read(b), read(entities).Items()
		// Two bits for each source: whether the whole of it fails, and whether a part does.
		source := func(number int, answer func(in *execute.Inputs) []value.Value) run {
			return func(_ context.Context, in *execute.Inputs) *execute.Outcome {
				out := &execute.Outcome{}
				if bits := failing >> (2 * number); bits&1 == 0 {
					out.Values = answer(in)
				} else if bits&2 == 0 {
					out.Errors = append(out.Errors, failure(-1))
				}
				if failing>>(2*number)&2 != 0 {
					out.Errors = append(out.Errors, failure(0, "posts", 0, "author"), failure(number-2), failure(0, "friends", 1, "name", 7))
				}
				return out
			}
		}
		one := func(v value.Value) func(*execute.Inputs) []value.Value {
			return func(*execute.Inputs) []value.Value { return []value.Value{v} }
		}
		each := func(in *execute.Inputs) (out []value.Value) {
			for i := range in.Reps {
				if len(rows) > 0 {
					out = append(out, rows[i%len(rows)])
				}
			}
			return out
		}
		prog := compile(t, w, p, sources{
			"a": source(0, one(rootA)), "b": source(1, one(rootB)), "c": source(2, each), "d": source(3, each), "e": source(4, each), "f": source(5, each),
		})
		resp := prog.Run(context.Background(), &execute.Request{})
		defer resp.Release()
		if err := conforms(w, doc, resp); err != nil {
			t.Errorf("%v\ndata: %s\nerrors: %v", err, resp.Data, resp.Errors)
		}
	})
}

// conforms checks a response against the operation it answers.
func conforms(w *world, doc *ast.QueryDocument, resp *operation.Response) error {
	dec := json.NewDecoder(bytes.NewReader(resp.Data))
	dec.UseNumber()
	var data any
	if err := dec.Decode(&data); err != nil || !json.Valid(resp.Data) {
		return fmt.Errorf("the data are not JSON: %w", err)
	}
	if data == nil && len(resp.Errors) == 0 {
		return fmt.Errorf("neither data nor errors")
	}
	for _, e := range resp.Errors {
		if e.Message == "" || e.Extensions["code"] == nil || e.Extensions["code"] == string(fault.Internal) {
			return fmt.Errorf("error %v", e)
		}
		if err := reachable(data, e.Path); err != nil {
			return fmt.Errorf("error at %v: %w", e.Path, err)
		}
	}
	if data == nil {
		return nil
	}
	c := checker{planner{w: w}}
	return c.object(w.sg.Query.Name, []ast.SelectionSet{doc.Operations[0].SelectionSet}, data)
}

// reachable checks that a path leads to a null, or to a null on the way: an error and a value exclude each other.
func reachable(data any, path ast.Path) error {
	for _, e := range path {
		switch v := data.(type) {
		case nil:
			return nil
		case map[string]any:
			name, _ := e.(ast.PathName)
			next, ok := v[string(name)]
			if !ok {
				return fmt.Errorf("there is no %v", e)
			}
			data = next
		case []any:
			i, ok := e.(ast.PathIndex)
			if !ok || int(i) >= len(v) {
				return fmt.Errorf("there is no %v", e)
			}
			data = v[i]
		default:
			return fmt.Errorf("there is nothing below %v", v)
		}
	}
	if data != nil && len(path) > 1 {
		return fmt.Errorf("there is %v", data)
	}
	return nil
}

type checker struct{ planner }

func (c *checker) object(name string, sets []ast.SelectionSet, v any) error {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object of type %s", v, name)
	}
	t := c.w.sg.Types[name]
	if t.Abstract() {
		runtime, _ := m["__typename"].(string)
		if t = c.w.sg.Types[runtime]; t == nil || !c.w.sg.Types[name].CanBe(t) {
			return fmt.Errorf("%q is no %s", runtime, name)
		}
	}
	var fields []*ast.Field
	subs := map[string][]ast.SelectionSet{}
	for _, s := range sets {
		c.collect(t, s, &fields, subs)
	}
	if len(fields) != len(m) {
		return fmt.Errorf("%v has not the fields that were selected", m)
	}
	for _, f := range fields {
		v, ok := m[f.Alias]
		if !ok {
			return fmt.Errorf("%v has no %s", m, f.Alias)
		}
		typ := ast.NonNullNamedType("String", nil)
		if f.Name != "__typename" {
			typ = t.Fields[f.Name].Type
		}
		if err := c.value(typ, subs[f.Alias], v); err != nil {
			return fmt.Errorf("%s: %w", f.Alias, err)
		}
	}
	return nil
}

func (c *checker) value(t *ast.Type, sets []ast.SelectionSet, v any) error {
	if v == nil {
		if t.NonNull {
			return fmt.Errorf("null for %s", t)
		}
		return nil
	}
	if t.Elem != nil {
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("%v is no %s", v, t)
		}
		for i, item := range list {
			if err := c.value(t.Elem, sets, item); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
	ok := false
	switch named := c.w.sg.Types[t.NamedType]; {
	case named.Composite():
		return c.object(named.Name, sets, v)
	case named.Kind == ast.Enum:
		s, _ := v.(string)
		ok = named.Values[s]
	case named.Name == "Int":
		n, _ := v.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		ok = err == nil && i >= math.MinInt32 && i <= math.MaxInt32
	default:
		_, ok = v.(string)
	}
	if !ok {
		return fmt.Errorf("%v is no %s", v, t)
	}
	return nil
}
