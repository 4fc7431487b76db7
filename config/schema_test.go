package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/sluice-gateway/sluice/config"
)

var update = flag.Bool("update", false, "write the JSON Schema instead of comparing it")

func TestJSONSchemaIsUpToDate(t *testing.T) {
	t.Parallel()
	made := makeSchema(t)
	if *update {
		if err := os.WriteFile("sluice.schema.json", made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(config.JSONSchema()), string(made)); diff != "" {
		t.Errorf("the types have changed; run go generate ./config (-file +types)\n%s", diff)
	}
}

// makeSchema reflects the types of the configuration.
func makeSchema(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{
		BaseSchemaID:               "https://sluice.dev/schemas",
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Namer: func(t reflect.Type) string {
			if t.Name() == "" || t.PkgPath() == "" {
				return t.Name()
			}
			return path.Base(t.PkgPath()) + "." + t.Name() // several packages have a Config
		},
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[time.Duration]() {
				return &jsonschema.Schema{Type: "string", Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$|\$\{`}
			}
			return nil
		},
	}
	for _, folder := range []string{".", "../operation", "../resolvers/subgraph", "../routes", "../server", "../server/compression", "../upstream", "../upstream/balance", "../upstream/discovery", "../upstream/endpoint"} {
		if err := r.AddGoComments("github.com/sluice-gateway/sluice/config", folder, jsonschema.WithFullComment()); err != nil {
			t.Fatal(err)
		}
	}
	s := r.Reflect(&config.Config{})
	s.ID, s.Title = "https://sluice.dev/schemas/config", "sluice.yaml"
	for name, d := range s.Definitions {
		for p := d.Properties.Oldest(); p != nil; p = p.Next() {
			p.Value.Description = plain(p.Value.Description)
			if i := p.Value.Items; i != nil && i.Ref == "#/$defs/endpoint.Address" { // a URL stands for one
				p.Value.Items = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "string"}, i}}
			}
			switch p.Value.Type {
			case "integer", "number", "boolean":
				p.Value.AnyOf = []*jsonschema.Schema{{Type: p.Value.Type}, {Type: "string", Pattern: `\$\{`}}
				p.Value.Type = ""
			}
			if p.Value.Enum != nil {
				p.Value.AnyOf = []*jsonschema.Schema{{Enum: p.Value.Enum}, {Type: "string", Pattern: `\$\{`}}
				p.Value.Type, p.Value.Enum = "", nil
			}
		}
		d.Description = plain(d.Description)
		if name == "server.Config" { // these two stand at the top level
			d.Properties.Delete("listen")
			d.Properties.Delete("admin")
		}
	}
	delete(s.Definitions, "server.Admin")
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// plain is a comment without the marks that only documentation of Go understands.
func plain(comment string) string {
	return strings.NewReplacer("[", "", "]", "", "\n", " ").Replace(comment)
}

// A configuration that loads has nothing wrong in the eyes of an editor, and one with a mistake in its form has.
func TestJSONSchemaAgreesWithLoad(t *testing.T) {
	t.Parallel()
	if *update {
		t.Skip("the schema is written")
	}
	document, err := validator.UnmarshalJSON(bytes.NewReader(config.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := validator.NewCompiler()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema := compiler.MustCompile("schema.json")
	check := func(t *testing.T, file string) error {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := yaml.YAMLToJSON(text)
		if err != nil {
			t.Fatal(err)
		}
		value, err := validator.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(value)
	}
	good := fixtures(t, "*.good.yaml")
	examples, err := filepath.Glob("../examples/*/sluice.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("examples: %q, %v", examples, err)
	}
	for _, file := range append(good, examples...) {
		if err := check(t, file); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, file := range []string{"unknown-field", "wrong-types", "all-at-once"} {
		if check(t, filepath.Join("testdata", file+".bad.yaml")) == nil {
			t.Errorf("%s.bad.yaml is accepted", file)
		}
	}
	for _, file := range examples {
		if _, problems := config.Load(file, env); len(problems) > 0 {
			t.Errorf("%s: %q", file, lines(problems))
		}
	}
}

func TestPrintedDefaultsAreWhatTheSchemaDescribes(t *testing.T) {
	t.Parallel()
	c, problems := config.Parse("sluice.yaml", []byte("schema: [a.graphql]"), nil)
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	var printed map[string]any
	if err := yaml.Unmarshal([]byte(b.String()), &printed); err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct {
			Properties map[string]struct{ Description string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(config.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	top := schema.Defs["config.Config"].Properties
	for key := range printed {
		if top[key].Description == "" {
			t.Errorf("%s has no description", key)
		}
	}
	if len(top) != len(printed) {
		t.Errorf("%d fields are described, %d printed", len(top), len(printed))
	}
}
