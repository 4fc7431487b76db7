package rest

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/sluice-gateway/sluice/mapping"
	"github.com/sluice-gateway/sluice/resolvers/hashkey"
	"github.com/sluice-gateway/sluice/schema/connect"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/endpoint"
	"github.com/sluice-gateway/sluice/value"
)

// connector is a connector with everything that does not depend on a request.
type connector struct {
	def        *connect.Connector
	coordinate string // with the subgraph, as errors and logs name it
	site       *site
	problems   problems

	headers []header // sorted by name, those of the source that the connector does not set itself included

	isSuccess *mapping.Mapping // nil: by status
	message   *mapping.Mapping // nil: the default
	// extensions lie over the defaults in this order.
	extensions []*mapping.Mapping
	// failing is what the mappings of errors read of a body.
	failing *value.Filter

	environ        value.Value // $env
	requestHeaders []string    // the headers of the client that $request is asked for
	answerHeaders  []string    // the headers of the answer that $response is asked for
}

// site is a place that requests go to, shared by the connectors of a source.
type site struct {
	client *upstream.Client // nil if all its connectors are virtual
	// origin is what every assembled URL must begin with; empty if a binding's client says where requests go.
	origin      string
	config      value.Value
	maxRequests int64 // of one operation; 0: no limit
	concurrency int
	askAgain    bool                // for what the answer to a batch lacks
	key         *hashkey.Expression // by which the calls of the service are balanced; nil: there is none
}

// header is one header that a connector sends.
type header struct {
	name string // canonical
	from string // canonical: the client's header to copy; "" if the value is made
	// text is the value if it does not depend on a request, else value makes it. A header that has none of the three
	// could not be made, and is not sent.
	text  []string
	value *mapping.Template
}

// builder makes the connectors of a driver.
type builder struct {
	driver  *Driver
	options Options
	sources map[*connect.Source]*site
}

func (b *builder) connector(def *connect.Connector) (*connector, error) {
	c := &connector{def: def, coordinate: def.Subgraph + ":" + def.Coordinate}
	c.problems.log, c.problems.connector = b.options.Log, c.coordinate
	c.isSuccess = def.IsSuccess
	for _, e := range []*connect.Errors{sourceErrors(def.Source), def.Errors} {
		if e == nil {
			continue
		}
		if e.Message != nil {
			c.message = e.Message
		}
		if e.Extensions != nil {
			c.extensions = append(c.extensions, e.Extensions)
		}
	}
	var headers []connect.Header
	if def.Source != nil {
		if c.isSuccess == nil {
			c.isSuccess = def.Source.IsSuccess
		}
		headers = def.Source.Headers
	}
	c.failing = &value.Filter{}
	for _, m := range append(slices.Clone(c.extensions), c.message) {
		if m != nil {
			c.failing = union(c.failing, m.Reads())
		}
	}
	b.environment(c)
	var err error
	if c.site, err = b.site(c); err != nil {
		return nil, err
	}
	if c.site.key != nil {
		for _, name := range c.site.key.Headers() {
			if !slices.Contains(c.requestHeaders, name) {
				c.requestHeaders = append(c.requestHeaders, name)
			}
		}
	}
	c.addHeaders(def.Headers)
	c.addHeaders(headers)
	slices.SortFunc(c.headers, func(a, b header) int { return strings.Compare(a.name, b.name) })
	return c, nil
}

func sourceErrors(s *connect.Source) *connect.Errors {
	if s == nil {
		return nil
	}
	return s.Errors
}

// environment collects what the texts of the connector mention of the environment, and of the headers.
func (b *builder) environment(c *connector) {
	var members []value.Member
	seen := map[string]bool{}
	for _, r := range references(c.def) {
		if len(r.Path) == 0 {
			continue
		}
		switch r.Name {
		case "$env":
			name := r.Path[0]
			if seen[name] || b.options.Env == nil {
				continue
			}
			seen[name] = true
			if text, ok := b.options.Env(name); ok {
				members = append(members, value.Member{Key: name, Value: value.OfString(text)})
			}
		case "$request", "$response":
			if len(r.Path) < 2 || r.Path[0] != "headers" {
				continue
			}
			list := &c.requestHeaders
			if r.Name == "$response" {
				list = &c.answerHeaders
			}
			if !slices.Contains(*list, r.Path[1]) {
				*list = append(*list, r.Path[1])
			}
		}
	}
	c.environ = value.OfMembers(members)
}

