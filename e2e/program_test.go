package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/sluice-gateway/sluice/app"
)

// program is Sluice, running in this process as the command line would run it.
type program struct {
	url    string
	admin  string // origin of the operators' listener, if it has one
	stop   context.CancelFunc
	ended  chan struct{}
	code   int // once it ended
	stderr *syncBuffer
}

// client talks to the program. Every test has its own, so that its idle connections end with it.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// startProgram runs "sluice serve" until the test ends, and waits until it listens.
func startProgram(t *testing.T, config string, env map[string]string) *program {
	t.Helper()
	return launch(t, app.IO{Environ: lookup(env)}, "GraphQL at ", "serve", "-c", config, "--admin", "")
}

// launch runs a command until the test ends, and waits until a line says that it has started.
func launch(t *testing.T, std app.IO, last string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	p := &program{stop: cancel, ended: make(chan struct{}), stderr: &syncBuffer{}}
	std.Stdin, std.Stdout, std.Stderr = strings.NewReader(""), in, p.stderr
	go func() {
		defer close(p.ended)
		p.code = app.Run(ctx, args, std)
		_ = in.Close()
	}()
	t.Cleanup(func() { p.close(t) })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), " route at "); ok && p.url == "" { // there is no GraphQL
			p.url, _, _ = strings.Cut(url, ",")
		}
		if url, ok := strings.CutPrefix(lines.Text(), "GraphQL at "); ok {
			p.url = url
		}
		if url, ok := strings.CutPrefix(lines.Text(), "health at "); ok {
			p.admin = strings.TrimSuffix(url, "/readyz")
		}
		if strings.HasPrefix(lines.Text(), last) {
			break
		}
	}
	if p.url == "" {
		<-p.ended
		t.Fatalf("the program did not start:\n%s", p.stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the program
	return p
}

// close stops the program, and checks that it ends as it should.
func (p *program) close(t *testing.T) {
	t.Helper()
	p.stop()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Error("the program did not end")
		return
	}
	if p.code != 0 && p.url != "" {
		t.Errorf("the program ended with code %d:\n%s", p.code, p.stderr)
	}
}

func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}
}

// configure writes a configuration with its schema to a folder of the test, and returns the path. own is merged over
// what is written for all: an address to listen at, the schema, and the services with their URLs. A configuration that
// names a schema itself stands as it is.
func configure(t *testing.T, schema map[string]string, roots []string, urls map[string]string, own string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range schema {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, []byte(text))
	}
	path := filepath.Join(dir, "sluice.yaml")
	if strings.HasPrefix(own, "schema:") || strings.Contains(own, "\nschema:") {
		writeFile(t, path, []byte(own))
		return path
	}
	services := map[string]any{}
	for name, url := range urls {
		// What counts calls, or waits for each, has them sent one by one and once: whether two equal reads are under way at the
		// same time is chance, and what is sent again is shown by other tests.
		services[name] = map[string]any{
			"endpoints": []any{url}, "sharing": map[string]any{"enabled": false}, "retry": map[string]any{"attempts": 1},
		}
	}
	config := map[string]any{
		"listen":   "127.0.0.1:0",
		"schema":   roots,
		"services": services,
		"log":      map[string]any{"level": "debug"},
	}
	if _, ok := schema[supergraph]; ok {
		delete(config, "schema")
		config["supergraph"] = supergraph
	}
	var over map[string]any
	if err := yaml.Unmarshal([]byte(own), &over); err != nil {
		t.Fatalf("sluice.yaml: %v", err)
	}
	merge(config, over)
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, text)
	return path
}

// merge puts over on top of m, mapping by mapping.
func merge(m, over map[string]any) {
	for k, v := range maps.All(over) {
		below, ok := m[k].(map[string]any)
		if above, isMap := v.(map[string]any); ok && isMap {
			merge(below, above)
			continue
		}
		m[k] = v
	}
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// syncBuffer is a buffer that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
