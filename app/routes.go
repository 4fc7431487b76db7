package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/sluice-gateway/sluice/gateway"
	"github.com/sluice-gateway/sluice/problem"
	"github.com/sluice-gateway/sluice/routes"
	"github.com/sluice-gateway/sluice/server"
	"github.com/sluice-gateway/sluice/upstream"
)

// table makes the routes of a configuration, whose operations are those of the schema of s. The problems have no file, and
// fields as the configuration names them.
func (l *loaded) table(g *gateway.Gateway, s *gateway.Snapshot, o routes.Options) (*routes.Table, problem.List) {
	c := l.config
	o.Engine = engine{g, s}
	o.Services = forwarder{g}
	o.HasService = func(name string) bool {
		_, ok := c.Services[name]
		return ok
	}
	o.RequestID = server.RequestID
	o.MaxBodyBytes = c.Server.MaxBodyBytes
	o.OperationTimeout, o.WriteTimeout = c.Server.Timeouts.Operation, c.Server.Timeouts.Write
	o.OpenAPI, o.Forwarded = c.OpenAPI, c.Forwarded
	o.Schema = s.Supergraph().API
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

// engine checks the operations of routes on the snapshot that they are made for, and runs them on that of the moment.
type engine struct {
	*gateway.Gateway
	snapshot *gateway.Snapshot
}

// forwarder passes requests of routes on to the services of the snapshot of the moment, which is held until they end.
type forwarder struct{ gateway *gateway.Gateway }

// Forward implements [routes.Services].
func (f forwarder) Forward(ctx context.Context, service string, r *routes.Request) (*http.Response, error) {
	s := f.gateway.Hold()
	client := s.Client(service)
	if client == nil { // another configuration has come meanwhile
		s.Release()
		return nil, &upstream.Error{Service: service, Code: upstream.CodeUnavailable, Err: fmt.Errorf("there is no service %q", service)}
	}
	out := &upstream.StreamRequest{
		Request: upstream.Request{Method: r.Method, Path: r.Path, Header: r.Header},
		Length:  r.Length, Upgrade: r.Upgrade,
	}
	if r.Body != nil {
		out.Stream = io.NopCloser(r.Body)
	}
	resp, err := client.Stream(ctx, out)
	if err != nil {
		s.Release()
		return nil, err
	}
	release := sync.OnceFunc(s.Release)
	if conn, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &heldConnection{conn, release}
	} else {
		resp.Body = &heldBody{resp.Body, release}
	}
	return resp, nil
}

// heldBody is the body of an answer that holds a snapshot.
type heldBody struct {
	io.ReadCloser
	release func()
}

func (b *heldBody) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}

// heldConnection is a connection that holds a snapshot.
type heldConnection struct {
	io.ReadWriteCloser
	release func()
}

func (c *heldConnection) Close() error {
	defer c.release()
	return c.ReadWriteCloser.Close()
}

// CloseWrite closes the half of the connection that is written to, if it has halves.
func (c *heldConnection) CloseWrite() error {
	if half, ok := c.ReadWriteCloser.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// Definition implements [routes.Engine].
func (e engine) Definition(document, name string) (*ast.OperationDefinition, gqlerror.List) {
	return e.snapshot.Definition(document, name)
}
