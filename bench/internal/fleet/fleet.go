// Package fleet runs services as processes of their own, so that they can be killed and frozen like real ones. Each is this
// program again, with a role as its first arguments. What a role does is the business of the commands under bench, which
// are the only callers.
package fleet

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Fleet are the endpoints of a service, each a process.
type Fleet struct {
	Members []*Member
}

// Member is one endpoint. It keeps its addresses when it is started again. Its methods are called by one goroutine at a time.
type Member struct {
	// Address is where it serves, and Control where it is told how, and asked. Both answer as soon as it has started.
	Address, Control string

	role []string
	cmd  *exec.Cmd
}

// Start starts n endpoints: this program with the given role, followed by the two addresses that it is to listen at. At the
// first it answers GET /healthz with 200, and at the second it takes PUT /mode/{mode}.
func Start(ctx context.Context, n int, role ...string) (*Fleet, error) {
	f := &Fleet{}
	for range n {
		m := &Member{role: role}
		f.Members = append(f.Members, m)
		err := FreeAddresses(&m.Address, &m.Control)
		if err == nil {
			err = m.Start(ctx)
		}
		if err != nil {
			f.Stop()
			return nil, err
		}
	}
	return f, nil
}

// Stop kills all endpoints.
func (f *Fleet) Stop() {
	for _, m := range f.Members {
		m.Kill()
	}
}

// Addresses returns where the endpoints serve.
func (f *Fleet) Addresses() (list []string) {
	for _, m := range f.Members {
		list = append(list, m.Address)
	}
	return list
}

// Start starts the process, and waits until it answers.
func (m *Member) Start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	m.cmd = exec.Command(self, append(m.role[:len(m.role):len(m.role)], m.Address, m.Control)...)
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		return err
	}
	return Await(ctx, "http://"+m.Address+"/healthz")
}

// Kill ends the process at once.
func (m *Member) Kill() {
	if m.cmd == nil || m.cmd.Process == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

// Freeze stops the process, which keeps its connections and answers nothing.
func (m *Member) Freeze() error { return m.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (m *Member) Thaw() error { return m.cmd.Process.Signal(syscall.SIGCONT) }

// Mode tells it how to answer.
func (m *Member) Mode(mode string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPut, "http://"+m.Control+"/mode/"+mode, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// FreeAddresses sets addresses on loopback that nobody listens on.
func FreeAddresses(to ...*string) error {
	for _, address := range to {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close() // when all are found: they are different
		*address = l.Addr().String()
	}
	return nil
}

// Serve serves one handler at each address, until one of them fails.
func Serve(handlers map[string]http.Handler) error {
	failed := make(chan error, len(handlers))
	for address, h := range handlers {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err != nil {
			return fmt.Errorf("endpoint: %w", err)
		}
		go func() { failed <- (&http.Server{Handler: h, ReadHeaderTimeout: time.Minute}).Serve(l) }()
	}
	return <-failed
}

// Get returns the text that a URL answers with the status 200.
func Get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return string(text), err
}

// Await waits until a URL answers 200.
func Await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		_, err := Get(ctx, url)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not begin to answer: %w", url, err)
		}
		Pause(ctx, 20*time.Millisecond)
	}
}

// Pause waits, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
