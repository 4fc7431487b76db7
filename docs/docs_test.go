// Package docs_test keeps the documents honest: what they show is run, and what they list is complete.
package docs_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	graphql "github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/app"
	"github.com/sluice-gateway/sluice/config"
	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/schema"
	"github.com/sluice-gateway/sluice/value"
)

const root = ".."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are all Markdown files of the repository, relative to its root.
func documents(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			rel, err := filepath.Rel(root, path)
			out = append(out, rel)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 8 {
		t.Fatalf("only %d documents were found", len(out))
	}
	return out
}

// block is a fenced block.
type block struct {
	language string
	mark     string // the comment on the line before, such as "schema: complete"
	text     string
	line     int
}

var mark = regexp.MustCompile(`^<!-- (.*) -->$`)

func blocks(text string) []block {
	var out []block
	var open *block
	before := ""
	for i, line := range strings.Split(text, "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open != nil:
			out = append(out, *open)
			open = nil
		case fence:
			open = &block{language: language, line: i + 1}
			if m := mark.FindStringSubmatch(before); m != nil {
				open.mark = m[1]
			}
		case open != nil:
			open.text += line + "\n"
		}
		before = line
	}
	return out
}

var (
	links     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headings  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	anchorIDs = regexp.MustCompile(`<a id="([^"]+)">`)
)

// anchors are the fragments that a document can be opened at.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range headings.FindAllStringSubmatch(text, -1) {
		out[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1])] = true
	}
	for _, m := range anchorIDs.FindAllStringSubmatch(text, -1) {
		out[m[1]] = true
	}
	return out
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		text := read(t, doc)
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			at := doc
			if target != "" {
				at = filepath.Join(filepath.Dir(doc), target)
			}
			info, err := os.Stat(filepath.Join(root, at))
			if err != nil {
				t.Errorf("%s: %s leads nowhere: %v", doc, m[1], err)
				continue
			}
			if fragment != "" && (info.IsDir() || !anchors(read(t, at))[fragment]) {
				t.Errorf("%s: %s: there is no such heading", doc, m[1])
			}
		}
	}
}

func TestWhatIsShownOfAFileIsTheFile(t *testing.T) {
	t.Parallel()
	found := 0
	for _, doc := range documents(t) {
		for _, b := range blocks(read(t, doc)) {
			if path, ok := strings.CutPrefix(b.mark, "part of: "); ok && !strings.Contains(read(t, path), b.text) {
				t.Errorf("%s:%d: this does not stand in %s", doc, b.line, path)
			}
			path, ok := strings.CutPrefix(b.mark, "file: ")
			if !ok {
				continue
			}
			found++
			if diff := cmp.Diff(read(t, path), b.text); diff != "" {
				t.Errorf("%s:%d: %s is another (-file +document):\n%s", doc, b.line, path, diff)
			}
		}
	}
	if found == 0 {
		t.Error("no document shows a file")
	}
}

func TestCompleteSchemasCompose(t *testing.T) {
	t.Parallel()
	found := 0
	for _, doc := range documents(t) {
		for _, b := range blocks(read(t, doc)) {
			if b.mark != "schema: complete" {
				continue
			}
			found++
			subgraph, problems := schema.LoadSources("shown", schema.Remote, &graphql.Source{Name: doc, Input: b.text})
			_, more := schema.Compose([]*schema.Subgraph{subgraph})
			for _, p := range append(problems, more...).Errors() {
				t.Errorf("the schema at line %d: %v", b.line, p)
			}
		}
	}
	if found == 0 {
		t.Error("no document shows a schema")
	}
}

// Parts of a document are the subgraphs of one supergraph.
func TestSchemasInPartsComposeTogether(t *testing.T) {
	t.Parallel()
	found := 0
	for _, doc := range documents(t) {
		var parts []*schema.Subgraph
		for _, b := range blocks(read(t, doc)) {
			name, ok := strings.CutPrefix(b.mark, "schema: part ")
			if !ok {
				continue
			}
			found++
			part, problems := schema.LoadSources(name, schema.Remote, &graphql.Source{Name: doc + "/" + name, Input: b.text})
			for _, p := range problems.Errors() {
				t.Errorf("the schema at line %d: %v", b.line, p)
			}
			parts = append(parts, part)
		}
		if len(parts) == 0 {
			continue
		}
		_, problems := schema.Compose(parts)
		for _, p := range problems.Errors() {
			t.Errorf("%s: %v", doc, p)
		}
	}
	if found == 0 {
		t.Error("no document shows a schema in parts")
	}
}

