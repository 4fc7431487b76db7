package discovery

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluice-gateway/sluice/upstream/endpoint"
)

const (
	// lookupTimeout limits one look into the DNS, in which a resolver may ask several servers several times.
	lookupTimeout = 10 * time.Second
	// minTTL is the soonest that a name is looked up again: some servers give records a life of 0.
	minTTL = time.Second
)

// newDNS returns the source of the addresses of a name.
func newDNS(cfg DNS, base *net.Resolver) *poller {
	resolver, ttl := observe(base)
	port := cfg.Port
	if port == 0 {
		port = 80
		if cfg.Scheme == "https" {
			port = 443
		}
	}
	look := func(ctx context.Context) (answer, error) {
		ttl.reset()
		found, err := resolver.LookupNetIP(ctx, "ip", cfg.Name)
		if err != nil && !isNotFound(err) {
			return answer{}, err
		}
		out := answer{next: ttl.least(), why: err}
		for _, ip := range found {
			out.addresses = append(out.addresses, Address{
				URL:    origin(cfg.Scheme, ip.Unmap().String(), port, cfg.Path),
				Host:   strings.TrimSuffix(cfg.Name, "."),
				Weight: 1,
			})
		}
		return out, nil
	}
	return &poller{name: "dns " + cfg.Name, interval: cfg.Interval, timeout: lookupTimeout, look: look}
}

// newSRV returns the source of the service records of a name (RFC 2782). The hosts they name are looked up whenever a
// connection is made, so that certificates are checked against them.
func newSRV(cfg SRV, base *net.Resolver) *poller {
	resolver, ttl := observe(base)
	look := func(ctx context.Context) (answer, error) {
		ttl.reset()
		_, found, err := resolver.LookupSRV(ctx, "", "", cfg.Name)
		if err != nil && !isNotFound(err) && len(found) == 0 {
			return answer{}, err // if there are records beside the error, those are good
		}
		out := answer{next: ttl.least(), why: err}
		for _, record := range found {
			host := strings.TrimSuffix(record.Target, ".")
			if host == "" {
				continue // "the service is decidedly not available at this domain"
			}
			out.addresses = append(out.addresses, Address{
				URL:      origin(cfg.Scheme, host, int(record.Port), cfg.Path),
				Weight:   int(record.Weight),
				Priority: int(record.Priority),
			})
		}
		fit(out.addresses)
		return out, nil
	}
	return &poller{name: "srv " + cfg.Name, interval: cfg.Interval, timeout: lookupTimeout, look: look}
}

// fit brings the weights and priorities of service records, of 16 bits each, within the bounds of addresses. Weights keep
// their proportions, priorities their order.
func fit(list []Address) {
	heaviest := endpoint.MaxWeight
	var priorities []int
	for _, a := range list {
		heaviest = max(heaviest, a.Weight)
		priorities = append(priorities, a.Priority)
	}
	slices.Sort(priorities)
	priorities = slices.Compact(priorities)
	for i := range list {
		// A weight of 0 is for servers that are hardly to be used beside others.
		list[i].Weight = max(1, list[i].Weight*endpoint.MaxWeight/heaviest)
		if len(priorities) > 0 && priorities[len(priorities)-1] > endpoint.MaxPriority {
			rank, _ := slices.BinarySearch(priorities, list[i].Priority)
			list[i].Priority = min(rank, endpoint.MaxPriority)
		}
	}
}

func origin(scheme, host string, port int, path string) string {
	return (&url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(port))}).String() + path
}

// isNotFound reports whether a name has no records, which is an answer like any other.
func isNotFound(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
