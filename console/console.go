// Package console holds the pages that a browser gets from the gateway. There is one so far: the playground, where queries
// are written, run and looked up in the schema.
//
// The pages need no network beyond this machine. Their libraries are embedded, compressed, from assets/vendor, where
// assets/update.sh puts them; the page may load nothing from, and say nothing to, any other host, and its content
// security policy holds it to that.
//
// The package knows nothing of GraphQL's execution. Package app puts its handler beside the server's.
package console

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Config is what an operator sets of the pages.
type Config struct {
	// Enabled says whether there are any. Default true; they show only what the API shows anyway.
	Enabled bool `yaml:"enabled"`
	// Title is shown in the bar and in the browser's tab. Default: Playground.
	Title string `yaml:"title"`
	// Endpoint is the path of GraphQL on the same host. The program sets it.
	Endpoint string `yaml:"-"`
	// Tabs are the queries that a new visitor finds. Default: one with a few words.
	Tabs []Tab `yaml:"tabs"`
}

// Tab is an example query.
type Tab struct {
	// Name says what the query shows. A tab is called by its operation, so the name stands in a comment above the query,
	// unless the query begins with a comment of its own.
	Name string `yaml:"name"`
	// Query is the text of the document.
	Query string `yaml:"query"`
	// Variables is the JSON text of the variables; it may be empty.
	Variables string `yaml:"variables"`
}

// DefaultConfig returns the defaults that the fields name.
func DefaultConfig() Config {
	return Config{Enabled: true, Title: "Playground", Endpoint: "/graphql"}
}

// Validate returns everything that is wrong, one error a line: the field, the rule, the value.
func (c *Config) Validate() error {
	var errs []error
	if c.Enabled && !strings.HasPrefix(c.Endpoint, "/") {
		errs = append(errs, fmt.Errorf("endpoint: must be a path (got %q)", c.Endpoint))
	}
	for i, t := range c.Tabs {
		if strings.TrimSpace(t.Query) == "" {
			errs = append(errs, fmt.Errorf("tabs[%d].query: must not be empty", i))
		}
		if v := t.Variables; v != "" && !json.Valid([]byte(v)) {
			errs = append(errs, fmt.Errorf("tabs[%d].variables: must be JSON (got %q)", i, v))
		}
	}
	return errors.Join(errs...)
}

// welcome is the query of a visitor for whom the operator has prepared none.
const welcome = `# Write a query, and run it with the button or Ctrl-Enter.
# Ctrl-Space completes what you type; the book on the left is the schema.

query Hello {
  __typename
}
`

type handler struct {
	page   *template.Template
	values pageValues
	assets *assets
}

// pageValues are what the template shows. The nonce differs from answer to answer.
type pageValues struct {
	Title, Endpoint, Script, Nonce string
	assets                         *assets
}

// Asset returns the address of a file of the page.
func (v pageValues) Asset(name string) (string, error) { return v.assets.address(name) }

// New returns the handler of all paths that are not GraphQL's. It answers 404 for what it does not know, and for
// everything if the pages are not enabled.
func New(c Config) (http.Handler, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if !c.Enabled {
		return http.NotFoundHandler(), nil
	}
	if c.Title == "" {
		c.Title = DefaultConfig().Title
	}
	all, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	script, err := json.Marshal(scriptConfig(c))
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return &handler{
		page:   page,
		values: pageValues{Title: c.Title, Endpoint: c.Endpoint, Script: string(script), assets: all},
		assets: all,
	}, nil
}

type scriptTab struct {
	Query     string `json:"query"`
	Variables string `json:"variables,omitempty"`
}

// scriptConfig is what console.js reads.
func scriptConfig(c Config) any {
	tabs := make([]scriptTab, 0, len(c.Tabs))
	for _, t := range c.Tabs {
		query := strings.TrimSpace(t.Query) + "\n"
		if t.Name != "" && query[0] != '#' {
			query = "# " + strings.Join(strings.Fields(t.Name), " ") + "\n" + query
		}
		tabs = append(tabs, scriptTab{Query: query, Variables: t.Variables})
	}
	if len(tabs) == 0 {
		tabs = append(tabs, scriptTab{Query: welcome})
	}
	return struct {
		Endpoint string      `json:"endpoint"`
		Tabs     []scriptTab `json:"tabs"`
	}{c.Endpoint, tabs}
}

// ServeHTTP answers GET and HEAD of the page and its files.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET is answered here.", http.StatusMethodNotAllowed)
		return
	}
	switch {
	case r.URL.Path == "/":
		h.home(w, r)
	case strings.HasPrefix(r.URL.Path, assetPath):
		h.assets.serve(w, r)
	default:
		http.NotFound(w, r)
	}
}

// home gives browsers the page, and tells other clients where to go.
func (h *handler) home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-store")
	if !accepts(r.Header.Values("Accept"), "text/html") {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		text, err := json.Marshal(map[string]string{"graphql": h.values.Endpoint, "playground": "Open this address in a browser."})
		if err == nil {
			_, _ = w.Write(append(text, '\n'))
		}
		return
	}
	values := h.values
	values.Nonce = rand.Text()
	var page bytes.Buffer
	if err := h.page.Execute(&page, values); err != nil {
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy(values.Nonce))
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	_, _ = w.Write(page.Bytes())
}

// policy allows the page what it is made of: scripts that carry the nonce, files of this host, pictures inside
// style sheets, and requests to this host. The style sheet that GraphiQL makes at run time carries the nonce too.
func policy(nonce string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'self' 'nonce-" + nonce + "'; " +
		"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// accepts reports whether a media type is named among those that a client accepts. A wildcard is not enough: it comes from
// clients that do not know what they want.
func accepts(lines []string, want string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil || name != want {
				continue
			}
			if q, err := strconv.ParseFloat(params["q"], 64); params["q"] == "" || err == nil && q > 0 {
				return true
			}
		}
	}
	return false
}
