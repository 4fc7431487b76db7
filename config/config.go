// Package config reads sluice.yaml. It gathers the Config of each package that has one, adds what belongs to none of them,
// and knows the defaults, the strict decoding, the expansion of environment variables and the checks across sections.
//
// Everything that is wrong with a file is reported at once, each problem with its file, line, column and the path of the
// field. The package reads files and nothing else of its surroundings: the environment is a function that its caller
// gives it. The commands in app call it.
package config

import (
	"slices"
	"time"

	"github.com/sluice-gateway/sluice/operation"
	"github.com/sluice-gateway/sluice/resolvers/subgraph"
	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
)

// Config is the whole configuration. It is read-only once it is loaded.
type Config struct {
	// Listen is the address that clients use. Default 127.0.0.1:4000; port 0 takes any free one.
	Listen string `yaml:"listen"`
	// Admin is the address of the operators' listener, with liveness and readiness. Default 127.0.0.1:4001; empty turns
	// it off.
	Admin string `yaml:"admin"`
	// Schema lists the files and folders with the subgraphs, relative to the configuration file. A file is a subgraph; a
	// folder holds files that are a subgraph together. At least one is needed, unless there is a supergraph, or there are only
	// routes to services: then GraphQL is not served.
	Schema []string `yaml:"schema"`
	// Supergraph is the file of a schema that another tool composed, or "sluice compose", relative to the configuration
	// file. It stands in the place of schema.
	Supergraph string `yaml:"supergraph"`
	// Services are the upstream services by name.
	Services map[string]upstream.Config `yaml:"services"`
	// Subgraphs are the settings of the subgraphs that are GraphQL servers, by their names.
	Subgraphs map[string]subgraph.Config `yaml:"subgraphs"`
	// Sources are the settings of the @source of a subgraph, by "<subgraph>.<source>" or by the name of the source in any
	// subgraph.
	Sources map[string]Source `yaml:"sources"`
	// Labels are the labels of progressive overrides that are on or off for all requests. A label percent(x) that is not
	// listed is on for that share of requests, any other is off.
	Labels map[string]bool `yaml:"labels"`
	// Routes are the paths beside that of GraphQL, for clients that speak plain HTTP.
	Routes []routes.Route `yaml:"routes"`
	// OpenAPI serves a document that describes the routes. Default enabled, if there are routes.
	OpenAPI routes.OpenAPI `yaml:"openapi"`
	// Forwarded says what services are told of the clients whose requests routes pass on.
	Forwarded routes.Forwarded `yaml:"forwarded"`
	// Operation limits what clients may ask.
	Operation operation.Config `yaml:"operation"`
	// Plan limits planning.
	Plan Plan `yaml:"plan"`
	// Server is about the connections of clients.
	Server server.Config `yaml:"server"`
	// Introspection lets clients ask for the schema. Default enabled.
	Introspection Introspection `yaml:"introspection"`
	// Playground serves a page to browsers on which queries are written and run. Default enabled.
	Playground Playground `yaml:"playground"`
	// Status adds Sluice's own subgraph, the status of the gateway, to the schema. Default off.
	Status Status `yaml:"status"`
	// Log is how the program tells what happens.
	Log Log `yaml:"log"`
	// Reload says when the program reads its configuration again, beside the times at which it is told to.
	Reload Reload `yaml:"reload"`

	references map[string]string // what stood in the file for values from the environment, by path
	places     map[string]place
	files      []string
}

// Source are the settings of one @source.
type Source struct {
	// Service is the name of the service that is called. Default: the one named <subgraph>.<source> or <source>; if there
	// is none, the baseURL of the source.
	Service string `yaml:"service"`
	// Config is what mappings read as $config.
	Config map[string]any `yaml:"config"`
	// MaxRequestsPerOperation limits the requests of one operation to this source. Default 0: no limit.
	MaxRequestsPerOperation int `yaml:"max_requests_per_operation"`
	// MaxConcurrentRequests limits the requests of one operation that are on their way to this source at a time. Default
	// 32.
	MaxConcurrentRequests int `yaml:"max_concurrent_requests"`
	// RetryMissing asks once more for those objects of a batch that an answer lacks, in queries; for services that answer
	// with what they have at hand. Default false: what an answer lacks is null.
	RetryMissing bool `yaml:"retry_missing"`
}

