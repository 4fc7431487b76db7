package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// balancer is a program between the clients and the endpoints.
type balancer struct {
	name  string
	start starter
}

// starter starts a balancer in front of endpoints.
type starter func(ctx context.Context, endpoints []string) (*running, error)

// running is a balancer at work.
type running struct {
	target target
	stop   func()
	pid    int
}

// findBalancers returns Sluice, as a plain balancer and with GraphQL, and those of the others that are installed.
func findBalancers(ctx context.Context, folder string) ([]balancer, error) {
	sluice := filepath.Join(folder, "sluice")
	build := exec.CommandContext(ctx, "go", "build", "-o", sluice, "./cmd/sluice")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go build, from the root of the repository: %w", err)
	}
	list := []balancer{
		{"sluice", plainSluice(sluice, folder)},
		{"sluice-graphql", graphQLSluice(sluice, folder)},
	}
	for _, other := range []struct {
		name  string
		start func(program, folder string) starter
	}{{"caddy", caddy}, {"haproxy", haproxy}} {
		path, err := exec.LookPath(other.name)
		switch {
		case errors.Is(err, exec.ErrNotFound):
			fmt.Fprintf(os.Stderr, "%s is not installed and left out.\n", other.name)
		case err != nil:
			return nil, err
		default:
			list = append(list, balancer{other.name, other.start(path, folder)})
		}
	}
	return list, nil
}

// launch writes files and starts a program that answers at url when it is ready. Clients then ask to.
func launch(ctx context.Context, to target, files map[string]string, url string, command ...string) (*running, error) {
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(command[0], command[1:]...)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	if err := fleet.Await(ctx, url); err != nil {
		stop()
		return nil, fmt.Errorf("%w\n%s", err, log.String())
	}
	return &running{to, stop, cmd.Process.Pid}, nil
}

// services is the section of a configuration with the endpoints and nothing else: the defaults are what is shown.
func services(endpoints []string) string {
	var b strings.Builder
	b.WriteString("services:\n  items:\n    endpoints:\n")
	for _, e := range endpoints {
		b.WriteString("      - http://" + e + "\n")
	}
	return b.String()
}

const emptySchema = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "items", http: { baseURL: "http://items.internal" })

type Query {
  item(id: ID!): Item @connect(source: "items", http: { GET: "/items/{$args.id}" }, selection: "id name text")
}
type Item { id: ID! name: String text: String }
`

func plainSluice(program, folder string) starter {
	return func(ctx context.Context, endpoints []string) (*running, error) {
		return sluice(ctx, program, folder, endpoints, "routes:\n  - path: /items/\n    service: items\n", itemsAt)
	}
}

func graphQLSluice(program, folder string) starter {
	return func(ctx context.Context, endpoints []string) (*running, error) {
		// Ten thousand operations at once take as many connections from clients, and one process may often have only twenty
		// thousand: the last few hundred wait for a connection to the service.
		const connections = "    connections: { max_total: 3200 }\n"
		return sluice(ctx, program, folder, endpoints, connections, func(address string) target {
			return target{method: "POST", url: "http://" + address + "/graphql", body: `{"query": "{ item(id: 1) { id name text } }"}`}
		})
	}
}

func sluice(ctx context.Context, program, folder string, endpoints []string, more string, to func(string) target) (*running, error) {
	var address, admin string
	if err := fleet.FreeAddresses(&address, &admin); err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "sluice.yaml")
	return launch(ctx, to(address), map[string]string{
		config:                                 fmt.Sprintf("listen: %s\nadmin: %s\nschema: [items.graphql]\n%s%s", address, admin, services(endpoints), more),
		filepath.Join(folder, "items.graphql"): emptySchema,
	}, "http://"+admin+"/readyz", program, "serve", "-c", config)
}

// itemsAt asks for an item in plain HTTP.
func itemsAt(address string) target {
	return target{method: "GET", url: "http://" + address + "/items/1"}
}

// caddy is set up as its documentation recommends for several instances: least connections, active and passive health
// checks, and retries on another endpoint.
func caddy(program, folder string) starter {
	return func(ctx context.Context, endpoints []string) (*running, error) {
		var address string
		if err := fleet.FreeAddresses(&address); err != nil {
			return nil, err
		}
		config := filepath.Join(folder, "Caddyfile")
		return launch(ctx, itemsAt(address), map[string]string{config: fmt.Sprintf(`{
	admin off
	auto_https off
}
http://%s {
	respond /ready 200
	reverse_proxy %s {
		lb_policy least_conn
		lb_try_duration 5s
		lb_try_interval 50ms
		health_uri /healthz
		health_interval 1s
		health_timeout 1s
		fail_duration 10s
		max_fails 3
		unhealthy_status 5xx
		transport http {
			dial_timeout 1s
			response_header_timeout 2s
		}
	}
}
`, address, strings.Join(endpoints, " "))}, "http://"+address+"/ready", program, "run", "--config", config, "--adapter", "caddyfile")
	}
}

// haproxy is set up with the same: least connections, active checks, observation of answers, and retries of everything that
// may be repeated on another endpoint.
func haproxy(program, folder string) starter {
	return func(ctx context.Context, endpoints []string) (*running, error) {
		var address string
		if err := fleet.FreeAddresses(&address); err != nil {
			return nil, err
		}
		config := filepath.Join(folder, "haproxy.cfg")
		var servers strings.Builder
		for i, e := range endpoints {
			fmt.Fprintf(&servers, "  server s%d %s check inter 1s fall 2 rise 2 observe layer7 error-limit 10 on-error mark-down\n", i, e)
		}
		return launch(ctx, itemsAt(address), map[string]string{config: fmt.Sprintf(`defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 2s
  option redispatch 1
  retries 3
  retry-on all-retryable-errors
frontend clients
  bind %s
  http-request return status 200 if { path /ready }
  default_backend items
backend items
  balance leastconn
  option httpchk GET /healthz
%s`, address, servers.String())}, "http://"+address+"/ready", program, "-f", config)
	}
}
