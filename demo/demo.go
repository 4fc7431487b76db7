// Package demo is the store behind the storefront example: four REST services as real HTTP servers in this process,
// each with several instances on loopback ports of their own. It stands for the services a company already has, so it
// knows nothing of GraphQL and of the gateway. `sluice demo` starts it, and so do tests and benchmarks.
//
// The data is made up by a fixed seed and is the same at every start. Writes are kept in memory, shared by the
// instances of a service, and gone when the store closes.
package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options says where the services listen. The zero value is ready.
type Options struct {
	// Listen gives the addresses of a service's instances, by the name of the service, one for each instance: host and
	// port, where port 0 stands for any that is free. Instances without an address listen on any free loopback port.
	Listen map[string][]string
}

// Storefront is the running store. It is safe for concurrent use.
type Storefront struct {
	Services []*Service // accounts, catalog, orders, reviews

	serving sync.WaitGroup
	closing sync.Once
}

// Service is one of the services with its instances, which share one store of data.
type Service struct {
	Name      string
	Instances []*Instance
}

// Instance is one HTTP server of a service.
type Instance struct {
	URL string // http://127.0.0.1:4101

	server   *http.Server
	requests atomic.Int64
}

// Start makes the data and starts all instances; it returns when all of them listen. ctx bounds the start alone. If one
// address cannot be had, nothing is left running.
func Start(ctx context.Context, o Options) (*Storefront, error) {
	d := newData()
	plan := []struct {
		name      string
		instances int
		routes    *http.ServeMux
	}{
		{"accounts", 2, newAccounts(d.users)},
		{"catalog", 3, newCatalog(d.products, d.brands)},
		{"orders", 2, newOrders(d)},
		{"reviews", 2, newReviews(d)},
	}
	s := &Storefront{}
	for _, p := range plan {
		service := &Service{Name: p.name}
		s.Services = append(s.Services, service)
		handler := newHandler(p.routes)
		for i := range p.instances {
			addr := "127.0.0.1:0"
			if at := o.Listen[p.name]; i < len(at) {
				addr = at[i]
			}
			instance, err := s.start(ctx, addr, handler)
			if err != nil {
				s.Close()
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			service.Instances = append(service.Instances, instance)
		}
	}
	return s, nil
}

func (s *Storefront) start(ctx context.Context, addr string, handler http.Handler) (*Instance, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	i := &Instance{URL: "http://" + l.Addr().String()}
	i.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			i.requests.Add(1)
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	// Serve ends when the server is shut down, and with no other result that anybody could act on.
	s.serving.Go(func() { _ = i.server.Serve(l) })
	return i, nil
}

// Service returns the service of that name, nil if there is none.
func (s *Storefront) Service(name string) *Service {
	for _, v := range s.Services {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Close stops all instances and waits until they have stopped: requests in flight get a moment to end. It may be
// called more than once.
func (s *Storefront) Close() {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var stopping sync.WaitGroup
		for _, service := range s.Services {
			for _, i := range service.Instances {
				stopping.Go(func() {
					if i.server.Shutdown(ctx) != nil {
						_ = i.server.Close() // what has not ended by then is cut off
					}
				})
			}
		}
		stopping.Wait()
		s.serving.Wait()
	})
}

// URLs returns the base URLs of the service's instances.
func (s *Service) URLs() []string {
	urls := make([]string, len(s.Instances))
	for i, v := range s.Instances {
		urls[i] = v.URL
	}
	return urls
}

// Requests returns how many requests the service has had since the start, over all its instances.
func (s *Service) Requests() int64 {
	var n int64
	for _, i := range s.Instances {
		n += i.Requests()
	}
	return n
}

// Requests returns how many requests the instance has had since the start.
func (i *Instance) Requests() int64 { return i.requests.Load() }
