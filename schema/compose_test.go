package schema_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema"
)

var update = flag.Bool("update", false, "write what composition gives into the files of testdata")

// TestCompose composes the subgraphs of each file in testdata and testdata/compose: its *.graphql parts, local ones unless they link
// connectors. The parts problems, api and model hold what must come of it; each may be left out, but problems then
// means none.
func TestCompose(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	small, errSmall := filepath.Glob("testdata/compose/*.txtar")
	if err != nil || errSmall != nil || len(files) == 0 || len(small) == 0 {
		t.Fatal("no files in testdata:", err, errSmall)
	}
	files = append(files, small...)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sg, problems := composeArchive(archive)
			got := map[string]string{"problems": lines(problems), "api": "", "model": ""}
			if sg != nil {
				got["api"], got["model"] = sg.SDL(), dump(sg)
			}
			if *update {
				updateArchive(t, file, archive, got)
				return
			}
			want := map[string]string{"problems": ""}
			for _, f := range archive.Files {
				if _, ok := got[f.Name]; ok {
					want[f.Name] = string(f.Data)
				}
			}
			for _, part := range slices.Sorted(maps.Keys(want)) {
				if diff := cmp.Diff(want[part], got[part]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", part, diff)
				}
			}
			if sg == nil != (problems.Errors() != nil) {
				t.Errorf("there is a supergraph: %v, with these problems:\n%s", sg != nil, lines(problems))
			}
		})
	}
}

func composeArchive(archive *txtar.Archive) (*schema.Supergraph, problem.List) {
	var subgraphs []*schema.Subgraph
	var problems problem.List
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".graphql")
		if !ok {
			continue
		}
		s, list := schema.LoadSources(name, schema.Local, &ast.Source{Name: f.Name, Input: string(f.Data)})
		subgraphs, problems = append(subgraphs, s), append(problems, list...)
	}
	sg, list := schema.Compose(subgraphs)
	return sg, append(problems, list...)
}

func updateArchive(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "problems" })
	for i := range archive.Files {
		if text, ok := got[archive.Files[i].Name]; ok {
			archive.Files[i].Data = []byte(text)
		}
	}
	if got["problems"] != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "problems", Data: []byte(got["problems"])})
	}
	if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
		t.Fatal(err)
	}
}

func lines(list problem.List) string {
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.Text() + "\n")
	}
	return b.String()
}

// dump prints what planning reads of a supergraph: entrances, one a line, and what open sources know.
func dump(s *schema.Supergraph) string {
	var b strings.Builder
	for i, e := range s.Entrances {
		if e.ID != i || !slices.Contains(e.On.Entrances, e) {
			fmt.Fprintf(&b, "entrance %d has the id %d, or does not stand on its type\n", i, e.ID)
		}
		fmt.Fprintf(&b, "%s on %s", e.Source.Name, e.On.Name)
		if e.Field != nil {
			fmt.Fprintf(&b, ".%s", e.Field.Name)
		}
		if e.Needs != nil {
			fmt.Fprintf(&b, " needs { %s }", e.Needs)
		}
		if e.Virtual {
			b.WriteString(" virtually")
		}
		if e.Gives != nil {
			fmt.Fprintf(&b, " gives %s", shape(e.Gives))
		}
		fmt.Fprintf(&b, " batch %d price %d\n", e.Batch, e.Price)
	}
	for i, src := range s.Sources {
		if src.ID != i {
			fmt.Fprintf(&b, "source %d has the id %d\n", i, src.ID)
		}
		if src.Open != nil {
			dumpOpen(&b, src)
		}
	}
	return b.String()
}

func dumpOpen(b *strings.Builder, src *schema.Source) {
	fmt.Fprintf(b, "%s %s knows\n", src.Kind, src.Name)
	types := slices.SortedFunc(maps.Keys(src.Open.Types), func(a, b *schema.Type) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range types {
		o := src.Open.Types[t]
		fmt.Fprintf(b, "\t%s", t.Name)
		if o.InterfaceObject {
			b.WriteString(" as object")
		}
		for _, m := range o.Members {
			b.WriteString(" | " + m.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(o.Fields)) {
			f := o.Fields[name]
			fmt.Fprintf(b, " %s:%s", name, f.Type)
			if f.External {
				b.WriteString(" external")
			}
			if f.Requires != nil {
				fmt.Fprintf(b, " requires { %s }", f.Requires)
			}
			if f.Provides != nil {
				fmt.Fprintf(b, " provides %s", shape(f.Provides))
			}
			if f.Label != "" {
				fmt.Fprintf(b, " if %s is %v", f.Label, f.LabelOn)
			}
			for _, a := range f.Contextual {
				for _, t := range slices.SortedFunc(maps.Keys(a.From), func(a, b *schema.Type) int { return strings.Compare(a.Name, b.Name) }) {
					fmt.Fprintf(b, " %s:%s from %s { %s }", a.Name, a.Type, t.Name, a.From[t])
				}
			}
		}
		b.WriteString("\n")
	}
}

func shape(s *schema.Shape) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
		if sub := s.Fields[name]; sub != nil {
			name += " " + shape(sub)
		}
		parts = append(parts, name)
	}
	for _, t := range slices.SortedFunc(maps.Keys(s.On), func(a, b *schema.Type) int { return strings.Compare(a.Name, b.Name) }) {
		parts = append(parts, "... on "+t.Name+" "+shape(s.On[t]))
	}
	if s.Open {
		parts = append(parts, "*")
	}
	return "{ " + strings.Join(parts, " ") + " }"
}
