package e2e_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sluice-gateway/sluice/schema"
)

// Composing subgraphs and running them must be the same as printing the supergraph as other tools read it, and running that:
// all scenarios that compose subgraphs run once more in that way, with the same answers of the same calls.
func TestScenariosRunFromTheirPrintedSupergraphs(t *testing.T) {
	t.Parallel()
	ran := 0
	err := filepath.WalkDir(*folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" || *update {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s, err := parseScenario(data)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		_, composed := s.schema[supergraph]
		if composed || s.problems != nil || strings.Contains(s.config, "schema:") || strings.Contains(string(data), "https://specs.sluice.dev/sluice") {
			return nil // with what Sluice adds to the language, a supergraph is less than its subgraphs
		}
		ran++
		name, _ := filepath.Rel(*folder, strings.TrimSuffix(path, ".txtar"))
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			t.Parallel()
			s.schema[supergraph] = s.printed(t)
			s.play(t)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ran == 0 && !*update {
		t.Error("no scenario composes subgraphs")
	}
}

// printed composes the subgraphs of a scenario and returns the supergraph as other routers read it.
func (s *scenario) printed(t *testing.T) string {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range s.schema {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	var locations []schema.Location
	for _, root := range s.roots() {
		locations = append(locations, schema.Location{Path: root})
	}
	subgraphs, problems := schema.LoadFS(files, locations...)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	sg, problems := schema.Compose(subgraphs)
	if sg == nil {
		t.Fatal(problems.Err())
	}
	return sg.JoinSDL(nil)
}
