// Package storefront holds the files of the storefront example, for the demo and for tests: the configuration, the
// subgraphs and some queries. It is the only Go file here; a project that begins as a copy of this folder does not
// need it.
package storefront

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed sluice.yaml *.graphql queries
var files embed.FS

// Files returns the example as a read-only file system: sluice.yaml, the subgraphs and queries/.
func Files() fs.FS { return files }

// Query is one of the example's queries.
type Query struct {
	Name      string // of its file, without the ending: place-order
	Text      string
	Variables string // a JSON object; empty if the query takes none
}

// Queries returns the example's queries in the order in which a newcomer reads them.
func Queries() ([]Query, error) {
	var out []Query
	for _, name := range []string{"storefront", "products", "search", "place-order", "add-review"} {
		text, err := files.ReadFile(path.Join("queries", name+".graphql"))
		if err != nil {
			return nil, err
		}
		q := Query{Name: name, Text: string(text)}
		if vars, err := files.ReadFile(path.Join("queries", name+".variables.json")); err == nil {
			q.Variables = strings.TrimSpace(string(vars))
		}
		out = append(out, q)
	}
	return out, nil
}
