package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// written writes references as "$this.a.b@7".
func written(refs []mapping.Reference) []string {
	out := []string{}
	for _, r := range refs {
		out = append(out, fmt.Sprintf("%s@%d", strings.Join(append([]string{r.Name}, r.Path...), "."), r.Offset))
	}
	return out
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"paths", "a: $args.x.y b: $this", []string{"$args.x.y@3", "$this@16"}},
		{"up to a method", "$this.address.zip->toString", []string{"$this.address.zip@0"}},
		{"through ?", "$this.a?.b?", []string{"$this.a.b@0"}},
		{"into braces", "$args.input { name at: place.town { zip } }", []string{"$args.input.name@14", "$args.input.place.town.zip@36"}},
		{"a dollar and an @ in braces", "$args.tags { id: $ also: @.x }", []string{"$args.tags@17", "$args.tags.x@25"}},
		{"braces that read nothing of it", "$args.input { x: $config.y }", []string{"$args.input@0", "$config.y@17"}},
		{"braces after a method", "$args.rows->first { id }", []string{"$args.rows@0"}},
		{"arguments", "id->eq($args.id)->and($this.ok)", []string{"$args.id@7", "$this.ok@22"}},
		{"an element of a list from a variable", "$batch->map(@.id)", []string{"$batch@0"}},
		{"names bound by ->as are none", "$this.a->as($x)->echo($x.b)->echo($y)", []string{"$this.a@0", "$y@34"}},
		{"a name ends with its path", "a: b->as($x)->echo($x) c: $x", []string{"$x@26"}},
		{"inside literals and chains", "a: $([$args.a, { b: $args.b }]) c: $($args.c ?? $args.d)", []string{"$args.a@6", "$args.b@20", "$args.c@37", "$args.d@48"}},
		{"header names in quotes", "$request.headers.'x-tenant'->first", []string{"$request.headers.x-tenant@0"}},
		{"twice the same", "a: $this.id b: $this.id", []string{"$this.id@3", "$this.id@15"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, written(mustParse(t, c.src, mapping.V03).References())); diff != "" {
				t.Errorf("References() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadsInput(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		"id: $args.id":                      -1,
		"$args.input { name at: { zip } }":  -1,
		"$args.id->echo({ a: @ })":          -1,
		"$args.ids->map({ id: @ })":         -1,
		"$(1)":                              -1,
		"g: { a: $args.x }":                 -1,
		"$":                                 0,
		"id":                                0,
		"a: $args.id b: name":               15,
		"a: $args.rows->map(@.x->eq($.y))":  27,
		"g: { a: $args.x b: c }":            19,
		"a: $(@)":                           5,
		"$args.id->echo({ a: @, b: $.x.y})": 26,
	} {
		offset, reads := mustParse(t, src, mapping.V03).ReadsInput()
		if reads != (want >= 0) || reads && offset != want {
			t.Errorf("Parse(%q).ReadsInput() = %d, %v, want %d", src, offset, reads, want)
		}
	}
}

// filterText writes a filter as a selection: "a b{c}"; "*" is everything.
func filterText(f *value.Filter) string {
	if f == nil {
		return "*"
	}
	var keys []string
	for _, k := range f.Keys {
		key := k.Key
		if k.Want != nil {
			key += "{" + filterText(k.Want) + "}"
		}
		keys = append(keys, key)
	}
	return strings.Join(keys, " ")
}

func TestReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"fields", "id name", "id name"},
		{"braces and paths", "owner { id } at: place.town.name", "owner{id} place{town{name}}"},
		{"everything", "$", "*"},
		{"everything below a key", "$.data", "data"},
		{"a key both whole and in part", "a: x.y x", "x"},
		{"braces over an envelope", "$.data { id rows { x: y } }", "data{id rows{y}}"},
		{"nothing", "a: $args.id b: $(1)", ""},
		{"items of a list by methods", "$.rows->first { id }", "rows{id}"},
		{"a condition reads what it looks at", "$.rows->filter(@.kind->eq('a')) { id }", "rows{kind{} id}"},
		{"a comparison of whole values", "$.rows->filter(@.kind->eq($.x)) { id }", "rows{kind id} x"},
		{"an argument that reads the outer value", "rows->map($.id)", "rows{} id"},
		{"entries and the like need everything", "a: o->entries b: p->jsonStringify c: q->size", "o p q"},
		{"what ->as has bound", "$->as($d) { rows: $d.rows { id shop: $d.shop } }", "rows{id} shop"},
		{"arms of ->match", "a: kind->match(['x', $.y { z }], [@, null])", "kind{} y{z}"},
		{"arms compared with structures", "a: kind->match([$.x, 1])", "kind x"},
		{"a member by ->get", "a: o->get('k').x b: l->get(0).y", "o{k{x}} l{y}"},
		{"a member by ->get that is not known", "a: o->get($args.k)", "o"},
		{"an index out of a scalar", "a: $(n ?? m.k)", "n m{k}"},
		{"text from scalars", "a: xs->joinNotNull(',')", "xs{}"},
		{"a method that does not exist", "a: x.y->frobnicate(z.w)", "x{y{}} z{w{}}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := filterText(mustParse(t, c.src, mapping.V03).Reads()); got != c.want {
				t.Errorf("Parse(%q).Reads() = %s, want %s", c.src, got, c.want)
			}
		})
	}
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	const (
		unknown = mapping.UnknownMethod
		bad     = mapping.BadArguments
		ignored = mapping.ElementIgnored
	)
	type remark struct {
		kind   mapping.RemarkKind
		method string
		offset int
	}
	for _, c := range []struct {
		src  string
		want []remark
	}{
		{"a: b->first c: d->map(@.x)->filter(@.y->gt(1)->and(true))", nil},
		{"a: b->frist(c->nope) { d: e->uniq }", []remark{{unknown, "frist", 4}, {unknown, "nope", 13}, {unknown, "uniq", 27}}},
		{"a: $({ b: [c->x ?? d->y] })", []remark{{unknown, "x", 12}, {unknown, "y", 20}}},
		{"a: b->First", []remark{{unknown, "First", 4}}},
		{"a: b->first()", []remark{{bad, "first", 4}}},
		{"a: b->toString() c: d->add()->and()", nil},
		{"a: b->map", []remark{{bad, "map", 4}}},
		{"a: b->eq(1, 2)", []remark{{bad, "eq", 4}}},
		{"a: b->slice(1, 2, 3)", []remark{{bad, "slice", 4}}},
		{"a: b->add", []remark{{bad, "add", 4}}},
		{"a: b->as(c) d: e->as($) f: g->as($x, 1)", []remark{{bad, "as", 4}, {bad, "as", 16}}},
		{"a: b->match([1, 2], 3)", []remark{{bad, "match", 4}}},
		{"a: b->match()", []remark{{bad, "match", 4}}},

		// An element that an argument cannot reach.
		{"a: b->map(id)", []remark{{ignored, "map", 4}}},
		{"a: b->filter($.ids->contains(@))", []remark{{ignored, "filter", 4}}},
		{"a: b->find(name->eq($args.name))", []remark{{ignored, "find", 4}}},
		{"a: b->map({ x: id, y: 1 })", []remark{{ignored, "map", 4}}},
		{"a: b->map({ x: id, y: @.z })", nil},
		{"a: b->map($.id)", nil},
		{"a: b->map('constant')", nil},
		{"a: b->filter(@->in($.ids))", nil},
		{"a: b->filter(@->as($x)->echo($.y->eq($x)))", nil},
		{"a: b->map($($(@.x) ?? y))", nil},
		{"a: b->map($.x { id })", nil},
	} {
		t.Run(c.src, func(t *testing.T) {
			t.Parallel()
			var got []remark
			for _, r := range mustParse(t, c.src, mapping.V03).Remarks() {
				got = append(got, remark{r.Kind, r.Method, r.Offset})
				if !strings.HasSuffix(r.Message, ".") && !strings.HasSuffix(r.Message, "?") {
					t.Errorf("%q is not a sentence", r.Message)
				}
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(remark{})); diff != "" {
				t.Errorf("Remarks() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemarksSuggestMethods(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "a: b->frist", mapping.V02).Remarks()
	if len(r) != 1 || !strings.HasPrefix(r[0].Message, `Unknown method "->frist". Did you mean "first"`) {
		t.Errorf("Remarks() = %+v", r)
	}
}
