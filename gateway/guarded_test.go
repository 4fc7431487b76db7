package gateway_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/schema"
)

func TestWhatIsGuardedIsNotServedToAll(t *testing.T) {
	t.Parallel()
	const guarded = `
		extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated", "@requiresScopes"])
		type Query { open: Int closed: Int @authenticated user: User }
		type User @requiresScopes(scopes: [["users"]]) { name: String @authenticated }`
	users, problems := schema.LoadSources("users", schema.Remote, &ast.Source{Name: "users.graphql", Input: guarded})
	if problems != nil {
		t.Fatal(problems)
	}
	g, problems := gateway.New(gateway.Options{Subgraphs: []*schema.Subgraph{users}})
	if g != nil {
		g.Close()
		t.Error("a schema with rules that nobody enforces is served")
	}
	var found []string
	for _, p := range problems {
		if p.Code == "UNSUPPORTED_FEATURE" {
			found = append(found, p.Message)
		}
	}
	if len(found) != 2 || !strings.Contains(found[0], "Query.closed, User.name") || !strings.Contains(found[1], "User") {
		t.Errorf("problems = %v, want one for each directive, with the coordinates", found)
	}
}
