package rule

// This test is inside the package as it runs single rules, which the fixtures are made for: most of them are fragments
// without an operation.

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// imported are those of our rules that the test suite of graphql-js has cases for. The module of gqlparser carries it.
var imported = map[string]rule{
	"FieldsOnCorrectType":          fieldsOnCorrectType,
	"KnownArgumentNames":           knownArgumentNames,
	"KnownTypeNames":               knownTypeNames,
	"OverlappingFieldsCanBeMerged": nil, // no subscriber
	"PossibleFragmentSpreads":      possibleFragmentSpreads,
	"SingleFieldSubscriptions":     singleRootField,
	"UniqueOperationNames":         uniqueOperationNames,
	"ValuesOfCorrectType":          valuesOfCorrectType,
}

// deviations are the cases that do not apply here, with the reason. A reason that begins with "valid" or "invalid" means
// that the case has this outcome, with other words or in another number of errors.
var deviations = map[string]string{
	"KnownTypeNames/references to standard scalars that are missing in schema":                              "every schema has the standard scalars",
	"OverlappingFieldsCanBeMerged/finds invalid cases even with field named after fragment":                 "the fragment can never be spread there in the schema that gqlparser has added to",
	"OverlappingFieldsCanBeMerged/reports deep conflict after nested fragments":                             "the fragment can never be spread there in the schema that gqlparser has added to",
	"OverlappingFieldsCanBeMerged/does not infinite loop on recursive fragments separated by fields":        "this rule runs only where no fragment contains itself",
	"OverlappingFieldsCanBeMerged/does not infinite loop on recursive fragment":                             "this rule runs only where no fragment contains itself",
	"OverlappingFieldsCanBeMerged/reports deep conflict in nested fragments":                                "invalid, with an error for each pair of fields",
	"OverlappingFieldsCanBeMerged/deep conflict with multiple issues":                                       "invalid, with an error for each pair of fields",
	"ValuesOfCorrectType/Invalid input object value/reports error for custom scalar that returns undefined": "a custom scalar takes every value",
}

func TestImportedCases(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/vektah/gqlparser/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "validator", "imported", "spec")
	var schemas []string
	readYAML(t, filepath.Join(dir, "schemas.yml"), &schemas)
	for name, rule := range imported {
		var cases []struct {
			Name   string
			Schema any
			Query  string
			Errors []struct{ Message string }
		}
		readYAML(t, filepath.Join(dir, name+"Rule.spec.yml"), &cases)
		if len(cases) == 0 {
			t.Fatalf("%s: no cases", name)
		}
		for _, c := range cases {
			about := name + "/" + c.Name
			t.Run(about, func(t *testing.T) {
				t.Parallel()
				reason := deviations[about]
				if reason != "" && !strings.HasPrefix(reason, "valid") && !strings.HasPrefix(reason, "invalid") {
					t.Skip(reason)
				}
				text, ok := c.Schema.(string)
				if n, err := strconv.Atoi(strings.TrimSpace(toString(c.Schema))); err == nil {
					text = schemas[n]
				} else if !ok {
					t.Fatalf("schema %v", c.Schema)
				}
				schema, err := gqlparser.LoadSchema(&ast.Source{Input: text})
				if err != nil {
					t.Fatal(err)
				}
				doc, err := parser.ParseQuery(&ast.Source{Input: c.Query})
				if err != nil {
					t.Skip("needs a parser for both languages: ", err)
				}
				got := runOne(schema, doc, rule)
				var want []string
				for _, e := range c.Errors {
					want = append(want, e.Message)
				}
				slices.Sort(got)
				slices.Sort(want)
				switch {
				case strings.HasPrefix(reason, "valid"):
					if len(got) != 0 {
						t.Errorf("not valid: %q", got)
					}
				case strings.HasPrefix(reason, "invalid"):
					if len(got) == 0 {
						t.Error("valid")
					}
				default:
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("messages (-want +got)\n%s\n%s", diff, c.Query)
					}
				}
			})
		}
	}
}

// runOne runs a single rule; nil stands for overlappingFields, to which every fragment is an operation.
func runOne(schema *ast.Schema, doc *ast.QueryDocument, rule rule) (messages []string) {
	r := &report{schema: schema, seen: map[string]bool{}}
	var events core.Events
	if rule != nil {
		rule(r, &events)
	}
	core.Walk(schema, doc, &events)
	if rule == nil {
		for _, f := range doc.Fragments {
			doc.Operations = append(doc.Operations, &ast.OperationDefinition{SelectionSet: f.SelectionSet})
		}
		if !overlappingFields(r, doc, 10_000) {
			messages = append(messages, "too many steps")
		}
	}
	for _, e := range r.errs {
		messages = append(messages, e.Message)
	}
	return messages
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func toString(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case uint64:
		return strconv.FormatUint(v, 10)
	}
	return ""
}
