package connect_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/schema/link"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// read reads one schema. Its problems come sorted.
func read(t *testing.T, file, text string) (*connect.Subgraph, problem.List) {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: file, Input: text})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	links, problems := link.Of(doc)
	if len(problems) > 0 {
		t.Fatalf("%s: %v", file, problems)
	}
	sub, problems := connect.Read("test", doc, links)
	return sub, problems
}

// A bad schema says in its first lines what is wrong with it: "# CODE line:column [coordinate] part of the message".
var expectation = regexp.MustCompile(`^# (warning )?([A-Z][A-Z0-9_]+) (\d+:\d+) \[(.*?)\] (.+)$`)

func TestBadSchemas(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.bad.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".bad.graphql"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				text = expect(t, file, text)
				if err := os.WriteFile(file, text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, problems := read(t, file, string(text))
			var want []string
			var parts []string
			for line := range strings.Lines(string(text)) {
				m := expectation.FindStringSubmatch(strings.TrimSpace(line))
				if m == nil {
					break
				}
				want = append(want, m[1]+m[2]+" "+m[3]+" "+m[4])
				parts = append(parts, m[5])
			}
			if len(want) == 0 {
				t.Fatal("the file expects no problem")
			}
			var got []string
			for _, p := range problems {
				s := ""
				if p.Severity == problem.Warning {
					s = "warning "
				}
				got = append(got, fmt.Sprintf("%s%s %d:%d %s", s, p.Code, p.Line, p.Column, p.Coordinate))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("Read(): (-want +got)\n%s\n%v", diff, lines(problems))
			}
			for i, p := range problems {
				if !strings.Contains(p.Message, parts[i]) {
					t.Errorf("problem %d is %q, want it to have %q", i, p.Message, parts[i])
				}
				if p.File != file {
					t.Errorf("problem %d is in the file %q, want %q", i, p.File, file)
				}
			}
		})
	}
}

// expect puts the problems of a schema into its first lines. Whoever updates has to read them.
func expect(t *testing.T, file string, text []byte) []byte {
	t.Helper()
	body := string(text)
	for expectation.MatchString(strings.TrimSpace(firstLine(body))) {
		body = body[len(firstLine(body)):]
	}
	_, problems := read(t, file, body)
	_, problems = read(t, file, strings.Repeat("#\n", len(problems))+body)
	var b strings.Builder
	for _, p := range problems {
		b.WriteString("# ")
		if p.Severity == problem.Warning {
			b.WriteString("warning ")
		}
		fmt.Fprintf(&b, "%s %d:%d [%s] %s\n", p.Code, p.Line, p.Column, p.Coordinate, ownWords(p.Message))
	}
	return []byte(b.String() + body)
}

// ownWords cuts a message where the words of the package mapping begin, which are tested there.
func ownWords(message string) string {
	if must, _, ok := strings.Cut(message, ", but it can "); ok {
		message, _, _ = strings.Cut(must, " must be ")
		return message + " must be"
	}
	for _, end := range []string{"cannot be read:", "Unknown method", "The argument of \"->filter\"", "Method \"->size\""} {
		if i := strings.Index(message, end); i >= 0 {
			return strings.TrimSpace(message[:i+len(end)])
		}
	}
	return message
}

func firstLine(s string) string {
	i := strings.IndexByte(s, '\n')
	return s[:i+1]
}

func TestGoodSchemas(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.good.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".good.graphql"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sub, problems := read(t, file, string(text))
			if len(problems) > 0 {
				t.Fatalf("Read() has problems:\n%s", lines(problems))
			}
			got := dump(sub)
			golden := strings.TrimSuffix(file, ".graphql") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("Read(): (-want +got)\n%s", diff)
			}
		})
	}
}

