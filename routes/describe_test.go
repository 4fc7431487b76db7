package routes_test

import (
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/sluice-gateway/sluice/routes"
)

func TestTheDescriptionIsValidAndSaysWhatGoesInAndOut(t *testing.T) {
	t.Parallel()
	s := serve(t, []routes.Route{
		{Path: "/users/{id}/overview", Operation: routes.Operation{Text: overview}, Summary: "All of a user.", Tags: []string{"users"}},
		stored("/users/{id}", `query One($id: ID!) { user(id: $id) { ...F } } fragment F on User { name id @skip(if: false) }`),
		stored("/users/{user}", `mutation Rename($user: ID!, $input: Rename!) { rename(id: $user, input: $input) { name } }`, "PUT"),
		stored("/users", `mutation Create($name: String!, $age: Int = 3) { create(name: $name, age: $age) { __typename name } }`),
		{Path: "/files/{path...}", Service: "api"},
		{Path: "shop.example/all/", Service: "api", Methods: []string{"GET", "POST"}},
	}, nil)
	got := ask(t, s, "GET", "/openapi.json", "")
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %v", got.status, got.header)
	}
	doc, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Errorf("the document is not valid: %v", err)
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(got.body), &tree); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want any
		path []any
	}{
		{"3.1.0", []any{"openapi"}},
		{"Overview", []any{"paths", "/users/{id}/overview", "get", "operationId"}},
		{"All of a user.", []any{"paths", "/users/{id}/overview", "get", "summary"}},
		{"path", []any{"paths", "/users/{id}/overview", "get", "parameters", 0, "in"}},
		{"int32", []any{"paths", "/users/{id}/overview", "get", "parameters", 1, "schema", "format"}},
		{"#/components/schemas/State", []any{"paths", "/users/{id}/overview", "get", "parameters", 2, "schema", "items", "$ref"}},
		{"OPEN", []any{"components", "schemas", "State", "enum", 0}},
		{"name", []any{"paths", "/users/{id}", "get", "responses", "200", "content", "application/json", "schema", "properties", "user", "required", 0}},
		{"id", []any{"paths", "/users/{id}", "put", "parameters", 0, "name"}}, // the name that the path has
		{"#/components/schemas/Rename", []any{"paths", "/users/{id}", "put", "requestBody", "content", "application/json", "schema", "$ref"}},
		{"name", []any{"components", "schemas", "Rename", "required", 0}},
		{3.0, []any{"paths", "/users", "post", "requestBody", "content", "application/json", "schema", "properties", "age", "default"}},
		{"User", []any{"paths", "/users", "post", "responses", "200", "content", "application/json", "schema", "properties", "create", "properties", "__typename", "const"}},
		{"The answer of the service.", []any{"paths", "/files/{path}", "delete", "responses", "default", "description"}},
		{"//shop.example", []any{"paths", "/all/{path}", "get", "servers", 0, "url"}},
	} {
		var at any = tree
		for _, step := range tt.path {
			switch step := step.(type) {
			case string:
				m, _ := at.(map[string]any)
				at = m[step]
			case int:
				if l, ok := at.([]any); ok && step < len(l) {
					at = l[step]
				} else {
					at = nil
				}
			}
		}
		if at != tt.want {
			t.Errorf("%v: %v, want %v", tt.path, at, tt.want)
		}
	}
}

func TestTheDescriptionCanBeElsewhereOrNowhere(t *testing.T) {
	t.Parallel()
	list := []routes.Route{{Path: "/a", Service: "api"}}
	off := serve(t, list, func(o *routes.Options) { o.OpenAPI.Enabled = false })
	if got := ask(t, off, "GET", "/openapi.json", ""); got.status != 404 {
		t.Errorf("off: %d", got.status)
	}
	moved := serve(t, list, func(o *routes.Options) { o.OpenAPI.Path = "/api/description" })
	if got := ask(t, moved, "GET", "/api/description", ""); got.status != 200 {
		t.Errorf("moved: %d", got.status)
	}
	if _, problems := table(t, []routes.Route{{Path: "/openapi.json", Service: "api", Methods: []string{"GET"}}}, nil); problems.Errors() == nil {
		t.Error("a route in its place is no problem")
	}
}