// references returns every use of a variable in the texts of a connector and its source.
func references(def *connect.Connector) []mapping.Reference {
	var out []mapping.Reference
	add := func(list ...*mapping.Mapping) {
		for _, m := range list {
			if m != nil {
				out = append(out, m.References()...)
			}
		}
	}
	addErrors := func(e *connect.Errors) {
		if e != nil {
			add(e.Message, e.Extensions)
		}
	}
	addHeaders := func(list []connect.Header) {
		for _, h := range list {
			if h.Value != nil {
				out = append(out, h.Value.References()...)
			}
		}
	}
	if t := def.Target; t != nil {
		for _, u := range []*mapping.URL{t.SourceURL, t.ConnectURL} {
			if u != nil {
				out = append(out, u.References()...)
			}
		}
		add(t.SourcePath, t.SourceQuery, t.ConnectPath, t.ConnectQuery)
	}
	if s := def.Source; s != nil {
		addHeaders(s.Headers)
		add(s.IsSuccess)
		addErrors(s.Errors)
	}
	addHeaders(def.Headers)
	add(def.Body, def.IsSuccess, def.Selection)
	addErrors(def.Errors)
	return out
}

// site returns the place that the requests of a connector go to.
func (b *builder) site(c *connector) (*site, error) {
	s := b.sources[c.def.Source]
	if s == nil || c.def.Source == nil {
		var err error
		if s, err = b.newSite(c.def); err != nil {
			return nil, err
		}
		if c.def.Source != nil {
			b.sources[c.def.Source] = s
		}
	}
	if c.def.Target == nil || s.client != nil {
		return s, nil
	}
	return s, b.connect(s, c)
}

func (b *builder) newSite(def *connect.Connector) (*site, error) {
	var binding Binding
	if b.options.Bind != nil {
		binding = b.options.Bind(def.Subgraph, def.Source)
	}
	s := &site{
		client: binding.Client, config: binding.Config,
		maxRequests: int64(max(binding.MaxRequests, 0)), concurrency: binding.Concurrency,
		askAgain: binding.RetryMissing,
	}
	if s.config.IsMissing() {
		s.config = value.OfMembers(nil)
	}
	if s.concurrency <= 0 {
		s.concurrency = DefaultConcurrency
	}
	if s.client != nil && s.client.HashKey() != "" {
		var err error
		if s.key, err = hashkey.Parse(s.client.HashKey()); err != nil {
			return nil, fmt.Errorf("the service %q: balance.key: %w", s.client.Service(), err)
		}
	}
	return s, nil
}

// connect gives a site the client of the origin that the schema names. The URL that holds the origin may depend on
// configuration and environment, and on nothing that a request brings.
func (b *builder) connect(s *site, c *connector) error {
	base := &mapping.Target{ConnectURL: c.def.Target.SourceURL}
	if base.ConnectURL == nil {
		base.ConnectURL = c.def.Target.ConnectURL
	}
	arena := value.NewArena()
	defer arena.Release()
	built, err := base.Build(nil, &mapping.Env{Config: s.config, Environ: c.environ, Arena: arena})
	if err != nil {
		if c.def.Source != nil {
			return fmt.Errorf("the baseURL of the source %q: %w", c.def.Source.Name, err)
		}
		return err
	}
	s.origin = built.Origin
	if s.client = b.driver.own[s.origin]; s.client != nil {
		return nil
	}
	cfg := upstream.DefaultConfig()
	cfg.Endpoints = endpoint.At(s.origin)
	if s.client, err = upstream.New(s.origin, cfg, upstream.Options{}); err != nil {
		return err
	}
	b.driver.own[s.origin] = s.client
	return nil
}

// addHeaders adds those headers that are not there yet.
func (c *connector) addHeaders(list []connect.Header) {
	for _, h := range list {
		name := textproto.CanonicalMIMEHeaderKey(h.Name)
		if slices.ContainsFunc(c.headers, func(have header) bool { return have.name == name }) {
			continue
		}
		out := header{name: name, from: textproto.CanonicalMIMEHeaderKey(h.From), value: h.Value}
		if h.Value != nil && constant(h.Value) {
			out.text, out.value = c.constantHeader(h.Value), nil
		}
		c.headers = append(c.headers, out)
	}
}

// constant reports whether a template gives the same in every request.
func constant(t *mapping.Template) bool {
	for _, r := range t.References() {
		if r.Name != "$config" && r.Name != "$env" {
			return false
		}
	}
	return true
}

// constantHeader evaluates a header that no request changes; nil if it cannot be made.
func (c *connector) constantHeader(t *mapping.Template) []string {
	arena := value.NewArena()
	defer arena.Release()
	var env mapping.Env
	c.bind(&env, arena)
	text, err := t.Append(nil, &env)
	if err != nil || !isFieldValue(text) {
		c.problems.count.Add(1)
		return nil
	}
	return []string{string(text)}
}

// bind gives mappings what they see outside of any request.
func (c *connector) bind(env *mapping.Env, a *value.Arena) {
	env.Config, env.Environ, env.Context, env.Arena = c.site.config, c.environ, emptyObject, a
}