func TestConfigurationsParse(t *testing.T) {
	t.Parallel()
	found := 0
	for _, doc := range documents(t) {
		for _, b := range blocks(read(t, doc)) {
			if b.language != "yaml" {
				continue
			}
			found++
			_, problems := config.Parse(doc, []byte(b.text), func(name string) (string, bool) { return "http://" + name, true })
			for _, p := range problems {
				t.Errorf("the configuration at line %d: %v", b.line, p)
			}
		}
	}
	if found == 0 {
		t.Error("no document shows a configuration")
	}
}

func TestCommandsPrintWhatTheReadmeShows(t *testing.T) {
	t.Parallel()
	const prompt = "$ go run ./cmd/sluice "
	found := 0
	for _, b := range blocks(read(t, "README.md")) {
		first, want, _ := strings.Cut(b.text, "\n")
		args, ok := strings.CutPrefix(first, prompt)
		if !ok {
			continue
		}
		found++
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "examples/first"), os.DirFS(filepath.Join(root, "examples/first"))); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(want, "error") { // the slip that the text speaks of
			path := filepath.Join(dir, "examples/first/blog.graphql")
			slip := strings.Replace(read(t, "examples/first/blog.graphql"), "id title", "id titel", 1)
			if err := os.WriteFile(path, []byte(slip), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := strings.Fields(args)
		for i, a := range command {
			if strings.HasPrefix(a, "examples/") {
				command[i] = filepath.Join(dir, a)
			}
		}
		var out bytes.Buffer
		app.Run(t.Context(), command, app.IO{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Environ: func(string) (string, bool) { return "", false }})
		got := strings.ReplaceAll(out.String(), dir+string(filepath.Separator), "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-README +printed):\n%s", first, diff)
		}
	}
	if found < 2 {
		t.Errorf("the README shows %d commands, want 2 or more", found)
	}
}

// rows are the rows of the tables in a document whose columns have the given names, in their order.
func rows(text string, columns ...string) [][]string {
	var out [][]string
	var at []int
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			at = nil
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if at == nil {
			at = []int{}
			next := 0
			for _, name := range columns {
				for i := next; i < len(cells); i++ {
					if cells[i] == name {
						at, next = append(at, i), i+1
						break
					}
				}
			}
			continue
		}
		if len(at) < len(columns) || strings.HasPrefix(cells[0], "---") {
			continue
		}
		row := make([]string, len(at))
		for i, n := range at {
			if n < len(cells) {
				row[i] = strings.Trim(cells[n], "`")
			}
		}
		out = append(out, row)
	}
	return out
}

func TestMappingsGiveWhatTheTablesSay(t *testing.T) {
	t.Parallel()
	table := rows(read(t, "docs/connectors.md"), "given", "mapping", "gives")
	if len(table) < 40 {
		t.Fatalf("only %d examples were found", len(table))
	}
	arena := value.NewArena()
	for _, row := range table {
		given, err := value.Scan([]byte(row[0]), nil, arena)
		if err != nil {
			t.Errorf("given %s: %v", row[0], err)
			continue
		}
		m, err := mapping.Parse(row[1], mapping.V04)
		if err != nil {
			t.Errorf("%s: %v", row[1], err)
			continue
		}
		var want value.Value
		if row[2] != "nothing" {
			if want, err = value.Scan([]byte(row[2]), nil, arena); err != nil {
				t.Errorf("%s gives %s: %v", row[1], row[2], err)
				continue
			}
		}
		got := m.Apply(given, &mapping.Env{Arena: arena})
		if !value.Equal(want, got) {
			text := "nothing"
			if !got.IsMissing() {
				text = string(got.AppendJSON(nil))
			}
			t.Errorf("given %s, %s gives %s, not %s", row[0], row[1], text, row[2])
		}
	}
}

// constants are the strings that a file of Go code declares as constants.
func constants(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok != token.CONST {
			return false
		}
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("%s declares nothing", path)
	}
	return out
}

func TestEveryCodeIsDocumented(t *testing.T) {
	t.Parallel()
	for code, doc := range map[string]string{"fault/fault.go": "docs/errors.md", "schema/connect/codes.go": "docs/connectors.md"} {
		text := read(t, doc)
		for _, c := range constants(t, code) {
			if !strings.Contains(text, "`"+c+"`") {
				t.Errorf("%s does not have %s", doc, c)
			}
		}
	}
}

var (
	codeLiteral  = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
	shownProblem = regexp.MustCompile(`(?m)(?:^|: )(?:error|warning) ([A-Z0-9_]+):`)
)

