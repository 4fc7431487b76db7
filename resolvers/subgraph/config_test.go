package subgraph_test

import (
	"testing"

	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/upstream/header"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	rules := func(list ...header.Rule) subgraph.Config { return subgraph.Config{Headers: list} }
	for _, tt := range []struct {
		name   string
		config subgraph.Config
		want   string
	}{
		{"the zero value", subgraph.Config{}, ""},
		{"the defaults", subgraph.DefaultConfig(), ""},
		{"a path with a query", subgraph.Config{Path: "/graphql?a=%20"}, ""},
		{"a path without a slash", subgraph.Config{Path: "graphql"}, `path: must begin with a slash (got "graphql")`},
		{"a path with a space", subgraph.Config{Path: "/a b"}, `path: must be an encoded path without fragment (got "/a b")`},
		{"a negative batch", subgraph.Config{MaxBatch: -1}, `max_batch: must be 0 or more (got -1)`},
		{"unknown errors", subgraph.Config{Errors: "hide"}, `errors: must be one of pass, redact (got "hide")`},
		{"an empty rule", rules(header.Rule{}), `headers[0]: must have exactly one of forward, set, rename and remove`},
		{"a rule of two kinds", rules(header.Rule{Set: "a"}, header.Rule{Set: "a", Remove: "b"}), `headers[1]: must have exactly one of forward, set, rename and remove`},
		{"what belongs to another kind", rules(header.Rule{Set: "a", As: "b"}), `headers[0].as: belongs to forward and rename (got "b")`},
		{"a value for what is forwarded", rules(header.Rule{Forward: "a", Value: "b"}), `headers[0].value: belongs to set (got "b")`},
		{"a pattern with another name", rules(header.Rule{Forward: "a-*", As: "b"}), `headers[0].forward: must be one name where as or default is given (got "a-*")`},
		{"a name that is none", rules(header.Rule{Set: "a b"}), `headers[0].set: must be the name of a header (got "a b")`},
		{"a pattern where a name belongs", rules(header.Rule{Set: "a*"}), `headers[0].set: must be the name of a header (got "a*")`},
		{"a header of the gateway", rules(header.Rule{Forward: "Content-Length"}), `headers[0].forward: is set by the gateway itself (got "Content-Length")`},
		{"a header of the connection under another name", rules(header.Rule{Forward: "a", As: "connection"}), `headers[0].as: is set by the gateway itself (got "connection")`},
		{"a line in a value", rules(header.Rule{Set: "a", Value: "b\r\nc: d"}), `headers[0].value: must have no control characters`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := tt.config.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Validate() = %q, want %q", got, tt.want)
			}
		})
	}
}
