package server_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/sluice-gateway/sluice/fault"
	"github.com/sluice-gateway/sluice/operation"
)

const testSchema = `
	type Query {
		hello(name: String = "world"): String
		"The value of a header of the request."
		header(name: String!): String
		"Blocks until the operation is cancelled or released."
		wait: Boolean
		"A failure with data beside it."
		partial: String
		"A text of so many bytes."
		big(size: Int!): String
		panic: Int
		unplanned: Int
	}
	type Mutation { touch: Int! }
`

// fakeEngine answers the fields of testSchema, and no fields of objects.
type fakeEngine struct {
	schema   *ast.Schema
	waiting  chan struct{} // gets a value when an operation begins to wait
	release  chan struct{} // closed: all waiting operations end
	canceled chan error    // gets the cause when a waiting operation was cancelled
	touched  atomic.Int64
	loaned   atomic.Int64 // responses that were not released
}

func newFakeEngine(tb testing.TB) *fakeEngine {
	tb.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: testSchema})
	if err != nil {
		tb.Fatal(err)
	}
	return &fakeEngine{
		schema:   schema,
		waiting:  make(chan struct{}, 100),
		release:  make(chan struct{}),
		canceled: make(chan error, 100),
	}
}

func (e *fakeEngine) Prepare(_ context.Context, r *operation.Request) (operation.Operation, gqlerror.List) {
	coded := func(code fault.Code, err error) gqlerror.List {
		list := gqlerror.List{}
		if l, ok := err.(gqlerror.List); ok {
			list = l
		} else {
			list = append(list, gqlerror.Wrap(err))
		}
		for _, e := range list {
			e.Extensions = map[string]any{"code": string(code)}
		}
		return list
	}
	if strings.Contains(r.Query, "panicInPrepare") {
		panic("prepare")
	}
	doc, err := gqlparser.LoadQueryWithRules(e.schema, r.Query, rules.NewDefaultRules())
	if err != nil {
		for _, e := range err {
			if e.Rule == "" {
				return nil, coded(fault.ParseFailed, err)
			}
		}
		return nil, coded(fault.ValidationFailed, err)
	}
	def := doc.Operations.ForName(r.OperationName)
	if def == nil {
		return nil, gqlerror.List{fault.New(fault.OperationUnresolved, "There is no such operation.")}
	}
	if r.QueryOnly && def.Operation != ast.Query {
		return nil, gqlerror.List{fault.New(fault.MethodNotAllowed, "Mutations need POST.")}
	}
	vars := map[string]any{}
	if len(r.Variables) > 0 {
		if err := json.Unmarshal(r.Variables, &vars); err != nil {
			return nil, coded(fault.BadUserInput, err)
		}
	}
	vars, verr := validator.VariableValues(e.schema, def, vars)
	if verr != nil {
		return nil, coded(fault.BadUserInput, verr)
	}
	return &fakeOperation{engine: e, request: r, def: def, vars: vars}, nil
}

type fakeOperation struct {
	engine  *fakeEngine
	request *operation.Request
	def     *ast.OperationDefinition
	vars    map[string]any
}

func (o *fakeOperation) Definition() *ast.OperationDefinition { return o.def }

func (o *fakeOperation) Execute(ctx context.Context) *operation.Response {
	data := map[string]any{}
	var errs gqlerror.List
	for _, s := range o.def.SelectionSet {
		f, ok := s.(*ast.Field)
		if !ok {
			continue
		}
		args := f.ArgumentMap(o.vars)
		switch f.Name {
		case "__typename":
			data[f.Alias] = f.ObjectDefinition.Name
		case "hello":
			data[f.Alias] = "Hello, " + args["name"].(string) + "!"
		case "header":
			data[f.Alias] = strings.Join(o.request.Caller.Header[args["name"].(string)], ",")
		case "big":
			data[f.Alias] = strings.Repeat("x", int(args["size"].(int64)))
		case "touch":
			data[f.Alias] = o.engine.touched.Add(1)
		case "panic":
			panic("execute: secret")
		case "unplanned":
			return operation.NewResponse(nil, gqlerror.List{fault.New(fault.NoPlan, "There is no plan.")}, nil)
		case "partial":
			data[f.Alias] = nil
			err := fault.New(fault.ConnectorFetch, "The <source> failed.")
			err.Path = ast.Path{ast.PathName(f.Alias)}
			err.Extensions["zeta"], err.Extensions["alpha"] = json.Number("1.50"), []string{"a"}
			errs = append(errs, err)
		case "wait":
			o.engine.waiting <- struct{}{}
			select {
			case <-o.engine.release:
				data[f.Alias] = true
			case <-ctx.Done():
				o.engine.canceled <- context.Cause(ctx)
				return operation.NewResponse(nil, gqlerror.List{fault.New(fault.Canceled, "The operation was cancelled.")}, nil)
			}
		default:
			data[f.Alias] = nil
		}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return operation.NewResponse(nil, gqlerror.List{gqlerror.Wrap(err)}, nil)
	}
	o.engine.loaned.Add(1)
	return operation.NewResponse(text, errs, func() { o.engine.loaned.Add(-1) })
}
