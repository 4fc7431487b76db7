package connect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/sluice-gateway/sluice/mapping"
)

// Subgraph is what one connector subgraph says of its connectors.
type Subgraph struct {
	Name       string
	Version    mapping.Version
	Sources    []*Source
	Connectors []*Connector // in the order of the schema; broken ones are left out
}

// Source is one @source: what its connectors share.
type Source struct {
	Name        string
	URL         *mapping.URL // the baseURL
	Headers     []Header
	Path        *mapping.Mapping // nil without
	QueryParams *mapping.Mapping // nil without
	Errors      *Errors          // nil without
	IsSuccess   *mapping.Mapping // nil without
	Position    *ast.Position    // of the directive
}

// Header is a header that is sent: copied from the client's request, or made from a template. Exactly one of From and
// Value is set.
type Header struct {
	Name  string // as written
	From  string
	Value *mapping.Template
}

// Errors says how a failed response becomes an error. Each of its mappings may be nil.
type Errors struct {
	Message, Extensions *mapping.Mapping
}

// Connector is one @connect, checked. It is immutable and safe for concurrent use.
type Connector struct {
	Coordinate string // "Query.user[0]", "User[0]"
	ID         string // of the schema's author, or ""
	Subgraph   string
	Type       string  // the type it stands on, or whose field it answers
	Field      string  // "" for a connector on a type
	Source     *Source // nil without
	Version    mapping.Version
	Method     string          // in capitals; "" for a virtual connector, which makes no request
	Target     *mapping.Target // nil for a virtual connector
	Headers    []Header        // its own; those of the source come below them
	Body       *mapping.Mapping
	Batch      bool // the request uses $batch: it asks for several objects at once
	MaxSize    int  // of a batch; 0 for no limit
	// Errors and IsSuccess are the connector's own. Those of the source are in Source.
	Errors    *Errors
	IsSuccess *mapping.Mapping
	// Selection is never nil. Without a selection of the author's it maps fields by name, as the package's
	// documentation says.
	Selection *mapping.Mapping
	Entity    bool // entity: true
	// Needs are the fields of Type (of the returned type, for Entity) that the connector reads, as a field set without
	// outer braces: "id address { zip }". It is empty if it reads none.
	Needs    string
	Gives    *Output       // what comes back: of the field's type, or of Type for a connector on a type
	Position *ast.Position // of the directive

	url string // as written
}

// Label names the connector for people: "accounts.api http: GET /users/{$args.id}", with "[BATCH] " before it if it
// asks for several objects at once.
func (c *Connector) Label() string {
	var b strings.Builder
	if c.Batch {
		b.WriteString("[BATCH] ")
	}
	b.WriteString(c.Subgraph)
	if c.Source != nil {
		b.WriteString("." + c.Source.Name)
	}
	if c.Method == "" {
		b.WriteString(" virtual: " + c.Coordinate)
		return b.String()
	}
	b.WriteString(" http: " + c.Method + " ")
	for _, part := range strings.FieldsFunc(c.url, func(r rune) bool { return strings.ContainsRune("\t\n\f\r", r) }) {
		b.WriteString(part) // as in the request
	}
	return b.String()
}
