package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

var environment = map[string]string{
	"ACCOUNTS_TOKEN": "s3cr3t",
	"PLAYGROUND":     "false",
	"STOCK_BYTES":    "1024",
	"SECRET_URL":     "s3cr3t://s3cr3t",
	"EMPTY":          "",
}

func env(name string) (string, bool) {
	v, ok := environment[name]
	return v, ok
}

func lines(problems problem.List) (out []string) {
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message))
	}
	return out
}

func fixtures(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

func TestLoadAccepts(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "*.good.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			if _, problems := config.Load(file, env); len(problems) > 0 {
				t.Errorf("Load(): %q", lines(problems))
			}
		})
	}
}

// The first lines of a bad file are the problems that are to be found.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, file := range fixtures(t, "*.bad.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(text)) {
				if p, ok := strings.CutPrefix(line, "#! "); ok {
					want = append(want, strings.TrimSpace(p))
				}
			}
			_, problems := config.Load(file, env)
			if diff := cmp.Diff(want, lines(problems)); diff != "" {
				t.Errorf("Load(): (-want +got)\n%s", diff)
			}
			for _, p := range problems {
				if p.File != file {
					t.Errorf("File = %q", p.File)
				}
				if strings.Contains(p.Message, "s3cr3t") {
					t.Errorf("%q shows a value from the environment", p.Message)
				}
			}
		})
	}
}

func TestLoadReads(t *testing.T) {
	t.Parallel()
	c, problems := config.Load(filepath.Join("testdata", "full.good.yaml"), env)
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	for _, check := range []struct {
		about     string
		got, want any
	}{
		{"listen reaches the server", c.Server.Listen, "0.0.0.0:8080"},
		{"an empty admin turns the listener off", c.Server.Admin.Listen, ""},
		{"paths are relative to the file", c.Schema, []string{filepath.Join("testdata", "schema", "accounts.graphql"), filepath.Join("testdata", "schema")}},
		{"what a service does not mention is the default", c.Services["accounts"].Connections.MaxIdle, 256},
		{"what it mentions is not", c.Services["accounts"].Timeouts.Total, 5 * time.Second},
		{"false replaces a default of true", c.Services["accounts"].HTTP2.Enabled, false},
		{"a default of a variable", c.Services["shop.stock"].Endpoints, endpoint.At("https://stock.example.com/v1")},
		{"an integer from the environment", c.Services["shop.stock"].Limits.BodyBytes, int64(1024)},
		{"a boolean from the environment", c.Playground.Enabled, false},
		{"the other settings of a section keep their defaults", c.Operation.MaxTokens, 15_000},
		{"when it is read again", c.Reload, config.Reload{Watch: false, Interval: 5 * time.Second}},
		{"the files it is read from", c.Files(), []string{
			filepath.Join("testdata", "full.good.yaml"), filepath.Join("testdata", "schema"), filepath.Join("testdata", "schema", "accounts.graphql"),
		}},
		{"settings of a source", c.Sources["accounts"].Config, map[string]any{
			"token": "s3cr3t", "header": "Bearer s3cr3t ${kept}", "retries": int64(3), "ratio": 0.5,
			"nested": map[string]any{"list": []any{int64(1), "two", nil, true}},
		}},
	} {
		if diff := cmp.Diff(check.want, check.got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", check.about, diff)
		}
	}
}

// Whoever checks a configuration goes on to check the schema, and must not report again what was reported.
func TestLoadLeavesOutWhatIsWrong(t *testing.T) {
	t.Parallel()
	c, problems := config.Parse("sluice.yaml", []byte(`
schema: [a.graphql, ""]
services:
  good: { endpoints: ["http://127.0.0.1:1"] }
  bad: { endpoints: ["ftp://127.0.0.1:1"] }
sources:
  one: { service: good }
  two: { service: bad, max_requests_per_operation: 3 }
`), nil)
	if len(problems) != 2 {
		t.Errorf("problems: %q", lines(problems))
	}
	if diff := cmp.Diff([]string{"a.graphql"}, c.Schema); diff != "" {
		t.Errorf("Schema: (-want +got)\n%s", diff)
	}
	if _, ok := c.Services["bad"]; ok || len(c.Services) != 1 {
		t.Errorf("Services: %v", c.Services)
	}
	want := map[string]config.Source{"one": {Service: "good", MaxConcurrentRequests: 32}, "two": {MaxRequestsPerOperation: 3, MaxConcurrentRequests: 32}}
	if diff := cmp.Diff(want, c.Sources); diff != "" {
		t.Errorf("Sources: (-want +got)\n%s", diff)
	}
}

func TestLoadOfWhatIsNoFile(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		filepath.Join("testdata", "none.yaml"): "there is no such file.",
		"testdata":                             "is a folder; the configuration is a file, such as sluice.yaml.",
		os.DevNull:                             "schema: at least one file or folder with a schema is needed, or a supergraph, or routes to services",
	} {
		_, problems := config.Load(path, env)
		if diff := cmp.Diff([]string{"0:0: " + want}, lines(problems)); diff != "" {
			t.Errorf("Load(%q): (-want +got)\n%s", path, diff)
		}
	}
}

