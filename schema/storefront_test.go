package schema_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/examples/storefront"
	"github.com/sluice-gateway/sluice/schema"
)

// TestStorefront pins the entrances and the API schema of the storefront example.
func TestStorefront(t *testing.T) {
	t.Parallel()
	subgraphs, problems := schema.LoadFS(storefront.Files(),
		schema.Location{Path: "accounts.graphql"}, schema.Location{Path: "catalog.graphql"},
		schema.Location{Path: "orders.graphql"}, schema.Location{Path: "reviews.graphql"})
	if problems != nil {
		t.Fatal(problems)
	}
	sg, problems := schema.Compose(subgraphs)
	if sg == nil {
		t.Fatal("\n" + lines(problems))
	}
	for file, got := range map[string]string{"testdata/storefront.model": lines(problems) + dump(sg), "testdata/storefront.graphql": sg.SDL()} {
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
