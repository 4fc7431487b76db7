package execute_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
	"github.com/sluice-gateway/sluice/value"
)

// laidOut gives what f gives, with the objects below the first one as records of the slots of a fetch.
func laidOut(f run, fetch *plan.Fetch) run {
	return func(ctx context.Context, in *execute.Inputs) *execute.Outcome {
		out := f(ctx, in)
		for i, v := range out.Values {
			var members []value.Member
			for _, m := range v.Members() {
				members = append(members, value.Member{Key: m.Key, Value: layOut(m.Value, below(fetch.Entries[0].Want, m.Key))})
			}
			out.Values[i] = value.OfMembers(members)
		}
		return out
	}
}

func below(t *plan.Tree, name string) *plan.Tree {
	for _, f := range t.Fields {
		if f.Name == name {
			return f.Sub
		}
	}
	return nil
}

func layOut(v value.Value, t *plan.Tree) value.Value {
	switch {
	case t == nil:
	case v.Kind() == value.List:
		var items []value.Value
		for _, item := range v.Items() {
			items = append(items, layOut(item, t))
		}
		return value.OfItems(items)
	case v.Kind() == value.Object:
		slots := make([]value.Value, len(t.Place.Slots))
		for _, f := range t.Fields {
			slots[f.Slot] = layOut(v.Get(f.Name), f.Sub)
		}
		return value.OfSlots(slots)
	}
	return v
}

func TestRecordsGiveWhatObjectsGive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	posts := []string{
		`{"posts":[{"id":1,"title":"t","editor":{"id":"1"}},{"id":2,"title":"u","editor":{"id":"2"},"comments":[{"text":"x"}]}]}`,
		`{"posts":[{"id":1,"title":null,"editor":null},{"id":2,"title":"u"}]}`,
		`{"posts":[{"id":1,"title":"t","editor":{}},null]}`,
		`{"posts":[{"id":1,"title":"t","editor":[]}]}`,
		`{"posts":[[{"id":1}]]}`, `{"posts":[]}`, `{"posts":{"id":1}}`, `{"posts":null}`, `{}`,
	}
	for _, first := range posts {
		for _, second := range posts {
			p := w.plan(t, `{ posts { id title editor { id email } comments { text } } }`,
				step{source: "first", want: `{ posts { id editor { id } } }`},
				step{source: "second", want: `{ posts { id title comments { text } } }`, after: []int{0}},
				step{source: "mails", path: "posts.editor", needs: `{ id }`, want: `{ email }`, after: []int{0}})
			answer := func(s sources) (string, []string) {
				s["mails"] = finds(t, map[string]string{`{"id":"1"}`: `{"email":"e"}`, `{"id":"2"}`: `{"email":"f"}`})
				resp := compile(t, w, p, s).Run(context.Background(), &execute.Request{})
				defer resp.Release()
				return string(resp.Data), errorLines(resp)
			}
			want, wantErrs := answer(sources{"first": gives(t, first), "second": gives(t, second)})
			got, errs := answer(sources{"first": laidOut(gives(t, first), p.Fetches[0]), "second": laidOut(gives(t, second), p.Fetches[1])})
			if got != want {
				t.Errorf("data = %s, want %s", got, want)
			}
			if diff := cmp.Diff(wantErrs, errs); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		}
	}
}

func TestRecordsOfAnotherPlaceAreNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ posts { title } }`, step{source: "a", want: `{ posts { title } }`})
	wide := value.OfItems([]value.Value{value.OfSlots(make([]value.Value, 9))})
	prog := compile(t, w, p, sources{"a": func(context.Context, *execute.Inputs) *execute.Outcome {
		return &execute.Outcome{Values: []value.Value{value.OfMembers([]value.Member{{Key: "posts", Value: wide}})}}
	}})
	resp := prog.Run(context.Background(), &execute.Request{})
	defer resp.Release()
	if got, want := string(resp.Data), `{"posts":[{"title":null}]}`; got != want {
		t.Errorf("data = %s, want %s", got, want)
	}
}

func TestRecordsCountAgainstTheRoomOfTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, blog)
	p := w.plan(t, `{ posts { title } }`, step{source: "a", want: `{ posts { title } }`})
	body := `{"posts":[` + strings.Repeat(`{"title":"t"},`, 99) + `{"title":"t"}]}`
	prog := compile(t, w, p, sources{"a": laidOut(gives(t, body), p.Fetches[0])})
	for room, want := range map[int]string{400: "", 200: "ANSWER_TOO_LARGE"} {
		resp := prog.Run(context.Background(), &execute.Request{MaxValues: room})
		if got := strings.Join(errorLines(resp), "\n"); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("with room for %d values: %q, want %q", room, got, want)
		}
		resp.Release()
	}
}
