package gateway_test

import (
	"context"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

func labelled(t *testing.T, o gateway.Options) (g *gateway.Gateway, warnings string) {
	t.Helper()
	o.Services = map[string]upstream.Config{}
	for name, sdl := range map[string]string{
		"old": `type Query { item: Item } type Item @key(fields: "id") { id: ID! stock: Int none: Int all: Int }`,
		"new": `type Item @key(fields: "id") { id: ID! stock: Int @override(from: "old", label: "move_stock")
			none: Int @override(from: "old", label: "percent(0)") all: Int @override(from: "old", label: "percent(100)") }`,
	} {
		s, problems := schema.LoadSources(name, schema.Remote, &ast.Source{Name: name + ".graphql", Input: `
			extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"]) ` + sdl})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		o.Subgraphs = append(o.Subgraphs, s)
		config := upstream.DefaultConfig()
		config.Endpoints = endpoint.At("http://" + name + ".example")
		o.Services[name] = config
	}
	g, problems := gateway.New(o)
	if g == nil {
		t.Fatal(problems)
	}
	t.Cleanup(g.Close)
	return g, lines(problems)
}

func TestLabelsAreDecidedForEachRequest(t *testing.T) {
	t.Parallel()
	hook := func(_ context.Context, c *operation.Caller, label string) bool {
		return label == "move_stock" && len(c.Header["X-Preview"]) > 0
	}
	preview := map[string][]string{"X-Preview": {"1"}}
	for _, test := range []struct {
		name    string
		options gateway.Options
		header  map[string][]string
		field   string
		want    bool // from the new subgraph
	}{
		{"a name is off if nobody knows it", gateway.Options{}, nil, "stock", false},
		{"a name is what the options say", gateway.Options{Labels: map[string]bool{"move_stock": true}}, nil, "stock", true},
		{"a name is what the function says of the caller", gateway.Options{Decide: hook}, preview, "stock", true},
		{"and of another one", gateway.Options{Decide: hook}, nil, "stock", false},
		{"the options come before the function", gateway.Options{Decide: hook, Labels: map[string]bool{"move_stock": false}}, preview, "stock", false},
		{"no request is in a share of nothing", gateway.Options{}, nil, "none", false},
		{"every request is in a share of all", gateway.Options{}, nil, "all", true},
		{"the function is not asked for shares", gateway.Options{Decide: hook}, nil, "all", true},
		{"the options come before shares", gateway.Options{Labels: map[string]bool{"percent(100)": false}}, nil, "all", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, _ := labelled(t, test.options)
			d, errs := g.Explain(&operation.Request{Query: "{ item { " + test.field + " } }", Caller: &operation.Caller{Header: test.header}})
			if errs != nil {
				t.Fatal(errs)
			}
			if got := len(d.Fetches) == 2; got != test.want {
				t.Errorf("from the new subgraph: %v, want %v", got, test.want)
			}
		})
	}
}

func TestALabelThatNoOverrideHasIsAWarning(t *testing.T) {
	t.Parallel()
	_, warnings := labelled(t, gateway.Options{Labels: map[string]bool{"move_stok": true}})
	if want := `UNUSED_LABEL: labels: no @override has the label "move_stok". Did you mean "move_stock"?`; !strings.Contains(warnings, want) {
		t.Errorf("warnings: %s, want %s", warnings, want)
	}
}