// What the parser takes for levels is refused before it sees it: a hundred kilobytes of brackets used to take all memory.
func TestDeepNestingIsRefusedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"brackets": "sources: " + strings.Repeat("[", 100_000),
		"braces":   "sources: " + strings.Repeat("{a: ", 50_000) + "1" + strings.Repeat("}", 50_000),
		"lists":    "sources:\n  " + strings.Repeat("- ", 100_000) + "a",
		"keys":     "sources:\n  " + strings.Repeat("? ", 50_000) + "a",
	} {
		c, problems := config.Parse("sluice.yaml", []byte(text), nil)
		if got := lines(problems); c != nil || len(got) != 1 || !strings.Contains(got[0], "nests more than 100 levels deep.") {
			t.Errorf("%s: problems %.200q", name, got)
		}
	}
}

func TestManyWrongServicesAreAllReported(t *testing.T) {
	t.Parallel()
	const n = 1000
	var text strings.Builder
	text.WriteString("schema: [a.graphql]\nservices:\n  good: { endpoints: [\"http://127.0.0.1:1\"] }\n")
	for i := range n {
		fmt.Fprintf(&text, "  s%d: { endpoints: [\"ftp://127.0.0.1:1\"] }\n", i)
	}
	c, problems := config.Parse("sluice.yaml", []byte(text.String()), nil)
	if len(problems) != n || c == nil || len(c.Services) != 1 {
		t.Errorf("%d problems, want %d; services %v, want the good one", len(problems), n, c.Services)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	if _, problems := config.Parse("sluice.yaml", []byte("schema: [a.graphql]"), nil); len(problems) > 0 {
		t.Errorf("Parse(): %q", lines(problems))
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	c, problems := config.Parse("sluice.yaml", []byte(`
schema: [a.graphql]
services:
  stock: { endpoints: ["http://127.0.0.1:1"] }
  shop.stock: { endpoints: ["http://127.0.0.1:2"] }
  other: { endpoints: ["http://127.0.0.1:3"] }
sources:
  users: { service: other }
  shop.users: { service: stock }
  stock: { max_requests_per_operation: 5 }
`), nil)
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	for _, b := range []struct{ about, subgraph, source, want string }{
		{"the settings of the source of that subgraph come first", "shop", "users", "stock"},
		{"then those of the source in any subgraph", "crm", "users", "other"},
		{"then a service with the full name", "shop", "stock", "shop.stock"},
		{"then a service with the name of the source", "crm", "stock", "stock"},
		{"and else there is none", "crm", "mail", ""},
	} {
		if got := c.Bind(b.subgraph, b.source); got != b.want {
			t.Errorf("%s: Bind(%q, %q) = %q, want %q", b.about, b.subgraph, b.source, got, b.want)
		}
	}
}

func TestPrint(t *testing.T) {
	t.Parallel()
	c, problems := config.Load(filepath.Join("testdata", "full.good.yaml"), env)
	if len(problems) > 0 {
		t.Fatal(lines(problems))
	}
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "s3cr3t") {
		t.Errorf("Print() shows a value from the environment:\n%s", b.String())
	}
	again, problems := config.Parse("printed.yaml", []byte(b.String()), env)
	if len(problems) > 0 {
		t.Fatalf("what was printed does not load: %q\n%s", lines(problems), b.String())
	}
	if diff := cmp.Diff(c, again, cmp.AllowUnexported(config.Config{}), cmpopts.IgnoreFields(config.Config{}, "places", "files"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("what was printed means something else: (-want +got)\n%s", diff)
	}
	for _, want := range []string{"token: ${ACCOUNTS_TOKEN}", "idle: 2m\n", "max_tokens: 15000", "body_bytes: ${STOCK_BYTES}"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("Print() lacks %q:\n%s", want, b.String())
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, text, want string }{
		{"text without variables", "a$b{c}", "a$b{c}"},
		{"a variable in the middle", "a-${ACCOUNTS_TOKEN}-b", "a-s3cr3t-b"},
		{"several variables", "${ACCOUNTS_TOKEN}${PLAYGROUND}", "s3cr3tfalse"},
		{"a default", "${NONE:-x y}", "x y"},
		{"an empty default", "[${NONE:-}]", "[]"},
		{"a default for an empty variable", "${EMPTY:-x}", "x"},
		{"an empty variable without default", "[${EMPTY}]", "[]"},
		{"a default with a dollar", "${NONE:-$5}", "$5"},
		{"an escape", "$${ACCOUNTS_TOKEN}", "${ACCOUNTS_TOKEN}"},
		{"an escape beside a variable", "$${a}${PLAYGROUND}", "${a}false"},
	} {
		text := "schema: [a.graphql]\nsources: { a: { config: { v: '" + c.text + "' } } }"
		got, problems := config.Parse("sluice.yaml", []byte(text), env)
		if len(problems) > 0 {
			t.Errorf("%s: %q", c.about, lines(problems))
		} else if v := got.Sources["a"].Config["v"]; v != c.want {
			t.Errorf("%s: %q, want %q", c.about, v, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, problems := config.Parse("sluice.yaml", []byte(text), env)
		if c == nil && len(problems) == 0 {
			t.Fatal("neither a configuration nor problems")
		}
		if len(problems) > 0 {
			return
		}
		var b strings.Builder
		if err := c.Print(&b); err != nil {
			t.Fatal(err)
		}
		if _, problems := config.Parse("printed.yaml", []byte(b.String()), env); len(problems) > 0 {
			t.Errorf("what was printed does not load: %q\n%s", lines(problems), b.String())
		}
	})
}