// TestEveryCodeOfCompositionIsShown holds three lists together: the codes in the code of composition, those of the table
// in the document, and those that the examples in testdata show.
func TestEveryCodeOfCompositionIsShown(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/errors.md")
	_, section, found := strings.Cut(text, "### Composition")
	if !found {
		t.Fatal("docs/errors.md has no section on composition")
	}
	documented := map[string]bool{}
	for _, row := range rows(section, "code", "what it asks for") {
		documented[row[0]] = true
	}
	shown := map[string]bool{}
	examples, err := filepath.Glob(filepath.Join(root, "schema/testdata/compose/*.txtar"))
	if err != nil || len(examples) == 0 {
		t.Fatal("there are no examples:", err)
	}
	for _, file := range examples {
		archive, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range shownProblem.FindAllSubmatch(archive, -1) {
			shown[string(m[1])] = true
		}
	}
	for _, code := range slices.Sorted(maps.Keys(shown)) {
		if !documented[code] {
			t.Errorf("docs/errors.md does not have %s, which an example shows", code)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(documented)) {
		if !shown[code] {
			t.Errorf("no example shows %s, which docs/errors.md has", code)
		}
	}
	for _, folder := range []string{"schema", "schema/subgraph", "schema/merge", "schema/link"} {
		for _, code := range codesIn(t, folder) {
			if !strings.Contains(text, "`"+code+"`") && !strings.HasPrefix(code, "CONNECTORS_") {
				t.Errorf("docs/errors.md does not have %s, which %s reports", code, folder)
			}
		}
	}
}

// codesIn are the texts in the code of a folder that look like codes.
func codesIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil && codeLiteral.MatchString(text) {
					out = append(out, text)
				}
			}
			return true
		})
	}
	return out
}

// settings are all keys of a configuration with their values as YAML, by path.
func settings(t *testing.T) map[string]string {
	t.Helper()
	c, problems := config.Parse("sluice.yaml", []byte("schema: [x]\nservices: {name: {endpoints: ['http://x']}}\nsubgraphs: {name: {}}\nsources: {name: {}}\n"), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var text bytes.Buffer
	if err := c.Print(&text); err != nil {
		t.Fatal(err)
	}
	var tree yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text.Bytes(), &tree, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	var walk func(path string, m yaml.MapSlice)
	walk = func(path string, m yaml.MapSlice) {
		for _, item := range m {
			key, ok := item.Key.(string)
			if !ok {
				t.Fatalf("the key %v is no text", item.Key)
			}
			at := strings.TrimPrefix(path+"."+key, ".")
			if sub, ok := item.Value.(yaml.MapSlice); ok && len(sub) > 0 && !strings.HasSuffix(at, ".config") {
				walk(at, sub)
				continue
			}
			if text, ok := item.Value.(string); ok && text != "" {
				out[at] = text
				continue
			}
			flow, err := yaml.MarshalWithOptions(item.Value, yaml.Flow(true))
			if err != nil {
				t.Fatal(err)
			}
			out[at] = strings.TrimSpace(string(flow))
		}
	}
	walk("", tree)
	return out
}

func TestEverySettingIsDocumentedWithItsDefault(t *testing.T) {
	t.Parallel()
	documented := map[string]string{}
	for _, row := range rows(read(t, "docs/configuration.md"), "key", "default") {
		key := strings.NewReplacer("services.<name>.", "services.name.", "sources.<name>.", "sources.name.", "subgraphs.<name>.", "subgraphs.name.").Replace(row[0])
		documented[key] = row[1]
	}
	real := settings(t)
	if len(real) < 50 {
		t.Fatalf("only %d settings were found", len(real))
	}
	for key, want := range real {
		got, ok := documented[key]
		switch {
		case !ok:
			t.Errorf("%s is not documented", key)
		case key == "schema" || key == "services.name.endpoints": // they have no default
			if got != "" {
				t.Errorf("%s has the default %q in the document, and none", key, got)
			}
		case got != want:
			t.Errorf("%s has the default %q in the document, and is %q", key, got, want)
		}
	}
	for key := range documented {
		if _, ok := real[key]; !ok {
			t.Errorf("%s is documented, and there is no such setting", key)
		}
	}
}

func TestTheMapHasEveryFolder(t *testing.T) {
	t.Parallel()
	text := read(t, "docs/ARCHITECTURE.md")
	mapped := map[string]bool{}
	for _, row := range rows(text, "folder", "what lives there") {
		folder, _, _ := strings.Cut(row[0], "/")
		mapped[folder] = true
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !mapped[e.Name()] {
			t.Errorf("%s/ is not on the map", e.Name())
		}
		delete(mapped, e.Name())
	}
	for folder := range mapped {
		t.Errorf("%s/ is on the map, and not there", folder)
	}
}