// Plan limits planning and the memory of its results.
type Plan struct {
	// MaxSteps limits the work of planning one operation. Default 100000, about a fifth of a second.
	MaxSteps int `yaml:"max_steps"`
	// CacheBytes limits the memory of the plans that are kept. Default 67108864 (64 MiB).
	CacheBytes int `yaml:"cache_bytes"`
}

// Introspection says whether clients may ask for the schema.
type Introspection struct {
	// Enabled is true by default.
	Enabled bool `yaml:"enabled"`
}

// Playground says whether browsers are served a page to try queries on.
type Playground struct {
	// Enabled is true by default.
	Enabled bool `yaml:"enabled"`
}

// Status says whether Sluice's own subgraph is part of the schema.
type Status struct {
	// Enabled is false by default: whoever may query the schema may then query the state of services.
	Enabled bool `yaml:"enabled"`
}

// Log configures the log, which goes to standard error.
type Log struct {
	// Level is the least severity that is logged: debug, info, warn or error. Default info.
	Level string `yaml:"level" jsonschema:"enum=debug,enum=info,enum=warn,enum=error"`
	// Format is json or text. Default text.
	Format string `yaml:"format" jsonschema:"enum=json,enum=text"`
}

// Reload says when the program reads its configuration again. It does so in any case on SIGHUP, and on POST /reload of the
// operators' listener.
type Reload struct {
	// Watch looks at the configuration and all files that it names, and reloads when one has changed and come to rest.
	// Default true.
	Watch bool `yaml:"watch"`
	// Interval is how often the files are looked at. Default 1s.
	Interval time.Duration `yaml:"interval"`
}

// Default returns the defaults that the fields name. What has no default is empty: the schema, the services.
func Default() Config {
	c := Config{
		Operation:     operation.DefaultConfig(),
		Plan:          Plan{MaxSteps: 100_000, CacheBytes: 64 << 20},
		Server:        server.DefaultConfig(),
		Introspection: Introspection{Enabled: true},
		Playground:    Playground{Enabled: true},
		OpenAPI:       routes.DefaultOpenAPI(),
		Forwarded:     routes.DefaultForwarded(),
		Log:           Log{Level: "info", Format: "text"},
		Reload:        Reload{Watch: true, Interval: time.Second},
	}
	c.Listen, c.Admin = c.Server.Listen, c.Server.Admin.Listen
	return c
}

// defaultSource is what the settings of a source begin with.
func defaultSource() Source { return Source{MaxConcurrentRequests: 32} }

// Place says where in the file a setting stands, or the nearest thing around it that is in the file; the lines and columns
// count from 1, and are 0 if nothing of it is there. The path is written as problems write it: services.users.timeouts.
func (c *Config) Place(path string) (line, column int) {
	for ; path != ""; path = parent(path) {
		if at, ok := c.places[path]; ok {
			return at.line, at.column
		}
	}
	return 0, 0
}

// Files are the files and folders that the configuration is read from: its own file first, then those that it names, whether
// they are there or not.
func (c *Config) Files() []string { return slices.Clone(c.files) }

// HasGraphQL reports whether there is a schema. Without one only routes are served.
func (c *Config) HasGraphQL() bool { return c.Supergraph != "" || len(c.Schema) > 0 }

// Bind returns the name of the service that a @source is bound to, by the first of these that there is: the service that
// sources names for "<subgraph>.<source>"; the one that it names for the source in any subgraph; a service that is
// called as "<subgraph>.<source>"; one that is called as the source. It is empty if there is none: then the baseURL of
// the source says whom to ask.
func (c *Config) Bind(subgraph, source string) (service string) {
	full := subgraph + "." + source
	for _, name := range []string{full, source} {
		if s := c.Sources[name].Service; s != "" {
			return s
		}
	}
	for _, name := range []string{full, source} {
		if _, ok := c.Services[name]; ok {
			return name
		}
	}
	return ""
}
