package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// fleet are the endpoints of a service, each a process.
type fleet struct {
	members []*member
}

// member is one endpoint. It keeps its addresses when it is started again.
type member struct {
	address, control string
	cmd              *exec.Cmd
}

func startFleet(ctx context.Context, n int) (*fleet, error) {
	f := &fleet{}
	for range n {
		m := &member{}
		f.members = append(f.members, m)
		err := freeAddresses(&m.address, &m.control)
		if err == nil {
			err = m.start(ctx)
		}
		if err != nil {
			f.stop()
			return nil, err
		}
	}
	return f, nil
}

func (f *fleet) stop() {
	for _, m := range f.members {
		m.kill()
	}
}

func (f *fleet) addresses() (list []string) {
	for _, m := range f.members {
		list = append(list, m.address)
	}
	return list
}

// freeAddresses sets addresses on loopback that nobody listens on.
func freeAddresses(to ...*string) error {
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

func (m *member) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	m.cmd = exec.Command(self, endpointRole, m.address, m.control)
	m.cmd.Stderr = os.Stderr
	if err := m.cmd.Start(); err != nil {
		return err
	}
	return await(ctx, "http://"+m.address+"/healthz")
}

// kill ends the process at once.
func (m *member) kill() {
	if m.cmd == nil || m.cmd.Process == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

// freeze stops the process, which keeps its connections and answers nothing.
func (m *member) freeze() error { return m.cmd.Process.Signal(syscall.SIGSTOP) }

// thaw lets it go on.
func (m *member) thaw() error { return m.cmd.Process.Signal(syscall.SIGCONT) }

func (m *member) mode(mode string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPut, "http://"+m.control+"/mode/"+mode, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// served is how many requests came so far; -1 if it does not say.
func (m *member) served(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	text, err := get(ctx, "http://"+m.control+"/served")
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func get(ctx context.Context, url string) (string, error) {
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

// await waits until a URL answers 200.
func await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		_, err := get(ctx, url)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not begin to answer: %w", url, err)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// count is how many requests each endpoint had got since the one before, at one moment. It is -1 for one that does not say.
type count struct {
	at     time.Time
	served []int64
}

// watching counts the requests of each endpoint.
type watching struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	counts []count
}

// tick is how often endpoints are asked.
const tick = 100 * time.Millisecond

func (f *fleet) watch(ctx context.Context) *watching {
	ctx, cancel := context.WithCancel(ctx)
	w := &watching{cancel: cancel}
	last := make([]int64, len(f.members))
	w.done.Go(func() {
		for ctx.Err() == nil {
			c := count{at: time.Now(), served: make([]int64, len(f.members))}
			var asking sync.WaitGroup
			for i, m := range f.members {
				asking.Go(func() {
					n := m.served(ctx)
					c.served[i] = n
					if n >= 0 {
						c.served[i] = n - min(last[i], n) // less than before: it was started again
						if n < last[i] {
							c.served[i] = n
						}
						last[i] = n
					}
				})
			}
			asking.Wait()
			w.counts = append(w.counts, c)
			pause(ctx, tick)
		}
	})
	return w
}

// stop ends the counting. It may be called twice.
func (w *watching) stop() []count {
	w.cancel()
	w.done.Wait()
	return w.counts
}
