package endpoint

import (
	"errors"
	"fmt"
	"strings"
)

// Address is where one instance of a service is found, with what balancing may know of it. In a configuration, a URL alone
// stands for an address that has nothing else.
type Address struct {
	// URL is http or https, or unix:///path/of/socket; a path in it is put in front of the path of every request.
	URL string `yaml:"url"`
	// Host is the name that the instance is known by if its URL has a mere number: it goes into the Host header and is
	// what the certificate must be for. Empty: the host of the URL.
	Host string `yaml:"host"`
	// Weight is the share of requests that it gets, in proportion to the others' (default 1, at most 1000).
	Weight int `yaml:"weight"`
	// Zone is where it stands; empty if that is not known.
	Zone string `yaml:"zone"`
	// Priority is 0 for those that are used first, and more for those that stand in for them.
	Priority int `yaml:"priority"`
}

// MaxWeight and MaxPriority bound what an address may say of itself.
const (
	MaxWeight   = 1000
	MaxPriority = 100
)

// At returns the addresses with the given URLs.
func At(urls ...string) []Address {
	out := make([]Address, len(urls))
	for i, u := range urls {
		out[i] = Address{URL: u, Weight: 1}
	}
	return out
}

// UnmarshalYAML takes a URL or an object.
func (a *Address) UnmarshalYAML(unmarshal func(any) error) error {
	*a = Address{Weight: 1}
	if unmarshal(&a.URL) == nil {
		return nil
	}
	type plain Address // without this method
	return unmarshal((*plain)(a))
}

// Validate returns everything that is wrong beside the URL, which [New] checks: joined, each error beginning with the name
// of the field.
func (a *Address) Validate() error {
	var errs []error
	isBad := func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`/?#@\:"`, c) }
	if strings.ContainsFunc(a.Host, isBad) {
		errs = append(errs, fmt.Errorf("host: must be the name of a host, without a port (got %q)", a.Host))
	}
	if a.Weight < 1 || a.Weight > MaxWeight {
		errs = append(errs, fmt.Errorf("weight: must be between 1 and %d; leave an endpoint out that shall get nothing (got %d)", MaxWeight, a.Weight))
	}
	if a.Priority < 0 || a.Priority > MaxPriority {
		errs = append(errs, fmt.Errorf("priority: must be between 0 and %d (got %d)", MaxPriority, a.Priority))
	}
	return errors.Join(errs...)
}

// traits are what may change of an endpoint that stays where it is. They are immutable.
type traits struct {
	weight, priority int
	zone             string
}

// Describe takes over weight, zone and priority. Values out of bounds are brought within them.
func (e *Endpoint) Describe(a Address) {
	e.traits.Store(&traits{
		weight:   min(max(a.Weight, 1), MaxWeight),
		priority: min(max(a.Priority, 0), MaxPriority),
		zone:     a.Zone,
	})
}

// Weight returns the share of requests that the endpoint gets, in proportion to the others': at least 1.
func (e *Endpoint) Weight() int { return e.traits.Load().weight }

// Zone returns where the endpoint stands; empty if that is not known.
func (e *Endpoint) Zone() string { return e.traits.Load().zone }

// Priority returns 0 for an endpoint that is used first, and more for one that stands in.
func (e *Endpoint) Priority() int { return e.traits.Load().priority }
