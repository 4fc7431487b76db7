package app_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluice-gateway/sluice/app"
)

// TestTheLogSaysToWhichRequestACauseBelongs: what the client gets has an id and no cause, the log has both.
func TestTheLogSaysToWhichRequestACauseBelongs(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0") // an address at which nobody answers
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"sluice.yaml":  "schema: [blog.graphql]\nserver: {access_log: true}\n",
		"blog.graphql": strings.Replace(blog, "127.0.0.1:4301", nobody, 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	ended := make(chan struct{})
	var log bytes.Buffer // read when the program has ended
	go func() {
		defer close(ended)
		app.Run(ctx, []string{"serve", "-c", filepath.Join(dir, "sluice.yaml"), "--listen", "127.0.0.1:0", "--admin", ""},
			app.IO{Stdout: write, Stderr: &log, Environ: func(string) (string, bool) { return "", false }})
		_ = write.Close()
	}()
	out := bufio.NewReader(read)
	line, err := out.ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "GraphQL at ")
	if !ok {
		stop()
		<-ended
		t.Fatalf("the program said %q (%v), and in the log: %s", line, err, &log)
	}
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, out) }()

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(`{"query": "{ posts { id } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Request-Id", "seven")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(answer), nobody) {
		t.Errorf("the answer names the address of the service: %s", answer)
	}
	stop()
	<-ended
	<-drained
	failed, access := 0, 0
	for line := range strings.Lines(log.String()) {
		if strings.Count(line, "request_id=seven") != 1 {
			continue
		}
		if strings.Contains(line, `msg="source failed"`) && strings.Contains(line, nobody) {
			failed++
		}
		if strings.Contains(line, "msg=request ") {
			access++
		}
	}
	if failed != 1 || access != 1 {
		t.Errorf("the log has %d lines of the failure and %d of the access with the request's id, want one of each:\n%s", failed, access, &log)
	}
}
