package storefront_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/examples/storefront"
)

func TestEverySubgraphParsesAndIsConfigured(t *testing.T) {
	t.Parallel()
	config, err := fs.ReadFile(storefront.Files(), "sluice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(storefront.Files(), "*.graphql")
	if err != nil || len(names) != 4 {
		t.Fatalf("there are %d subgraphs (%v), want 4", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(storefront.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: string(text)})
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(config), "- "+name+"\n") {
			t.Errorf("sluice.yaml does not list %s", name)
		}
		for _, def := range append(doc.Definitions, doc.Extensions...) {
			if def.Description == "" && def.Name != "Query" && def.Name != "Mutation" {
				t.Errorf("%s: type %s has no description", name, def.Name)
			}
		}
	}
}

func TestEveryQueryParsesAndBeginsWithAWordAboutIt(t *testing.T) {
	t.Parallel()
	queries, err := storefront.Queries()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(storefront.Files(), "queries/*.graphql")
	if err != nil || len(files) != len(queries) {
		t.Errorf("there are %d files of queries, and Queries() has %d", len(files), len(queries))
	}
	for _, q := range queries {
		doc, err := parser.ParseQuery(&ast.Source{Name: q.Name, Input: q.Text})
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.HasPrefix(q.Text, "# ") {
			t.Errorf("%s does not begin with a comment", q.Name)
		}
		vars := map[string]any{}
		if q.Variables != "" {
			if err := json.Unmarshal([]byte(q.Variables), &vars); err != nil {
				t.Errorf("%s: variables: %v", q.Name, err)
			}
		}
		for _, v := range doc.Operations[0].VariableDefinitions {
			if _, ok := vars[v.Variable]; !ok && v.Type.NonNull && v.DefaultValue == nil {
				t.Errorf("%s: the variable $%s has no value", q.Name, v.Variable)
			}
		}
	}
}
