package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandsLookAtASupergraphAlone(t *testing.T) {
	t.Parallel()
	code, text, stderr := command(t, "compose", "-c", storefront)
	if code != 0 {
		t.Fatal(stderr)
	}
	dir := t.TempDir()
	good, broken, config := filepath.Join(dir, "good.graphql"), filepath.Join(dir, "broken.graphql"), filepath.Join(dir, "sluice.yaml")
	for path, content := range map[string]string{
		good: text, broken: strings.Replace(text, "type Query", "type Query {", 1), config: "supergraph: good.graphql\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, api, _ := command(t, "schema", "-c", storefront)
	_, plan, _ := command(t, "plan", "-c", storefront, "-")
	for _, tt := range []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string // a part
	}{
		{"its API schema is that of its subgraphs", []string{"schema", "--supergraph", good}, 0, api, ""},
		{"a query has the same plan", []string{"plan", "--supergraph", good, "-"}, 0, plan, ""},
		{"check counts its subgraphs", []string{"check", "--supergraph", good}, 0, "ok: 4 subgraphs, 16 connectors, 0 services\n", ""},
		{"a configuration names it", []string{"check", "-c", config}, 0, "ok: 4 subgraphs, 16 connectors, 0 services\n", ""},
		{"what is wrong with it is told", []string{"check", "--supergraph", broken}, 1, "", "broken.graphql:"},
		{"it is not there", []string{"check", "--supergraph", filepath.Join(dir, "nowhere.graphql")}, 1, "", "nowhere.graphql: error SCHEMA_FILE: The supergraph cannot be read: no such file or directory."},
		{"it is a folder", []string{"check", "--supergraph", dir}, 1, "", "it is a folder, but a supergraph is one file"},
		{"a configuration that is named must be there", []string{"check", "--supergraph", good, "-c", filepath.Join(dir, "other.yaml")}, 1, "", "no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, tt.args...)
			if code != tt.code || stdout != tt.stdout || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}
