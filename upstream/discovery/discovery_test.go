package discovery_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sluice-gateway/sluice/upstream/discovery"
)

// run is a source that runs until the end of the test.
type run struct {
	updates  chan []discovery.Address
	problems chan problem
	stop     func()
}

type problem struct {
	source string
	text   string // empty: it works again
}

func start(t *testing.T, cfg discovery.Config, o discovery.Options) *run {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &run{updates: make(chan []discovery.Address, 100), problems: make(chan problem, 100)}
	o.Problem = func(source string, err error) {
		p := problem{source: source}
		if err != nil {
			p.text = err.Error()
		}
		r.problems <- p
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := discovery.New(cfg, o).Run(ctx, func(list []discovery.Address) { r.updates <- list }); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	r.stop = func() {
		cancel()
		running.Wait()
	}
	t.Cleanup(r.stop)
	return r
}

// want waits for the next list and compares its URLs.
func (r *run) want(t *testing.T, urls ...string) []discovery.Address {
	t.Helper()
	list := <-r.updates
	got := make([]string, len(list))
	for i, a := range list {
		got[i] = a.URL
	}
	if urls == nil {
		urls = []string{}
	}
	if diff := cmp.Diff(urls, got); diff != "" {
		t.Errorf("addresses mismatch (-want +got):\n%s", diff)
	}
	return list
}

// quiet fails if there is a list that nobody waited for.
func (r *run) quiet(t *testing.T) {
	t.Helper()
	select {
	case list := <-r.updates:
		t.Errorf("an update that was not expected: %v", list)
	default:
	}
}

func TestStaticAddressesAreToldOnce(t *testing.T) {
	t.Parallel()
	r := start(t, discovery.DefaultConfig(), discovery.Options{Static: []discovery.Address{
		{URL: "http://b", Weight: 1}, {URL: "http://a", Weight: 2}, {URL: "http://b", Weight: 9},
	}})
	list := <-r.updates
	want := []discovery.Address{{URL: "http://a", Weight: 2}, {URL: "http://b", Weight: 1}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("addresses mismatch (-want +got):\n%s", diff)
	}
	r.stop()
	r.quiet(t)
}

func TestDefaultsAreValidAndLookForNothing(t *testing.T) {
	t.Parallel()
	cfg := discovery.DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if cfg.Enabled() {
		t.Error("the defaults look for addresses")
	}
}

func TestValidateReportsAll(t *testing.T) {
	t.Parallel()
	cfg := discovery.Config{
		DNS:  discovery.DNS{Name: "a", Port: 70000, Scheme: "ftp"},
		SRV:  discovery.SRV{Scheme: "http", Interval: 1e9},
		File: discovery.File{Interval: -1},
		HTTP: discovery.HTTP{URL: "example.com/list?token=secret", Headers: map[string]string{"a b": "c"}, Interval: 1e9},
	}
	err := cfg.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	want := `dns.port: must be between 1 and 65535, or 0 for the port of the scheme (got 70000)
dns.scheme: must be http or https (got ftp)
dns.interval: must be >= 100ms (got 0s)
file.interval: must be >= 100ms (got -1ns)
http.url: must be an http or https URL with a host (got example.com/list)
http.headers: the header "a b" cannot be sent
http.timeout: must be > 0 (got 0s)`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("Validate() mismatch (-want +got):\n%s", diff)
	}
}
