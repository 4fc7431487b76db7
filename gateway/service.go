package gateway

import (
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"

	"github.com/sluice-gateway/sluice/upstream"
)

// service is a client with what it was made of. Snapshots share it for as long as its configuration stays the same, so that
// its connections, and what it learned about its endpoints, go on.
type service struct {
	config upstream.Config
	client *upstream.Client
	references
}

func newService(name string, cfg upstream.Config, log *slog.Logger) (*service, error) {
	c, err := upstream.New(name, cfg, upstream.Options{Problem: func(service, what string, err error) {
		if err == nil {
			log.Info("service works again", "service", service, "part", what)
			return
		}
		log.Warn("service has a problem", "service", service, "part", what, "cause", err)
	}})
	if err != nil {
		return nil, err
	}
	s := &service{config: cfg, client: c}
	s.init(c.Close)
	return s, nil
}

// take returns the client of a name: that of the snapshot before if its configuration is the same, or another.
func (s *Snapshot) take(name string, cfg upstream.Config) (*upstream.Client, error) {
	if s.before != nil {
		if have := s.before.services[name]; have != nil && reflect.DeepEqual(have.config, cfg) && have.acquire() {
			s.services[name] = have
			return have.client, nil
		}
	}
	made, err := newService(name, cfg, s.gateway.log)
	if err != nil {
		return nil, err
	}
	s.services[name] = made
	return made.client, nil
}

// connectServices makes or takes over the clients of the configured services.
func (s *Snapshot) connectServices() error {
	for _, name := range slices.Sorted(maps.Keys(s.options.Services)) {
		if _, err := s.take(name, s.options.Services[name]); err != nil {
			return fmt.Errorf("services.%w", err)
		}
	}
	return nil
}

// Client returns the client of a service, or nil if there is none of that name. It is good until the snapshot is released.
func (s *Snapshot) Client(name string) *upstream.Client {
	if have := s.services[name]; have != nil {
		return have.client
	}
	return nil
}
