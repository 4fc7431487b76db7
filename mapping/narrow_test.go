package mapping_test

import (
	"fmt"
	"testing"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/value"
)

// ask makes a request for fields.
func ask(typ string, fields ...mapping.RequestField) *mapping.Request {
	return &mapping.Request{Type: typ, Fields: fields}
}

func withTypename(r *mapping.Request) *mapping.Request {
	r.Typename = true
	return r
}

func abstract(r *mapping.Request) *mapping.Request {
	r.Abstract = true
	return r
}

func leaf(name string) mapping.RequestField { return mapping.RequestField{Name: name} }

func sub(name string, r *mapping.Request) mapping.RequestField {
	return mapping.RequestField{Name: name, Sub: r}
}

// perType asks for fields of objects of one type.
func perType(r *mapping.Request, typ string, fields ...mapping.RequestField) *mapping.Request {
	r.Of = func(of string) *mapping.Request {
		q := withTypename(abstract(ask(of)))
		if of == typ {
			q.Fields = fields
		}
		return q
	}
	return r
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		version mapping.Version
		src     string
		request *mapping.Request
		in      string
		want    string
		reads   string
	}{
		{"a nil request asks for everything", mapping.V03, "a b { c }", nil, `{"a":1,"b":{"c":2}}`, `{"a":1,"b":{"c":2}}`, "a b{c}"},
		{"a leaf is kept whole", mapping.V03, "a { b c }", ask("T", leaf("a")), `{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"c":2}}`, "a{b c}"},
		{"nothing is asked for", mapping.V03, "a b", ask("T"), `{"a":1}`, `{}`, ""},
		{"a group", mapping.V03, "g: { a b }", ask("T", sub("g", ask("G", leaf("b")))), `{"a":1,"b":2}`, `{"g":{"b":2}}`, "b"},
		{"a group in v0.4", mapping.V04, "g: { a b }", withTypename(ask("T", sub("g", withTypename(ask("G", leaf("b")))))), `{"a":1,"b":2}`, `{"__typename":"T","g":{"__typename":"G","b":2}}`, "b"},
		{"a stub of a list of ids", mapping.V03, "tags: ids { id: $ name: $ }", ask("T", sub("tags", withTypename(ask("Tag", leaf("id"))))),
			`{"ids":[1,2]}`, `{"tags":[{"__typename":"Tag","id":1},{"__typename":"Tag","id":2}]}`, "ids"},
		{"a stub of which nothing is asked is an object", mapping.V04, "a { id: $ } b? { id: $ } tags: ids { id: $ }", ask("T", sub("a", ask("A")), sub("b", ask("B")), sub("tags", ask("Tag"))),
			`{"a":7,"b":null,"ids":[1,2]}`, `{"a":{},"tags":[{},{}]}`, "a{} b{} ids{}"},
		{"a stub of which something else is asked", mapping.V04, "a { id: $ n: name } b { n: name, g: { name } } c { n: name }", ask("T", sub("a", ask("A", leaf("n"))), sub("b", ask("B", leaf("n"))), sub("c", ask("C", leaf("n")))),
			`{"a":7,"b":null,"c":null}`, `{"a":{},"b":{},"c":null}`, "a{name} b{name} c{name}"},
		{"the name of a type makes no object", mapping.V04, "a { n: name } b { id: $ } c { n: name }", ask("T", sub("a", withTypename(ask("A", leaf("n")))), sub("b", withTypename(ask("B"))), sub("c", withTypename(ask("C")))),
			`{"a":null,"b":7,"c":{}}`, `{"a":null,"b":{"__typename":"B"},"c":{"__typename":"C"}}`, "a{name} b{} c{}"},
		{"the type name of a mapping gives way at an object type", mapping.V03, "__typename: $('Wrong') a", withTypename(ask("T", leaf("a"))), `{"a":1}`, `{"__typename":"T","a":1}`, "a"},
		{"the type name of a mapping counts at an abstract type", mapping.V03, "__typename: kind a b", withTypename(abstract(ask("I", leaf("a")))), `{"a":1,"kind":"A"}`, `{"__typename":"A","a":1}`, "kind a"},
		{"a type name that is not asked for", mapping.V03, "__typename: kind a", abstract(ask("I", leaf("a"))), `{"a":1,"kind":"A"}`, `{"a":1}`, "a"},
		{"alternatives are kept", mapping.V04, "id name ...kind->match(['b', { __typename: 'Buoy', depth }], [@, { __typename: 'Mark' }])",
			withTypename(abstract(ask("I", leaf("id")))), `{"id":1,"name":"n","kind":"b","depth":3}`, `{"id":1,"__typename":"Buoy","depth":3}`, "id kind{} depth"},
		{"alternatives know their types", mapping.V04, "...kind->match(['b', { __typename: 'Buoy', pet: pet { id } }], [@, { __typename: 'Mark', pet: pet { id }, n: 1 }])",
			perType(abstract(ask("I", leaf("pet"))), "Buoy", sub("pet", withTypename(ask("Cat", leaf("id"))))), `{"kind":"b","pet":{"id":7}}`, `{"__typename":"Buoy","pet":{"__typename":"Cat","id":7}}`, "kind{} pet{id}"},
		{"other alternatives are as they were", mapping.V04, "...kind->match(['b', { __typename: 'Buoy', pet: pet { id } }], [@, { __typename: 'Mark', pet: pet { id }, n: 1 }])",
			perType(abstract(ask("I", leaf("pet"))), "Buoy", sub("pet", withTypename(ask("Cat", leaf("id"))))), `{"kind":"m","pet":{"id":7}}`, `{"__typename":"Mark","pet":{"id":7},"n":1}`, "kind{} pet{id}"},
		{"objects made for each item know their type", mapping.V04, "pets: $.ids->map({ id: @ })->first one: $({ id: $.id })",
			ask("T", sub("pets", withTypename(ask("Cat", leaf("id")))), sub("one", withTypename(ask("Dog", leaf("id"))))), `{"ids":[7,8],"id":9}`, `{"pets":{"__typename":"Cat","id":7},"one":{"__typename":"Dog","id":9}}`, "ids id"},
		{"a path at the top", mapping.V03, "$.data.rows->first { a b }", ask("T", leaf("a")), `{"data":{"rows":[{"a":1,"b":2}]}}`, `{"a":1}`, "data{rows{a}}"},
		{"operands of ??", mapping.V04, "x: a { i j } ?? b { i j }", ask("T", sub("x", ask("X", leaf("j")))), `{"a":null,"b":{"i":1,"j":2}}`, `{"x":{"j":2}}`, "a{j} b{j}"},
		{"a spread that is null makes all null, asked for or not", mapping.V03, "id site.geo { lat }", ask("T", leaf("id")), `{"id":1,"site":{"geo":null}}`, `null`, "id site{geo{}}"},
		{"a value alone in braces", mapping.V03, "a { $.b { c d } }", ask("T", sub("a", ask("A", leaf("d")))), `{"a":{"b":{"c":1,"d":2}}}`, `{"a":{"d":2}}`, "a{b{d}}"},
		{"a field under two names is kept under both", mapping.V03, "n: a n: b", ask("T", leaf("n")), `{"a":{"x":1},"b":{"y":2}}`, `{"n":{"x":1,"y":2}}`, "a b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole := mustParse(t, c.src, c.version)
			m := whole.Narrow(c.request)
			if got := m.Apply(scan(t, c.in), envOf(t, nil)); !value.Equal(got, scan(t, c.want)) {
				t.Errorf("Apply() = %s, want %s", got.AppendJSON(nil), c.want)
			}
			if got := filterText(m.Reads()); got != c.reads {
				t.Errorf("Reads() = %s, want %s", got, c.reads)
			}
			if again := mustParse(t, c.src, c.version); filterText(again.Reads()) != filterText(whole.Reads()) {
				t.Error("narrowing changed the mapping itself")
			}
		})
	}
}

