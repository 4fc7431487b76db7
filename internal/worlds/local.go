package worlds

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Local is a [Graph] as code in the gateway's process. It is to the gateway what gqlgen generates.
type Local struct{ *Graph }

var _ graphql.ExecutableSchema = Local{}

// Schema returns the schema with what federation adds to it.
func (l Local) Schema() *ast.Schema { return l.schema }

// Complexity knows of nothing.
func (l Local) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec runs the operation in the context.
func (l Local) Exec(ctx context.Context) graphql.ResponseHandler {
	oc := graphql.GetOperationContext(ctx)
	data, errs := l.run(oc.Doc, oc.Variables)
	r := Request{
		Service: l.subgraph.Name, Method: "CALL", Body: oc.RawQuery, InProcess: true,
		changes: oc.Doc.Operations[0].Operation == ast.Mutation,
	}
	if failure := l.world.note(r, ""); failure != nil {
		data, errs = failure.spoil(data)
	}
	return graphql.OneShot(&graphql.Response{Data: appendOrdered(nil, data), Errors: errs})
}
