package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// calls that the house does not make, where they are allowed nevertheless, and why not elsewhere.
var calls = []struct {
	name  string // package and function; a function alone is a builtin
	tests bool   // the rule holds for tests too
	allow []string
	why   string
}{
	{name: "panic", allow: []string{"server/middleware.go", "routes/stream.go"}, why: "errors are returned; a panic ends one request at best"},
	{name: "os.Exit", allow: []string{"cmd/", "examples/", "bench/traffic/main.go", "bench/soak/main.go"}, why: "only main ends the program"},
	{name: "log.Fatal", why: "only main ends the program"},
	{name: "os.Getenv", allow: []string{"cmd/", "app/"}, why: "only the wiring reads the environment"},
	{name: "os.LookupEnv", allow: []string{"cmd/", "app/"}, why: "only the wiring reads the environment"},
	{name: "time.After", why: "its timer cannot be stopped; a test may give up by it"},
	{name: "time.Tick", tests: true, why: "its ticker cannot be stopped"},
	{name: "time.Sleep", tests: true, why: "wait for what you wait for"},
	{name: "fmt.Print", why: "output goes to a writer that was handed in"},
	{name: "fmt.Println", allow: []string{"examples/"}, why: "output goes to a writer that was handed in"},
	{name: "fmt.Printf", allow: []string{"examples/"}, why: "output goes to a writer that was handed in"},
	{name: "log.Printf", why: "logs go to log/slog"},
	{name: "log.Println", why: "logs go to log/slog"},
	{name: "http.Get", tests: true, why: "requests carry a context"},
	{name: "net.ParseIP", why: "netip.ParseAddr is exact"},
}

// mostLines is how long a file may be that was written by hand. Look for a seam long before.
const mostLines = 600

func TestTheHouseRules(t *testing.T) {
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(path, filepath.Join("..", "..")+string(filepath.Separator)))
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		return checkFile(t, path, rel)
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}

func checkFile(t *testing.T, path, rel string) error {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.ParseComments)
	if err != nil {
		return err
	}
	if ast.IsGenerated(file) {
		return nil
	}
	isTest := strings.HasSuffix(rel, "_test.go")
	if n := strings.Count(string(src), "\n"); n > mostLines && !isTest {
		t.Errorf("%s has %d lines: find the seam (at most %d)", rel, n, mostLines)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok {
				name = x.Name + "." + f.Sel.Name
			}
		}
		for _, c := range calls {
			if c.name != name || isTest && !c.tests || slices.ContainsFunc(c.allow, func(p string) bool { return strings.HasPrefix(rel, p) }) {
				continue
			}
			t.Errorf("%s:%d: %s: %s", rel, fset.Position(call.Pos()).Line, name, c.why)
		}
		return true
	})
	return nil
}
