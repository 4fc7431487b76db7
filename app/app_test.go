package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/app"
)

// command runs a command until it ends.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	code = app.Run(t.Context(), args, app.IO{Stdin: strings.NewReader("{ products(first: 1) { nodes { name } } }"), Stdout: &out, Stderr: &problems,
		Environ: func(string) (string, bool) { return "", false }})
	return code, out.String(), problems.String()
}

const storefront = "../examples/storefront/sluice.yaml"

func TestCommands(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "sluice.yaml")
	if err := os.WriteFile(broken, []byte("schema: [nowhere.graphql]\nservces: {}\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		args   []string
		code   int
		stdout []string // parts
		stderr []string
	}{
		{"help without arguments", nil, 0, []string{"Usage: sluice <command>", "demo", "check"}, nil},
		{"help of a command", []string{"plan", "--help"}, 0, []string{"Show how a query would be answered"}, nil},
		{"an unknown command", []string{"sevre"}, 2, nil, []string{`did you mean "serve"`, "sluice --help"}},
		{"an unknown flag", []string{"check", "--stric"}, 2, nil, []string{"--stric"}},
		{"version", []string{"version"}, 0, []string{"sluice ", "go1."}, nil},
		{"check of a good configuration", []string{"check", "-c", storefront}, 0, []string{"ok: 4 subgraphs"}, []string{"warning N_PLUS_ONE", "query($ids: [ID!]!) { users(ids: $ids) { orders { id } } }"}},
		{"a strict check fails for warnings", []string{"check", "--strict", "-c", storefront}, 1, nil, []string{"N_PLUS_ONE", "2 warnings"}},
		{"check lists everything", []string{"check", "-c", broken}, 1, nil, []string{":1:10: error", ":2:1: error", ":3:14: error", "3 errors"}},
		{"serve starts nothing with a wrong configuration", []string{"serve", "-c", broken}, 1, nil, []string{":1:10: error", ":2:1: error", ":3:14: error"}},
		{"no configuration", []string{"check", "-c", "nowhere.yaml"}, 1, nil, []string{"nowhere.yaml", "no such file"}},
		{"schema as SDL", []string{"schema", "-c", storefront}, 0, []string{"type Query {", "enum OrderStatus {"}, nil},
		{"schema as introspection", []string{"schema", "-c", storefront, "--format", "introspection"}, 0, []string{`{"data":{"__schema":{"description":null,"queryType":{"name":"Query"}`}, nil},
		{"config with defaults", []string{"config", "-c", storefront}, 0, []string{"listen: 127.0.0.1:4000", "max_depth: 50"}, nil},
		{"config for editors", []string{"config", "--json-schema"}, 0, []string{`"$schema"`}, nil},
		{"plan from standard input", []string{"plan", "-c", storefront, "-"}, 0, []string{"catalog", "{ products(first: 1) { nodes { name } } }", "calls\n   catalog: 1"}, nil},
		{"plan of a file that is not there", []string{"plan", "-c", storefront, "nowhere.graphql"}, 1, nil, []string{"sluice: the query cannot be read"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.code, stdout, stderr)
			}
			for _, part := range tt.stdout {
				if !strings.Contains(stdout, part) {
					t.Errorf("stdout has no %q: %.2000s", part, stdout)
				}
			}
			for _, part := range tt.stderr {
				if !strings.Contains(stderr, part) {
					t.Errorf("stderr has no %q: %.2000s", part, stderr)
				}
			}
			if tt.code == 0 && tt.stderr == nil && stderr != "" {
				t.Errorf("stderr: %s", stderr)
			}
		})
	}
}

func TestPlanAsJSON(t *testing.T) {
	t.Parallel()
	_, stdout, _ := command(t, "plan", "-c", storefront, "--json", "../examples/storefront/queries/storefront.graphql", "-v", `{"id": 1}`)
	var plan struct {
		Operation string
		Fetches   []struct {
			ID                      int
			Service, Calls, Selects string
			After                   []int
		}
		Calls []struct {
			Service, Calls string
			AtLeast        int
			AtMost         *int
		}
	}
	if err := json.Unmarshal([]byte(stdout), &plan); err != nil {
		t.Fatal(err)
	}
	if plan.Operation != "query" || len(plan.Fetches) != 5 || len(plan.Calls) != 4 {
		t.Errorf("the plan has %d fetches to %d services, want 5 to 4", len(plan.Fetches), len(plan.Calls))
	}
	for _, c := range plan.Calls {
		if c.Service == "orders" && (c.AtLeast != 0 || c.AtMost == nil || *c.AtMost != 1) {
			t.Errorf("orders: %+v, want at most one call", c)
		}
	}
}

// TestDemo starts the demo as a newcomer does, asks it, and stops it.
func TestDemo(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- app.Run(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"},
			app.IO{Stdout: write, Stderr: io.Discard, Environ: func(string) (string, bool) { return "", false }})
		_ = write.Close()
	}()
	var greeting strings.Builder
	buf := make([]byte, 4096)
	for !strings.Contains(greeting.String(), "Stop with Ctrl-C.") {
		n, err := read.Read(buf)
		if err != nil {
			t.Fatalf("%v after %s", err, greeting.String())
		}
		greeting.Write(buf[:n])
	}
	_, rest, _ := strings.Cut(greeting.String(), "GraphQL    ")
	url, _, _ := strings.Cut(rest, "\n")
	query, err := os.ReadFile("../examples/storefront/queries/storefront.graphql")
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"query": string(query), "variables": map[string]any{"id": 7}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`{"data":{"user":{"name":"`, `"orders":[{"id":`, `"product":{"id":`, `"reviews":[{"rating":`, `"author":{"id":`} {
		if !bytes.Contains(answer, []byte(part)) {
			t.Errorf("the answer has no %s: %.400s", part, answer)
		}
	}
	if bytes.Contains(answer, []byte(`"errors"`)) {
		t.Errorf("errors: %s", answer)
	}
	page, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(url, "graphql"), nil)
	if err != nil {
		t.Fatal(err)
	}
	page.Header.Set("Accept", "text/html")
	if resp, err = http.DefaultClient.Do(page); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the playground: %d %v", resp.StatusCode, resp.Header)
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, read) }()
	if code := <-ended; code != 0 {
		t.Errorf("the demo ended with %d, want 0", code)
	}
}