// dump writes what was read, for comparison.
func dump(sub *connect.Subgraph) string {
	var b strings.Builder
	for _, s := range sub.Sources {
		fmt.Fprintf(&b, "source %s\n", s.Name)
		headers(&b, s.Headers)
	}
	for _, c := range sub.Connectors {
		fmt.Fprintf(&b, "%s\n  label      %s\n", c.Coordinate, c.Label())
		if c.ID != "" {
			fmt.Fprintf(&b, "  id         %s\n", c.ID)
		}
		if c.Entity {
			fmt.Fprintf(&b, "  entity\n")
		}
		if c.MaxSize > 0 {
			fmt.Fprintf(&b, "  max size   %d\n", c.MaxSize)
		}
		headers(&b, c.Headers)
		if c.Body != nil {
			fmt.Fprintf(&b, "  body       %s\n", oneLine(c.Body.String()))
		}
		fmt.Fprintf(&b, "  selection  %s\n", oneLine(c.Selection.String()))
		fmt.Fprintf(&b, "  needs      %s\n", c.Needs)
		fmt.Fprintf(&b, "  gives      %s\n", c.Gives)
	}
	return b.String()
}

func headers(b *strings.Builder, list []connect.Header) {
	for _, h := range list {
		from := "a template"
		if h.From != "" {
			from = "the client's " + h.From
		}
		fmt.Fprintf(b, "  header     %s from %s\n", h.Name, from)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func lines(l problem.List) string {
	var b strings.Builder
	for _, p := range l {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

// The connectors of the storefront are read without a problem.
func TestStorefront(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/storefront/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sub, problems := read(t, file, string(text))
		if len(problems) > 0 {
			t.Errorf("Read() has problems:\n%s", lines(problems))
		}
		if len(sub.Connectors) == 0 {
			t.Errorf("Read() finds no connectors in %s", file)
		}
	}
}

func TestASubgraphWithoutTheLinkHasNoConnectors(t *testing.T) {
	t.Parallel()
	sub, problems := read(t, "f", `
		type Query { a: Int @connect(http: { GET: "nowhere" }, selection: "") }
		extend schema @source(name: "")`)
	if len(problems) > 0 || len(sub.Connectors) > 0 || len(sub.Sources) > 0 {
		t.Errorf("Read() = %v, %v, want nothing", sub, problems)
	}
}

// A schema whose types lead to each other in every way has more paths than can be written down.
func TestADefaultSelectionIsBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@connect"])
		type Query { a: T0 @connect(http: { GET: "http://api.example/" }) }`)
	const n = 30
	for i := range n {
		fmt.Fprintf(&b, "\ntype T%d {", i)
		for j := range n {
			fmt.Fprintf(&b, " f%d: T%d", j, j)
		}
		b.WriteString(" }")
	}
	_, problems := read(t, "f", b.String())
	if len(problems) != 1 || problems[0].Code != connect.CodeSelection {
		t.Errorf("Read() has the problems %v, want one %s", problems, connect.CodeSelection)
	}
}

// Each unknown type is reported, but only the first ones are compared with all types there are.
func TestManyUnknownTypesAreAllReported(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`extend schema @link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@connect"])
		type Query { a: Int @connect(http: { GET: "http://api.example/" }, selection: "$") }`)
	const n = 1000
	for i := range n {
		fmt.Fprintf(&b, "\ninput T%d { a: U%d }", i, i)
	}
	_, problems := read(t, "f", b.String())
	missing, hints := 0, 0
	for _, p := range problems {
		if p.Code == connect.CodeMissingType {
			missing++
			if strings.Contains(p.Message, "Did you mean") {
				hints++
			}
		}
	}
	if missing != n || hints == 0 || hints > 100 {
		t.Errorf("%d unknown types are reported, %d with a hint; want %d, and at most 100", missing, hints, n)
	}
}

// A broken connector is reported for what is wrong with it, and not again for each field it would have given.
func TestABrokenConnectorIsReportedOnce(t *testing.T) {
	t.Parallel()
	_, problems := read(t, "f", `extend schema
		@link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
		@link(url: "https://specs.apollo.dev/connect/v0.3", import: ["@connect"])
		type Query { a: [Thing] @connect(http: { GET: "http://api.example/" }, selection: "id {") }
		type Thing @key(fields: "id") @connect(http: { GET: "http://api.example/{$this.idd}" }, selection: "id nam owner") {
			id: ID  name: String  owner: Owner
		}
		type Owner { name: String }`)
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
	}
	want := []string{connect.CodeSelection, connect.CodeUndefinedField, connect.CodeFieldNotFound, connect.CodeGroupRequired}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Errorf("Read(): (-want +got)\n%s\n%s", diff, lines(problems))
	}
}
