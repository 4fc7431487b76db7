// Package archtest holds the rules of the house that a machine can check: which package may know which.
package archtest

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sluice-gateway/sluice/"

// rules say, for the packages under a prefix, what they may not import, and why: packages of this module directly, others
// also through packages of this module. A trailing slash means the package and everything below.
var rules = []struct {
	pkg    string
	forbid []string
	why    string
}{
	{"value", []string{"", "net/http", "github.com/vektah/"}, "values know nothing of GraphQL, mappings and HTTP"},
	{"fault", []string{""}, "the table of codes stands alone"},
	{"mapping", []string{"net/http", "github.com/vektah/", "plan/", "execute/", "schema/"}, "the mapping language knows nothing of GraphQL execution and HTTP"},
	{"schema/", []string{"net/http", "plan/", "execute/", "resolvers/", "upstream/", "server/"}, "the schema knows nothing of HTTP"},
	{"operation/", []string{"net/http", "plan/", "execute/", "schema/", "upstream/"}, "an operation is prepared before anything is planned"},
	{"plan/", []string{"net/http", "encoding/json", "mapping/", "execute/", "resolvers/", "upstream/", "schema/connect/"}, "plans know nothing of HTTP and JSON, nor which kind a source is"},
	{"execute/", []string{"net/http", "mapping/", "resolvers/", "upstream/", "schema/connect/"}, "execution knows nothing of HTTP, nor which kind a source is"},
	{"resolvers/", []string{"server/", "gateway/", "app/", "config/"}, "resolvers know nothing of HTTP servers"},
	{"upstream/", []string{"github.com/vektah/", "github.com/99designs/", "schema/", "plan/", "execute/", "operation/", "mapping/", "value/"}, "upstream clients know HTTP, not GraphQL"},
	{"server/", []string{"plan/", "execute/", "resolvers/", "upstream/", "schema/", "gateway/", "config/"}, "the server does not know where data come from"},
	{"console/", []string{"plan/", "execute/", "resolvers/", "upstream/", "schema/"}, "the pages are static"},
	{"demo/", []string{"github.com/vektah/", "schema/", "plan/", "execute/", "gateway/", "upstream/"}, "the storefront services are services like any others"},
	{"gateway/", []string{"app/", "server/"}, "the gateway does not know who listens"},
	{"config/", []string{"app/", "gateway/", "plan/", "execute/"}, "configuration is read before anything is built"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func list(t *testing.T) map[string]pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,Standard", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string]pkg{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
	return all
}

// under reports whether the package at path is pattern, or below it if that ends in a slash. Patterns without a dot in
// their first element that are not of the standard library are this module's.
func under(path, pattern string) bool {
	p := pattern
	if pattern == "" {
		return strings.HasPrefix(path, module)
	}
	if !strings.HasPrefix(p, "github.com/") && p != "net/http" && p != "encoding/json" {
		p = module + p
	}
	if strings.HasSuffix(p, "/") {
		return strings.HasPrefix(path+"/", p)
	}
	return path == p
}

func TestEachPackageKnowsOnlyWhatItMay(t *testing.T) {
	all := list(t)
	checked := 0
	for _, r := range rules {
		for path, p := range all {
			if !under(path, r.pkg) {
				continue
			}
			checked++
			for _, forbidden := range r.forbid {
				if chain := reach(all, p, forbidden, map[string]bool{path: true}); chain != nil {
					t.Errorf("%s: %s", r.why, strings.Join(append([]string{strings.TrimPrefix(path, module)}, chain...), " → "))
				}
			}
		}
	}
	if checked < len(rules)/2 {
		t.Errorf("only %d packages were checked: the rules name packages that do not exist", checked)
	}
}

// reach finds how p comes to import something forbidden. What libraries import is their business.
func reach(all map[string]pkg, p pkg, forbidden string, seen map[string]bool) []string {
	imports := slices.Sorted(slices.Values(p.Imports))
	for _, i := range imports {
		if under(i, forbidden) && !seen[i] {
			return []string{strings.TrimPrefix(i, module)}
		}
	}
	if forbidden != "net/http" && !strings.HasPrefix(forbidden, "github.com/") {
		return nil
	}
	for _, i := range imports {
		if !strings.HasPrefix(i, module) || seen[i] {
			continue
		}
		seen[i] = true
		if rest := reach(all, all[i], forbidden, seen); rest != nil {
			return append([]string{strings.TrimPrefix(i, module)}, rest...)
		}
	}
	return nil
}
