package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/app"
	"github.com/sluice-gateway/sluice/examples/two-services/service"
)

// runProgram runs the program as the README says, but for the addresses, and returns the URL of the gateway.
func runProgram(t *testing.T, a, b string) string {
	t.Helper()
	text, err := os.ReadFile("sluice.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := strings.NewReplacer("http://127.0.0.1:4201", a, "http://127.0.0.1:4202", b).Replace(string(text))
	config += "\nlisten: 127.0.0.1:0\nadmin: \"\"\n"
	files := map[string]string{"sluice.yaml": config}
	for _, name := range []string{"a.graphql", "b.graphql"} {
		schema, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(schema)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	var log strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		app.Run(ctx, []string{"serve", "-c", filepath.Join(dir, "sluice.yaml")}, app.IO{
			Stdin: strings.NewReader(""), Stdout: in, Stderr: &log, Environ: func(string) (string, bool) { return "", false },
		})
		_ = in.Close()
	}()
	drained := make(chan struct{})
	t.Cleanup(func() {
		stop()
		<-ended
		<-drained
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "GraphQL at "); ok {
			go func() {
				defer close(drained)
				_, _ = io.Copy(io.Discard, out)
			}()
			return strings.TrimSuffix(address, "/graphql")
		}
	}
	close(drained)
	<-ended
	t.Fatalf("the program did not start:\n%s", log.String())
	return ""
}

func TestClientsThatSpeakPlainHTTPGetTheServicesAndBothAtOnce(t *testing.T) {
	t.Parallel()
	a, b := serveCounted(t, service.A()), serveCounted(t, service.B())
	url := runProgram(t, a.URL, b.URL)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/service_a", "", 200, `{"text":"Hello","length":5}` + "\n"},
		{"POST", "/api/service_a", `{"text": "Hi"}`, 200, `{"text":"Hi","length":2}` + "\n"},
		{"POST", "/api/service_a", `no JSON`, 400, "send JSON\n"},
		{"GET", "/api/service_b", "", 200, `{"current_value":0}` + "\n"},
		{"POST", "/api/service_b", `{"add": 2}`, 200, `{"current_value":2}` + "\n"},
		{"GET", "/api/overview", "", 200, `{"message":{"text":"Hi","length":2},"counter":{"value":2}}`},
		{"PUT", "/api/message", `{"text": "Bye"}`, 200, `{"text":"Bye","length":3}`},
		{"GET", "/api/service_a", "", 200, `{"text":"Bye","length":3}` + "\n"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, url+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != tt.status || string(got) != tt.want {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.path, resp.StatusCode, got, tt.status, tt.want)
		}
	}
}
