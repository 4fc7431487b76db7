package server

import "fmt"

// Change is a configuration that was checked and is not in use yet.
type Change struct {
	next *front
	// Waiting are the settings that differ from those the listeners were started with and cannot change while they serve, by
	// their paths, such as timeouts.idle. Everything else holds as soon as the change is applied.
	Waiting []string
}

// Prepare checks another configuration, with other options, for a server that may be running: certificates are read again.
// An error means that it cannot be used; what is in use stays. Nothing is changed before [Change.Apply].
func (s *Server) Prepare(config Config, options Options) (*Change, error) {
	f, err := newFront(s, config, options)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Change{next: f}
	if s.started {
		c.Waiting = waiting(&s.fixed, &config)
	}
	return c, nil
}

// waiting lists the settings of the listeners that differ.
func waiting(now, next *Config) (paths []string) {
	for _, s := range []struct {
		path   string
		differ bool
	}{
		{"listen", now.Listen != next.Listen},
		{"admin.listen", now.Admin.Listen != next.Admin.Listen},
		{"max_header_bytes", now.MaxHeaderBytes != next.MaxHeaderBytes},
		{"tls", now.TLS.Enabled() != next.TLS.Enabled()},
		{"timeouts.read_header", now.Timeouts.ReadHeader != next.Timeouts.ReadHeader},
		{"timeouts.idle", now.Timeouts.Idle != next.Timeouts.Idle},
	} {
		if s.differ {
			paths = append(paths, s.path)
		}
	}
	return paths
}

// Apply has requests from now on served as the change says. Requests that have begun, and open WebSockets, end as they
// began; operations that begin on such a WebSocket later are run by the engine as it is then.
func (c *Change) Apply() {
	c.next.server.front.Store(c.next)
}
