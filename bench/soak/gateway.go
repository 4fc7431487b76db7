package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sluice-gateway/sluice/app"
	"github.com/sluice-gateway/sluice/bench/internal/fleet"
)

// gatewayRole as the first argument makes this program Sluice, as the command line has it.
const gatewayRole = "sluice"

func serveGateway(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return app.Run(ctx, args, app.IO{Stdin: os.Stdin, Stdout: io.Discard, Stderr: os.Stderr, Environ: func(string) (string, bool) { return "", false }})
}

// gateway is a running "sluice serve", whose configuration is in a folder.
type gateway struct {
	folder, address, admin string
	cmd                    *exec.Cmd
}

// layout is what a reload changes.
type layout struct {
	second    bool                // the second variant of the schema
	endpoints map[string][]string // of each service
}

func startGateway(ctx context.Context, folder string, l layout) (*gateway, error) {
	g := &gateway{folder: folder}
	if err := fleet.FreeAddresses(&g.address, &g.admin); err != nil {
		return nil, err
	}
	if err := g.write(l); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	g.cmd = exec.Command(self, gatewayRole, "serve", "-c", filepath.Join(folder, "sluice.yaml"))
	g.cmd.Stderr = os.Stderr
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	if err := fleet.Await(ctx, "http://"+g.admin+"/readyz"); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

// stop ends the process, and says if it did not end well.
func (g *gateway) stop() error {
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	if err := g.cmd.Wait(); err != nil {
		return fmt.Errorf("the gateway ended: %w", err)
	}
	return nil
}

// write writes the configuration. Everything has its default but what the time of the program is shortened by.
func (g *gateway) write(l layout) error {
	var b strings.Builder
	fmt.Fprintf(&b, "listen: %s\nadmin: %s\nschema: [users.graphql, reviews.graphql]\nreload: { watch: false }\nlog: { level: error }\nservices:\n", g.address, g.admin)
	for _, name := range []string{usersService, reviewsService} {
		fmt.Fprintf(&b, "  %s:\n    timeouts: { attempt: 1s, total: 4s }\n    endpoints:\n", name)
		for _, e := range l.endpoints[name] {
			path := ""
			if name == reviewsService {
				path = "/graphql"
			}
			fmt.Fprintf(&b, "      - http://%s%s\n", e, path)
		}
	}
	b.WriteString(`routes:
  - { path: "/raw/{path...}", service: users, rewrite: { strip_prefix: /raw } }
  - { path: "/overview/{id}", operation: { text: "query($id: ID!) { user(id: $id) { name reviews { id } } }" } }
`)
	for name, text := range map[string]string{"sluice.yaml": b.String(), "users.graphql": usersSchema(l.second), "reviews.graphql": reviewsSchema} {
		if err := os.WriteFile(filepath.Join(g.folder, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// reload has the gateway take another layout.
func (g *gateway) reload(ctx context.Context, l layout) error {
	if err := g.write(l); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.admin+"/reload", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the reload was refused: %s %s", resp.Status, text)
	}
	return err
}

// usage is what the process takes.
type usage struct {
	goroutines, snapshots int
	memory                int64 // that is resident
}

func (g *gateway) usage(ctx context.Context) (u usage, err error) {
	text, err := fleet.Get(ctx, "http://"+g.admin+"/metrics")
	if err != nil {
		return u, err
	}
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[name] = v
		}
	}
	return usage{int(values["go_goroutines"]), int(values["sluice_snapshots_open"]), int64(values["process_resident_memory_bytes"])}, nil
}

// rest waits until no more is in use than before, but for a little, and returns what is.
func (g *gateway) rest(ctx context.Context, before usage, patience time.Duration) (usage, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		u, err := g.usage(ctx)
		if err == nil && u.goroutines <= before.goroutines+spareGoroutines && u.snapshots == 1 && u.memory <= 2*before.memory+spareMemory {
			return u, nil
		}
		fleet.Pause(ctx, 100*time.Millisecond)
		if ctx.Err() != nil {
			if err == nil {
				err = fmt.Errorf("the gateway does not come to rest: %+v before, %+v after", before, u)
			}
			return u, err
		}
	}
}

// What may be in use more than at the start: connections to endpoints that were not needed before, and what the collector
// has not yet given back.
const (
	spareGoroutines = 40
	spareMemory     = 64 << 20
)
