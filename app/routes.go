package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/resolvers/hashkey"
	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
	"github.com/sluice-gateway/sluice/upstream/header"
)

// attach makes the routes of a configuration and attaches them to the snapshot that was made of it, whose operations and
// services are theirs. The problems have places in the file.
func (l *loaded) attach(file string, s *gateway.Snapshot, log *slog.Logger) problem.List {
	table, problems := l.table(s, routes.Options{Log: log, Stop: l.stop})
	s.Attach(table)
	return l.placed(file, problems)
}

// table makes the routes. The problems have no file, and fields as the configuration names them.
func (l *loaded) table(s *gateway.Snapshot, o routes.Options) (*routes.Table, problem.List) {
	c := l.config
	o.Engine, o.Services = s, forwarder{s, l.keys()}
	o.ResponseRules = func(service string) (out []header.Rule) {
		for _, r := range c.Services[service].Headers.Response {
			out = append(out, r.Rule())
		}
		return out
	}
	o.HasService = func(name string) bool {
		_, ok := c.Services[name]
		return ok
	}
	o.RequestID = server.RequestID
	o.MaxBodyBytes = c.Server.MaxBodyBytes
	o.OperationTimeout, o.WriteTimeout = c.Server.Timeouts.Operation, c.Server.Timeouts.Write
	o.OpenAPI, o.Forwarded = c.OpenAPI, c.Forwarded
	o.Schema = s.Supergraph().API
	if !c.HasGraphQL() {
		return routes.New(c.Routes, o)
	}
	o.Reserved = map[string]string{c.Server.Path: "GraphQL"}
	if c.Playground.Enabled {
		o.Reserved["/"] = "the playground"
	}
	return routes.New(c.Routes, o)
}

// routed are the services that routes pass requests on to.
func (l *loaded) routed() []string {
	var out []string
	for _, r := range l.config.Routes {
		if r.Service != "" {
			out = append(out, r.Service)
		}
	}
	return out
}

// keys returns the expressions by which the calls of services are balanced, of those that have one.
func (l *loaded) keys() map[string]*hashkey.Expression {
	out := map[string]*hashkey.Expression{}
	for _, name := range l.routed() {
		if text := l.config.Services[name].Balance.Key; text != "" {
			if e, err := hashkey.Parse(text); err == nil { // else it was reported with the configuration
				out[name] = e
			}
		}
	}
	return out
}

// liveRoutes are the routes of the snapshot of the moment.
type liveRoutes struct{ gateway *gateway.Gateway }

// Find implements [server.Routes]. The snapshot is held while the handler runs, and only then: not every request that is
// found comes to it.
func (r liveRoutes) Find(req *http.Request) (http.Handler, bool) {
	s := r.gateway.Hold()
	table, _ := s.Attached().(*routes.Table)
	s.Release()
	if table == nil {
		return nil, false
	}
	found, passed := table.Find(req)
	if found == nil {
		return nil, passed
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s := r.gateway.Hold()
		defer s.Release()
		if now, _ := s.Attached().(*routes.Table); now != nil && now != table { // another came between the two
			if found, _ = now.Find(req); found == nil {
				found = http.NotFoundHandler()
			}
		}
		found.ServeHTTP(w, req)
	}), passed
}

// forwarder passes requests of routes on to the services of a snapshot, which is held meanwhile.
type forwarder struct {
	snapshot *gateway.Snapshot
	keys     map[string]*hashkey.Expression
}

// Forward implements [routes.Services].
func (f forwarder) Forward(ctx context.Context, service string, r *routes.Request) (*http.Response, error) {
	client := f.snapshot.Client(service)
	if client == nil {
		return nil, &upstream.Error{Service: service, Code: upstream.CodeUnavailable, Err: fmt.Errorf("there is no service %q", service)}
	}
	out := &upstream.StreamRequest{
		Request: upstream.Request{Method: r.Method, Path: r.Path, Header: r.Header},
		Length:  r.Length, Upgrade: r.Upgrade,
	}
	if e := f.keys[service]; e != nil {
		out.Key, out.HasKey = e.OfRequest(r.Client)
	}
	if r.Body != nil {
		out.Stream = io.NopCloser(r.Body)
	}
	return client.Stream(ctx, out)
}
