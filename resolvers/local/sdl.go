package local

import (
	"context"
	"fmt"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/sluice-gateway/sluice/execute"
	"github.com/sluice-gateway/sluice/plan"
)

// SDL returns the schema of a local subgraph as composition reads it. A schema that was generated with gqlgen's
// federation plugin tells it by itself, keys and links included; of any other it is the schema without what GraphQL has
// built in.
func SDL(es graphql.ExecutableSchema) (string, error) {
	schema := es.Schema()
	if schema.Query == nil {
		return "", fmt.Errorf("the schema has no query type")
	}
	service := schema.Query.Fields.ForName("_service")
	if service == nil {
		var b strings.Builder
		formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
		return b.String(), nil
	}
	r, err := newRunner(es, &plan.Query{Text: "query{_service{sdl}}"}, nil)
	if err != nil {
		return "", err
	}
	out := r.Run(context.Background(), &execute.Inputs{})
	if out.Release != nil {
		defer out.Release()
	}
	if len(out.Errors) > 0 {
		return "", fmt.Errorf("asking for the SDL: %w", out.Errors[0].Cause)
	}
	return strings.Clone(out.Values[0].Get("_service").Get("sdl").Text()), nil
}
