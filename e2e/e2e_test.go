// Package e2e_test runs the whole program against real HTTP services. Scenarios are files in testdata; what a file
// cannot express is a test in Go.
package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sluice-gateway/sluice/app"
)

var (
	update = flag.Bool("update", false, "write what was seen into the scenarios")
	folder = flag.String("scenarios", "testdata", "run the scenarios of this folder")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestScenarios(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(*folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		name, _ := filepath.Rel(*folder, strings.TrimSuffix(path, ".txtar"))
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			t.Parallel()
			runFile(t, path)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runFile(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseScenario(data)
	if err != nil {
		t.Fatal(err)
	}
	seen, problems := s.play(t)
	if !*update || t.Failed() {
		return
	}
	if err := os.WriteFile(path, s.rewrite(seen, problems), 0o600); err != nil {
		t.Fatal(err)
	}
}

// play starts the services, and has the program check the configuration and answer the queries, whatever of that the
// scenario is about.
func (s *scenario) play(t *testing.T) (seen []outcome, problems string) {
	t.Helper()
	log, urls, env := &calls{}, map[string]string{}, map[string]string{}
	for _, svc := range s.services {
		url := svc.start(t, log)
		urls[svc.name] = url
		env[strings.ToUpper(svc.name)+"_URL"] = url
		env[strings.ToUpper(svc.name)+"_PORT"] = url[strings.LastIndex(url, ":")+1:]
	}
	for _, g := range s.servers {
		g.start(t, s, log)
		urls[g.name] = g.url
		env[strings.ToUpper(g.name)+"_URL"] = g.url
	}
	for k, v := range s.env {
		env[k] = v
	}
	config := configure(t, s.schema, s.roots(), urls, s.config)
	if s.problems != nil {
		problems = s.check(t, config, env)
	}
	if len(s.requests) > 0 {
		seen = s.run(t, config, env, urls, log)
	}
	return seen, problems
}

// run sends the queries one after the other and compares what comes of each.
func (s *scenario) run(t *testing.T, config string, env, urls map[string]string, log *calls) []outcome {
	t.Helper()
	p, c := startProgram(t, config, env), client(t)
	var seen []outcome
	for i, r := range s.requests {
		o := r.send(t, c, p.url)
		o.calls, o.order = log.take()
		seen = append(seen, o)
		for _, svc := range s.services {
			for _, line := range svc.unexpected() {
				t.Errorf("query %d: no exchange fits: %s", i+1, line)
			}
		}
		for _, g := range s.servers {
			for _, line := range g.server.Faults() {
				t.Errorf("query %d: %s may not be asked: %s", i+1, g.name, line)
			}
		}
		checkAnswer(t, o.answer, urls)
		if *update {
			continue
		}
		if o.status != r.status {
			t.Errorf("query %d: status %d, want %d", i+1, o.status, r.status)
		}
		if !bytes.Equal(o.answer, r.want) {
			t.Errorf("query %d: the answer (-want +got):\n%s\nas text:\n%s", i+1, cmp.Diff(pretty(r.want), pretty(o.answer)), o.answer)
		}
		want, got := r.calls, o.calls
		switch {
		case r.order != "":
			want, got = r.order, o.order
		case r.requests != "":
			want, got = r.requests, counted(o.calls)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("query %d: the calls (-want +got):\n%s", i+1, diff)
		}
	}
	p.close(t)
	checkLog(t, p.stderr.String())
	return seen
}

func (r *request) send(t *testing.T, c *http.Client, url string) outcome {
	t.Helper()
	req, err := r.http(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return outcome{status: resp.StatusCode, answer: answer}
}

// checkAnswer checks what holds for every answer: it is JSON, each error has a message and a code, and nothing tells
// where the services are or what they keep to themselves.
func checkAnswer(t *testing.T, answer []byte, urls map[string]string) {
	t.Helper()
	var response struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Errorf("the answer is no JSON: %v\n%s", err, answer)
	}
	for _, e := range response.Errors {
		if e.Message == "" || e.Extensions.Code == "" {
			t.Errorf("an error lacks a message or a code: %+v", e)
		}
	}
	hidden := []string{"127.0.0.1", "localhost", secret}
	for _, url := range urls {
		hidden = append(hidden, url[strings.LastIndex(url, ":"):])
	}
	for _, text := range hidden {
		if bytes.Contains(answer, []byte(text)) {
			t.Errorf("the answer contains %q:\n%s", text, answer)
		}
	}
}

// secret stands in whatever part of a scenario must not reach clients or the log.
const secret = "s3cret"

// checkLog checks what holds for every log: no defect, no secret.
func checkLog(t *testing.T, log string) {
	t.Helper()
	for _, text := range []string{"panic", "level=ERROR", secret} {
		if strings.Contains(log, text) {
			t.Errorf("the log contains %q:\n%s", text, log)
		}
	}
}

// check has the command check look at a scenario, and serve too if it must not start, and returns what they say.
func (s *scenario) check(t *testing.T, config string, env map[string]string) string {
	t.Helper()
	command := func(wantCode int, args ...string) string {
		var stdout, stderr bytes.Buffer
		code := app.Run(context.Background(), args, app.IO{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: lookup(env)})
		if code != wantCode {
			t.Errorf("%s ended with code %d, want %d; it said %q", args[0], code, wantCode, stdout.String())
		}
		return strings.ReplaceAll(stderr.String(), filepath.Dir(config)+string(filepath.Separator), "")
	}
	var said string
	if len(s.requests) > 0 {
		said = command(0, "check", "-c", config)
	} else {
		said = command(1, "check", "-c", config)
		if diff := cmp.Diff(said, command(1, "serve", "-c", config, "--admin", "")); diff != "" {
			t.Errorf("check and serve do not say the same (-check +serve):\n%s", diff)
		}
	}
	if diff := cmp.Diff(*s.problems, said); diff != "" && !*update {
		t.Errorf("the problems (-want +got):\n%s", diff)
	}
	return said
}