func TestApplyReturnsTheInputIfItIsTheResult(t *testing.T) {
	t.Parallel()
	const in = `{"data":[{"id":1,"user":{"name":"n"}},null,{"user":{"name":null},"id":2}],"n":1}`
	for src, same := range map[string]bool{
		"data { id user { name } } n":       true,
		"n data { user { name } id }":       true,
		"data { id user { name } }":         false,
		"data { id u: user { name } } n":    false,
		"data { id user { name } x: id } n": false,
	} {
		v := scan(t, in)
		if got := mustParse(t, src, mapping.V03).Apply(v, envOf(t, nil)); (got == v) != same {
			t.Errorf("%q gives the input: %v, want %v", src, got == v, same)
		}
	}
}

func TestApplyAllocatesFromTheArenaAlone(t *testing.T) {
	for _, s := range selections {
		m := mustParse(t, s.selection, mapping.V03)
		kept := value.NewArena()
		in, err := value.Scan([]byte(fmt.Sprintf(s.body, posts(100))), m.Reads(), kept)
		if err != nil {
			t.Fatal(err)
		}
		env := &mapping.Env{Arena: value.NewArena(), Problems: &mapping.Problems{}}
		m.Apply(in, env)
		if n := testing.AllocsPerRun(20, func() {
			env.Arena.Release()
			env.Arena = value.NewArena()
			m.Apply(in, env)
		}); n > 20 { // one for each object would be a hundred; a few are pieces of the arena, where the pool has none
			t.Errorf("%s: %v allocations", s.name, n)
		}
	}
}
