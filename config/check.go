package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/internal/suggest"
	"github.com/sluice-gateway/sluice/resolvers/hashkey"
)

// check reports what is wrong with values that could be decoded: within each section, and across them.
func (d *decoder) check(c *Config) {
	switch {
	case c.Supergraph != "" && len(c.Schema) > 0:
		d.reportAt("supergraph", "a configuration has either a schema to compose or a supergraph that was composed before, not both")
	case !c.HasGraphQL() && len(c.Routes) == 0 && !d.reported["supergraph"]:
		d.reportAt("schema", "at least one file or folder with a schema is needed, or a supergraph, or routes to services")
	}
	for i, s := range c.Schema {
		if s == "" {
			d.reportAt(fmt.Sprintf("schema[%d]", i), "must be the path of a file or folder")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		s := c.Services[name]
		path := join("services", name)
		d.section(path, s.Validate())
		if key := s.Balance.Key; key != "" {
			if _, err := hashkey.Parse(key); err != nil {
				d.reportAt(path+".balance.key", err.Error())
			}
		}
	}
	d.sources(c)
	for _, name := range slices.Sorted(maps.Keys(c.Subgraphs)) {
		s, path := c.Subgraphs[name], join("subgraphs", name)
		d.section(path, s.Validate())
		d.service(c, path+".service", s.Service)
	}
	for i := range c.Routes {
		d.section(fmt.Sprintf("routes[%d]", i), c.Routes[i].Validate())
	}
	d.section("openapi", c.OpenAPI.Validate())
	d.section("forwarded", c.Forwarded.Validate())
	d.section("operation", c.Operation.Validate())
	d.section("server", c.Server.Validate())
	positive := func(path string, n int) {
		if n < 1 {
			d.reportAt(path, fmt.Sprintf("must be at least 1 (got %d)", n))
		}
	}
	positive("plan.max_steps", c.Plan.MaxSteps)
	positive("plan.cache_bytes", c.Plan.CacheBytes)
	oneOf := func(path, got string, of ...string) {
		if !slices.Contains(of, got) {
			d.reportAt(path, fmt.Sprintf("must be one of %s (got %q)%s", strings.Join(of, ", "), got, hint(got, of)))
		}
	}
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "json", "text")
	if c.Reload.Interval < 10*time.Millisecond {
		d.reportAt("reload.interval", fmt.Sprintf("must be at least 10ms (got %s)", c.Reload.Interval))
	}
}

func (d *decoder) sources(c *Config) {
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		s, path := c.Sources[name], join("sources", name)
		if s.MaxRequestsPerOperation < 0 {
			d.reportAt(path+".max_requests_per_operation", fmt.Sprintf("must be 0 or more (got %d)", s.MaxRequestsPerOperation))
		}
		if s.MaxConcurrentRequests < 1 {
			d.reportAt(path+".max_concurrent_requests", fmt.Sprintf("must be at least 1 (got %d)", s.MaxConcurrentRequests))
		}
		d.service(c, path+".service", s.Service)
	}
}

// service checks the name of a service that something else is bound to.
func (d *decoder) service(c *Config, path, name string) {
	if _, ok := c.Services[name]; name != "" && !ok {
		d.reportAt(path, fmt.Sprintf("must be the name of a service (got %q)%s", name, hint(name, slices.Sorted(maps.Keys(c.Services)))))
	}
}

// hint offers names on the line of a problem.
func hint(name string, options []string) string {
	near := suggest.Names(name, options)
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + suggest.Or(near) + "?"
}

// relative is the path at the beginning of an error that a package reports of its own section.
var relative = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+|\[[0-9]+\])*: `)

// moved are the fields of a section that stand elsewhere in the file.
var moved = map[string]string{"server.listen": "listen", "server.admin.listen": "admin"}

// section reports the errors that a package finds in its own configuration, under the path of the section.
func (d *decoder) section(path string, err error) {
	if err == nil {
		return
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			d.section(path, e)
		}
		return
	}
	message := err.Error()
	if field := relative.FindString(message); field != "" {
		message = message[len(field):]
		path += "." + strings.TrimSuffix(field, ": ")
	}
	if to, ok := moved[path]; ok {
		path = to
	}
	d.reportAt(path, message)
}
